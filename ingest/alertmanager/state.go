package alertmanager

import (
	"encoding/json"
	"time"

	"opsreview"
)

// stateVersion is the version of the cursor's form.
const stateVersion = 1

// A state is what a pull knows of the pulls before it. It is stored as the
// source's cursor.
type state struct {
	V int `json:"v"`

	// To is the time up to which samples have been read, and Since about where
	// the first pull ended: what began later is known from webhooks.
	To    time.Time `json:"to,omitzero"`
	Since time.Time `json:"since,omitzero"`

	// Firing are the alerts that fired where the next pull begins to read, by
	// fingerprint.
	Firing map[string]carried `json:"firing,omitempty"`
}

// carried is an alert that fired where a pull begins to read. Times are Unix
// milliseconds.
type carried struct {
	Start int64 `json:"s,omitempty"` // 0 if it is not known
	Last  int64 `json:"l"`           // the last sample that is not read again
}

// readState reads a cursor. One that makes no sense is as good as none: reading
// again changes nothing. It returns an Invalid error for one that a newer
// program wrote.
func readState(cursor string) (state, error) {
	var st state
	if json.Unmarshal([]byte(cursor), &st) != nil || st.V < 1 || !plausible(st.To) {
		return state{V: stateVersion}, nil
	}
	if st.V > stateVersion {
		return st, opsreview.Errorf(opsreview.Invalid, "the source was last synced by a newer version of this program: use that one")
	}
	return st, nil
}

func (s state) encode() string {
	b, err := json.Marshal(s)
	if err != nil { // times beyond year 9999 only, which readState refuses
		return ""
	}
	return string(b)
}
