package toil_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/toil"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func week46(t testing.TB) opsreview.Window {
	return opsreview.Window{Start: at(t, "2026-11-09T00:00"), End: at(t, "2026-11-16T00:00")}
}

func entry(t testing.TB, id, person, task, start string, minutes int) opsreview.ToilEntry {
	return opsreview.ToilEntry{
		ID: id, Source: "manual", Task: task, Person: person, Team: "secrets",
		At: at(t, start), Spent: time.Duration(minutes) * time.Minute,
	}
}

func engaged(t testing.TB, person, page, start string, minutes int) toil.Engaged {
	from := at(t, start)
	return toil.Engaged{
		Person: person, Page: opsreview.Ref{Source: "pd", ID: page}, Monitor: "vault-latency", Title: "Vault is slow",
		Window: opsreview.Window{Start: from, End: from.Add(time.Duration(minutes) * time.Minute)},
	}
}

func input(t testing.TB) toil.Input {
	return toil.Input{
		Team: "secrets", Window: week46(t), Now: at(t, "2026-11-17T09:00"), Zone: time.UTC,
		People: []toil.Member{{Key: "ada@example.com", Name: "Ada", Names: []string{"pd/U1"}}, {Key: "bob@example.com", Name: "Bob"}},
	}
}

// worklog makes an entry one of a tracker's.
func worklog(e opsreview.ToilEntry, ticket string) opsreview.ToilEntry {
	e.Source, e.SourceID, e.Ticket = "jira/OPS", "wl-"+e.ID, ticket
	return e
}

