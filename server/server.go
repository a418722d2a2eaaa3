// Package server serves the API of proto/opsreview/v1 over gRPC.
//
// A handler reads, asks, computes and writes: it takes facts from the store,
// hands them to a pure room and converts what comes back. Decisions live
// elsewhere. Conversions only move fields, and errors become statuses in one
// interceptor.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"opsreview"
	"opsreview/auth"
	"opsreview/hygiene"
	"opsreview/incident"
	"opsreview/ingest"
	"opsreview/lookback"
	"opsreview/policy"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
	"opsreview/ticket"
)

// MaxMessage is the size in bytes of the largest message that the server takes
// or sends.
const MaxMessage = 16 << 20

// Options are what a server is made of.
type Options struct {
	DB         *store.DB
	Org        opsreview.Org
	Rules      *policy.Rules // of suggestions; nil makes none
	Objectives []opsreview.SLO
	Sources    []ScheduledSource
	Reports    []Destination
	Importers  map[string]ingest.Importer // by format: "pagerduty", "jsonl", "csv"
	Log        *slog.Logger
	Now        func() time.Time
	Version    string // of the program; rejects of another version are tried again

	// Boards, Definitions and Runbooks are those of the configuration's files;
	// others come from sources. Charts are those of the configuration's queries:
	// of what no source has pulled, people are told that.
	Boards      []opsreview.Dashboard
	Charts      []opsreview.Chart
	Definitions []opsreview.MonitorDefinition
	Runbooks    []opsreview.Runbook
	LintRules   []hygiene.Rule // that they are held against; none finds nothing
	LookBack    lookback.Settings

	Incidents incident.Settings // which incidents must leave what behind

	Privacy Privacy // who sees people's load

	Toil ToilSettings // how toil is reckoned

	// Tracker is where findings are filed, nil for none, and TicketSettings
	// say how eagerly.
	Tracker        ticket.Tracker
	TicketSettings ticket.Settings

	// RequestTimeout bounds unary requests; 0 means a minute.
	RequestTimeout time.Duration

	// RawRetention is how long raw payloads are kept; 0 keeps them for ever.
	RawRetention time.Duration

	// Auth knows callers by their tokens; nil asks nobody, so that everybody who
	// reaches the server may do everything, in the name of LocalUser.
	Auth      auth.Verifier
	LocalUser string

	TLS    *tls.Config // nil serves without encryption
	Limits Limits

	// SlowRequest is how long a request may take before the log tells of it; 0
	// means a second.
	SlowRequest time.Duration

	// HintDelay is how long a vendor's hint waits for others before its source
	// is pulled; 0 means five seconds.
	HintDelay time.Duration

	// Tracing takes spans of requests and syncs; nil takes none, at no cost.
	Tracing trace.TracerProvider
}

// A ScheduledSource is a source and how often serve pulls it.
type ScheduledSource struct {
	Source ingest.Source
	Every  time.Duration // 0 means only when asked
	Hints  ingest.Hinter // reads webhooks that say what to pull; nil takes none

	Receives ingest.Receiver // reads webhooks that are facts themselves; nil takes none
}

// A Server answers the API's calls.
type Server struct {
	opts   Options
	grpc   *grpc.Server
	health *health.Server
	http   *http.Server
	syncs  *syncer

	courier *courier

	metrics     *metrics
	headlines   *headliner
	receivers   map[string]*receiver // by source; sources that take no webhooks have none
	reading     chan struct{}        // holds one for each webhook that is being read
	bodyTimeout time.Duration        // of webhooks
	stopping    atomic.Bool
	guarded     atomic.Bool // others than this machine reach the HTTP side
}

