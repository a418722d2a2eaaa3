package ingesttest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"opsreview"
)

// A Memory is a store that lives as long as a test. It joins facts as the real
// store does: events are added once, a newer version of a page replaces what
// it says, and a mention fills only what is empty.
type Memory struct {
	// BeforeSave and AfterSave are called with the number of the save, from 1.
	// An error stops the save, or makes it look failed after it happened, as
	// when a process dies between the commit and the answer.
	BeforeSave, AfterSave func(n int) error

	mu      sync.Mutex
	saves   int
	health  opsreview.SourceHealth
	pages   map[string]opsreview.Page
	events  map[string][]opsreview.Event // all that were saved of a page, by its ID; pages have them settled
	people  map[string]opsreview.Responder
	teams   map[string]opsreview.Team
	svcs    map[string]opsreview.Service
	pols    map[string]opsreview.EscalationPolicy
	prios   map[string]opsreview.Priority
	shifts  map[string]opsreview.Shift
	labels  map[string]opsreview.Label
	raw     map[string]opsreview.RawItem
	rejects map[string]reject

	segments map[string][]opsreview.Segment // by SLO, in order
	charts   charts

	incidents map[string]opsreview.Incident
	toil      map[string]opsreview.ToilEntry // by their names at the source
}

// reject is a stored reject and the version of the program that last tried it.
type reject struct {
	opsreview.Reject
	version string
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{
		pages: map[string]opsreview.Page{}, events: map[string][]opsreview.Event{}, people: map[string]opsreview.Responder{},
		teams: map[string]opsreview.Team{}, svcs: map[string]opsreview.Service{},
		pols: map[string]opsreview.EscalationPolicy{}, prios: map[string]opsreview.Priority{},
		shifts: map[string]opsreview.Shift{}, labels: map[string]opsreview.Label{},
		raw: map[string]opsreview.RawItem{}, rejects: map[string]reject{},
		segments: map[string][]opsreview.Segment{}, charts: newCharts(),
		incidents: map[string]opsreview.Incident{}, toil: map[string]opsreview.ToilEntry{},
	}
}

// Source implements ingest.Store.
func (m *Memory) Source(_ context.Context, name string) (opsreview.SourceHealth, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.health
	h.Name = name
	h.Suspect = slices.Clone(h.Suspect)
	h.Pages, h.Rejects, h.Series = len(m.pages), len(m.rejects), len(m.charts.series)
	return h, nil
}

// BeginSync implements ingest.Store.
func (m *Memory) BeginSync(_ context.Context, _, sourceType string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.health.Type, m.health.StartedAt, m.health.EndedAt, m.health.LastError = sourceType, at, time.Time{}, ""
	return nil
}

// EndSync implements ingest.Store. Like a real store it does nothing once ctx
// has ended.
func (m *Memory) EndSync(ctx context.Context, _ string, at time.Time, message string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.health.EndedAt, m.health.LastError = at, message
	return nil
}

