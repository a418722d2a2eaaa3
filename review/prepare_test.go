package review_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
	"opsreview/review"
)

var zones = cmp.Comparer(func(a, b *time.Location) bool { return a == b || a != nil && b != nil && a.String() == b.String() })

func limits() []opsreview.Limit {
	return []opsreview.Limit{
		{ID: opsreview.LimitPagesPerShift, Max: 2},
		{ID: opsreview.LimitOnCallShare, Max: 25},
		{ID: opsreview.LimitSleepInterruptions, Max: 3},
		{ID: opsreview.LimitConsecutiveNights, Max: 2},
		{ID: opsreview.LimitOperationalWorkShare, Max: 50},
	}
}

// busy is a random fortnight with labels and shifts.
func busy(n int) review.Input {
	in := input(org(limits()...), everybody(), randomPages(11, n)...)
	verdicts := []opsreview.Verdict{opsreview.Actionable, opsreview.NotActionable}
	for i := range in.Pages {
		if i%3 > 0 {
			in.Pages[i].Label = label(verdicts[i%2], nil)
			in.Labels = append(in.Labels, opsreview.Label{Page: in.Pages[i].Ref, Verdict: verdicts[i%2], Author: "ada", At: week().End},
				opsreview.Label{Page: in.Pages[i].Ref, Verdict: verdicts[i%4/2], Author: "bob", At: week().End.Add(time.Minute)})
		}
	}
	for i, r := range in.Responders {
		from := week().Start.AddDate(0, 0, 2*i-1)
		in.Shifts = append(in.Shifts, opsreview.Shift{Responder: r.Ref, ScheduleID: "S", Start: from, End: from.AddDate(0, 0, 3)})
	}
	return in
}

func TestPrepare_TheOrderOfFactsDoesNotMatter(t *testing.T) {
	in := busy(300)
	want, wantCosts := review.Prepare(in), review.PageCosts(in)
	r := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		in.Pages, in.Shifts, in.Responders, in.Labels = slices.Clone(in.Pages), slices.Clone(in.Shifts), slices.Clone(in.Responders), slices.Clone(in.Labels)
		r.Shuffle(len(in.Pages), func(i, j int) { in.Pages[i], in.Pages[j] = in.Pages[j], in.Pages[i] })
		r.Shuffle(len(in.Shifts), func(i, j int) { in.Shifts[i], in.Shifts[j] = in.Shifts[j], in.Shifts[i] })
		r.Shuffle(len(in.Responders), func(i, j int) { in.Responders[i], in.Responders[j] = in.Responders[j], in.Responders[i] })
		r.Shuffle(len(in.Labels), func(i, j int) { in.Labels[i], in.Labels[j] = in.Labels[j], in.Labels[i] })
		in.Pages = append(in.Pages, in.Pages[0]) // A page that is given twice is one.
		if diff := cmp.Diff(want, review.Prepare(in), zones); diff != "" {
			t.Fatalf("the review changed (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(wantCosts, review.PageCosts(in)); diff != "" {
			t.Fatalf("the costs changed (-want +got):\n%s", diff)
		}
	}
}

