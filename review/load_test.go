package review_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

func TestPeers04_HoursBoundariesInEveryZoneAndOnDSTNights(t *testing.T) {
	tests := map[string]struct {
		zone, local string // the local wall clock; the offset says which of two equal ones
		want        opsreview.HoursClass
	}{
		"21:59:59 is off-hours":                             {"Europe/Berlin", "2026-11-10T21:59:59+01:00", opsreview.OffHours},
		"22:00:00 is sleep":                                 {"Europe/Berlin", "2026-11-10T22:00:00+01:00", opsreview.SleepHours},
		"07:59:59 is sleep":                                 {"Europe/Berlin", "2026-11-10T07:59:59+01:00", opsreview.SleepHours},
		"08:00:00 is business":                              {"Europe/Berlin", "2026-11-10T08:00:00+01:00", opsreview.BusinessHours},
		"17:59:59 is business":                              {"Europe/Berlin", "2026-11-10T17:59:59+01:00", opsreview.BusinessHours},
		"18:00:00 is off-hours":                             {"Europe/Berlin", "2026-11-10T18:00:00+01:00", opsreview.OffHours},
		"Saturday at 08:00:00 is off-hours":                 {"Europe/Berlin", "2026-11-14T08:00:00+01:00", opsreview.OffHours},
		"Saturday at 07:59:59 is sleep":                     {"Europe/Berlin", "2026-11-14T07:59:59+01:00", opsreview.SleepHours},
		"Saturday at 21:59:59 is off-hours":                 {"Europe/Berlin", "2026-11-14T21:59:59+01:00", opsreview.OffHours},
		"Saturday at 22:00:00 is sleep":                     {"Europe/Berlin", "2026-11-14T22:00:00+01:00", opsreview.SleepHours},
		"the 23-hour day ends its night at 08:00 in Berlin": {"Europe/Berlin", "2026-03-29T07:59:59+02:00", opsreview.SleepHours},
		"and begins its day there":                          {"Europe/Berlin", "2026-03-29T08:00:00+02:00", opsreview.OffHours},
		"the 25-hour day ends its night at 08:00 in Berlin": {"Europe/Berlin", "2026-10-25T07:59:59+01:00", opsreview.SleepHours},
		"and begins its day at 08:00 there":                 {"Europe/Berlin", "2026-10-25T08:00:00+01:00", opsreview.OffHours},
		"half-hour zones have their own hours: 21:59:59":    {"Asia/Kolkata", "2026-11-10T21:59:59+05:30", opsreview.OffHours},
		"half-hour zones have their own hours: 22:00:00":    {"Asia/Kolkata", "2026-11-10T22:00:00+05:30", opsreview.SleepHours},
		"half-hour zones have their own hours: 07:59:59":    {"Asia/Kolkata", "2026-11-10T07:59:59+05:30", opsreview.SleepHours},
		"half-hour zones have their own hours: 08:00:00":    {"Asia/Kolkata", "2026-11-10T08:00:00+05:30", opsreview.BusinessHours},
		"Auckland is a day ahead: Saturday 08:00 there":     {"Pacific/Auckland", "2026-11-14T08:00:00+13:00", opsreview.OffHours},
		"Auckland is a day ahead: Monday 08:00 there":       {"Pacific/Auckland", "2026-11-16T08:00:00+13:00", opsreview.BusinessHours},
		"Auckland's 23-hour day, before the night's end":    {"Pacific/Auckland", "2026-09-27T07:59:59+13:00", opsreview.SleepHours},
		"Auckland's 23-hour day, at the night's end":        {"Pacific/Auckland", "2026-09-27T08:00:00+13:00", opsreview.OffHours},
		"Auckland's 25-hour day, before the night's end":    {"Pacific/Auckland", "2026-04-05T07:59:59+12:00", opsreview.SleepHours},
		"Auckland's 25-hour day, at the night's end":        {"Pacific/Auckland", "2026-04-05T08:00:00+12:00", opsreview.OffHours},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			start, err := time.Parse(time.RFC3339, tt.local)
			if err != nil {
				t.Fatal(err)
			}
			roster := review.NewRoster(org(), []opsreview.Responder{responder("ada", tt.zone)}, "")
			got := review.Interruptions([]opsreview.Page{page("P1", start.UTC(), notify(0, opsreview.SMS, "ada"))}, roster)
			if len(got) != 1 || got[0].Class != tt.want {
				t.Errorf("got %+v, want one of class %s", got, tt.want)
			}
		})
	}
}