func TestPrepare_CountsEachMinuteOnce(t *testing.T) {
	page := opsreview.Ref{Source: "pd", ID: "P1"}
	tests := map[string]struct {
		entries []opsreview.ToilEntry
		engaged []toil.Engaged
		want    string // spent and dropped by line, in minutes
	}{
		"an empty ledger is no toil": {want: ""},
		"an entry counts in the window in which it began": {
			entries: []opsreview.ToilEntry{
				entry(t, "1", "Ada", "rotate", "2026-11-08T23:59", 30), entry(t, "2", "Ada", "rotate", "2026-11-09T00:00", 30),
				entry(t, "3", "Ada", "rotate", "2026-11-15T23:59", 30), entry(t, "4", "Ada", "rotate", "2026-11-16T00:00", 30),
			},
			want: "logged 30-0 logged 30-0",
		},
		"a page that was for nothing counts as long as it engaged somebody": {
			engaged: []toil.Engaged{engaged(t, "ada@example.com", "P1", "2026-11-10T10:00", 20)}, want: "paged 20-0",
		},
		"an entry for a page replaces what the page says of that person, whenever it was": {
			entries: []opsreview.ToilEntry{func() opsreview.ToilEntry {
				e := entry(t, "1", "ada", "clean up", "2026-11-12T10:00", 45)
				e.Page = page
				return e
			}()},
			engaged: []toil.Engaged{engaged(t, "ada@example.com", "P1", "2026-11-10T10:00", 20), engaged(t, "bob@example.com", "P1", "2026-11-10T10:00", 20)},
			want:    "paged 0-20 paged 20-0 logged 45-0",
		},
		"the part of a page that a log of the same person covers is dropped": {
			entries: []opsreview.ToilEntry{entry(t, "1", "Ada", "rotate", "2026-11-10T10:10", 30)},
			engaged: []toil.Engaged{engaged(t, "ada@example.com", "P1", "2026-11-10T10:00", 20)},
			want:    "paged 10-10 logged 30-0",
		},
		"another person's log covers nothing": {
			entries: []opsreview.ToilEntry{entry(t, "1", "Bob", "rotate", "2026-11-10T10:10", 30)},
			engaged: []toil.Engaged{engaged(t, "ada@example.com", "P1", "2026-11-10T10:00", 20)},
			want:    "paged 20-0 logged 30-0",
		},
		"two pages at once engage a person once": {
			engaged: []toil.Engaged{engaged(t, "ada@example.com", "P1", "2026-11-10T10:00", 20), engaged(t, "ada@example.com", "P2", "2026-11-10T10:15", 20)},
			want:    "paged 20-0 paged 15-5",
		},
		"a page within another tells nothing": {
			engaged: []toil.Engaged{engaged(t, "ada@example.com", "P1", "2026-11-10T10:00", 60), engaged(t, "ada@example.com", "P2", "2026-11-10T10:15", 20)},
			want:    "paged 60-0 paged 0-20",
		},
		"of a log and a work log of the same task at the same time the longer counts": {
			entries: []opsreview.ToilEntry{
				entry(t, "1", "Ada", "Rotate the token", "2026-11-10T10:00", 30),
				worklog(entry(t, "2", "pd/U1", "rotate  the token", "2026-11-10T10:20", 60), "OPS-1"),
			},
			want: "logged 0-30 work_log 60-0",
		},
		"the same ticket is the same work under another name": {
			entries: []opsreview.ToilEntry{
				func() opsreview.ToilEntry {
					e := entry(t, "1", "Ada", "token things", "2026-11-10T10:00", 90)
					e.Ticket = "OPS-1"
					return e
				}(),
				worklog(entry(t, "2", "Ada", "rotate the token", "2026-11-10T10:20", 60), "OPS-1"),
			},
			want: "logged 90-0 work_log 0-60",
		},
		"two logs of one source are two pieces of work": {
			entries: []opsreview.ToilEntry{entry(t, "1", "Ada", "rotate", "2026-11-10T10:00", 30), entry(t, "2", "Ada", "rotate", "2026-11-10T10:10", 30)},
			want:    "logged 30-0 logged 30-0",
		},
		"work logs at other times are other work": {
			entries: []opsreview.ToilEntry{
				entry(t, "1", "Ada", "rotate", "2026-11-10T10:00", 30), worklog(entry(t, "2", "Ada", "rotate", "2026-11-10T10:30", 30), "OPS-1"),
			},
			want: "logged 30-0 work_log 30-0",
		},
		"what was taken back counts nowhere": {
			entries: []opsreview.ToilEntry{func() opsreview.ToilEntry {
				e := entry(t, "1", "Ada", "rotate", "2026-11-10T10:00", 30)
				e.WithdrawnBy = "Ada"
				return e
			}()},
			engaged: []toil.Engaged{engaged(t, "ada@example.com", "P1", "2026-11-10T10:00", 20)}, want: "paged 20-0",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(t)
			in.Entries, in.Engaged = test.entries, test.engaged
			var got []string
			for _, l := range toil.Prepare(in).Lines {
				got = append(got, fmt.Sprintf("%s %.0f-%.0f", l.Origin, l.Spent.Minutes(), l.Dropped.Minutes()))
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrepare_ListsOverheadApart(t *testing.T) {
	yes, no := opsreview.Yes, opsreview.No
	tests := map[string]struct {
		answers map[opsreview.ToilQuestion]opsreview.Answer
		want    string
	}{
		"without answers it is toil": {want: "toil"},
		"more yes than no is toil":   {map[opsreview.ToilQuestion]opsreview.Answer{opsreview.ToilManual: yes, opsreview.ToilGrows: yes, opsreview.ToilTactical: no}, "toil"},
		"as many is toil":            {map[opsreview.ToilQuestion]opsreview.Answer{opsreview.ToilManual: yes, opsreview.ToilTactical: no}, "toil"},
		"more no is overhead":        {map[opsreview.ToilQuestion]opsreview.Answer{opsreview.ToilManual: yes, opsreview.ToilTactical: no, opsreview.ToilGrows: no}, "overhead"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(t)
			in.Entries = []opsreview.ToilEntry{entry(t, "1", "Ada", "Stand-up", "2026-11-10T10:00", 30)}
			in.Tasks = []opsreview.ToilTask{{Key: "stand-up", Answers: test.answers}}
			r := toil.Prepare(in)
			got := "toil"
			if r.Overhead == 30*time.Minute && r.Spent == 0 && len(r.Lines) == 1 && r.Lines[0].Overhead && r.Tasks[0].Overhead {
				got = "overhead"
			}
			if got != test.want || r.Overhead+r.Spent != 30*time.Minute {
				t.Errorf("it is %s (%s toil, %s overhead), want %s", got, r.Spent, r.Overhead, test.want)
			}
		})
	}
}

func TestPrepare_WorkingTime(t *testing.T) {
	holiday := func(w opsreview.Window) float64 { return 4 * w.Duration().Hours() / (7 * 24) }
	tests := map[string]struct {
		change func(*toil.Input)
		want   time.Duration
	}{
		"two people work forty hours a week each": {func(*toil.Input) {}, 80 * time.Hour},
		"a week of thirty hours is configured":    {func(in *toil.Input) { in.Settings.WeekHours = 30 }, 60 * time.Hour},
		"a holiday is no working day":             {func(in *toil.Input) { in.People[0].Days = holiday }, 72 * time.Hour},
		"a guest's time is another team's":        {func(in *toil.Input) { in.People[0].Guest = true }, 40 * time.Hour},
		"days to come have not been worked":       {func(in *toil.Input) { in.Now = at(t, "2026-11-11T00:00") }, 32 * time.Hour},
		"nobody known is nothing known":           {func(in *toil.Input) { in.People = nil }, 0},
		"days are those of the team's zone": {func(in *toil.Input) {
			in.Zone = time.FixedZone("", -6*60*60) // the window begins on its Sunday
			in.Window.End = in.Window.Start.Add(24 * time.Hour)
		}, 12 * time.Hour},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(t)
			test.change(&in)
			r := toil.Prepare(in)
			if r.Working != test.want {
				t.Errorf("working time is %s, want %s", r.Working, test.want)
			}
			if _, known := r.Share(); known != (test.want > 0) {
				t.Errorf("a share is known: %t", known)
			}
		})
	}
}

func TestPrepare_Weeks(t *testing.T) {
	in := input(t)
	in.Entries = []opsreview.ToilEntry{
		entry(t, "1", "Ada", "rotate", "2026-10-20T10:00", 30), entry(t, "2", "Ada", "rotate", "2026-11-10T10:00", 40),
	}
	r := toil.Prepare(in)
	if n := len(r.Weeks); n != 13 {
		t.Fatalf("%d weeks, want 13", n)
	}
	if first, last := r.Weeks[0], r.Weeks[12]; first.Name != "2026-W34" || last.Name != "2026-W46" || last.Spent != 40*time.Minute {
		t.Errorf("weeks %s to %s with %s", first.Name, last.Name, last.Spent)
	}
	if got := r.Weeks[9]; got.Name != "2026-W43" || got.Spent != 30*time.Minute || got.Working != 80*time.Hour {
		t.Errorf("%+v", got)
	}
	if want := "40m a week: more than in any of the 3 weeks before (0m to 30m, half of them at most 0m)"; r.Trend != want {
		t.Errorf("trend %q, want %q", r.Trend, want)
	}
}

func TestPrepare_WeeksOverAChangeOfClocks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	in := input(t)
	in.Zone = berlin
	in.Window, _ = opsreview.WindowSpec{Week: "2026-W43"}.Resolve(in.Now, berlin) // it ends with the change
	in.Window.End = in.Window.End.AddDate(0, 0, 7)
	r := toil.Prepare(in)
	if len(r.Weeks) != 14 || r.Working != 160*time.Hour {
		t.Fatalf("%d weeks, %s of working time", len(r.Weeks), r.Working)
	}
	for i, w := range r.Weeks[1:] {
		if !w.Window.Start.Equal(r.Weeks[i].Window.End) || w.Name == "" || w.Working != 80*time.Hour {
			t.Errorf("%+v does not follow %+v", w, r.Weeks[i])
		}
	}
}

