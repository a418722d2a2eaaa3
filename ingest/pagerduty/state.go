package pagerduty

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"opsreview"
)

// stateVersion is the version of the cursor's form.
const stateVersion = 1

// errBroken says that a cursor is not one of this program's.
var errBroken = errors.New("the cursor cannot be read")

// A state is what a pull knows of the pulls before it. It is stored as the
// source's cursor. Times are the server's.
type state struct {
	V      int       `json:"v"`
	Cursor time.Time `json:"cursor"` // log entries have been read up to here
	Since  time.Time `json:"since"`  // where history begins
	Back   time.Time `json:"back"`   // history has been read from the cursor down to here

	DeepCur time.Time `json:"deep_cur,omitzero"` // the daily second reading has come to here
	DeepEnd time.Time `json:"deep_end,omitzero"` // and stops here; zero while none runs
	DeepAt  time.Time `json:"deep_at,omitzero"`  // when the last one was finished

	OpenAt      time.Time `json:"open_at,omitzero"`      // when open incidents were last compared
	ReferenceAt time.Time `json:"reference_at,omitzero"` // when reference data was last read
	AnalyticsAt time.Time `json:"analytics_at,omitzero"` // when analytics were last asked
	CountAt     time.Time `json:"count_at,omitzero"`     // when daily counts were last compared
	CountDay    time.Time `json:"count_day,omitzero"`    // the next day to compare; zero while none runs

	// Dirty are the incidents of which more is to be read.
	Dirty map[string]want `json:"dirty,omitempty"`
	// Seen are log entries of the last hours whose incidents' alerts and notes
	// have been read or are in Dirty, with their time in Unix seconds.
	Seen map[string]int64 `json:"seen,omitempty"`
	// Lost are open incidents that can no longer be seen.
	Lost []string `json:"lost,omitempty"`
}

// A want says what is to be read of an incident.
type want int

const (
	wantAlerts want = 1 << iota
	wantNotes
	wantTimeline // all its log entries, and itself
)

// Bounds of the cursor's size. What does not fit is read again, or found by
// the daily second reading.
const (
	mostDirty = 4000
	mostSeen  = 2000
	mostLost  = 1000
	seenFor   = 2 * time.Hour
)

// readState reads a cursor. It returns an Invalid error for one that a newer
// program wrote, and errBroken with a fresh state for one that makes no sense.
func readState(cursor string) (state, error) {
	if cursor == "" {
		return state{V: stateVersion}, nil
	}
	var st state
	if err := json.Unmarshal([]byte(cursor), &st); err != nil {
		return state{V: stateVersion}, errBroken
	}
	if st.V > stateVersion {
		return st, opsreview.Errorf(opsreview.Invalid, "the source was last synced by a newer version of this program: use that one")
	}
	if st.V < 1 || st.Cursor.IsZero() || st.Since.After(st.Back) || st.Back.After(st.Cursor) || st.Cursor.Year() > 2200 || st.Since.Year() < 1990 {
		return state{V: stateVersion}, errBroken
	}
	return st, nil
}

func (s *state) encode() string {
	b, err := json.Marshal(s)
	if err != nil { // times beyond year 9999 only, which readState refuses
		return ""
	}
	return string(b)
}

// mark notes that more is to be read of an incident.
func (s *state) mark(incident string, w want) {
	if _, ok := s.Dirty[incident]; !ok && len(s.Dirty) >= mostDirty {
		return
	}
	if s.Dirty == nil {
		s.Dirty = map[string]want{}
	}
	s.Dirty[incident] |= w
}

// markOnce marks the incident of a log entry unless the entry did so before.
func (s *state) markOnce(incident, entry string, at time.Time, w want) {
	if _, ok := s.Seen[entry]; ok {
		return
	}
	s.mark(incident, w)
	if s.Seen == nil {
		s.Seen = map[string]int64{}
	}
	s.Seen[entry] = at.Unix()
}

// forget drops what is too old to be met again by the overlap of two pulls,
// and the oldest beyond the bound.
func (s *state) forget(end time.Time) {
	for id, at := range s.Seen {
		if at < end.Add(-seenFor).Unix() {
			delete(s.Seen, id)
		}
	}
	if len(s.Seen) <= mostSeen {
		return
	}
	ids := sortedKeys(s.Seen)
	slices.SortStableFunc(ids, func(a, b string) int { return int(s.Seen[b] - s.Seen[a]) })
	for _, id := range ids[mostSeen:] {
		delete(s.Seen, id)
	}
}
