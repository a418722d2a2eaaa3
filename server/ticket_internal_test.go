package server

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

func TestMoreUrgent(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 9, 0, 0, 0, time.UTC) }
	rows := []opsreview.Ticket{
		{RemoteKey: "OPS-10", FiledAt: day(2)},
		{RemoteKey: "OPS-9", FiledAt: day(2)},
		{RemoteKey: "OPS-11", FiledAt: day(1)},
		{RemoteKey: "cheap", FiledAt: day(1), Cost: 5},
		{RemoteKey: "dear", FiledAt: day(3), Cost: 50},
		{RemoteKey: "closed", FiledAt: day(1), Cost: 500, ClosedAt: day(4)},
		{RemoteKey: "closed last", FiledAt: day(1), ClosedAt: day(5)},
	}
	slices.SortStableFunc(rows, moreUrgent)
	var got []string
	for _, r := range rows {
		got = append(got, r.RemoteKey)
	}
	want := []string{"dear", "cheap", "OPS-11", "OPS-9", "OPS-10", "closed last", "closed"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the most urgent first (-want +got):\n%s", diff)
	}
}
