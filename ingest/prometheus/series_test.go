package prometheus_test

import (
	"context"
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
	"opsreview/dashboard"
	"opsreview/ingest"
	"opsreview/ingest/prometheus"
	"opsreview/store"
	"opsreview/store/storetest"
)

// chartOf is a query of the configuration.
func chartOf(name string, texts ...string) opsreview.Chart {
	c := opsreview.Chart{Key: "queries/" + name, Title: name, Source: "prom"}
	for i, text := range texts {
		c.Queries = append(c.Queries, opsreview.ChartQuery{Name: string(rune('A' + i)), Text: text})
	}
	return c
}

// twoDays looks back over two days of five.
func twoDays(charts ...opsreview.Chart) *prometheus.LookBack {
	return &prometheus.LookBack{Charts: charts, Span: 2 * 24 * time.Hour, History: 5 * 24 * time.Hour, MaxSeries: 5}
}

func openStore(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), storetest.Fresh(t, filepath.Join(t.TempDir(), "ops.db")), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// pull syncs a source once.
func pull(t testing.TB, st ingest.Store, src ingest.Source) (opsreview.Saved, error) {
	t.Helper()
	return ingest.Sync(t.Context(), st, src, ingest.SyncOptions{Now: func() time.Time { return monday }})
}

func mustPull(t testing.TB, st ingest.Store, src ingest.Source) opsreview.Saved {
	t.Helper()
	saved, err := pull(t, st, src)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// seriesIn returns the stored series of a chart by their name.
func seriesIn(t testing.TB, db *store.DB, chart string) map[string]opsreview.SeriesState {
	t.Helper()
	all, err := db.SeriesStates(t.Context(), []string{chart})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]opsreview.SeriesState{}
	for _, s := range all {
		byName[s.Name] = s
	}
	return byName
}

func pointsOf(t testing.TB, db *store.DB, key string, w opsreview.Window) opsreview.Points {
	t.Helper()
	p, err := db.Points(t.Context(), key, w)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func chartIn(t testing.TB, db *store.DB, key string) opsreview.Chart {
	t.Helper()
	all, err := db.Charts(t.Context(), store.ChartFilter{Keys: []string{key}})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d charts of the key %q, %v", len(all), key, err)
	}
	return all[0]
}

// rowsOf is everything that is stored of charts, in words.
func rowsOf(t testing.TB, db *store.DB) []string {
	t.Helper()
	charts, err := db.Charts(t.Context(), store.ChartFilter{WithDeleted: true})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, c := range charts {
		rows = append(rows, fmt.Sprintf("%s: %q, skipped %q, left out %d", c.Key, c.Title, c.Skipped, c.LeftOut))
		for name, s := range seriesIn(t, db, c.Key) {
			p := pointsOf(t, db, s.Key, opsreview.Window{})
			sum := uint64(0)
			for _, v := range p.Values {
				sum = sum*1099511628211 + math.Float64bits(v)
			}
			rows = append(rows, fmt.Sprintf("%s %s: counter %v, from %s, %d values every %s: %x", c.Key, name, s.Counter, p.Start, len(p.Values), p.Step, sum))
		}
	}
	slices.Sort(rows)
	return rows
}

