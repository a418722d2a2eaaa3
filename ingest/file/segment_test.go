package file_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/file"
)

// segments lists the segments of all batches.
func (s *sink) segments() []opsreview.Segment {
	var list []opsreview.Segment
	for _, b := range s.batches {
		list = append(list, b.Segments...)
	}
	return list
}

func TestSegments(t *testing.T) {
	minute := opsreview.Segment{
		SLO: "vault/reads", Start: at(t, "2026-10-20T01:12:00Z"), End: at(t, "2026-10-20T01:13:00Z"),
		Total: 4200, Bad: 3, Covered: time.Minute,
	}
	with := func(change func(*opsreview.Segment)) opsreview.Segment {
		s := minute
		change(&s)
		return s
	}
	tests := map[string]struct {
		text string
		want opsreview.Segment
	}{
		"times have an offset": {
			text: "slo,start,end,total,bad\nvault/reads,2026-10-20T03:12:00+02:00,2026-10-20T01:13:00Z,4200,3\n", want: minute,
		},
		"times are Unix seconds": {
			text: "slo,start,end,total,bad\nvault/reads,1792458720,1792458780.000,4200,3\n", want: minute,
		},
		"columns stand in any order, and blanks around cells do no harm": {
			text: "\xEF\xBB\xBFbad, total ,end,start,slo\r\n 3, 4200,2026-10-20T01:13:00Z,2026-10-20T01:12:00Z, vault/reads\r\n", want: minute,
		},
		"a length stands for the end": {
			text: "slo,start,length,total,bad\nvault/reads,1792458720,1m,4200,3\n", want: minute,
		},
		"a length may be a number of seconds": {
			text: "slo,start,length,total,bad\nvault/reads,1792458720,60,4200,3\n", want: minute,
		},
		"good events stand for the bad ones": {
			text: "slo,start,length,total,good\nvault/reads,1792458720,1m,4200,4197\n", want: minute,
		},
		"more good events than there are events are no bad ones, and are told": {
			text: "slo,start,length,total,good\nvault/reads,1792458720,1m,4200,4207\n",
			want: with(func(s *opsreview.Segment) { s.Bad, s.Excess = 0, 7 }),
		},
		"a gap says how much was watched, and what it hides": {
			text: "slo,start,length,total,bad,covered_seconds,gap_bad,excess,resets\nvault/reads,1792458720,1m,4200,3,12.5,2,1,1\n",
			want: with(func(s *opsreview.Segment) {
				s.Covered, s.GapBad, s.Excess, s.Resets = 12500*time.Millisecond, 2, 1, 1
			}),
		},
		"an empty cell is as good as no column": {
			text: "slo,start,end,total,bad,covered_seconds,gap_bad,excess,resets\nvault/reads,1792458720,1792458780,4200,3,,,,\n", want: minute,
		},
		"a stretch without traffic is known": {
			text: "slo,start,length,total,bad\nvault/reads,1792458720,1m,0,0\n",
			want: with(func(s *opsreview.Segment) { s.Total, s.Bad = 0, 0 }),
		},
		"numbers may have an exponent": {
			text: "slo,start,length,total,bad\nvault/reads,1792458720,1m,4.2e3,3E0\n", want: minute,
		},
		"text that a spreadsheet would compute is text": {
			text: "slo,start,length,total,bad\n\"=1+1,\"\"\",1792458720,1m,4200,3\n",
			want: with(func(s *opsreview.Segment) { s.SLO = `=1+1,"` }),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := importText(t, file.Segments(), tt.text)
			if len(got.problems) > 0 {
				t.Fatalf("problems: %q", got.reasons())
			}
			if diff := cmp.Diff([]opsreview.Segment{tt.want}, got.segments()); diff != "" {
				t.Errorf("segments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSegments_BadLinesAreReportedAndGoodOnesKept(t *testing.T) {
	tests := map[string]struct{ row, want string }{
		"no SLO":                      {",2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,1,0", `the field "slo" is missing`},
		"a name nobody can write":     {"a\x07b,2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,1,0", `the field "slo" holds a control character`},
		"a name that is too long":     {strings.Repeat("x", 257) + ",2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,1,0", `the field "slo" is longer than 256 bytes`},
		"no start":                    {"a,,2026-10-20T01:01:00Z,1,0", `the field "start" is missing`},
		"no end":                      {"a,2026-10-20T01:01:00Z,,1,0", "the segment has no end"},
		"a time of nobody's clock":    {"a,2026-10-20 01:00,2026-10-20T01:01:00Z,1,0", `the time "2026-10-20 01:00" of the field "start" has no offset: write 2026-10-20T01:00:00Z for UTC, or 2026-10-20T01:00:00+02:00 for the clock of that place`},
		"a word for a time":           {"a,noon,2026-10-20T01:01:00Z,1,0", `"noon" of the field "start" is not a time: write it as 2026-10-19T02:00:00+02:00`},
		"a date in dots":              {"a,20.10.2026,2026-10-20T01:01:00Z,1,0", `"20.10.2026" of the field "start" is not a time: write it as 2026-10-19T02:00:00+02:00`},
		"Unix milliseconds":           {"a,1792458720000,1792458780000,1,0", `the field "start" is a number too large for Unix seconds: milliseconds must be divided by 1000`},
		"a year that cannot be":       {"a,60,120,1,0", `the field "start" lies in the year 1970, which cannot be`},
		"an end before the start":     {"a,2026-10-20T01:01:00Z,2026-10-20T01:00:00Z,1,0", "the segment ends at 2026-10-20T01:00:00Z, which is not after its start"},
		"a segment without length":    {"a,2026-10-20T01:01:00Z,2026-10-20T01:01:00Z,1,0", "the segment ends at 2026-10-20T01:01:00Z, which is not after its start"},
		"a segment of two months":     {"a,2026-09-01T00:00:00Z,2026-11-01T00:00:00Z,1,0", "the segment is longer than 31 days"},
		"no total":                    {"a,2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,,0", `the field "total" is missing`},
		"no bad events":               {"a,2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,1,", `the field "bad" is missing`},
		"more bad events than events": {"a,2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,1,2", "there are more bad events (2) than events (1)"},
		"a negative number":           {"a,2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,-1,0", `the field "total" is negative`},
		"a decimal comma":             {`a,2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,"1,5",0`, `"1,5" of the field "total" is not a number: write it as 1234 or 0.5`},
		"not a number":                {"a,2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,NaN,0", `"NaN" of the field "total" is not a number: write it as 1234 or 0.5`},
		"infinitely many":             {"a,2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,+Inf,0", `"+Inf" of the field "total" is not a number: write it as 1234 or 0.5`},
		"a number in hexadecimal":     {"a,2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,0x10,0", `"0x10" of the field "total" is not a number: write it as 1234 or 0.5`},
		"a number beyond exactness":   {"a,2026-10-20T01:00:00Z,2026-10-20T01:01:00Z,1e16,0", `the field "total" is larger than 10^15`},
		"too few cells":               {"a,2026-10-20T01:00:00Z", "the record has 2 cells, and the header 5 columns"},
		"the time of the line before": {"last,2026-10-20T00:00:30Z,2026-10-20T00:01:30Z,1,0", "the segment counts again what a line before it has counted: the time from 2026-10-20T00:00:30Z to 2026-10-20T00:01:00Z"},
		"the line before again":       {"last,2026-10-20T00:00:00Z,2026-10-20T00:01:00Z,1,0", "the segment counts again what a line before it has counted: the time from 2026-10-20T00:00:00Z to 2026-10-20T00:01:00Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := importText(t, file.Segments(), "slo,start,end,total,bad\nlast,2026-10-20T00:00:00Z,2026-10-20T00:01:00Z,1,0\n"+
				tt.row+"\nlast,2026-10-20T02:00:00Z,2026-10-20T02:01:00Z,1,0\n")
			if diff := cmp.Diff([]string{"3: " + tt.want}, got.reasons()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if n := len(got.segments()); n != 2 {
				t.Errorf("%d segments, want the 2 good ones", n)
			}
		})
	}
}

func TestSegments_BadOptionalCells(t *testing.T) {
	tests := map[string]struct{ cells, want string }{
		"a length in words":                     {"an hour,1,0,,,,", `"an hour" of the field "length" is not a length: write it as 1m, 1h or in seconds`},
		"a negative length":                     {"-1m,1,0,,,,", "the segment ends at 2026-10-20T00:59:00Z, which is not after its start"},
		"a length beyond all bounds":            {"9e99,1,0,,,,", `"9e99" of the field "length" is not a length: write it as 1m, 1h or in seconds`},
		"more covered than there is":            {"60,1,0,61,,,", "61 seconds of the segment were covered, and it has 60"},
		"more in gaps than there is":            {"60,5,2,0,3,,", "of the bad events more (3) fell into gaps than there are"},
		"a negative excess":                     {"60,5,2,0,1,-1,", `the field "excess" is negative`},
		"half a reset":                          {"60,5,2,0,1,0,0.5", `the field "resets" must be a whole number of at most a million`},
		"a word for the seconds that are known": {"60,5,2,all,,,", `"all" of the field "covered_seconds" is not a number: write it as 1234 or 0.5`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := importText(t, file.Segments(), "slo,start,length,total,bad,covered_seconds,gap_bad,excess,resets\na,2026-10-20T01:00:00Z,"+tt.cells+"\n")
			if diff := cmp.Diff([]string{"2: " + tt.want}, got.reasons()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSegments_FilesThatCannotBeReadAtAll(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"nothing":               {"", "in is empty: the first line must name the columns"},
		"an unknown column":     {"slo,start,end,total,errors\n", `in: line 1: there is no column "errors": the columns are slo, start, end, length, total, bad, good, covered_seconds, gap_bad, excess, resets`},
		"a column twice":        {"slo,start,end,total,bad,bad\n", `in: line 1: the column "bad" is there twice`},
		"a column that is lost": {"slo,end,total,bad\n", `in: line 1: the column "start" is missing`},
		"no end":                {"slo,start,total,bad\n", `in: line 1: the file needs one of the columns "end" and "length"`},
		"end and length":        {"slo,start,end,length,total,bad\n", `in: line 1: the file needs one of the columns "end" and "length"`},
		"neither good nor bad":  {"slo,start,end,total\n", `in: line 1: the file needs one of the columns "bad" and "good"`},
		"good and excess":       {"slo,start,end,total,good,excess\n", `in: line 1: the column "excess" goes with "bad": beside "good" it follows from the numbers`},
		"semicolons":            {"slo;start;end;total;bad\n", "in: line 1: the columns are not separated by commas"},
		"a compressed file":     {"\x1F\x8B\x08", "in is compressed: unpack it first"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tryImport(t, file.Segments(), tt.text)
			if opsreview.ErrorCode(err) != opsreview.Invalid || opsreview.ErrorMessage(err) != tt.want {
				t.Errorf("error is %v, want %s", err, tt.want)
			}
		})
	}
}

// shuffled returns the minutes of a day in an order that leaves holes until
// the end.
func shuffled() []int {
	var order []int
	for i := range 1440 {
		order = append(order, i*7%1440)
	}
	return order
}

func TestSegments_TheOrderOfLinesDoesNotMatter(t *testing.T) {
	var text strings.Builder
	text.WriteString("slo,start,length,total,bad\n")
	start := at(t, "2026-10-20T00:00:00Z")
	for _, i := range shuffled() {
		fmt.Fprintf(&text, "a,%s,1m,10,0\n", start.Add(time.Duration(i)*time.Minute).Format(time.RFC3339))
	}
	got := importText(t, file.Segments(), text.String())
	if len(got.problems) > 0 {
		t.Fatalf("%d problems, the first: %s", len(got.problems), got.reasons()[0])
	}
	for i, s := range got.segments() {
		if want := start.Add(time.Duration(i) * time.Minute); !s.Start.Equal(want) {
			t.Fatalf("segment %d begins at %v, want %v", i, s.Start, want)
		}
	}
	text.WriteString("a,2026-10-20T12:00:30Z,1s,10,0\n")
	if got := importText(t, file.Segments(), text.String()); len(got.problems) != 1 || got.problems[0].Line != 1442 {
		t.Errorf("problems are %q, want one of line 1442", got.reasons())
	}
}

// holes makes a file of n minutes, an hour apart.
type holes struct {
	n    int
	rest []byte
}

func (h *holes) Read(b []byte) (int, error) {
	if len(h.rest) == 0 {
		h.rest = fmt.Appendf(h.rest[:0], "a,%d,60,1,0\n", 1_000_000_000+3600*h.n)
		h.n++
	}
	n := copy(b, h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

// widest forgets segments and keeps the size of the largest batch.
type widest struct{ batch, all int }

func (w *widest) Save(_ context.Context, b opsreview.Batch) error {
	w.batch, w.all = max(w.batch, len(b.Segments)), w.all+len(b.Segments)
	return nil
}

func (w *widest) Problem(p ingest.Problem) error { return errors.New(p.Reason) }

func TestSegments_MemoryIsBounded(t *testing.T) {
	var w widest
	err := file.Segments().Import(t.Context(), "test", ingest.File{Name: "in", R: io.MultiReader(strings.NewReader("slo,start,length,total,bad\n"), &holes{})}, &w)
	if err == nil || !strings.HasPrefix(err.Error(), "the file has too many stretches of time that do not join") {
		t.Errorf("error is %v", err)
	}
	if w.batch != 4000 || w.all != 47_999 {
		t.Errorf("largest batch has %d segments and all have %d, want 4000 and 47999", w.batch, w.all)
	}
}

// minutesOf writes a file of n minutes of each of some SLOs, side by side.
func minutesOf(slos, n int) string {
	var text strings.Builder
	text.WriteString("slo,start,length,total,bad\n")
	for i := range n {
		for slo := range slos {
			fmt.Fprintf(&text, "slo-%d,%d,60,1,0\n", slo, 1_792_458_720+60*i)
		}
	}
	return text.String()
}

func TestSegments_BatchesEndOnWholeHours(t *testing.T) {
	for _, slos := range []int{1, 3} {
		got := importText(t, file.Segments(), minutesOf(slos, 10_000))
		if n := len(got.segments()); n != slos*10_000 || len(got.batches) < 3 {
			t.Fatalf("%d segments in %d batches", n, len(got.batches))
		}
		for _, b := range got.batches[:len(got.batches)-1] {
			last := map[string]time.Time{}
			for _, s := range b.Segments {
				last[s.SLO] = s.End
			}
			for name, end := range last {
				if !end.Equal(end.Truncate(time.Hour)) {
					t.Errorf("of %d SLOs, a batch ends within an hour of %s: at %v", slos, name, end)
				}
			}
		}
	}
}

func TestSegments_ManyObjectivesSideBySide(t *testing.T) {
	got := importText(t, file.Segments(), minutesOf(1000, 30))
	if n := len(got.segments()); n != 30_000 {
		t.Errorf("%d segments, want 30000", n)
	}
	for _, b := range got.batches {
		if len(b.Segments) > 20_000 {
			t.Errorf("a batch has %d segments", len(b.Segments))
		}
	}
}

func TestSegments_ImportStops(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	endless := func() ingest.File {
		return ingest.File{Name: "in", R: io.MultiReader(strings.NewReader("slo,start,length,total,bad\n"), &holes{})}
	}
	if err := file.Segments().Import(stopped, "test", endless(), &widest{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that ended: %v", err)
	}
	if err := file.Segments().Import(t.Context(), "Not A Name", endless(), &widest{}); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("with a bad source name: %v", err)
	}
	broken := errors.New("broken")
	err := file.Segments().Import(t.Context(), "test", ingest.File{R: io.MultiReader(strings.NewReader("slo,start,length,total,bad\n"), failing{broken})}, &widest{})
	if !errors.Is(err, broken) {
		t.Errorf("with a reader that fails: %v", err)
	}
}

// FuzzSegments holds that whatever is read can be stored: numbers within their
// bounds, and nothing counted twice.
func FuzzSegments(f *testing.F) {
	f.Add("slo,start,end,total,bad\na,1792458720,1792458780,4200,3\n")
	f.Add("slo,start,length,total,good,covered_seconds,gap_bad,resets\na,2026-10-20T01:12:00Z,1h30m,1e3,0.5,60,,2\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := tryImport(t, file.Segments(), text)
		if err != nil {
			return
		}
		for _, g := range s.segments() {
			if !g.End.After(g.Start) || g.Length() > 31*24*time.Hour || g.Covered < 0 || g.Covered > g.Length() ||
				g.Start.Nanosecond()%int(time.Millisecond) != 0 || g.End.Nanosecond()%int(time.Millisecond) != 0 {
				t.Errorf("the times of %+v cannot be", g)
			}
			if !(g.Bad >= 0) || !(g.Bad <= g.Total) || !(g.GapBad >= 0) || !(g.GapBad <= g.Bad) || !(g.Excess >= 0) || math.IsInf(g.Total+g.Excess, 0) {
				t.Errorf("the numbers of %+v cannot be", g)
			}
		}
		all := s.segments()
		for i := range all {
			for _, o := range all[:i] {
				if o.SLO == all[i].SLO && o.Start.Before(all[i].End) && all[i].Start.Before(o.End) {
					t.Errorf("%+v and %+v overlap", o, all[i])
				}
			}
		}
	})
}
