package ticket

import (
	"errors"
	"fmt"
	"time"
)

// ErrNoTransition says that a closed ticket cannot be opened again.
var ErrNoTransition = errors.New("the tracker offers no way to open it again")

// Rejected says that a tracker refused: nothing happened, and asking the same
// again is in vain, but for one refused for its access.
type Rejected struct {
	Reason string // the tracker's words, of one line; it may be hostile
	Access bool   // who asks was refused, not what they asked: it works once the token or its permissions are mended
}

// Error says why.
func (e *Rejected) Error() string { return "the tracker refused: " + e.Reason }

// Throttled says that a tracker asks to wait: nothing happened.
type Throttled struct {
	After time.Duration // at least a second
}

// Error says for how long.
func (e *Throttled) Error() string { return fmt.Sprintf("the tracker asks to wait %s", e.After) }
