package prometheus_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/ingesttest"
	"opsreview/ingest/prometheus"
	"opsreview/store"
	"opsreview/store/storetest"
)

// days is a history of three and a half days with everything in it that can
// happen to counters, up to the given time.
func days(end time.Time) *history {
	at := func(hour float64) int { return int(hour * 60) }
	always := stretch{0, at(84)}
	h := &history{
		start: end.Add(-84 * time.Hour), minutes: at(84), seed: 3,
		incidents: []incident{
			{stretch{at(20), at(20.5)}, 0.4}, {stretch{at(47.9), at(48.2)}, 1}, {stretch{at(60.2), at(60.4)}, 1}, {stretch{at(83.9), at(84)}, 0.2},
		},
		unseen: []stretch{{at(60), at(60.75)}, {at(71.5), at(72.6)}},
		quiet:  []stretch{{at(30), at(34)}},
		instances: []instance{
			{name: "vault-1:8200", alive: always, restarts: []int{at(20.2), at(50)}},
			{name: "vault-2:8200", offset: 17250 * time.Millisecond, alive: always, restarts: []int{at(60.3)}},
			{name: "vault-3:8200", offset: 59 * time.Second, alive: stretch{at(10), at(70)}},
		},
	}
	return h.play()
}

var fourDays = prometheus.Config{Backfill: "96h"}

func TestConformance(t *testing.T) {
	ingesttest.Run(t, func(t testing.TB) ingesttest.Fixture {
		f := openFake(t)
		days(monday).into(f)
		return ingesttest.Fixture{
			New: func(t testing.TB) ingest.Source { return f.source(t, fourDays, availability()) },
			Now: func() time.Time { return monday },
		}
	})
}

// However a history is read — at once, or in pieces as it happens, by processes
// that are killed — the same minutes get the same counts, and these are the
// truth.
func TestPull_PiecesDoNotMatter(t *testing.T) {
	h := days(monday)
	whole := readIn(t, h, nil, 0)
	total, bad := 0.0, 0.0
	for _, s := range whole {
		total, bad = total+s.Total, bad+s.Bad
	}
	// The first and the last minute are cut between the instances, and what a
	// process did before it died unseen nobody knows: the rest is there.
	wantTotal, wantBad := h.within(opsreview.Window{Start: h.start, End: whole[len(whole)-1].End})
	wantTotal, wantBad = wantTotal-h.lost[0], wantBad-h.lost[1]
	if math.Abs(total-wantTotal) > 300 || math.Abs(bad-wantBad) > 60 {
		t.Errorf("%.0f bad of %.0f, the truth is %.0f of %.0f", bad, total, wantBad, wantTotal)
	}
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		var stops []time.Time
		for at := h.start.Add(time.Hour); at.Before(monday); at = at.Add(time.Duration(1+r.IntN(900)) * time.Minute).Add(time.Duration(r.IntN(60)) * time.Second) {
			stops = append(stops, at)
		}
		got := readIn(t, h, stops, 1+r.IntN(3))
		if diff := cmp.Diff(whole, got); diff != "" {
			t.Fatalf("seed %d, %d pulls (-whole +pieces):\n%.2000s", seed, len(stops), diff)
		}
	}
}

// readIn reads a history by a pull at each of the times and one at the end. Each
// pull is killed once, after so many saves; 0 for never.
func readIn(t *testing.T, h *history, stops []time.Time, kill int) []opsreview.Segment {
	t.Helper()
	f := openFake(t)
	h.into(f)
	m := ingesttest.NewMemory()
	killed := errors.New("killed")
	for _, now := range append(slices.Clone(stops), monday) {
		f.change(func() { f.now = now; f.until = now })
		saves := m.Saves()
		m.AfterSave = func(n int) error {
			if n == saves+kill {
				return killed
			}
			return nil
		}
		if err := f.sync(t, m, f.source(t, fourDays, availability())); err != nil && !errors.Is(err, killed) {
			t.Fatal(err)
		}
		m.AfterSave = nil
		if err := f.sync(t, m, f.source(t, fourDays, availability())); err != nil {
			t.Fatal(err)
		}
	}
	return m.Segments("vault/availability")
}