// OpenPages implements ingest.Store.
func (m *Memory) OpenPages(context.Context, string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for id, p := range m.pages {
		if p.Status != opsreview.Finished {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// CountPages implements ingest.Store.
func (m *Memory) CountPages(_ context.Context, _ string, w opsreview.Window) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, p := range m.pages {
		if w.Contains(p.TriggeredAt) {
			n++
		}
	}
	return n, nil
}

// PageIDs implements ingest.Store.
func (m *Memory) PageIDs(_ context.Context, _ string, w opsreview.Window) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for id, p := range m.pages {
		if w.Contains(p.TriggeredAt) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Stored implements ingest.Store.
func (m *Memory) Stored(_ context.Context, _ string, ids []string) (map[string]opsreview.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]opsreview.Page{}
	for _, id := range ids {
		if p, ok := m.pages[id]; ok {
			p.Events = slices.Clone(m.events[id])
			found[id] = p
		}
	}
	return found, nil
}

// Rejects implements ingest.Store.
func (m *Memory) Rejects(_ context.Context, _, version string) ([]opsreview.Reject, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []opsreview.Reject
	for _, id := range slices.Sorted(maps.Keys(m.rejects)) {
		if r := m.rejects[id]; r.version != version {
			list = append(list, r.Reject)
		}
	}
	return list, nil
}

// SaveBatch implements ingest.Store.
func (m *Memory) SaveBatch(ctx context.Context, source string, b opsreview.Batch) (opsreview.Saved, error) {
	if err := ctx.Err(); err != nil {
		return opsreview.Saved{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saves++
	if m.BeforeSave != nil {
		if err := m.BeforeSave(m.saves); err != nil {
			return opsreview.Saved{}, err
		}
	}
	if err := checkBatch(source, b); err != nil {
		return opsreview.Saved{}, err
	}
	if err := checkWork(source, b); err != nil {
		return opsreview.Saved{}, err
	}
	if err := m.checkSegments(b.Segments); err != nil {
		return opsreview.Saved{}, err
	}
	if err := m.charts.check(source, b); err != nil {
		return opsreview.Saved{}, err
	}
	saved := m.apply(b)
	if m.AfterSave != nil {
		if err := m.AfterSave(m.saves); err != nil {
			return opsreview.Saved{}, err
		}
	}
	return saved, nil
}

// Saves returns how many batches were handed in.
func (m *Memory) Saves() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saves
}

// apply stores a batch. The caller holds the lock.
func (m *Memory) apply(b opsreview.Batch) opsreview.Saved {
	var saved opsreview.Saved
	for _, p := range b.Pages {
		m.savePage(p, &saved)
	}
	for _, r := range b.Responders {
		if _, ok := m.people[r.ID]; ok && r.TimeZone == "" && r.Email == "" { // a mention
			continue
		}
		saved.Responders += put(m.people, r.ID, r)
	}
	for _, t := range b.Teams {
		saved.Teams += put(m.teams, t.ID, t)
	}
	for _, s := range b.Services {
		if _, ok := m.svcs[s.ID]; ok && s.Policy == "" && len(s.Teams) == 0 { // a mention
			continue
		}
		saved.Services += put(m.svcs, s.ID, s)
	}
	for _, p := range b.Policies {
		put(m.pols, p.ID, p)
	}
	for _, p := range b.Priorities {
		put(m.prios, p.ID, p)
	}
	for _, l := range b.Labels {
		saved.Labels += put(m.labels, l.Page.ID+"|"+l.Author+"|"+l.At.String(), l)
	}
	for _, r := range b.Raw {
		if old, ok := m.raw[r.Type+"|"+r.ID]; !ok || r.At.After(old.At) {
			m.raw[r.Type+"|"+r.ID] = r
		}
	}
	m.saveShifts(b, &saved)
	m.saveSegments(b.Segments, &saved)
	m.charts.save(b, &saved)
	m.saveWork(b, &saved)
	m.saveHealth(b, &saved)
	return saved
}

// saveShifts takes a look at who is on call: duties that are gone from it and
// have not ended are taken back, and those that had ended when they were seen
// stay as they were.
func (m *Memory) saveShifts(b opsreview.Batch, saved *opsreview.Saved) {
	seen := map[string]bool{}
	for _, s := range b.Shifts {
		key := shiftKey(s)
		seen[key] = true
		old, ok := m.shifts[key]
		if ok && !old.End.IsZero() && !old.End.After(old.ObservedAt) {
			continue
		}
		if s.ObservedAt.IsZero() || (ok && old.End.Equal(s.End)) {
			s.ObservedAt = old.ObservedAt
		}
		saved.Shifts += put(m.shifts, key, s)
	}
	if b.ShiftsObservedAt.IsZero() {
		return
	}
	maps.DeleteFunc(m.shifts, func(key string, s opsreview.Shift) bool {
		end := s.End
		if end.IsZero() {
			end = b.ShiftWindow.End
		}
		return !seen[key] && end.After(b.ShiftsObservedAt) && b.ShiftWindow.Overlap(s.Start, end) > 0
	})
}

func shiftKey(s opsreview.Shift) string {
	return fmt.Sprintf("%s|%d|%s|%s|%d", s.PolicyID, s.Level, s.ScheduleID, s.Responder.ID, s.Start.Unix())
}

func (m *Memory) saveHealth(b opsreview.Batch, saved *opsreview.Saved) {
	for _, id := range b.Retried {
		delete(m.rejects, id)
	}
	for _, r := range b.Rejects {
		if _, ok := m.rejects[r.ID]; !ok {
			saved.Rejects++
		}
		m.rejects[r.ID] = reject{Reject: r}
		m.health.LastReject = r.ID + ": " + r.Reason
	}
	for _, w := range b.Cleared {
		m.health.Suspect = without(m.health.Suspect, w)
	}
	for _, s := range b.Suspect {
		m.health.Suspect = slices.DeleteFunc(m.health.Suspect, func(o opsreview.SuspectWindow) bool {
			return o.Start.Equal(s.Start) && o.End.Equal(s.End)
		})
		m.health.Suspect = append(m.health.Suspect, s)
	}
	m.health.Cursor = cmp.Or(b.Cursor, m.health.Cursor)
	if b.Through.After(m.health.SyncedTo) {
		m.health.SyncedTo = b.Through
	}
}

// without takes a window out of suspect ones: what sticks out at either end
// stays suspect.
func without(list []opsreview.SuspectWindow, w opsreview.Window) []opsreview.SuspectWindow {
	var out []opsreview.SuspectWindow
	for _, s := range list {
		if w.Overlap(s.Start, s.End) == 0 {
			out = append(out, s)
			continue
		}
		before, after := s, s
		before.End, after.Start = w.Start, w.End
		for _, rest := range []opsreview.SuspectWindow{before, after} {
			if rest.Start.Before(rest.End) {
				out = append(out, rest)
			}
		}
	}
	return out
}

// put stores v and returns 1 if that changed anything.
func put[T any](into map[string]T, id string, v T) int {
	if old, ok := into[id]; ok && reflect.DeepEqual(old, v) {
		return 0
	}
	into[id] = v
	return 1
}

// Dump returns everything that the store holds of facts, one line each, in
// order: two stores that hold the same print the same.
func (m *Memory) Dump() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var lines []string
	for _, p := range m.pages {
		events := p.Events
		p.Events = nil
		lines = append(lines, line("page", p))
		for _, e := range events {
			lines = append(lines, line("event "+p.ID, e))
		}
	}
	for _, r := range m.people {
		lines = append(lines, line("responder", r))
	}
	for _, t := range m.teams {
		lines = append(lines, line("team", t))
	}
	for _, s := range m.svcs {
		lines = append(lines, line("service", s))
	}
	for _, p := range m.pols {
		lines = append(lines, line("policy", p))
	}
	for _, s := range m.shifts {
		s.ObservedAt = time.Time{}
		lines = append(lines, line("shift", s))
	}
	for _, of := range m.segments {
		for _, s := range of {
			lines = append(lines, line("segment", s))
		}
	}
	for id := range m.rejects {
		lines = append(lines, "reject "+id)
	}
	lines = append(lines, m.charts.lines()...)
	lines = append(lines, m.workLines()...)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// line prints a fact. A fact with a Ref in it must not print as that alone.
func line(kind string, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return kind + " " + err.Error()
	}
	return kind + " " + string(b)
}

// Pages returns the stored pages, settled, by ID.
func (m *Memory) Pages() map[string]opsreview.Page {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.pages)
}

// Responders returns the stored responders by ID.
func (m *Memory) Responders() map[string]opsreview.Responder {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.people)
}

// Shifts returns the stored shifts, earliest first.
func (m *Memory) Shifts() []opsreview.Shift {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := slices.Collect(maps.Values(m.shifts))
	slices.SortFunc(list, func(a, b opsreview.Shift) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(shiftKey(a), shiftKey(b)))
	})
	return list
}

// Raw returns the bodies of the stored raw items, by type and ID with a "|"
// between.
func (m *Memory) Raw() map[string][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	bodies := map[string][]byte{}
	for id, r := range m.raw {
		bodies[id] = r.Body
	}
	return bodies
}
