package prometheus

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"opsreview"
)

// stateVersion is the version of the cursor's form.
const stateVersion = 1

// A state is what a pull knows of the pulls before it. It is stored as the
// source's cursor.
type state struct {
	V    int              `json:"v"`
	SLOs map[string]reach `json:"slos"`

	Charts   map[string]chartState `json:"charts,omitempty"` // by key
	Listed   string                `json:"listed,omitempty"` // a hash of the list of charts that was saved; "" for none
	Looked   time.Time             `json:"looked,omitzero"`  // when all charts had been read
	LookHash string                `json:"look_hash,omitempty"`
	Rules    string                `json:"rules,omitempty"` // a hash of the alerting rules that were saved; "" for none
}

// A reach is how far an SLO has been read.
type reach struct {
	To   time.Time `json:"to"`
	Hash string    `json:"hash"` // of what is asked: another one is read from the beginning

	// Redo: the query has changed, and what the old one counted is being replaced
	// up to Until.
	Redo  bool      `json:"redo,omitempty"`
	Seen  bool      `json:"seen,omitempty"` // the new query had data already
	Until time.Time `json:"until,omitzero"`
}

// readState reads a cursor. One that makes no sense is as good as none: reading
// again changes nothing. It returns an Invalid error for one that a newer
// program wrote.
func readState(cursor string) (state, error) {
	fresh := state{V: stateVersion, SLOs: map[string]reach{}}
	var st state
	if json.Unmarshal([]byte(cursor), &st) != nil || st.V < 1 {
		return fresh, nil
	}
	if st.V > stateVersion {
		return st, opsreview.Errorf(opsreview.Invalid, "the source was last synced by a newer version of this program: use that one")
	}
	for name, r := range st.SLOs {
		if y := r.To.Year(); y < 1990 || y > 2200 {
			delete(st.SLOs, name)
		}
	}
	if st.SLOs == nil {
		st.SLOs = fresh.SLOs
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

// hashOf names everything that an SLO's counts depend on.
func hashOf(o opsreview.SLO, s spans) string {
	in := o.Indicator
	texts := func(q *opsreview.Query) string {
		if q == nil {
			return ""
		}
		return q.Text
	}
	b, err := json.Marshal([]any{
		texts(in.Good), texts(in.Bad), texts(in.Total), texts(in.Raw), in.RawFailure, texts(in.Threshold), in.Op, in.Value, in.Counter, s.gap, s.bridge,
	})
	if err != nil { // a bound that is no number: each value has its text
		b = []byte(err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
