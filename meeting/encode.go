package meeting

import (
	"encoding/json"
	"fmt"

	"opsreview"
)

// Encode writes a snapshot as it is kept. The same snapshot is the same bytes.
func Encode(s Snapshot) ([]byte, error) {
	s.Version = SnapshotVersion
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write snapshot: %w", err)
	}
	return b, nil
}

// Decode reads a snapshot of any version. It returns an Invalid error for what
// is none, and a Conflict error for one of a newer program, whatever its form.
func Decode(b []byte) (Snapshot, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return Snapshot{}, unreadable(err)
	}
	switch {
	case head.Version < 1:
		return Snapshot{}, unreadable(fmt.Errorf("version %d", head.Version))
	case head.Version > SnapshotVersion:
		return Snapshot{}, opsreview.Errorf(opsreview.Conflict, "the review was kept by a newer version of opsreview: upgrade the program")
	}
	var s Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		return Snapshot{}, unreadable(err)
	}
	return s, nil
}

func unreadable(err error) error {
	return opsreview.Wrapf(err, opsreview.Invalid, "what was kept of a review cannot be read")
}
