package lookback_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/anomaly"
	"opsreview/lookback"
)

// said writes an anomaly's window and its series.
func said(a lookback.Anomaly) string {
	var names []string
	for _, m := range a.Series {
		names = append(names, m.Series.Name)
	}
	const form = "02 15:04"
	return fmt.Sprintf("%s–%s %s", a.Window.Start.Format(form), a.Window.End.Format(form), strings.Join(names, ","))
}

func TestPrepare_Joins(t *testing.T) {
	tests := map[string]struct {
		found []lookback.Found
		want  []string
	}{
		"nothing found is nothing": {found: []lookback.Found{found("c", "a")}},
		"windows of two series that overlap are one anomaly, which names the most unusual first": {
			found: []lookback.Found{found("c", "a", spike(between(3, "10:00", "11:00"), 8)), found("c", "b", spike(between(3, "10:30", "11:30"), 9))},
			want:  []string{"05 10:00–05 11:30 b,a"},
		},
		"thirty minutes apart are one anomaly": {
			found: []lookback.Found{found("c", "a", spike(between(3, "10:00", "11:00"), 8)), found("c", "b", spike(between(3, "11:30", "12:00"), 9))},
			want:  []string{"05 10:00–05 12:00 b,a"},
		},
		"thirty-one minutes apart are two": {
			found: []lookback.Found{found("c", "a", spike(between(3, "10:00", "11:00"), 8)), found("c", "b", spike(between(3, "11:31", "12:00"), 9))},
			want:  []string{"05 11:31–05 12:00 b", "05 10:00–05 11:00 a"},
		},
		"a series with several windows in one anomaly is named once": {
			found: []lookback.Found{
				found("c", "a", spike(between(3, "10:00", "10:10"), 8), spike(between(3, "10:20", "10:30"), 7)),
				found("c", "b", spike(between(3, "10:00", "10:30"), 7.5)),
			},
			want: []string{"05 10:00–05 10:30 a,b"},
		},
		"charts are not joined": {
			found: []lookback.Found{found("c", "a", spike(between(3, "10:00", "11:00"), 8)), found("d", "a", spike(between(3, "10:00", "11:00"), 7))},
			want:  []string{"05 10:00–05 11:00 a", "05 10:00–05 11:00 a"},
		},
		"a window that ends where the look back begins is not of it": {
			found: []lookback.Found{found("c", "a", spike(opsreview.Window{Start: at(-1, "23:00"), End: at(0, "00:00")}, 8))},
		},
		"one that reaches into the look back is of it": {
			found: []lookback.Found{found("c", "a", spike(opsreview.Window{Start: at(-1, "23:00"), End: at(0, "00:01")}, 8))},
			want:  []string{"01 23:00–02 00:01 a"},
		},
		"what lasts for days takes in what happens on its first day only": {
			found: []lookback.Found{
				found("c", "a", weird(anomaly.Flat, opsreview.Window{Start: at(2, "00:00"), End: at(12, "00:00")}, 9)),
				found("c", "b", spike(between(2, "20:00", "21:00"), 8), spike(between(5, "20:00", "21:00"), 8)),
			},
			want: []string{"04 00:00–14 00:00 a,b", "07 20:00–07 21:00 b"},
		},
		"a drift takes in nothing but drifts": {
			found: []lookback.Found{
				found("c", "a", weird(anomaly.Drift, fortnight, 9)), found("c", "b", spike(between(0, "00:00", "01:00"), 8)),
			},
			want: []string{"02 00:00–16 00:00 a", "02 00:00–02 01:00 b"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			ids := map[string]bool{}
			for _, a := range lookback.Prepare(input(tt.found...)).Anomalies {
				got = append(got, said(a))
				ids[a.ID] = true
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("anomalies (-want +got):\n%s", diff)
			}
			if len(ids) != len(got) {
				t.Errorf("%d anomalies share %d IDs", len(got), len(ids))
			}
		})
	}
}

