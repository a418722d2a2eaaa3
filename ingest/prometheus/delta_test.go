package prometheus

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// at makes a track of pairs of a time in seconds and a value.
func at(target string, pairs ...float64) track {
	t := track{target: target}
	for i := 0; i < len(pairs); i += 2 {
		t.at, t.value = append(t.at, int64(pairs[i]*1000)), append(t.value, pairs[i+1])
	}
	return t
}

var bounds = spans{gap: 5 * time.Minute, bridge: 6 * time.Hour}

func TestDeltas(t *testing.T) {
	steady := at("vault-1", 0, 100, 60, 110, 120, 120, 180, 130, 240, 140, 300, 150, 360, 160, 420, 170, 480, 180)
	tests := map[string]struct {
		track  track
		beside []track
		want   []delta
	}{
		"a first sample says nothing": {track: at("", 0, 100)},
		"a counter counts between its samples": {
			track: at("", 0, 100, 60, 103), want: []delta{{start: 0, end: 60_000, n: 3}},
		},
		"a counter that falls began anew": {
			track: at("", 0, 100, 60, 7), want: []delta{{start: 0, end: 60_000, n: 7, reset: true}},
		},
		"a pause of the bound is none": {
			track: at("", 0, 100, 300, 103), want: []delta{{start: 0, end: 300_000, n: 3}},
		},
		"a longer pause is a gap": {
			track: at("", 0, 100, 301, 103), want: []delta{{start: 0, end: 301_000, n: 3, gap: true}},
		},
		"a counter may begin anew in a gap": {
			track: at("", 0, 100, 301, 3), want: []delta{{start: 0, end: 301_000, n: 3, gap: true, reset: true}},
		},
		"what is longer than the bridge is unknown": {
			track: at("", 0, 100, 6*3600+1, 103),
		},
		"a counter that is born while its target is scraped counts from zero": {
			track: at("vault-1", 120, 4, 180, 6), beside: []track{steady},
			want: []delta{{start: 60_000, end: 120_000, n: 4}, {start: 120_000, end: 180_000, n: 2}},
		},
		"one that is born with its target says nothing": {
			track: at("vault-1", 0, 4, 60, 6), beside: []track{steady},
			want: []delta{{start: 0, end: 60_000, n: 2}},
		},
		"one of another target says nothing": {
			track: at("vault-2", 120, 4), beside: []track{steady},
		},
		"one that was away while its target was scraped was born anew": {
			track: at("vault-1", 0, 100, 480, 103), beside: []track{steady},
			want: []delta{{start: 420_000, end: 480_000, n: 103}},
		},
		"one that missed a scrape goes on": {
			track: at("vault-1", 0, 3, 120, 5), beside: []track{steady},
			want: []delta{{start: 0, end: 120_000, n: 2}},
		},
		"one that missed a scrape while its target began anew was born again": {
			track: at("vault-1", 0, 3, 120, 5), beside: []track{at("vault-1", 0, 100, 60, 2, 120, 4)},
			want: []delta{{start: 60_000, end: 120_000, n: 5}},
		},
		"where all counters change at once only their labels did": {
			track: at("vault-1", 120, 4000), beside: []track{at("vault-1", 0, 100, 60, 110), at("vault-1", 120, 120, 180, 130)},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := newCounting(bounds, append(tt.beside, tt.track)).deltas(tt.track)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(delta{})); diff != "" {
				t.Errorf("deltas (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSpread(t *testing.T) {
	tests := map[string]struct {
		delta delta
		want  []float64 // of the minutes 0 to 3
	}{
		"a scrape a minute on the minute":              {delta{start: 60_000, end: 120_000, n: 7}, []float64{0, 7, 0, 0}},
		"a scrape between minutes gives whole events":  {delta{start: 17_000, end: 77_000, n: 7}, []float64{5, 2, 0, 0}},
		"one event goes where the interval ends":       {delta{start: 17_000, end: 77_000, n: 1}, []float64{0, 1, 0, 0}},
		"fractions are spread as fractions":            {delta{start: 30_000, end: 90_000, n: 1.5}, []float64{0.75, 0.75, 0, 0}},
		"what lies outside is another piece's":         {delta{start: -60_000, end: 60_000, n: 10}, []float64{5, 0, 0, 0}},
		"a long one is spread evenly":                  {delta{start: 0, end: 240_000, n: 10}, []float64{2, 3, 2, 3}},
		"what begins within the last minute ends here": {delta{start: 210_000, end: 270_000, n: 10}, []float64{0, 0, 0, 5}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			into := make([]tally, 4)
			spread(into, 0, tt.delta)
			var got []float64
			for _, m := range into {
				got = append(got, m.n)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// However a delta lies and wherever the pieces are cut, its parts are whole
// and add up to it.
func TestSpread_LosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		start := r.Int64N(600_000)
		d := delta{start: start, end: start + 1 + r.Int64N(7_200_000), n: float64(r.Int64N(1 << (1 + r.IntN(45))))}
		sum := 0.0
		for from := int64(0); from <= d.end; {
			into := make([]tally, 1+r.IntN(200))
			spread(into, from, d)
			for _, m := range into {
				if m.n < 0 || m.n != float64(int64(m.n)) {
					t.Fatalf("%+v has a part of %v", d, m.n)
				}
				sum += m.n
			}
			from += int64(len(into)) * minute
		}
		if sum != d.n {
			t.Fatalf("%+v has parts of %v together", d, sum)
		}
	}
}

func TestRows(t *testing.T) {
	live := func(n float64) tally { return tally{n: n, live: true} }
	tests := map[string]struct {
		total, good, bad []tally
		want             []row
	}{
		"good is what is not bad": {
			total: []tally{live(10)}, good: []tally{live(7)},
			want: []row{{known: true, covered: true, total: 10, bad: 3}},
		},
		"good and bad make a total": {
			good: []tally{live(7)}, bad: []tally{live(2)},
			want: []row{{known: true, covered: true, total: 9, bad: 2}},
		},
		"no traffic is known": {
			total: []tally{live(0)}, bad: []tally{{}},
			want: []row{{known: true, covered: true}},
		},
		"nothing watched is unknown, whatever the errors say": {
			total: []tally{{}}, bad: []tally{live(3)},
			want: []row{{}},
		},
		"more good events than events are an excess": {
			total: []tally{live(10)}, good: []tally{live(13)},
			want: []row{{known: true, covered: true, total: 10, excess: 3}},
		},
		"what rounding moved is moved back": {
			total: []tally{{n: 1, live: true, cuts: 1}, {n: 2, live: true, cuts: 1}}, good: []tally{{n: 2, live: true, cuts: 1}, {n: 0, live: true, cuts: 1}},
			want: []row{{known: true, covered: true, total: 1, cuts: 2}, {known: true, covered: true, total: 2, bad: 1, cuts: 2}},
		},
		"bad events are at most events, and none is lost": {
			total: []tally{live(1), live(5)}, bad: []tally{live(3), live(1)},
			want: []row{{known: true, covered: true, total: 1, bad: 1}, {known: true, covered: true, total: 5, bad: 3}},
		},
		"more bad events than the hour has events are an excess": {
			total: []tally{live(1), live(1)}, bad: []tally{live(3), live(0)},
			want: []row{{known: true, covered: true, total: 1, bad: 1}, {known: true, covered: true, total: 1, bad: 1, excess: 1}},
		},
		"one counter's gap is not covered by the others": {
			total: []tally{{n: 10, gap: 4, live: true, gapped: true}}, bad: []tally{{n: 3, gap: 1, live: true, gapped: true}},
			want: []row{{known: true, total: 10, bad: 3, gapBad: 1}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := rows(tt.total, tt.good, tt.bad, len(tt.want))
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(row{})); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}