func TestPrepare_Tasks(t *testing.T) {
	in := input(t)
	for i, day := range []string{"2026-08-20", "2026-09-03", "2026-10-01", "2026-11-10"} {
		in.Entries = append(in.Entries, entry(t, fmt.Sprint(i), []string{"Ada", "Bob"}[i%2], "Rotate the vault token", day+"T10:00", 240))
	}
	in.Entries = append(in.Entries, entry(t, "once", "Ada", "Move the cluster", "2026-11-12T10:00", 300))
	in.Engaged = []toil.Engaged{engaged(t, "ada@example.com", "P1", "2026-11-10T20:00", 120)}
	r := toil.Prepare(in)
	var got []string
	for _, task := range r.Tasks {
		got = append(got, fmt.Sprintf("%s: %s a week, hot %t, paged %t, people %d", task.Name, task.PerWeek.Round(time.Minute), task.HotSpot, task.Paged, task.People))
	}
	want := []string{ // once in the last week is once in four weeks, since the ledger is older
		"Rotate the vault token: 1h17m0s a week, hot true, paged false, people 2",
		"Move the cluster: 1h15m0s a week, hot false, paged false, people 1",
		"Vault is slow: 30m0s a week, hot false, paged true, people 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
	found := toil.FindingsOf(r, "secrets")
	if len(found) != 1 || found[0].Key != "toil_hot_spot:secrets|rotate the vault token" || found[0].Subject != "rotate the vault token" || found[0].Cost < 76 || found[0].Cost > 78 {
		t.Errorf("findings: %+v", found)
	}
}

func TestFindingsOf_OverTheLimit(t *testing.T) {
	in := input(t)
	in.People = in.People[:1]
	in.Settings.Limit = 0.1
	in.Entries = []opsreview.ToilEntry{entry(t, "1", "Ada", "a", "2026-11-10T10:00", 240)}
	if found := toil.FindingsOf(toil.Prepare(in), "secrets"); len(found) != 0 {
		t.Errorf("at the limit is not over it: %+v", found)
	}
	in.Entries = append(in.Entries, entry(t, "2", "Ada", "b", "2026-11-11T10:00", 1))
	found := toil.FindingsOf(toil.Prepare(in), "secrets")
	if len(found) != 1 || found[0].Key != "toil_over_limit:secrets" || found[0].Title != "Toil of secrets takes more than 10 % of working time" {
		t.Errorf("findings: %+v", found)
	}
}

func TestAutomation(t *testing.T) {
	base := opsreview.ToilBaseline{
		Window:  opsreview.Window{Start: at(t, "2026-09-21T00:00"), End: at(t, "2026-10-19T00:00")},
		Entries: 4, Spent: 4 * time.Hour,
	}
	tests := map[string]struct {
		at, now string
		base    opsreview.ToilBaseline
		entries []opsreview.ToilEntry
		early   bool
		saved   time.Duration
		text    string
	}{
		"four weeks without it save what it took": {
			at: "2026-10-19T00:00", now: "2026-11-17T00:00", base: base, saved: 4 * time.Hour, text: "4h saved so far",
		},
		"what it still takes is not saved": {
			at: "2026-10-19T00:00", now: "2026-11-17T00:00", base: base, saved: 3 * time.Hour, text: "1h a week (4 entries from 21 Sep to 19 Oct), and 15m a week since",
			entries: []opsreview.ToilEntry{entry(t, "1", "Ada", "rotate", "2026-10-30T10:00", 60)},
		},
		"a task that takes more than before saves nothing": {
			at: "2026-10-19T00:00", now: "2026-11-17T00:00", base: base, saved: -time.Hour, text: "nothing has been saved",
			entries: []opsreview.ToilEntry{entry(t, "1", "Ada", "rotate", "2026-10-30T10:00", 300)},
		},
		"in the first two weeks it is too early": {
			at: "2026-11-09T00:00", now: "2026-11-17T00:00", base: base, early: true, saved: time.Hour, text: "too early to say",
		},
		"without a log before it nothing can be said": {
			at: "2026-10-19T00:00", now: "2026-11-17T00:00", saved: 0, text: "nothing was logged of it before",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(t)
			in.Now, in.Entries = at(t, test.now), test.entries
			in.Tasks = []opsreview.ToilTask{{Key: "rotate", Name: "rotate", AutomatedAt: at(t, test.at), Baseline: test.base}}
			a := toil.Prepare(in).Tasks[0].Automated
			if a == nil || a.TooEarly != test.early || a.Saved.Round(time.Minute) != test.saved || !strings.Contains(a.Text, test.text) {
				t.Errorf("got %+v, want %s saved, early %t, %q", a, test.saved, test.early, test.text)
			}
		})
	}
}

