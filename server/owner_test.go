package server_test

import (
	"testing"
	"time"

	"opsreview/server"

	pb "opsreview/proto/opsreview/v1"
)

// A page shown alone is judged by the hours of the team that owns its service,
// as it is in the team's lists.
func TestGetPage_JudgesByTheHoursOfTheOwner(t *testing.T) {
	evening := now.Truncate(24 * time.Hour).Add(-24 * time.Hour).Add(21 * time.Hour)
	a := openServer(t, func(o *server.Options) {
		early := o.Org.Policy.Hours
		early.SleepStart = 20 * 60
		o.Org.Teams[0].Hours = &early // secrets, which owns vault
	})
	seed(t, a, page("P1", "vault", evening, notify(evening, "bob")), page("P2", "ledger", evening.Add(time.Hour/2), notify(evening.Add(time.Hour/2), "bob")))
	for name, want := range map[string]int32{"pd/P1": 1, "pd/P2": 0} {
		resp := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: name}))(t)
		if got := resp.GetPage().GetCost().GetInterruptions().GetSleep(); got != want {
			t.Errorf("%s has %d sleep interruptions, want %d", name, got, want)
		}
	}
}
