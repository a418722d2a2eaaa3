// Package meeting is the ritual around a review: its agenda, the snapshot that
// the meeting saw, the gate at its end, what changed since, the trends over
// reviews, and who presents next.
//
// Everything is a pure function of its arguments.
package meeting

import (
	"time"

	"opsreview"
	"opsreview/review"
)

// A Section is one part of the agenda.
type Section string

// The sections, in the practice's order.
const (
	CarriedOver Section = "carried_over"
	Budgets     Section = "budgets"
	Pages       Section = "pages"
	Load        Section = "load"
	Incidents   Section = "incidents"
	Anomalies   Section = "anomalies"
	Toil        Section = "toil"
	Wins        Section = "wins"
	Failures    Section = "failures"
	Demos       Section = "demos"
	Actions     Section = "actions"
)

// Sections lists the sections in order.
func Sections() []Section {
	return []Section{CarriedOver, Budgets, Pages, Load, Incidents, Anomalies, Toil, Wins, Failures, Demos, Actions}
}

// SnapshotVersion goes up when the form of a snapshot changes. Older forms can
// always be read.
const SnapshotVersion = 1

// A Snapshot is what a review saw: all that minutes print, and enough to say
// what changed since. It is kept as JSON, in this form, for ever: fields are
// added and never renamed.
type Snapshot struct {
	Version     int               `json:"version"`
	At          time.Time         `json:"at"`
	Team        string            `json:"team,omitempty"`
	Start       time.Time         `json:"start"`
	End         time.Time         `json:"end"`
	Week        string            `json:"week,omitempty"`
	Zone        string            `json:"zone"`
	Facts       string            `json:"facts"` // hash of the facts, without labels and decisions
	Definitions map[string]int    `json:"definitions"`
	Pages       []PageFact        `json:"pages"`
	Monitors    []MonitorFact     `json:"monitors,omitempty"`
	Numbers     map[string]Number `json:"numbers"` // by the id of their definition
	Loads       []LoadFact        `json:"loads,omitempty"`
	Budgets     []BudgetFact      `json:"budgets,omitempty"`
	Incidents   []IncidentFact    `json:"incidents,omitempty"`
	Anomalies   []AnomalyFact     `json:"anomalies,omitempty"`
	Toil        *ToilFact         `json:"toil,omitempty"`
	Findings    []FindingFact     `json:"findings,omitempty"`
	Closed      []ClosedFact      `json:"closed,omitempty"` // tickets that held, came back, or cannot be judged yet
	Gaps        []string          `json:"gaps,omitempty"`
	Said        *SaidFact         `json:"said,omitempty"`     // what was said until the end; nil while it is open
	Withheld    []string          `json:"withheld,omitempty"` // what is not told about people, in sentences; see Anonymous
}

// A Number is one number with its parts: 73 % is 160 of 219.
type Number struct {
	Value float64  `json:"value"`
	Of    *float64 `json:"of,omitempty"`
	Unit  string   `json:"unit,omitempty"`
}

// A PageFact is a page as the meeting saw it.
type PageFact struct {
	Page    string    `json:"page"`
	Title   string    `json:"title"`
	Service string    `json:"service,omitempty"`
	Monitor string    `json:"monitor,omitempty"`
	At      time.Time `json:"at"`
	Status  string    `json:"status"`
	Outcome string    `json:"outcome"`
	Cause   string    `json:"cause,omitempty"`
	By      string    `json:"by,omitempty"` // who labelled it
	Facts   string    `json:"facts"`        // hash of the page without labels
}

// A MonitorFact is what one monitor cost.
type MonitorFact struct {
	Monitor       string  `json:"monitor"`
	Title         string  `json:"title"`
	Pages         int     `json:"pages"`
	Interruptions int     `json:"interruptions"`
	EngagedMin    float64 `json:"engaged_minutes"`
	NotActionable int     `json:"not_actionable"`
	Labelled      int     `json:"labelled"`
	Withheld      bool    `json:"withheld,omitempty"` // interruptions and engaged time are not told
}

// A LoadFact is how heavy the window was on one person.
type LoadFact struct {
	Person        string   `json:"person"`
	Name          string   `json:"name"`
	Pages         int      `json:"pages"`
	Interruptions int      `json:"interruptions"`
	Sleep         int      `json:"sleep_interruptions"`
	BrokenNights  *int     `json:"broken_nights,omitempty"`
	EngagedMin    float64  `json:"engaged_minutes"`
	Breaches      []Breach `json:"breaches,omitempty"`
}

// A Breach is a limit that was gone over. Key names it in waivers:
// "pages_per_shift:ada@example.com".
type Breach struct {
	Key   string   `json:"key"`
	Limit string   `json:"limit"`
	Text  string   `json:"text"`
	Pages []string `json:"pages,omitempty"`
}

// A BudgetFact is an SLO's budget.
type BudgetFact struct {
	SLO      string   `json:"slo"`
	Title    string   `json:"title,omitempty"`
	Seven    *float64 `json:"burned_7d,omitempty"` // share of the budget of 7 days; absent if unknown
	Thirty   *float64 `json:"burned_30d,omitempty"`
	Coverage *float64 `json:"coverage,omitempty"`
	Text     string   `json:"text"`
}

// An IncidentFact is an incident.
type IncidentFact struct {
	Incident   string   `json:"incident"`
	Number     string   `json:"number,omitempty"`
	Title      string   `json:"title"`
	Severity   string   `json:"severity,omitempty"`
	Detector   string   `json:"detected_by,omitempty"`
	ResolveMin *float64 `json:"resolve_minutes,omitempty"`
	Text       string   `json:"text,omitempty"`
	Overdue    bool     `json:"overdue,omitempty"`
}

