package ingest

import (
	"net/http"
	"time"
)

// A Hinter reads the calls with which a vendor tells that something changed.
// They may come twice, late, in any order or not at all: what they say is never
// saved, it only makes the next pull come sooner.
type Hinter interface {
	// Hint reads one call. It returns an Unauthenticated error if the call does
	// not come from the vendor, an Invalid one if it can never be read, and an
	// Unavailable one if it cannot be judged at the moment.
	Hint(header http.Header, body []byte) (Hint, error)
}

// A Hint is what a vendor's call says.
type Hint struct {
	ID      string        // the call's name, which its repetitions bear too; "" if it has none
	At      time.Time     // when the change happened, by the vendor's clock; zero if it does not say
	Changed bool          // whether a pull would find something; a test call changes nothing
	Settles time.Duration // how long after the call a pull can read what changed
}
