package review_test

import (
	order "cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

// history is that of one monitor over the week, with everybody in the roster.
func history(pages ...opsreview.Page) review.History {
	return review.History{Pages: pages, Window: week(), Roster: review.NewRoster(org(), everybody(), "")}
}

// whatIf returns the what-if of a setting.
func whatIf(t testing.TB, h review.History, setting string) review.WhatIf {
	t.Helper()
	for _, w := range review.WhatIfs(h) {
		if w.Setting == setting {
			return w
		}
	}
	t.Fatalf("%q was not tried", setting)
	return review.WhatIf{}
}

// as labels a page.
func as(p opsreview.Page, verdict opsreview.Verdict, cause string) opsreview.Page {
	p.Label = opsreview.Label{Page: p.Ref, Verdict: verdict, Cause: cause, Author: "ada", At: p.TriggeredAt.Add(time.Hour)}
	return p
}

// effect is what a what-if did, in short.
func effect(w review.WhatIf) string {
	return fmt.Sprintf("%d of %d avoided, %d later, %d interruptions, %d asleep, %d of %d real lost, later by %s, safe %t",
		w.Avoided, w.Pages, w.Later, w.Interruptions, w.Sleep, w.Lost, w.Real, w.DelayMax, w.Safe)
}

const (
	yes = opsreview.Actionable
	no  = opsreview.NotActionable
)

func TestWhatIfs_LongerFor(t *testing.T) {
	noon := week().Start.Add(12 * time.Hour)
	escalated := ev{after: 3 * time.Minute, kind: opsreview.Escalated, by: timer, to: []string{"bob"}}
	sms := notify(time.Second, opsreview.SMS, "bob")
	tests := map[string]struct {
		page opsreview.Page
		want string
	}{
		"a problem that ended by itself before does not page": {
			page("P1", noon, sms, resolve(9*time.Minute, integration)),
			"1 of 1 avoided, 0 later, 1 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"one that ended at that very time does": {
			page("P1", noon, sms, resolve(10*time.Minute, integration)),
			"0 of 1 avoided, 1 later, 0 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"one that the paging tool's clock resolved does": {
			page("P1", noon, sms, resolve(5*time.Minute, timer)),
			"0 of 1 avoided, 1 later, 0 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"one that nobody knows how it ended does": {
			page("P1", noon, sms, resolve(5*time.Minute, opsreview.Agent{})),
			"0 of 1 avoided, 1 later, 0 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"an acknowledgement is a trace of a person": {
			page("P1", noon, sms, ack(2*time.Minute, "bob"), resolve(5*time.Minute, integration)),
			"0 of 1 avoided, 1 later, 0 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"it is none where people say that there was nothing to do": {
			as(page("P1", noon, sms, ack(2*time.Minute, "bob"), resolve(5*time.Minute, integration)), no, "self_resolved"),
			"1 of 1 avoided, 0 later, 1 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"a note after the end is no trace": {
			page("P1", noon, sms, resolve(5*time.Minute, integration), ev{after: 20 * time.Minute, kind: opsreview.Noted, by: person("bob")}),
			"1 of 1 avoided, 0 later, 1 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"a real page that ended by itself is lost": {
			as(page("P1", noon, sms, resolve(5*time.Minute, integration)), yes, "capacity"),
			"1 of 1 avoided, 0 later, 1 interruptions, 0 asleep, 1 of 1 real lost, later by 0s, safe false",
		},
		"a real page that lasts is later": {
			as(page("P1", noon, sms, ack(time.Minute, "bob"), resolve(time.Hour, person("bob"))), yes, "capacity"),
			"0 of 1 avoided, 1 later, 0 interruptions, 0 asleep, 0 of 1 real lost, later by 10m0s, safe true",
		},
		"a page that escalated is real where nobody has labelled it": {
			page("P1", noon, sms, escalated, resolve(time.Hour, integration)),
			"0 of 1 avoided, 1 later, 0 interruptions, 0 asleep, 0 of 1 real lost, later by 10m0s, safe true",
		},
		"a page that escalated is not where people say so": {
			as(page("P1", noon, sms, escalated, resolve(time.Hour, integration)), no, "check_faulty"),
			"0 of 1 avoided, 1 later, 0 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"a page that is open did not end": {
			page("P1", noon, sms),
			"0 of 1 avoided, 1 later, 0 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"a page outside the history does not count": {
			page("P1", week().End, sms, resolve(time.Minute, integration)), "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.want == "" {
				if all := review.WhatIfs(history(tt.page)); all != nil {
					t.Errorf("of nothing %d settings were tried", len(all))
				}
				return
			}
			if got := effect(whatIf(t, history(tt.page), "for: +10m")); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestWhatIfs_LateBeyondTheBoundIsNotSafe(t *testing.T) {
	noon := week().Start.Add(12 * time.Hour)
	real := as(page("P1", noon, ack(time.Minute, "bob"), resolve(time.Hour, person("bob"))), yes, "")
	unlabelled := page("P2", noon, ack(time.Minute, "bob"), resolve(time.Hour, person("bob")))
	noise := as(unlabelled, no, "")
	for name, tt := range map[string]struct {
		page opsreview.Page
		want map[string]bool
	}{
		"of a real page":                 {real, map[string]bool{"for: +15m": true, "for: +30m": false}},
		"of a page that nobody labelled": {unlabelled, map[string]bool{"for: +15m": true, "for: +30m": false}},
		"but of noise it is":             {noise, map[string]bool{"for: +15m": true, "for: +30m": true}},
	} {
		t.Run(name, func(t *testing.T) {
			for setting, want := range tt.want {
				if got := whatIf(t, history(tt.page), setting).Safe; got != want {
					t.Errorf("%s is safe: %t, want %t", setting, got, want)
				}
			}
		})
	}
}

func TestWhatIfs_Grouping(t *testing.T) {
	noon := week().Start.Add(12 * time.Hour)
	at := func(id string, minute, lasts int, by opsreview.Agent) opsreview.Page {
		start := noon.Add(time.Duration(minute) * time.Minute)
		return page(id, start, notify(time.Second, opsreview.SMS, "bob"), resolve(time.Duration(lasts)*time.Minute, by))
	}
	tests := map[string]struct {
		pages []opsreview.Page
		want  int // avoided
	}{
		"a page within the time joins":                  {[]opsreview.Page{at("P1", 0, 1, integration), at("P2", 29, 1, integration)}, 1},
		"one at its very end does not":                  {[]opsreview.Page{at("P1", 0, 1, integration), at("P2", 30, 1, integration)}, 0},
		"the time runs from the first of the group":     {[]opsreview.Page{at("P1", 0, 1, integration), at("P2", 20, 1, integration), at("P3", 40, 1, integration)}, 1},
		"a page that is open takes in later ones":       {[]opsreview.Page{at("P1", 0, 90, integration), at("P2", 80, 1, integration)}, 1},
		"what joined keeps the group open too":          {[]opsreview.Page{at("P1", 0, 1, integration), at("P2", 20, 60, integration), at("P3", 70, 1, integration)}, 2},
		"what a person has ended takes nothing in":      {[]opsreview.Page{at("P1", 0, 5, person("bob")), at("P2", 10, 1, integration)}, 0},
		"a page that nobody ended takes in for a day":   {[]opsreview.Page{at("P1", 0, 99999, integration), at("P2", 24*60-5, 1, integration), at("P3", 24*60, 1, integration)}, 1},
		"what a person ends later takes in before that": {[]opsreview.Page{at("P1", 0, 25, person("bob")), at("P2", 10, 1, integration), at("P3", 26, 1, integration)}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := whatIf(t, history(tt.pages...), "group within 30m")
			if w.Avoided != tt.want || w.Interruptions != tt.want || w.Later != 0 || w.Lost != 0 || !w.Safe {
				t.Errorf("want %d avoided, got %s", tt.want, effect(w))
			}
		})
	}
}

func TestWhatIfs_AJoinedRealPageIsNotLost(t *testing.T) {
	noon := week().Start.Add(12 * time.Hour)
	w := whatIf(t, history(
		as(page("P1", noon, resolve(time.Minute, integration)), no, ""),
		as(page("P2", noon.Add(5*time.Minute), resolve(time.Minute, integration)), yes, ""),
	), "group within 10m")
	if w.Lost != 0 || w.Real != 1 || !w.Safe || !strings.Contains(w.Sentence, "The one real page would have joined a page that people had already.") {
		t.Errorf("%s\n%s", effect(w), w.Sentence)
	}
}

func TestWhatIfs_AnInterruptionOfSeveralPagesGoesWithTheLast(t *testing.T) {
	noon := week().Start.Add(12 * time.Hour)
	w := whatIf(t, history(
		page("P1", noon, notify(0, opsreview.SMS, "bob"), resolve(time.Minute, integration)),
		page("P2", noon.Add(5*time.Second), notify(0, opsreview.SMS, "bob"), resolve(time.Hour, integration)),
	), "for: +5m")
	if w.Avoided != 1 || w.Interruptions != 0 {
		t.Errorf("one page of two went and %d interruptions with it: %s", w.Interruptions, effect(w))
	}
}

func TestWhatIfs_BusinessOnly(t *testing.T) {
	// Tuesday 10 November 2026; bob's clock is 5½ hours ahead of UTC: his day
	// begins at 02:30 UTC and ends at 12:30.
	midnight := week().Start.AddDate(0, 0, 1)
	sms := notify(time.Second, opsreview.SMS, "bob")
	night := midnight.Add(-4 * time.Hour) // Tuesday 01:30 for bob
	tests := map[string]struct {
		page opsreview.Page
		want string
	}{
		"a page in business hours comes": {
			page("P1", midnight.Add(6*time.Hour), sms, resolve(time.Hour, integration)),
			"0 of 1 avoided, 0 later, 0 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"one at night waits for the morning": {
			as(page("P1", night, sms, ack(time.Minute, "bob"), resolve(7*time.Hour, person("bob"))), no, ""),
			"0 of 1 avoided, 1 later, 0 interruptions, 1 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"one that is over by then does not come": {
			page("P1", night, sms, resolve(390*time.Minute, integration)),
			"1 of 1 avoided, 0 later, 1 interruptions, 1 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"a real one is late": {
			as(page("P1", night, sms, ack(time.Minute, "bob"), resolve(time.Hour, person("bob"))), yes, "service_issue"),
			"0 of 1 avoided, 1 later, 0 interruptions, 1 asleep, 0 of 1 real lost, later by 6h30m0s, safe false",
		},
		"a real one that people say could wait is no harm": {
			as(page("P1", night, sms, ack(time.Minute, "bob"), resolve(time.Hour, person("bob"))), yes, "service_issue_wrong_hours"),
			"0 of 1 avoided, 1 later, 0 interruptions, 1 asleep, 0 of 1 real lost, later by 0s, safe true",
		},
		"one that nobody has labelled may be": {
			page("P1", night, sms, ack(time.Minute, "bob"), resolve(time.Hour, person("bob"))),
			"0 of 1 avoided, 1 later, 0 interruptions, 1 asleep, 0 of 0 real lost, later by 0s, safe false",
		},
		"a Saturday waits for Monday": {
			as(page("P1", midnight.AddDate(0, 0, 4).Add(6*time.Hour), sms, ack(time.Minute, "bob"), resolve(90*time.Hour, person("bob"))), yes, ""),
			"0 of 1 avoided, 1 later, 0 interruptions, 0 asleep, 0 of 1 real lost, later by 44h30m0s, safe false",
		},
		"the first business hour of those whom it reaches first counts": {
			as(page("P1", night, notify(time.Second, opsreview.SMS, "bob", "cem"), resolve(time.Hour, person("bob"))), yes, ""),
			"0 of 1 avoided, 0 later, 0 interruptions, 0 asleep, 0 of 1 real lost, later by 0s, safe true",
		},
		"those whom it escalates to do not": {
			as(page("P1", night, sms, notify(5*time.Minute, opsreview.SMS, "cem"), resolve(time.Hour, person("cem"))), no, ""),
			"0 of 1 avoided, 1 later, 0 interruptions, 1 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"a page by e-mail alone waits for nobody": {
			page("P1", night, notify(time.Second, opsreview.Email, "bob")),
			"0 of 1 avoided, 0 later, 0 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
		"without a zone nothing is changed": {
			page("P1", night, notify(time.Second, opsreview.SMS, "nobody-knows")),
			"0 of 1 avoided, 0 later, 0 interruptions, 0 asleep, 0 of 0 real lost, later by 0s, safe true",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := effect(whatIf(t, history(tt.page), "business hours only")); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// flapping is a monitor that pages for n minutes-long problems, a quarter of an
// hour apart, at night.
func flapping(n int) []opsreview.Page {
	var pages []opsreview.Page
	for i := range n {
		start := week().Start.AddDate(0, 0, 1).Add(time.Duration(15*i) * time.Minute)
		pages = append(pages, page(fmt.Sprintf("F%d", i), start, notify(time.Second, opsreview.SMS, "ada"), resolve(7*time.Minute, integration)))
	}
	return pages
}

// nightly is a monitor that pages once a night for problems of five hours.
func nightly(n int, verdict opsreview.Verdict) []opsreview.Page {
	var pages []opsreview.Page
	for i := range n {
		p := page(fmt.Sprintf("N%d", i), week().Start.AddDate(0, 0, 1+i).Add(-time.Hour), notify(time.Second, opsreview.SMS, "ada"), resolve(5*time.Hour, integration))
		if verdict != "" {
			p = as(p, verdict, "")
		}
		pages = append(pages, p)
	}
	return pages
}

func TestBestWhatIf(t *testing.T) {
	lasting := as(page("R1", week().Start.Add(12*time.Hour), notify(0, opsreview.SMS, "ada"), ack(time.Minute, "ada"), resolve(time.Hour, person("ada"))), yes, "")
	tests := map[string]struct {
		pages []opsreview.Page
		want  string
	}{
		"of what helps as much, the smallest change": {append(flapping(4), lasting), "for: +10m"},
		"two pages are no history":                   {flapping(2), ""},
		"one page avoided may be chance":             {append(flapping(1), lasting, as(page("R2", week().Start.Add(36*time.Hour)), yes, "")), ""},
		"nothing is proposed that loses a real page": {[]opsreview.Page{
			as(flapping(3)[0], yes, ""), as(flapping(3)[1], yes, ""), as(flapping(3)[2], yes, ""),
		}, "group within 1h"},
		"nights that people say were noise can wait": {nightly(3, no), "business hours only"},
		"nights that nobody has labelled may not":    {nightly(3, ""), ""},
		"of nothing nothing":                         {nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			best, ok := review.BestWhatIf(review.WhatIfs(history(tt.pages...)))
			if best.Setting != tt.want || ok != (tt.want != "") {
				t.Errorf("proposed %q, want %q", best.Setting, tt.want)
			}
		})
	}
}

func TestWhatIf_Sentence(t *testing.T) {
	got := whatIf(t, history(flapping(4)...), "for: +10m").Sentence
	want := "Wait 10 minutes longer before paging: 4 of 4 pages since 9 Nov 2026 had ended by themselves by then; " +
		"4 fewer interruptions, all of them in sleep hours. Nobody has labelled its pages, and none escalated: whether one was real is not known."
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// randomHistory makes the history of one monitor with all that pages can be.
func randomHistory(seed uint64, n int) review.History {
	r := rand.New(rand.NewPCG(seed, 2))
	pages := randomPages(seed, n)
	agents := []opsreview.Agent{integration, timer, person("ada"), {}}
	for i := range pages {
		if p := &pages[i]; r.IntN(3) > 0 {
			p.Events = append(p.Events, opsreview.Event{
				ID: fmt.Sprintf("end-%d", i), At: p.TriggeredAt.Add(time.Duration(r.IntN(3600)) * time.Second), Kind: opsreview.Resolved, By: agents[r.IntN(4)],
			})
			p.Settle()
		}
		switch r.IntN(4) {
		case 0:
			pages[i] = as(pages[i], yes, "")
		case 1:
			pages[i] = as(pages[i], no, "")
		}
		pages[i].Title = fmt.Sprintf("Disk above 90 %% on db-%d (%d %%)", r.IntN(9), 90+r.IntN(10))
	}
	return history(pages...)
}

func TestWhatIfs_Properties(t *testing.T) {
	for seed := range uint64(30) {
		h := randomHistory(seed, 60)
		all := review.WhatIfs(h)
		for kind, settings := range map[string][]string{
			"for":       {"for: +5m", "for: +10m", "for: +15m", "for: +30m"},
			"grouping":  {"group within 10m", "group within 30m", "group within 1h"},
			"threshold": thresholds(all),
		} {
			before := review.WhatIf{}
			for _, setting := range settings {
				w := whatIf(t, h, setting)
				if w.Avoided < before.Avoided || (kind != "grouping" && (w.Interruptions < before.Interruptions || w.Lost < before.Lost)) {
					t.Errorf("seed %d: %s avoids less than %s: %s; %s", seed, w.Setting, before.Setting, effect(w), effect(before))
				}
				before = w
			}
		}
		for _, w := range all {
			if w.Avoided > w.Pages || w.Lost+w.Delay.N > w.Real || w.Avoided+w.Later > w.Pages {
				t.Errorf("seed %d: %s: %s", seed, w.Setting, effect(w))
			}
		}
		r := rand.New(rand.NewPCG(seed, 3))
		r.Shuffle(len(h.Pages), func(i, j int) { h.Pages[i], h.Pages[j] = h.Pages[j], h.Pages[i] })
		h.Pages = append(h.Pages, h.Pages[0])
		if diff := cmp.Diff(all, review.WhatIfs(h)); diff != "" {
			t.Errorf("seed %d: the order of pages, or one twice, matters (-before +after):\n%s", seed, diff)
		}
	}
}

// thresholds are the settings of the thresholds that were tried, mildest first.
func thresholds(all []review.WhatIf) []string {
	var settings []string
	for _, w := range all {
		if w.Kind == review.HigherThreshold {
			settings = append(settings, w.Setting)
		}
	}
	slices.SortFunc(settings, func(a, b string) int { return order.Or(order.Compare(len(a), len(b)), order.Compare(a, b)) })
	return settings
}

func TestGrouping_WithinNothingAvoidsNothing(t *testing.T) {
	for seed := range uint64(10) {
		if n := review.GroupedWithin(randomHistory(seed, 60), 0); n != 0 {
			t.Errorf("seed %d: %d pages joined others", seed, n)
		}
	}
}
