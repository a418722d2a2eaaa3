package server_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"opsreview"
	"opsreview/ingest"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// A fakeSource hands the control over each pull to the test.
type fakeSource struct {
	name   string
	pulls  chan *pull
	checks []ingest.Check
	panics bool

	panicked chan struct{} // told of panics if somebody listens
}

// A pull is one pull under way: what is sent to save is saved, what is sent to
// end ends it.
type pull struct {
	save chan opsreview.Batch
	end  chan error
	done chan struct{} // closed when the source has stopped
}

func newFakeSource(name string) *fakeSource {
	return &fakeSource{name: name, pulls: make(chan *pull)}
}

func withSources(sources ...*fakeSource) func(*server.Options) {
	return func(o *server.Options) {
		for _, s := range sources {
			o.Sources = append(o.Sources, server.ScheduledSource{Source: s})
		}
	}
}

// Name implements ingest.Source.
func (s *fakeSource) Name() string { return s.name }

// Type implements ingest.Source.
func (s *fakeSource) Type() string { return "fake" }

// Check implements ingest.Source.
func (s *fakeSource) Check(context.Context) []ingest.Check {
	if s.panics {
		panic("a secret of the source")
	}
	return s.checks
}

// Pull implements ingest.Source.
func (s *fakeSource) Pull(ctx context.Context, session ingest.Session) error {
	if s.panics {
		select {
		case s.panicked <- struct{}{}:
		default:
		}
		panic("a secret of the source")
	}
	p := &pull{save: make(chan opsreview.Batch), end: make(chan error), done: make(chan struct{})}
	defer close(p.done)
	select {
	case s.pulls <- p:
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		select {
		case b := <-p.save:
			if err := session.Save(ctx, b); err != nil {
				return err
			}
			session.Report(ingest.Progress{Phase: "pages", Done: 0.5})
		case err := <-p.end:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestSyncSources_OneAfterAnother(t *testing.T) {
	broken, good, last := newFakeSource("broken"), newFakeSource("good"), newFakeSource("last")
	a := openServer(t, withSources(broken, good, last))
	stream := must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{}))(t)
	(<-broken.pulls).end <- opsreview.Wrapf(errors.New("dial 10.0.0.1: secret"), opsreview.Unavailable, "the source does not answer")
	p := <-good.pulls
	mine := page("Q1", "vault", now)
	mine.Source, mine.Service.Source = "good", "good"
	p.save <- opsreview.Batch{Pages: []opsreview.Page{mine}, Cursor: "c1", Through: now}
	p.end <- nil
	(<-last.pulls).end <- errors.New("a bug in /secret/path")
	all, err := drain(stream)
	if s := wantCode(t, codes.Internal, err); s.Message() != "internal error" {
		t.Errorf("the client reads %q", s.Message())
	}
	var got []string
	for _, m := range all {
		got = append(got, fmt.Sprintf("%s %s %d %t %s", m.GetSource(), m.GetPhase(), m.GetSaved().GetNewPages(), m.GetFinished(), m.GetError()))
	}
	want := "broken  0 true the source does not answer|good pages 1 false |good  1 true |last  0 true internal error"
	if strings.Join(got, "|") != want {
		t.Errorf("got\n%s, want\n%s", strings.Join(got, "|"), want)
	}
	sources := must(a.sources.ListSources(t.Context(), &pb.ListSourcesRequest{}))(t).GetSources()
	if len(sources) != 3 || sources[0].GetLastError() != "the source does not answer" || sources[1].GetLastError() != "" || sources[2].GetLastError() != "internal error" {
		t.Errorf("sources = %v", sources)
	}
	if !sources[1].GetSyncedToTime().AsTime().Equal(now) || sources[0].GetSyncedToTime() != nil || sources[1].GetPages() != 1 {
		t.Errorf("sources = %v", sources)
	}
	if strings.Contains(fmt.Sprint(all, sources), "secret") {
		t.Error("a secret reached the client")
	}
}

func TestSyncSources_MapsErrors(t *testing.T) {
	tests := map[string]struct {
		err  error
		want codes.Code
	}{
		"a source that does not answer":             {opsreview.Errorf(opsreview.Unavailable, "down"), codes.Unavailable},
		"a source that refuses the credentials":     {opsreview.Errorf(opsreview.Invalid, "no"), codes.InvalidArgument},
		"a vendor's timeout is not the call's":      {opsreview.Wrapf(context.DeadlineExceeded, opsreview.Unavailable, "down"), codes.Unavailable},
		"a context's end that nobody has explained": {fmt.Errorf("pull: %w", context.DeadlineExceeded), codes.DeadlineExceeded},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src := newFakeSource("pd")
			a := openServer(t, withSources(src))
			stream := must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{Names: []string{"pd"}}))(t)
			(<-src.pulls).end <- tt.err
			_, err := drain(stream)
			if s := wantCode(t, tt.want, err); strings.Contains(s.Message(), "pull:") {
				t.Errorf("the client reads the chain: %q", s.Message())
			}
		})
	}
}

func TestSyncSources_UnknownSourcesAreRefusedBeforeAnythingIsPulled(t *testing.T) {
	src := newFakeSource("pd")
	a := openServer(t, withSources(src))
	_, err := drain(must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{Names: []string{"pd", "nothing"}}))(t))
	wantCode(t, codes.NotFound, err)
	_, err = a.sources.CheckSource(t.Context(), &pb.CheckSourceRequest{Name: "nothing"})
	wantCode(t, codes.NotFound, err)
	if got := must(a.sources.ListSources(t.Context(), &pb.ListSourcesRequest{}))(t).GetSources(); len(got) != 1 || got[0].GetSyncStartTime() != nil || !got[0].GetConfigured() {
		t.Errorf("sources = %v", got)
	}
	if all := must(drain(must(openServer(t).sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{}))(t)))(t); len(all) != 0 {
		t.Errorf("syncing no sources says %v", all)
	}
}