func TestPull_GapsCloseLater(t *testing.T) {
	f := openFake(t)
	var c counter
	c.labels = map[string]string{"job": "vault", "instance": "a"}
	at := func(d time.Duration, v float64) { c.points = append(c.points, point{monday.Add(d).UnixMilli(), v}) }
	for i := range 60 {
		at(time.Duration(i-120)*time.Minute, float64(10*i))
	}
	serve := func(now time.Time) {
		f.change(func() {
			f.now = now
			f.selectors["hits_total"], f.selectors["errors_total"] = []counter{c}, []counter{}
		})
	}
	m := ingesttest.NewMemory()
	o := ratio("vault/hits", "errors_total", "hits_total")
	serve(monday)
	if err := f.sync(t, m, f.source(t, fourDays, o)); err != nil {
		t.Fatal(err)
	}
	before := m.Segments(o.Name)
	if last := before[len(before)-1].End; !last.Equal(monday.Add(-61 * time.Minute)) {
		t.Errorf("the last segment ends at %s: an open gap is not known to be one", last)
	}
	at(2*time.Minute, 1000) // the scrapes are back
	at(3*time.Minute, 1010)
	serve(monday.Add(30 * time.Minute))
	if err := f.sync(t, m, f.source(t, fourDays, o)); err != nil {
		t.Fatal(err)
	}
	total, covered := 0.0, time.Duration(0)
	for _, s := range m.Segments(o.Name) {
		total, covered = total+s.Total, covered+s.Covered
	}
	if total != 1010 || covered != 60*time.Minute {
		t.Errorf("%.0f events and %s covered, want 1010 and 1h: 59 minutes before the gap and one after", total, covered)
	}
}

func TestPull_TroubleOfOneSLO(t *testing.T) {
	f := openFake(t)
	days(monday).into(f)
	f.change(func() {
		f.selectors["many_total"] = slices.Repeat([]counter{{points: []point{{monday.Add(-time.Hour).UnixMilli(), 1}}}}, 11)
	})
	cfg := fourDays
	cfg.MaxSeries = 10
	m := ingesttest.NewMemory()
	err := f.sync(t, m, f.source(t, cfg,
		ratio("a/refused", "unknown_total", "http_total"), ratio("b/broken", "sum((", "x"), ratio("c/large", "many_total", "many_total"), availability()))
	text := opsreview.ErrorMessage(err)
	for _, want := range []string{"a/refused: ", "nobody knows", "b/broken: bad: ", "is no PromQL", "c/large: total: the query has 11 series"} {
		if !strings.Contains(text, want) {
			t.Errorf("the error %q does not tell %q", text, want)
		}
	}
	if opsreview.ErrorCode(err) != opsreview.Invalid || len(m.Segments("vault/availability")) == 0 {
		t.Errorf("the error is %v, and the SLO that has no trouble has %d segments", err, len(m.Segments("vault/availability")))
	}
	if h, _ := m.Source(t.Context(), "prom"); !strings.Contains(h.LastError, "b/broken") {
		t.Errorf("the last error is %q, which does not name the SLO", h.LastError)
	}
}

func TestPull_TroubleOfTheServer(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		code   opsreview.Code
	}{
		"it is busy":                  {429, "", opsreview.Unavailable},
		"it is down":                  {503, "", opsreview.Unavailable},
		"half an answer":              {200, `{"status":"succ`, opsreview.Unavailable},
		"it refuses the credentials":  {401, "", opsreview.Invalid},
		"there is something else":     {200, `<html>`, opsreview.Unavailable},
		"the place is another API's":  {404, "", opsreview.NotFound},
		"it times out on the minutes": {503, `{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}`, opsreview.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := openFake(t)
			days(monday).into(f)
			f.fault = func(path string, _ form) (string, int) {
				if strings.HasSuffix(path, "/query") {
					return tt.body, tt.status
				}
				return "", 0
			}
			m := ingesttest.NewMemory()
			if err := f.sync(t, m, f.source(t, fourDays, availability())); opsreview.ErrorCode(err) != tt.code {
				t.Errorf("the pull answers %v, want %s", err, tt.code)
			}
			f.change(func() { f.fault = nil })
			if err := f.sync(t, m, f.source(t, fourDays, availability())); err != nil || len(m.Segments("vault/availability")) == 0 {
				t.Errorf("after the trouble: %v, %d segments", err, len(m.Segments("vault/availability")))
			}
		})
	}
}

func TestPull_TooManySamplesChangeNothing(t *testing.T) {
	h := days(monday)
	whole := readIn(t, h, nil, 0)
	f := openFake(t)
	h.into(f)
	f.change(func() { f.mostSpan, f.until = 3*time.Hour, monday })
	m := ingesttest.NewMemory()
	if err := f.sync(t, m, f.source(t, fourDays, availability())); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, m.Segments("vault/availability")); diff != "" {
		t.Errorf("segments (-whole +halved):\n%.2000s", diff)
	}
}

