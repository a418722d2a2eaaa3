// Package pdfake is a PagerDuty account for tests: a world of incidents whose
// whole truth is known, and an HTTP handler that shows it the way the real API
// does, with its limits, delays and faults.
//
// It is for tests only, and may be used by tests of any package.
package pdfake

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// A Spec says what a world should hold. The same spec gives the same world.
type Spec struct {
	Seed       uint64
	Incidents  int
	Start, End time.Time // incidents begin in [Start, End), evenly spread but for storms

	// Storm is how many further incidents begin within StormSpan (10 s if
	// unset) from StormAt on.
	Storm     int
	StormAt   time.Time
	StormSpan time.Duration

	// Late is the share of log entries that become visible up to LateBy after
	// they happened.
	Late   float64
	LateBy time.Duration

	// Burst is how many further notifications the first incident sends within
	// the second BurstAt.
	Burst   int
	BurstAt time.Time
}

// A World is everything that an account has.
type World struct {
	spec      Spec
	users     []user
	incidents []*incident
	entries   []*entry // in order of time
	byID      map[string]*incident
}

type object = map[string]any

type user struct {
	id, name, zone string
	deleted        bool
}

type incident struct {
	id       string
	number   int
	title    string
	created  time.Time
	urgency  string
	service  int
	mergedTo string
	entries  []*entry
	notes    []*note
	deleted  time.Time // zero unless it was deleted for good
	hidden   bool      // whether the account's log entries leave it out
}

// A note can be edited and deleted, which its log entry cannot.
type note struct {
	json    object
	edited  time.Time // zero if never
	text    string    // since it was edited
	deleted time.Time // zero if never
}

// entry is a log entry. State is the incident's status from then on, "" if the
// entry does not change it.
type entry struct {
	id, kind    string
	at, visible time.Time
	state       string
	note        string // the text of the note that it tells of, which it may leave out
	json        object
	incident    *incident
}

const (
	users    = 9
	services = 4
	teams    = 3
)

var zones = []string{
	"America/Chicago", "Eastern Time (US & Canada)", "Europe/Berlin", "Kolkata", "Pacific/Auckland", "London",
	"America/Los_Angeles", "Nowhere/Land", "Tokyo",
}

// Build makes a world.
func Build(s Spec) *World {
	if s.StormSpan == 0 {
		s.StormSpan = 10 * time.Second
	}
	w := &World{spec: s, byID: map[string]*incident{}}
	for i := range users {
		w.users = append(w.users, user{
			id: fmt.Sprintf("PUSER%d", i), name: fmt.Sprintf("Person %c", 'A'+i), zone: zones[i], deleted: i == users-1,
		})
	}
	rng := rand.New(rand.NewPCG(s.Seed, 1))
	step := time.Duration(0)
	if s.Incidents > 0 {
		step = s.End.Sub(s.Start) / time.Duration(s.Incidents)
	}
	for i := range s.Incidents {
		w.add(rng, s.Start.Add(time.Duration(i)*step).Truncate(time.Second))
	}
	for i := range s.Storm {
		w.add(rng, s.StormAt.Add(s.StormSpan*time.Duration(i)/time.Duration(s.Storm)).Truncate(time.Second))
	}
	w.burst(rng)
	slices.SortStableFunc(w.entries, func(a, b *entry) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id))
	})
	return w
}

// add makes an incident and its story.
func (w *World) add(rng *rand.Rand, at time.Time) {
	n := len(w.incidents)
	inc := &incident{
		id: fmt.Sprintf("Q%012X", n+1), number: n + 1, created: at, urgency: "high", service: n % services,
		title: fmt.Sprintf("%s on host %d", [...]string{"Disk full", "Latency high", "Batch failed"}[n%3], n),
	}
	w.incidents = append(w.incidents, inc)
	w.byID[inc.id] = inc
	t := &teller{w: w, inc: inc, rng: rng, at: at}
	t.tell(n)
}

