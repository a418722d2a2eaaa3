package pagerduty_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/ingesttest"
	"opsreview/ingest/pagerduty/pdfake"
)

// A page that was created before the newest stored one arrives late, and
// appears.
func TestPeers02_LatePageAppears(t *testing.T) {
	w := pdfake.Build(pdfake.Spec{Seed: 2, Incidents: 40, Start: monday, End: monday.Add(20 * time.Hour), Late: 0.5, LateBy: 3 * time.Hour})
	a := openAccount(t, w, monday.Add(20*time.Hour))
	m := ingesttest.NewMemory()
	a.mustSync(t, m)
	early := len(m.Pages())
	for range 3 {
		a.clock.advance(24*time.Hour + time.Minute)
		a.mustSync(t, m)
	}
	if late := w.Truth(a.clock.Now()).Entries; early == 0 || late == w.Truth(monday.Add(20*time.Hour)).Entries {
		t.Fatalf("the world has no late entries: %d", late)
	}
	compare(t, w, a.clock.Now(), m)
}

// 1,001 incidents, 101 incidents and seven months of history: all are there.
func TestPeers12_EveryIncidentIsThereOrTheRunSaysSo(t *testing.T) {
	tests := map[string]struct {
		spec     pdfake.Spec
		backfill string
	}{
		"1,001 incidents":      {pdfake.Spec{Incidents: 1001, Start: monday.AddDate(0, 0, -7), End: monday.Add(-time.Hour)}, "30d"},
		"101 incidents":        {pdfake.Spec{Incidents: 101, Start: monday.AddDate(0, 0, -1), End: monday.Add(-time.Hour)}, "30d"},
		"7 months":             {pdfake.Spec{Incidents: 70, Start: monday.AddDate(0, -7, 0), End: monday.Add(-time.Hour)}, "220d"},
		"600 in three seconds": {pdfake.Spec{Storm: 600, StormAt: monday.Add(-5 * time.Hour), StormSpan: 3 * time.Second}, "2d"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if raceEnabled && tt.spec.Incidents+tt.spec.Storm > 500 {
				t.Skip("it is only large")
			}
			w := pdfake.Build(tt.spec)
			a := openAccount(t, w, monday)
			a.cfg.Backfill, a.cfg.Alerts = tt.backfill, new(bool)
			m := ingesttest.NewMemory()
			a.mustSync(t, m)
			compare(t, w, monday, m)
		})
	}
}

// The same incident number in two accounts stays two incidents.
func TestPeers13_SameIncidentNumberInTwoAccountsStaysTwo(t *testing.T) {
	one, two := openAccount(t, smallWorld(), monday), openAccount(t, smallWorld(), monday)
	two.cfg.Name = "pd-eu"
	a, b := ingesttest.NewMemory(), ingesttest.NewMemory()
	one.mustSync(t, a)
	two.mustSync(t, b)
	p, q := a.Pages()["Q000000000001"], b.Pages()["Q000000000001"]
	if p.Number != q.Number || p.Number == "" {
		t.Fatalf("the accounts should use the same numbers: %q and %q", p.Number, q.Number)
	}
	if p.Ref == q.Ref || p.Service == q.Service {
		t.Errorf("two incidents have one name: %s and %s", p.Ref, q.Ref)
	}
}

// A status that nobody has heard of does not stop a run, and counts as open.
func TestPeers14_UnknownStatusDoesNotStopTheRun(t *testing.T) {
	w := smallWorld()
	a := openAccount(t, w, monday)
	inner := a.Server
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		inner.ServeHTTP(rec, r)
		for k, v := range rec.Header() {
			rw.Header()[k] = v
		}
		rw.Header().Del("Content-Length")
		rw.WriteHeader(rec.Code)
		_, _ = rw.Write([]byte(strings.ReplaceAll(rec.Body.String(), `"status":"triggered"`, `"status":"simmering"`)))
	}))
	t.Cleanup(srv.Close)
	a.cfg.BaseURL = srv.URL
	m := ingesttest.NewMemory()
	if _, err := ingest.Sync(t.Context(), m, a.source(t), ingest.SyncOptions{Now: a.clock.Now}); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, p := range m.Pages() {
		if p.Reported == "simmering" {
			found++
			if p.Status == opsreview.Finished {
				t.Errorf("page %s with an unknown status counts as resolved", p.ID)
			}
		}
	}
	if found == 0 {
		t.Error("the vendor's own word for the status was not kept")
	}
}
