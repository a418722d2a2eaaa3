package slo

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

func TestRatioOf(t *testing.T) {
	// The values are of E. B. Wilson's formula, to two digits.
	tests := map[string]struct {
		k, n int
		want Ratio
	}{
		"four of six lie between 30 and 90 %": {4, 6, Ratio{K: 4, N: 6, Low: 0.30, High: 0.90}},
		"all of five may be 57 %":             {5, 5, Ratio{K: 5, N: 5, Low: 0.57, High: 1}},
		"none of five may be 43 %":            {0, 5, Ratio{K: 0, N: 5, Low: 0, High: 0.43}},
		"of none nothing is known":            {0, 0, Ratio{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ratioOf(tt.k, tt.n), within(0.005)); diff != "" {
				t.Errorf("ratio (-want +got)\n%s", diff)
			}
		})
	}
}

func TestSpreadOf(t *testing.T) {
	tests := map[string]struct {
		minutes []time.Duration
		want    Spread
	}{
		"nothing has no median":       {},
		"one is its own median":       {[]time.Duration{-3}, Spread{N: 1, Median: -3, P90: -3}},
		"an even number has a middle": {[]time.Duration{8, 2, -4, 4}, Spread{N: 4, Median: 3, P90: 8}},
		"p90 is the nearest rank":     {[]time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Spread{N: 10, Median: 5, P90: 9}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := spreadOf(tt.minutes)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("spread (-want +got)\n%s", diff)
			}
		})
	}
}

// Six significant episodes, of which the fourth and the last had no page, and
// six judged pages, of which two came with nothing.
func qualityInput() Input {
	in := dayInput(
		dayOf(
			spot{"01:00", "01:05", 20}, spot{"03:00", "03:05", 20}, spot{"05:00", "05:05", 20},
			spot{"07:00", "07:05", 40}, spot{"09:00", "09:05", 20}, spot{"11:00", "11:05", 20},
			spot{"20:00", "20:05", 20},
		),
		ticked("A", "01:01-01:10"), ticked("B", "03:02-03:10"), ticked("C", "05:03-05:30"), ticked("D", "08:57-09:06"),
		ticked("E", "14:00-14:10"), ticked("F", "16:00-16:10"),
	)
	in.Pages[0].Label = opsreview.Label{Verdict: opsreview.Actionable}
	in.Pages[4].Label = opsreview.Label{Verdict: opsreview.NotActionable}
	return in
}

