package file_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/file"
	"opsreview/store"
	"opsreview/store/storetest"
)

// looked is what a file of series says: charts, series and values.
func (s *sink) looked() (b opsreview.Batch) {
	for _, piece := range s.batches {
		b.Charts = append(b.Charts, piece.Charts...)
		b.Series = append(b.Series, piece.Series...)
		b.Points = append(b.Points, piece.Points...)
	}
	return b
}

func importSeries(t *testing.T, text string) (opsreview.Batch, *sink) {
	t.Helper()
	s := importText(t, file.Series(), text)
	return s.looked(), s
}

var nan = math.NaN()

func TestSeries(t *testing.T) {
	labels := func(name string) map[string]string { return map[string]string{"series": name} }
	key := func(chart string, labels map[string]string) string {
		return opsreview.SeriesKey("import/"+chart, "", labels)
	}
	start := at(t, "2026-11-02T15:00:00Z")
	minute := func(series string, values ...float64) opsreview.Points {
		return opsreview.Points{Series: series, Start: start, Step: time.Minute, Values: values}
	}
	in := opsreview.Batch{
		Charts: []opsreview.Chart{{Key: "import/in", Title: "in"}},
		Series: []opsreview.Series{{Key: key("in", labels("vault-0")), Chart: "import/in", Name: "vault-0", Labels: labels("vault-0")}},
		Points: []opsreview.Points{minute(key("in", labels("vault-0")), 1, 2, 3)},
	}
	gap := in
	gap.Points = []opsreview.Points{minute(in.Series[0].Key, 1, nan, 3, 4)}
	pod := map[string]string{"pod": "vault-0", "zone": "a"}
	named := opsreview.Batch{
		Charts: []opsreview.Chart{{Key: "import/Vault, reads", Title: "Reads", Unit: "s", Service: "vault", Team: "secrets"}},
		Series: []opsreview.Series{{Key: key("Vault, reads", pod), Chart: "import/Vault, reads", Name: "pod=vault-0, zone=a", Labels: pod}},
		Points: []opsreview.Points{minute(key("Vault, reads", pod), -1, 2.5)},
	}
	remarked := in
	remarked.Charts = []opsreview.Chart{{Key: "import/in", Title: "Reads", Unit: "s", Service: "vault"}}
	tests := map[string]struct {
		text string
		want opsreview.Batch
	}{
		"the wide form is what Grafana downloads": {
			"sep=,\r\n\"Time\",\"vault-0\"\r\n2026-11-02 15:00:00,1\r\n2026-11-02 15:01:00,2\r\n2026-11-02 15:02:00,3\r\n", in,
		},
		"times are Unix milliseconds": {
			"Time,vault-0\n1793631600000,1\n1793631660000,2\n1793631720000,3\n", in,
		},
		"times are Unix seconds, and newest first": {
			"time,vault-0\n1793631720,3\n1793631660.0,2\n1793631600,1\n", in,
		},
		"times have an offset": {
			"timestamp,vault-0\n2026-11-02T16:00:00+01:00,1\n2026-11-02T15:01:00Z,2\n2026-11-02T15:02:00Z,3\n", in,
		},
		"a remark says whose clock it is": {
			"# time_zone: Europe/Berlin\n\n# made by hand\nTime,vault-0\n2026-11-02 16:00:00,1\n2026-11-02 16:01:00,2\n2026-11-02 16:02:00,3\n", in,
		},
		"remarks say what the chart is about": {
			"# title: Reads\n# unit: s\n# service: vault\nTime,vault-0\n1793631600,1\n1793631660,2\n1793631720,3\n", remarked,
		},
		"empty cells, NaN and null are gaps": {
			"Time,vault-0,b,c,d\n1793631600,1,,nan,null\n1793631660,NaN,,,\n1793631720,3,,,\n1793631780,4,,,\n", gap,
		},
		"times off the grid go to it": {
			"Time,vault-0\n1793631600.4,1\n1793631659.9,2\n1793631720.2,3\n", in,
		},
		"times half a minute behind go to it too": {
			"Time,vault-0\n1793631630,1\n1793631691,2\n1793631749,3\n", in,
		},
		"the long form says what each value is of": {
			"time,chart,value,label_pod,label_zone,title,unit,service,team\n" +
				"2026-11-02T15:00:00Z,\"Vault, reads\",-1,vault-0,a,Reads,s,vault,secrets\n2026-11-02T15:01:00Z,\"Vault, reads\",2.5,vault-0,a,,,,\n", named,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, s := importSeries(t, tt.text)
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(s.problems) > 0 {
				t.Errorf("problems: %q", s.reasons())
			}
		})
	}
}

