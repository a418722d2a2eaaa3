package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"opsreview"
	"opsreview/ingest"
)

const (
	// maxWebhook is the size in bytes of the largest body of a webhook.
	maxWebhook = 1 << 20
	// bodyTimeout is how long the body of a webhook may take to arrive: vendors
	// give up after five seconds.
	bodyTimeout = 4 * time.Second
	// atOnce is how many webhooks are read at a time, which bounds memory.
	atOnce = 32
	// remembered is how many calls of a source are known by name, so that their
	// repetitions count once.
	remembered = 4096
)

// The results of a webhook, as they are counted.
const (
	webhookAccepted  = "accepted"  // a pull will follow, or what it says is saved
	webhookRepeated  = "repeated"  // it was accepted before
	webhookIgnored   = "ignored"   // nothing has changed by it, as with a test call
	webhookForged    = "forged"    // it does not come from the vendor
	webhookMalformed = "malformed" // it can never be read
	webhookDelayed   = "delayed"   // it cannot be judged now: the vendor calls again
)

// A receiver takes the webhooks of one source.
type receiver struct {
	vendor   string
	hinter   ingest.Hinter   // nil if the calls are facts
	receives ingest.Receiver // nil if they are hints
	hints    *hints

	mu       sync.Mutex
	accepted int       // since the server began
	lastAt   time.Time // when the last one was accepted
	seen     map[string]bool
	order    []string // the names in seen, a ring
	oldest   int
}

func newReceiver(src ScheduledSource, delay time.Duration) *receiver {
	return &receiver{
		vendor: src.Source.Type(), hinter: src.Hints, receives: src.Receives, hints: newHints(delay), seen: map[string]bool{},
	}
}

// first reports whether no call of this name was accepted before, and counts
// it. Calls without a name are all first ones.
func (r *receiver) first(id string, at time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[id] {
		return false
	}
	r.accepted++
	r.lastAt = at
	switch {
	case id == "":
		return true
	case len(r.order) < remembered:
		r.order = append(r.order, id)
	default:
		delete(r.seen, r.order[r.oldest])
		r.order[r.oldest] = id
		r.oldest = (r.oldest + 1) % remembered
	}
	r.seen[id] = true
	return true
}

// state returns how many calls were accepted, and when the last one was.
func (r *receiver) state() (accepted int, last time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accepted, r.lastAt
}

// webhook takes one call. It answers at once and never waits for the vendor.
//
// PagerDuty drops what is answered with 4xx, and stops calling for a day after
// three drops in a row; what is answered with 5xx or 429 it sends again. So 4xx
// is only for what can never be right.
func (s *Server) webhook(w http.ResponseWriter, req *http.Request) {
	name := req.PathValue("source")
	r, ok := s.receivers[name]
	if !ok || r.vendor != req.PathValue("vendor") {
		http.Error(w, "no source of this name takes webhooks", http.StatusNotFound)
		return
	}
	if s.stopping.Load() {
		s.answerWebhook(w, name, webhookDelayed, http.StatusServiceUnavailable) // nobody would pull any more
		return
	}
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	default:
		w.Header().Set("Retry-After", "5")
		s.answerWebhook(w, name, webhookDelayed, r.busy())
		return
	}
	body, status := s.readBody(w, req, r.most())
	if status != 0 {
		result := webhookDelayed
		if status == http.StatusRequestEntityTooLarge {
			result = webhookMalformed
		}
		s.answerWebhook(w, name, result, status)
		return
	}
	result, err := s.take(req.Context(), name, delivery{r, req.Header, body})
	switch {
	case result == webhookDelayed:
		s.opts.Log.ErrorContext(req.Context(), "webhook was not taken", "source", name, "err", err)
	case err != nil: // Strangers must not fill the log; the metric tells how many there are.
		s.opts.Log.DebugContext(req.Context(), "webhook refused", "source", name, "err", err)
	}
	s.answerWebhook(w, name, result, webhookStatus[result])
}

// webhookStatus gives each result its HTTP status.
var webhookStatus = map[string]int{
	webhookAccepted:  http.StatusAccepted,
	webhookRepeated:  http.StatusOK,
	webhookIgnored:   http.StatusOK,
	webhookForged:    http.StatusUnauthorized,
	webhookMalformed: http.StatusBadRequest,
	webhookDelayed:   http.StatusServiceUnavailable,
}

func (s *Server) answerWebhook(w http.ResponseWriter, source, result string, status int) {
	s.metrics.webhooks.WithLabelValues(source, result).Inc()
	if status >= http.StatusBadRequest {
		http.Error(w, result, status)
		return
	}
	w.WriteHeader(status)
}

// takeHint judges a call that tells of a change.
func (s *Server) takeHint(d delivery) (result string, err error) {
	h, err := d.hinter.Hint(d.header, d.body)
	if err != nil {
		return resultOf(err), err
	}
	switch {
	case !h.Changed:
		return webhookIgnored, nil
	case !d.first(h.ID, s.opts.Now()):
		return webhookRepeated, nil
	}
	d.hints.add(time.Now(), h.Settles)
	return webhookAccepted, nil
}

// resultOf says what becomes of a call that a vendor's reader does not take.
func resultOf(err error) string {
	switch opsreview.ErrorCode(err) {
	case opsreview.Unauthenticated:
		return webhookForged
	case opsreview.Invalid:
		return webhookMalformed
	}
	return webhookDelayed
}

// readBody reads the whole body, within its time and size. The status is 0 if
// it could be read.
func (s *Server) readBody(w http.ResponseWriter, req *http.Request, most int64) (body []byte, status int) {
	// A server without deadlines is one of a test.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, most))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, http.StatusRequestEntityTooLarge
	case err != nil:
		w.Header().Set("Connection", "close") // what is left of the body stays unread
		return nil, http.StatusServiceUnavailable
	}
	return body, 0
}

// runHints pulls the sources of which vendors tell that they changed, until ctx
// ends.
func (s *Server) runHints(ctx context.Context) {
	var wg sync.WaitGroup
	for name, r := range s.receivers {
		wg.Go(func() { r.hints.run(ctx, func(ctx context.Context) error { return s.syncs.hinted(ctx, name) }) })
	}
	wg.Wait()
}
