package server_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"opsreview"
	"opsreview/auth"
	"opsreview/ingest"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/store"
)

// listen answers on loopback too, as serve does, and returns the address.
func (a *api) listen(t *testing.T, l server.Limits) string {
	t.Helper()
	var lc net.ListenConfig
	lis, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- a.server.Serve(server.LimitConnections(lis, l)) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
		defer cancel()
		a.server.Stop(ctx)
		<-served
	})
	return lis.Addr().String()
}

func dialAt(t *testing.T, addr string, creds credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(1<<30), grpc.MaxCallRecvMsgSize(1<<30)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// zeros is a request of about n bytes that compresses to almost nothing.
func zeros(n int) *pb.CheckPolicyRequest {
	return &pb.CheckPolicyRequest{Policy: &pb.PolicyDocument{Name: "big", Content: make([]byte, n)}}
}

func TestServer_RefusesMessagesThatAreTooLarge(t *testing.T) {
	a := openServer(t)
	client := pb.NewPolicyServiceClient(dialAt(t, a.listen(t, server.Limits{}), insecure.NewCredentials()))
	tests := map[string]struct {
		size    int
		options []grpc.CallOption
	}{
		"100 MB":                             {100 << 20, nil},
		"100 MB that travel as a few kB":     {100 << 20, []grpc.CallOption{grpc.UseCompressor(gzip.Name)}},
		"one byte over what is taken":        {server.MaxMessage, nil},
		"one byte over, when it is unpacked": {server.MaxMessage, []grpc.CallOption{grpc.UseCompressor(gzip.Name)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := zeros(tt.size)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := client.CheckPolicy(t.Context(), req, tt.options...)
			runtime.ReadMemStats(&after)
			wantCode(t, codes.ResourceExhausted, err)
			t.Logf("allocated by both sides: %d MB", (after.TotalAlloc-before.TotalAlloc)>>20)
		})
	}
	// The server is as before, and takes what is compressed well.
	if _, err := client.CheckPolicy(t.Context(), zeros(1<<10), grpc.UseCompressor(gzip.Name)); err != nil {
		t.Errorf("a small compressed message: %v", err)
	}
}

func TestServer_LimitsHowOftenACallerCalls(t *testing.T) {
	g := openGuarded(t, func(o *server.Options) { o.Limits = server.Limits{PerSecond: 0.001, Burst: 3} })
	for i := range 3 {
		if _, err := g.pages.GetVocabulary(g.as(t, "reader"), &pb.GetVocabularyRequest{}); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	_, err := g.pages.GetVocabulary(g.as(t, "reader"), &pb.GetVocabularyRequest{})
	s := wantCode(t, codes.ResourceExhausted, err)
	again, ok := detail[*errdetails.RetryInfo](s)
	if !ok || again.GetRetryDelay().AsDuration() <= 0 || !strings.Contains(s.Message(), "reader calls too often") {
		t.Errorf("the caller is told %q, %v", s.Message(), s.Details())
	}
	if _, err := g.pages.GetVocabulary(g.as(t, "writer"), &pb.GetVocabularyRequest{}); err != nil {
		t.Errorf("another caller: %v", err)
	}
	for range 5 { // Who has no token spends nobody's calls.
		_, err = g.pages.GetVocabulary(t.Context(), &pb.GetVocabularyRequest{})
		wantCode(t, codes.Unauthenticated, err)
	}
}

// A slowSource tells when it is checked, and answers when it is let.
type slowSource struct {
	*fakeSource
	began, end chan struct{}
}

// Check implements ingest.Source.
func (s slowSource) Check(context.Context) []ingest.Check {
	s.began <- struct{}{}
	<-s.end
	return nil
}

// A caller's calls take turns; other callers do not wait for them.
func TestServer_LimitsHowManyCallsOfACallerAreWorkedOn(t *testing.T) {
	src := slowSource{newFakeSource("pd"), make(chan struct{}), make(chan struct{})}
	g := openGuarded(t, func(o *server.Options) {
		o.Sources = []server.ScheduledSource{{Source: src}}
		o.Limits = server.Limits{Concurrent: 2}
	})
	var ended sync.WaitGroup
	writer := g.as(t, "writer")
	for range 2 {
		ended.Go(func() { _, _ = g.sources.CheckSource(writer, &pb.CheckSourceRequest{Name: "pd"}) })
		<-src.began
	}
	ctx, cancel := context.WithTimeout(writer, 50*time.Millisecond)
	defer cancel()
	_, err := g.pages.GetVocabulary(ctx, &pb.GetVocabularyRequest{})
	wantCode(t, codes.DeadlineExceeded, err)
	must(g.pages.GetVocabulary(g.as(t, "reader"), &pb.GetVocabularyRequest{}))(t)
	close(src.end)
	ended.Wait()
	must(g.pages.GetVocabulary(writer, &pb.GetVocabularyRequest{}))(t)
}

func detail[T any](s *status.Status) (found T, ok bool) {
	for _, d := range s.Details() {
		if found, ok = d.(T); ok {
			return found, true
		}
	}
	return found, false
}

func TestLimitConnections_PerAddress(t *testing.T) {
	a := openServer(t)
	addr := a.listen(t, server.Limits{Connections: 100, ConnectionsPerAddress: 3})
	open := make([]net.Conn, 3)
	for i := range open {
		open[i] = rawDial(t, addr)
		greeted(t, open[i], true)
	}
	greeted(t, rawDial(t, addr), false)
	_ = open[0].Close()
	for range 1000 { // The place is free once the server has seen the end.
		if conn := rawDial(t, addr); wasGreeted(conn) {
			return
		}
	}
	t.Error("no place became free")
}

func rawDial(t *testing.T, addr string) net.Conn {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// wasGreeted reports whether the server speaks HTTP/2 on the connection.
func wasGreeted(conn net.Conn) bool {
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = conn.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"))
	_, err := conn.Read(make([]byte, 9))
	return err == nil
}

func greeted(t *testing.T, conn net.Conn, want bool) {
	t.Helper()
	if got := wasGreeted(conn); got != want {
		t.Errorf("greeted: %t, want %t", got, want)
	}
}

// A client that asks and does not read keeps as many answers in memory as one
// connection may have calls under way, and no more.
func TestServer_AReaderThatDoesNotReadIsBounded(t *testing.T) {
	var asks atomic.Int64 // every answer asks for the time
	a := openServer(t, func(o *server.Options) { o.Now = func() time.Time { asks.Add(1); return now } })
	var pages []opsreview.Page
	for i := range 500 {
		pages = append(pages, page(fmt.Sprintf("Q%d", i), "vault", monday(1, "09:00:00").Add(time.Duration(i)*time.Minute)))
		pages[i].Title = strings.Repeat("long title ", 20)
	}
	seed(t, a, pages...)
	addr := a.listen(t, server.Limits{})
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStaticStreamWindowSize(65535), grpc.WithStaticConnWindowSize(65535))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test is over
	asks.Store(0)
	must(a.pages.ListPages(t.Context(), &pb.ListPagesRequest{Window: inWeek(), PageSize: 1000}))(t)
	each := asks.Load()
	before := heap()
	asks.Store(0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// Nobody receives: the answers stop at the connection's window of 64 kB.
	const asked = 100
	for range asked {
		go func() {
			s, err := conn.NewStream(ctx, &grpc.StreamDesc{}, pb.PageService_ListPages_FullMethodName)
			if err == nil {
				_ = s.SendMsg(&pb.ListPagesRequest{Window: inWeek(), PageSize: 1000})
			}
		}()
	}
	const most = 32 // calls under way on one connection
	until(t, func() bool { return asks.Load() >= most*each })
	other := pb.NewPageServiceClient(dialAt(t, addr, insecure.NewCredentials()))
	for range 20 {
		if _, err := other.GetVocabulary(t.Context(), &pb.GetVocabularyRequest{}); err != nil {
			t.Fatalf("another client: %v", err)
		}
	}
	if n := asks.Load() / each; n > most {
		t.Errorf("%d calls were answered, and %d could be under way", n, most)
	}
	if grown := int64(heap()) - int64(before); grown > 256<<20 {
		t.Errorf("%d answers that nobody reads take %d MB", asked, grown>>20)
	} else {
		t.Logf("%d answers that nobody reads take %d MB", asked, grown>>20)
	}
	cancel()
}

// until waits for a condition, which has a minute.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); runtime.Gosched() {
		if time.Now().After(end) || t.Failed() {
			t.Fatal("it did not come to pass")
		}
	}
}

// A server that is told to stop while calls come in answers what it has begun:
// every label that a client was told of is there.
func TestServer_StopsUnderLoadAndLosesNothing(t *testing.T) {
	a := openServer(t, func(o *server.Options) {
		o.Auth = verifier(auth.Caller{Name: "ci", Via: auth.ViaToken, Grants: []auth.Grant{{Role: auth.Writer}}})
	})
	var pages []opsreview.Page
	const many = 2000
	for i := range many {
		pages = append(pages, page(fmt.Sprintf("Q%d", i), "vault", monday(1, "09:00:00").Add(time.Duration(i)*time.Second)))
	}
	seed(t, a, pages...)
	addr := a.listen(t, server.Limits{})
	var answered sync.Map
	var next, told atomic.Int64
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			client := pb.NewPageServiceClient(dialAt(t, addr, insecure.NewCredentials()))
			for {
				name := fmt.Sprintf("pd/Q%d", next.Add(1)-1)
				_, err := client.LabelPages(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer x"), &pb.LabelPagesRequest{Pages: []string{name}, Label: &pb.Label{Cause: "service_issue"}})
				if err != nil {
					if c := status.Code(err); c != codes.Unavailable && c != codes.NotFound {
						t.Errorf("a call ended with %v", err)
					}
					return
				}
				answered.Store(name, true)
				told.Add(1)
			}
		})
	}
	until(t, func() bool { return told.Load() > 100 })
	stop(t, a)
	clients.Wait()
	lost := 0
	answered.Range(func(name, _ any) bool {
		p, err := a.db.FindPage(t.Context(), name.(string))
		if err != nil || p.Label.IsZero() {
			lost++
		}
		return true
	})
	if lost > 0 {
		t.Errorf("%d of %d answered labels are lost", lost, told.Load())
	}
	for _, e := range must(a.db.AuditLog(t.Context(), store.AuditFilter{}))(t) {
		if e.EndedAt.IsZero() {
			t.Errorf("an entry has no end: %+v", e)
		}
	}
	t.Logf("%d labels were answered before the server stopped, none lost", told.Load())
}

func TestServer_WritesNothingThatCannotBeAudited(t *testing.T) {
	a := openServer(t)
	seed(t, a, page("Q1", "vault", monday(1, "09:00:00")))
	if err := a.db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := a.pages.LabelPages(t.Context(), &pb.LabelPagesRequest{Pages: []string{"pd/Q1"}, Label: &pb.Label{Cause: "service_issue", Author: "ada"}})
	if s := wantCode(t, codes.Unavailable, err); !strings.Contains(s.Message(), "nothing is changed") {
		t.Errorf("the caller is told %q", s.Message())
	}
}
