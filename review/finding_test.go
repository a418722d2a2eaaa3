package review_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/policy"
	"opsreview/review"
	"opsreview/slo"
)

// policed is an organisation that lives by the default policy, but for limits.
func policed() opsreview.Org {
	d := policy.Default()
	d.Policy.Limits = nil
	return opsreview.Org{Policy: d.Policy, Vocabulary: d.Vocabulary}
}

// judge labels a page of a monitor: with a cause, or "" for none.
func judge(p opsreview.Page, monitor, cause string, flags ...string) opsreview.Page {
	p.Monitor = monitor
	if c, ok := policy.Default().Vocabulary.Cause(cause); ok {
		p.Label = opsreview.Label{Page: p.Ref, Verdict: c.Verdict, Cause: c.ID, Flags: flags}
	}
	return p
}

// several makes n pages of one monitor, an hour apart from Tuesday at nine.
func several(n int, monitor, cause string, events ...ev) []opsreview.Page {
	var pages []opsreview.Page
	for i := range n {
		start := week().Start.Add(33*time.Hour + time.Duration(i)*time.Hour)
		pages = append(pages, judge(page(fmt.Sprintf("%s-%s-%d", monitor, cause, i), start, events...), monitor, cause))
	}
	return pages
}

func keys(findings []opsreview.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, f.Key)
	}
	return all
}

func TestFindingsOf_WhatIsAFinding(t *testing.T) {
	nightfall := week().Start.Add(23 * time.Hour)
	woken := func(id, cause string, urgency opsreview.Urgency, flags ...string) opsreview.Page {
		p := judge(page(id, nightfall, notify(0, opsreview.SMS, "ada")), "m", cause, flags...)
		p.Urgency = urgency
		return p
	}
	work := []ev{ack(0, "ada"), {after: time.Minute, kind: opsreview.Noted, by: person("ada")}}
	tests := map[string]struct {
		pages []opsreview.Page
		want  []string
	}{
		"nothing happened":                            {nil, nil},
		"two useless pages say nothing of a monitor":  {several(2, "m", "duplicate"), nil},
		"three useless pages are noise":               {several(3, "m", "duplicate"), []string{"noisy_monitor:m"}},
		"half useless is noise":                       {slices.Concat(several(3, "m", "duplicate"), several(3, "m", "capacity", work...)), []string{"noisy_monitor:m"}},
		"less than half useless is none":              {slices.Concat(several(3, "m", "duplicate"), several(4, "m", "capacity", work...)), nil},
		"half labelled is enough":                     {slices.Concat(several(3, "m", "duplicate"), several(3, "m", "")), []string{"noisy_monitor:m"}},
		"less than half labelled says nothing":        {slices.Concat(several(3, "m", "duplicate"), several(4, "m", "")), nil},
		"nothing labelled says nothing":               {several(20, "m", ""), nil},
		"what people worked on for nothing":           {slices.Concat(several(3, "m", "duplicate", work...), several(9, "m", "capacity", work...)), []string{"wasted_pages:m"}},
		"twice for nothing may be chance":             {slices.Concat(several(2, "m", "duplicate", work...), several(9, "m", "capacity", work...)), nil},
		"noise that people work on is told once":      {several(3, "m", "duplicate", work...), []string{"noisy_monitor:m"}},
		"an actionable page that nobody acted on":     {several(1, "m", "capacity"), []string{"ignored_pages:m"}},
		"an actionable page that somebody acted on":   {several(1, "m", "capacity", work...), nil},
		"a page that could have waited woke somebody": {[]opsreview.Page{woken("P", "service_issue_wrong_hours", opsreview.HighUrgency)}, []string{"ignored_pages:m", "wrong_hours:m"}},
		"a page of low urgency woke somebody":         {[]opsreview.Page{woken("P", "", opsreview.LowUrgency)}, []string{"wrong_hours:m"}},
		"its low urgency was wrong":                   {[]opsreview.Page{woken("P", "duplicate", opsreview.LowUrgency, "wrong_urgency")}, nil},
		"a page that could not wait woke somebody":    {[]opsreview.Page{woken("P", "", opsreview.HighUrgency)}, nil},
		"a page that could have waited came by day":   {several(1, "m", "service_issue_wrong_hours", append(work, notify(0, opsreview.SMS, "ada"))...), nil},
		"an email wakes nobody":                       {[]opsreview.Page{judge(page("P", nightfall, append(work, notify(0, opsreview.Email, "ada"))...), "m", "service_issue_wrong_hours")}, nil},
		"no runbook":                                  {[]opsreview.Page{judge(page("P", nightfall, work...), "m", "capacity", "runbook_missing")}, []string{"runbook_missing:m"}},
		"a wrong runbook and poor details are one":    {[]opsreview.Page{judge(page("P", nightfall, work...), "m", "capacity", "poor_details", "runbook_wrong")}, []string{"runbook_poor:m"}},
		"each monitor is judged alone":                {slices.Concat(several(3, "a", "duplicate"), several(2, "b", "duplicate")), []string{"noisy_monitor:a"}},
		"of equals the kinds come in order":           {slices.Concat(several(3, "b", "duplicate"), several(3, "a", "duplicate"), several(1, "a", "capacity")), []string{"noisy_monitor:a", "noisy_monitor:b", "ignored_pages:a"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(policed(), everybody(), tt.pages...)
			got := review.Prepare(in).Findings
			if diff := cmp.Diff(tt.want, keys(got)); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			for _, f := range got {
				if f.Title == "" || f.Remedy == "" || f.Category == "" || len(f.Evidence) < 2 || len(f.Pages) == 0 || f.CostMethod == "" {
					t.Errorf("something is missing of %+v", f)
				}
			}
		})
	}
}

