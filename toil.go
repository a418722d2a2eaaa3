package opsreview

import (
	"strings"
	"time"
)

// A ToilEntry is a stretch of work that somebody logged as toil. Source and
// SourceID name it where it was imported; the ID is the store's.
type ToilEntry struct {
	ID       string
	Source   string // "manual", or the name of the source or tracker that it was imported from
	SourceID string // its identity there; "" for one that was logged here
	Task     string // what was done, as people call it: "rotate the vault token"
	Category string // one of ToilCategories, or of the configuration's; "" if nobody said
	Team     string
	Person   string // who did it: a person's key, or a name; "" if nobody said
	At       time.Time
	Spent    time.Duration
	Ticket   string // "OPS-12"; "" for none
	Page     Ref    // the page that it answered; zero for none
	Note     string
	Author   string // who logged it
	LoggedAt time.Time

	WithdrawnBy string // "" while it counts
	WithdrawnAt time.Time
}

// Window is the stretch of time in which the work was done.
func (e ToilEntry) Window() Window { return Window{Start: e.At, End: e.At.Add(e.Spent)} }

// TaskKey is a task's name made comparable: entries with the same key are the
// same recurring task.
func TaskKey(task string) string { return strings.ToLower(strings.Join(strings.Fields(task), " ")) }

// The categories of toil, after chapter 6 of Google's Site Reliability Workbook.
const (
	ToilInterrupts      = "interrupts"      // production interrupts: pages, cleaning up after them
	ToilBusiness        = "business"        // requests: access, quotas, data for others
	ToilReleases        = "releases"        // shepherding releases, rollbacks, patches
	ToilMigrations      = "migrations"      // moving from one thing to another by hand
	ToilCapacity        = "capacity"        // cost and capacity
	ToilTroubleshooting = "troubleshooting" // finding out what opaque systems do
	ToilMaintenance     = "maintenance"     // certificates, tokens, backups, housekeeping
)

// ToilCategories lists the categories.
func ToilCategories() []string {
	return []string{
		ToilInterrupts, ToilBusiness, ToilReleases, ToilMigrations, ToilCapacity, ToilTroubleshooting, ToilMaintenance,
	}
}

// A ToilQuestion is one of the marks by which toil is told from overhead and
// from engineering, after chapter 5 of Google's Site Reliability Engineering.
type ToilQuestion string

// The questions.
const (
	ToilManual      ToilQuestion = "manual"           // does a person do it by hand?
	ToilRepetitive  ToilQuestion = "repetitive"       // does it come again and again?
	ToilAutomatable ToilQuestion = "automatable"      // could a machine do it as well?
	ToilTactical    ToilQuestion = "tactical"         // does it answer to something, rather than follow a plan?
	ToilNoValue     ToilQuestion = "no_lasting_value" // is the service the same afterwards as before?
	ToilGrows       ToilQuestion = "grows"            // is there more of it the more the service is used?
)

// ToilQuestions lists the questions in the order in which they are asked.
func ToilQuestions() []ToilQuestion {
	return []ToilQuestion{ToilManual, ToilRepetitive, ToilAutomatable, ToilTactical, ToilNoValue, ToilGrows}
}

// A ToilTask is what people said of a recurring task.
type ToilTask struct {
	Key     string // see TaskKey
	Name    string
	Team    string
	Answers map[ToilQuestion]Answer
	Author  string // who answered last
	At      time.Time

	// AutomatedAt is from when on the task is done by a machine; zero while it is
	// not. Baseline is what it had cost until then.
	AutomatedAt time.Time
	AutomatedBy string
	Ticket      string
	Baseline    ToilBaseline
}

// A ToilBaseline is what a task cost over a stretch of time.
type ToilBaseline struct {
	Window  Window
	Entries int
	Spent   time.Duration
}