func TestBaselineOf(t *testing.T) {
	in := input(t)
	in.Window = opsreview.Window{Start: at(t, "2026-11-15T00:00"), End: at(t, "2026-11-16T00:00")}
	in.Entries = []opsreview.ToilEntry{
		entry(t, "old", "Ada", "rotate", "2026-08-01T10:00", 60), entry(t, "1", "Ada", "Rotate", "2026-10-19T00:00", 60),
		entry(t, "2", "Bob", "rotate", "2026-11-02T10:00", 30), entry(t, "3", "Bob", "other", "2026-11-02T12:00", 30),
		entry(t, "later", "Ada", "rotate", "2026-11-16T00:00", 60),
	}
	want := opsreview.ToilBaseline{Window: opsreview.Window{Start: at(t, "2026-10-19T00:00"), End: in.Window.End}, Entries: 2, Spent: 90 * time.Minute}
	if diff := cmp.Diff(want, toil.BaselineOf(in, " rotate ")); diff != "" {
		t.Errorf("baseline (-want +got):\n%s", diff)
	}
}

// random makes a ledger of many entries and pages of few people at few times, so
// that they overlap in every way.
func random(t testing.TB, seed uint64) toil.Input {
	r := rand.New(rand.NewPCG(seed, 7))
	in := input(t)
	in.Tasks = []opsreview.ToilTask{{Key: "task 3", Answers: map[opsreview.ToilQuestion]opsreview.Answer{opsreview.ToilManual: opsreview.No}}}
	people := []string{"Ada", "bob@example.com", "a stranger", ""}
	start := in.Window.Start.AddDate(0, 0, -10)
	for i := range 60 {
		e := entry(t, fmt.Sprint(i), people[r.IntN(4)], fmt.Sprint("task ", r.IntN(4)), "2026-11-09T00:00", 1+r.IntN(120))
		e.At = start.Add(time.Duration(r.IntN(20*24*4)) * 15 * time.Minute)
		e.Category = []string{"", "releases", "capacity"}[r.IntN(3)]
		if r.IntN(2) == 0 {
			e = worklog(e, fmt.Sprint("OPS-", r.IntN(4)))
		}
		if r.IntN(6) == 0 {
			e.Page = opsreview.Ref{Source: "pd", ID: fmt.Sprint("P", r.IntN(20))}
		}
		in.Entries = append(in.Entries, e)
	}
	for i := range 40 {
		x := engaged(t, people[r.IntN(3)], fmt.Sprint("P", i), "2026-11-09T00:00", 1+r.IntN(180))
		from := start.Add(time.Duration(r.IntN(20*24*4)) * 15 * time.Minute)
		x.Window = opsreview.Window{Start: from, End: from.Add(x.Window.Duration())}
		in.Engaged = append(in.Engaged, x)
	}
	return in
}