// busy is a fake with charts of every sort.
func busy(t testing.TB) (*fake, *prometheus.LookBack) {
	f := openFake(t)
	f.lines = map[string][]line{"broken": nil}
	for i := range 8 {
		at := wave(float64(i))
		if i == 3 {
			at = during(monday.Add(-90*time.Hour), monday.Add(-30*time.Hour), at) // it has vanished
		}
		f.lines["latency"] = append(f.lines["latency"], namedLine(fmt.Sprintf("vault-%d", i), at))
	}
	f.lines["requests_total"] = []line{{nil, func(t time.Time) float64 { return float64(t.Unix() % 1e6) }}}
	f.lines["ratio"] = []line{{nil, func(t time.Time) float64 {
		switch {
		case t.Hour() == 3:
			return math.Inf(1) // a division by nothing
		case t.Hour() == 5:
			return math.NaN()
		}
		return 0.5
	}}}
	f.fault = func(_ string, get form) (string, int) {
		if get("query") == "broken(" {
			return `{"status":"error","errorType":"bad_data","error":"parse error: unclosed left parenthesis"}`, http.StatusBadRequest
		}
		return "", 0
	}
	charts := []opsreview.Chart{chartOf("latency", "latency"), chartOf("requests", "requests_total", "ratio"), chartOf("broken", "broken(")}
	for i := range 4 {
		charts = append(charts, chartOf(fmt.Sprintf("again-%d", i), "latency"))
		f.lines[fmt.Sprintf("latency + %d", i)] = f.lines["latency"]
		charts[len(charts)-1].Queries[0].Text = fmt.Sprintf("latency + %d", i)
	}
	return f, twoDays(charts...)
}

func TestSeries_AreReadWhole(t *testing.T) {
	f, look := busy(t)
	db := openStore(t)
	saved := mustPull(t, db, f.looking(t, fourDays, look))
	if again := mustPull(t, db, f.looking(t, fourDays, look)); again != (opsreview.Saved{}) {
		t.Errorf("the second pull saved %+v after %+v, want nothing", again, saved)
	}
	end := monday.Add(-5 * time.Minute)
	all := seriesIn(t, db, "queries/latency")
	if len(all) != 5 {
		t.Errorf("%d series, want the 5 of the most: %v", len(all), all)
	}
	for _, want := range []string{"vault-7", "vault-4"} { // alive ones before the one that has vanished
		s, ok := all[fmt.Sprintf("{instance=%q}", want)]
		if !ok {
			t.Fatalf("no series of %s among %v", want, all)
		}
		p := pointsOf(t, db, s.Key, opsreview.Window{Start: monday.Add(-48 * time.Hour), End: end})
		if p.Step != time.Minute || len(p.Values) != 48*60-5 {
			t.Errorf("%s has %d values every %s", want, len(p.Values), p.Step)
		}
		for i, v := range p.Values {
			at := p.Start.Add(time.Duration(i) * p.Step)
			if truth := wave(float64(want[6] - '0'))(at); v != truth {
				t.Fatalf("%s at %s is %g, the truth is %g", want, at, v, truth)
			}
		}
		if old := pointsOf(t, db, s.Key, opsreview.Window{Start: monday.Add(-100 * time.Hour), End: monday.Add(-90 * time.Hour)}); old.Step != 5*time.Minute || slices.ContainsFunc(old.Values, math.IsNaN) {
			t.Errorf("older values are every %s: %v", old.Step, old.Values)
		}
	}
	if c := chartIn(t, db, "queries/latency"); c.LeftOut != 3 || c.Skipped != "" {
		t.Errorf("the chart is %+v, want 3 series left out: 2 small ones, and the one that has vanished", c)
	}
	if c := chartIn(t, db, "queries/broken"); !strings.Contains(c.Skipped, "unclosed left parenthesis") {
		t.Errorf("the broken chart is %+v, want the server's reason", c)
	}
	requests := seriesIn(t, db, "queries/requests")
	if a, b := requests["requests A"], requests["requests B"]; !a.Counter || b.Counter {
		t.Errorf("a counter is %v, a ratio %v", a.Counter, b.Counter)
	}
	p := pointsOf(t, db, requests["requests B"].Key, opsreview.Window{Start: monday.Add(-12 * time.Hour), End: end})
	for i, v := range p.Values {
		if hour := p.Start.Add(time.Duration(i) * p.Step).Hour(); math.IsNaN(v) != (hour == 3 || hour == 5) {
			t.Fatalf("the value in hour %d is %g: what is infinite or not there is a gap, and nothing else is", hour, v)
		}
	}
}

// A cutStore fails one save, before or after it happens.
type cutStore struct {
	*store.DB
	at    int
	after bool
	n     int
}

var errCut = errors.New("the process died here")

