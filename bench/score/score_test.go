package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const minute, hour = 60, 3600

// minutes are spans given by their first and last minutes.
func minutes(bounds ...int64) []span {
	var spans []span
	for i := 0; i < len(bounds); i += 2 {
		spans = append(spans, span{bounds[i] * minute, bounds[i+1] * minute})
	}
	return spans
}

func TestEvents(t *testing.T) {
	tests := map[string]struct{ labels, want []span }{
		"no labels are no events":               {nil, nil},
		"labels side by side are one":           {minutes(0, 5, 5, 10), minutes(0, 10)},
		"labels less than an hour apart are":    {minutes(0, 5, 64, 69), minutes(0, 69)},
		"labels an hour apart are two":          {minutes(0, 5, 65, 70), minutes(0, 5, 65, 70)},
		"of hourly labels one may be missing":   {minutes(0, 60, 120, 180), minutes(0, 180)},
		"of hourly labels two missing part two": {minutes(0, 60, 180, 240), minutes(0, 60, 180, 240)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, events(tt.labels), cmp.AllowUnexported(span{})); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	tests := map[string]struct {
		windows, events   []span
		found, good, left int // left are false windows
	}{
		"nothing of nothing":                        {},
		"an event without a window is missed":       {events: minutes(100, 110)},
		"a window without an event is false":        {windows: minutes(100, 110), left: 1},
		"a window at an event finds it":             {minutes(100, 105), minutes(100, 110), 1, 1, 0},
		"within a quarter of an hour is at it":      {minutes(80, 86), minutes(100, 110), 1, 1, 0},
		"a quarter of an hour away is not":          {minutes(80, 85), minutes(100, 110), 0, 0, 1},
		"after it, too":                             {minutes(124, 130), minutes(100, 110), 1, 1, 0},
		"many windows of one event are all right":   {minutes(100, 101, 105, 106), minutes(100, 110), 1, 2, 0},
		"one window of two events finds both":       {minutes(100, 200), minutes(100, 110, 190, 200), 2, 1, 0},
		"a short window need only touch":            {minutes(0, 119), minutes(133, 140), 1, 1, 0},
		"of a long one a quarter must be at events": {minutes(0, 120), minutes(133, 140), 0, 0, 1},
		"a quarter is enough":                       {minutes(0, 120), minutes(105, 140), 1, 1, 0},
		"a quarter of several events is":            {minutes(0, 240), minutes(0, 15, 120, 125), 2, 1, 0},
		"a long window within an event is":          {minutes(1000, 2000), minutes(0, 9000), 1, 1, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := judge(tt.windows, tt.events, span{0, 7 * 24 * hour})
			if got.found != tt.found || got.good != tt.good || got.noise() != float64(tt.left) {
				t.Errorf("%d found, %d right, %g false; want %d, %d, %d", got.found, got.good, got.noise(), tt.found, tt.good, tt.left)
			}
		})
	}
}

func TestTally(t *testing.T) {
	half := span{0, 7 * 24 * hour / 2}
	a := judge(minutes(100, 105, 500, 505), minutes(100, 110), half)
	b := judge(nil, minutes(7, 8), half)
	got := a.plus(b)
	if got.recall() != .5 || got.precision() != .5 || got.noise() != 1 || got.eagerness() != 2 || got.share() != 10./(7*24*60) {
		t.Errorf("recall %g, precision %g, %g false and %g windows in a week, %g of the time", got.recall(), got.precision(), got.noise(), got.eagerness(), got.share())
	}
	if nothing := (tally{}); nothing.recall() != 0 || nothing.noise() != 0 || nothing.speed() != 0 {
		t.Errorf("nothing has a recall of %g", nothing.recall())
	}
}

func TestCut(t *testing.T) {
	got := cut(minutes(0, 10, 95, 105, 110, 120, 190, 210, 200, 300), span{100 * minute, 200 * minute})
	if diff := cmp.Diff(minutes(100, 105, 110, 120, 190, 200), got, cmp.AllowUnexported(span{})); diff != "" {
		t.Errorf("windows under review (-want +got):\n%s", diff)
	}
}