// New returns a server of the database. It does not listen until Serve.
func New(o Options) *Server {
	if o.RequestTimeout == 0 {
		o.RequestTimeout = time.Minute
	}
	if o.SlowRequest == 0 {
		o.SlowRequest = time.Second
	}
	s := &Server{
		opts: o, health: health.NewServer(), metrics: newMetrics(o.Version),
		bodyTimeout: bodyTimeout, reading: make(chan struct{}, atOnce),
	}
	s.syncs = newSyncer(o, s.metrics)
	facts := &facts{
		db: o.DB, org: o.Org, rules: o.Rules, slos: o.Objectives, now: o.Now, tracker: o.Tracker,
		known: known{boards: o.Boards, charts: o.Charts, definitions: o.Definitions, runbooks: o.Runbooks, rules: o.LintRules}, look: o.LookBack, toil: o.Toil, incidents: o.Incidents, privacy: o.Privacy, guarded: o.Auth != nil,
	}
	s.courier = &courier{opts: o, facts: facts}
	s.addHTTP(facts)
	guard := newGuard(o, facts)
	s.grpc = grpc.NewServer(append(transport(o),
		traceRequests(o.Tracing),
		grpc.ChainUnaryInterceptor(s.observeUnary, unaryDeadline(o), unaryErrors(o.Log), guard.unary), // in this order: errors are read with the deadline
		grpc.ChainStreamInterceptor(s.observeStream, streamErrors(o.Log), guard.stream, endWatches),
	)...)
	pb.RegisterPageServiceServer(s.grpc, &pageService{facts: facts})
	pb.RegisterLoadServiceServer(s.grpc, &loadService{facts: facts})
	pb.RegisterReviewServiceServer(s.grpc, &reviewService{facts: facts, courier: s.courier})
	pb.RegisterBudgetServiceServer(s.grpc, &budgetService{facts: facts})
	pb.RegisterAnomalyServiceServer(s.grpc, &anomalyService{facts: facts})
	pb.RegisterDashboardServiceServer(s.grpc, &dashboardService{facts: facts})
	pb.RegisterFindingServiceServer(s.grpc, &findingService{facts: facts})
	pb.RegisterTicketServiceServer(s.grpc, &ticketService{facts: facts, settings: o.TicketSettings})
	pb.RegisterIncidentServiceServer(s.grpc, &incidentService{facts: facts})
	pb.RegisterToilServiceServer(s.grpc, &toilService{facts: facts})
	pb.RegisterMeetingServiceServer(s.grpc, &meetingService{facts: facts, courier: s.courier})
	pb.RegisterMonitorServiceServer(s.grpc, &monitorService{facts: facts})
	pb.RegisterPolicyServiceServer(s.grpc, &policyService{facts: facts})
	pb.RegisterTeamServiceServer(s.grpc, &teamService{facts: facts})
	pb.RegisterSourceServiceServer(s.grpc, &sourceService{db: o.DB, syncs: s.syncs})
	pb.RegisterIngestServiceServer(s.grpc, &ingestService{db: o.DB, importers: o.Importers, words: o.Org.Vocabulary, now: o.Now})
	pb.RegisterAuditServiceServer(s.grpc, &auditService{facts: facts})
	pb.RegisterDatabaseServiceServer(s.grpc, &databaseService{db: o.DB})
	healthpb.RegisterHealthServer(s.grpc, s.health)
	reflection.Register(s.grpc)
	return s
}

// Serve answers calls on lis until Stop, and returns nil then.
func (s *Server) Serve(lis net.Listener) error {
	if err := s.grpc.Serve(lis); !errors.Is(err, grpc.ErrServerStopped) { // it was stopped before it began
		return err
	}
	return nil
}

// Stop ends the server: calls under way are answered, new ones are refused,
// and what has not ended when ctx does is cut off.
func (s *Server) Stop(ctx context.Context) {
	s.stopping.Store(true)
	s.health.Shutdown()
	defer s.stopHTTP(ctx) // last, so that probes are told that it stops
	done := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.grpc.Stop()
		<-done
	}
}

// RunSchedule pulls each source as often as it is configured to be and when its
// vendor hints at a change, prunes raw payloads, sends reports when they are due
// and computes the numbers that metrics tell of reviews, until ctx ends. It
// returns when the last sync has stopped and the last report is sent.
func (s *Server) RunSchedule(ctx context.Context) {
	var wg sync.WaitGroup
	for _, run := range []func(context.Context){s.syncs.run, s.runHints, s.courier.run, s.headlines.run} {
		wg.Go(func() { run(ctx) })
	}
	wg.Wait()
}
