package store_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
	"opsreview/store"
)

// chartBatch is values of n series of one chart from monday on, at a minute.
func chartBatch(n int, values func(series, i int) float64, count int) opsreview.Batch {
	b := opsreview.Batch{Charts: []opsreview.Chart{{Key: "vault/4", Title: "Reads"}}}
	for s := range n {
		key := fmt.Sprintf("s%03d", s)
		b.Series = append(b.Series, opsreview.Series{Key: key, Chart: "vault/4", Name: key})
		p := opsreview.Points{Series: key, Start: at(0, "00:00:00"), Step: time.Minute, Values: make([]float64, count)}
		for i := range p.Values {
			p.Values[i] = values(s, i)
		}
		b.Points = append(b.Points, p)
	}
	return b
}

func noise(s, i int) float64 { return float64((i*7919+s*104729)%1000) / 8 }

// The data of this version's file can be read.
func TestMigrate_Series(t *testing.T) {
	db := migrated(t, 8)
	p, err := db.Points(t.Context(), "0a1b", opsreview.Window{})
	if err != nil {
		t.Fatal(err)
	}
	want := opsreview.Points{Series: "0a1b", Start: time.UnixMilli(1794218400000).UTC(), Step: time.Minute, Values: []float64{1.5, 1.75, 2}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	boards, err := db.Dashboards(t.Context())
	if err != nil || len(boards) != 1 || boards[0].Title != "Vault" {
		t.Errorf("dashboards are %+v: %v", boards, err)
	}
}

// floats reads a fuzzer's bytes as values.
func floats(b []byte) []float64 {
	var values []float64
	for ; len(b) >= 8; b = b[8:] {
		values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return values
}

// FuzzPack holds that all values come back bit for bit, but for the kind of NaN.
func FuzzPack(f *testing.F) {
	f.Add([]byte("12345678abcdefgh12345678"))
	f.Add(binary.LittleEndian.AppendUint64(nil, math.Float64bits(0.1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		values := floats(b)
		got, err := store.UnpackValues(store.PackValues(values), len(values))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if math.Float64bits(v) != math.Float64bits(got[i]) && !(math.IsNaN(v) && math.IsNaN(got[i])) {
				t.Errorf("value %d is %v, was %v", i, got[i], v)
			}
		}
	})
}

// FuzzUnpack holds that damaged bytes are refused and do no harm. The fuzzer
// cannot guess checksums, so that what is compressed is its own.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte{1, 2, 0xff, 0x0f, 3, 5}, 8)
	f.Add([]byte{2, 0, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 1}, 8)
	f.Fuzz(func(_ *testing.T, plain []byte, n int) {
		if n >= 0 && n < 1500 {
			_, _ = store.UnpackValues(store.Pack(plain), n)
			_, _ = store.UnpackValues(plain, n)
		}
	})
}

func TestUnpack_Refuses(t *testing.T) {
	good := store.PackValues([]float64{1, 2.5, math.NaN(), 1.0 / 3})
	for name, tt := range map[string]struct {
		packed []byte
		n      int
	}{
		"nothing":                  {nil, 4},
		"another version":          {append([]byte{9}, good[1:]...), 4},
		"half of it":               {good[:len(good)/2], 4},
		"one bit that differs":     {append(append([]byte{}, good[:9]...), append([]byte{good[9] ^ 1}, good[10:]...)...), 4},
		"of another length":        {good, 400},
		"an unknown mode":          {store.Pack([]byte{7, 0, 1, 1}), 4},
		"an unknown exponent":      {store.Pack([]byte{1, 30, 1, 1, 2}), 4},
		"known before the first":   {store.Pack([]byte{1, 0, 1, 0}), 4},
		"more values than bits":    {store.Pack([]byte{1, 0, 1, 1, 2, 2}), 4},
		"fewer values than bits":   {store.Pack([]byte{1, 0, 3, 3, 2}), 4},
		"bits of half a value":     {store.Pack([]byte{2, 0, 1, 1, 2}), 4},
		"a bit beyond the last":    {store.Pack([]byte{1, 0, 1, 0x81, 2, 2}), 4},
		"no room for the bits":     {store.Pack([]byte{1, 0}), 4},
		"nothing that is expanded": {[]byte{1}, 4},
	} {
		if values, err := store.UnpackValues(tt.packed, tt.n); err == nil {
			t.Errorf("%s: reads as %v", name, values)
		}
	}
}

// Damaged values are told by whoever reads them and by Check, and do not keep a
// series from being written on another day.
func TestPoints_Damaged(t *testing.T) {
	path := dbPath(t)
	db := openAt(t, path, store.Options{})
	b := chartBatch(2, noise, 1500)
	save(t, db, "prom", b)
	pool := openSQL(t, path)
	execSQL(t, pool, `UPDATE points SET body = substr(body, 1, 20) WHERE series = 1 AND day = (SELECT min(day) FROM points)`)
	execSQL(t, pool, `UPDATE points SET first_at = first_at + 1 WHERE series = 2 AND day = (SELECT min(day) FROM points)`)
	_, err := db.Points(t.Context(), "s000", opsreview.Window{})
	want := "the stored values of a series on " + at(0, "00:00:00").Format(time.DateOnly) + " are damaged: run opsreview db check and restore a backup"
	if opsreview.ErrorCode(err) != opsreview.Internal || opsreview.ErrorMessage(err) != want {
		t.Errorf("error is %v", err)
	}
	_, err = db.SaveBatch(t.Context(), "prom", b)
	if opsreview.ErrorCode(err) != opsreview.Internal {
		t.Errorf("writing the day: %v", err)
	}
	next := opsreview.Batch{Points: []opsreview.Points{{Series: "s000", Start: at(1, "12:00:00"), Step: time.Minute, Values: []float64{1}}}}
	if saved := save(t, db, "prom", next); saved.Points != 1 {
		t.Errorf("another day: %+v", saved)
	}
	problems, err := db.Check(t.Context())
	if err != nil || len(problems) != 3 || !strings.Contains(problems[0], "cannot be read") || !strings.Contains(problems[1], "begin or end otherwise") {
		t.Errorf("check: %q, %v", problems, err)
	}
	// What is too old is dropped even where it cannot be read.
	if _, err := db.Thin(t.Context(), at(0, "00:00:00").AddDate(0, 0, 150)); err != nil {
		t.Error(err)
	}
	wantSound(t, db)
}

// Many write different series and stretches at once, and read: nothing is lost.
func TestPoints_AtOnce(t *testing.T) {
	db := openDB(t)
	const series = 8
	b := chartBatch(series, noise, 2000)
	var wg sync.WaitGroup
	for s := range series {
		for from := 0; from < 2000; from += 500 {
			wg.Go(func() {
				piece := opsreview.Batch{Charts: b.Charts, Series: b.Series[s : s+1], Points: []opsreview.Points{b.Points[s]}}
				p := &piece.Points[0]
				p.Start, p.Values = p.Start.Add(time.Duration(from)*time.Minute), p.Values[from:from+500]
				if _, err := db.SaveBatch(context.WithoutCancel(t.Context()), "prom", piece); err != nil {
					t.Error(err)
				}
				if _, err := db.Points(context.WithoutCancel(t.Context()), p.Series, opsreview.Window{}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	for s := range series {
		got, err := db.Points(t.Context(), b.Points[s].Series, opsreview.Window{})
		if diff := cmp.Diff(b.Points[s].Values, got.Values, cmpopts.EquateNaNs()); diff != "" || err != nil {
			t.Errorf("series %d (-want +got): %v\n%.400s", s, err, diff)
		}
	}
	wantSound(t, db)
}

// What is asked of series costs by what is asked for.
func TestPlans_Series(t *testing.T) {
	path := dbPath(t)
	db := openAt(t, path, store.Options{})
	save(t, db, "prom", chartBatch(3, noise, 3000))
	pool := openSQL(t, path)
	charts, chartArgs := store.ChartsQuery(store.ChartFilter{Keys: []string{"a"}})
	bySource, sourceArgs := store.ChartsQuery(store.ChartFilter{Sources: []string{"a"}})
	decisions, decisionArgs, err := store.DecisionsQuery(store.AnomalyDecisionFilter{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	ofChart, ofChartArgs, err := store.DecisionsQuery(store.AnomalyDecisionFilter{Charts: []string{"a"}, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		query, want string
		args        []any
	}{
		"values in a window":       {store.SelectChunks, "SEARCH points USING INDEX sqlite_autoindex_points_1 (series=? AND day>? AND day<?)", []any{1, 2, 3, 4, 5}},
		"charts by key":            {charts, "SEARCH charts USING PRIMARY KEY (id=?)", chartArgs},
		"charts of a source":       {bySource, "SEARCH charts USING INDEX charts_source_idx (source=?)", sourceArgs},
		"scans of some series":     {store.SelectScans, "SEARCH c USING INDEX sqlite_autoindex_scans_1 (series=? AND start_at=? AND end_at=?)", []any{"[]", 1, 2}},
		"values to be thinned":     {store.SelectThinned, "SEARCH points USING INDEX points_fine_day_idx (day<?)", []any{1, 2}},
		"values to be dropped":     {store.SelectDropped, "SEARCH points USING INDEX points_day_idx (day<?)", []any{1, 2}},
		"the latest decisions":     {decisions, "SCAN anomaly_decisions USING INDEX anomaly_decisions_at_idx", decisionArgs},
		"the decisions of a chart": {ofChart, "SEARCH anomaly_decisions USING INDEX anomaly_decisions_chart_at_idx (chart=?)", ofChartArgs},
		"dashboards":               {store.SelectDocuments, "SEARCH documents USING INDEX sqlite_autoindex_documents_1 (kind=?)", []any{"dashboard"}},
	} {
		t.Run(name, func(t *testing.T) { wantPlan(t, pool, tt.want, tt.query, tt.args...) })
	}
}

// TestPack_Size holds that values of everyday kinds stay small. It prints how
// many bytes each takes.
func TestPack_Size(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	wave := func(i int) float64 { return 100 + 50*math.Sin(2*math.Pi*float64(i)/1440) + 3*random.NormFloat64() }
	last := 0.0
	for name, tt := range map[string]struct {
		value func(i int) float64
		most  float64 // bytes per value
	}{
		"a constant":                 {func(int) float64 { return 1 }, 0.05},
		"requests a minute":          {func(i int) float64 { return math.Round(wave(i)) }, 1},
		"milliseconds to two digits": {func(i int) float64 { return math.Round(100*wave(i)) / 100 }, 1.8},
		"a rate with all its bits":   {wave, 7},
		"a rate that is seen twice": {func(i int) float64 {
			if i%2 == 0 {
				last = wave(i)
			}
			return last
		}, 3.6},
		"a counter": {func(i int) float64 { last += math.Round(6 * wave(i)); return last }, 2.2},
	} {
		values := make([]float64, 1440)
		for i := range values {
			values[i] = tt.value(i)
		}
		got := float64(len(store.PackValues(values))) / 1440
		t.Logf("%s: %.2f bytes a value", name, got)
		if got > tt.most {
			t.Errorf("%s takes %.2f bytes a value, want %g at most", name, got, tt.most)
		}
	}
}

// BenchmarkSavePoints saves a day of values at a minute of a hundred series.
func BenchmarkSavePoints(b *testing.B) {
	db := openDB(b)
	random := rand.New(rand.NewPCG(1, 2))
	batch := chartBatch(100, func(int, int) float64 { return 100 + random.NormFloat64() }, 1440)
	n := 0
	for b.Loop() {
		for i := range batch.Points {
			batch.Points[i].Start = at(n, "00:00:00")
		}
		save(b, db, "prom", batch)
		n++
	}
	b.ReportMetric(float64(n)*144_000/b.Elapsed().Seconds(), "values/s")
}

// BenchmarkPoints reads two weeks of values at a minute of one series.
func BenchmarkPoints(b *testing.B) {
	db := openDB(b)
	random := rand.New(rand.NewPCG(1, 2))
	save(b, db, "prom", chartBatch(1, func(int, int) float64 { return 100 + random.NormFloat64() }, 14*1440))
	for b.Loop() {
		p, err := db.Points(context.Background(), "s000", opsreview.Window{})
		if err != nil || len(p.Values) != 14*1440 {
			b.Fatalf("%d values: %v", len(p.Values), err)
		}
	}
	b.ReportMetric(float64(b.N)*14*1440/b.Elapsed().Seconds(), "values/s")
}