func TestPeers05_UnknownZoneIsUnknownAndNeverUTC(t *testing.T) {
	tests := map[string]string{"no zone": "", "a zone that nobody knows": "Mars/Olympus", "the machine's own zone": "Local"}
	for name, zoneName := range tests {
		t.Run(name, func(t *testing.T) {
			// At 03:00 UTC a silent UTC would say sleep.
			p := page("P1", week().Start.Add(3*time.Hour), notify(0, opsreview.Phone, "ada"))
			in := input(org(), []opsreview.Responder{responder("ada", zoneName)}, p)
			l := loadOf(t, in, "ada")
			if l.ZoneKnown() || l.Interruptions != (review.ByClass{Unknown: 1}) || l.Hours != 0 || l.BrokenNights != 0 {
				t.Errorf("load = %+v, want one interruption of unknown class", l)
			}
			if !slices.ContainsFunc(review.Prepare(in).Gaps, func(g review.Gap) bool { return g.Subject == "ada" }) {
				t.Error("no gap names ada")
			}
		})
	}
}

func TestPeers03_ShiftSwapAndEscalationCountEveryoneInterrupted(t *testing.T) {
	// Bob takes over from Ada on Wednesday; on Thursday he does not answer and
	// the page escalates to Cem. An assignee-only count has Cem alone.
	start := week().Start
	o := org()
	in := input(o, everybody(),
		page("P1", start.Add(9*time.Hour), ev{kind: opsreview.Assigned, to: []string{"ada"}}, notify(0, opsreview.Push, "ada"), ack(time.Minute, "ada"), resolve(time.Hour, integration)),
		page("P2", start.Add(57*time.Hour), ev{kind: opsreview.Assigned, to: []string{"bob"}}, notify(0, opsreview.Push, "bob"), ack(time.Minute, "bob"), resolve(time.Hour, integration)),
		page("P3", start.Add(75*time.Hour), ev{kind: opsreview.Assigned, to: []string{"bob"}},
			notify(0, opsreview.Push, "bob"), notify(5*time.Minute, opsreview.Phone, "bob"),
			ev{after: 15 * time.Minute, kind: opsreview.Escalated, by: timer, to: []string{"cem"}},
			notify(15*time.Minute, opsreview.Push, "cem"), ack(20*time.Minute, "cem"), resolve(time.Hour, person("cem"))),
	)
	in.Shifts = []opsreview.Shift{
		{Responder: ref("ada"), ScheduleID: "S", Start: start.AddDate(0, 0, -1), End: start.AddDate(0, 0, 2)},
		{Responder: ref("bob"), ScheduleID: "S", Start: start.AddDate(0, 0, 2), End: start.AddDate(0, 0, 8)},
	}
	want := map[string]review.ByClass{
		"ada": {Business: 1}, // 10:00 in Berlin
		"bob": {Business: 1, OffHours: 0, Sleep: 0, Unknown: 0},
		"cem": {Sleep: 0},
	}
	// P2 is at 14:30 in Kolkata, P3 at 08:30 there and at 21:15 the evening before in Chicago.
	want["bob"] = review.ByClass{Business: 3}
	want["cem"] = review.ByClass{OffHours: 1}
	for name, byClass := range want {
		if got := loadOf(t, in, name).Interruptions; got != byClass {
			t.Errorf("%s: %+v, want %+v", name, got, byClass)
		}
	}
	if bob := loadOf(t, in, "bob"); bob.TimedOut != 1 || bob.Acknowledged != 1 || bob.OnCall != 5*24*time.Hour || bob.Shifts != 1 {
		t.Errorf("bob = %+v, want one timed out, one acknowledged, five days on call in one shift", bob)
	}
	r := review.Prepare(in)
	if r.Headline.Responders != 3 || r.Headline.Escalated != 1 || r.Headline.Interruptions.Total() != 5 {
		t.Errorf("headline = %+v, want 3 people, 1 escalated, 5 interruptions", r.Headline)
	}
	if len(r.Loads) != 3 {
		t.Errorf("%d loads, want 3: dee was neither notified nor on call", len(r.Loads))
	}
}

