package server

import (
	"context"
	"sync"
	"time"

	"opsreview"
)

// defaultHintDelay is how long a hint waits for others before the source is
// pulled.
const defaultHintDelay = 5 * time.Second

// mostDelay bounds how long after a hint the source is pulled, whatever the
// vendor's reader says.
const mostDelay = 10 * time.Minute

// hints turns what vendors tell of one source into few pulls: at any time at
// most one runs because of hints and at most one waits. A hint is served by a
// pull that begins when what it tells of can be read; those that come meanwhile
// are served by it too, if they are old enough then, and by one more if not.
type hints struct {
	delay time.Duration
	wake  chan struct{} // holds one

	mu   sync.Mutex
	last time.Time     // when the latest hint came that no pull has served
	wait time.Duration // how long it has to wait
	due  time.Time     // when the pull that waits begins; zero if none waits
}

func newHints(delay time.Duration) *hints {
	if delay <= 0 {
		delay = defaultHintDelay
	}
	return &hints{delay: delay, wake: make(chan struct{}, 1)}
}

// add takes a hint that settles after a while. It never waits.
func (h *hints) add(now time.Time, settles time.Duration) {
	h.mu.Lock()
	h.last = now
	h.wait = min(max(settles, 0)+h.delay, mostDelay)
	if h.due.IsZero() {
		h.due = now.Add(h.wait)
	}
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default: // somebody is about to look
	}
}

// next returns when the pull that waits begins, zero if none waits.
func (h *hints) next() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.due
}

// served notes that a pull began at start. Hints that were too young then wait
// for one more.
func (h *hints) served(start time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.due = time.Time{}
	if due := h.last.Add(h.wait); due.After(start) {
		h.due = due
	}
}

// postpone lets the pull that waits wait once more, since somebody else is
// pulling the source.
func (h *hints) postpone(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.due = now.Add(h.delay)
}

// run pulls when hints say so, until ctx ends.
func (h *hints) run(ctx context.Context, pull func(context.Context) error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		due := h.next()
		if due.IsZero() {
			select {
			case <-ctx.Done():
				return
			case <-h.wake:
				continue
			}
		}
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		start := time.Now()
		if err := pull(ctx); opsreview.ErrorCode(err) == opsreview.Conflict {
			h.postpone(time.Now())
			continue
		}
		h.served(start)
	}
}
