package storetest

import (
	"fmt"
	"strings"
	"testing"

	"opsreview"
)

var shiftTests = map[string]func(*testing.T, Store){
	"looks at who is on call join to shifts":   testLooks,
	"imported shifts are kept as they are":     testImportedShifts,
	"shifts that touch a window, and no other": testShiftWindow,
}

// A look is a look at who is on call from two days before it to two weeks after.
// Shifts are written "who start end" in hours after Monday, separated by commas;
// "-" is no end.
type look struct {
	at     float64
	shifts string
}

func parseShifts(t *testing.T, text string) []opsreview.Shift {
	t.Helper()
	var shifts []opsreview.Shift
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		var who, end string
		var start, until float64
		if _, err := fmt.Sscan(part, &who, &start, &end); err != nil {
			t.Fatalf("shift %q: %v", part, err)
		}
		s := opsreview.Shift{Responder: ref(who), PolicyID: "E1", Level: 1, ScheduleID: "S1", Start: hour(start)}
		if end != "-" {
			if _, err := fmt.Sscan(end, &until); err != nil {
				t.Fatalf("shift %q: %v", part, err)
			}
			s.End = hour(until)
		}
		shifts = append(shifts, s)
	}
	return shifts
}

func formatShifts(shifts []opsreview.Shift) string {
	var parts []string
	for _, s := range shifts {
		end := "-"
		if !s.End.IsZero() {
			end = fmt.Sprint(s.End.Sub(monday).Hours())
		}
		parts = append(parts, fmt.Sprint(s.Responder.ID, " ", s.Start.Sub(monday).Hours(), " ", end))
	}
	return strings.Join(parts, ", ")
}

// always is a window that every shift touches.
var always = opsreview.Window{Start: hour(-10000), End: hour(10000)}

func (l look) batch(t *testing.T) opsreview.Batch {
	t.Helper()
	return opsreview.Batch{
		Shifts: parseShifts(t, l.shifts), ShiftsObservedAt: hour(l.at),
		ShiftWindow: opsreview.Window{Start: hour(l.at - 48), End: hour(l.at + 14*24)},
	}
}

