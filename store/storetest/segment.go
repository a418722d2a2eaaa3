package storetest

import (
	"math"
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

var segmentTests = map[string]func(*testing.T, Store){
	"segments come by hours, and as they are around the ends": testSegmentHours,
	"a cut and something amiss bring what was saved":          testSegmentDetail,
	"a segment that crosses an hour comes as it is":           testSegmentCrossing,
	"a segment replaces what it covers whole":                 testSegmentReplace,
	"a segment that overlaps in part is refused":              testSegmentConflict,
	"a segment that makes no sense is refused":                testSegmentInvalid,
	"old segments are joined and their sums stay":             testRollUp,
	"late segments replace joined ones whole or not at all":   testRollUpLate,
	"an SLO's state is what is stored of it":                  testSLOStates,
}

const availability = "vault/availability"

// segment returns a segment that was watched whole, from one minute after
// monday to another.
func segment(from, to, total, bad float64) opsreview.Segment {
	return opsreview.Segment{
		SLO: availability, Start: minute(from), End: minute(to), Total: total, Bad: bad, Covered: minute(to).Sub(minute(from)),
	}
}

// minute returns a time that many minutes after monday. Halves are exact.
func minute(m float64) time.Time { return monday.Add(time.Duration(m * float64(time.Minute))) }

// minutes returns segments of a minute each with ten events.
func minutes(from, to float64) []opsreview.Segment {
	var all []opsreview.Segment
	for m := from; m < to; m++ {
		all = append(all, segment(m, m+1, 10, 0))
	}
	return all
}

func saveSegments(t *testing.T, st Store, segments ...opsreview.Segment) int {
	t.Helper()
	return save(t, st, "prom", opsreview.Batch{Segments: segments}).Segments
}

// segmentsIn returns the segments of a window given in minutes.
func segmentsIn(t *testing.T, st Store, from, to float64, detail bool, cuts ...time.Time) []opsreview.Segment {
	t.Helper()
	w := opsreview.Window{Start: minute(from), End: minute(to)}
	found := must(st.Segments(t.Context(), store.SegmentFilter{SLOs: []string{availability}, Window: w, Detail: detail, Cuts: cuts}))(t)
	return found[availability]
}

func testSegmentHours(t *testing.T, st Store) {
	same(t, "saved", 300, saveSegments(t, st, minutes(0, 300)...))
	same(t, "saved again", 0, saveSegments(t, st, minutes(0, 300)...))
	same(t, "whole hours", []opsreview.Segment{segment(60, 120, 600, 0), segment(120, 180, 600, 0)}, segmentsIn(t, st, 60, 180, true))
	want := append(minutes(58, 60), segment(60, 120, 600, 0))
	same(t, "two minutes more", append(want, minutes(120, 122)...), segmentsIn(t, st, 58, 122, false))
	same(t, "within an hour", minutes(10, 12), segmentsIn(t, st, 10, 12, false))
	same(t, "cut segments come whole", minutes(10, 12), segmentsIn(t, st, 10.5, 11.5, false))
	same(t, "after the last", nil, segmentsIn(t, st, 300, 400, true))
	all := must(st.Segments(t.Context(), store.SegmentFilter{}))(t)
	same(t, "all", 5, len(all[availability]))
	same(t, "none", nil, must(st.Segments(t.Context(), store.SegmentFilter{SLOs: []string{}}))(t))
	// The hour in which the data begin is as long as they are.
	saveSegments(t, st, minutes(-20, -10)...)
	same(t, "the first", segment(-20, -10, 100, 0), segmentsIn(t, st, -60, 300, true)[0])
	saveSegments(t, st, minutes(-5, 0)...)
	first := segment(-20, 0, 150, 0)
	first.Covered = 15 * time.Minute
	same(t, "with a hole", first, segmentsIn(t, st, -60, 300, false)[0])
	same(t, "with a hole in detail", segment(-20, -19, 10, 0), segmentsIn(t, st, -60, 300, true)[0])
}

func testSegmentDetail(t *testing.T, st Store) {
	all := minutes(0, 240)
	all[70].Bad, all[130].Excess, all[131].Resets, all[200].Covered = 1, 2, 3, time.Second
	saveSegments(t, st, all...)
	summary := segmentsIn(t, st, 0, 240, false)
	want := []opsreview.Segment{segment(0, 60, 600, 0), segment(60, 120, 600, 1), segment(120, 180, 600, 0), segment(180, 240, 600, 0)}
	want[2].Excess, want[2].Resets, want[3].Covered = 2, 3, 59*time.Minute+time.Second
	same(t, "summary", want, summary)
	same(t, "detail", append(want[:1:1], all[60:]...), segmentsIn(t, st, 0, 240, true))
	same(t, "cut", append(append(want[:1:1], all[60:120]...), want[2:]...), segmentsIn(t, st, 0, 240, false, hour(1.5)))
	same(t, "cut between hours and outside", want, segmentsIn(t, st, 0, 240, false, hour(1), hour(2), hour(-0.5), hour(9.5), time.Time{}))
}

func testSegmentCrossing(t *testing.T, st Store) {
	long := segment(50, 130, 80, 1)
	saveSegments(t, st, append(append(minutes(0, 50), long), minutes(130, 180)...)...)
	want := []opsreview.Segment{segment(0, 50, 500, 0), long, segment(130, 180, 500, 0)}
	same(t, "all", want, segmentsIn(t, st, 0, 180, true))
	same(t, "in its middle", []opsreview.Segment{long}, segmentsIn(t, st, 60, 120, false))
	same(t, "at its end", []opsreview.Segment{long, segment(130, 131, 10, 0)}, segmentsIn(t, st, 129, 131, false))
	same(t, "behind it", minutes(130, 131), segmentsIn(t, st, 130, 131, false))
	month := segment(0, 31*24*60, 1, 1)
	month.SLO = "vault/month"
	saveSegments(t, st, month)
	w := opsreview.Window{Start: hour(1), End: hour(2)}
	got := must(st.Segments(t.Context(), store.SegmentFilter{SLOs: []string{"vault/month"}, Window: w}))(t)
	same(t, "the longest", []opsreview.Segment{month}, got["vault/month"])
}

func testSegmentReplace(t *testing.T, st Store) {
	saveSegments(t, st, minutes(0, 120)...)
	changed := minutes(10, 20)
	changed[3].Bad = 2
	same(t, "one changed", 1, saveSegments(t, st, changed...))
	same(t, "hour", segment(0, 60, 600, 2), segmentsIn(t, st, 0, 120, false)[0])
	same(t, "a longer one", 1, saveSegments(t, st, segment(30, 90, 7, 7)))
	same(t, "with it", []opsreview.Segment{segment(0, 30, 300, 2), segment(30, 90, 7, 7), segment(90, 120, 300, 0)}, segmentsIn(t, st, 0, 120, false))
	same(t, "shorter ones that cover it", 60, saveSegments(t, st, minutes(30, 90)...))
	same(t, "without it", segment(60, 120, 600, 0), segmentsIn(t, st, 0, 120, false)[1])
	same(t, "far apart", 2, saveSegments(t, st, segment(-90000, -89999, 1, 0), segment(90000, 90001, 1, 0)))
	same(t, "of another SLO", 1, saveSegments(t, st, opsreview.Segment{SLO: "other", Start: hour(0), End: hour(2)}))
	same(t, "twice in a batch", 1, saveSegments(t, st, segment(500, 501, 1, 0), segment(500, 501, 1, 0)))
}

func testSegmentConflict(t *testing.T, st Store) {
	saveSegments(t, st, segment(0, 5, 50, 0), segment(5, 6, 10, 0), segment(20, 40, 1, 0))
	for name, segments := range map[string][]opsreview.Segment{
		"its beginning":        minutes(0, 4),
		"its end":              {segment(4, 6, 1, 0)},
		"its middle":           {segment(2, 3, 1, 0)},
		"its middle is left":   {segment(0, 2, 1, 0), segment(3, 5, 1, 0)},
		"one behind many":      append(minutes(0, 20), segment(39, 41, 1, 0)),
		"the end of the first": {segment(-2, 1, 1, 0)},
	} {
		_, err := st.SaveBatch(t.Context(), "prom", opsreview.Batch{Segments: segments, Cursor: name})
		wantCode(t, err, opsreview.Conflict)
		same(t, name, "", must(st.Source(t.Context(), "prom"))(t).Cursor)
	}
	same(t, "left", 3, must(st.SLOStates(t.Context()))(t)[0].Segments)
}

func testSegmentInvalid(t *testing.T, st Store) {
	for name, change := range map[string]func(*opsreview.Segment){
		"no SLO":                   func(s *opsreview.Segment) { s.SLO = "" },
		"a long name":              func(s *opsreview.Segment) { s.SLO = string(make([]byte, 257)) },
		"a name that is not UTF-8": func(s *opsreview.Segment) { s.SLO = "\xff" },
		"no start":                 func(s *opsreview.Segment) { s.Start = time.Time{} },
		"no end":                   func(s *opsreview.Segment) { s.End = time.Time{} },
		"an end at its start":      func(s *opsreview.Segment) { s.End = s.Start },
		"less than a millisecond":  func(s *opsreview.Segment) { s.End, s.Covered = s.Start.Add(999), 0 },
		"over 31 days":             func(s *opsreview.Segment) { s.End = s.Start.Add(31*24*time.Hour + 1) },
		"before 1970":              func(s *opsreview.Segment) { s.Start, s.End = time.UnixMilli(-1), time.UnixMilli(1000) },
		"no number of events":      func(s *opsreview.Segment) { s.Total = math.NaN() },
		"infinitely many":          func(s *opsreview.Segment) { s.Total = math.Inf(1) },
		"a negative total":         func(s *opsreview.Segment) { s.Total, s.Bad = -1, -1 },
		"more bad than all":        func(s *opsreview.Segment) { s.Bad = 11 },
		"negative bad":             func(s *opsreview.Segment) { s.Bad = -1 },
		"more bad in gaps":         func(s *opsreview.Segment) { s.GapBad = 3 },
		"negative bad in gaps":     func(s *opsreview.Segment) { s.GapBad = -1 },
		"negative excess":          func(s *opsreview.Segment) { s.Excess = -1 },
		"negative resets":          func(s *opsreview.Segment) { s.Resets = -1 },
		"watched for longer":       func(s *opsreview.Segment) { s.Covered = time.Minute + 1 },
		"watched for less than 0":  func(s *opsreview.Segment) { s.Covered = -1 },
	} {
		s := segment(0, 1, 10, 2)
		change(&s)
		if _, err := st.SaveBatch(t.Context(), "prom", opsreview.Batch{Segments: []opsreview.Segment{s}}); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := st.SaveBatch(t.Context(), "prom", opsreview.Batch{Segments: []opsreview.Segment{segment(0, 2, 1, 0), segment(1, 3, 1, 0)}})
	wantCode(t, err, opsreview.Invalid)
	same(t, "nothing is left", nil, must(st.SLOStates(t.Context()))(t))
}

func testRollUp(t *testing.T, st Store) {
	all := minutes(0, 1440)
	all[3].Bad, all[3].GapBad, all[3].Covered, all[70].Excess, all[71].Resets = 5, 4, time.Second, 1.5, 2
	crossing := segment(1438, 1442, 4, 1)
	all = append(append(all[:200:200], all[210:1438]...), crossing)
	saveSegments(t, st, all...)
	w := opsreview.Window{Start: hour(0), End: hour(24)}
	before := segmentsIn(t, st, 0, 1440, false)
	same(t, "young", 0, must(st.RollUpSegments(t.Context(), w.End.AddDate(0, 0, 34)))(t))
	// Whole hours grow old: 12 of them, of 5-minute cells.
	noon := hour(12.5)
	same(t, "half of it", 710-142, must(st.RollUpSegments(t.Context(), noon.AddDate(0, 0, 35)))(t))
	same(t, "again", 0, must(st.RollUpSegments(t.Context(), noon.AddDate(0, 0, 35)))(t))
	same(t, "the hours", before, segmentsIn(t, st, 0, 1440, false))
	first := segment(0, 5, 50, 5)
	first.GapBad, first.Covered = 4, 4*time.Minute+time.Second
	same(t, "a cell", first, segmentsIn(t, st, 0, 60, true)[0])
	same(t, "hours of 23, cells of the rest", 142+660-23+58-12, must(st.RollUpSegments(t.Context(), hour(23.9).AddDate(0, 0, 100)))(t))
	same(t, "the hours", before, segmentsIn(t, st, 0, 1440, false))
	same(t, "detail", before[0], segmentsIn(t, st, 0, 60, true)[0])
	must(st.RollUpSegments(t.Context(), hour(240).AddDate(0, 0, 100)))(t)
	same(t, "all of it", before, segmentsIn(t, st, 0, 1440, false))
	same(t, "rows", 25, must(st.SLOStates(t.Context()))(t)[0].Segments)
	same(t, "across midnight", crossing, before[24])
}

func testRollUpLate(t *testing.T, st Store) {
	saveSegments(t, st, minutes(0, 120)...)
	old := hour(200).AddDate(0, 0, 35)
	same(t, "joined", 120-24, must(st.RollUpSegments(t.Context(), old))(t))
	late := minutes(4, 12)
	late[2].Bad = 3
	_, err := st.SaveBatch(t.Context(), "prom", opsreview.Batch{Segments: late})
	wantCode(t, err, opsreview.Conflict)
	same(t, "saved", 5, saveSegments(t, st, append(late[1:6:6], segment(130, 131, 1, 1))...)-1)
	same(t, "hour", segment(0, 60, 600, 3), segmentsIn(t, st, 0, 60, false)[0])
	same(t, "joined again", 4, must(st.RollUpSegments(t.Context(), old))(t))
	same(t, "cell", segment(5, 10, 50, 3), segmentsIn(t, st, 0, 60, true)[1])
	same(t, "the same late again", 5, saveSegments(t, st, late[1:6]...))
	same(t, "hour again", segment(0, 60, 600, 3), segmentsIn(t, st, 0, 60, false)[0])
}

func testSLOStates(t *testing.T, st Store) {
	saveSegments(t, st, minutes(0, 90)...)
	other := segment(0, 1, 1, 0)
	other.SLO = "a"
	save(t, st, "csv", opsreview.Batch{Segments: []opsreview.Segment{other}})
	want := []store.SLOState{
		{SLO: "a", Source: "csv", First: hour(0), Last: minute(1), Segments: 1},
		{SLO: availability, Source: "prom", First: hour(0), Last: hour(1.5), Segments: 90},
	}
	same(t, "states", want, must(st.SLOStates(t.Context()))(t))
	same(t, "prom", 90, must(st.Source(t.Context(), "prom"))(t).Segments)
	same(t, "csv", 1, must(st.Source(t.Context(), "csv"))(t).Segments)
	// What is there already does not change whose it is; what is new does.
	save(t, st, "csv", opsreview.Batch{Segments: minutes(0, 90)})
	same(t, "prom", 90, must(st.Source(t.Context(), "prom"))(t).Segments)
	save(t, st, "csv", opsreview.Batch{Segments: []opsreview.Segment{segment(0, 90, 9, 9)}})
	same(t, "prom", 0, must(st.Source(t.Context(), "prom"))(t).Segments)
	same(t, "csv", 2, must(st.Source(t.Context(), "csv"))(t).Segments)
}
