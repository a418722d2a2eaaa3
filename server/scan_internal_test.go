package server

import (
	"context"
	"testing"
	"time"

	"opsreview"
	"opsreview/lookback"
)

func TestScanner_LeavesWhatThereIsNoTimeFor(t *testing.T) {
	l := &look{}
	c := &scanner{look: l, until: time.Now().Add(-time.Second)}
	if err := c.all(t.Context(), make([]opsreview.SeriesState, 3)); err != nil || l.in.Late != 3 || len(l.in.Found) != 0 {
		t.Errorf("%d late, %d found: %v", l.in.Late, len(l.in.Found), err)
	}
}

func TestScanner_StopsWithItsRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := &look{views: map[string]lookback.View{}}
	if err := (&scanner{look: l}).all(ctx, make([]opsreview.SeriesState, 3)); err == nil || l.in.Late != 0 {
		t.Errorf("a request that ended goes on: %d late", l.in.Late)
	}
}

func TestScanEnd_LeavesTimeForTheRest(t *testing.T) {
	if end := scanEnd(t.Context()); !end.IsZero() {
		t.Errorf("without a deadline there is one: %s", end)
	}
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	if left := deadline.Sub(scanEnd(ctx)); left < 20*time.Minute || left > 28*time.Minute {
		t.Errorf("%s of an hour are left", left)
	}
}
