package slo

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

// The rates of the table: of 100 events a minute 1 may be bad, so that 6 burn
// fast, and an average of 1 burns slowly.
func TestEpisodes(t *testing.T) {
	tests := map[string]struct {
		segments []opsreview.Segment
		o        opsreview.Objective
		want     []string
	}{
		"nothing bad is no episode": {segments: dayOf()},
		"six times the sustainable rate is fast": {
			segments: dayOf(spot{"03:00", "03:10", 6}), want: []string{"03:00–03:10 60"},
		},
		"less than that is not": {
			segments: dayOf(spot{"03:00", "03:10", 5}),
		},
		"fewer than five bad events are none": {
			segments: sparse(dayOf(spot{"03:00", "03:04", 1}), 10),
		},
		"five bad events are enough": {
			segments: sparse(dayOf(spot{"03:00", "03:05", 1}), 10), want: []string{"03:00–03:05 5"},
		},
		"a hole of half an hour does not part": {
			segments: dayOf(spot{"03:00", "03:10", 9}, spot{"03:40", "03:50", 9}), want: []string{"03:00–03:50 180"},
		},
		"a longer hole does": {
			segments: dayOf(spot{"03:00", "03:10", 9}, spot{"03:41", "03:51", 9}), want: []string{"03:00–03:10 90", "03:41–03:51 90"},
		},
		"single bad events of a healthy service with little traffic are none": {
			segments: sparse(dayOf(each(20*time.Minute, 1)...), 10),
		},
		"they do not lengthen an outage": {
			segments: sparse(dayOf(append(each(20*time.Minute, 1), spot{"03:00", "03:10", 10})...), 10), want: []string{"03:00–03:10 100"},
		},
		"single bad events that are more than sustainable are one episode": {
			segments: sparse(dayOf(each(9*time.Minute, 1)[:20]...), 10), want: []string{"00:00–02:52 20"},
		},
		"an hour at the sustainable rate is slow, from its first to its last bad unit": {
			segments: dayOf(spot{"03:10", "03:50", 2}), want: []string{"03:10–03:50 80 slow"},
		},
		"an hour below it is none": {
			segments: dayOf(spot{"03:10", "03:39", 2}),
		},
		"slow hours that adjoin are one": {
			segments: dayOf(spot{"03:10", "09:50", 2}), want: []string{"03:10–09:50 800 slow"},
		},
		"slow hours with an hour between them are two": {
			segments: dayOf(spot{"03:00", "03:55", 2}, spot{"05:00", "05:55", 2}),
			want:     []string{"03:00–03:55 110 slow", "05:00–05:55 110 slow"},
		},
		"fast burn within long slow burn is one episode with it": {
			segments: dayOf(spot{"03:00", "07:00", 2}, spot{"05:00", "05:20", 50}), want: []string{"03:00–07:00 1440"},
		},
		"slow burn that hangs on to fast burn for less than two hours is left out": {
			segments: dayOf(spot{"03:00", "04:30", 2}, spot{"03:20", "03:30", 50}), want: []string{"03:20–03:30 500"},
		},
		"what burns fast does not count towards the two hours": {
			segments: dayOf(spot{"03:00", "05:00", 2}, spot{"03:20", "03:30", 50}), want: []string{"03:20–03:30 500"},
		},
		"slow burn that touches fast burn and lasts two hours is one with it": {
			segments: dayOf(spot{"02:50", "03:00", 50}, spot{"03:00", "05:00", 2}), want: []string{"02:50–05:00 740"},
		},
		"slow burn on both sides of fast burn is one with it": {
			segments: dayOf(spot{"00:00", "08:00", 2}, spot{"03:00", "05:00", 50}), want: []string{"00:00–08:00 6720"},
		},
		"slow burn an hour away is by itself": {
			segments: dayOf(spot{"01:20", "01:30", 50}, spot{"03:00", "04:00", 2}), want: []string{"01:20–01:30 500", "03:00–04:00 120 slow"},
		},
		"a long segment can be an episode by itself": {
			segments: joinAll(dayOf(spot{"03:00", "07:00", 2}), "03:00", "07:00"), want: []string{"03:00–07:00 480 slow"},
		},
		"a long bad-free segment is no hole to cross": {
			segments: joinAll(dayOf(spot{"03:00", "03:10", 9}, spot{"05:00", "05:10", 9}), "03:10", "05:00"),
			want:     []string{"03:00–03:10 90", "05:00–05:10 90"},
		},
		"burn that began before the window begins where it began": {
			segments: dayOf(spot{"-00:10", "00:10", 50}), want: []string{"23:50–00:10 1000"},
		},
		"one bad slice is an episode": {
			o:        opsreview.Objective{Target: 0.99, Method: opsreview.Timeslices, Slice: 5 * time.Minute, SliceTarget: 0.9},
			segments: dayOf(spot{"03:02", "03:04", 50}), want: []string{"03:00–03:05 1"},
		},
		"ratios of slices add up to one": {
			o:        opsreview.Objective{Target: 0.99, Method: opsreview.RatioTimeslices, Slice: 5 * time.Minute},
			segments: dayOf(spot{"03:00", "03:10", 50}, spot{"06:00", "06:05", 50}), want: []string{"03:00–03:10 1"},
		},
		"an objective that allows much has slow episodes only": {
			o:        opsreview.Objective{Target: 0.5, Method: opsreview.Occurrences},
			segments: dayOf(spot{"03:00", "04:00", 100}), want: []string{"03:00–04:00 6000 slow"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.o.Method == "" {
				tt.o = opsreview.Objective{Target: 0.99, Method: opsreview.Occurrences}
			}
			w := opsreview.Window{Start: theDay.Start.Add(-lookback), End: theDay.End}
			b := burningOf(units(Series{Segments: tt.segments}, tt.o, w), tt.o)
			var got []string
			for _, e := range b.episodes(opsreview.SLO{}, 1800) {
				text := fmt.Sprintf("%s–%s %.6g", e.Window.Start.Format("15:04"), e.Window.End.Format("15:04"), e.Bad)
				if e.Slow {
					text += " slow"
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("episodes (-want +got)\n%s", diff)
			}
		})
	}
}

func TestEpisodes_CostAndPeak(t *testing.T) {
	o := opsreview.Objective{Target: 0.99, Method: opsreview.Occurrences}
	b := burningOf(dayOf(spot{"03:00", "03:02", 18}, spot{"03:02", "03:03", 0}, spot{"05:00", "05:01", 35}), o)
	got := b.episodes(opsreview.SLO{}, 1800)
	if len(got) != 2 || !got[0].Significant || got[1].Significant {
		t.Fatalf("episodes = %+v, want 36 of 1800 to be significant and 35 not to be", got)
	}
	if diff := cmp.Diff([]float64{0.02, 18}, []float64{got[0].Cost, got[0].Peak}, within(1e-9)); diff != "" {
		t.Errorf("cost and peak (-want +got)\n%s", diff)
	}
	if got := b.episodes(opsreview.SLO{Significant: 0.01}, 1800); !got[1].Significant {
		t.Error("the SLO's own bound was not used")
	}
	if got := b.episodes(opsreview.SLO{}, 0); got[0].Cost != 0 || got[0].Significant {
		t.Errorf("without a budget the episode costs %v", got[0].Cost)
	}
}

// each is a bad minute at every so many of the day.
func each(step time.Duration, bad float64) []spot {
	var all []spot
	for m := theDay.Start; m.Before(theDay.End.Add(-time.Hour)); m = m.Add(step) {
		all = append(all, spot{m.Format("15:04"), m.Add(time.Minute).Format("15:04"), bad})
	}
	return all
}

// sparse is the history with fewer events.
func sparse(all []opsreview.Segment, total float64) []opsreview.Segment {
	for i := range all {
		all[i].Total = total
	}
	return all
}

// joinAll makes one segment of those in a stretch.
func joinAll(all []opsreview.Segment, from, to string) []opsreview.Segment {
	var out []opsreview.Segment
	var one opsreview.Segment
	for _, g := range all {
		switch {
		case g.Start.Equal(onDay(from)):
			one = g
		case g.Start.After(onDay(from)) && g.Start.Before(onDay(to)):
			one.End, one.Total, one.Bad, one.Covered = g.End, one.Total+g.Total, one.Bad+g.Bad, one.Covered+g.Covered
			if g.End.Equal(onDay(to)) {
				out = append(out, one)
			}
		default:
			out = append(out, g)
		}
	}
	return out
}
