package storetest

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
)

var seriesTests = map[string]func(*testing.T, Store){
	"values come back exactly, on one grid":          testPointsExact,
	"the same values again change nothing":           testPointsTwice,
	"values replace the stretch that they cover":     testPointsReplace,
	"the finest step of the window makes the grid":   testPointsSteps,
	"pieces in any order make the same series":       testPointsPieces,
	"values that make no sense are refused":          testPointsInvalid,
	"a window says which of the grid is read":        testPointsWindow,
	"old values are thinned and older ones dropped":  testThin,
	"series that ended long ago are forgotten":       testThinForgets,
	"a counter that is none any more is another one": testSeriesChange,
}

const (
	reads    = "vault/4"
	readsKey = "0a1b"
)

// readsBatch is a chart with one series, and values of it from a time on.
func readsBatch(start time.Time, step time.Duration, values ...float64) opsreview.Batch {
	return opsreview.Batch{
		Charts: []opsreview.Chart{{Key: reads, Title: "Reads"}},
		Series: []opsreview.Series{{Key: readsKey, Chart: reads, Query: "A", Name: "vault-0", Labels: map[string]string{"pod": "vault-0"}}},
		Points: []opsreview.Points{{Series: readsKey, Start: start, Step: step, Values: values}},
	}
}

var nan = math.NaN()

// ramp returns n values from first on.
func ramp(first float64, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = first + float64(i)
	}
	return values
}

func points(t *testing.T, st Store, from, to float64) opsreview.Points {
	t.Helper()
	return must(st.Points(t.Context(), readsKey, opsreview.Window{Start: minute(from), End: minute(to)}))(t)
}

// wantValues compares values, NaN with NaN.
func wantValues(t *testing.T, what string, want, got []float64) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func state(t *testing.T, st Store) opsreview.SeriesState {
	t.Helper()
	all := must(st.SeriesStates(t.Context(), []string{reads}))(t)
	if len(all) != 1 {
		t.Fatalf("%d series, want 1", len(all))
	}
	return all[0]
}

func testPointsExact(t *testing.T, st Store) {
	want := []float64{0, 1.5, nan, -1e-300, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0.1 + 0.2, 1.0 / 3, 1.0 / 3, 5e-324}
	saved := save(t, st, "prom", readsBatch(minute(-5), time.Minute, want...))
	same(t, "saved", opsreview.Saved{Series: 1, Points: 11}, saved)
	got := points(t, st, -5, 7)
	same(t, "start", minute(-5), got.Start)
	same(t, "step", time.Minute, got.Step)
	wantValues(t, "values across midnight", want, got.Values)
	if !math.Signbit(got.Values[7]) {
		t.Error("a negative zero has lost its sign")
	}
	s := state(t, st)
	same(t, "state", opsreview.SeriesState{
		Series: readsBatch(monday, 1).Series[0], First: minute(-5), Last: minute(6), Version: 1,
	}, s)
	same(t, "counted", 1, must(st.Source(t.Context(), "prom"))(t).Series)
	prices := []float64{0.1, 12.75, 1e6 + 0.001, 0, 3, 3, 3, -7.5}
	save(t, st, "prom", readsBatch(minute(60), time.Minute, prices...))
	wantValues(t, "decimal fractions", prices, points(t, st, 60, 68).Values)
}

func testPointsTwice(t *testing.T, st Store) {
	b := readsBatch(minute(0), time.Minute, 1, nan, 3)
	save(t, st, "prom", b)
	same(t, "saved again", opsreview.Saved{}, save(t, st, "prom", b))
	same(t, "version", 1, state(t, st).Version)
	b.Points[0].Values[1] = 2
	same(t, "one more", opsreview.Saved{Points: 1}, save(t, st, "prom", b))
	same(t, "version", 2, state(t, st).Version)
}

func testPointsReplace(t *testing.T, st Store) {
	save(t, st, "prom", readsBatch(minute(0), time.Minute, ramp(0, 10)...))
	same(t, "changed", 2, save(t, st, "prom", readsBatch(minute(3), time.Minute, 3, 40, nan)).Points)
	wantValues(t, "values", []float64{0, 1, 2, 3, 40, nan, 6, 7, 8, 9}, points(t, st, 0, 10).Values)
	same(t, "coarser ones", 2, save(t, st, "prom", readsBatch(minute(0), 5*time.Minute, 100, 500)).Points)
	got := points(t, st, 0, 10)
	same(t, "step", 5*time.Minute, got.Step)
	wantValues(t, "only those", []float64{100, 500}, got.Values)
	save(t, st, "prom", readsBatch(minute(0), 5*time.Minute, nan, nan))
	same(t, "nothing is left", opsreview.Points{Series: readsKey}, points(t, st, 0, 10))
	s := state(t, st)
	same(t, "no beginning", time.Time{}, s.First)
	same(t, "version", 4, s.Version)
}