// In zones that never change their clocks, whole weeks later everything is the
// same but for dates.
func TestPrepare_ShiftingAllTimesByWholeWeeksShiftsNothing(t *testing.T) {
	in := busy(300)
	for i := range in.Responders {
		in.Responders[i].TimeZone = []string{"Asia/Kolkata", "Asia/Tokyo", "UTC", "America/Phoenix"}[i]
	}
	want := review.Prepare(in)
	const by = 9 * 7 * 24 * time.Hour
	in.Window.Start, in.Window.End, in.Now = in.Window.Start.Add(by), in.Window.End.Add(by), in.Now.Add(by)
	for i := range in.Pages {
		p := &in.Pages[i]
		for j := range p.Events {
			p.Events[j].At = p.Events[j].At.Add(by)
		}
		p.Settle()
	}
	for i := range in.Shifts {
		in.Shifts[i].Start, in.Shifts[i].End = in.Shifts[i].Start.Add(by), in.Shifts[i].End.Add(by)
	}
	got := review.Prepare(in)
	ignore := cmp.Options{
		zones,
		cmpopts.IgnoreFields(review.Review{}, "Window", "Week"), cmpopts.IgnoreFields(review.Change{}, "Window"),
		cmpopts.IgnoreFields(review.Topic{}, "At", "Reasons"), cmpopts.IgnoreFields(review.Breach{}, "Text"),
	}
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPrepare_AnEmptyInputIsAnEmptyReview(t *testing.T) {
	r := review.Prepare(review.Input{Window: week()})
	if r.Headline.Pages != 0 || len(r.Loads)+len(r.Monitors)+len(r.Discuss) != 0 || r.Week != "2026-W46" || len(r.Gaps) == 0 {
		t.Errorf("review = %+v", r)
	}
}

func TestMonitorCosts_AreRankedBySleepThenInterruptionsThenEngagedThenPages(t *testing.T) {
	day, nightfall := week().Start.Add(9*time.Hour), week().Start.Add(23*time.Hour)
	of := func(monitor string, p opsreview.Page) opsreview.Page { p.Monitor = monitor; return p }
	in := input(org(), []opsreview.Responder{responder("ada", "UTC"), responder("bob", "UTC")},
		of("m-quiet", page("P1", day)), of("m-quiet", page("P2", day)), of("m-quieter", page("P3", day)),
		of("m-worked", page("P4", day, ack(0, "ada"), resolve(time.Hour, person("ada")))),
		of("m-night", page("P5", nightfall, notify(0, opsreview.SMS, "ada"))),
		of("m-day", page("P6", day.Add(time.Hour), notify(0, opsreview.SMS, "ada", "bob"))),
		of("m-day", page("P7", day.AddDate(0, 0, -7))),
		of("m-carried", page("P8", day.AddDate(0, 0, -7), notify(9*24*time.Hour, opsreview.SMS, "ada"))),
		of("m-last-week", page("P9", day.AddDate(0, 0, -7), notify(0, opsreview.SMS, "ada"))),
	)
	in.Monitors = map[string]opsreview.Monitor{"m-night": {ID: "m-night", Title: "the nightly batch", Service: ref("vault")}}
	in.Services = map[opsreview.Ref]opsreview.Service{ref("vault"): {Ref: ref("vault"), Name: "Vault"}}
	var got []string
	for _, c := range review.MonitorCosts(in) {
		got = append(got, fmt.Sprintf("%s %d pages, %d before, %d sleep of %d, %v, %s", c.Monitor.ID, len(c.Pages), c.Previous, c.Interruptions.Sleep, c.Interruptions.Total(), c.Engaged, c.ServiceName))
	}
	want := []string{
		"m-night 1 pages, 0 before, 1 sleep of 1, 0s, Vault",
		"m-day 1 pages, 1 before, 0 sleep of 2, 0s, Vault",
		"m-carried 0 pages, 1 before, 0 sleep of 1, 0s, Vault",
		"m-worked 1 pages, 0 before, 0 sleep of 0, 1h0m0s, Vault",
		"m-quiet 2 pages, 0 before, 0 sleep of 0, 0s, Vault",
		"m-quieter 1 pages, 0 before, 0 sleep of 0, 0s, Vault",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMonitorCosts_AnInterruptionBySeveralPagesOfAMonitorCountsOnce(t *testing.T) {
	day := week().Start.Add(9 * time.Hour)
	var pages []opsreview.Page
	for i, monitor := range []string{"m-herd", "m-herd", "m-other"} {
		p := page(fmt.Sprintf("P%d", i), day.Add(time.Duration(i)*time.Second), notify(0, opsreview.SMS, "ada"))
		p.Monitor = monitor
		pages = append(pages, p)
	}
	in := input(org(), everybody(), pages...)
	for _, c := range review.MonitorCosts(in) {
		if c.Interruptions.Total() != 1 {
			t.Errorf("%s cost %d interruptions, want 1", c.Monitor.ID, c.Interruptions.Total())
		}
	}
	if got := review.Prepare(in).Headline.Interruptions.Total(); got != 1 {
		t.Errorf("the headline has %d interruptions, want 1", got)
	}
}

func TestPageCosts(t *testing.T) {
	day := week().Start.Add(9 * time.Hour)
	in := input(org(), everybody(),
		page("P1", day, notify(0, opsreview.SMS, "ada", "bob"), notify(2*time.Minute, opsreview.Phone, "ada"),
			ack(3*time.Minute, "ada"), ack(3*time.Minute, "bob"), resolve(63*time.Minute, person("ada"))),
		page("P2", day.Add(30*time.Second), notify(0, opsreview.SMS, "ada")),
		page("P3", day.AddDate(0, 0, -70), notify(0, opsreview.Email, "ada")),
	)
	want := map[opsreview.Ref]review.PageCost{
		ref("P1"): {Interruptions: review.ByClass{Business: 3}, Engaged: 2 * time.Hour, Responders: 2},
		ref("P2"): {Interruptions: review.ByClass{Business: 1}, Responders: 1},
		ref("P3"): {},
	}
	if diff := cmp.Diff(want, review.PageCosts(in)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPrepare_Discuss(t *testing.T) {
	day, nightfall := week().Start.Add(9*time.Hour), week().Start.Add(23*time.Hour)
	calm := []ev{ack(time.Minute, "ada"), resolve(time.Hour, person("ada"))}
	with := func(p opsreview.Page, change func(*opsreview.Page)) opsreview.Page { change(&p); return p }
	tests := map[string]struct {
		page   opsreview.Page
		labels []opsreview.Label
		want   []string
	}{
		"a calm page is not discussed": {page: page("P1", day, calm...)},
		"escalated because nobody answered": {
			page: page("P1", day, append(calm, ev{after: 30 * time.Second, kind: opsreview.Escalated, by: timer, to: []string{"ada"}})...),
			want: []string{"escalated because nobody answered"},
		},
		"never acknowledged though somebody was notified": {
			page: page("P1", day, notify(0, opsreview.SMS, "ada"), resolve(time.Hour, integration)),
			want: []string{"nobody acknowledged it"},
		},
		"an email that nobody acknowledged is not": {page: page("P1", day, notify(0, opsreview.Email, "ada"), resolve(time.Hour, integration))},
		"woke somebody for nothing": {
			page: with(page("P1", nightfall, append(calm, notify(0, opsreview.SMS, "ada"))...), func(p *opsreview.Page) { p.Label = label(opsreview.NotActionable, nil) }),
			want: []string{"woke ada and was not actionable"},
		},
		"woke somebody with low urgency": {
			page: with(page("P1", nightfall, append(calm, notify(0, opsreview.SMS, "ada"))...), func(p *opsreview.Page) { p.Urgency = opsreview.LowUrgency }),
			want: []string{"woke ada with low urgency"},
		},
		"ignored": {
			page: with(page("P1", day, calm...), func(p *opsreview.Page) { p.Label = label(opsreview.Actionable, nil) }),
			want: []string{"actionable, and nobody acted"},
		},
		"reopened and still open": {
			page: page("P1", day, append(calm, ev{after: 2 * time.Hour, kind: opsreview.Reopened})...),
			want: []string{"reopened after it had ended", "still open"},
		},
		"people disagree": {
			page: page("P1", day, calm...),
			labels: []opsreview.Label{
				{Page: ref("P1"), Verdict: opsreview.NotActionable, Author: "bob", At: day.Add(2 * time.Hour)},
				{Page: ref("P1"), Verdict: opsreview.Actionable, Author: "ada", At: day.Add(time.Hour)},
			},
			want: []string{"people disagree: ada says actionable, bob says not"},
		},
		"one person changed their mind": {
			page: page("P1", day, calm...),
			labels: []opsreview.Label{
				{Page: ref("P1"), Verdict: opsreview.Actionable, Author: "ada", At: day.Add(time.Hour)},
				{Page: ref("P1"), Verdict: opsreview.NotActionable, Author: "ada", At: day.Add(2 * time.Hour)},
			},
			want: []string{"its label was changed"},
		},
		"a label that was taken back is no change": {
			page: page("P1", day, calm...),
			labels: []opsreview.Label{
				{Page: ref("P1"), Verdict: opsreview.Actionable, Author: "ada", At: day.Add(time.Hour)},
				{Page: ref("P1"), Verdict: opsreview.Actionable, Author: "ada", At: day.Add(2 * time.Hour), Withdrawn: true},
				{Page: ref("P1"), Verdict: opsreview.NotActionable, Author: "ada", At: day.Add(3 * time.Hour)},
			},
		},
		"five people are too many": {
			page: page("P1", day, append(calm, notify(0, opsreview.SMS, "ada", "bob", "cem", "dee", "eve"))...),
			want: []string{"notified 5 people"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			people := []opsreview.Responder{responder("ada", "UTC")}
			for _, id := range []string{"bob", "cem", "dee", "eve"} {
				people = append(people, responder(id, "UTC"))
			}
			in := input(org(), people, tt.page)
			in.Labels = tt.labels
			var got []string
			for _, topic := range review.Prepare(in).Discuss {
				got = append(got, topic.Reasons...)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrepare_DiscussTenAndCountTheRest(t *testing.T) {
	var pages []opsreview.Page
	for i := range 14 {
		pages = append(pages, page(fmt.Sprintf("P%02d", i), week().Start.Add(time.Duration(i)*time.Hour)))
	}
	pages[13].Label = label(opsreview.Actionable, nil)
	r := review.Prepare(input(org(), everybody(), pages...))
	if len(r.Discuss) != 10 || r.More != 4 || r.Discuss[0].Page != ref("P13") || r.Discuss[1].Page != ref("P00") {
		t.Errorf("%d topics and %d more, first %v: want 10 and 4, the page with two reasons first", len(r.Discuss), r.More, r.Discuss[:2])
	}
}

func TestPrepare_AMonitorIsDiscussedOnce(t *testing.T) {
	var pages []opsreview.Page
	for i := range 5 {
		p := page(fmt.Sprintf("P%d", i), week().Start.Add(time.Duration(i)*time.Hour))
		p.Monitor = "m-flapping"
		pages = append(pages, p)
	}
	pages[3].Label = label(opsreview.Actionable, nil)
	r := review.Prepare(input(org(), everybody(), pages...))
	if len(r.Discuss) != 1 || r.More != 0 || r.Discuss[0].Page != ref("P3") {
		t.Fatalf("topics %v and %d more: want P3 alone, which has most reasons", r.Discuss, r.More)
	}
	if last := r.Discuss[0].Reasons[len(r.Discuss[0].Reasons)-1]; last != "and 4 more pages of this monitor" {
		t.Errorf("the last reason is %q: want the pages that P3 stands for", last)
	}
}

func TestPrepare_BreachesAndTheLongestPageAreDiscussed(t *testing.T) {
	day := week().Start.Add(9 * time.Hour)
	var pages []opsreview.Page
	for i := range 3 {
		pages = append(pages, page(fmt.Sprintf("P%d", i), day.Add(time.Duration(i)*time.Hour), notify(0, opsreview.SMS, "ada"),
			ack(time.Minute, "ada"), resolve(time.Duration(i+1)*time.Hour+12*time.Minute, person("ada"))))
	}
	r := review.Prepare(input(org(limits()...), []opsreview.Responder{responder("ada", "UTC")}, pages...))
	const breach = "one of too many for ada"
	want := []review.Topic{
		{Page: ref("P2"), Title: "page P2", At: day.Add(2 * time.Hour), Reasons: []string{"the longest of the window: 3h12m", breach}},
		{Page: ref("P0"), Title: "page P0", At: day, Reasons: []string{breach}},
		{Page: ref("P1"), Title: "page P1", At: day.Add(time.Hour), Reasons: []string{breach}},
	}
	if diff := cmp.Diff(want, r.Discuss); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPrepare_Gaps(t *testing.T) {
	start := week().Start
	tests := map[string]struct {
		change func(*review.Input)
		want   string
	}{
		"a window that is not over":    {func(in *review.Input) { in.Now = start.Add(time.Hour) }, "window: it is not over"},
		"no history":                   {func(in *review.Input) { in.DataSince = time.Time{} }, "history: nothing is stored"},
		"history that begins too late": {func(in *review.Input) { in.DataSince = start.Add(time.Hour) }, "history: it begins Mon 9 Nov 2026 01:00 UTC"},
		"a source that is behind":      {func(in *review.Input) { in.Health = []opsreview.SourceHealth{{Name: "pd", SyncedTo: start}} }, "pd: synced to Mon 9 Nov 2026 00:00 UTC only"},
		"a source that failed":         {func(in *review.Input) { in.Health = []opsreview.SourceHealth{{Name: "pd", LastError: "no answer"}} }, "pd: the last sync failed: no answer"},
		"items that could not be read": {func(in *review.Input) {
			in.Health = []opsreview.SourceHealth{{Name: "pd", Rejects: 1, LastReject: "R1: odd"}}
		}, "pd: 1 item could not be read and is missing here, such as R1: odd"},
		"a stretch not read whole": {func(in *review.Input) {
			in.Health = []opsreview.SourceHealth{{Name: "pd", Suspect: []opsreview.SuspectWindow{{Window: week(), Reason: "counts differ"}}}}
		}, "pd: not read whole"},
		"a service that nobody knows": {func(in *review.Input) {
			in.Team, in.Org.Teams, in.Services = "core", []opsreview.OrgTeam{{Name: "Core", Services: []string{"vualt"}}}, map[opsreview.Ref]opsreview.Service{}
		}, "services: no source knows vualt"},
		"pages without a notification":  {func(in *review.Input) { in.Pages = []opsreview.Page{page("P1", start)} }, "pd: its 1 page in the window carry no notification"},
		"operational work":              {func(in *review.Input) { in.Org = org(limits()...) }, "operational work: "},
		"a responder whom nobody lists": {func(in *review.Input) { in.Responders = nil }, "ada: no source lists this responder"},
		"time on call":                  {func(*review.Input) {}, "on call: no source delivered shifts"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(org(), everybody(), page("P1", start.Add(time.Minute), notify(0, opsreview.SMS, "ada")))
			tt.change(&in)
			var got []string
			for _, g := range review.Prepare(in).Gaps {
				got = append(got, g.Subject+": "+g.Text)
			}
			if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, tt.want) }) {
				t.Errorf("no gap begins with %q: %q", tt.want, got)
			}
		})
	}
}

func BenchmarkPrepare(b *testing.B) {
	in := busy(10_000)
	for b.Loop() {
		review.Prepare(in)
	}
}

func BenchmarkPageCosts(b *testing.B) {
	in := busy(10_000)
	for b.Loop() {
		review.PageCosts(in)
	}
}