func TestPull_WarningsMakeSuspect(t *testing.T) {
	f := openFake(t)
	days(monday).into(f)
	f.change(func() { f.warning = "1 store did not answer" })
	m := ingesttest.NewMemory()
	pull := func() []opsreview.SuspectWindow {
		if err := f.sync(t, m, f.source(t, fourDays, availability())); err != nil {
			t.Fatal(err)
		}
		h, _ := m.Source(t.Context(), "prom")
		return h.Suspect
	}
	if got := pull(); len(got) == 0 || !strings.Contains(got[0].Reason, "vault/availability: Prometheus warns: 1 store did not answer") {
		t.Errorf("suspect windows are %v", got)
	}
	// A server that always warns does not fill the list.
	before := len(pull())
	f.change(func() { f.now = f.now.Add(7 * time.Minute) })
	if got := pull(); len(got) != before || before > 5 {
		t.Errorf("%d suspect windows became %d", before, len(got))
	}
	f.change(func() { f.warning = "" })
	if got := pull(); len(got) != 0 {
		t.Errorf("read whole, and still suspect: %v", got)
	}
}

// Whoever corrects a query wants its history counted anew, and nothing left of
// the old one where the new one says something else.
func TestPull_ChangedQueryIsReadFromTheBeginning(t *testing.T) {
	h := days(monday)
	f := openFake(t)
	h.into(f)
	f.change(func() {
		// The right counter was not scraped for seven hours: nothing is known of them.
		late := counter{labels: map[string]string{"job": "x"}}
		for m := range h.minutes {
			if m < 1000 || m > 1420 {
				late.points = append(late.points, point{h.start.Add(time.Duration(m) * time.Minute).UnixMilli(), float64(m)})
			}
		}
		f.selectors["right_total"] = []counter{late}
		f.selectors["none_total"] = []counter{}
	})
	m := ingesttest.NewMemory()
	for _, o := range []opsreview.SLO{availability(), ratio("vault/availability", "none_total", "right_total")} {
		if err := f.sync(t, m, f.source(t, fourDays, o)); err != nil {
			t.Fatal(err)
		}
	}
	total, blank := 0.0, 0
	for _, s := range m.Segments("vault/availability") {
		total += s.Total
		if s.Covered == 0 && s.Total == 0 {
			blank++
		}
	}
	// Samples end with the history, and the delay hides the last 5 minutes.
	if want := float64(h.minutes - 5 - 422); total != want || blank < 420 {
		t.Errorf("%.0f events and %d blank minutes, want %.0f and at least 420: the old query's are left", total, blank, want)
	}
}