func TestPrepare_Context(t *testing.T) {
	tests := map[string]struct {
		change func(*lookback.Input)
		want   lookback.Context
		says   []string
	}{
		"nothing known leaves it unexplained": {change: func(*lookback.Input) {}, want: lookback.Unexplained},
		"a page fifteen minutes before it is about it": {
			change: func(in *lookback.Input) { in.Pages = []opsreview.Page{page("p", at(3, "09:45"))} },
			want:   lookback.Paged, says: []string{`vault paged: "disk full" at Thu 5 Nov 09:45.`},
		},
		"a page sixteen minutes before it is not": {
			change: func(in *lookback.Input) { in.Pages = []opsreview.Page{page("p", at(3, "09:44"))} },
			want:   lookback.Unexplained,
		},
		"a page fifteen minutes after its end is not": {
			change: func(in *lookback.Input) { in.Pages = []opsreview.Page{page("p", at(3, "11:15"))} },
			want:   lookback.Unexplained,
		},
		"a page a minute less after its end is": {
			change: func(in *lookback.Input) {
				in.Pages = []opsreview.Page{page("q", at(3, "11:14")), page("p", at(3, "10:00"))}
			},
			want: lookback.Paged, says: []string{`vault paged 2 times: first "disk full" at Thu 5 Nov 10:00.`},
		},
		"what lasts for days is explained by its first six hours": {
			change: func(in *lookback.Input) {
				in.Found[0].Result.Windows[0].End = at(5, "11:00")
				in.Pages = []opsreview.Page{page("p", at(3, "16:14"))}
			},
			want: lookback.Paged, says: []string{`vault paged: "disk full" at Thu 5 Nov 16:14.`},
		},
		"what lasts for days is not explained by what comes later": {
			change: func(in *lookback.Input) {
				in.Found[0].Result.Windows[0].End = at(5, "11:00")
				in.Pages = []opsreview.Page{page("p", at(3, "16:15"))}
			},
			want: lookback.Unexplained,
		},
		"a page of another service is not": {
			change: func(in *lookback.Input) {
				p := page("p", at(3, "10:00"))
				p.Service.ID = "other"
				in.Pages = []opsreview.Page{p}
			},
			want: lookback.Unexplained,
		},
		"a chart may name its service by reference": {
			change: func(in *lookback.Input) {
				in.Charts[0].Service = "PD/v"
				in.Pages = []opsreview.Page{page("p", at(3, "10:00"))}
			},
			want: lookback.Paged, says: []string{`PD/v paged: "disk full" at Thu 5 Nov 10:00.`},
		},
		"a chart without a service is compared with nothing, and says so": {
			change: func(in *lookback.Input) {
				in.Charts[0].Service = ""
				in.Pages = []opsreview.Page{page("p", at(3, "10:00"))}
				in.Quiet = []lookback.Quiet{{Window: fortnight, Reason: "moving"}}
			},
			want: lookback.Unexplained, says: []string{"The chart is about no service, so it is compared with no pages, incidents or burn."},
		},
		"announced work explains it": {
			change: func(in *lookback.Input) {
				in.Quiet = []lookback.Quiet{{Service: "VAULT", Window: between(3, "10:59", "12:00"), Reason: "upgrade.\n"}}
			},
			want: lookback.Explained, says: []string{"Work was announced from Thu 5 Nov 10:59 to 12:00: upgrade."},
		},
		"announced work that begins where it ends does not": {
			change: func(in *lookback.Input) {
				in.Quiet = []lookback.Quiet{{Service: "vault", Window: between(3, "11:00", "12:00"), Reason: "upgrade"}}
			},
			want: lookback.Unexplained,
		},
		"everybody's announced work explains it": {
			change: func(in *lookback.Input) {
				in.Quiet = []lookback.Quiet{{Window: between(3, "10:30", "12:00"), Reason: "upgrade"}}
			},
			want: lookback.Explained, says: []string{"Work was announced from Thu 5 Nov 10:30 to 12:00: upgrade."},
		},
		"burn explains it, and several burns of an SLO are one sentence": {
			change: func(in *lookback.Input) {
				in.Burns = []lookback.Burn{
					{Service: "vault", SLO: "vault/availability", Window: between(3, "10:30", "10:40"), Share: 0.05},
					{Service: "vault", SLO: "vault/availability", Window: between(3, "10:00", "10:10"), Share: 0.02},
					{Service: "vault", SLO: "vault/latency", Window: between(3, "12:00", "12:10"), Share: 0.02},
				}
			},
			want: lookback.Explained,
			says: []string{"7.0 % of the 30-day budget of vault/availability burned in 2 stretches, first from Thu 5 Nov 10:00 to 10:10."},
		},
		"an incident that nobody has ended lasts until now": {
			change: func(in *lookback.Input) {
				in.Incidents = []opsreview.Incident{{Number: "INC-17", Title: "slow", Services: []string{"pd/v"}, DeclaredAt: at(1, "10:00")}}
			},
			want: lookback.Explained, says: []string{`Incident INC-17, "slow", began Tue 3 Nov 10:00.`},
		},
		"an incident that ended before does not explain it": {
			change: func(in *lookback.Input) {
				in.Incidents = []opsreview.Incident{{Number: "INC-17", Services: []string{"vault"}, DeclaredAt: at(1, "10:00"), ResolvedAt: at(3, "10:00")}}
			},
			want: lookback.Unexplained,
		},
		"what was paged says what else explains it": {
			change: func(in *lookback.Input) {
				in.Pages = []opsreview.Page{page("p", at(3, "10:00"))}
				in.Quiet = []lookback.Quiet{{Service: "vault", Window: between(3, "10:30", "12:00"), Reason: "upgrade"}}
			},
			want: lookback.Paged,
			says: []string{`vault paged: "disk full" at Thu 5 Nov 10:00.`, "Work was announced from Thu 5 Nov 10:30 to 12:00: upgrade."},
		},
		"times are the team's across a change of clocks": {
			change: func(in *lookback.Input) {
				in.Zone = must(time.LoadLocation("America/Chicago"))
				in.Window.Start = at(-7, "00:00")
				in.Found[0].Result.Windows[0] = spike(opsreview.Window{Start: at(-1, "06:30"), End: at(-1, "07:30")}, 8)
				in.Quiet = []lookback.Quiet{{Service: "vault", Window: opsreview.Window{Start: at(-1, "06:30"), End: at(-1, "07:30")}, Reason: "night work"}}
			},
			want: lookback.Explained, says: []string{"Work was announced from Sun 1 Nov 01:30 to 01:30: night work."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(found("c", "a", spike(between(3, "10:00", "11:00"), 8)))
			tt.change(&in)
			a := only(t, lookback.Prepare(in))
			if a.Context != tt.want {
				t.Errorf("%s, want %s", a.Context, tt.want)
			}
			if diff := cmp.Diff(tt.says, a.Because); diff != "" {
				t.Errorf("because (-want +got):\n%s", diff)
			}
		})
	}
}