func (c *cutStore) SaveBatch(ctx context.Context, source string, b opsreview.Batch) (opsreview.Saved, error) {
	c.n++
	if c.n == c.at && !c.after {
		return opsreview.Saved{}, errCut
	}
	saved, err := c.DB.SaveBatch(ctx, source, b)
	if c.n == c.at && err == nil {
		err = errCut
	}
	return saved, err
}

func TestSeries_AnyCutGivesTheSameRows(t *testing.T) {
	f, look := busy(t)
	look.Span, look.History = 24*time.Hour, 48*time.Hour
	whole := &cutStore{DB: openStore(t)}
	mustPull(t, whole, f.looking(t, fourDays, look))
	want := rowsOf(t, whole.DB)
	if whole.n < 5 {
		t.Fatalf("a pull has %d saves, which is too few to cut", whole.n)
	}
	for n := range whole.n {
		for _, after := range []bool{false, true} {
			if after != (n%2 == 0) || (raceEnabled && n != 3) {
				continue // the other half of the cuts is of the same kind
			}
			c := &cutStore{DB: openStore(t), at: n + 1, after: after}
			if _, err := pull(t, c, f.looking(t, fourDays, look)); !errors.Is(err, errCut) {
				t.Fatalf("cut at save %d the pull answers %v", n+1, err)
			}
			mustPull(t, c, f.looking(t, fourDays, look))
			if diff := cmp.Diff(want, rowsOf(t, c.DB)); diff != "" {
				t.Errorf("cut at save %d, after it %v (-whole +cut):\n%.2000s", n+1, after, diff)
			}
		}
	}
}

// However often it is pulled while things happen, what is stored is what
// happened, those values too that came late.
func TestSeries_PullsFollowTime(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	f := openFake(t)
	late := func(at time.Time) float64 { // what the server knows of a time it knows half an hour later
		if f.now.Sub(at) < 30*time.Minute && at.Minute()%7 == 0 {
			return math.NaN()
		}
		return wave(3)(at)
	}
	f.lines = map[string][]line{"up": {namedLine("a", late)}}
	look := twoDays(chartOf("up", "up"))
	db := openStore(t)
	first := monday.Add(-70 * time.Hour)
	for now := first; now.Before(monday); now = now.Add(time.Duration(20+r.IntN(600)) * time.Minute) {
		f.change(func() { f.now, f.until = now, now })
		mustPull(t, db, f.looking(t, fourDays, look))
	}
	f.change(func() { f.now, f.until = monday, monday })
	mustPull(t, db, f.looking(t, fourDays, look))
	end := monday.Add(-2 * time.Hour)
	p := pointsOf(t, db, seriesIn(t, db, "queries/up")[`{instance="a"}`].Key, opsreview.Window{Start: first.Add(-48 * time.Hour), End: end})
	if p.Step != time.Minute || len(p.Values) != int(end.Sub(first.Add(-48*time.Hour))/time.Minute) {
		t.Fatalf("%d values every %s", len(p.Values), p.Step)
	}
	for i, v := range p.Values {
		if at := p.Start.Add(time.Duration(i) * p.Step); v != wave(3)(at) {
			t.Fatalf("at %s is %g, the truth is %g", at, v, wave(3)(at))
		}
	}
}

