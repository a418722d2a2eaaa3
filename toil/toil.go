// Package toil adds up how much of a team's time toil takes, by person, task,
// category and week, and what automating a task would save or did save.
//
// Everything is a pure function of its arguments. Minutes come from three
// places: entries that people logged, work logs of tagged tickets, and pages
// that were not actionable, by definition. Work that two of them tell of counts
// once, and all of it in the window in which it began, so that windows that tile
// add up.
package toil

import (
	"time"

	"opsreview"
)

// Settings say how much time there is, and what makes toil too much.
type Settings struct {
	WeekHours float64 // working hours of a person in a week; 0 means 40
	Limit     float64 // the share that toil may take; 0 means policy's, 50 %
	HotSpot   float64 // minutes a week from which a task is a hot spot; 0 means 60
}

// Input is everything that toil is added up from.
type Input struct {
	Team     string
	Window   opsreview.Window
	Now      time.Time
	Zone     *time.Location
	Settings Settings
	Entries  []opsreview.ToilEntry // the team's, of the window and of the twelve weeks before it
	Tasks    []opsreview.ToilTask
	Engaged  []Engaged // of not-actionable pages, the same stretch of time
	People   []Member
}

// Engaged is a stretch in which a person was engaged by a page that was not
// actionable.
type Engaged struct {
	Person  string
	Page    opsreview.Ref
	Monitor string
	Title   string
	Team    string // whose page it is; "" for the ledger's team
	Window  opsreview.Window
}

// A Member is a person whose working time counts.
type Member struct {
	Key   string
	Name  string
	Names []string                       // by which entries may call them: addresses, display names
	Days  func(opsreview.Window) float64 // working days in a window, without public holidays; nil counts Mondays to Fridays
	Guest bool                           // is of another team: known by name, and their working time does not count
}

// An Origin says where minutes come from.
type Origin string

// The origins.
const (
	Logged  Origin = "logged"
	WorkLog Origin = "work_log"
	Paged   Origin = "paged"
)

// A Line is minutes of one thing.
type Line struct {
	Person   string // its key; the name as it was logged where nobody is known by it
	Task     string // its key; for pages the monitor's ID
	Title    string
	Category string
	Team     string
	Origin   Origin
	Ticket   string // "OPS-12"; "" for none
	At       time.Time
	Spent    time.Duration // what counts of it
	Dropped  time.Duration // what another line tells already
	Entry    string        // the entry's ID; "" for pages
	Page     opsreview.Ref
	Overhead bool // people answered that it is no toil: it is listed and not counted
}

// A Report is the ledger of a window.
type Report struct {
	Window     opsreview.Window
	Spent      time.Duration // toil in all, overhead left out
	Overhead   time.Duration
	Dropped    time.Duration // told twice and counted once
	Working    time.Duration // working time of the team's people; 0 if nobody is known
	People     []Sum         // by person, most first; those of the team without any too
	Teams      []Sum         // by team, most first; nil for one team's ledger
	Categories []Sum
	Origins    []Sum
	Weeks      []Week // of the window and the twelve weeks before it, oldest first
	Tasks      []Task // dearest first, with the monitors whose pages were for nothing
	Lines      []Line // of the window, in order of time
	Method     string // how it was reckoned, in a sentence
	Limit      float64
	Over       bool   // Share is over Limit
	Trend      string // in words
	Withheld   int    // how many people's sums are left out, for a reader who may not see them
}

// Share is Spent ÷ Working, and false where no working time is known.
func (r Report) Share() (float64, bool) {
	if r.Working <= 0 {
		return 0, false
	}
	return float64(r.Spent) / float64(r.Working), true
}

// A Sum is minutes of one person, category or origin.
type Sum struct {
	Key     string
	Name    string
	Spent   time.Duration
	Working time.Duration // of the person; 0 where it means nothing or nothing is known
	Entries int
	By      []string // keys of the people who stand behind it
}

// A Week is one ISO week's toil.
type Week struct {
	Window  opsreview.Window
	Name    string // "2026-W46"
	Spent   time.Duration
	Working time.Duration
	Entries int
	By      []string // keys of the people who stand behind it
}

// A Task is a recurring task and what automating it would save.
type Task struct {
	Key       string
	Name      string
	Category  string
	Paged     bool // it is a monitor: its pages are the work, and changing it is what saves it
	Overhead  bool
	Answers   map[opsreview.ToilQuestion]opsreview.Answer
	Entries   int // in the window
	Spent     time.Duration
	PerWeek   time.Duration // over the thirteen weeks that end with the window, or since its first entry but at least four weeks
	Quarter   time.Duration // what thirteen weeks of it would cost: what automating it would save at most
	People    int
	By        []string // their keys
	HotSpot   bool
	Ticket    string
	Automated *Automation // nil if it is not
}

// An Automation is what became of a task that a machine does from some time on.
type Automation struct {
	At       time.Time
	By       string
	Before   time.Duration // a week
	After    time.Duration // a week, since
	Since    opsreview.Window
	Saved    time.Duration // up to now: (Before − After) over the weeks since
	TooEarly bool          // less than two weeks have passed
	Text     string
}