func testLooks(t *testing.T, st Store) {
	n := 0
	for name, tt := range map[string]struct {
		looks []look
		want  string
	}{
		"a shift is seen":                          {[]look{{5, "A 0 12, B 12 24"}}, "A 0 12, B 12 24"},
		"pieces that adjoin are one shift":         {[]look{{5, "A 0 8, A 8 12"}}, "A 0 12"},
		"pieces that overlap are one shift":        {[]look{{5, "A 0 8, A 6 12, A 7 9"}}, "A 0 12"},
		"a piece without an end swallows others":   {[]look{{5, "A 0 -, A 6 12"}}, "A 0 -"},
		"an ongoing shift is extended":             {[]look{{5, "A 0 12"}, {6, "A 0 20"}}, "A 0 20"},
		"an ongoing shift is cut":                  {[]look{{5, "A 0 12"}, {6, "A 0 8, B 8 12"}}, "A 0 8, B 8 12"},
		"a truncated look keeps the begin":         {[]look{{5, "A 0 -"}, {100, "A 52 -"}}, "A 0 -"},
		"what continues a shift extends it":        {[]look{{5, "A 0 12"}, {6, "A 12 20"}}, "A 0 20"},
		"an ended shift is never rewritten":        {[]look{{5, "A 0 12"}, {13, "B 0 12"}}, "A 0 12, B 0 12"},
		"what overlaps an ended shift is trimmed":  {[]look{{5, "A 0 12"}, {13, "A 0 12"}, {14, "A 0 20"}}, "A 0 12, A 12 20"},
		"a swap since the last look is a swap":     {[]look{{5, "A 0 12"}, {13, "A 0 8, B 8 12"}}, "A 0 8, B 8 12"},
		"a swap of a shift that nobody saw begin":  {[]look{{5, "A 6 12"}, {13, "B 6 12"}}, "B 6 12"},
		"a swap after the end is seen changes not": {[]look{{5, "A 0 12"}, {13, "A 0 12"}, {14, "A 0 8, B 8 12"}}, "A 0 12, B 8 12"},
		"an ended shift stays though unseen":       {[]look{{5, "A 0 12"}, {13, ""}}, "A 0 12"},
		"an ongoing shift unseen ends now":         {[]look{{5, "A 0 12"}, {6, "B 6 12"}}, "A 0 6, B 6 12"},
		"a shift that has not begun unseen goes":   {[]look{{5, "A 0 12, B 12 24"}, {6, "A 0 12, C 12 24"}}, "A 0 12, C 12 24"},
		"a shift that begins now unseen goes":      {[]look{{5, "B 6 24"}, {6, ""}}, ""},
		"a shift beyond the window stays":          {[]look{{5, "A 340 350"}, {0, ""}}, "A 340 350"},
		"a swap mid-shift makes three":             {[]look{{5, "A 0 24"}, {6, "A 0 8, B 8 12, A 12 24"}}, "A 0 8, B 8 12, A 12 24"},
		"a look from before another adds only":     {[]look{{30, "A 24 48"}, {5, "B 0 4, A 20 40, C 50 60"}}, "B 0 4, A 24 48"},
		"the same look again changes nothing":      {[]look{{5, "A 0 12"}, {6, "A 0 8, B 8 20"}, {6, "A 0 8, B 8 20"}}, "A 0 8, B 8 20"},
		"an earlier look again changes nothing":    {[]look{{5, "A 0 12"}, {6, "A 0 8, B 8 20"}, {5, "A 0 12"}}, "A 0 8, B 8 20"},
		"a shift of no length is none":             {[]look{{5, "A 0 12, B 6 6, C 9 8"}}, "A 0 12"},
		"an adjoining look at the past stays away": {[]look{{5, "A 4 12"}, {6, "A 0 4"}}, "A 0 4, A 4 6"},
	} {
		n++
		source := fmt.Sprintf("pd%d", n)
		for _, l := range tt.looks {
			b := l.batch(t)
			for i := range b.Shifts {
				b.Shifts[i].Responder.Source = source
			}
			save(t, st, source, b)
			same(t, name+": saved again", opsreview.Saved{}, save(t, st, source, b))
		}
		var got []opsreview.Shift
		for _, s := range must(st.Shifts(t.Context(), always))(t) {
			if s.Responder.Source == source {
				got = append(got, s)
			}
		}
		if text := formatShifts(got); text != tt.want {
			t.Errorf("%s: got %q, want %q", name, text, tt.want)
		}
	}
}

func testImportedShifts(t *testing.T, st Store) {
	pieces := parseShifts(t, "A 0 8, A 8 12, B 12 -")
	same(t, "saved", opsreview.Saved{Shifts: 3}, save(t, st, "pd", opsreview.Batch{Shifts: pieces}))
	same(t, "saved again", opsreview.Saved{}, save(t, st, "pd", opsreview.Batch{Shifts: pieces}))
	pieces[2].End, pieces[2].Policy = hour(20), "Primary"
	same(t, "changed", opsreview.Saved{Shifts: 1}, save(t, st, "pd", opsreview.Batch{Shifts: pieces[2:]}))
	got := must(st.Shifts(t.Context(), always))(t)
	same(t, "shifts", pieces, got)
	// Duties that differ in anything are not joined.
	other := pieces[0]
	other.Level = 2
	same(t, "another level", opsreview.Saved{Shifts: 1}, save(t, st, "pd", opsreview.Batch{Shifts: []opsreview.Shift{other}}))
}

func testShiftWindow(t *testing.T, st Store) {
	save(t, st, "pd", opsreview.Batch{Shifts: parseShifts(t, "A 0 10, B 10 20, C 5 -, D 30 -")})
	touching := func(from, to float64) string {
		return formatShifts(must(st.Shifts(t.Context(), opsreview.Window{Start: hour(from), End: hour(to)}))(t))
	}
	same(t, "ends are outside", "C 5 -, B 10 20", touching(10, 30))
	same(t, "all but the last", "A 0 10, C 5 -, B 10 20", touching(9, 11))
	same(t, "none", "", touching(-5, 0))
	same(t, "far ahead", "C 5 -, D 30 -", touching(1000, 1001))
}
