package store_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/store"
)

// A ledger is what a store of one SLO's segments should hold: the same rules,
// minute by minute and without regard for speed.
type ledger []opsreview.Segment

// save returns the ledger with the batch saved, or false if it is refused.
func (l ledger) save(batch []opsreview.Segment) (ledger, bool) {
	covered := map[time.Time]bool{}
	for _, s := range batch {
		for t := s.Start; t.Before(s.End); t = t.Add(time.Minute) {
			covered[t] = true
		}
	}
	next := slices.Clone(batch)
	for _, s := range l {
		n := 0
		for t := s.Start; t.Before(s.End); t = t.Add(time.Minute) {
			if covered[t] {
				n++
			}
		}
		switch time.Duration(n) * time.Minute {
		case 0:
			next = append(next, s)
		case s.Length():
		default:
			return l, false
		}
	}
	slices.SortFunc(next, func(a, b opsreview.Segment) int { return a.Start.Compare(b.Start) })
	return next, true
}

// join returns the ledger with the segments before a time joined to cells.
func (l ledger) join(before time.Time, cell time.Duration) ledger {
	var next ledger
	for _, s := range l {
		last := len(next) - 1
		of := s.Start.Truncate(cell)
		old := !s.End.After(before) && !s.End.After(of.Add(cell))
		if last < 0 || !old || next[last].End.After(of.Add(cell)) || next[last].Start.Before(of) {
			next = append(next, s)
			continue
		}
		into := &next[last]
		into.End = s.End
		into.Total += s.Total
		into.Bad += s.Bad
		into.Covered += s.Covered
		into.GapBad += s.GapBad
		into.Excess += s.Excess
		into.Resets += s.Resets
	}
	return next
}

// sum returns what of the segments lies in a window: each number by the part of
// its segment that does.
func sum(segments []opsreview.Segment, w opsreview.Window) (total opsreview.Segment) {
	var covered float64
	for _, s := range segments {
		part := float64(w.Overlap(s.Start, s.End)) / float64(s.Length())
		total.Total += s.Total * part
		total.Bad += s.Bad * part
		total.GapBad += s.GapBad * part
		total.Excess += s.Excess * part
		covered += float64(s.Covered) * part
	}
	total.Covered = time.Duration(math.Round(covered/1e6) * 1e6)
	return total
}

// randomBatch returns some segments of 1 to 90 minutes with holes.
func randomBatch(rnd *rand.Rand, from time.Time) []opsreview.Segment {
	var batch []opsreview.Segment
	t := from.Add(time.Duration(rnd.IntN(120*60)) * time.Minute)
	step := []int{1, 1, 1, 5, 60, 90}[rnd.IntN(6)]
	if rnd.IntN(2) == 0 {
		t = t.Truncate(time.Hour)
	}
	for range 1 + rnd.IntN(150) {
		length := time.Duration(step) * time.Minute
		s := opsreview.Segment{SLO: "vault/availability", Start: t, End: t.Add(length), Covered: length}
		s.Total = float64(rnd.IntN(1000))
		s.Bad = float64(rnd.IntN(int(s.Total)/10 + 1))
		if rnd.IntN(20) == 0 {
			s.GapBad, s.Covered = s.Bad, time.Duration(rnd.IntN(int(length.Milliseconds())))*time.Millisecond
			s.Excess, s.Resets = float64(rnd.IntN(3)), rnd.IntN(2)
		}
		batch, t = append(batch, s), s.End
		if rnd.IntN(30) == 0 {
			t = t.Add(time.Duration(rnd.IntN(100)) * time.Minute)
		}
	}
	return batch
}

// TestSegments_AreWhatWasSaved saves random segments over one another and joins
// old ones, and compares with a ledger: what is stored, what is refused, what
// any window of it comes to, and that the hours are the sums of their segments.
func TestSegments_AreWhatWasSaved(t *testing.T) {
	seeds := uint64(4)
	if raceEnabled {
		seeds = 1
	}
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(seed, 8))
		db := openDB(t)
		var want ledger
		refused := 0
		for range 60 {
			var batch []opsreview.Segment
			if rnd.IntN(8) == 0 {
				now := at(rnd.IntN(5), "00:00:00").Add(time.Duration(rnd.IntN(24*60)) * time.Minute)
				age := []int{35, 100}[rnd.IntN(2)]
				if _, err := db.RollUpSegments(t.Context(), now.AddDate(0, 0, age)); err != nil {
					t.Fatal(err)
				}
				want = want.join(now.AddDate(0, 0, age-100).Truncate(time.Hour), time.Hour)
				want = want.join(now.AddDate(0, 0, age-35).Truncate(time.Hour), 5*time.Minute)
			} else {
				batch = randomBatch(rnd, at(0, "00:00:00"))
			}
			next, ok := want.save(batch)
			_, err := db.SaveBatch(t.Context(), "prom", opsreview.Batch{Segments: batch})
			if ok != (err == nil) || (err != nil && opsreview.ErrorCode(err) != opsreview.Conflict) {
				t.Fatalf("seed %d: saved = %v, want %v: %v", seed, err == nil, ok, err)
			}
			if !ok {
				refused++
			}
			want = next
		}
		wantSound(t, db)
		if refused == 0 || refused > 50 || len(want) < 100 {
			t.Errorf("seed %d: %d of 60 were refused and %d segments are left: that tests little", seed, refused, len(want))
		}
		wantLedger(t, rnd, db, want)
	}
}