func testPointsSteps(t *testing.T, st Store) {
	save(t, st, "prom", readsBatch(minute(-10), 5*time.Minute, 1, 2))
	save(t, st, "prom", readsBatch(minute(0), time.Minute, 10, 11, 12))
	got := points(t, st, -10, 4)
	same(t, "step", time.Minute, got.Step)
	wantValues(t, "values", []float64{1, nan, nan, nan, nan, 2, nan, nan, nan, nan, 10, 11, 12, nan}, got.Values)
	got = points(t, st, -10, 0)
	same(t, "step of a window without the fine ones", 5*time.Minute, got.Step)
	wantValues(t, "values", []float64{1, 2}, got.Values)
}

func testPointsPieces(t *testing.T, st Store) {
	all := ramp(0, 3000)
	for _, from := range []int{2400, 0, 1800, 600, 1200} {
		save(t, st, "prom", readsBatch(minute(float64(from)), time.Minute, all[from:from+600]...))
	}
	wantValues(t, "values", all, points(t, st, 0, 3000).Values)
	same(t, "the whole again", opsreview.Saved{}, save(t, st, "prom", readsBatch(minute(0), time.Minute, all...)))
	s := state(t, st)
	same(t, "first", minute(0), s.First)
	same(t, "last", minute(2999), s.Last)
}

func testPointsInvalid(t *testing.T, st Store) {
	for name, change := range map[string]func(*opsreview.Points){
		"no series":                  func(p *opsreview.Points) { p.Series = "" },
		"an unknown series":          func(p *opsreview.Points) { p.Series = "ffff" },
		"no step":                    func(p *opsreview.Points) { p.Step = 0 },
		"half a second":              func(p *opsreview.Points) { p.Step = time.Second / 2 },
		"a step that divides no day": func(p *opsreview.Points) { p.Step = 7 * time.Minute },
		"two days":                   func(p *opsreview.Points) { p.Step = 48 * time.Hour },
		"off the grid":               func(p *opsreview.Points) { p.Start = p.Start.Add(time.Second) },
		"a part of a second":         func(p *opsreview.Points) { p.Start = p.Start.Add(time.Millisecond) },
		"before 1970":                func(p *opsreview.Points) { p.Start = time.Unix(-60, 0) },
		"no start":                   func(p *opsreview.Points) { p.Start = time.Time{} },
		"too far":                    func(p *opsreview.Points) { p.Start = time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC) },
	} {
		b := readsBatch(minute(0), time.Minute, 1, 2)
		change(&b.Points[0])
		if _, err := st.SaveBatch(t.Context(), "prom", b); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*opsreview.Batch){
		"no chart":            func(b *opsreview.Batch) { b.Charts = nil },
		"a chart without key": func(b *opsreview.Batch) { b.Charts[0].Key = "" },
		"a chart of another":  func(b *opsreview.Batch) { b.Charts[0].Source = "other" },
		"a long key":          func(b *opsreview.Batch) { b.Series[0].Key = string(make([]byte, 600)) },
		"a key without UTF-8": func(b *opsreview.Batch) { b.Charts[0].Key = "\xff" },
		"long labels":         func(b *opsreview.Batch) { b.Series[0].Labels["x"] = string(make([]byte, 65<<10)) },
		"too many values":     func(b *opsreview.Batch) { b.Points[0].Values = make([]float64, 4<<20+1) },
		"many labels":         func(b *opsreview.Batch) { b.Series[0].Labels = manyLabels() },
		"many series at once": func(b *opsreview.Batch) { b.Series = manySeries() },
		"a list of who knows": func(b *opsreview.Batch) { b.Listed = []string{"panels"} },
		"an endless dashboard": func(b *opsreview.Batch) {
			b.Dashboards = []opsreview.Dashboard{{UID: "a", Title: strings.Repeat("x", 9<<20)}}
		},
		"a dashboard of other": func(b *opsreview.Batch) { b.Dashboards = []opsreview.Dashboard{{UID: "a", Source: "other"}} },
		"no name of a runbook": func(b *opsreview.Batch) { b.Runbooks = []opsreview.Runbook{{}} },
	} {
		b := readsBatch(minute(0), time.Minute, 1, 2)
		change(&b)
		if _, err := st.SaveBatch(t.Context(), "prom", b); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := st.Points(t.Context(), readsKey, opsreview.Window{})
	wantCode(t, err, opsreview.NotFound)
}

func manyLabels() map[string]string {
	labels := map[string]string{}
	for i := range 65 {
		labels[fmt.Sprint(i)] = "x"
	}
	return labels
}

func manySeries() []opsreview.Series {
	all := make([]opsreview.Series, 2001)
	for i := range all {
		all[i] = opsreview.Series{Key: fmt.Sprint(i), Chart: reads}
	}
	return all
}

