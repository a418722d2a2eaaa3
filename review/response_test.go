package review_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

func ruleOf(t *testing.T, pages []opsreview.Page, vendor string) review.VendorRule {
	t.Helper()
	for _, r := range review.VendorResponse(pages) {
		if r.Vendor == vendor {
			return r
		}
	}
	t.Fatalf("there is no rule of %s", vendor)
	return review.VendorRule{}
}

func TestPeers07_UnackedAutoResolvedPagesAreNoAcknowledgements(t *testing.T) {
	start := week().Start.Add(9 * time.Hour)
	pages := []opsreview.Page{
		page("P1", start, ack(2*time.Minute, "ada"), resolve(time.Hour, person("ada"))),
		page("P2", start, notify(0, opsreview.SMS, "ada"), resolve(10*time.Minute+time.Second, integration)),
		page("P3", start, notify(0, opsreview.SMS, "ada")),
	}
	got := review.ResponseOf(pages)
	if got.NeverAcked != 2 || got.Acknowledge.N != 1 || got.Acknowledge.Mean != 2*time.Minute || got.Unresolved != 1 || got.Resolve.N != 2 {
		t.Errorf("response = %+v, want one acknowledgement of 2m, two never, one open", got)
	}
	const closed = 10*time.Minute + time.Second
	tests := map[string]struct {
		n        int
		mean     time.Duration
		excluded int
	}{
		"PagerDuty":      {1, 2 * time.Minute, 2},
		"Opsgenie":       {2, (2*time.Minute + closed) / 2, 1},
		"GoAlert":        {2, (2*time.Minute + 11*time.Minute) / 2, 1},
		"Grafana OnCall": {2, (2*time.Minute + closed) / 2, 1},
	}
	for vendor, want := range tests {
		r := ruleOf(t, pages, vendor)
		if r.Acknowledge.N != want.n || r.Acknowledge.Mean != want.mean || r.Excluded != want.excluded {
			t.Errorf("%s: %+v, want %+v", vendor, r, want)
		}
	}
}

func TestPeers08_NullIsNotZeroForEngageAndMobilize(t *testing.T) {
	start := week().Start.Add(9 * time.Hour)
	single := page("P1", start, ack(2*time.Minute, "ada"), resolve(time.Hour, person("ada")))
	if r := ruleOf(t, []opsreview.Page{single}, "PagerDuty"); r.Engage.OK || r.Mobilize.OK {
		t.Errorf("one responder engages %+v and mobilizes %+v, want neither", r.Engage, r.Mobilize)
	}
	joint := page("P2", start, ack(2*time.Minute, "ada"),
		ev{after: 3 * time.Minute, kind: opsreview.HelpRequested, by: person("ada"), to: []string{"bob"}}, ack(7*time.Minute, "bob"))
	r := ruleOf(t, []opsreview.Page{single, joint}, "PagerDuty")
	if r.Engage.N != 1 || r.Engage.Mean != 5*time.Minute || r.Mobilize.N != 1 || r.Mobilize.Mean != 7*time.Minute {
		t.Errorf("engage %+v, mobilize %+v, want 5m and 7m of one page", r.Engage, r.Mobilize)
	}
	if got := review.ResponseOf(nil); got.Acknowledge.OK || got.Resolve.OK {
		t.Errorf("no pages respond in %+v, want nothing", got)
	}
}

func TestPeers09_MissingSeverityStaysMissing(t *testing.T) {
	// A page without severity or urgency that woke somebody is not called low.
	p := page("P1", week().Start.Add(3*time.Hour), notify(0, opsreview.SMS, "ada"), ack(time.Minute, "ada"), resolve(time.Hour, person("ada")))
	p.Urgency, p.Severity = "", ""
	r := review.Prepare(input(org(), []opsreview.Responder{responder("ada", "UTC")}, p))
	if len(r.Discuss) != 0 {
		t.Errorf("discussed because of %q, want nothing", r.Discuss[0].Reasons)
	}
}