func wantLedger(t *testing.T, rnd *rand.Rand, db *store.DB, want ledger) {
	t.Helper()
	states, err := db.SLOStates(t.Context())
	if err != nil || len(states) != 1 || states[0].Segments != len(want) {
		t.Fatalf("there are %+v, want %d segments: %v", states, len(want), err)
	}
	begin := want[0].Start
	for range 40 {
		w := opsreview.Window{Start: begin.Add(time.Duration(rnd.IntN(7200)) * time.Minute)}
		w.End = w.Start.Add(time.Duration(1+rnd.IntN(3600)) * time.Minute)
		f := store.SegmentFilter{SLOs: []string{"vault/availability"}, Window: w, Detail: rnd.IntN(2) == 0}
		for range rnd.IntN(4) {
			f.Cuts = append(f.Cuts, begin.Add(time.Duration(rnd.IntN(7200*60))*time.Second))
		}
		found, err := db.Segments(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		got := found["vault/availability"]
		wantDisjoint(t, w, got)
		wantFine(t, f, got, want)
		if diff := gocmp.Diff(sum(want, w), sum(got, w), gocmp.Comparer(near)); diff != "" {
			t.Fatalf("the sums of %v (-want +got):\n%s", w, diff)
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b), 1) }

func wantDisjoint(t *testing.T, w opsreview.Window, segments []opsreview.Segment) {
	t.Helper()
	for i, s := range segments {
		if !s.Start.Before(w.End) || !s.End.After(w.Start) {
			t.Fatalf("the segment from %s to %s does not touch %v", s.Start, s.End, w)
		}
		if i > 0 && s.Start.Before(segments[i-1].End) {
			t.Fatalf("segments overlap: %+v %+v", segments[i-1], s)
		}
	}
}

// wantFine fails the test unless what was joined to an hour is without a cut,
// and nothing is amiss in it where details were asked for.
func wantFine(t *testing.T, f store.SegmentFilter, segments []opsreview.Segment, want ledger) {
	t.Helper()
	for _, s := range segments {
		_, stored := slices.BinarySearchFunc(want, s, func(a, b opsreview.Segment) int {
			return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End))
		})
		if stored {
			continue
		}
		hour := opsreview.Window{Start: s.Start.Truncate(time.Hour), End: s.Start.Truncate(time.Hour).Add(time.Hour)}
		for _, cut := range append([]time.Time{f.Window.Start, f.Window.End}, f.Cuts...) {
			if hour.Contains(cut) && !cut.Equal(hour.Start) && !cut.Before(f.Window.Start) && !cut.After(f.Window.End) {
				t.Fatalf("the hour from %s is not divided at %s", hour.Start, cut)
			}
		}
		if f.Detail && (s.Bad > 0 || s.GapBad > 0 || s.Excess > 0 || s.Covered < s.Length()) {
			t.Fatalf("an hour with something amiss is joined: %+v", s)
		}
	}
}

// minuteSegments returns segments of a minute each, from one on Monday to
// another.
func minuteSegments(slo string, from, to int) []opsreview.Segment {
	var all []opsreview.Segment
	for m := from; m < to; m++ {
		start := at(0, "00:00:00").Add(time.Duration(m) * time.Minute)
		all = append(all, opsreview.Segment{
			SLO: slo, Start: start, End: start.Add(time.Minute), Total: float64(600 + m%7), Bad: float64(m % 3), Covered: time.Minute,
		})
	}
	return all
}

