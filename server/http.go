package server

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"opsreview"
)

const (
	// readyTimeout bounds how long the database may take to answer that it is
	// there.
	readyTimeout = 2 * time.Second
	// maxHeader is the size in bytes of the largest HTTP header.
	maxHeader = 16 << 10
)

// addHTTP makes the HTTP side: webhooks, metrics and the state of health.
func (s *Server) addHTTP(f *facts) {
	s.receivers = map[string]*receiver{}
	for _, src := range s.opts.Sources {
		if src.Hints != nil || src.Receives != nil {
			s.receivers[src.Source.Name()] = newReceiver(src, s.opts.HintDelay)
		}
	}
	s.headlines = newHeadliner(f)
	s.metrics.registry.MustRegister(stateCollector{s}, s.headlines)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhooks/{vendor}/{source}", s.webhook)
	mux.Handle("GET /metrics", s.forReaders(promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4, EnableOpenMetrics: true,
	})))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeHealth(w, http.StatusOK, healthJSON{Status: "ok", Version: s.opts.Version})
	})
	mux.HandleFunc("GET /readyz", s.ready)
	s.http = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug), // what strangers do wrong is no news
	}
}

// ServeHTTP answers webhooks, scrapes and probes on lis until Stop, and returns
// nil then. On any but a loopback address it speaks TLS and tells metrics to
// readers of everything only; without TLS and a login it returns an Invalid
// error instead.
func (s *Server) ServeHTTP(lis net.Listener) error {
	lis, err := s.secured(lis)
	if err != nil {
		return err
	}
	s.headlines.want(s.opts.Now()) // so that the first scrape has something to tell
	if err := s.http.Serve(lis); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// stopHTTP ends the HTTP side: what is being answered is answered, and what has
// not ended when ctx does is cut off.
func (s *Server) stopHTTP(ctx context.Context) {
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close() // its listeners are closed already
	}
}

// A healthJSON is the answer of /healthz and /readyz.
type healthJSON struct {
	Status  string            `json:"status"` // "ok" or "unavailable"
	Version string            `json:"version,omitempty"`
	Checks  map[string]string `json:"checks,omitempty"` // "ok", or what is wrong
}

func writeHealth(w http.ResponseWriter, status int, h healthJSON) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(h) // who asked has gone away
}

// ready tells whether the server can answer: it is not stopping, the database
// answers, and its schema is this program's.
func (s *Server) ready(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), readyTimeout)
	defer cancel()
	checks := map[string]string{"serving": "ok", "database": "ok", "schema": "ok"}
	if s.stopping.Load() {
		checks["serving"] = "the server is stopping"
	}
	if _, err := s.opts.DB.Status(ctx); opsreview.ErrorCode(err) == opsreview.Conflict {
		checks["schema"] = opsreview.ErrorMessage(err)
	} else if err != nil {
		checks["database"] = "the database does not answer"
		s.opts.Log.ErrorContext(ctx, "not ready", "err", err)
	}
	status, h := http.StatusOK, healthJSON{Status: "ok", Version: s.opts.Version, Checks: checks}
	for _, c := range checks {
		if c != "ok" {
			status, h.Status = http.StatusServiceUnavailable, "unavailable"
		}
	}
	writeHealth(w, status, h)
}
