package meeting

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

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
// is none, and a Conflict error for one of a newer program.
func Decode(b []byte) (Snapshot, error) {
	var s Snapshot
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&s); err != nil {
		return Snapshot{}, opsreview.Wrapf(err, opsreview.Invalid, "what was kept of a review cannot be read")
	}
	switch _, err := dec.Token(); {
	case err != io.EOF || s.Version < 1:
		return Snapshot{}, opsreview.Errorf(opsreview.Invalid, "what was kept of a review cannot be read")
	case s.Version > SnapshotVersion:
		return Snapshot{}, opsreview.Errorf(opsreview.Conflict, "the review was kept by a newer version of opsreview: upgrade the program")
	}
	return s, nil
}
