package server_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/file"
	"opsreview/ingest/pagerduty"
	"opsreview/policy"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/store"
	"opsreview/store/storetest"
)

// week is the window under review, 2026-W46, and now is the Monday after it.
var (
	week = opsreview.Window{Start: monday(0, "00:00:00"), End: monday(7, "00:00:00")}
	now  = monday(7, "12:00:00")
)

// monday returns a time on Monday 9 November 2026, or days after it.
func monday(days int, clock string) time.Time {
	t, err := time.Parse("15:04:05", clock)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 11, 9+days, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// inWeek selects the week under review.
func inWeek() *pb.WindowSelector { return &pb.WindowSelector{Week: "2026-W46"} }

// An api is a server over a database of its own, and its clients.
type api struct {
	server *server.Server
	db     *store.DB
	path   string
	log    *logBuffer
	conn   *grpc.ClientConn
	dial   func(...grpc.DialOption) *grpc.ClientConn

	pages     pb.PageServiceClient
	loads     pb.LoadServiceClient
	reviews   pb.ReviewServiceClient
	budgets   pb.BudgetServiceClient
	findings  pb.FindingServiceClient
	tickets   pb.TicketServiceClient
	monitors  pb.MonitorServiceClient
	teams     pb.TeamServiceClient
	sources   pb.SourceServiceClient
	ingests   pb.IngestServiceClient
	databases pb.DatabaseServiceClient
	health    healthpb.HealthClient
}

// openServer serves an empty database until the test ends.
func openServer(tb testing.TB, change ...func(*server.Options)) *api {
	tb.Helper()
	a := &api{path: storetest.Fresh(tb, filepath.Join(tb.TempDir(), "test.db")), log: &logBuffer{}}
	db, err := store.Open(tb.Context(), a.path, store.Options{Monitors: opsreview.DefaultMonitorRules(), Version: "v1"})
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	a.db = db
	tb.Cleanup(func() { _ = db.Close() })
	opts := server.Options{
		DB: db, Org: org(), Log: slog.New(slog.NewTextHandler(a.log, nil)), Now: func() time.Time { return now }, Version: "v1",
		Importers: map[string]ingest.Importer{"jsonl": file.JSONL(), "csv": file.CSV(), "pagerduty": pagerduty.Importer()},
	}
	for _, c := range change {
		c(&opts)
	}
	a.server = server.New(opts)
	lis := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- a.server.Serve(lis) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 10*time.Second)
		defer cancel()
		a.server.Stop(ctx)
		if err := <-served; err != nil {
			tb.Errorf("serve: %v", err)
		}
	})
	a.dial = func(more ...grpc.DialOption) *grpc.ClientConn {
		conn, err := grpc.NewClient("passthrough:///test", append([]grpc.DialOption{
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(2*server.MaxMessage), grpc.MaxCallSendMsgSize(2*server.MaxMessage)),
		}, more...)...)
		if err != nil {
			tb.Fatalf("dial: %v", err)
		}
		tb.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	a.connect()
	return a
}

func (a *api) connect() {
	a.conn = a.dial()
	a.pages, a.loads = pb.NewPageServiceClient(a.conn), pb.NewLoadServiceClient(a.conn)
	a.reviews, a.monitors = pb.NewReviewServiceClient(a.conn), pb.NewMonitorServiceClient(a.conn)
	a.teams, a.sources = pb.NewTeamServiceClient(a.conn), pb.NewSourceServiceClient(a.conn)
	a.budgets = pb.NewBudgetServiceClient(a.conn)
	a.findings, a.tickets = pb.NewFindingServiceClient(a.conn), pb.NewTicketServiceClient(a.conn)
	a.ingests, a.databases = pb.NewIngestServiceClient(a.conn), pb.NewDatabaseServiceClient(a.conn)
	a.health = healthpb.NewHealthClient(a.conn)
}