// A choice lasts: a series that was chosen stays, one that has been gone for a
// day makes room, and instances that come and go do not add up without end.
func TestSeries_ChoiceLasts(t *testing.T) {
	f := openFake(t)
	f.lines = map[string][]line{}
	crowd := func(day int) {
		var lines []line
		for i := range 4 {
			lines = append(lines, namedLine(fmt.Sprintf("stays-%d", i), wave(10)))
		}
		for i := range 6 {
			// Each day's instances are new, and larger than those of the day before.
			lines = append(lines, namedLine(fmt.Sprintf("day-%02d-%d", day, i), during(monday.Add(time.Duration(day-1)*24*time.Hour), monday.Add(1000*time.Hour), wave(float64(100*day+i)))))
		}
		f.lines["up"] = lines
	}
	look := twoDays(chartOf("up", "up"))
	look.MaxSeries, look.Step = 6, 5*time.Minute
	db := openStore(t)
	for day := range 25 {
		f.change(func() { f.now = monday.Add(time.Duration(day) * 24 * time.Hour); crowd(day) })
		mustPull(t, db, f.looking(t, fourDays, look))
		f.change(func() { f.now = f.now.Add(3 * time.Hour) })
		mustPull(t, db, f.looking(t, fourDays, look))
	}
	all := seriesIn(t, db, "queries/up")
	for i := range 4 {
		s, ok := all[fmt.Sprintf(`{instance="stays-%d"}`, i)]
		if ok && s.Last.Before(f.now.Add(-10*time.Minute)) {
			t.Errorf("stays-%d was chosen once and ends at %s", i, s.Last)
		}
	}
	chosen := 0
	for name := range all {
		if strings.HasPrefix(name, `{instance="day-`) {
			chosen++
		}
	}
	// Over a history of 5 days at most 5 times 6 series are kept; 25 days are 5 histories.
	if chosen < 10 || chosen > 5*30 {
		t.Errorf("%d of 150 series that came and went were chosen", chosen)
	}
	if c := chartIn(t, db, "queries/up"); c.LeftOut == 0 {
		t.Errorf("the chart says that nothing was left out: %+v", c)
	}
}

func TestSeries_TroubleOfTheServer(t *testing.T) {
	f, look := busy(t)
	look.Span, look.History = 12*time.Hour, 24*time.Hour
	db := openStore(t)
	asked := 0
	f.change(func() {
		f.fault = func(path string, _ form) (string, int) {
			if asked++; strings.HasSuffix(path, "query_range") && asked > 10 {
				return "down", http.StatusServiceUnavailable
			}
			return "", 0
		}
	})
	if _, err := pull(t, db, f.looking(t, fourDays, look)); opsreview.ErrorCode(err) != opsreview.Unavailable {
		t.Fatalf("a server that is down answers %v", err)
	}
	f.change(func() { f.fault = nil; f.lines["broken("] = f.lines["latency"] })
	before := len(seriesIn(t, db, "queries/latency"))
	if before == 0 {
		t.Error("what was read before the server went down is not there")
	}
	mustPull(t, db, f.looking(t, fourDays, look))
	if c := chartIn(t, db, "queries/broken"); c.Skipped != "" || len(seriesIn(t, db, c.Key)) != 5 {
		t.Errorf("the chart is answered now and is %+v", c)
	}
}

func TestSeries_LargeQuestionsAreDivided(t *testing.T) {
	f, look := busy(t)
	look.Span, look.History = 12*time.Hour, 24*time.Hour
	whole, small := openStore(t), openStore(t)
	mustPull(t, whole, f.looking(t, fourDays, look))
	f.change(func() { f.most = 5000 })
	mustPull(t, small, f.looking(t, fourDays, look))
	if diff := cmp.Diff(rowsOf(t, whole), rowsOf(t, small)); diff != "" {
		t.Errorf("a small server (-large +small):\n%.2000s", diff)
	}
}

func TestSeries_ChangedQueryBeginsAnew(t *testing.T) {
	f := openFake(t)
	f.lines = map[string][]line{
		"old": {namedLine("a", wave(1)), namedLine("b", wave(2))},
		"new": {namedLine("a", during(monday.Add(-30*time.Hour), monday, wave(5)))}, // the server keeps no more of it
	}
	db := openStore(t)
	mustPull(t, db, f.looking(t, fourDays, twoDays(chartOf("up", "old"))))
	mustPull(t, db, f.looking(t, fourDays, twoDays(chartOf("up", "new"))))
	all := seriesIn(t, db, "queries/up")
	p := pointsOf(t, db, all[`{instance="a"}`].Key, opsreview.Window{Start: monday.Add(-40 * time.Hour), End: monday.Add(-5 * time.Minute)})
	for i, v := range p.Values {
		at := p.Start.Add(time.Duration(i) * p.Step)
		want := wave(5)(at)
		if at.Before(monday.Add(-30 * time.Hour)) {
			want = wave(1)(at)
		}
		if v != want {
			t.Fatalf("at %s is %g, want %g: what the new query does not know stays", at, v, want)
		}
	}
	if all[`{instance="b"}`].First.IsZero() {
		t.Error("the points of a series that the new query does not have are lost")
	}
}

