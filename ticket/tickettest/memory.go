// Package tickettest checks that a tracker keeps the promises of
// [ticket.Tracker] and a ledger those of [ticket.Ledger], and has both in
// memory, with faults, for tests of what uses them.
//
// A new vendor's tests call [RunTracker] with a fake of the vendor.
package tickettest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"opsreview"
	"opsreview/ticket"
)

// ErrLost is the answer that did not come.
var ErrLost = errors.New("the connection was reset")

// A Fault is what goes wrong with one call.
type Fault int

// The faults.
const (
	None        Fault = iota
	LoseRequest       // it never arrives
	LoseAnswer        // it is carried out, and the answer never arrives
	Throttle          // the tracker asks to wait
	Reject            // the tracker refuses what is asked
	Deny              // the tracker refuses who asks
)

// Tracker is a tracker in memory. Its exported fields are set before use.
type Tracker struct {
	Project string
	Can     ticket.Caps
	Now     func() time.Time

	// Fault says what goes wrong with a call: "find", "healthy", "create", "get",
	// "note", "reopen", "labels" or "relate". It may be nil.
	Fault func(call string) Fault

	// Lag is how long Find does not show a new ticket. It may be nil.
	Lag func() time.Duration

	// Hook is called before and after a call changes something: "before create",
	// "after create". A panic in it is a crash there. It may be nil.
	Hook func(at string)

	// Stuck tickets cannot be opened again once they are closed.
	Stuck bool

	mu     sync.Mutex
	issues []*Issue
	byID   map[string]*Issue
	calls  map[string]int
}

// An Issue is a ticket of the tracker in memory, with what people and the
// program did to it.
type Issue struct {
	ticket.Snapshot
	Draft   ticket.Draft // as it was created
	Notes   map[string]string
	Related []string // "relates 2"
	Reopens int
	Deleted bool
	shownAt time.Time
}

// NewTracker returns an empty tracker whose search lags by nothing.
func NewTracker(now func() time.Time) *Tracker {
	return &Tracker{
		Project: "memory/OPS", Now: now, calls: map[string]int{}, byID: map[string]*Issue{},
		Can: ticket.Caps{Format: ticket.Markdown, MaxTitle: 255, MaxBody: 32767, MaxLabel: 50},
	}
}

// Name implements [ticket.Tracker].
func (m *Tracker) Name() string { return m.Project }

// Caps implements [ticket.Tracker].
func (m *Tracker) Caps() ticket.Caps { return m.Can }

// Preview implements [ticket.Tracker].
func (m *Tracker) Preview(d ticket.Draft) string {
	title, body := m.Can.Fit(d)
	return title + "\n\n" + body + "\n"
}

// enter begins a call. The function that it returns ends it.
func (m *Tracker) enter(ctx context.Context, call string) (func() error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fault := None
	if m.Fault != nil {
		fault = m.Fault(call)
	}
	m.mu.Lock()
	m.calls[call]++
	m.mu.Unlock()
	switch fault {
	case LoseRequest:
		return nil, ErrLost
	case Throttle:
		return nil, &ticket.Throttled{After: 5 * time.Second}
	case Reject:
		return nil, &ticket.Rejected{Reason: "labels: the field cannot be set"}
	case Deny:
		return nil, &ticket.Rejected{Reason: "the token has expired", Access: true}
	case None, LoseAnswer:
	}
	m.hook("before " + call)
	m.mu.Lock()
	return func() error {
		m.mu.Unlock()
		m.hook("after " + call)
		if fault == LoseAnswer {
			return ErrLost
		}
		return nil
	}, nil
}

func (m *Tracker) hook(at string) {
	if m.Hook != nil {
		m.Hook(at)
	}
}

// find returns an issue by its id or key. The caller holds the lock.
func (m *Tracker) find(id string) *Issue {
	i := m.byID[id]
	for _, other := range m.issues {
		if i != nil {
			break
		}
		if other.Key == id {
			i = other
		}
	}
	if i == nil || i.Deleted {
		return nil
	}
	return i
}

// Find implements [ticket.Tracker].
func (m *Tracker) Find(ctx context.Context, labels ...string) ([]ticket.Snapshot, error) {
	leave, err := m.enter(ctx, "find")
	if err != nil {
		return nil, err
	}
	var found []ticket.Snapshot
	for _, i := range m.issues {
		all := !slices.ContainsFunc(labels, func(l string) bool { return !slices.Contains(i.Labels, l) })
		if all && !i.Deleted && !m.Now().Before(i.shownAt) {
			found = append(found, i.snapshot())
		}
	}
	return found, leave()
}

// Healthy implements [ticket.Tracker].
func (m *Tracker) Healthy(ctx context.Context, known ticket.Ref) error {
	leave, err := m.enter(ctx, "healthy")
	if err != nil {
		return err
	}
	i := m.find(known.ID)
	shown := known.ID == "" || (i != nil && !m.Now().Before(i.shownAt))
	if err := leave(); err != nil || shown {
		return err
	}
	return fmt.Errorf("the search does not show %s", known.Key)
}

