package opsreview

import "time"

// A Batch is what one closed piece of a source said. It is saved whole, with
// its cursor, or not at all; saving it twice changes nothing.
type Batch struct {
	Pages      []Page // with the events that this piece knows; the store joins them to the others
	Responders []Responder
	Teams      []Team
	Services   []Service
	Policies   []EscalationPolicy
	Priorities []Priority

	// Shifts are a look at who is on call in ShiftWindow, taken at
	// ShiftsObservedAt. A duty of the source that the store has in that window,
	// that has not ended and that is not in Shifts, has been taken back.
	Shifts           []Shift
	ShiftWindow      Window
	ShiftsObservedAt time.Time

	// Labels are labels that were given elsewhere. The same page, author and
	// time is the same label.
	Labels []Label

	// Segments are counted events of SLOs. A segment replaces those that lie
	// within it; one that overlaps a stored segment in part is refused.
	Segments []Segment

	// Charts are what is looked at, Series their series and Points the values of
	// these. Points replace what is stored of the stretch that they cover.
	Charts []Chart
	Series []Series
	Points []Points

	Dashboards  []Dashboard
	Definitions []MonitorDefinition
	Runbooks    []Runbook

	// Incidents are declared incidents as the source knows them now, and Toil is
	// work that was logged there.
	Incidents []Incident
	Toil      []ToilEntry

	Raw     []RawItem // the source's own payloads, scrubbed of addresses
	Rejects []Reject  // items that could not be read; kept, counted and tried again after an upgrade
	Retried []string  // IDs of stored rejects that this batch has made good

	// Listed names the kinds of reference data ("responders", "teams",
	// "services", "policies", "charts", "dashboards", "definitions", "runbooks")
	// of which this batch has the source's complete list: what the store has
	// beyond it is marked deleted.
	Listed []string

	Suspect []SuspectWindow // windows that could not be read whole
	Cleared []Window        // suspect windows that have been read whole since

	Cursor string // "" leaves the cursor as it is

	// Through is the time up to which everything of the source is stored once
	// this batch is, but for suspect windows; zero if the batch does not say.
	Through time.Time
}

// A RawItem is one payload as the source sent it. Type and ID name it within
// the source. An item with a later At replaces an earlier one.
type RawItem struct {
	Type string // "log_entry", "incident", …
	ID   string
	At   time.Time
	Body []byte
}

// A Reject is an item that could not be read.
type Reject struct {
	ID     string // the item's type and name, or where it stood in its file
	Type   string
	Reason string
	Body   []byte
	At     time.Time // when it was met
}

// A SuspectWindow is a stretch of time that a source did not deliver whole.
// It is a health item and does not stop a sync; it is tried again.
type SuspectWindow struct {
	Window
	Reason string
	At     time.Time // when it was found
}

// Saved counts what a batch changed. Things that were there already do not
// count.
type Saved struct {
	Pages      int // pages seen for the first time
	Updated    int // pages that changed
	Events     int
	Responders int
	Services   int
	Teams      int
	Shifts     int
	Labels     int
	Segments   int // new or changed
	Incidents  int // new or changed
	Toil       int // new or changed
	Series     int
	Points     int // values of series, new or changed
	Dashboards int // new or changed, and definitions of monitors and runbooks too
	Rejects    int
}

// Add adds t to s.
func (s *Saved) Add(t Saved) {
	s.Pages += t.Pages
	s.Updated += t.Updated
	s.Events += t.Events
	s.Responders += t.Responders
	s.Services += t.Services
	s.Teams += t.Teams
	s.Shifts += t.Shifts
	s.Labels += t.Labels
	s.Segments += t.Segments
	s.Incidents += t.Incidents
	s.Toil += t.Toil
	s.Series += t.Series
	s.Points += t.Points
	s.Dashboards += t.Dashboards
	s.Rejects += t.Rejects
}

// A SourceHealth is what is known of a source and of how its syncs went.
type SourceHealth struct {
	Name       string
	Type       string // "pagerduty", "jsonl", …
	Cursor     string
	SyncedTo   time.Time // everything before is here, but for suspect windows; zero if never synced
	StartedAt  time.Time // of the last sync
	EndedAt    time.Time // zero while running or where it was cut off
	LastError  string    // of the last sync; "" if it went well
	Scope      string    // what the token could see
	Pages      int
	Events     int
	Segments   int
	Series     int
	Rejects    int
	LastReject string // the newest reject's ID and reason
	Suspect    []SuspectWindow
}
