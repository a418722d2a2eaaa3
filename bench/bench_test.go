package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/store"
)

func TestQuantile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	tests := map[string]struct {
		values []float64
		q      float64
		want   float64
	}{
		"nothing has no quantile":             {nil, 0.5, 0},
		"one value is all of its quantiles":   {[]float64{7}, 0.99, 7},
		"the median of three is the middle":   {[]float64{9, 1, 5}, 0.5, 5},
		"the median of two is the lower":      {[]float64{9, 1}, 0.5, 1},
		"99 of a hundred do not exceed p99":   {hundred, 0.99, 99},
		"the first quantile is the least":     {hundred, 0, 1},
		"the last quantile is the most":       {hundred, 1, 100},
		"half of a hundred do not exceed p50": {hundred, 0.5, 50},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := quantile(tt.values, tt.q); got != tt.want {
				t.Errorf("quantile %g = %g, want %g", tt.q, got, tt.want)
			}
		})
	}
}

func TestWriteTable(t *testing.T) {
	var out strings.Builder
	err := writeTable(&out, []result{
		{name: "a", value: 0.7, text: "0.70", atLeast: 0.6},
		{name: "b", value: 0.5, text: "0.50", atLeast: 0.6},
		{name: "c", value: 1.3, text: "1.30", atMost: 1.3},
		{name: "d", value: 1.4, text: "1.40", atMost: 1.3, detail: "two rounds"},
		{name: "e", text: "p50 3 ms"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"WHAT MEASURED BOUND VERDICT FROM",
		"a 0.70 at least 0.6 ok",
		"b 0.50 at least 0.6 MISSED",
		"c 1.30 at most 1.3 ok",
		"d 1.40 at most 1.3 MISSED two rounds",
		"e p50 3 ms - -",
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table (-want +got):\n%s", diff)
	}
}

// A fair race needs both sides to end with the same rows.
func TestTheBareLoopInsertsWhatTheStoreKeeps(t *testing.T) {
	tests := map[string]func(*bench) heat{
		"of a batch":        func(b *bench) heat { return b.saving },
		"of a jsonl import": func(b *bench) heat { return b.importing },
	}
	for name, of := range tests {
		t.Run(name, func(t *testing.T) {
			b := &bench{dir: t.TempDir(), log: io.Discard}
			db, loop, err := b.startRace(t.Context(), "race")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			defer loop.close()
			brought, err := of(b)(t.Context(), db, 0, func(fn func() error) error { return fn() })
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := loop.follow(t.Context(), 0, brought); err != nil {
				t.Fatal(err)
			}
			for _, table := range bareTables {
				query := "SELECT * FROM " + table.name + " ORDER BY 1, 2"
				want, err := readRows(t.Context(), loop.from, query)
				if err != nil {
					t.Fatal(err)
				}
				got, err := readRows(t.Context(), loop.to, query)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" || len(want) < batchPages {
					t.Errorf("%s has %d rows (-store +bare):\n%s", table.name, len(want), diff)
				}
			}
		})
	}
}

// The review part compares reviews that must be equal, whatever came before.
func TestHistoriesOfAnyLengthEndWithTheSamePages(t *testing.T) {
	b := &bench{dir: t.TempDir(), log: io.Discard}
	var ends [][]string
	for _, n := range []int{1000, 2500} {
		db, err := b.build(t.Context(), map[int]string{1000: "short.db", 2500: "long.db"}[n], n)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		all, err := db.Pages(t.Context(), store.PageFilter{})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != n {
			t.Errorf("a history of %d pages has %d", n, len(all))
		}
		var names []string
		for _, p := range all[len(all)-1000:] {
			names = append(names, p.Ref.String()+" "+p.TriggeredAt.String())
		}
		ends = append(ends, names)
	}
	if diff := cmp.Diff(ends[0], ends[1]); diff != "" {
		t.Errorf("the last thousand pages (-short +long):\n%s", diff)
	}
}

// The budget part fails by itself if budgets differ from the bare sum, or over
// a long history from those over a short one.
func TestBudgetsAreTheBareSum(t *testing.T) {
	if underRace {
		t.Skip("it is arithmetic in one goroutine, over a year of minutes")
	}
	b := &bench{sizes: sizes{slos: 2, rounds: 1}, dir: t.TempDir(), log: io.Discard}
	results, err := b.budget(t.Context())
	if err != nil || len(results) != 4 {
		t.Fatalf("%d results: %v", len(results), err)
	}
	db, err := b.open(t.Context(), "budgets of a year.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// The histories are built as if old segments had been joined.
	if n, err := db.RollUpSegments(t.Context(), budgetEnd); n != 0 || err != nil {
		t.Errorf("%d segments were yet to be joined: %v", n, err)
	}
}

func TestTally_CountsVerdictsAndCausesApart(t *testing.T) {
	really := truth{Actionable: true, Cause: "capacity"}
	got := tally{}.with(really, opsreview.Actionable, "capacity").
		with(really, opsreview.Actionable, "service_issue").
		with(really, opsreview.NotActionable, "capacity")
	want := tally{spoke: 3, right: 2, cause: 1, found: [2]int{2, 0}}
	if got != want {
		t.Errorf("tally = %+v, want %+v", got, want)
	}
	if r := precision("it", got); !r.missed() {
		t.Errorf("two of three meet the bound: %+v", r)
	}
}

// The tickets part fails by itself if a plan makes no sense, or if not every
// change comes back.
func TestTicketsAreSyncedInBulk(t *testing.T) {
	b := &bench{sizes: sizes{rounds: 1, findings: 100, filed: 250}, dir: t.TempDir(), log: io.Discard}
	results, err := b.tickets(t.Context())
	if err != nil || len(results) != 3 {
		t.Fatalf("%d results: %v", len(results), err)
	}
	if r := results[1]; r.value != 4 || r.missed() {
		t.Errorf("250 tickets take %g requests, and %g are allowed", r.value, r.atMost)
	}
}
