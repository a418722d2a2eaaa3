package cli

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

type triageOptions struct {
	scope     scopeFlags
	responder string
	shift     bool
	service   string
	sort      string
	author    string
}

func (a *app) pageTriageCommand() *cobra.Command {
	var o triageOptions
	cmd := &cobra.Command{
		Use:   "triage",
		Short: "Label a window's pages one by one, with one key an answer",
		Long: `Walk through the unlabelled pages of a window. Each is shown with its timeline, what
people said of the same monitor before, and what policy suggests; one key answers.
An answer is saved at once: leave with q, or lose the connection, and the next run
goes on with what is still unlabelled. The pages that were skipped come last.

With --shift it walks through somebody's last shift, which the paging tool's on-call
lists tell; an older one is --from 2026-11-09T08:00 --to 2026-11-16T08:00.

Every key has a command that does the same without a terminal:

  the walk itself   page list --unlabelled [--responder NAME] [--sort cost], page show PAGE
  a cause's key     page label PAGE --cause CAUSE
  1, 2              page label PAGE --actionable, --not-actionable
  y                 page label PAGE --accept-suggestion
  flags, n, m       … --flag FLAG --note TEXT --minutes N
  A                 page label --monitor ID --only-unlabelled … (--dry-run counts them)
  u                 page unlabel PAGE, or page label PAGE with the label before
  s                 nothing: an unlabelled page stays on the list`,
		Example: `  # Last week's pages, newest first.
  opsreview page triage --team secrets

  # The pages of my last shift.
  opsreview page triage --responder me --shift

  # My own pages of the last three days, the most disturbing ones first.
  opsreview page triage --responder me --last 3d --sort cost`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.shift && (o.responder == "" || !o.scope.spec.IsZero()) {
				return usagef("--shift needs a --responder, and takes the place of --week, --from, --to and --last")
			}
			if _, ok := pageOrders[o.sort]; !ok {
				return usagef("--sort %s: choose time, -time or cost", o.sort)
			}
			if !isTerminal(a.stdin) || !isTerminal(a.stdout) || a.env("TERM") == "dumb" {
				return usagef("triage needs a terminal; without one, use \"page list --unlabelled\", \"page show\", \"page label\" and \"page unlabel\"")
			}
			return a.quietly(func() error {
				return a.withClient(cmd.Context(), func(ctx context.Context, c client) error { return a.triagePages(ctx, c, o) })
			})
		},
	}
	o.scope.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.responder, "responder", "", "only pages that notified `NAME`, or yourself: me")
	f.BoolVar(&o.shift, "shift", false, "only the responder's last shift")
	f.StringVar(&o.service, "service", "", "only pages of `SERVICE`, by name or reference")
	f.StringVar(&o.sort, "sort", "-time", "walk by `KEY`: -time (newest first), time or cost")
	f.StringVar(&o.author, "author", "", "who gives the labels, `NAME` (default the name of the account)")
	return cmd
}

// quietly holds back what the server of this process logs until fn has ended:
// it would be drawn over the screen.
func (a *app) quietly(fn func() error) error {
	var held bytes.Buffer
	stderr := a.stderr
	a.stderr = &held
	err := fn()
	a.stderr = stderr
	_, _ = held.WriteTo(stderr) // nobody can be told that the messages are lost
	return err
}

// triagePages walks through pages on the terminal.
func (a *app) triagePages(ctx context.Context, c client, o triageOptions) error {
	author := (&choiceFlags{author: o.author}).who()
	if author == "" {
		return usagef("the account has no name: say with --author who gives the labels")
	}
	if o.responder == "me" {
		var err error
		if o.responder, err = findMe(ctx, c.teams, author); err != nil {
			return err
		}
	}
	if o.shift {
		var err error
		if o.scope.spec, err = lastShift(ctx, c.teams, o.responder, a.clock()()); err != nil {
			return err
		}
	}
	skips := a.skipFile()
	m, err := loadTriage(ctx, c.pages, o, skips.read())
	if err != nil {
		return err
	}
	if len(m.queue) == 0 {
		writeLine(a.stdout, fmt.Sprintf("nothing to label: %d of %s labelled from %s", m.labelled, plural(m.total, "page"), m.frame))
		return nil
	}
	m.call = triageCaller{ctx: func() context.Context { return ctx }, api: c.pages, author: a.authorOf(choiceFlags{author: o.author})}
	m.newID, m.skips, m.style = rand.Text, skips.write, a.style()
	_, err = tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(a.stdin), tea.WithOutput(a.stdout), tea.WithoutSignalHandler()).Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("draw on the terminal: %w", err)
	}
	writeLine(a.stdout, m.lastWords())
	return nil
}

