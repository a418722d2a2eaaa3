package cli

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

func (a *app) meetingRunCommand() *cobra.Command {
	var m meetingFlags
	cmd := &cobra.Command{
		Use:   "run [REVIEW]",
		Short: "Walk through an open review in the terminal, section by section",
		Long: `Walk through the agenda of an open review. What is said is saved at once, and so is where the
walk stands: leave with q, or lose the connection, and the same command goes on there, at
anybody's terminal.

Every key has a command that does the same without a terminal:

  the walk itself   review status [--section SECTION]
  l                 page label, page triage
  n, W, f, d, a     review note, win, failure, demo, action
  w                 review waive
  t                 ticket file --only KEY
  h                 review hand-over
  u                 the same commands with --withdraw, and page unlabel
  C                 review close`,
		Example: `  opsreview review run --team secrets
  opsreview review run secrets/2026-W46 --author Ada`,
		Args: oneReview(),
		RunE: func(cmd *cobra.Command, names []string) error {
			if !isTerminal(a.stdin) || !isTerminal(a.stdout) || a.env("TERM") == "dumb" {
				return usagef("review run needs a terminal; without one, use \"review status\", \"review note\", \"review waive\", \"review action\" and \"review close\"")
			}
			m.named(names)
			return a.quietly(func() error {
				return a.withClient(cmd.Context(), func(ctx context.Context, c client) error { return a.walkMeeting(ctx, c, m) })
			})
		},
	}
	m.addTeam(cmd)
	m.addWho(cmd, "speaks")
	return cmd
}

// walkMeeting walks through a review on the terminal.
func (a *app) walkMeeting(ctx context.Context, c client, o meetingFlags) error {
	resp, err := c.meetings.GetMeeting(ctx, &pb.GetMeetingRequest{Name: o.name, Team: o.team})
	if err != nil {
		return err
	}
	if resp.GetMeeting().GetState() != meetingIsOpen {
		return opsreview.Errorf(opsreview.Conflict, "%s is closed, and its minutes never change: \"review minutes\" prints them, and \"review open\" opens the next one", clean(resp.GetMeeting().GetId()))
	}
	w := newMeetingWalk(resp)
	w.newID, w.style = newRequestID, a.style()
	w.call = walkCaller{
		ctx: func() context.Context { return ctx }, api: c.meetings, author: a.whoSpeaks(&o),
		file: func(ctx context.Context, req *pb.FileTicketsRequest) (*filing, error) {
			var f filing
			return &f, a.followFiling(ctx, c, req, asJSON, &f)
		},
		pages: func(ctx context.Context, m *pb.Meeting, first string) (*triage, error) {
			return a.labelMeeting(ctx, c, m, first, a.whoSpeaks(&o))
		},
	}
	_, err = tea.NewProgram(w, tea.WithContext(ctx), tea.WithInput(a.stdin), tea.WithOutput(a.stdout), tea.WithoutSignalHandler()).Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("draw on the terminal: %w", err)
	}
	for _, line := range w.lastWords(a) {
		writeLine(a.stdout, line)
	}
	return nil
}

// labelMeeting returns a triage of the review's unlabelled pages that begins
// with the first one named, whether that has a label or not.
func (a *app) labelMeeting(ctx context.Context, c client, m *pb.Meeting, first, author string) (*triage, error) {
	window := instants(m.GetWindow())
	o := triageOptions{sort: "time", scope: scopeFlags{team: m.GetTeam(), spec: opsreview.WindowSpec{From: window.GetFrom(), To: window.GetTo()}}}
	t, err := loadTriage(ctx, c.pages, o, nil)
	if err != nil {
		return nil, err
	}
	t.at = slices.IndexFunc(t.queue, func(i *triageItem) bool { return i.page.GetName() == first })
	if t.at < 0 && first != "" {
		page, err := c.pages.GetPage(ctx, &pb.GetPageRequest{Name: first})
		if err != nil {
			return nil, err
		}
		t.queue = append([]*triageItem{{page: page.GetPage(), labelled: labelInForce(page.GetPage()) != nil}}, t.queue...)
	}
	t.at = max(t.at, 0)
	t.call = triageCaller{api: c.pages, author: author}
	t.newID, t.style = newRequestID, a.style()
	return t, nil
}

// lastWords says where the review stands to somebody who has left the walk.
func (m *meetingWalk) lastWords(a *app) []string {
	meeting := m.resp.GetMeeting()
	if m.closed {
		return []string{"closed: " + clean(meeting.GetId()), "the minutes never change now: " + a.about("minutes", meeting)}
	}
	text := plural(m.said, "thing") + " said or decided; "
	if s := m.section(); s != nil {
		text += fmt.Sprintf("%s stands at %q", clean(meeting.GetId()), clean(s.GetTitle()))
	}
	lines := []string{text, "go on, there or at another terminal: " + a.about("run", meeting)}
	if n := len(m.resp.GetAgenda().GetOpen()); n > 0 {
		return append(lines, plural(n, "open point")+" before it can be closed: "+a.about("close", meeting)+" --dry-run")
	}
	return append(lines, "nothing keeps it from being closed: "+a.about("close", meeting))
}
