package meeting_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/meeting"
)

func TestFisher(t *testing.T) {
	tests := map[string]struct {
		k1, n1, k2, n2 int
		want           float64
	}{
		"the lady tasting tea":                  {3, 4, 1, 4, 0.4857142857},
		"equal shares are one share":            {5, 10, 50, 100, 1},
		"all and nothing of eight":              {4, 4, 0, 4, 0.0285714286},
		"one of ten and eleven of fourteen":     {1, 10, 11, 14, 0.0027594561},
		"nothing of nothing tells nothing":      {0, 0, 3, 4, 1},
		"nothing anywhere is no difference":     {0, 20, 0, 30, 1},
		"a part larger than the whole is none":  {5, 4, 1, 4, 1},
		"the order of the two does not matter":  {11, 14, 1, 10, 0.0027594561},
		"large counts do not overflow the test": {600, 1000, 500, 1000, 0.0000085},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := meeting.Fisher(tt.k1, tt.n1, tt.k2, tt.n2); math.Abs(got-tt.want) > 1e-6 {
				t.Errorf("p is %.10f, want %.10f", got, tt.want)
			}
		})
	}
}

// past is reviews of as many weeks, each with its number of pages.
func past(pages ...float64) (meetings []opsreview.Meeting, snapshots []meeting.Snapshot) {
	for i, n := range pages {
		w := opsreview.Window{Start: week.Start.AddDate(0, 0, 7*(i-len(pages))), End: week.End.AddDate(0, 0, 7*(i-len(pages)))}
		name := fmt.Sprintf("2026-W%02d", i+1)
		meetings = append(meetings, opsreview.Meeting{ID: "secrets/" + name, Week: name, Window: w})
		labelled := n
		snapshots = append(snapshots, meeting.Snapshot{
			Version: 1, Definitions: map[string]int{"pages": 1, "coverage": 1, "burned_30d": 1},
			Numbers: map[string]meeting.Number{"pages": {Value: n, Unit: "pages"}, "coverage": {Value: labelled / 2, Of: &labelled, Unit: "pages"}},
		})
	}
	return meetings, snapshots
}

func trendOf(t *testing.T, all []meeting.Trend, name string) meeting.Trend {
	t.Helper()
	i := slices.IndexFunc(all, func(x meeting.Trend) bool { return x.Name == name })
	if i < 0 {
		t.Fatalf("there is no trend of %q", name)
	}
	return all[i]
}

func TestTrends_Words(t *testing.T) {
	tests := map[string]struct {
		pages  []float64
		change func([]meeting.Snapshot)
		name   string
		want   string
	}{
		"three reviews are too few to say anything":    {pages: []float64{10, 11, 40}, want: ""},
		"four say whether the last is more":            {pages: []float64{10, 11, 10, 40}, want: "40, against 10.3 a review in the 3 before: more than chance explains (p < 0.001)"},
		"or less":                                      {pages: []float64{30, 28, 32, 10}, want: "10, against 30 a review in the 3 before: less than chance explains (p < 0.001)"},
		"or as many as ever":                           {pages: []float64{10, 11, 10, 12}, want: "12, against 10.3 a review in the 3 before: within noise (p 0.72)"},
		"weeks without a page are weeks":               {pages: []float64{0, 0, 0, 0}, want: "0, against 0 a review in the 3 before: within noise (p 1.00)"},
		"a share is compared with the shares together": {pages: []float64{10, 20, 10, 12}, name: "labelled pages", want: "50 %, against 50 % in the 3 before: within noise (p 1.00)"},
		"a share that fell is said to have fallen": {
			pages: []float64{40, 40, 40, 40}, name: "labelled pages",
			change: func(s []meeting.Snapshot) {
				of := 40.0
				s[3].Numbers["coverage"] = meeting.Number{Value: 4, Of: &of}
			},
			want: "10 %, against 50 % in the 3 before: less than chance explains (p < 0.001)",
		},
		"where the definition changed, only the like are compared": {
			pages:  []float64{10, 10, 10, 40, 40},
			change: func(s []meeting.Snapshot) { s[3].Definitions["pages"], s[4].Definitions["pages"] = 2, 2 },
			want:   "defined in another way from 2026-W04 on (version 2): the reviews before cannot be compared",
		},
		"enough of the like are tested": {
			pages:  []float64{90, 10, 11, 10, 12},
			change: func(s []meeting.Snapshot) { s[0].Definitions["pages"] = 7 },
			want:   "12, against 10.3 a review in the 3 before: within noise (p 0.72); defined in another way from 2026-W02 on (version 1): the reviews before cannot be compared",
		},
		"a latest review that does not know the number is not compared": {
			pages: []float64{10, 10, 10, 10, 10}, change: func(s []meeting.Snapshot) { delete(s[4].Numbers, "pages") },
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			meetings, snapshots := past(tt.pages...)
			if tt.change != nil {
				tt.change(snapshots)
			}
			if tt.name == "" {
				tt.name = "pages"
			}
			if got := trendOf(t, meeting.Trends(meetings, snapshots), tt.name).Text; got != tt.want {
				t.Errorf("it says %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTrends_LineUp(t *testing.T) {
	meetings, snapshots := past(3, 4, 5)
	burned := 0.7
	snapshots[0].Budgets = []meeting.BudgetFact{{SLO: "vault/reads", Thirty: &burned}, {SLO: "vault/young"}}
	delete(snapshots[1].Numbers, "pages")
	snapshots[2].Version = 0 // nothing was kept of it
	slices.Reverse(meetings)
	slices.Reverse(snapshots)
	got := meeting.Trends(meetings, snapshots)
	first := meeting.TrendPoint{Meeting: "secrets/2026-W01", Week: "2026-W01", Start: meetings[2].Window.Start, Version: 1}
	second := meeting.TrendPoint{Meeting: "secrets/2026-W02", Week: "2026-W02", Start: meetings[1].Window.Start, Version: 1}
	with := func(p meeting.TrendPoint, v float64) meeting.TrendPoint {
		p.Known, p.Value = true, v
		return p
	}
	want := []meeting.Trend{
		{ID: "pages", Name: "pages", Unit: "pages", Points: []meeting.TrendPoint{with(first, 3), second}},
		{ID: "coverage", Name: "labelled pages", Unit: "share", Points: []meeting.TrendPoint{with(first, 0.5), with(second, 0.5)}},
		{ID: "burned_30d", Name: "30-day budget burned of vault/reads", Unit: "share", Points: []meeting.TrendPoint{with(first, 0.7), second}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := meeting.Trends(nil, nil); got != nil {
		t.Errorf("no reviews have the trends %v", got)
	}
}
