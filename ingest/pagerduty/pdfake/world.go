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
	notes    []object
}

// entry is a log entry. State is the incident's status from then on, "" if the
// entry does not change it.
type entry struct {
	id, kind    string
	at, visible time.Time
	state       string
	by          int // the acting user, -1 for none
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

// A Truth is what a faithful copy of the account holds.
type Truth struct {
	Incidents map[string]Incident
	Entries   int // log entries of all incidents
}

// An Incident is the truth about one incident.
type Incident struct {
	Number     int
	Title      string
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
	Note string // the text of a note
}

// Truth returns what was visible before a time.
func (w *World) Truth(at time.Time) Truth {
	t := Truth{Incidents: map[string]Incident{}}
	for _, inc := range w.incidents {
		out := Incident{Number: inc.number, Title: inc.title, CreatedAt: inc.created, Entries: map[string]Entry{}}
		for _, e := range inc.entries {
			if e.visible.After(at) {
				continue
			}
			out.Entries[e.id] = Entry{Type: e.kind, At: e.at, User: notifiedUser(e), Note: noteText(e)}
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

func noteText(e *entry) string {
	if c, ok := e.json["channel"].(object); ok && e.kind == "annotate" {
		return fmt.Sprint(c["summary"])
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