func TestSeries_Problems(t *testing.T) {
	long := "time,value,chart,series\n1793631600,1,a,x\n1793631660,2,a,x\n"
	tests := map[string]struct{ text, want string }{
		"a cell too many":      {"Time,a\n1793631600,1,2\n", "2: the record has 3 cells, and the header 2 columns"},
		"no time":              {"Time,a\n,1\n", `2: the field "time" is missing`},
		"a word for a time":    {"Time,a\nyesterday,1\n", `2: "yesterday" of the field "time" is not a time: write it as 2026-11-02T15:00:00Z, 2026-11-02 15:00:00 or Unix seconds`},
		"nanoseconds":          {"Time,a\n1793631600000000000,1\n", `2: "1793631600000000000" of the field "time" is neither Unix seconds nor milliseconds`},
		"a time of no clock":   {"Time,a\n12,1\n", `2: the field "time" lies in the year 1970, which cannot be`},
		"a value with a unit":  {"Time,a\n1793631600,12 ms\n", `2: "12 ms" is not a number: write it as 1234 or 0.5, without a unit (in Grafana, without formatted data)`},
		"a decimal comma":      {"Time,a\n1793631600,\"1,5\"\n", `2: "1,5" is not a number: write it as 1234 or 0.5, without a unit (in Grafana, without formatted data)`},
		"an infinite value":    {"Time,a\n1793631600,+Inf\n", `2: "+Inf" is not a number: write it as 1234 or 0.5, without a unit (in Grafana, without formatted data)`},
		"the same time twice":  {long + "1793631600,3,a,x\n", "4: the series has a value already for the time 2026-11-02T15:00:00Z: values are kept one each 1m0s"},
		"almost the same time": {long + "1793631661,3,a,x\n", "4: the series has a value already for the time 2026-11-02T15:01:00Z: values are kept one each 1m0s"},
		"no chart":             {"time,value,chart\n1793631600,1, \n", `2: the field "chart" is missing`},
		"a control character":  {"time,value,chart\n1793631600,1,\"a\x07b\"\n", `2: the field "chart" holds a control character`},
		"a stray quote":        {"Time,a\n1793631600,1\"\n", "2: a quote stands within a cell: put the cell in quotes and write the quote twice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, s := importSeries(t, tt.text)
			if diff := cmp.Diff([]string{tt.want}, s.reasons()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSeries_FilesThatCannotBeReadAtAll(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"nothing":              {"", "in is empty: the first line must name the columns"},
		"remarks only":         {"# chart: a\n", "in is empty: the first line must name the columns"},
		"semicolons":           {"Time;a\n", "in: line 1: the columns are not separated by commas"},
		"no time":              {"a,b\n", `in: line 1: the first column is "a": a file of series has the columns time, value and chart, or "Time" and a column for each series`},
		"only a time":          {"Time\n", "in: line 1: there is no column beside the time"},
		"a column twice":       {"Time,a,a\n", `in: line 1: the column "a" is there twice`},
		"a column no name":     {"Time,a,\n", "in: line 1: column 3 needs a name of at most 256 bytes without control characters"},
		"no value":             {"time,chart\n", `in: line 1: the column "value" is missing`},
		"an unknown column":    {"time,value,chart,colour\n", `in: line 1: there is no column "colour": the columns are time, value, chart, series, title, unit, service, team, and label_NAME for labels`},
		"an unknown time zone": {"# time_zone: Mars\nTime,a\n", `in: line 1: there is no time zone "Mars"`},
		"the machine's zone":   {"\n# time_zone: Local\nTime,a\n", `in: line 2: there is no time zone "Local"`},
		"half a gzip":          {"\x1F\x8B\x08", "in cannot be unpacked"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tryImport(t, file.Series(), tt.text)
			if opsreview.ErrorCode(err) != opsreview.Invalid || opsreview.ErrorMessage(err) != tt.want {
				t.Errorf("error is %v, want %s", err, tt.want)
			}
		})
	}
	for name, want := range map[string]string{"standard input": "", "a/b/Vault reads.csv.gz": "import/Vault reads", `c:\x\reads.csv`: "import/reads", "": ""} {
		var s sink
		err := file.Series().Import(t.Context(), "test", ingest.File{Name: name, R: strings.NewReader("Time,a\n1793631600,1\n")}, &s)
		if want == "" && (err == nil || !strings.Contains(err.Error(), `write "# chart: NAME" above the header`)) {
			t.Errorf("of %q: %v", name, err)
		}
		if b := s.looked(); want != "" && (err != nil || len(b.Charts) != 1 || b.Charts[0].Key != want) {
			t.Errorf("of %q: %+v, %v", name, b.Charts, err)
		}
	}
}

// wideFile is n records of some series, a minute apart.
func wideFile(series, n int, minute func(i int) int) string {
	var text strings.Builder
	text.WriteString("Time")
	for s := range series {
		fmt.Fprintf(&text, ",s%d", s)
	}
	for i := range n {
		m := minute(i)
		fmt.Fprintf(&text, "\n%d", 1_793_631_600+60*m)
		for s := range series {
			fmt.Fprintf(&text, ",%d", m+s)
		}
	}
	return text.String() + "\n"
}

// Of a long file, what is out of order by less than what is held is put in
// order, forwards and backwards, and no value is lost.
func TestSeries_Order(t *testing.T) {
	const n = 70_000
	for name, minute := range map[string]func(i int) int{
		"forwards":             func(i int) int { return i },
		"backwards":            func(i int) int { return n - 1 - i },
		"with some stragglers": func(i int) int { return i/1000*1000 + i*7%1000 },
	} {
		t.Run(name, func(t *testing.T) {
			b, s := importSeries(t, wideFile(4, n, minute))
			if len(s.problems) > 0 || len(s.batches) < 2 {
				t.Fatalf("%d batches, %d problems, the first: %s", len(s.batches), len(s.problems), s.reasons()[0])
			}
			if len(b.Series) != 4 || len(b.Charts) != 1 {
				t.Errorf("%d series of %d charts", len(b.Series), len(b.Charts))
			}
			known := 0
			for _, p := range b.Points {
				for i, v := range p.Values {
					known++
					m := float64(p.Start.Add(time.Duration(i)*p.Step).Unix()-1_793_631_600) / 60
					if v < m || v > m+3 {
						t.Fatalf("at minute %v the value is %v", m, v)
					}
				}
			}
			if known != 4*n {
				t.Errorf("%d values, want %d", known, 4*n)
			}
		})
	}
	t.Run("a line far back is a problem", func(t *testing.T) {
		text := wideFile(4, n, func(i int) int { return i }) + "1793632200,1,2,3,4\n"
		if _, s := importSeries(t, text); len(s.problems) != 4 || s.problems[0].Line != n+2 || !strings.Contains(s.problems[0].Reason, "sort the file by time") {
			t.Errorf("%d problems: %+v", len(s.problems), s.problems[:min(2, len(s.problems))])
		}
	})
}

func TestSeries_Steps(t *testing.T) {
	tests := map[string]struct {
		seconds []int
		want    time.Duration
	}{
		"15 seconds":                         {[]int{0, 15, 30, 45}, 15 * time.Second},
		"a gap does not count":               {[]int{0, 60, 120, 9000, 9060}, time.Minute},
		"what divides no day goes below":     {[]int{0, 420, 840, 1260}, 400 * time.Second},
		"a single value is kept at a minute": {[]int{0}, time.Minute},
		"weeks are days":                     {[]int{0, 604800, 1209600}, 24 * time.Hour},
		"jitter is none":                     {[]int{0, 61, 120, 179, 240}, time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text := "Time,a\n"
			for _, s := range tt.seconds {
				text += fmt.Sprintf("%d,1\n", 1_793_577_600+s)
			}
			b, s := importSeries(t, text)
			values := 0
			for _, p := range b.Points {
				if p.Step != tt.want {
					t.Errorf("the step is %s, want %s", p.Step, tt.want)
				}
				for _, v := range p.Values {
					if v == 1 {
						values++
					}
				}
			}
			if values != len(tt.seconds) || len(s.problems) > 0 {
				t.Errorf("%d values, want %d; problems %q", values, len(tt.seconds), s.reasons())
			}
		})
	}
}

// The same file changes nothing the second time, and neither does a longer one
// that contains it but for what is new, packed or not.
func TestSeries_Twice(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.Fresh(t, filepath.Join(t.TempDir(), "test.db")), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	load := func(r io.Reader) opsreview.Saved {
		t.Helper()
		s := storing{t: t, db: db}
		if err := file.Series().Import(t.Context(), "metrics", ingest.File{Name: "reads.csv", R: r}, &s); err != nil {
			t.Fatal(err)
		}
		return s.saved
	}
	forwards := func(i int) int { return i }
	text := wideFile(3, 3000, forwards)
	if diff := cmp.Diff(opsreview.Saved{Series: 3, Points: 9000}, load(strings.NewReader(text))); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(opsreview.Saved{}, load(&packed)); diff != "" {
		t.Errorf("again (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(opsreview.Saved{Points: 30}, load(strings.NewReader(wideFile(3, 3010, forwards)))); diff != "" {
		t.Errorf("longer (-want +got):\n%s", diff)
	}
}

func TestSeries_ImportStops(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	text := wideFile(2, 1000, func(i int) int { return i })
	in := func(r io.Reader) ingest.File { return ingest.File{Name: "in", R: r} }
	if err := file.Series().Import(stopped, "test", in(strings.NewReader(text)), &sink{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that ended: %v", err)
	}
	if err := file.Series().Import(t.Context(), "Not A Name", in(strings.NewReader(text)), &sink{}); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("with a bad source name: %v", err)
	}
	broken := errors.New("broken")
	if err := file.Series().Import(t.Context(), "test", in(io.MultiReader(strings.NewReader(text), failing{broken})), &sink{}); !errors.Is(err, broken) {
		t.Errorf("with a reader that fails: %v", err)
	}
	if _, s := importSeries(t, wideFile(1001, 1, func(i int) int { return i })); len(s.problems) != 1 || !strings.Contains(s.problems[0].Reason, "more than 1000 series") {
		t.Errorf("with too many series: %q", s.reasons())
	}
}

// FuzzSeries holds that whatever is read can be stored, and no time twice.
func FuzzSeries(f *testing.F) {
	f.Add("Time,a,b\n1793631600,1,\n1793631660,2,3\n")
	f.Add("# time_zone: Europe/Berlin\nTime,a\n2026-10-25 02:30:00,1\n2026-10-25 02:30:30,2\n")
	f.Add("time,value,chart,series,label_x,unit\n1793631600000,-1e3,c,s,l,s\n1793631600.5,7,c,,,\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := tryImport(t, file.Series(), text)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, p := range s.looked().Points {
			if p.Step < time.Second || p.Step%time.Second != 0 || 24*time.Hour%p.Step != 0 || p.Start.UnixMilli()%p.Step.Milliseconds() != 0 || len(p.Values) == 0 {
				t.Fatalf("%+v is off the grid", p)
			}
			for i, v := range p.Values {
				key := p.Series + p.Start.Add(time.Duration(i)*p.Step).String()
				if math.IsInf(v, 0) || (seen[key] && !math.IsNaN(v)) {
					t.Errorf("%s has %v", key, v)
				}
				seen[key] = true
			}
		}
	})
}

// A series that is mostly gaps has no step of its own: the rows of its file say
// it, so that no value is refused.
func TestSeries_MostlyGaps(t *testing.T) {
	text := "Time,full,rare\n"
	for i := range 30 {
		rare := ""
		if i%5 == 0 || i == 21 {
			rare = fmt.Sprint(i)
		}
		text += fmt.Sprintf("%d,%d,%s\n", 1_793_631_600+60*i, i, rare)
	}
	b, s := importSeries(t, text)
	for _, p := range b.Points {
		if p.Step != time.Minute {
			t.Errorf("the step is %s", p.Step)
		}
	}
	if len(s.problems) > 0 || len(b.Points) != 2 {
		t.Errorf("problems: %q", s.reasons())
	}
}