func TestPull_Values(t *testing.T) {
	q := func(text string) *opsreview.Query { return &opsreview.Query{Text: text} }
	hourAgo := monday.Add(-time.Hour)
	// Everything begins an hour ago and is 2 but for the minutes 10 and 11.
	gauge := func(usual, odd float64) func(time.Time) map[string]float64 {
		return func(at time.Time) map[string]float64 {
			switch m := int(at.Sub(hourAgo) / time.Minute); {
			case !at.After(hourAgo):
				return nil
			case m == 11 || m == 12: // values at the ends of the minutes 10 and 11
				return map[string]float64{"x": odd}
			case m == 30:
				return map[string]float64{"x": math.NaN()}
			}
			return map[string]float64{"x": usual}
		}
	}
	counted := func(total, bad float64, minutes int) [3]float64 { return [3]float64{total, bad, float64(minutes)} }
	tests := map[string]struct {
		in    opsreview.Indicator
		exprs map[string]func(time.Time) map[string]float64
		want  [3]float64 // total, bad and covered minutes
	}{
		"a threshold judges each minute by its end": {
			opsreview.Indicator{Threshold: q("max(lag)"), Op: "lte", Value: 2},
			map[string]func(time.Time) map[string]float64{"max(lag)": gauge(2, 3)},
			counted(54, 2, 54),
		},
		"less than is not at most": {
			opsreview.Indicator{Threshold: q("max(lag)"), Op: "lt", Value: 2},
			map[string]func(time.Time) map[string]float64{"max(lag)": gauge(2, 1)},
			counted(54, 52, 54),
		},
		"a share of failures": {
			opsreview.Indicator{Raw: q("errors:ratio"), RawFailure: true},
			map[string]func(time.Time) map[string]float64{"errors:ratio": gauge(0, 0.25)},
			counted(54, 0.5, 54),
		},
		"a share of successes": {
			opsreview.Indicator{Raw: q("ok:ratio")},
			map[string]func(time.Time) map[string]float64{"ok:ratio": gauge(1, 0.75)},
			counted(54, 0.5, 54),
		},
		"rates are events of sixty seconds": {
			opsreview.Indicator{Bad: q("sum(rate(e[5m])) * 1"), Total: q("sum(rate(t[5m])) * 1")},
			map[string]func(time.Time) map[string]float64{"sum(rate(t[5m])) * 1": gauge(2, 2), "sum(rate(e[5m])) * 1": gauge(0, 1)},
			counted(54*120, 120, 54),
		},
		"increases are scaled to a minute": {
			opsreview.Indicator{Good: q("sum(increase(g[2m])) * 1"), Total: q("sum(increase(t[2m])) * 1")},
			map[string]func(time.Time) map[string]float64{"sum(increase(t[2m])) * 1": gauge(20, 20), "sum(increase(g[2m])) * 1": gauge(20, 10)},
			counted(540, 10, 54),
		},
		"what is left is events of a minute": {
			opsreview.Indicator{Good: q("good_now"), Bad: q("bad_now")},
			map[string]func(time.Time) map[string]float64{"good_now": gauge(9, 6), "bad_now": gauge(1, 4)},
			counted(540, 60, 54),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := openFake(t)
			f.change(func() { f.exprs = tt.exprs })
			m := ingesttest.NewMemory()
			if err := f.sync(t, m, f.source(t, fourDays, opsreview.SLO{Name: "a/b", Indicator: tt.in})); err != nil {
				t.Fatal(err)
			}
			var got [3]float64
			for _, s := range m.Segments("a/b") {
				got[0], got[1], got[2] = got[0]+s.Total, got[1]+s.Bad, got[2]+s.Covered.Minutes()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("total, bad, covered minutes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPull_AThresholdIsOneSeries(t *testing.T) {
	f := openFake(t)
	f.exprs["lag"] = func(time.Time) map[string]float64 { return map[string]float64{"a": 1, "b": 2} }
	o := opsreview.SLO{Name: "a/b", Indicator: opsreview.Indicator{Threshold: &opsreview.Query{Text: "lag"}, Op: "lt", Value: 3}}
	err := f.sync(t, ingesttest.NewMemory(), f.source(t, fourDays, o))
	if !strings.Contains(opsreview.ErrorMessage(err), "2 series where it must with one") {
		t.Errorf("the pull answers %v", err)
	}
}

func TestPull_AggregatedCounter(t *testing.T) {
	f := openFake(t)
	start := monday.Add(-2 * time.Hour)
	f.exprs["max(errors_total)"] = func(time.Time) map[string]float64 { return nil }
	f.exprs["max(hits_total)"] = func(at time.Time) map[string]float64 {
		m := at.Sub(start).Minutes()
		switch {
		case m < 0 || (m > 30 && m < 45): // a gap
			return nil
		case m >= 90: // began anew
			return map[string]float64{"x": 10 * (m - 89)}
		}
		return map[string]float64{"x": 10 * m}
	}
	m := ingesttest.NewMemory()
	if err := f.sync(t, m, f.source(t, fourDays, ratio("a/b", "max(errors_total)", "max(hits_total)"))); err != nil {
		t.Fatal(err)
	}
	total, covered, resets := 0.0, 0.0, 0
	for _, s := range m.Segments("a/b") {
		total, covered, resets = total+s.Total, covered+s.Covered.Minutes(), resets+s.Resets
	}
	if total != 1150 || covered != 100 || resets != 1 {
		t.Errorf("%v events, %v minutes covered, %d resets; want 1150, 100 and 1", total, covered, resets)
	}
}

func TestCursor(t *testing.T) {
	tests := map[string]struct {
		cursor string
		ok     bool
	}{
		"one that makes no sense is as good as none": {"{", true},
		"so is one of another form":                  {`{"v":0}`, true},
		"a time that cannot be is forgotten":         {`{"v":1,"slos":{"vault/availability":{"to":"0001-01-01T00:00:00Z","hash":"x"}}}`, true},
		"one of a newer program is not touched":      {`{"v":2}`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := openFake(t)
			days(monday).into(f)
			m := ingesttest.NewMemory()
			if _, err := m.SaveBatch(t.Context(), "prom", opsreview.Batch{Cursor: tt.cursor}); err != nil {
				t.Fatal(err)
			}
			if err := f.sync(t, m, f.source(t, fourDays, availability())); (err == nil) != tt.ok {
				t.Errorf("the pull answers %v", err)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		slos   []opsreview.SLO
		change func(f *fake)
		want   []string // "ok" or "no", the subject, and a part of the detail
	}{
		"everything is there": {
			slos: []opsreview.SLO{availability()},
			want: []string{"ok server answers with version 3.9.0", "ok history keeps 15d; the first sync reads 4d", "ok vault/availability total: 6 series of counters as they were scraped"},
		},
		"a metric that nobody scrapes": {
			slos:   []opsreview.SLO{ratio("a/b", "errors_total", "hits_total")},
			change: func(f *fake) { f.selectors["hits_total"], f.selectors["errors_total"] = []counter{}, []counter{} },
			want:   []string{"ok server ", "ok history ", "no a/b total: the query has no series at present"},
		},
		"a query that is none": {
			slos: []opsreview.SLO{ratio("a/b", "sum(", "hits_total")},
			want: []string{"ok server ", "ok history ", `no a/b bad: the query "sum(" is no PromQL`},
		},
		"nothing to count": {
			want: []string{"ok server ", "ok history ", "no SLOs none is counted here"},
		},
		"a server that refuses": {
			change: func(f *fake) { f.fault = func(string, form) (string, int) { return "", http.StatusForbidden } },
			want:   []string{"no server Prometheus answers GET /api/v1/status/buildinfo with 403"},
		},
		// Each SLO's query was once said to be wrong.
		"an address where no Prometheus is": {
			slos:   []opsreview.SLO{availability()},
			change: func(f *fake) { f.fault = func(string, form) (string, int) { return "", http.StatusNotFound } },
			want:   []string{"no server Prometheus answers POST /api/v1/query with 404 Not Found; check base_url"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := openFake(t)
			days(monday.Add(time.Minute)).into(f)
			if tt.change != nil {
				f.change(func() { tt.change(f) })
			}
			got := f.source(t, fourDays, tt.slos...).Check(t.Context())
			if len(got) != len(tt.want) {
				t.Fatalf("checks are %+v, want %d", got, len(tt.want))
			}
			for i, c := range got {
				text := fmt.Sprintf("%s %s %s", map[bool]string{true: "ok", false: "no"}[c.OK], c.Subject, c.Detail)
				first, rest, _ := strings.Cut(tt.want[i], " "+c.Subject+" ")
				if !strings.HasPrefix(text, first+" "+c.Subject) || !strings.Contains(c.Detail, rest) {
					t.Errorf("check %d is %q, want %q", i, text, tt.want[i])
				}
			}
		})
	}
}

// A store joins old minutes, and takes nothing in their place that is shorter:
// a changed query can replace them all the same.
func TestPull_ReplacesWhatTheStoreHasJoined(t *testing.T) {
	db, err := store.Open(t.Context(), storetest.Fresh(t, filepath.Join(t.TempDir(), "ops.db")), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	f := openFake(t)
	var c, twice counter
	for at := monday.AddDate(0, 0, -130); !at.After(monday); at = at.Add(4 * time.Minute) {
		n := at.Sub(monday.AddDate(0, 0, -130)).Minutes()
		c.points = append(c.points, point{at.UnixMilli(), n})
		twice.points = append(twice.points, point{at.UnixMilli(), 2 * n})
	}
	f.change(func() {
		f.selectors["a_total"], f.selectors["b_total"], f.selectors["none_total"] = []counter{c}, []counter{twice}, []counter{}
	})
	length := 120 * 24 * time.Hour
	for i, text := range []string{"a_total", "b_total", "a_total"} {
		src := f.source(t, prometheus.Config{Backfill: "120d"}, ratio("a/b", "none_total", text))
		if _, err := ingest.Sync(t.Context(), db, src, ingest.SyncOptions{Now: time.Now}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.RollUpSegments(t.Context(), monday); err != nil {
			t.Fatal(err)
		}
		w := opsreview.Window{Start: monday.Truncate(24 * time.Hour).Add(-length), End: monday.Add(-time.Hour)}
		all, err := db.Segments(t.Context(), store.SegmentFilter{Window: w})
		if err != nil {
			t.Fatal(err)
		}
		total := 0.0
		for _, s := range all["a/b"] {
			total += s.Total * float64(w.Overlap(s.Start, s.End)) / float64(s.Length())
		}
		if want := []float64{1, 2, 1}[i] * w.End.Sub(w.Start).Minutes(); math.Abs(total-want) > 1e-6 {
			t.Errorf("%s: %.0f events, want %.0f", text, total, want)
		}
	}
}