func TestFindingsOf_TheTeamsRulesCount(t *testing.T) {
	pages := slices.Concat(several(5, "m", "duplicate"), several(1, "m", "capacity"))
	tests := map[string]struct {
		text string
		want []string
	}{
		"the default":                    {"", []string{"noisy_monitor:m", "ignored_pages:m"}},
		"a kind that is switched off":    {"findings: [{kind: noisy_monitor, off: true}]", []string{"ignored_pages:m"}},
		"more pages wanted":              {"findings: [{kind: noisy_monitor, min_pages: 6}]", []string{"ignored_pages:m"}},
		"a larger share wanted":          {"findings: [{kind: noisy_monitor, min_share: 0.85}]", []string{"ignored_pages:m"}},
		"a renamed cause is the same":    {"vocabulary: {causes: [{id: twice, was: [duplicate]}]}", []string{"noisy_monitor:m", "ignored_pages:m"}},
		"a share that rounding must not": {"findings: [{kind: noisy_monitor, min_share: 0.8333333333333334}]", []string{"noisy_monitor:m", "ignored_pages:m"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := policy.Parse("team.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			in := input(opsreview.Org{Policy: d.Policy, Vocabulary: d.Vocabulary}, everybody(), pages...)
			if diff := cmp.Diff(tt.want, keys(review.Prepare(in).Findings)); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
	if got := review.Prepare(input(org(), everybody(), pages...)).Findings; got != nil {
		t.Errorf("without rules there are findings: %v", keys(got))
	}
}

func TestFindingsOf_Cost(t *testing.T) {
	at := week().Start.Add(33 * time.Hour)
	useless := func(id string, after time.Duration, events ...ev) opsreview.Page {
		return judge(page(id, at.Add(after), events...), "m", "duplicate")
	}
	sms := func(to ...string) ev { return notify(0, opsreview.SMS, to...) }
	half := []ev{sms("ada"), ack(0, "ada"), resolve(30*time.Minute, person("ada"))}
	tests := map[string]struct {
		pages  []opsreview.Page
		change func(*review.Input)
		cost   float64
		method string
	}{
		"interruptions and engaged time add up": {
			pages: []opsreview.Page{useless("A", 0, half...), useless("B", time.Hour, half...), useless("C", 2*time.Hour, half...)},
			cost:  120, method: "1h30m of engaged time and 3 interruptions at 10 minutes each in the week",
		},
		"a person's overlapping pages take one time, and one interruption": {
			pages: []opsreview.Page{useless("A", 0, half...), useless("B", 30*time.Second, half...), useless("C", time.Minute, half...)},
			cost:  41, method: "31m of engaged time and 1 interruption at 10 minutes each in the week",
		},
		"two people pay twice": {
			pages: []opsreview.Page{useless("A", 0, sms("ada", "bob")), useless("B", time.Hour, sms("ada", "bob")), useless("C", 2*time.Hour)},
			cost:  40, method: "0m of engaged time and 4 interruptions at 10 minutes each in the week",
		},
		"what interrupted nobody cost nothing, and that is known": {
			pages:  []opsreview.Page{useless("A", 0), useless("B", time.Hour), useless("C", 2*time.Hour)},
			method: "0m of engaged time and 0 interruptions at 10 minutes each in the week",
		},
		"the monitor's other pages are not in it": {
			pages: []opsreview.Page{useless("A", 0, sms("ada")), useless("B", time.Hour), useless("C", 2*time.Hour), judge(page("D", at.Add(3*time.Hour), half...), "m", "")},
			cost:  10, method: "0m of engaged time and 1 interruption at 10 minutes each in the week",
		},
		"a fortnight is scaled to a week": {
			pages:  []opsreview.Page{useless("A", 0, sms("ada")), useless("B", time.Hour, sms("ada")), useless("C", 2*time.Hour)},
			change: func(in *review.Input) { in.Window.Start = in.Window.Start.AddDate(0, 0, -7) },
			cost:   10, method: "0m of engaged time and 2 interruptions at 10 minutes each in the 14 days, scaled to a week",
		},
		"half a week that has passed is scaled to a week": {
			pages:  []opsreview.Page{useless("A", 0, sms("ada")), useless("B", time.Hour), useless("C", 2*time.Hour)},
			change: func(in *review.Input) { in.Now = week().Start.Add(84 * time.Hour) },
			cost:   20, method: "0m of engaged time and 1 interruption at 10 minutes each in the 84h, scaled to a week",
		},
		"another price of an interruption": {
			pages:  []opsreview.Page{useless("A", 0, sms("ada")), useless("B", time.Hour), useless("C", 2*time.Hour)},
			change: func(in *review.Input) { in.Org.Policy.InterruptionCost = 25 * time.Minute },
			cost:   25, method: "0m of engaged time and 1 interruption at 25 minutes each in the week",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(policed(), everybody(), tt.pages...)
			if tt.change != nil {
				tt.change(&in)
			}
			got := review.Prepare(in).Findings
			if len(got) != 1 || got[0].Cost != tt.cost || got[0].CostMethod != tt.method {
				t.Errorf("findings = %+v,\nwant one of %v minutes a week: %q", got, tt.cost, tt.method)
			}
		})
	}
}

// example is a week of the example organisation in which something of every kind
// happened.
func example() review.Input {
	at := func(d, h int) time.Time { return week().Start.AddDate(0, 0, d).Add(time.Duration(h) * time.Hour) }
	by := func(monitor, title string, p opsreview.Page, cause string, flags ...string) opsreview.Page {
		p.Title = title
		return judge(p, monitor, cause, flags...)
	}
	work := func(to string) []ev {
		return []ev{
			notify(0, opsreview.SMS, to), ack(time.Minute, to),
			{after: 2 * time.Minute, kind: opsreview.Noted, by: person(to)},
			resolve(21*time.Minute, person(to)),
		}
	}
	sms := notify(0, opsreview.SMS, "cem")
	d := policy.Default()
	limit, _ := d.Policy.Limit(opsreview.LimitPagesPerShift)
	limit.Max, limit.Summary = 1, "at most 1 page in any 12 hours"
	d.Policy.Limits = []opsreview.Limit{limit}
	in := input(opsreview.Org{
		Policy: d.Policy, Vocabulary: d.Vocabulary,
		Teams: []opsreview.OrgTeam{{Name: "Secrets", Services: []string{"Vault"}}},
	}, []opsreview.Responder{responder("ada", "UTC"), responder("cem", "UTC")},
		by("m-disk", "Disk\nalmost full", page("D1", at(0, 10), sms, resolve(3*time.Minute, integration)), "self_resolved"),
		by("m-disk", "Disk\nalmost full", page("D2", at(0, 12), sms), "threshold_wrong"),
		by("m-disk", "Disk\nalmost full", page("D3", at(1, 23), sms), "self_resolved"),
		by("m-disk", "Disk\nalmost full", page("D4", at(2, 12), sms), ""),
		by("m-seal", "Vault sealed", page("S1", at(3, 12), work("ada")...), "service_issue", "runbook_missing"),
		by("m-seal", "Vault sealed", page("S2", at(4, 12), sms), "service_issue"),
		by("m-cert", "Certificate expires", page("C1", at(2, 2), work("ada")...), "service_issue_wrong_hours", "poor_details"),
	)
	in.Services = map[opsreview.Ref]opsreview.Service{ref("vault"): {Ref: ref("vault"), Name: "Vault"}}
	in.Monitors = map[string]opsreview.Monitor{
		"m-disk": {ID: "m-disk", Title: "Disk\nalmost full", Service: ref("vault")},
		"m-seal": {ID: "m-seal", Title: "Vault sealed", Service: ref("vault")},
		"m-cert": {ID: "m-cert", Title: "Certificate expires", Service: ref("vault")},
	}
	in.Budget = &slo.Input{Window: in.Window, Now: in.Now, Series: []slo.Series{{SLO: opsreview.SLO{
		Name: "vault/availability", Service: "vault", Objective: opsreview.Objective{Target: 0.999, Method: opsreview.Occurrences},
	}}}}
	return in
}

func TestFindingsOf_Example(t *testing.T) {
	var got strings.Builder
	for _, f := range review.Prepare(example()).Findings {
		fmt.Fprintf(&got, "%s [%s] team %q service %q, %v\n  %s\n", f.Key, f.Category, f.Team, f.Service, f.Pages, f.Title)
		for _, e := range f.Evidence {
			fmt.Fprintf(&got, "  - %s\n", e)
		}
		fmt.Fprintf(&got, "  %s\n  %v minutes a week: %s\n", f.Remedy, f.Cost, f.CostMethod)
	}
	const want = `
noisy_monitor:m-disk [alert-noise] team "Secrets" service "Vault", [pd/D3 pd/D2 pd/D1]
  "Disk almost full" pages mostly for nothing
  - 3 of 3 labelled pages were not actionable; 3 of 4 pages had a label.
  - People say why: self_resolved (2), threshold_wrong (1).
  - They interrupted 1 person 3 times, 1 of these in sleep hours.
  Wait longer before it pages, or page on the harm that users feel.
  30 minutes a week: 0m of engaged time and 3 interruptions at 10 minutes each in the week
wrong_hours:m-cert [responder-load] team "Secrets" service "Vault", [pd/C1]
  "Certificate expires" wakes people for what can wait
  - 1 of 1 page came in sleep hours and could have waited: people say so.
  - They interrupted 1 person once, in sleep hours, and took 20m of people's time.
  Let its pages wait for business hours, or make it a ticket.
  30 minutes a week: 20m of engaged time and 1 interruption at 10 minutes each in the week
runbook_missing:m-seal [runbook-gap] team "Secrets" service "Vault", [pd/S1]
  "Vault sealed" has no runbook
  - People flagged 1 of 2 labelled pages: there is no runbook.
  - They interrupted 1 person once, and took 20m of people's time.
  Write what it means, how to check it and what to do, and link that from the page.
  20 minutes a week: 20m of engaged time in the week; a part of it can be saved
runbook_poor:m-cert [runbook-gap] team "Secrets" service "Vault", [pd/C1]
  The runbook or the pages of "Certificate expires" do not help
  - People flagged 1 of 1 labelled page: the runbook is wrong, or the page does not say what is wrong, where or how badly.
  - They interrupted 1 person once, in sleep hours, and took 20m of people's time.
  Correct the runbook after the last time that it was used, and let the page say what is wrong, where and how badly.
  20 minutes a week: 20m of engaged time in the week; a part of it can be saved
ignored_pages:m-seal [alert-noise] team "Secrets" service "Vault", [pd/S2]
  Nobody acts on "Vault sealed"
  - 1 of 2 labelled pages was actionable and nobody acted; 1 without an acknowledgement.
  - They interrupted 1 person once.
  Decide who acts on it and how; if it can wait, make it a ticket, and if nothing comes of waiting, stop paging for it.
  10 minutes a week: 0m of engaged time and 1 interruption at 10 minutes each in the week
slo_without_data:vault/availability [slo-risk] team "Secrets" service "Vault", []
  Nothing is known of vault/availability
  - Nothing was counted from Mon 9 Nov 00:00 UTC to Mon 16 Nov 00:00 UTC.
  Check the source and the queries of the objective, or import its segments.
  0 minutes a week: 
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got.String()); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// Two weeks of the same trouble have the same keys, whatever else changes.
func TestFindingsOf_KeysAreOfIdentitiesOnly(t *testing.T) {
	want := keys(review.Prepare(example()).Findings)
	slices.Sort(want)
	tests := map[string]func(*review.Input){
		"titles": func(in *review.Input) {
			for i := range in.Pages {
				in.Pages[i].Title = fmt.Sprint("other words ", i)
			}
			for id, m := range in.Monitors {
				m.Title = "another title"
				in.Monitors[id] = m
			}
		},
		"counts": func(in *review.Input) {
			for _, p := range slices.Clone(in.Pages) {
				p.ID, p.Label.Page.ID = p.ID+"-again", p.ID+"-again"
				p.Events = slices.DeleteFunc(slices.Clone(p.Events), func(e opsreview.Event) bool { return e.Kind == opsreview.Notified })
				in.Pages = append(in.Pages, p)
			}
		},
		"names of people, services and the team": func(in *review.Input) {
			for i := range in.Responders {
				in.Responders[i].Name += " the Second"
			}
			in.Services[ref("vault")] = opsreview.Service{Ref: ref("vault"), Name: "Vault of the bank"}
			in.Org.Teams[0].Name = "Treasury" // the review is everybody's: a team's own name is an identity
		},
		"sums of the policy": func(in *review.Input) {
			in.Org.Policy.InterruptionCost = time.Hour
			for i := range in.Org.Policy.Limits {
				in.Org.Policy.Limits[i].Summary = "too much"
			}
		},
		"severity and urgency": func(in *review.Input) {
			for i := range in.Pages {
				in.Pages[i].Severity = "critical"
			}
		},
	}
	for name, change := range tests {
		t.Run("of other "+name, func(t *testing.T) {
			in := example()
			change(&in)
			got := keys(review.Prepare(in).Findings)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("of another week", func(t *testing.T) {
		in := example()
		in.Window = opsreview.Window{Start: in.Window.Start.AddDate(0, 0, 7), End: in.Window.End.AddDate(0, 0, 7)}
		in.Now = in.Window.End.Add(time.Hour)
		in.Budget.Window, in.Budget.Now = in.Window, in.Now
		for i := range in.Pages {
			for j := range in.Pages[i].Events {
				in.Pages[i].Events[j].At = in.Pages[i].Events[j].At.AddDate(0, 0, 7)
			}
			in.Pages[i].Settle()
		}
		got := keys(review.Prepare(in).Findings)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("keys (-want +got):\n%s", diff)
		}
	})
}

func TestFindingsOf_TheOrderOfPagesChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pages := randomPages(7, 300)
	words := []string{"duplicate", "capacity", "service_issue_wrong_hours", "threshold_wrong", "", "self_resolved"}
	for i := range pages {
		pages[i] = judge(pages[i], pages[i].Monitor, words[r.IntN(len(words))], "runbook_missing")
	}
	o := policed()
	o.Policy.Limits = policy.Default().Policy.Limits
	want := review.Prepare(input(o, everybody(), pages...)).Findings
	if len(want) < 10 {
		t.Fatalf("there are only %d findings", len(want))
	}
	seen := map[string]bool{}
	for i, f := range want {
		if seen[f.Key] {
			t.Errorf("%s is there twice", f.Key)
		}
		seen[f.Key] = true
		if i > 0 && f.Cost > want[i-1].Cost && want[i-1].CostMethod != "" {
			t.Errorf("%s costs more than %s before it", f.Key, want[i-1].Key)
		}
	}
	for range 3 {
		r.Shuffle(len(pages), func(i, j int) { pages[i], pages[j] = pages[j], pages[i] })
		in := input(o, everybody(), pages...)
		if diff := cmp.Diff(want, review.Prepare(in).Findings); diff != "" {
			t.Fatalf("findings (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, review.FindingsOf(review.Prepare(in), in)); diff != "" {
			t.Fatalf("what FindingsOf returns differs (-want +got):\n%s", diff)
		}
	}
}

func TestFindingsOf_LimitsOfPeople(t *testing.T) {
	limit := opsreview.Limit{ID: opsreview.LimitPagesPerShift, Max: 2, Summary: "at most 2 pages in any 12 hours", Source: "our rules."}
	storm := several(3, "m", "", notify(0, opsreview.SMS, "ada"))
	theirs := slices.Clone(storm)
	for i := range theirs {
		theirs[i].Service = ref("consul")
	}
	// One page of ours notified ada, on another day.
	ours := page("Q", week().Start.Add(120*time.Hour), notify(0, opsreview.SMS, "ada"))
	tests := map[string]struct {
		pages   []opsreview.Page
		members []string
		want    []string
	}{
		"too many of the team's pages":            {storm, nil, []string{"limit_breached:Secrets|pages_per_shift"}},
		"too many of another team's pages":        {append(theirs, ours), nil, nil},
		"a member with another team's pages":      {append(theirs, ours), []string{"ada"}, []string{"limit_breached:Secrets|pages_per_shift"}},
		"a person within the limit is no finding": {storm[:2], nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := policed()
			o.Policy.Limits = []opsreview.Limit{limit}
			o.Teams = []opsreview.OrgTeam{{Name: "Secrets", Services: []string{"Vault"}, Members: tt.members}}
			in := input(o, everybody(), tt.pages...)
			in.Team, in.Services = "secrets", map[opsreview.Ref]opsreview.Service{ref("vault"): {Ref: ref("vault"), Name: "Vault"}}
			got := review.Prepare(in).Findings
			if diff := cmp.Diff(tt.want, keys(got)); diff != "" {
				t.Fatalf("keys (-want +got):\n%s", diff)
			}
			for _, f := range got {
				if strings.Contains(strings.ToLower(f.Title+strings.Join(f.Evidence, " ")), "ada") || f.Team != "Secrets" {
					t.Errorf("finding = %+v", f)
				}
				if want := "On-call load of Secrets over a limit: at most 2 pages in any 12 hours"; f.Title != want {
					t.Errorf("title = %q, want %q", f.Title, want)
				}
				if !strings.HasPrefix(f.Evidence[0], "One person was over it: 3 pages in 12 hours") || f.CostMethod != "" {
					t.Errorf("evidence = %q at a cost of %v (%s)", f.Evidence, f.Cost, f.CostMethod)
				}
			}
		})
	}
}

// A limit is a team's to keep: a review of everybody would file it once more.
func TestFindingsOf_LimitsOfEverybody(t *testing.T) {
	o := policed()
	o.Policy.Limits = []opsreview.Limit{{ID: opsreview.LimitPagesPerShift, Max: 2, Summary: "at most 2 pages in any 12 hours"}}
	in := input(o, everybody(), several(3, "m", "", notify(0, opsreview.SMS, "ada"))...)
	in.Org.Teams = nil
	if diff := cmp.Diff([]string{"limit_breached:|pages_per_shift"}, keys(review.Prepare(in).Findings)); diff != "" {
		t.Errorf("without teams (-want +got):\n%s", diff)
	}
	in.Org.Teams = []opsreview.OrgTeam{{Name: "Secrets", Services: []string{"Vault"}}}
	if got := keys(review.Prepare(in).Findings); len(got) != 0 {
		t.Errorf("with teams, the review of everybody finds %q", got)
	}
}

func TestFindingsOf_WhoseItIs(t *testing.T) {
	team := func(name string, services ...string) opsreview.OrgTeam {
		return opsreview.OrgTeam{Name: name, Services: services}
	}
	tests := map[string]struct {
		asked string
		teams []opsreview.OrgTeam
		want  string
	}{
		"the team under review":                  {"Secrets", []opsreview.OrgTeam{team("Secrets")}, "Secrets"},
		"as the configuration writes it":         {" sECRETS", []opsreview.OrgTeam{team("Secrets")}, "Secrets"},
		"a team that only the sources know":      {"Secrets", nil, "Secrets"},
		"of everybody the one that owns it":      {"", []opsreview.OrgTeam{team("Secrets", "VAULT"), team("Mesh", "consul")}, "Secrets"},
		"of everybody the one that names it so":  {"", []opsreview.OrgTeam{team("Secrets", "pd/vault")}, "Secrets"},
		"nobody's if two teams own it":           {"", []opsreview.OrgTeam{team("Secrets", "vault"), team("Mesh", "vault")}, ""},
		"nobody's if no team of a whole owns it": {"", []opsreview.OrgTeam{team("Mesh", "consul")}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := policed()
			o.Teams = tt.teams
			in := input(o, everybody(), several(3, "m", "duplicate")...)
			in.Team, in.AllServices = tt.asked, map[opsreview.Ref]opsreview.Service{ref("vault"): {Ref: ref("vault"), Name: "Vault"}}
			in.Budget = example().Budget
			in.Monitors = map[string]opsreview.Monitor{"m": {ID: "m", Title: "it", Service: ref("vault")}}
			got := map[string]string{}
			for _, f := range review.Prepare(in).Findings {
				got[f.Kind] = f.Team
			}
			want := map[string]string{opsreview.NoisyMonitor: tt.want, opsreview.SLOWithoutData: tt.want}
			if tt.teams != nil && strings.Contains(fmt.Sprint(tt.teams), "pd/vault") {
				want[opsreview.SLOWithoutData] = "" // the document names the service, not its reference
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("teams (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithRemedies(t *testing.T) {
	finding := func(kind, monitor string) opsreview.Finding {
		return opsreview.Finding{Kind: kind, Monitor: monitor, Remedy: "think"}
	}
	cost := func(monitor string, kind review.WhatIfKind) review.MonitorCost {
		m := review.MonitorCost{Monitor: opsreview.Monitor{ID: monitor}}
		if kind != "" {
			m.WhatIf = review.WhatIf{Kind: kind, Sentence: "Try this."}
		}
		return m
	}
	tests := map[string]struct {
		kind   string
		whatIf review.WhatIfKind
		want   string
	}{
		"noise has the monitor's setting":           {opsreview.NoisyMonitor, review.LongerFor, "Try this."},
		"waste has the monitor's setting":           {opsreview.WastedPages, review.Grouping, "Try this."},
		"wrong hours wait for business hours":       {opsreview.WrongHours, review.BusinessOnly, "Try this."},
		"another threshold is none for wrong hours": {opsreview.WrongHours, review.HigherThreshold, "think"},
		"no setting writes a runbook":               {opsreview.RunbookMissing, review.LongerFor, "think"},
		"a monitor without a setting":               {opsreview.NoisyMonitor, "", "think"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := []opsreview.Finding{finding(tt.kind, "m"), finding(tt.kind, "other")}
			got := review.WithRemedies(before, []review.MonitorCost{cost("x", review.LongerFor), cost("m", tt.whatIf)})
			if got[0].Remedy != tt.want || got[1].Remedy != "think" || before[0].Remedy != "think" {
				t.Errorf("remedies = %q and %q, want %q; before %q", got[0].Remedy, got[1].Remedy, tt.want, before[0].Remedy)
			}
		})
	}
}

func TestFindingsOf_BudgetsComeWithWhoseTheyAreAndWhatTheyCost(t *testing.T) {
	in := example()
	in.Monitors = nil
	r := review.Review{Budget: &slo.Report{Findings: []opsreview.Finding{
		{Key: "budget_overspent:vault/availability", Kind: opsreview.BudgetOverspent, SLO: "vault/availability"},
		{Key: "monitor_without_burn:m-disk", Kind: opsreview.MonitorWithoutBurn, Monitor: "m-disk", Pages: []opsreview.Ref{ref("D1"), ref("D2")}},
		{Key: "budget_overspent:other", Kind: opsreview.BudgetOverspent, SLO: "other"},
		{Key: "something:new", Kind: "something"},
	}}}
	want := []opsreview.Finding{
		{Key: "budget_overspent:other", Kind: opsreview.BudgetOverspent, Category: opsreview.SLORisk, SLO: "other"},
		{
			Key: "budget_overspent:vault/availability", Kind: opsreview.BudgetOverspent, Category: opsreview.SLORisk,
			SLO: "vault/availability", Team: "Secrets", Service: "Vault",
		},
		{
			Key: "monitor_without_burn:m-disk", Kind: opsreview.MonitorWithoutBurn, Category: opsreview.AlertNoise, Monitor: "m-disk",
			Team: "Secrets", Service: "Vault", Pages: []opsreview.Ref{ref("D1"), ref("D2")},
			Cost: 20, CostMethod: "0m of engaged time and 2 interruptions at 10 minutes each in the week",
		},
	}
	if diff := cmp.Diff(want, review.FindingsOf(r, in)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestFindingsOf_AMonitorIsUselessOnce(t *testing.T) {
	burnless := []opsreview.Finding{{
		Key: "monitor_without_burn:m", Kind: opsreview.MonitorWithoutBurn, Monitor: "m", Evidence: []string{"no burn", "more"}, Pages: []opsreview.Ref{ref("x")},
	}}
	work := []ev{ack(0, "ada"), {after: time.Minute, kind: opsreview.Noted, by: person("ada")}}
	worked := slices.Concat(several(3, "m", "duplicate", work...), several(9, "m", "capacity", work...))
	tests := map[string]struct {
		pages []opsreview.Page
		found []opsreview.Finding // about budgets
		want  string              // the key, and how its evidence ends
	}{
		"noise says it before waste":          {several(3, "m", "duplicate", work...), nil, "noisy_monitor:m: People acted on 3 of 3 labelled pages though there was nothing to do."},
		"noise says it before missing burn":   {several(3, "m", "duplicate"), burnless, "noisy_monitor:m: no burn"},
		"waste says it before missing burn":   {worked, burnless, "wasted_pages:m: no burn"},
		"missing burn says it alone":          {several(3, "m", ""), burnless, "monitor_without_burn:m: more"},
		"another monitor's burn is another's": {several(3, "m2", "duplicate"), burnless, "noisy_monitor:m2: They interrupted nobody., monitor_without_burn:m: more"},
		"what is about no monitor stays as it is": {nil, []opsreview.Finding{
			{Key: "a", Kind: opsreview.MonitorWithoutBurn, Evidence: []string{"a"}}, {Key: "b", Kind: opsreview.MonitorWithoutBurn, Evidence: []string{"b"}},
		}, "a: a, b: b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(policed(), everybody(), tt.pages...)
			r := review.Review{Monitors: review.MonitorCosts(in), Budget: &slo.Report{Findings: tt.found}}
			var got []string
			for _, f := range review.FindingsOf(r, in) {
				got = append(got, f.Key+": "+f.Evidence[len(f.Evidence)-1])
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
	if len(burnless[0].Evidence) != 2 {
		t.Error("the budgets' findings were changed")
	}
}