func total(sums []toil.Sum) (spent time.Duration, entries int) {
	for _, s := range sums {
		spent, entries = spent+s.Spent, entries+s.Entries
	}
	return spent, entries
}

// Whoever adds up one way or another finds the same.
func TestPrepare_SumsAgree(t *testing.T) {
	for seed := range uint64(50) {
		in := random(t, seed)
		in.Team = "" // everybody's, so that there are teams
		r := toil.Prepare(in)
		spent, n := total(r.People)
		for name, sums := range map[string][]toil.Sum{"teams": r.Teams, "categories": r.Categories, "origins": r.Origins} {
			if other, m := total(sums); other != r.Spent || m != n {
				t.Errorf("seed %d: %s add up to %s in %d, want %s in %d", seed, name, other, m, r.Spent, n)
			}
		}
		if spent != r.Spent || r.Weeks[len(r.Weeks)-1].Spent != r.Spent {
			t.Errorf("seed %d: people add up to %s and the week to %s, want %s", seed, spent, r.Weeks[len(r.Weeks)-1].Spent, r.Spent)
		}
		var told, counted time.Duration
		for _, l := range r.Lines {
			counted += l.Spent + l.Dropped
		}
		for _, e := range in.Entries {
			if in.Window.Contains(e.At) {
				told += e.Spent
			}
		}
		for _, e := range in.Engaged {
			if in.Window.Contains(e.Window.Start) {
				told += e.Window.Duration()
			}
		}
		if counted != told || r.Spent+r.Overhead+r.Dropped != told {
			t.Errorf("seed %d: %s was told and %s is in the lines, %s in the sums", seed, told, counted, r.Spent+r.Overhead+r.Dropped)
		}
	}
}

func TestPrepare_SplitWindowsSumToTheWhole(t *testing.T) {
	for seed := range uint64(50) {
		in := random(t, seed)
		whole := toil.Prepare(in)
		cut := in.Window.Start.Add(time.Duration(1+seed*3) * time.Hour)
		first, second := in, in
		first.Window.End, second.Window.Start = cut, cut
		a, b := toil.Prepare(first), toil.Prepare(second)
		if a.Spent+b.Spent != whole.Spent || a.Dropped+b.Dropped != whole.Dropped || a.Overhead+b.Overhead != whole.Overhead {
			t.Errorf("seed %d: %s + %s is not %s", seed, a.Spent, b.Spent, whole.Spent)
		}
		if diff := (a.Working + b.Working - whole.Working).Abs(); diff > 2*time.Second {
			t.Errorf("seed %d: working time %s + %s is not %s", seed, a.Working, b.Working, whole.Working)
		}
		if diff := cmp.Diff(whole.Lines, slices.Concat(a.Lines, b.Lines)); diff != "" {
			t.Errorf("seed %d: lines (-whole +parts):\n%s", seed, diff)
		}
	}
}

func TestPrepare_OrderOfFactsChangesNothing(t *testing.T) {
	for seed := range uint64(20) {
		in := random(t, seed)
		want := toil.Prepare(in)
		r := rand.New(rand.NewPCG(seed, 9))
		r.Shuffle(len(in.Entries), func(i, j int) { in.Entries[i], in.Entries[j] = in.Entries[j], in.Entries[i] })
		r.Shuffle(len(in.Engaged), func(i, j int) { in.Engaged[i], in.Engaged[j] = in.Engaged[j], in.Engaged[i] })
		if diff := cmp.Diff(want, toil.Prepare(in)); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}