func must(zone *time.Location, err error) *time.Location {
	if err != nil {
		panic(err)
	}
	return zone
}

func TestPrepare_Ranks(t *testing.T) {
	ongoing := spike(between(5, "10:00", "11:00"), 7)
	ongoing.Ongoing = true
	in := input(
		found("paged", "a", spike(between(3, "10:00", "11:00"), 20)),
		found("small", "a", spike(between(4, "10:00", "11:00"), 8)),
		found("large", "a", spike(between(1, "10:00", "11:00"), 9)),
		found("ongoing", "a", ongoing),
	)
	in.Pages = []opsreview.Page{page("p", at(3, "10:00"))}
	in.Settings.Most = 3
	r := lookback.Prepare(in)
	var got []string
	for _, a := range r.Anomalies {
		got = append(got, a.Chart.Key)
	}
	if diff := cmp.Diff([]string{"ongoing", "large", "small"}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if len(r.More) != 1 || r.More[0].Chart.Key != "paged" || r.Charts != 4 || r.Series != 4 {
		t.Errorf("more %v of %d charts and %d series", r.More, r.Charts, r.Series)
	}
}

// TestPrepare_HasNoOrder shuffles everything that an input lists.
func TestPrepare_HasNoOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 14)) //nolint:gosec // The same numbers each time.
	in := lookback.Input{Window: fortnight, Now: at(14, "09:00"), Zone: time.UTC, Services: input().Services}
	for c := range 8 {
		in.Charts = append(in.Charts, chart(fmt.Sprint("c", c)))
		for s := range 4 {
			var windows []anomaly.Window
			for range 3 {
				start := at(random.IntN(14), "00:00").Add(time.Duration(random.IntN(48)) * 30 * time.Minute)
				kind := anomaly.Kinds()[random.IntN(7)]
				windows = append(windows, weird(kind, opsreview.Window{Start: start, End: start.Add(time.Hour)}, float64(7+random.IntN(3))))
			}
			in.Found = append(in.Found, found(fmt.Sprint("c", c), fmt.Sprint("s", s), windows...))
		}
		in.Decisions = append(in.Decisions, opsreview.AnomalyDecision{
			ID: fmt.Sprint(c), Chart: fmt.Sprint("c", c%3), Window: between(c, "00:00", "23:00"), Verdict: opsreview.AnomalyDismissed,
			Author: "Ada", Reason: "the backup", At: at(14, "00:00"),
		})
		in.Pages = append(in.Pages, page(fmt.Sprint(c), at(c, "10:00")))
	}
	want := lookback.Prepare(in)
	for range 20 {
		random.Shuffle(len(in.Found), func(i, j int) { in.Found[i], in.Found[j] = in.Found[j], in.Found[i] })
		random.Shuffle(len(in.Charts), func(i, j int) { in.Charts[i], in.Charts[j] = in.Charts[j], in.Charts[i] })
		random.Shuffle(len(in.Decisions), func(i, j int) { in.Decisions[i], in.Decisions[j] = in.Decisions[j], in.Decisions[i] })
		random.Shuffle(len(in.Pages), func(i, j int) { in.Pages[i], in.Pages[j] = in.Pages[j], in.Pages[i] })
		if diff := cmp.Diff(want, lookback.Prepare(in), cmp.Comparer(sameZone)); diff != "" {
			t.Fatalf("another order, another report (-want +got):\n%s", diff)
		}
	}
}

func sameZone(a, b *time.Location) bool { return a.String() == b.String() }

// TestPrepare_Splits looks at each week alone: together they find what the
// fortnight does, but for what lies across their border.
func TestPrepare_Splits(t *testing.T) {
	in := input(found("c", "a", spike(between(3, "10:00", "11:00"), 8), spike(between(6, "23:00", "23:59"), 8), spike(between(9, "10:00", "11:00"), 8)))
	whole := map[string]bool{}
	for _, a := range lookback.Prepare(in).Anomalies {
		whole[a.ID] = true
	}
	halves := map[string]bool{}
	for _, w := range []opsreview.Window{{Start: fortnight.Start, End: at(7, "00:00")}, {Start: at(7, "00:00"), End: fortnight.End}} {
		in.Window = w
		for _, a := range lookback.Prepare(in).Anomalies {
			halves[a.ID] = true
		}
	}
	if diff := cmp.Diff(whole, halves); diff != "" || len(whole) != 3 {
		t.Errorf("%d anomalies, and in halves (-whole +halves):\n%s", len(whole), diff)
	}
}