func testPointsWindow(t *testing.T, st Store) {
	save(t, st, "prom", readsBatch(minute(0), time.Minute, 1, 2, 3))
	got := points(t, st, -2, 5)
	same(t, "start", minute(-2), got.Start)
	wantValues(t, "wider", []float64{nan, nan, 1, 2, 3, nan, nan}, got.Values)
	got = points(t, st, 0.5, 2.5)
	same(t, "start between two", minute(1), got.Start)
	wantValues(t, "between", []float64{2, 3}, got.Values)
	wantValues(t, "the end is not in it", []float64{1, 2}, points(t, st, 0, 2).Values)
	got = must(st.Points(t.Context(), readsKey, opsreview.Window{}))(t)
	same(t, "start of all", minute(0), got.Start)
	wantValues(t, "all", []float64{1, 2, 3}, got.Values)
	same(t, "nothing there", opsreview.Points{Series: readsKey}, points(t, st, 3, 900))
	_, err := st.Points(t.Context(), readsKey, opsreview.Window{Start: monday, End: monday.AddDate(20, 0, 0)})
	wantCode(t, err, opsreview.Invalid)
}

func testThin(t *testing.T, st Store) {
	values := ramp(0, 2880)
	values[10], values[11] = nan, nan
	for i := 20; i < 25; i++ {
		values[i] = nan
	}
	save(t, st, "prom", readsBatch(minute(0), time.Minute, values...))
	day := func(n int) time.Time { return monday.AddDate(0, 0, n) }
	same(t, "young", 0, must(st.Thin(t.Context(), day(22).Add(-time.Second)))(t))
	same(t, "one day", 1433-287, must(st.Thin(t.Context(), day(22)))(t))
	same(t, "again", 0, must(st.Thin(t.Context(), day(22)))(t))
	got := points(t, st, 0, 30)
	same(t, "step", 5*time.Minute, got.Step)
	wantValues(t, "the first known of each", []float64{0, 5, 12, 15, nan, 25}, got.Values)
	same(t, "the other day", time.Minute, points(t, st, 1440, 1450).Step)
	same(t, "version", 1, state(t, st).Version)
	late := readsBatch(minute(0), time.Minute, 1, 2, 3)
	save(t, st, "prom", late)
	same(t, "what came late", 2, must(st.Thin(t.Context(), day(22)))(t))
	wantValues(t, "with it", []float64{1, 5}, points(t, st, 0, 10).Values)
	same(t, "a day is dropped, one thinned", 287+1440-288, must(st.Thin(t.Context(), day(101)))(t))
	same(t, "first", day(1), state(t, st).First)
	same(t, "last", day(2).Add(-5*time.Minute), state(t, st).Last)
}

func testThinForgets(t *testing.T, st Store) {
	b := readsBatch(minute(0), time.Minute, 1, 2, 3)
	b.Series = append(b.Series, opsreview.Series{Key: "new", Chart: reads, Name: "w"})
	save(t, st, "prom", b)
	w := opsreview.Window{Start: monday, End: hour(1)}
	mustDo(t, st.SaveScans(t.Context(), []opsreview.Scan{{Series: readsKey, Window: w, Of: "1"}, {Series: "new", Window: w, Of: "2"}}))
	must(st.Thin(t.Context(), monday.AddDate(0, 0, 59)))(t)
	same(t, "scans", 2, len(must(st.Scans(t.Context(), []string{readsKey, "new"}, w))(t)))
	must(st.Thin(t.Context(), monday.AddDate(0, 0, 61)))(t)
	same(t, "old scans", 0, len(must(st.Scans(t.Context(), []string{readsKey, "new"}, w))(t)))
	mustDo(t, st.SaveScans(t.Context(), []opsreview.Scan{{Series: readsKey, Window: opsreview.Window{Start: monday, End: monday.AddDate(1, 0, 0)}}}))
	same(t, "dropped", 1, must(st.Thin(t.Context(), monday.AddDate(0, 0, 101)))(t))
	_, err := st.Points(t.Context(), readsKey, opsreview.Window{})
	wantCode(t, err, opsreview.NotFound)
	same(t, "what never had values stays", "new", state(t, st).Key)
	same(t, "and comes again", opsreview.Saved{Series: 1, Points: 3}, save(t, st, "prom", readsBatch(minute(0), time.Minute, 1, 2, 3)))
}

func testSeriesChange(t *testing.T, st Store) {
	b := readsBatch(minute(0), time.Minute, 1, 2)
	save(t, st, "prom", b)
	b.Series[0].Counter = true
	same(t, "changed", opsreview.Saved{Series: 1}, save(t, st, "prom", b))
	same(t, "version", 2, state(t, st).Version)
	b.Series[0].Name = "other"
	same(t, "changed", opsreview.Saved{Series: 1}, save(t, st, "prom", b))
	same(t, "version", 2, state(t, st).Version)
	same(t, "name", "other", state(t, st).Name)
}