// Create implements [ticket.Tracker].
func (m *Tracker) Create(ctx context.Context, d ticket.Draft) (ticket.Ref, error) {
	leave, err := m.enter(ctx, "create")
	if err != nil {
		return ticket.Ref{}, err
	}
	title, _ := m.Can.Fit(d)
	n := len(m.issues) + 1
	i := &Issue{Draft: d, Notes: map[string]string{}, shownAt: m.Now()}
	if m.Lag != nil {
		i.shownAt = i.shownAt.Add(m.Lag())
	}
	i.Ref = ticket.Ref{ID: strconv.Itoa(10000 + n), Key: "OPS-" + strconv.Itoa(n), URL: "https://tracker.example/OPS-" + strconv.Itoa(n)}
	i.Title, i.Labels = title, slices.Clone(d.Labels)
	i.Stands, i.Status, i.UpdatedAt = opsreview.TicketTodo, "To Do", m.Now()
	m.issues = append(m.issues, i)
	m.byID[i.ID] = i
	if err := leave(); err != nil {
		return ticket.Ref{}, err
	}
	return i.Ref, nil
}

// Get implements [ticket.Tracker].
func (m *Tracker) Get(ctx context.Context, ids []string) ([]ticket.Snapshot, error) {
	leave, err := m.enter(ctx, "get")
	if err != nil {
		return nil, err
	}
	var snaps []ticket.Snapshot
	for _, id := range ids {
		if i := m.find(id); i != nil {
			snaps = append(snaps, i.snapshot())
		} else {
			snaps = append(snaps, ticket.Snapshot{Ref: ticket.Ref{ID: id}, Missing: true})
		}
	}
	return snaps, leave()
}

func (i *Issue) snapshot() ticket.Snapshot {
	s := i.Snapshot
	s.Labels = slices.Clone(s.Labels)
	return s
}

// change carries out a call that changes one issue.
func (m *Tracker) change(ctx context.Context, call, id string, change func(i *Issue) error) error {
	leave, err := m.enter(ctx, call)
	if err != nil {
		return err
	}
	var failed error
	if i := m.find(id); i == nil {
		failed = &ticket.Rejected{Reason: "there is no ticket " + id}
	} else if failed = change(i); failed == nil {
		i.UpdatedAt = m.Now()
	}
	return errors.Join(leave(), failed)
}

// Note implements [ticket.Tracker].
func (m *Tracker) Note(ctx context.Context, id, marker string, body ticket.Body) error {
	return m.change(ctx, "note", id, func(i *Issue) error {
		i.Notes[marker] = ticket.Render(body, m.Can.Format, m.Can.MaxBody)
		return nil
	})
}

// Reopen implements [ticket.Tracker].
func (m *Tracker) Reopen(ctx context.Context, id string, why ticket.Body) error {
	return m.change(ctx, "reopen", id, func(i *Issue) error {
		if i.Stands != opsreview.TicketDone {
			return nil
		}
		if m.Stuck {
			return ticket.ErrNoTransition
		}
		i.Stands, i.Status, i.Resolution, i.ClosedAt, i.Duplicate = opsreview.TicketTodo, "To Do", "", time.Time{}, ticket.Ref{}
		i.Reopens++
		i.Notes[fmt.Sprint("reopened ", i.Reopens)] = ticket.Render(why, m.Can.Format, m.Can.MaxBody)
		return nil
	})
}

// AddLabels implements [ticket.Tracker].
func (m *Tracker) AddLabels(ctx context.Context, id string, labels []string) error {
	return m.change(ctx, "labels", id, func(i *Issue) error {
		for _, l := range labels {
			if !slices.Contains(i.Labels, l) {
				i.Labels = append(i.Labels, l)
			}
		}
		return nil
	})
}

// Relate implements [ticket.Tracker].
func (m *Tracker) Relate(ctx context.Context, id, other, kind string) error {
	return m.change(ctx, "relate", id, func(i *Issue) error {
		if link := kind + " " + other; !slices.Contains(i.Related, link) {
			i.Related = append(i.Related, link)
		}
		return nil
	})
}

// Check implements [ticket.Tracker].
func (m *Tracker) Check(context.Context) []ticket.Check {
	return []ticket.Check{{Subject: "memory", OK: true, Detail: "it is there"}}
}

// Issues lists every ticket as it is, deleted ones too.
func (m *Tracker) Issues() []Issue {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Issue
	for _, i := range m.issues {
		c := *i
		c.Snapshot = i.snapshot()
		all = append(all, c)
	}
	return all
}

// Calls returns how often a call arrived or was lost on its way.
func (m *Tracker) Calls(call string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[call]
}

// Edit is what a person does to a ticket, by its id or key.
func (m *Tracker) Edit(id string, edit func(i *Issue)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.find(id); i != nil {
		edit(i)
		i.UpdatedAt = m.Now()
	}
}

// Close is a person closing a ticket.
func (m *Tracker) Close(id, resolution string) {
	m.Edit(id, func(i *Issue) {
		i.Stands, i.Status, i.Resolution, i.ClosedAt = opsreview.TicketDone, "Done", resolution, m.Now()
	})
}

// Delete is a person deleting a ticket.
func (m *Tracker) Delete(id string) {
	m.Edit(id, func(i *Issue) { i.Deleted = true })
}

// Hide keeps a ticket out of the search until a time, as an index that is
// rebuilt does.
func Hide(i *Issue, until time.Time) { i.shownAt = until }
