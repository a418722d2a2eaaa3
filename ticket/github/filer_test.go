package github_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/tickettest"
)

// Whatever becomes of the first answer, filing again ends in one issue.
func TestFiler_LeavesOneIssue(t *testing.T) {
	drop := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	tests := map[string]struct {
		fault fault
		asked int // requests to file
	}{
		"the answer was lost":               {fault{after: func() { panic(http.ErrAbortHandler) }}, 1},
		"the request was lost":              {fault{before: drop}, 2},
		"the server broke down":             {fault{before: status(502)}, 2},
		"the server asked to wait":          {fault{before: status(429, "Retry-After", "5")}, 2},
		"nothing went wrong":                {fault{path: "none"}, 1},
		"the answer was that of no tracker": {fault{before: func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, []any{}) }}, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			tt.fault.method = http.MethodPost
			h.fail(tt.fault)
			tracker, ledger, now := open(t, h), tickettest.NewLedger(), monday
			filer := &ticket.Filer{
				Tracker: tracker, Ledger: ledger, Settings: ticket.DefaultSettings(), Now: func() time.Time { return now },
				Wait: func(ctx context.Context, d time.Duration) error { now = now.Add(d); return ctx.Err() },
			}
			if _, err := filer.Confirm(t.Context(), "ada"); err != nil {
				t.Fatalf("confirming: %v", err)
			}
			for range 3 {
				rows, err := ledger.Tickets(t.Context(), tracker.Name())
				if err != nil {
					t.Fatal(err)
				}
				steps := ticket.Plan(ticket.PlanInput{
					Tracker: tracker.Name(), Rows: rows, Settings: filer.Settings, Now: now, Run: "a week", Preview: tracker.Preview,
					Findings: []opsreview.Finding{{Key: "noisy_monitor:a", Kind: opsreview.NoisyMonitor, Title: "a", Cost: 2}},
				})
				if err := filer.File(t.Context(), steps, nil); err != nil {
					t.Fatalf("filing: %v", err)
				}
				now = now.Add(time.Hour)
			}
			found, err := tracker.Find(t.Context(), ticket.Label)
			if n := h.count("POST /repos/acme/ops/issues"); err != nil || len(found) != 1 || n != tt.asked {
				t.Errorf("%d issues are there after %d requests, %v; want 1 after %d", len(found), n, err, tt.asked)
			}
		})
	}
}

func TestCreate_IsRefusedWhereLabelsWouldBeDropped(t *testing.T) {
	h := newHub(t)
	h.rights = map[string]bool{"pull": true}
	if _, err := open(t, h).Create(t.Context(), draft("Noisy")); !noAccess(err) {
		t.Errorf("the error is %v, want a refusal", err)
	}
	if n := h.count("POST"); n != 0 {
		t.Errorf("%d requests to file came, want none", n)
	}
}