// lastWords sums a walk up for somebody who has left it.
func (m *triage) lastWords() string {
	text := plural(m.answered, "label") + " given"
	if m.skipped > 0 {
		text += fmt.Sprintf(", %s skipped", plural(m.skipped, "page"))
	}
	text += fmt.Sprintf("; %d of %s labelled (%s)", m.labelled, plural(m.total, "page"), percent(m.labelled, m.total))
	if left := m.left(); left > 0 {
		text += fmt.Sprintf("; the same command goes on with the other %d", left)
	}
	return text
}

// shiftsBack is how far back the last shift is looked for.
const shiftsBack = "35d"

// lastShift returns the window of the person's latest shift that has begun, up
// to now if it has not ended.
func lastShift(ctx context.Context, teams pb.TeamServiceClient, person string, now time.Time) (opsreview.WindowSpec, error) {
	resp, err := teams.ListShifts(ctx, &pb.ListShiftsRequest{Person: person, Window: &pb.WindowSelector{Last: shiftsBack}})
	if err != nil {
		return opsreview.WindowSpec{}, err
	}
	for _, s := range slices.Backward(resp.GetShifts()) {
		start, end := s.GetStartTime().AsTime(), s.GetEndTime().AsTime()
		if start.After(now) {
			continue
		}
		if end.After(now) {
			end = now
		}
		return opsreview.WindowSpec{From: start.Format(time.RFC3339), To: end.Format(time.RFC3339)}, nil
	}
	return opsreview.WindowSpec{}, opsreview.Errorf(opsreview.NotFound, "no shift of %q is known in the last %s: name its window with --from and --to", person, shiftsBack)
}

// findMe returns the key of the person who sits at the terminal: the one whose
// email address or name is the author's or the account's.
func findMe(ctx context.Context, teams pb.TeamServiceClient, author string) (string, error) {
	resp, err := teams.ListPeople(ctx, &pb.ListPeopleRequest{})
	if err != nil {
		return "", err
	}
	names := []string{author}
	if u, err := user.Current(); err == nil && u.Name != "" {
		names = append(names, u.Name)
	}
	key, ok := whoIs(resp.GetPeople(), names)
	if !ok {
		return "", opsreview.Errorf(opsreview.NotFound, "it is not clear which responder %q is: name one of \"team people\" with --responder", author)
	}
	return key, nil
}

// whoIs returns the one person who bears one of the names, as a display name,
// an email address or the part of it before the @.
func whoIs(people []*pb.Person, names []string) (string, bool) {
	var found []string
	for _, p := range people {
		local, _, _ := strings.Cut(p.GetKey(), "@")
		if slices.ContainsFunc(names, func(name string) bool {
			return strings.EqualFold(name, p.GetDisplayName()) || strings.EqualFold(name, p.GetKey()) || strings.EqualFold(name, local)
		}) {
			found = append(found, p.GetKey())
		}
	}
	if len(found) != 1 {
		return "", false
	}
	return found[0], true
}

// loadTriage reads what there is to walk through. Pages that were skipped in an
// earlier run come last.
func loadTriage(ctx context.Context, pages pb.PageServiceClient, o triageOptions, skipped map[string]bool) (*triage, error) {
	words, err := pages.GetVocabulary(ctx, &pb.GetVocabularyRequest{})
	if err != nil {
		return nil, err
	}
	req := &pb.ListPagesRequest{
		Team: o.scope.team, Window: o.scope.selector(), Responder: o.responder, Service: o.service,
		OrderBy: pageOrders[o.sort], PageSize: 1000,
	}
	m := &triage{team: o.scope.team, keys: newTriageKeys(words)}
	var last []*triageItem
	for {
		resp, err := pages.ListPages(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, p := range resp.GetPages() {
			switch {
			case labelInForce(p) != nil:
			case skipped[p.GetName()]:
				last = append(last, &triageItem{page: p, skipped: true})
			default:
				m.queue = append(m.queue, &triageItem{page: p})
			}
		}
		m.total, m.labelled = resp.GetTotalSize(), resp.GetLabelledSize()
		m.frame = frameOf(resp.GetWindow(), resp.GetTimeZone())
		m.window = instants(resp.GetWindow())
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	m.queue, m.skipped = append(m.queue, last...), len(last)
	return m, nil
}

// instants selects a window by its ends: "the last three days" would be others
// by the time that somebody has read them.
func instants(w *pb.Window) *pb.WindowSelector {
	at := func(t *timestamppb.Timestamp) string { return t.AsTime().Format(time.RFC3339Nano) }
	return &pb.WindowSelector{From: at(w.GetStartTime()), To: at(w.GetEndTime())}
}
