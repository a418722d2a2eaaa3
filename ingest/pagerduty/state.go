package pagerduty

import (
	"encoding/json"
	"errors"
	"maps"
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
	NotesAt     time.Time `json:"notes_at,omitzero"`     // when notes of resolved incidents were last looked at again
	CountAt     time.Time `json:"count_at,omitzero"`     // when daily counts were last compared
	CountDay    time.Time `json:"count_day,omitzero"`    // the next day to compare; zero while none runs

	// Dirty are the incidents of which more is to be read.
	Dirty map[string]want `json:"dirty,omitempty"`
	// Seen are log entries of the last hours whose incidents' alerts and notes
	// have been read or are in Dirty, with their time in Unix seconds.
	Seen map[string]int64 `json:"seen,omitempty"`
	// Lost are pages that are stored as open and can no longer be seen.
	Lost map[string]absence `json:"lost_open,omitempty"`
}

// An absence says since when a page cannot be seen, and how often it was asked
// for.
type absence struct {
	Since time.Time `json:"since"`
	Asked int       `json:"asked"`
}

// A page that cannot be seen is asked for again weekly, because access is
// sometimes lost by mistake, and given up after so many times.
const (
	askAgain  = 7 * 24 * time.Hour
	mostAsked = 4
)

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
	if w == 0 {
		return
	}
	if _, ok := s.Dirty[incident]; !ok && len(s.Dirty) >= mostDirty {
		return
	}
	if s.Dirty == nil {
		s.Dirty = map[string]want{}
	}
	s.Dirty[incident] |= w
}

// waiting lists the incidents of which more is to be read. Each pull begins
// elsewhere, so that some that always fail do not keep the others waiting.
func (s *state) waiting(now time.Time) []string {
	ids := sortedKeys(s.Dirty)
	if len(ids) == 0 {
		return nil
	}
	first := int(now.Unix()/60) % len(ids)
	return slices.Concat(ids[first:], ids[:first])
}

// mayAsk reports whether a page that is stored as open and not listed as such
// may be asked for.
func (s *state) mayAsk(id string, now time.Time) bool {
	a, lost := s.Lost[id]
	if !lost {
		return len(s.Lost) < mostLost
	}
	return a.Asked < mostAsked && !now.Before(a.Since.Add(time.Duration(a.Asked)*askAgain))
}

// lose notes that a page was asked for and cannot be seen.
func (s *state) lose(id string, now time.Time) {
	if s.Lost == nil {
		s.Lost = map[string]absence{}
	}
	a, lost := s.Lost[id]
	if !lost {
		a.Since = now
	}
	a.Asked++
	s.Lost[id] = a
}

// findAgain forgets the lost pages that are not among the missing any more.
func (s *state) findAgain(missing []string) {
	still := set(missing)
	maps.DeleteFunc(s.Lost, func(id string, _ absence) bool { return !still[id] })
}

func set(ids []string) map[string]bool {
	m := make(map[string]bool, len(ids))
	for _, id := range ids {
		m[id] = true
	}
	return m
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
