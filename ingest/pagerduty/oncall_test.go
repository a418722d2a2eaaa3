package pagerduty_test

import (
	"net/http"
	"testing"
	"time"

	"opsreview/ingest/ingesttest"
)

// The first look at who is on call goes back over a review's baseline, later
// ones over two days; an account that allows no such range gets a short one.
func TestPull_FirstLookAtShiftsCoversTheBaseline(t *testing.T) {
	tests := map[string]struct {
		longest time.Duration // the longest range that the account allows
		back    time.Duration // how far the first look must go, at least
	}{
		"as far as a review of a fortnight goes": {longest: 90 * 24 * time.Hour, back: 35 * 24 * time.Hour},
		"two days where no more is allowed":      {longest: 20 * 24 * time.Hour, back: 2 * 24 * time.Hour},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := openAccount(t, smallWorld(), monday)
			a.cfg.Backfill = "60d"
			var looks []time.Duration // before now
			a.Intercept = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/oncalls" {
					return false
				}
				since, _ := time.Parse(time.RFC3339, r.URL.Query().Get("since"))
				until, _ := time.Parse(time.RFC3339, r.URL.Query().Get("until"))
				if until.Sub(since) > tt.longest {
					http.Error(w, `{"error":{"code":2004,"message":"Invalid range"}}`, http.StatusBadRequest)
					return true
				}
				looks = append(looks, a.clock.Now().Sub(since))
				return false
			}
			m := ingesttest.NewMemory()
			a.mustSync(t, m)
			if len(looks) != 1 || looks[0] < tt.back || len(m.Shifts()) == 0 {
				t.Fatalf("looks %v and %d shifts: want one look, %v back at least, and shifts", looks, len(m.Shifts()), tt.back)
			}
			a.clock.advance(25 * time.Hour)
			a.mustSync(t, m)
			if len(looks) != 2 || looks[1] > 3*24*time.Hour {
				t.Errorf("looks %v: want a second one of two days", looks)
			}
		})
	}
}