func TestResponseOf_Spread(t *testing.T) {
	start := week().Start
	tests := map[string]struct {
		minutes           []int
		median, p90, mean time.Duration
	}{
		"one":                              {[]int{3}, 3 * time.Minute, 3 * time.Minute, 3 * time.Minute},
		"the median of two is their mean":  {[]int{1, 4}, 150 * time.Second, 4 * time.Minute, 150 * time.Second},
		"p90 of ten is the ninth":          {[]int{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 330 * time.Second, 9 * time.Minute, 330 * time.Second},
		"p90 of eleven is the tenth":       {[]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 6 * time.Minute, 10 * time.Minute, 6 * time.Minute},
		"an answer before its question: 0": {[]int{-5}, 0, 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var pages []opsreview.Page
			for i, m := range tt.minutes {
				p := page(string(rune('A'+i)), start)
				p.AcknowledgedAt = start.Add(time.Duration(m) * time.Minute)
				pages = append(pages, p)
			}
			want := review.Spread{OK: true, N: len(tt.minutes), Median: tt.median, P90: tt.p90, Mean: tt.mean}
			if diff := cmp.Diff(want, review.ResponseOf(pages).Acknowledge); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResponseOf_MergedPagesAreNotResolved(t *testing.T) {
	p := page("P1", week().Start, ack(time.Minute, "ada"), ev{after: 2 * time.Minute, kind: opsreview.Merged, by: person("ada")})
	got := review.ResponseOf([]opsreview.Page{p})
	if got.Merged != 1 || got.Resolve.OK || got.Unresolved != 0 || got.Acknowledge.N != 1 {
		t.Errorf("response = %+v, want one merged and none resolved", got)
	}
}

func label(v opsreview.Verdict, change func(*opsreview.Label)) opsreview.Label {
	l := opsreview.Label{Verdict: v, Author: "ada", At: week().Start}
	if change != nil {
		change(&l)
	}
	return l
}

func TestOutcomeOf(t *testing.T) {
	start := week().Start.Add(9 * time.Hour)
	note := ev{after: 5 * time.Minute, kind: opsreview.Noted, by: person("ada")}
	done := resolve(time.Hour, person("ada"))
	yes, no := opsreview.Actionable, opsreview.NotActionable
	tests := map[string]struct {
		label  opsreview.Label
		events []ev
		want   review.Outcome
	}{
		"a note after an acknowledgement is evidence":        {label(yes, nil), []ev{ack(time.Minute, "ada"), note, done}, review.Handled},
		"acknowledgement and resolution are not":             {label(yes, nil), []ev{ack(time.Minute, "ada"), done}, review.Ignored},
		"a note without an acknowledgement is not":           {label(yes, nil), []ev{note, done}, review.Ignored},
		"a note before the acknowledgement is not":           {label(yes, nil), []ev{note, ack(10*time.Minute, "ada"), done}, review.Ignored},
		"an escalation by hand is":                           {label(yes, nil), []ev{ack(0, "ada"), {after: time.Minute, kind: opsreview.Escalated, by: person("ada")}}, review.Handled},
		"an automatic escalation is not":                     {label(yes, nil), []ev{ack(0, "ada"), {after: time.Minute, kind: opsreview.Escalated, by: timer}}, review.Ignored},
		"an escalation by nobody knows whom is not":          {label(yes, nil), []ev{ack(0, "ada"), {after: time.Minute, kind: opsreview.Escalated}}, review.Ignored},
		"a program's note is not":                            {label(yes, nil), []ev{ack(0, "ada"), {after: time.Minute, kind: opsreview.Noted, by: opsreview.Agent{Kind: opsreview.Automation, ID: "ada"}}}, review.Ignored},
		"a program's acknowledgement is nobody's":            {label(yes, nil), []ev{{kind: opsreview.Acknowledged, by: opsreview.Agent{Kind: opsreview.Automation, ID: "ada"}}, note}, review.Ignored},
		"a reassignment by hand is":                          {label(yes, nil), []ev{ack(0, "ada"), {after: time.Minute, kind: opsreview.Reassigned, by: person("ada"), to: []string{"bob"}}}, review.Handled},
		"a request for help is":                              {label(yes, nil), []ev{ack(0, "ada"), {after: time.Minute, kind: opsreview.HelpRequested, by: person("ada"), to: []string{"bob"}}}, review.Handled},
		"a change by hand is":                                {label(yes, nil), []ev{ack(0, "ada"), {after: time.Minute, kind: opsreview.Changed, by: person("ada")}}, review.Handled},
		"a snooze is not":                                    {label(yes, nil), []ev{ack(0, "ada"), {after: time.Minute, kind: opsreview.Snoozed, by: person("ada")}}, review.Ignored},
		"a label that says so is":                            {label(yes, func(l *opsreview.Label) { l.Actioned = opsreview.Yes }), nil, review.Handled},
		"minutes of work say so":                             {label(yes, func(l *opsreview.Label) { l.Minutes = 5 }), nil, review.Handled},
		"a label that says no outweighs a note":              {label(yes, func(l *opsreview.Label) { l.Actioned = opsreview.No }), []ev{ack(0, "ada"), note}, review.Ignored},
		"not actionable and acted upon is wasted":            {label(no, nil), []ev{ack(time.Minute, "ada"), note, done}, review.Wasted},
		"not actionable and left alone is noise":             {label(no, nil), []ev{done}, review.Noise},
		"a withdrawn label is none":                          {label(yes, func(l *opsreview.Label) { l.Withdrawn = true }), []ev{ack(time.Minute, "ada"), note}, review.Unlabelled},
		"an unlabelled page is unlabelled, however handled":  {opsreview.Label{}, []ev{ack(time.Minute, "ada"), note, done}, review.Unlabelled},
		"a withdrawn label's minutes are no evidence either": {label(yes, func(l *opsreview.Label) { l.Withdrawn, l.Minutes = true, 5 }), nil, review.Unlabelled},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := page("P1", start, tt.events...)
			p.Label = tt.label
			if got := review.OutcomeOf(p); got != tt.want {
				_, why := review.Actioned(p)
				t.Errorf("outcome = %s, want %s (%s)", got, tt.want, why)
			}
			if _, why := review.Actioned(p); why == "" {
				t.Error("no evidence is given")
			}
		})
	}
}

func TestPeers11_UnlabelledIsNotActionableAndCoverageIsCounted(t *testing.T) {
	labelled := page("P1", week().Start.Add(9*time.Hour), ack(0, "ada"))
	labelled.Label = label(opsreview.Actionable, nil)
	h := review.Prepare(input(org(), everybody(), labelled, page("P2", week().Start), page("P3", week().Start))).Headline
	if h.Pages != 3 || h.Labelled != 1 || h.Outcomes != (review.Outcomes{Ignored: 1, Unlabelled: 2}) {
		t.Errorf("headline = %+v, want 1 of 3 labelled", h)
	}
}

func TestPeers15_LabelSetChangedAndOldLabelsKeepTheirMeaning(t *testing.T) {
	o := org()
	o.Vocabulary = opsreview.Vocabulary{Causes: []opsreview.Cause{
		{ID: "flapping", Verdict: opsreview.NotActionable, Was: []string{"self_resolved", "transient"}},
		{ID: "old_word", Verdict: opsreview.NotActionable, Deprecated: true},
	}}
	var pages []opsreview.Page
	for i, cause := range []string{"self_resolved", "flapping", "transient", "old_word", "never_known"} {
		p := page(string(rune('A'+i)), week().Start.Add(time.Duration(i)*time.Hour))
		p.Monitor = "m-1"
		p.Label = label(opsreview.NotActionable, func(l *opsreview.Label) { l.Cause = cause })
		pages = append(pages, p)
	}
	in := input(o, everybody(), pages...)
	// The word was renamed, nobody changed their mind.
	in.Labels = []opsreview.Label{
		{Page: ref("A"), Verdict: opsreview.NotActionable, Cause: "self_resolved", Author: "ada", At: week().Start},
		{Page: ref("A"), Verdict: opsreview.NotActionable, Cause: "flapping", Author: "ada", At: week().Start.Add(time.Hour)},
	}
	r := review.Prepare(in)
	if diff := cmp.Diff(map[string]int{"flapping": 3, "old_word": 1, "never_known": 1}, r.Monitors[0].Causes); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
	if r.Headline.Outcomes.Noise != 5 {
		t.Errorf("outcomes = %+v, want 5 noise", r.Headline.Outcomes)
	}
	for _, topic := range r.Discuss {
		if strings.Contains(strings.Join(topic.Reasons, " "), "label") {
			t.Errorf("a renamed word is discussed: %q", topic.Reasons)
		}
	}
}