func TestLoads_Hours(t *testing.T) {
	tests := map[string]struct {
		zone  string
		sends []string
		want  int
	}{
		"18:30, 19:15 and 19:25 are two hours": {"Europe/Berlin", []string{"2026-11-10T18:30:00+01:00", "2026-11-10T19:15:00+01:00", "2026-11-10T19:25:00+01:00"}, 2},
		"the hour that clocks repeat is two":   {"Europe/Berlin", []string{"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"}, 2},
		"a half-hour zone's hour is its own":   {"Asia/Kolkata", []string{"2026-11-10T18:05:00+05:30", "2026-11-10T18:50:00+05:30"}, 1},
		"the same hour of two days is two":     {"Europe/Berlin", []string{"2026-11-10T18:30:00+01:00", "2026-11-11T18:30:00+01:00"}, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var pages []opsreview.Page
			for i, s := range tt.sends {
				start, err := time.Parse(time.RFC3339, s)
				if err != nil {
					t.Fatal(err)
				}
				pages = append(pages, page(string(rune('A'+i)), start, notify(0, opsreview.SMS, "ada")))
			}
			in := input(org(), []opsreview.Responder{responder("ada", tt.zone)}, pages...)
			in.Window = opsreview.Window{Start: pages[0].TriggeredAt.Add(-time.Hour), End: pages[0].TriggeredAt.AddDate(0, 0, 7)}
			if got := loadOf(t, in, "ada").Hours; got != tt.want {
				t.Errorf("%d hours, want %d", got, tt.want)
			}
		})
	}
}

