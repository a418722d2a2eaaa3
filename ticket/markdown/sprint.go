package markdown

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"opsreview"
	"opsreview/ticket"
)

var _ ticket.Planner = (*Tracker)(nil)

// sprintsFile is a list of sprints in the folder, which people write:
//
//   - {name: 2026-W12, start: 2026-03-16, end: 2026-03-30}
const sprintsFile = "sprints.yaml"

// mostClosed is how many past sprints are told of.
const mostClosed = 10

// A sprint is one entry of the list.
type sprint struct {
	Name  string `yaml:"name"`
	Start string `yaml:"start"`
	End   string `yaml:"end"` // the first day after it
}

// Sprints implements [ticket.Planner]. Without a list there are none.
func (t *Tracker) Sprints(ctx context.Context) ([]ticket.Sprint, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	root, err := t.open(false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close() // nothing is written through it
	text, _, err := readFile(root, sprintsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Unavailable, "%s cannot be read", sprintsFile)
	}
	if len(text) > mostFront {
		return nil, opsreview.Errorf(opsreview.Invalid, "%s is too long for a list of sprints", sprintsFile)
	}
	var list []sprint
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, opsreview.Wrapf(err, opsreview.Invalid, "%s is not a list of name, start and end: %s", sprintsFile, ticket.OneLine(first, 200))
	}
	return sprintsOf(list, t.now())
}

// sprintsOf reads the dates, which say where each sprint stands.
func sprintsOf(list []sprint, now time.Time) ([]ticket.Sprint, error) {
	var all []ticket.Sprint
	for _, s := range list {
		start, err1 := parseTime(s.Start)
		end, err2 := parseTime(s.End)
		if err := errors.Join(err1, err2); err != nil || s.Name == "" || !end.After(start) || start.IsZero() {
			return nil, opsreview.Errorf(opsreview.Invalid, "%s: the sprint %q needs a name, a start and a later end, such as 2026-03-09",
				sprintsFile, ticket.OneLine(s.Name, 60))
		}
		if slices.ContainsFunc(all, func(other ticket.Sprint) bool { return other.ID == s.Name }) {
			return nil, opsreview.Errorf(opsreview.Invalid, "%s: there are two sprints %q", sprintsFile, ticket.OneLine(s.Name, 60))
		}
		state := "active"
		switch {
		case now.Before(start):
			state = "future"
		case !now.Before(end):
			state = "closed"
		}
		all = append(all, ticket.Sprint{ID: s.Name, Name: s.Name, State: state, Start: start, End: end})
	}
	slices.SortStableFunc(all, func(a, b ticket.Sprint) int { return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End)) })
	past := 0
	for _, s := range all {
		if s.State == "closed" {
			past++
		}
	}
	return slices.DeleteFunc(all, func(s ticket.Sprint) bool {
		past-- // the closed ones come first, the oldest foremost
		return s.State == "closed" && past >= mostClosed
	}), nil
}

// Backlog implements [ticket.Planner]. Files that cannot be read are for Check
// to tell of.
func (t *Tracker) Backlog(ctx context.Context) ([]ticket.Snapshot, error) {
	c, err := t.scan(ctx)
	return t.snapshots(c, func(f file) bool {
		return f.stands() != opsreview.TicketDone && slices.Contains(f.labels, ticket.Label)
	}), err
}

// InSprint implements [ticket.Planner].
func (t *Tracker) InSprint(ctx context.Context, sprint string) ([]ticket.Snapshot, error) {
	c, err := t.scan(ctx)
	return t.snapshots(c, func(f file) bool { return f.sprint == sprint }), err
}

// Move implements [ticket.Planner].
func (t *Tracker) Move(ctx context.Context, sprint string, ids []string) error {
	if sprint == "" || ticket.OneLine(sprint, 0) != sprint {
		return &ticket.Rejected{Reason: "a sprint needs a name of one line"}
	}
	for _, id := range ids {
		err := t.change(ctx, id, func(f file) ([]byte, error) {
			if f.sprint == sprint {
				return f.text, nil
			}
			e := newEdit(f.text)
			e.set(keySprint, sprint)
			return e.done()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Query implements [ticket.Planner].
func (t *Tracker) Query() string {
	path := "'" + strings.ReplaceAll(t.cfg.Path, "'", `'\''`) + "'"
	return `grep -LiE "^status: *[\"']?(done|closed|resolved)" ` + path + "/[0-9]*.md"
}