// TestSegments_AtOnce has writers, a rollup and readers meet: a reader sees each
// day whole or not at all, and hours that are the sums of their segments.
func TestSegments_AtOnce(t *testing.T) {
	path := dbPath(t)
	handles := []*store.DB{openAt(t, path, store.Options{}), openAt(t, path, store.Options{})}
	const day = 24 * 60
	var wg sync.WaitGroup
	for i := range 12 {
		db := handles[i%2]
		wg.Go(func() {
			switch i % 3 {
			case 0:
				for d := range 4 {
					_, err := db.SaveBatch(t.Context(), "prom", opsreview.Batch{Segments: minuteSegments("a", d*day, d*day+day)})
					if err != nil && opsreview.ErrorCode(err) != opsreview.Conflict {
						t.Error(err)
					}
				}
			case 1:
				if _, err := db.RollUpSegments(t.Context(), at(2+35, "00:00:00")); err != nil {
					t.Error(err)
				}
			default:
				w := opsreview.Window{Start: at(0, "00:00:00"), End: at(9, "00:00:00")}
				found, err := db.Segments(t.Context(), store.SegmentFilter{Window: w, Detail: i%2 == 0})
				got := sum(found["a"], w)
				if days := got.Covered / (24 * time.Hour); err != nil || got.Covered != days*24*time.Hour || got.Bad != float64(days*day) {
					t.Errorf("%s were watched with %g bad events: %v", got.Covered, got.Bad, err)
				}
			}
		})
	}
	wg.Wait()
	wantSound(t, handles[0])
}

func TestSegments_FindNothingAtTheEndsOfTime(t *testing.T) {
	db := openDB(t)
	save(t, db, "prom", opsreview.Batch{Segments: minuteSegments("a", 0, 90)})
	for name, tt := range map[string]struct {
		window opsreview.Window
		want   int
	}{
		"no window is all":          {opsreview.Window{}, 2},
		"without a start":           {opsreview.Window{End: at(0, "00:30:00")}, 30},
		"without an end":            {opsreview.Window{Start: at(0, "01:00:00")}, 1},
		"long ago":                  {opsreview.Window{Start: time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(1, 1, 1, 1, 0, 0, 0, time.UTC)}, 0},
		"far off":                   {opsreview.Window{Start: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(90000, 1, 1, 1, 0, 0, 0, time.UTC)}, 0},
		"a window that is reversed": {opsreview.Window{Start: at(1, "00:00:00"), End: at(0, "00:00:00")}, 0},
		"an empty window":           {opsreview.Window{Start: at(0, "00:30:00"), End: at(0, "00:30:00")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := db.Segments(t.Context(), store.SegmentFilter{Window: tt.window})
			if err != nil || len(found["a"]) != tt.want {
				t.Errorf("there are %d segments, want %d: %v", len(found["a"]), tt.want, err)
			}
		})
	}
}

// TestRollUpSegments_IsStoppedAndRunAgain stops a rollup as soon as it has
// joined anything: what it has done stays, what it has not is done by the next.
func TestRollUpSegments_IsStoppedAndRunAgain(t *testing.T) {
	db := openDB(t)
	days := 40
	if raceEnabled {
		days = 8
	}
	save(t, db, "prom", opsreview.Batch{Segments: minuteSegments("a", 0, days*24*60)})
	w := opsreview.Window{Start: at(0, "00:00:00"), End: at(days, "00:00:00")}
	total := func() opsreview.Segment {
		found, err := db.Segments(t.Context(), store.SegmentFilter{Window: w, Detail: true})
		if err != nil {
			t.Fatal(err)
		}
		return sum(found["a"], w)
	}
	before := total()
	ctx, stop := context.WithCancel(t.Context())
	watched := make(chan error, 1)
	go func() {
		defer stop()
		for {
			states, err := db.SLOStates(context.WithoutCancel(ctx))
			if err != nil || states[0].Segments < days*24*60 {
				watched <- err
				return
			}
		}
	}()
	fewer, err := db.RollUpSegments(ctx, w.End.AddDate(0, 0, 35))
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := <-watched; err != nil || fewer == 0 {
		t.Fatalf("%d segments fewer: %v", fewer, err)
	}
	wantSound(t, db)
	if diff := gocmp.Diff(before, total()); diff != "" {
		t.Errorf("after the first (-want +got):\n%s", diff)
	}
	rest, err := db.RollUpSegments(t.Context(), w.End.AddDate(0, 0, 35))
	if want := days * 24 * 60 * 4 / 5; err != nil || fewer+rest != want {
		t.Errorf("%d and %d segments fewer, want %d together: %v", fewer, rest, want, err)
	}
	wantSound(t, db)
	if diff := gocmp.Diff(before, total()); diff != "" {
		t.Errorf("after both (-want +got):\n%s", diff)
	}
}