func TestPrepare_Quality(t *testing.T) {
	r := Prepare(qualityInput())
	q := r.Burns[0].Quality
	want := Quality{
		Significant: 0.02,
		Precision:   ratioOf(4, 6), Recall: ratioOf(4, 6),
		Pending:  1,
		Weighted: 400. / 700, WeightedKnown: true,
		Detection:  Spread{N: 4, Median: 90 * time.Second, P90: 3 * time.Minute},
		Reset:      Spread{N: 4, Median: 5 * time.Minute, P90: 25 * time.Minute},
		Redundancy: 1,
		Curve: []AtBound{
			{0.01, ratioOf(4, 6), ratioOf(4, 6)},
			{0.02, ratioOf(4, 6), ratioOf(4, 6)},
			{0.05, ratioOf(4, 6), ratioOf(4, 6)},
			{0.10, ratioOf(0, 6), ratioOf(0, 1)},
		},
	}
	if diff := cmp.Diff(want, q, within(1e-9)); diff != "" {
		t.Errorf("quality (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(q, r.Quality); diff != "" {
		t.Errorf("quality over all of one SLO (-want +got)\n%s", diff)
	}
}

func TestPrepare_PagesOfOneEpisodeAreRedundant(t *testing.T) {
	in := dayInput(dayOf(spot{"03:00", "03:10", 100}), ticked("A", "03:00-03:10"), ticked("B", "03:01-03:10"), ticked("C", "03:02-03:10"))
	q := Prepare(in).Quality
	if q.Redundancy != 3 || q.Precision.K != 3 || q.Recall.K != 1 {
		t.Errorf("quality = %+v, want 3 pages of one episode", q)
	}
}

func TestPrepare_StalePagesDoNotTellHowFastAlertsAre(t *testing.T) {
	q := Prepare(dayInput(dayOf(spot{"03:00", "03:10", 100}), ticked("A", "01:00-03:20"))).Quality
	if q.Recall.K != 1 || q.Detection.N != 0 {
		t.Errorf("quality = %+v, want the episode detected and no time for it", q)
	}
}

func TestPrepare_PagesAndEpisodesCountOnceOverAdjoiningWindows(t *testing.T) {
	in := dayInput(dayOf(spot{"11:50", "12:10", 100}, spot{"03:00", "03:10", 100}), ticked("A", "03:01-03:10"), ticked("B", "12:02-12:20"))
	whole := Prepare(in)
	noon := onDay("12:00")
	in.Window = opsreview.Window{Start: theDay.Start, End: noon}
	first := Prepare(in)
	in.Window = opsreview.Window{Start: noon, End: theDay.End}
	second := Prepare(in)
	if got, want := first.Quality.Precision.N+second.Quality.Precision.N, whole.Quality.Precision.N; got != want {
		t.Errorf("%d pages were judged in the halves, %d in the whole", got, want)
	}
	// The page of the episode at noon comes after the first half.
	if first.Quality.Pending != 1 || second.Quality.Recall.N != 0 || second.Quality.Precision.K != 1 {
		t.Errorf("the episode at noon: %+v and %+v", first.Quality, second.Quality)
	}
	if len(second.Burns[0].Episodes) != 1 || !second.Burns[0].Episodes[0].Window.Start.Equal(onDay("11:50")) {
		t.Errorf("the second half lists %+v, want the episode with its onset", second.Burns[0].Episodes)
	}
	if got, want := first.Burns[0].Bad+second.Burns[0].Bad, whole.Burns[0].Bad; got != want {
		t.Errorf("%v was burned in the halves, %v in the whole", got, want)
	}
}

func TestPrepare_Unjudged(t *testing.T) {
	dark := dayOf(spot{"03:00", "03:10", 100})
	for i := range dark {
		if g := &dark[i]; !g.Start.Before(onDay("12:00")) && g.Start.Before(onDay("13:00")) {
			g.Covered = 0
		}
	}
	elsewhere := ticked("B", "03:00-03:10")
	elsewhere.Service.ID = "other"
	in := dayInput(dark, ticked("A", "03:00-03:10"), elsewhere, ticked("C", "13:30-13:40"), ticked("D", "20:00-20:10"))
	r := Prepare(in)
	if q := r.Burns[0].Quality; q.Unjudged != 1 || q.Precision.N != 2 || q.Precision.K != 1 {
		t.Errorf("quality of the SLO = %+v, want the page after the dark hour unjudged", q)
	}
	if q := r.Quality; q.Unjudged != 2 || q.Precision.N != 2 {
		t.Errorf("quality = %+v, want the page about no SLO unjudged too", q)
	}
	in.Series[0].Corrections = []opsreview.Correction{{SLO: "shop/availability", Window: opsreview.Window{Start: onDay("12:00"), End: onDay("13:00")}}}
	if q := Prepare(in).Quality; q.Unjudged != 1 {
		t.Errorf("%d pages are unjudged, want what is taken out to count as watched", q.Unjudged)
	}
}

func TestPrepare_NothingIsUnknownAndNotPerfect(t *testing.T) {
	for name, in := range map[string]Input{
		"no SLOs":                    {Window: theDay, Now: theDay.End},
		"an SLO without data":        dayInput(nil),
		"a window that lies ahead":   {Window: theDay, Now: theDay.Start.Add(-time.Hour), Series: dayInput(nil).Series},
		"a history without any burn": dayInput(dayOf()),
	} {
		t.Run(name, func(t *testing.T) {
			q := Prepare(in).Quality
			if q.Precision != (Ratio{}) || q.Recall != (Ratio{}) || q.WeightedKnown || q.Redundancy != 0 {
				t.Errorf("quality = %+v, want nothing to be known", q)
			}
		})
	}
}

func TestPrepare_Matrix(t *testing.T) {
	in := qualityInput()
	minor := ticked("G", "12:30-12:31")
	minor.Label = opsreview.Label{Verdict: opsreview.NotActionable, Withdrawn: true}
	in.Pages = append(in.Pages, minor)
	in.Series[0].Segments = dayOf(
		spot{"01:00", "01:05", 20}, spot{"03:00", "03:05", 20}, spot{"05:00", "05:05", 20},
		spot{"07:00", "07:05", 40}, spot{"09:00", "09:05", 20}, spot{"11:00", "11:05", 20},
		spot{"12:30", "12:31", 10},
	)
	other := ticked("H", "08:00-08:10")
	other.Service.ID = "other"
	in.Pages = append(in.Pages, other)
	want := Matrix{
		WithBurn: Verdicts{Actionable: 1, Unlabelled: 3}, WithMinor: Verdicts{Unlabelled: 1},
		WithoutBurn: Verdicts{NotActionable: 1, Unlabelled: 1}, Unjudged: Verdicts{Unlabelled: 1},
		Missed: 2, MissedCost: []MissedCost{{SLO: "shop/availability", Cost: 300. / 1800}},
	}
	if diff := cmp.Diff(want, Prepare(in).Matrix, within(1e-9)); diff != "" {
		t.Errorf("matrix (-want +got)\n%s", diff)
	}
}

func TestJudgement_APageCountsOnceWithTheMost(t *testing.T) {
	burn := judgement{WithBurn, 0.3, true}
	tests := map[string]struct{ a, b, want judgement }{
		"burn of one SLO is burn":               {burn, judgement{WithoutBurn, -1, false}, burn},
		"the dearer episode counts":             {burn, judgement{WithBurn, 0.5, true}, judgement{WithBurn, 0.5, true}},
		"bounds differ between SLOs":            {burn, judgement{WithMinor, 0.5, true}, judgement{WithBurn, 0.5, true}},
		"what cannot be judged says no more":    {judgement{Unjudged, 0.3, true}, judgement{WithoutBurn, -1, false}, judgement{WithoutBurn, -1, true}},
		"where none can be judged nothing is":   {judgement{Unjudged, -1, false}, judgement{Unjudged, 0.2, true}, judgement{Unjudged, -1, true}},
		"minor burn is more than to be without": {judgement{WithoutBurn, -1, false}, judgement{WithMinor, 0.01, true}, judgement{WithMinor, 0.01, true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, got := range []judgement{tt.a.and(tt.b), tt.b.and(tt.a)} {
				if got.verdict != tt.want.verdict || got.matched != tt.want.matched || got.verdict != Unjudged && got.dearest != tt.want.dearest {
					t.Errorf("judgement = %+v, want %+v", got, tt.want)
				}
			}
		})
	}
}