// An AnomalyFact is something weird on a dashboard.
type AnomalyFact struct {
	Anomaly string `json:"anomaly"`
	Chart   string `json:"chart"`
	Text    string `json:"text"`
	Context string `json:"context"`
	State   string `json:"state"`
}

// A ToilFact is the team's toil.
type ToilFact struct {
	Minutes  float64            `json:"minutes"`
	Working  float64            `json:"working_minutes,omitempty"`
	Overhead float64            `json:"overhead_minutes,omitempty"`
	By       map[string]float64 `json:"by_category,omitempty"`
	Tasks    []TaskFact         `json:"tasks,omitempty"`
	People   int                `json:"people,omitempty"` // who had any
	Withheld bool               `json:"withheld,omitempty"`
	Method   string             `json:"method"`
}

// A TaskFact is a recurring task.
type TaskFact struct {
	Task    string  `json:"task"`
	Minutes float64 `json:"minutes"`
	Quarter float64 `json:"quarter_minutes"`
	Saved   float64 `json:"saved_minutes,omitempty"` // since it was automated

	Automated string `json:"automated,omitempty"` // the date from which on a machine does it
}

// A FindingFact is something that needs work, with its ticket.
type FindingFact struct {
	Key     string  `json:"key"`
	Kind    string  `json:"kind"`
	Title   string  `json:"title"`
	Cost    float64 `json:"cost,omitempty"`
	Ticket  string  `json:"ticket,omitempty"`
	Status  string  `json:"status,omitempty"`
	Monitor string  `json:"monitor,omitempty"`
}

// A ClosedFact is a closed ticket and whether it held.
type ClosedFact struct {
	Ticket  string `json:"ticket"`
	Title   string `json:"title"`
	Verdict string `json:"verdict"` // "held", "came_back", "too_early", "unknown"
	Text    string `json:"text"`
}

// Facts is what a snapshot is taken of.
type Facts struct {
	Review  review.Review
	Pages   []opsreview.Page   // of the window; more does no harm
	Tickets []opsreview.Ticket // the team's, open ones and closed ones; those of the findings at least
	At      time.Time
}

// An Open is something that keeps a review from being closed.
type Open struct {
	Kind    string // "page", "monitor", "breach", "incident"
	Subject string // what a waiver or a label would name
	Title   string
	Text    string   // what is missing: "nobody has labelled it", "not actionable, and neither ticket nor waiver"
	Do      []string // the commands that would settle it
}

// A GateInput is what decides whether a review may be closed.
type GateInput struct {
	Snapshot Snapshot
	Tickets  []opsreview.Ticket // of the team, open ones and closed ones
	Waivers  []opsreview.Waiver
	Actions  []opsreview.MeetingItem // of this meeting: one with a ticket that names a subject settles it
	Now      time.Time
}

// A CarryOver is an action of an earlier review that is not done.
type CarryOver struct {
	Item   opsreview.MeetingItem
	From   opsreview.Meeting
	Age    time.Duration
	Ticket *opsreview.Ticket // nil if it has none, or the ledger does not know it
	Due    bool              // its time has come
	Text   string            // where it stands, in words
}

// Done reports whether the action's ticket is done.
func (c CarryOver) Done() bool { return c.Ticket != nil && c.Ticket.Stands == opsreview.TicketDone }

// The kinds of change, in the order in which they are told.
const (
	ChangedDefinition = "definition" // a number is computed in another way, so that it cannot be compared
	LatePage          = "late_page"
	PageGone          = "page_gone"
	PageChanged       = "page_changed" // its source tells more or other things of it
	Relabelled        = "relabelled"
	ChangedNumber     = "number"
	ChangedIncident   = "incident"
	ChangedAnomaly    = "anomaly"
	ChangedToil       = "toil"
	ChangedTicket     = "ticket"
)

// A Change is one thing that differs between two snapshots.
type Change struct {
	Kind    string
	Subject string
	Text    string // "a page came late: …", "pages/1 is 14 and was 12"
	Was, Is string
}

// A Trend is one number over past reviews, oldest first.
type Trend struct {
	ID     string // of its definition
	Name   string
	Unit   string
	Points []TrendPoint
	Text   string // in words; "" if there is too little to say
}

// A TrendPoint is one review's number. Known is false where that review did
// not have it.
type TrendPoint struct {
	Meeting string
	Week    string
	Start   time.Time
	Known   bool
	Value   float64
	Version int // of the definition that it was computed with
}

// A Candidate is somebody who may present or lead.
type Candidate struct {
	Person string
	Name   string
	Last   time.Time // when they last did; zero for never
	Times  int       // of the last twelve reviews
	Away   bool
}

// A Pick is who was picked and how.
type Pick struct {
	Presenter, Facilitator string
	Weights                []Weight // most likely first
	Seed                   string
}

// A Weight is a candidate's chance.
type Weight struct {
	Person string
	Weight float64
	Why    string
}

// Minutes are all that the minutes of a review print.
type Minutes struct {
	Meeting  opsreview.Meeting
	Snapshot Snapshot
	Items    []opsreview.MeetingItem
	Waivers  []opsreview.Waiver
	Carried  []CarryOver
	Open     []Open // what is or was open; at a forced close what was waved through
	Changes  []Change
}
