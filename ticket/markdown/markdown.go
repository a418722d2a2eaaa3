// Package markdown files tickets as Markdown files in a folder, one a ticket,
// which people edit by hand and may keep in version control.
//
// A file has a head of a few keys, a body, and behind it notes of ours between
// marks. Everything but those notes is people's: what this package changes at
// the head it changes on the line of one key, and where it cannot, it refuses.
// Files appear and change whole or not at all, and what lies outside of the
// folder is never touched.
package markdown

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"opsreview"
	"opsreview/ticket"
)

// A Tracker is one folder. It implements [ticket.Tracker] and
// [ticket.Planner].
type Tracker struct {
	cfg Config
	now func() time.Time

	mu sync.Mutex // one writer at a time
}

var _ ticket.Tracker = (*Tracker)(nil)

// New returns a tracker that tells the time by now, or by the machine's clock
// if that is nil. It returns an Invalid error for a configuration that cannot work. It
// touches no file.
func New(cfg Config, now func() time.Time) (*Tracker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	return &Tracker{cfg: cfg, now: now}, nil
}

// Name implements [ticket.Tracker].
func (t *Tracker) Name() string { return trackerType + "/" + t.cfg.project() }

// Caps implements [ticket.Tracker]. A folder is searched itself: what is there
// is found.
func (t *Tracker) Caps() ticket.Caps { return ticket.Caps{Format: ticket.Markdown} }

// Preview implements [ticket.Tracker].
func (t *Tracker) Preview(d ticket.Draft) string {
	return fmt.Sprintf("NNNN-%s%s\n\n%s", slug(d.Title), extension, t.write(d, "NNNN", ""))
}