// burst makes the first incident send as many notifications within a second as
// the spec says.
func (w *World) burst(rng *rand.Rand) {
	if w.spec.Burst == 0 {
		return
	}
	inc := w.incidents[0]
	t := &teller{w: w, inc: inc, rng: rng, at: w.spec.BurstAt, n: len(inc.entries)}
	for i := range w.spec.Burst {
		t.send(0, i%(users-1), "push")
	}
	slices.SortStableFunc(inc.entries, func(a, b *entry) int { return a.at.Compare(b.at) })
}

// Delete deletes an incident for good: from then on nothing shows it. Like the
// other changes of a world it is for the time between two requests.
func (w *World) Delete(incident string, at time.Time) { w.byID[incident].deleted = at }

// Hide makes the account's log entries leave an incident out: only the list of
// incidents and the incident itself tell of it.
func (w *World) Hide(incident string, hidden bool) { w.byID[incident].hidden = hidden }

// Delay makes all log entries of an incident visible no earlier than at a time.
func (w *World) Delay(incident string, until time.Time) {
	for _, e := range w.byID[incident].entries {
		if e.visible.Before(until) {
			e.visible = until
		}
	}
}

// EditNote changes the text of an incident's notes.
func (w *World) EditNote(incident, text string, at time.Time) {
	for _, n := range w.byID[incident].notes {
		n.text, n.edited = text, at
	}
}

// DeleteNote deletes an incident's notes. Their log entries stay.
func (w *World) DeleteNote(incident string, at time.Time) {
	for _, n := range w.byID[incident].notes {
		n.deleted = at
	}
}

// gone reports whether the incident was deleted by a time.
func (inc *incident) gone(now time.Time) bool {
	return !inc.deleted.IsZero() && !inc.deleted.After(now)
}

// A Truth is what a faithful copy of the account holds.
type Truth struct {
	Incidents map[string]Incident
	Entries   int // log entries of all incidents
}

// An Incident is the truth about one incident.
type Incident struct {
	Number     int
	Title      string
	Team       string // the ID of the team that it belongs to
	CreatedAt  time.Time
	Status     string    // "triggered", "acknowledged" or "resolved"
	ResolvedAt time.Time // zero unless resolved
	MergedInto string
	Entries    map[string]Entry
}

// An Entry is the truth about one log entry.
type Entry struct {
	Type string // without "_log_entry"
	At   time.Time
	User string // who was notified, "" for other types
	Note string // the text of a note, even where the entry leaves it out
}

// Truth returns what was visible before a time: of an incident that was deleted,
// what was visible until then.
func (w *World) Truth(at time.Time) Truth {
	t := Truth{Incidents: map[string]Incident{}}
	for _, inc := range w.incidents {
		at := at
		if inc.gone(at) {
			at = inc.deleted
		}
		out := Incident{
			Number: inc.number, Title: inc.title, Team: inc.team(), CreatedAt: inc.created, Entries: map[string]Entry{},
		}
		for _, e := range inc.entries {
			if e.visible.After(at) {
				continue
			}
			out.Entries[e.id] = Entry{Type: e.kind, At: e.at, User: notifiedUser(e), Note: e.note}
			t.Entries++
		}
		if len(out.Entries) == 0 {
			continue
		}
		out.Status, out.ResolvedAt = inc.status(at)
		if out.Status == "resolved" {
			out.MergedInto = inc.mergedTo
		}
		t.Incidents[inc.id] = out
	}
	return t
}

func notifiedUser(e *entry) string {
	if u, ok := e.json["user"].(object); ok {
		return fmt.Sprint(u["id"])
	}
	return ""
}

// status returns an incident's status at a time, and when it was resolved.
func (inc *incident) status(at time.Time) (string, time.Time) {
	status, ended := "triggered", time.Time{}
	for _, e := range inc.entries {
		if e.at.After(at) || e.state == "" {
			continue
		}
		status, ended = e.state, time.Time{}
		if status == "resolved" {
			ended = e.at
		}
	}
	return status, ended
}
