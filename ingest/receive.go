package ingest

import (
	"net/http"

	"opsreview"
)

// A Receiver reads the calls with which a vendor sends facts that cannot be
// pulled later. What a call says is saved before the vendor is told that all is
// well, and a call that comes again changes nothing.
type Receiver interface {
	// Receive reads one call. It returns an Unauthenticated error if the call does
	// not come from the vendor, an Invalid one if it can never be read, and an
	// Unavailable one if it cannot be judged at the moment, so that the vendor
	// sends it again. An item of a call that cannot be read is one of the batch's
	// rejects and does not fail the others. The batch has no cursor.
	Receive(header http.Header, body []byte) (opsreview.Batch, error)
}
