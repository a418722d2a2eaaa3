package lookback_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/anomaly"
	"opsreview/lookback"
)

func TestPrepare_SourceGaps(t *testing.T) {
	vanished := func(from, to string) anomaly.Window { return weird(anomaly.Vanished, between(3, from, to), 9) }
	charts := func(n, lost int) []lookback.Found {
		var all []lookback.Found
		for i := range n {
			key := fmt.Sprint("c", i)
			a, b, c := found(key, "a"), found(key, "b"), found(key, "c")
			if i < lost {
				a, b = found(key, "a", vanished("10:00", "11:00")), found(key, "b", vanished("10:20", "11:00"))
			}
			all = append(all, a, b, c)
		}
		return all
	}
	gap := func(n int) []lookback.Skip {
		return []lookback.Skip{{Subject: "prom", Text: fmt.Sprintf("has no data of %d charts from Thu 5 Nov 10:00 to 11:00: this is taken for a gap of the source, and not for theirs", n)}}
	}
	tests := map[string]struct {
		found     []lookback.Found
		anomalies int
		skipped   []lookback.Skip
	}{
		"most series of three of five charts are the source's gap": {found: charts(5, 3), skipped: gap(3)},
		"of half of the charts they are not":                       {found: charts(6, 3), anomalies: 3},
		"of two charts they are not":                               {found: charts(2, 2), anomalies: 2},
		"half of the series of a chart are not most": {
			found:     append(charts(5, 2), found("c4", "d", vanished("10:00", "11:00")), found("c4", "b", vanished("10:00", "11:00"))),
			anomalies: 3,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := lookback.Prepare(input(tt.found...))
			if len(r.Anomalies) != tt.anomalies {
				t.Errorf("%d anomalies, want %d", len(r.Anomalies), tt.anomalies)
			}
			if diff := cmp.Diff(tt.skipped, r.Skipped); diff != "" {
				t.Errorf("skipped (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrepare_SaysWhatItSkips(t *testing.T) {
	short := func(chart, name string) lookback.Found {
		f := found(chart, name)
		f.Result.Skipped = "the history is too short"
		return f
	}
	in := input(found("c", "a"), short("c", "b"), short("d", "a"), short("d", "b"), short("e", "a"), short("f", "a"), short("g", "a"))
	in.Charts[0].LeftOut = 7
	in.Charts[0].Dashboard = "Vault\noverview"
	in.Charts = append(in.Charts, opsreview.Chart{Key: "q/1", Skipped: "its data source is no Prometheus"}, chart("empty"))
	r := lookback.Prepare(in)
	want := []lookback.Skip{
		{Subject: "Vault overview: c", Text: "7 series beyond the most that are pulled"},
		{Subject: "q/1", Text: "its data source is no Prometheus"},
		{Subject: "empty", Text: "nothing is stored of this time"},
		{Subject: "Vault overview: c: b, d, e, and 2 more", Text: "the history is too short"},
	}
	if diff := cmp.Diff(want, r.Skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	if r.Charts != 1 || r.Series != 1 {
		t.Errorf("%d charts and %d series were looked at, want one of each", r.Charts, r.Series)
	}
	in.Late = 3
	if got := lookback.Prepare(in).Skipped[0]; got.Subject != "3 series" {
		t.Errorf("%+v, want the series that there was no time for", got)
	}
}