func TestSeries_AreReadOnceAnHour(t *testing.T) {
	f, look := busy(t)
	look.Span, look.History, look.Step = 24*time.Hour, 48*time.Hour, 5*time.Minute
	db := openStore(t)
	mustPull(t, db, f.looking(t, fourDays, look))
	asked := func(now time.Time, look *prometheus.LookBack) (n int) {
		f.change(func() { f.now, f.asked = now, nil })
		mustPull(t, db, f.looking(t, fourDays, look))
		for _, a := range f.asked {
			if strings.HasPrefix(a, "/api/v1/query_range") {
				n++
			}
		}
		return n
	}
	if n := asked(monday.Add(30*time.Minute), look); n != 0 {
		t.Errorf("half an hour later %d questions are asked", n)
	}
	more := *look
	more.Charts = append(slices.Clone(look.Charts), chartOf("more", "latency + 10"))
	f.change(func() { f.lines["latency + 10"] = f.lines["latency"] })
	if n := asked(monday.Add(31*time.Minute), &more); n == 0 {
		t.Error("a new chart is not asked at once")
	}
	if n := asked(monday.Add(95*time.Minute), &more); n != len(more.Charts) { // one has two queries, and one is refused
		t.Errorf("an hour later %d questions are asked, want one a query", n)
	}
	mustPull(t, db, f.looking(t, fourDays, nil))
	if left, err := db.Charts(t.Context(), store.ChartFilter{}); err != nil || len(left) != 0 {
		t.Errorf("without a look back %d charts are listed, %v", len(left), err)
	}
}

func TestSeries_OfDashboards(t *testing.T) {
	f := openFake(t)
	f.labels = map[string][]string{"up instance": {"vault-1", "vault-2"}}
	f.lines = map[string][]line{`up{instance="vault-1"}`: {namedLine("vault-1", wave(1))}}
	board := opsreview.Dashboard{
		UID: "vault", Title: "Vault", Variables: []opsreview.Variable{{Name: "instance", Type: "query", Query: "label_values(up, instance)"}},
		Panels: []opsreview.Panel{{ID: 4, Title: "Up of $instance", Type: "timeseries", Queries: []opsreview.PanelQuery{{Name: "A", Text: `up{instance="$instance"}`, Legend: "{{instance}}"}}}},
	}
	look := twoDays()
	look.Boards = func(context.Context) ([]prometheus.Board, error) {
		return []prometheus.Board{
			{Dashboard: board, Scope: dashboard.Scope{Source: "prom", Service: "vault"}},
			{Dashboard: opsreview.Dashboard{UID: "other"}, Scope: dashboard.Scope{Source: "elsewhere"}},
		}, nil
	}
	db := openStore(t)
	mustPull(t, db, f.looking(t, fourDays, look))
	c := chartIn(t, db, "vault/4")
	if c.Title != "Up of vault-1" || c.Service != "vault" || c.Skipped != "" {
		t.Errorf("the chart is %+v", c)
	}
	if s := seriesIn(t, db, "vault/4"); s["vault-1"].First.IsZero() {
		t.Errorf("the series are %v, want one called by its legend", s)
	}
	f.change(func() {
		f.now = f.now.Add(2 * time.Hour)
		f.fault = func(path string, _ form) (string, int) {
			if strings.Contains(path, "/label/") {
				return "down", http.StatusServiceUnavailable
			}
			return "", 0
		}
	})
	if _, err := pull(t, db, f.looking(t, fourDays, look)); opsreview.ErrorCode(err) != opsreview.Unavailable {
		t.Errorf("a server that is down when a variable is resolved answers %v", err)
	}
}