func TestReadSeries(t *testing.T) {
	tests := map[string]struct {
		text   string
		values []float64
		events []span
		review span
		wrong  bool
	}{
		"values, gaps and labels": {
			text:   "# step=60 review=180\ntime,value,label\n0,1,0\n60,2.5,0\n120,,0\n180,3,1\n240,4,0\n",
			values: []float64{1, 2.5, math.NaN(), 3, 4}, events: minutes(3, 4), review: span{180, 300},
		},
		"missing fields are unknown": {
			text:   "# step=60 review=0\ntime,value,label\n0,1\n60\n120,,1\n180,x,x\n",
			values: []float64{1, math.NaN(), math.NaN(), math.NaN()}, events: minutes(2, 3), review: span{0, 240},
		},
		"missing lines are gaps, and order does not matter": {
			text:   "# review=60 step=60\n180,4,0\n0,1,0\n",
			values: []float64{1, math.NaN(), math.NaN(), 4}, review: span{60, 240},
		},
		"labels before the review are not events": {
			text:   "# step=60 review=60\n0,1,1\n60,2,0\n",
			values: []float64{1, 2}, review: span{60, 120},
		},
		"without a step there is no grid": {text: "time,value,label\n0,1,0\n", wrong: true},
		"without points neither":          {text: "# step=60 review=0\n", wrong: true},
		"times must be of one grid":       {text: "# step=1 review=0\n0,1,0\n1e15,1,0\n", wrong: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l, err := readSeries(strings.NewReader(tt.text))
			if (err != nil) != tt.wrong {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tt.values, l.series.Values, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.events, l.events, cmp.AllowUnexported(span{})); diff != "" || l.review != tt.review {
				t.Errorf("review of %v, events (-want +got):\n%s", l.review, diff)
			}
		})
	}
}

func TestFlagged_JoinsWithinAnHour(t *testing.T) {
	l, err := readSeries(strings.NewReader("# step=1200 review=0\n0,1,0\n1200,9,0\n2400,9,0\n3600,1,0\n4800,9,0\n6000,1,0\n7200,1,0\n8400,1,0\n9600,9,0\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := flagged(func(l labelled) []float64 { return l.series.Values }, 9)(l)
	if diff := cmp.Diff([]span{{1200, 6000}, {9600, 10800}}, got, cmp.AllowUnexported(span{})); diff != "" {
		t.Errorf("windows (-want +got):\n%s", diff)
	}
}

func TestTransform_AndBack(t *testing.T) {
	x := []complex128{1, 2, 3, -4, 0, 0, 7, 1}
	y := append([]complex128(nil), x...)
	transform(y, false)
	if y[0] != 10 {
		t.Errorf("the sum is %v, want 10", y[0])
	}
	transform(y, true)
	if diff := cmp.Diff(x, y, cmp.Comparer(near)); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
}

func near(a, b complex128) bool { return math.Hypot(real(a-b), imag(a-b)) < 1e-9 }

// A spike that everybody must find, and nothing else.
func TestPlainDetectors_FindASpike(t *testing.T) {
	dir := t.TempDir()
	writeSpike(t, filepath.Join(dir, "made-up.csv.gz"))
	corpus, err := readCorpus(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(plainOnes, byDefault) {
		if got := score(d, corpus)["made"]; got.recall() != 1 {
			t.Errorf("%s misses it: %+v", d.name, got)
		}
	}
	if err := run([]string{"-worst", "2", "-halves", "1", dir}, io.Discard, io.Discard); err != nil {
		t.Errorf("a family without a bar fails: %v", err)
	}
}

func TestRun_WrongUse(t *testing.T) {
	tests := map[string][]string{
		"no directory":       {},
		"two directories":    {"a", "b"},
		"an empty directory": {t.TempDir()},
		"no such flag":       {"-loud", "a"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			if run(args, io.Discard, io.Discard) == nil {
				t.Error("it succeeds")
			}
		})
	}
}

func writeSpike(t testing.TB, path string) {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	text := "# step=300 review=604800\ntime,value,label\n"
	for i := range 4000 {
		value, label := 100+float64((i*7919)%23)/10+5*math.Sin(float64(i)/288*2*math.Pi), 0
		if i >= 3000 && i < 3004 {
			value, label = 400, 1
		}
		text += fmt.Sprintf("%d,%g,%d\n", i*300, value, label)
	}
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBar holds the detector against the labelled series, where they are.
func TestBar(t *testing.T) {
	const dir = "../../../shared/corpus/anomaly"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the labelled series are not on this machine")
	}
	corpus, err := readCorpus(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := missed(score(byDefault, corpus)); err != nil {
		t.Error(err)
	}
}
