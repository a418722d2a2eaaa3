package server

import (
	"context"
	"net/http"
	"time"

	"opsreview"
)

const (
	// maxBatch is the size in bytes of the largest body that is facts itself: in a
	// great outage one call tells of thousands of alerts, and is not made smaller.
	maxBatch = 4 << 20
	// saveTimeout is how long what a call says may take to be saved. Other writers
	// come first meanwhile.
	saveTimeout = 10 * time.Second
)

// A delivery is one webhook that has arrived whole.
type delivery struct {
	*receiver
	header http.Header
	body   []byte
}

// take judges a call and does what follows from it.
func (s *Server) take(ctx context.Context, source string, d delivery) (result string, err error) {
	if d.receives == nil {
		return s.takeHint(d)
	}
	return s.takeBatch(ctx, source, d)
}

// takeBatch saves what a call says before its vendor is told that all is well.
// What cannot be saved now is sent again.
func (s *Server) takeBatch(ctx context.Context, source string, d delivery) (result string, err error) {
	b, err := d.receives.Receive(d.header, d.body)
	if err != nil {
		return resultOf(err), err
	}
	if len(b.Pages)+len(b.Rejects)+len(b.Suspect) == 0 {
		return webhookIgnored, nil
	}
	b.Cursor, b.Through = "", time.Time{} // the pull has its own
	ctx, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	saved, err := s.opts.DB.SaveBatch(ctx, source, b)
	if err != nil {
		return webhookDelayed, err
	}
	s.metrics.newPages.WithLabelValues(source).Add(float64(saved.Pages))
	if d.first("", s.opts.Now()); saved == (opsreview.Saved{}) {
		return webhookRepeated, nil
	}
	return webhookAccepted, nil
}

// most is the size of the largest body that is read.
func (r *receiver) most() int64 {
	if r.receives != nil {
		return maxBatch
	}
	return maxWebhook
}

// busy is the answer to a call that comes while too many are read. Some vendors
// send facts again only where the server itself is said to be at fault.
func (r *receiver) busy() int {
	if r.receives != nil {
		return http.StatusServiceUnavailable
	}
	return http.StatusTooManyRequests
}