func TestSyncSources_ASourceIsPulledByOneAtATime(t *testing.T) {
	src, other := newFakeSource("pd"), newFakeSource("other")
	a := openServer(t, withSources(src, other))
	first := must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{Names: []string{"pd"}}))(t)
	p := <-src.pulls
	second := must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{}))(t)
	(<-other.pulls).end <- nil // The refused one does not stop those after it.
	all, err := drain(second)
	wantCode(t, codes.AlreadyExists, err)
	if len(all) != 2 || all[0].GetError() == "" || all[1].GetError() != "" {
		t.Errorf("the second sync said %v", all)
	}
	p.end <- nil
	must(drain(first))(t)
	third := must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{Names: []string{"pd"}}))(t)
	(<-src.pulls).end <- nil
	must(drain(third))(t)
}

func TestSyncSources_ACancelledSyncKeepsWhatItSaved(t *testing.T) {
	src := newFakeSource("pd")
	a := openServer(t, withSources(src))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream := must(a.sources.SyncSources(ctx, &pb.SyncSourcesRequest{}))(t)
	p := <-src.pulls
	p.save <- opsreview.Batch{Pages: []opsreview.Page{page("Q1", "vault", now)}, Cursor: "c1"}
	must(stream.Recv())(t) // It is saved when it is reported.
	cancel()
	<-p.done
	_, err := drain(stream)
	wantCode(t, codes.Canceled, err)
	stop(t, a)
	health := stored(t, a, "pd")
	if health.Pages != 1 || health.Cursor != "c1" || health.EndedAt.IsZero() || !strings.Contains(health.LastError, "goes on from there") {
		t.Errorf("the source is %+v", health)
	}
	if problems := must(a.db.Check(t.Context()))(t); len(problems) > 0 {
		t.Errorf("the database is damaged: %v", problems)
	}
}

func TestCheckSource(t *testing.T) {
	src := newFakeSource("pd")
	src.checks = []ingest.Check{{Subject: "users", OK: true, Detail: "9"}, {Subject: "log entries", Detail: "403", Remedy: "give it access"}}
	checks := must(openServer(t, withSources(src)).sources.CheckSource(t.Context(), &pb.CheckSourceRequest{Name: "pd"}))(t).GetChecks()
	if len(checks) != 2 || !checks[0].GetOk() || checks[1].GetOk() || checks[1].GetRemedy() != "give it access" || checks[1].GetDetail() != "403" {
		t.Errorf("checks = %v", checks)
	}
}

func TestListSources_NamesConfiguredAndImportedOnes(t *testing.T) {
	a := openServer(t, withSources(newFakeSource("b-new"), newFakeSource("d-known")))
	for _, name := range []string{"a-imported", "d-known"} {
		save(t, a, name, opsreview.Batch{Suspect: []opsreview.SuspectWindow{{Window: week, Reason: "cut off", At: now}}})
	}
	var got []string
	for _, s := range must(a.sources.ListSources(t.Context(), &pb.ListSourcesRequest{}))(t).GetSources() {
		got = append(got, fmt.Sprintf("%s %t %d", s.GetName(), s.GetConfigured(), len(s.GetSuspectWindows())))
	}
	if want := "a-imported false 1, b-new true 0, d-known true 1"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestRunSchedule_PullsUntilItsContextEnds(t *testing.T) {
	often, never := newFakeSource("often"), newFakeSource("never")
	a := openServer(t, func(o *server.Options) {
		o.Sources = []server.ScheduledSource{{Source: often, Every: time.Microsecond}, {Source: never}}
		o.RawRetention = time.Hour
	})
	old := opsreview.RawItem{Type: "log_entry", ID: "R1", At: now.Add(-2 * time.Hour), Body: []byte("{}")}
	save(t, a, "often", opsreview.Batch{Raw: []opsreview.RawItem{old}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.server.RunSchedule(ctx)
	}()
	(<-often.pulls).end <- nil
	(<-often.pulls).end <- errors.New("it broke")
	third := <-often.pulls // A failure is not the last pull.
	_, err := drain(must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{Names: []string{"often"}}))(t))
	wantCode(t, codes.AlreadyExists, err)
	cancel()
	<-third.done
	<-ended
	if got := stored(t, a, "never"); !got.StartedAt.IsZero() {
		t.Errorf("a source without a schedule was synced: %+v", got)
	}
	if log := a.log.String(); !strings.Contains(log, "source synced") || !strings.Contains(log, "it broke") {
		t.Errorf("the log lacks a sync:\n%s", log)
	}
}

func TestRunSchedule_OutlivesASourceThatPanics(t *testing.T) {
	bad, good := newFakeSource("bad"), newFakeSource("good")
	bad.panics, bad.panicked = true, make(chan struct{}, 1)
	a := openServer(t, func(o *server.Options) {
		o.Sources = []server.ScheduledSource{{Source: bad, Every: time.Microsecond}, {Source: good, Every: time.Hour}}
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.server.RunSchedule(ctx)
	}()
	(<-good.pulls).end <- nil
	for range 3 { // It is pulled again after each panic.
		<-bad.panicked
	}
	cancel()
	<-ended
	if log := a.log.String(); !strings.Contains(log, "a secret of the source") {
		t.Errorf("the log does not tell of the panic:\n%s", log)
	}
}
