package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"

	"opsreview/ingest/pagerduty"
	"opsreview/ingest/pagerduty/pdfake"
	"opsreview/internal/rest"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/store"
)

// withPagerDuty makes the server sync a fake account with some weeks of
// incidents.
func withPagerDuty(tb testing.TB, world *pdfake.World) func(*server.Options) {
	tb.Helper()
	const token = "s3cr3t-token"
	web := httptest.NewServer(&pdfake.Server{World: world, Now: func() time.Time { return now }, Token: token})
	tb.Cleanup(web.Close)
	var mu sync.Mutex
	waited := now // The client's waiting takes no time and moves only its own clock.
	clock := rest.Clock{
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return waited },
		Sleep: func(ctx context.Context, d time.Duration) error {
			mu.Lock()
			defer mu.Unlock()
			waited = waited.Add(d)
			return ctx.Err()
		},
	}
	cfg := pagerduty.Config{Name: "pd", BaseURL: web.URL, TokenEnv: "PD_TOKEN", Backfill: "30d"}
	src := must(pagerduty.New(cfg, rest.Secret(token), &http.Client{}, pagerduty.WithClock(clock)))(tb)
	return func(o *server.Options) { o.Sources = []server.ScheduledSource{{Source: src}} }
}

// A sync that its client breaks off, and one that goes on from there while
// others read, end with what the account holds.
func TestSyncSources_OfPagerDutyIsWhole(t *testing.T) {
	world := pdfake.Build(pdfake.Spec{Seed: 7, Incidents: 80, Start: week.Start.AddDate(0, 0, -14), End: week.End})
	a := openServer(t, withPagerDuty(t, world))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := must(a.sources.SyncSources(ctx, &pb.SyncSourcesRequest{Names: []string{"pd"}}))(t)
	for saved := int32(0); saved == 0; {
		saved = must(first.Recv())(t).GetSaved().GetNewPages()
	}
	cancel()
	_, err := drain(first)
	wantCode(t, codes.Canceled, err)
	syncWhole(t, a)
	compareWorld(t, a, world.Truth(now))
	if problems := must(a.db.Check(t.Context()))(t); len(problems) > 0 {
		t.Errorf("the database is damaged: %v", problems)
	}
	for _, c := range must(a.sources.CheckSource(t.Context(), &pb.CheckSourceRequest{Name: "pd"}))(t).GetChecks() {
		if !c.GetOk() {
			t.Errorf("check %v", c)
		}
	}
	if r := prepare(t, a, ""); r.GetHeadline().GetPages() == 0 || len(r.GetLoads()) == 0 || len(r.GetMonitors()) == 0 {
		t.Errorf("the review of the week is empty: %v", r.GetHeadline())
	}
}

// syncWhole syncs all sources while others read. The sync that was broken off
// may still be ending on the server.
func syncWhole(tb testing.TB, a *api) {
	tb.Helper()
	done, finish := context.WithCancel(tb.Context())
	defer finish()
	var readers errgroup.Group
	for range 4 {
		readers.Go(func() error {
			for done.Err() == nil {
				if _, err := a.pages.ListPages(tb.Context(), &pb.ListPagesRequest{Window: inWeek(), OrderBy: "cost desc", PageSize: 10}); err != nil {
					return err
				}
				if _, err := a.loads.GetLoad(tb.Context(), &pb.GetLoadRequest{Window: inWeek()}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var err error
	for tries := 0; tries < 1000; tries++ {
		var all []*pb.SyncSourcesResponse
		all, err = drain(must(a.sources.SyncSources(tb.Context(), &pb.SyncSourcesRequest{}))(tb))
		if err == nil && !all[len(all)-1].GetFinished() {
			tb.Error("the sync does not say that it has finished")
		}
		if codeOf(err) != codes.AlreadyExists {
			break
		}
	}
	finish()
	if readErr := readers.Wait(); err != nil || readErr != nil {
		tb.Fatalf("sync: %v, read: %v", err, readErr)
	}
}

func compareWorld(tb testing.TB, a *api, truth pdfake.Truth) {
	tb.Helper()
	pages := must(a.db.Pages(tb.Context(), store.PageFilter{}))(tb)
	if len(pages) != len(truth.Incidents) {
		tb.Errorf("%d pages of %d incidents", len(pages), len(truth.Incidents))
	}
	for _, p := range pages {
		inc, ok := truth.Incidents[p.ID]
		have := map[string]bool{}
		for _, e := range p.Events {
			have[e.ID], have[e.Text] = true, true
		}
		for id, e := range inc.Entries {
			// A note is read from the notes, which have IDs of their own.
			if !have[id] && (e.Note == "" || !have[e.Note]) {
				tb.Errorf("page %s lacks the log entry %s", p.ID, id)
			}
		}
		if len(p.Events) != len(inc.Entries) {
			tb.Errorf("page %s has %d events of %d log entries", p.ID, len(p.Events), len(inc.Entries))
		}
		if !ok || string(p.Status) != inc.Status || p.Title != inc.Title {
			tb.Errorf("page %s is %s %q, want %+v", p.ID, p.Status, p.Title, inc)
		}
	}
}