func TestLoads_Breaches(t *testing.T) {
	start := week().Start
	night := func(id string, day int, hour time.Duration) opsreview.Page {
		return page(id, start.AddDate(0, 0, day).Add(hour), notify(0, opsreview.SMS, "ada"))
	}
	limit := func(id string, most float64) opsreview.Limit { return opsreview.Limit{ID: id, Max: most} }
	tests := map[string]struct {
		limit opsreview.Limit
		pages []opsreview.Page
		want  []review.Breach
	}{
		"at the limit is within it": {
			limit: limit(opsreview.LimitPagesPerShift, 2),
			pages: []opsreview.Page{night("P1", 1, 9*time.Hour), night("P2", 1, 10*time.Hour)},
		},
		"three pages in 12 hours are too many, and are named": {
			limit: limit(opsreview.LimitPagesPerShift, 2),
			pages: []opsreview.Page{night("P0", 0, 9*time.Hour), night("P1", 1, 9*time.Hour), night("P2", 1, 10*time.Hour), night("P3", 1, 20*time.Hour)},
			want: []review.Breach{{
				Limit: limit(opsreview.LimitPagesPerShift, 2), Value: 3, Pages: []opsreview.Ref{ref("P1"), ref("P2"), ref("P3")},
				Text: "3 pages in 12 hours from Tue 09:00 (limit 2)",
			}},
		},
		"twelve hours later is another shift": {
			limit: limit(opsreview.LimitPagesPerShift, 2),
			pages: []opsreview.Page{night("P1", 1, 9*time.Hour), night("P2", 1, 10*time.Hour), night("P3", 1, 21*time.Hour)},
		},
		"twelve hours later does not make a shift the worst": {
			limit: limit(opsreview.LimitPagesPerShift, 1),
			pages: []opsreview.Page{night("P1", 1, 9*time.Hour), night("P2", 1, 21*time.Hour), night("P3", 3, 9*time.Hour), night("P4", 3, 10*time.Hour)},
			want: []review.Breach{{
				Limit: limit(opsreview.LimitPagesPerShift, 1), Value: 2, Pages: []opsreview.Ref{ref("P3"), ref("P4")},
				Text: "2 pages in 12 hours from Thu 09:00 (limit 1)",
			}},
		},
		"a page that repeats itself is one page": {
			limit: limit(opsreview.LimitPagesPerShift, 1),
			pages: []opsreview.Page{page("P1", start.Add(9*time.Hour), notify(0, opsreview.SMS, "ada"), notify(2*time.Hour, opsreview.SMS, "ada"))},
		},
		"nights of one run span midnight": {
			limit: limit(opsreview.LimitConsecutiveNights, 2),
			pages: []opsreview.Page{night("P1", 1, 23*time.Hour), night("P2", 3, 3*time.Hour), night("P3", 3, 22*time.Hour), night("P4", 5, 23*time.Hour)},
			want: []review.Breach{{
				Limit: limit(opsreview.LimitConsecutiveNights, 2), Value: 3, Pages: []opsreview.Ref{ref("P1"), ref("P2"), ref("P3")},
				Text: "3 broken nights in a row, from the night of Tue 10 Nov to that of Thu 12 Nov (limit 2)",
			}},
		},
		"before and after midnight is one night": {
			limit: limit(opsreview.LimitConsecutiveNights, 1),
			pages: []opsreview.Page{night("P1", 1, 23*time.Hour), night("P2", 2, 3*time.Hour)},
		},
		"sleep interruptions of the week add up": {
			limit: limit(opsreview.LimitSleepInterruptions, 1),
			pages: []opsreview.Page{night("P1", 1, 23*time.Hour), night("P2", 6, 3*time.Hour), night("P3", 6, 12*time.Hour)},
			want: []review.Breach{{
				Limit: limit(opsreview.LimitSleepInterruptions, 1), Value: 2, Pages: []opsreview.Ref{ref("P1"), ref("P2")},
				Text: "2 sleep interruptions in 7 days from Tue 23:00 (limit 1)",
			}},
		},
		"operational work is not measured, so it is not broken": {
			limit: limit(opsreview.LimitOperationalWorkShare, 0),
			pages: []opsreview.Page{night("P1", 1, 9*time.Hour)},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(org(tt.limit), []opsreview.Responder{responder("ada", "UTC")}, tt.pages...)
			if diff := cmp.Diff(tt.want, loadOf(t, in, "ada").Breaches); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoads_SleepInterruptionsAreCountedInAnySevenLocalDays(t *testing.T) {
	// Berlin's clocks go back on 25 October: seven local days have 169 hours.
	berlin := zone(t, "Europe/Berlin")
	first := time.Date(2026, 10, 20, 23, 0, 0, 0, berlin)
	limit := opsreview.Limit{ID: opsreview.LimitSleepInterruptions, Max: 0}
	tests := map[string]struct {
		second time.Time
		want   float64
	}{
		"a second before seven days": {first.AddDate(0, 0, 7).Add(-time.Second), 2},
		"seven days later":           {first.AddDate(0, 0, 7), 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(org(limit), everybody(),
				page("P1", first, notify(0, opsreview.SMS, "ada")), page("P2", tt.second, notify(0, opsreview.SMS, "ada")))
			in.Window = opsreview.Window{Start: first.AddDate(0, 0, -1), End: first.AddDate(0, 0, 13)}
			if got := loadOf(t, in, "ada").Breaches; len(got) != 1 || got[0].Value != tt.want {
				t.Errorf("breaches = %+v, want one of %g", got, tt.want)
			}
		})
	}
}

func TestLoads_OnCall(t *testing.T) {
	start := week().Start
	day := func(n int) time.Time { return start.AddDate(0, 0, n) }
	shift := func(schedule string, from, to time.Time) opsreview.Shift {
		return opsreview.Shift{Responder: ref("ada"), ScheduleID: schedule, PolicyID: "EP", Start: from, End: to}
	}
	type duty struct {
		Known  bool
		OnCall time.Duration
		Shifts int
		Weeks  int
	}
	const oneDay = 24 * time.Hour
	tests := map[string]struct {
		shifts []opsreview.Shift
		want   duty
	}{
		"without any shift on record the time is unknown": {nil, duty{}},
		"shifts are clipped to the window":                {[]opsreview.Shift{shift("A", day(-3), day(2))}, duty{true, 2 * oneDay, 1, 1}},
		"a shift that ends as the window starts is none":  {[]opsreview.Shift{shift("A", day(-3), day(0)), shift("A", day(6), day(9))}, duty{true, oneDay, 1, 1}},
		"overlapping schedules are counted once":          {[]opsreview.Shift{shift("A", day(0), day(2)), shift("B", day(1), day(3))}, duty{true, 3 * oneDay, 1, 1}},
		"pieces of one schedule that touch are one shift": {[]opsreview.Shift{shift("A", day(0), day(1)), shift("A", day(1), day(2))}, duty{true, 2 * oneDay, 1, 1}},
		"two schedules that follow each other are two":    {[]opsreview.Shift{shift("A", day(0), day(1)), shift("B", day(1), day(2))}, duty{true, 2 * oneDay, 2, 1}},
		"a gap makes two shifts":                          {[]opsreview.Shift{shift("A", day(0), day(1)), shift("A", day(3), day(4))}, duty{true, 2 * oneDay, 2, 1}},
		"a duty without an end lasts":                     {[]opsreview.Shift{shift("", day(1), time.Time{})}, duty{true, 6 * oneDay, 1, 1}},
		"a duty without an end hides no shift":            {[]opsreview.Shift{shift("", day(1), time.Time{}), shift("A", day(1), day(2)), shift("A", day(3), day(4))}, duty{true, 6 * oneDay, 2, 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(org(), everybody(), page("P1", start.Add(time.Hour), notify(0, opsreview.SMS, "ada")))
			in.Shifts = tt.shifts
			l := loadOf(t, in, "ada")
			if diff := cmp.Diff(tt.want, duty{l.OnCallKnown, l.OnCall, l.Shifts, l.Weeks}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !l.OnCallKnown && !slices.ContainsFunc(review.Prepare(in).Gaps, func(g review.Gap) bool { return g.Subject == "on call" }) {
				t.Error("no gap says that the time on call is unknown")
			}
		})
	}
}

func TestLoads_OnCallShareBreachNamesNoPages(t *testing.T) {
	limit := opsreview.Limit{ID: opsreview.LimitOnCallShare, Max: 25}
	in := input(org(limit), everybody())
	in.Shifts = []opsreview.Shift{{Responder: ref("ada"), Start: week().Start, End: week().Start.Add(84 * time.Hour)}}
	want := []review.Breach{{Limit: limit, Value: 50, Text: "on call 50 % of the time since 9 Nov (limit 25)"}}
	if diff := cmp.Diff(want, loadOf(t, in, "ada").Breaches); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A weekly rotation of five is on call for a fifth of the time, in the week of
// each as well.
func TestLoads_OnCallShareLooksBackFourWeeks(t *testing.T) {
	in := input(org(opsreview.Limit{ID: opsreview.LimitOnCallShare, Max: 25}), everybody())
	rota := []string{"bob", "carol", "dave", "erin", "ada"}
	for i, id := range rota {
		start := week().Start.AddDate(0, 0, 7*(i-4))
		in.Shifts = append(in.Shifts, opsreview.Shift{Responder: ref(id), Start: start, End: start.AddDate(0, 0, 7)})
	}
	if l := loadOf(t, in, "ada"); len(l.Breaches) != 0 || l.OnCall != 7*24*time.Hour {
		t.Errorf("on call for %v with breaches %v: want the whole week and none", l.OnCall, l.Breaches)
	}
	in.Shifts[3].Responder = ref("ada") // two weeks of five
	breaches := loadOf(t, in, "ada").Breaches
	if len(breaches) != 1 || breaches[0].Value != 40 || breaches[0].Text != "on call 40 % of the time since 12 Oct (limit 25)" {
		t.Errorf("breaches %v: want 40 %% since 12 Oct", breaches)
	}
}

func TestPeers10_WeeksWithoutPagesAreWeeksAndAveragesDivideByWeeksServed(t *testing.T) {
	// Four weeks, on call in three of them, paged in one.
	start := week().Start
	in := input(org(), everybody(),
		page("P1", start.Add(9*time.Hour), notify(0, opsreview.SMS, "ada")),
		page("P2", start.Add(33*time.Hour), notify(0, opsreview.SMS, "ada")),
		page("P3", start.Add(57*time.Hour), notify(0, opsreview.SMS, "ada")),
	)
	in.Window = opsreview.Window{Start: start.AddDate(0, 0, -21), End: start.AddDate(0, 0, 7)}
	for _, from := range []int{-21, -7, 0} {
		in.Shifts = append(in.Shifts, opsreview.Shift{Responder: ref("ada"), ScheduleID: "A", Start: start.AddDate(0, 0, from), End: start.AddDate(0, 0, from+6)})
	}
	l := loadOf(t, in, "ada")
	perWeek, okWeek := l.PerWeek()
	perShift, okShift := l.PerShift()
	if !okWeek || !okShift || l.Weeks != 3 || perWeek != 1 || perShift != 1 {
		t.Errorf("weeks %d, per week %v %v, per shift %v %v: want 3 weeks and 1 page in each", l.Weeks, perWeek, okWeek, perShift, okShift)
	}

	// The baseline's four weeks had one page: a quarter of a page a week.
	in = input(org(), everybody(), page("P0", start.AddDate(0, 0, -20)), page("P1", start.Add(9*time.Hour)))
	if b := review.Prepare(in).Headline.Baseline; !b.Known || b.Pages != 1 || b.Rate != 0.25 {
		t.Errorf("baseline = %+v, want 1 page, 0.25 a week", b)
	}
}

func TestLoads_Elsewhere(t *testing.T) {
	start := week().Start.Add(9 * time.Hour)
	foreign := page("P2", start.Add(time.Hour), notify(0, opsreview.SMS, "ada", "bob"))
	foreign.Service = ref("billing")
	in := input(org(), everybody(), page("P1", start, notify(0, opsreview.SMS, "ada")), foreign)
	in.Services = map[opsreview.Ref]opsreview.Service{ref("vault"): {Ref: ref("vault"), Name: "vault"}}
	if l := loadOf(t, in, "ada"); l.Pages != 2 || l.Elsewhere != 1 || l.Interruptions.Total() != 2 {
		t.Errorf("ada = %+v, want two pages, one of them elsewhere", l)
	}
	r := review.Prepare(in)
	if len(r.Loads) != 1 {
		t.Errorf("%d loads, want ada's alone: bob has nothing to do with the team", len(r.Loads))
	}
	if r.Headline.Pages != 1 || r.Headline.Interruptions.Total() != 1 || len(r.Monitors) != 1 {
		t.Errorf("headline = %+v, want one page and one interruption", r.Headline)
	}
}

func TestLoads_Engaged(t *testing.T) {
	start := week().Start.Add(9 * time.Hour)
	tests := map[string]struct {
		pages []opsreview.Page
		want  time.Duration
	}{
		"overlapping pages count once": {
			[]opsreview.Page{
				page("P1", start, ack(time.Minute, "ada"), resolve(time.Hour+time.Minute, integration)),
				page("P2", start, ack(31*time.Minute, "ada"), resolve(91*time.Minute, integration)),
			}, 90 * time.Minute,
		},
		"a page is capped": {[]opsreview.Page{page("P1", start, ack(0, "ada"), resolve(40*time.Hour, integration))}, 6 * time.Hour},
		"a page that was never acknowledged engages nobody": {
			[]opsreview.Page{page("P1", start, notify(0, opsreview.SMS, "ada"), resolve(time.Hour, integration))}, 0,
		},
		"reopening begins again, under one cap": {
			[]opsreview.Page{page("P1", start, ack(0, "ada"), resolve(4*time.Hour, integration),
				ev{after: 10 * time.Hour, kind: opsreview.Reopened}, ack(11*time.Hour, "ada"), resolve(20*time.Hour, integration))}, 6 * time.Hour,
		},
		"only what is in the window counts": {
			[]opsreview.Page{page("P1", week().End.Add(-time.Hour), ack(0, "ada"), resolve(5*time.Hour, integration))}, time.Hour,
		},
		"a second acknowledgement changes nothing": {
			[]opsreview.Page{page("P1", start, ack(0, "ada"), ack(30*time.Minute, "ada"), resolve(time.Hour, integration))}, time.Hour,
		},
		"an open page engages until now": {
			[]opsreview.Page{page("P1", week().End.Add(-2*time.Hour), ack(0, "ada"))}, 2 * time.Hour,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(org(), everybody(), append(tt.pages, page("P9", start, notify(0, opsreview.Email, "ada")))...)
			if got := loadOf(t, in, "ada").Engaged; got != tt.want {
				t.Errorf("engaged for %v, want %v", got, tt.want)
			}
		})
	}
}