// org is the configuration of the tests: team secrets owns vault and consul,
// team payments the ledger.
func org() opsreview.Org {
	d := policy.Default()
	return opsreview.Org{
		Teams: []opsreview.OrgTeam{
			{Name: "secrets", TimeZone: "UTC", Services: []string{"Vault", "pd/consul"}},
			{Name: "payments", TimeZone: "Europe/Berlin", Services: []string{"Ledger"}, Members: []string{"Dee"}},
		},
		Vocabulary: d.Vocabulary, Policy: d.Policy, Monitors: opsreview.DefaultMonitorRules(),
	}
}

// logBuffer is where a server logs to.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String returns what was logged so far.
func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func ref(id string) opsreview.Ref { return opsreview.Ref{Source: "pd", ID: id} }

// page makes a page of a service that was triggered at a time and has more
// events: see notify, ack and resolve.
func page(id, service string, at time.Time, events ...opsreview.Event) opsreview.Page {
	p := opsreview.Page{Ref: ref(id), Title: "disk full on " + service, Service: ref(service), Urgency: opsreview.HighUrgency, UpdatedAt: at}
	p.Events = append(p.Events, opsreview.Event{At: at, Kind: opsreview.Triggered, By: opsreview.Agent{Kind: opsreview.Integration}})
	p.Events = append(p.Events, events...)
	for i := range p.Events {
		p.Events[i].ID = id + "-" + string(rune('a'+i))
	}
	return p
}

func notify(at time.Time, who ...string) opsreview.Event {
	return opsreview.Event{At: at, Kind: opsreview.Notified, Responders: who, Channel: opsreview.SMS}
}

func ack(at time.Time, who string) opsreview.Event {
	return opsreview.Event{At: at, Kind: opsreview.Acknowledged, By: opsreview.Agent{Kind: opsreview.Person, ID: who}}
}

func resolve(at time.Time) opsreview.Event {
	return opsreview.Event{At: at, Kind: opsreview.Resolved, By: opsreview.Agent{Kind: opsreview.Timer}}
}

// people are the responders of the tests. Ada is known to two sources.
func people() opsreview.Batch {
	r := func(id, name, zone string) opsreview.Responder {
		return opsreview.Responder{Ref: ref(id), Name: name, Email: id + "@example.com", TimeZone: zone}
	}
	s := func(id, name string) opsreview.Service {
		return opsreview.Service{Ref: ref(id), Name: name, Policy: "PP-" + id}
	}
	return opsreview.Batch{
		Responders: []opsreview.Responder{
			r("ada", "Ada", "Europe/Berlin"), r("bob", "Bob", "UTC"), r("cem", "Cem", "America/Chicago"), r("dee", "Dee", "UTC"),
		},
		Services: []opsreview.Service{s("vault", "Vault"), s("consul", "Consul"), s("ledger", "Ledger"), s("mail", "Mail")},
	}
}

// seed saves people, services and pages.
func seed(tb testing.TB, a *api, pages ...opsreview.Page) {
	tb.Helper()
	b := people()
	b.Pages = pages
	save(tb, a, "pd", b)
}

func save(tb testing.TB, a *api, source string, b opsreview.Batch) {
	tb.Helper()
	if _, err := a.db.SaveBatch(tb.Context(), source, b); err != nil {
		tb.Fatalf("save: %v", err)
	}
}

// wantCode fails the test unless err has the status code, and returns the
// status.
func wantCode(tb testing.TB, want codes.Code, err error) *status.Status {
	tb.Helper()
	s := status.Convert(err)
	if s.Code() != want {
		tb.Fatalf("code %s (%s), want %s", s.Code(), s.Message(), want)
	}
	return s
}

// must returns the answer of a call that has to go well.
func must[T any](answer T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return answer
	}
}

// drain receives everything that a stream sends.
func drain[T any](stream interface{ Recv() (*T, error) }) ([]*T, error) {
	var all []*T
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, msg)
	}
}

// names returns the names of pages in their order.
func names(pages []*pb.Page) []string {
	out := []string{}
	for _, p := range pages {
		out = append(out, p.GetName())
	}
	return out
}

func codeOf(err error) codes.Code { return status.Code(err) }
