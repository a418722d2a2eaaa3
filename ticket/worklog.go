package ticket

import (
	"context"
	"time"
)

// A WorkLogger is a tracker in which people log what they worked on tickets.
type WorkLogger interface {
	// WorkLogs lists the work of a stretch of time on tagged tickets and on those
	// whose keys are given, in order of the tickets' age. Every ticket that was
	// asked is in it, with all its work since; one that is deleted or out of our
	// sight is left out.
	WorkLogs(ctx context.Context, since time.Time, keys []string) ([]Logged, error)
}

// Logged is a ticket and what people worked on it.
type Logged struct {
	Ref
	Title  string
	Labels []string
	Work   []Work
}

// Work is one stretch of work that somebody logged.
type Work struct {
	ID       string   // at the tracker, which never changes
	Names    []string // of who did it, the surest first: an address, a display name, an account
	At       time.Time
	Spent    time.Duration
	Note     string
	LoggedAt time.Time
}