// Find implements [ticket.Tracker]. It is an error where a file that carries
// the labels cannot be read: not to find it could file it twice.
func (t *Tracker) Find(ctx context.Context, labels ...string) ([]ticket.Snapshot, error) {
	c, err := t.scan(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range c.broken {
		if mentions(b.text, labels) {
			return nil, opsreview.Wrapf(b.err, opsreview.Invalid, "%s seems to be one of these tickets and cannot be read: %s", b.name, b.err)
		}
	}
	return t.snapshots(c, func(f file) bool { return carries(f.labels, labels) }), nil
}

// scan reads the whole folder. One that is not there has nothing in it: nothing
// was filed yet.
func (t *Tracker) scan(ctx context.Context) (contents, error) {
	root, err := t.open(false)
	if errors.Is(err, os.ErrNotExist) {
		return contents{}, nil
	}
	if err != nil {
		return contents{}, err
	}
	defer root.Close() // nothing is written through it
	return read(ctx, root, nil)
}

// snapshots returns those of a folder's tickets that are wanted.
func (t *Tracker) snapshots(c contents, wanted func(f file) bool) []ticket.Snapshot {
	var found []ticket.Snapshot
	for _, f := range c.tickets {
		if wanted(f) {
			found = append(found, t.snapshot(f))
		}
	}
	return found
}

func carries(has, labels []string) bool {
	return !slices.ContainsFunc(labels, func(l string) bool { return !slices.Contains(has, l) })
}

// mentions reports whether a text that is no ticket could be one that carries
// all the labels.
func mentions(text []byte, labels []string) bool {
	return len(text) > 0 && !slices.ContainsFunc(labels, func(l string) bool { return !strings.Contains(string(text), l) })
}

// Healthy implements [ticket.Tracker].
func (t *Tracker) Healthy(ctx context.Context, known ticket.Ref) error {
	if known.ID == "" {
		_, err := t.scan(ctx)
		return err
	}
	snaps, err := t.Get(ctx, []string{known.ID})
	if err != nil {
		return err
	}
	if snaps[0].Missing {
		return opsreview.Errorf(opsreview.Unavailable, "the folder %s lacks the ticket %s: is it the right one?", t.cfg.Path, known.Key)
	}
	return nil
}

// Create implements [ticket.Tracker].
func (t *Tracker) Create(ctx context.Context, d ticket.Draft) (ticket.Ref, error) {
	if err := ctx.Err(); err != nil {
		return ticket.Ref{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	root, err := t.open(true)
	if err != nil {
		return ticket.Ref{}, t.refused(err)
	}
	defer root.Close() // the files in it are closed and synced
	var id string
	name, number, err := create(root, slug(d.Title), func(number int) []byte {
		id = fmt.Sprintf("%d-%s", number, letters(d))
		return []byte(t.write(d, id, t.now().UTC().Format(time.RFC3339)))
	})
	var none *unwritten
	if errors.As(err, &none) {
		return ticket.Ref{}, t.refused(err)
	}
	if err != nil {
		return ticket.Ref{}, opsreview.Wrapf(err, opsreview.Unavailable, "the ticket cannot be written to %s", t.cfg.Path)
	}
	return ticket.Ref{ID: id, Key: key(number), URL: t.cfg.url(name)}, nil
}

// refused says that a folder took nothing. It works once the folder is mended.
func (t *Tracker) refused(err error) error {
	return &ticket.Rejected{Reason: "nothing can be written to the folder " + t.cfg.Path + ": " + said(err), Access: true}
}

// key is what people call a ticket.
func key(number int) string { return fmt.Sprintf("%04d", number) }

// letters tell apart two tickets of the same number: one may have been deleted,
// or filed in another copy of the folder.
func letters(d ticket.Draft) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%s", d.Fingerprint, d.Generation, d.Attempt))
	out := make([]byte, 6)
	for i := range out {
		out[i] = 'a' + sum[i]%26
	}
	return string(out)
}

var notInNames = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// slug makes a part of a file's name of a title.
func slug(title string) string {
	const most = 60 // bytes, since file systems count those
	var out strings.Builder
	for word := range strings.SplitSeq(notInNames.ReplaceAllString(strings.ToLower(title), "-"), "-") {
		if word == "" {
			continue
		}
		if out.Len()+1+len(word) > most {
			break
		}
		if out.Len() > 0 {
			out.WriteByte('-')
		}
		out.WriteString(word)
	}
	if out.Len() == 0 {
		return "ticket"
	}
	return out.String()
}

// write writes a ticket's file. created is "" in a preview, which must not
// change from one day to the next.
func (t *Tracker) write(d ticket.Draft, id, created string) string {
	var labels []string
	for _, l := range append(slices.Clone(d.Labels), t.cfg.Labels...) {
		if q := quote(l); !slices.Contains(labels, q) {
			labels = append(labels, q)
		}
	}
	lines := []string{
		"---",
		keyID + ": " + id,
		keyTitle + ": " + quote(ticket.OneLine(d.Title, 0)),
		keyStatus + ": " + statusOpen + " # open, doing or done",
		keyResolution + ": # when it is done: fixed, wontfix or duplicate",
		keyLabels + ": [" + strings.Join(labels, ", ") + "]",
		"fingerprint: " + quote(d.Fingerprint),
		fmt.Sprintf("generation: %d", d.Generation),
		strings.TrimRight("created: "+created, " "),
		keyClosed + ": # the day, such as 2026-03-09",
		keyAssignee + ":",
		keyPoints + ":",
		keySprint + ":",
		"---",
		"",
		ticket.RenderMarkdown(d.Body, 0),
		"",
	}
	return strings.Join(lines, "\n")
}

var plainForm = regexp.MustCompile(`^\p{L}[\p{L}\p{N}._/-]*$`)

// quote writes a text as YAML: as it is where nothing else can be read in it.
func quote(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
	default:
		if plainForm.MatchString(text) {
			return text
		}
	}
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(strings.Map(visible, text)); err != nil {
		return `""` // strings can be encoded
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func visible(r rune) rune {
	if r != ' ' && !unicode.IsPrint(r) {
		return -1
	}
	return r
}

func textNode(text string) ast.Node { return &ast.StringNode{Value: text} }

// snapshot is what a file says.
func (t *Tracker) snapshot(f file) ticket.Snapshot {
	s := ticket.Snapshot{
		Ref:       ticket.Ref{ID: f.id, Key: key(f.number()), URL: t.cfg.url(f.name)},
		Title:     f.title,
		Stands:    f.stands(),
		Status:    f.status,
		UpdatedAt: f.info.ModTime().UTC(),
		Assignee:  f.assignee,
		Labels:    slices.Clone(f.labels),
		Duplicate: f.duplicate(),
		Points:    f.points,
		Sprint:    f.sprint,
	}
	if s.Stands == opsreview.TicketDone {
		s.Resolution, s.ClosedAt = f.resolution, f.closed
	}
	return s
}
