package policy_test

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/policy"
)

// noon is when the page under test begins.
var noon = time.Date(2026, 11, 9, 12, 0, 0, 0, time.UTC)

func ref(id string) opsreview.Ref { return opsreview.Ref{Source: "pd", ID: id} }

var vault = opsreview.Service{Ref: ref("vault"), Name: "vault"}

// earlier returns a page of the monitor that began so long before noon and was
// open for a while; 0 is still open.
func earlier(id, monitor string, ago, openFor time.Duration) opsreview.Page {
	p := opsreview.Page{Ref: ref(id), Service: vault.Ref, Monitor: monitor, TriggeredAt: noon.Add(-ago)}
	if openFor > 0 {
		p.ResolvedAt, p.ResolvedBy.Kind = p.TriggeredAt.Add(openFor), opsreview.Integration
	}
	return p
}

func labelled(p opsreview.Page, verdict opsreview.Verdict, cause string) opsreview.Page {
	p.Label = opsreview.Label{Page: p.Ref, Verdict: verdict, Cause: cause, Author: "ada", At: noon}
	return p
}

// factIs gathers the facts of the page that begins at noon and asks whether a
// condition holds of them.
func factIs(t *testing.T, condition string, page opsreview.Page, history ...opsreview.Page) bool {
	t.Helper()
	page.Ref, page.Service, page.Monitor, page.CreatedAt = ref("page"), vault.Ref, "m", noon
	if page.Service.IsZero() {
		page.Service = vault.Ref
	}
	page.Settle()
	doc, err := policy.Parse("rule.yaml", []byte(fmt.Sprintf(
		"rules: [{id: it, summary: s, cause: duplicate, reason: r, when: %q}]", condition)))
	if err != nil {
		t.Fatal(err)
	}
	facts := policy.Gather(policy.Input{
		Pages: []opsreview.Page{page}, History: history, Now: noon.Add(time.Hour),
		Services:    map[opsreview.Ref]opsreview.Service{vault.Ref: vault},
		Maintenance: []opsreview.Maintenance{{Services: []string{"consul"}, Window: opsreview.Window{Start: noon, End: noon.Add(time.Hour)}}},
	})
	return doc.Rules.Evaluate(facts)[0].First().Rule == "it"
}

func TestGather_Monitor(t *testing.T) {
	const day = 24 * time.Hour
	noise := func(id string, ago time.Duration) opsreview.Page {
		return labelled(earlier(id, "m", ago, time.Minute), opsreview.NotActionable, "threshold_wrong")
	}
	tests := map[string]struct {
		condition string
		history   []opsreview.Page
	}{
		"a monitor without a past has none": {
			condition: `monitor.pages == 0 && monitor.labelled == 0 && monitor.open_page == "" && monitor.self_resolved_share == 0.0`,
		},
		"28 days are looked back, to the instant": {
			condition: "monitor.pages == 1", history: []opsreview.Page{earlier("a", "m", 28*day, 1), earlier("b", "m", 28*day+1, 1)},
		},
		"a page an hour ago is in the last hour, and in the last day": {
			condition: "monitor.pages_in_last_hour == 1 && monitor.pages_in_last_day == 2",
			history:   []opsreview.Page{earlier("a", "m", time.Hour, 1), earlier("b", "m", day, 1), earlier("c", "m", day+1, 1)},
		},
		"what came later is no past": {
			condition: "monitor.pages == 0 && monitor.labelled == 0", history: []opsreview.Page{noise("a", -time.Minute)},
		},
		"the past of another monitor is another's": {
			condition: "monitor.pages == 0", history: []opsreview.Page{earlier("a", "other", time.Minute, 1)},
		},
		"a page that is open at the trigger is told by its name": {
			condition: `monitor.open_page == "pd/a"`, history: []opsreview.Page{earlier("a", "m", time.Hour, 2*time.Hour), earlier("b", "m", time.Minute, time.Second)},
		},
		"a page that was never resolved is open": {
			condition: `monitor.open_page == "pd/a"`, history: []opsreview.Page{earlier("a", "m", time.Hour, 0), earlier("b", "m", time.Minute, time.Hour)},
		},
		"a page that ended at the trigger is not open": {
			condition: `monitor.open_page == ""`, history: []opsreview.Page{earlier("a", "m", time.Hour, time.Hour)},
		},
		"labels in a row that say the same are counted from the latest": {
			condition: `monitor.same_labels == 2 && monitor.labelled == 3 && monitor.labelled_actionable == 1 && monitor.last_cause == "threshold_wrong"`,
			history: []opsreview.Page{
				labelled(earlier("a", "m", 3*day, 1), opsreview.Actionable, "capacity"), noise("b", 2*day), noise("c", day),
			},
		},
		"an unlabelled page between does not end the row": {
			condition: "monitor.same_labels == 2", history: []opsreview.Page{noise("a", 3*day), earlier("b", "m", 2*day, 1), noise("c", day)},
		},
		"labels beyond 28 days do not count": {
			condition: "monitor.same_labels == 1 && monitor.labelled_not_actionable == 1", history: []opsreview.Page{noise("a", 29*day), noise("b", day)},
		},
		"begins and ends within an hour are transitions": {
			condition: "monitor.transitions_per_hour == 5",
			history:   []opsreview.Page{earlier("a", "m", 40*time.Minute, time.Minute), earlier("b", "m", 20*time.Minute, time.Minute)},
		},
		"the first page of a row flaps too": {
			condition: "monitor.transitions_per_hour == 3", history: []opsreview.Page{earlier("a", "m", -20*time.Minute, time.Minute)},
		},
		"the share of what ended by itself leaves open pages out": {
			condition: "monitor.self_resolved_share == 1.0", history: []opsreview.Page{earlier("a", "m", day, 1), earlier("b", "m", time.Hour, 0)},
		},
		"monitors of the service that paged around it make a storm": {
			condition: "service.monitors_within_10_minutes == 3 && service.monitors_10_minutes_before == 1",
			history: []opsreview.Page{
				earlier("a", "x", 10*time.Minute, 1), earlier("b", "y", -10*time.Minute, 1), earlier("c", "z", 10*time.Minute+1, 1),
			},
		},
		"its own monitor is no other monitor": {
			condition: "service.monitors_10_minutes_before == 0 && service.monitors_within_10_minutes == 1",
			history:   []opsreview.Page{earlier("a", "m", time.Minute, 1)},
		},
		"work on another service is none on this one": {condition: "!maintenance.active"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if !factIs(t, tt.condition, opsreview.Page{}, tt.history...) {
				t.Errorf("%s does not hold", tt.condition)
			}
		})
	}
}

func TestGather_Timeline(t *testing.T) {
	person := opsreview.Agent{Kind: opsreview.Person, ID: "ada"}
	event := func(after time.Duration, kind opsreview.EventKind, by opsreview.Agent) opsreview.Event {
		return opsreview.Event{ID: fmt.Sprint(kind, after), At: noon.Add(after), Kind: kind, By: by, Responders: []string{"ada"}}
	}
	tests := map[string]struct {
		condition string
		page      opsreview.Page
	}{
		"an acknowledgement is no trace of work": {
			condition: "timeline.acknowledged_by_person && !timeline.human_trace && !timeline.resolved && timeline.minutes_open == 60",
			page:      opsreview.Page{Events: []opsreview.Event{event(time.Minute, opsreview.Acknowledged, person)}},
		},
		"a note by a person is": {
			condition: "timeline.human_trace", page: opsreview.Page{Events: []opsreview.Event{event(time.Minute, opsreview.Noted, person)}},
		},
		"a note by a program is not": {
			condition: "!timeline.human_trace",
			page:      opsreview.Page{Events: []opsreview.Event{event(time.Minute, opsreview.Noted, opsreview.Agent{Kind: opsreview.Automation})}},
		},
		"moving up by itself is a timeout, by hand it is work": {
			condition: "timeline.escalations == 2 && timeline.timeouts == 1 && timeline.human_trace",
			page: opsreview.Page{Events: []opsreview.Event{
				event(time.Minute, opsreview.Escalated, opsreview.Agent{Kind: opsreview.Timer}), event(2*time.Minute, opsreview.Escalated, person),
			}},
		},
		"people are counted once": {
			condition: "timeline.people_notified == 1", page: opsreview.Page{Events: []opsreview.Event{
				event(time.Minute, opsreview.Notified, opsreview.Agent{}), event(2*time.Minute, opsreview.Notified, opsreview.Agent{}),
			}},
		},
		"an attribute is read by its name": {
			condition: `page.attributes.alertname == "DiskFull" && has(page.attributes.alertname) && !("host" in page.attributes)`,
			page:      opsreview.Page{Attributes: map[string]string{"alertname": "DiskFull"}},
		},
		"a title of a megabyte is cut": {condition: "size(page.title) == 1024", page: opsreview.Page{Title: strings.Repeat("x", 1<<20)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if !factIs(t, tt.condition, tt.page) {
				t.Errorf("%s does not hold", tt.condition)
			}
		})
	}
}

func TestEvaluate_AnAttributeThatIsNotThereKeepsARuleQuiet(t *testing.T) {
	if factIs(t, `page.attributes.alertname != "DiskFull"`, opsreview.Page{}) {
		t.Error("the rule speaks of a page without the attribute")
	}
}

// The label of a page says nothing of what the rules think of that page: else
// a rule that repeats labels would always be right.
func TestEvaluate_APagesOwnLabelIsNeverRead(t *testing.T) {
	judge := func(own opsreview.Label) policy.Judgement {
		p := earlier("page", "m", 0, time.Minute)
		p.Label = own
		var history []opsreview.Page
		for i := range 3 {
			history = append(history, labelled(earlier(fmt.Sprint(i), "m", time.Duration(i+1)*24*time.Hour, time.Minute), opsreview.NotActionable, "check_faulty"))
		}
		in := policy.Input{Pages: []opsreview.Page{p}, History: append(history, p), Now: noon}
		return policy.Default().Rules.Evaluate(policy.Gather(in))[0]
	}
	want := judge(opsreview.Label{})
	if got := want.First(); got.Rule != "same_label" || got.Cause != "check_faulty" {
		t.Fatalf("suggestion = %+v, want that of same_label", got)
	}
	if diff := cmp.Diff(want, judge(opsreview.Label{Verdict: opsreview.Actionable, Cause: "capacity"})); diff != "" {
		t.Errorf("the page's own label changes what is thought of it (-without +with):\n%s", diff)
	}
}

func TestEvaluate_WithoutRulesNothingIsSuggested(t *testing.T) {
	var none *policy.Rules
	facts := policy.Gather(policy.Input{Pages: []opsreview.Page{earlier("a", "m", 0, 1)}})
	if j := none.Evaluate(facts); len(j) != 1 || !j[0].First().IsZero() {
		t.Errorf("judgements = %v, want one that is empty", j)
	}
}

func TestDefault_EachRuleSpeaksInACase(t *testing.T) {
	data, err := os.ReadFile("testdata/cases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := policy.Check("testdata/cases.yaml", data)
	for _, p := range problems {
		t.Error(p)
	}
	for _, text := range doc.Test() {
		t.Error(text)
	}
	wanted := map[string]bool{}
	for _, c := range doc.Cases {
		wanted[c.Want] = true
	}
	for _, r := range policy.Default().Rules.All() {
		if !wanted[r.ID] {
			t.Errorf("no case wants the rule %s", r.ID)
		}
	}
	if !wanted["none"] {
		t.Error("no case wants silence")
	}
}

func TestDocument_Test_SaysHowACaseFailed(t *testing.T) {
	const page = "\n    timeline: [{at: 0s, kind: triggered}, {at: 5m, kind: resolved, by: integration}]"
	tests := map[string]struct{ text, want string }{
		"another rule speaks": {
			"cases:\n  - name: it\n    want: storm" + page, "c.yaml:2:5: it: the rule storm should speak, and the rule self_resolved spoke: it ended by itself",
		},
		"a rule speaks where none should": {
			"cases:\n  - name: it\n    want: none" + page, "c.yaml:2:5: it: no rule should speak, and the rule self_resolved spoke",
		},
		"no rule speaks": {"cases: [{name: it, want: storm}]", "c.yaml:1:9: it: the rule storm should speak, and no rule spoke"},
		"the cause is another": {
			"cases:\n  - name: it\n    want: self_resolved\n    cause: duplicate" + page, "c.yaml:2:5: it: the cause should be duplicate, and it is self_resolved",
		},
		"the verdict is another": {
			"cases:\n  - name: it\n    want: self_resolved\n    verdict: actionable" + page, "c.yaml:2:5: it: the verdict should be actionable",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			doc, err := policy.Parse("c.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Test(); len(got) != 1 || !strings.HasPrefix(got[0], tt.want) {
				t.Errorf("Test = %q, want %q…", got, tt.want)
			}
		})
	}
}

func TestParse_Rules(t *testing.T) {
	ids := func(d policy.Document) (ids []string) {
		for _, r := range d.Rules.All() {
			ids = append(ids, r.ID)
		}
		return ids
	}
	def := ids(policy.Default())
	tests := map[string]struct {
		text  string
		check func(policy.Document) bool
	}{
		"a rule of a new id comes before the default's": {
			"rules: [{id: mine, summary: s, cause: duplicate, reason: r, when: timeline.merged}]",
			func(d policy.Document) bool { return ids(d)[0] == "mine" && len(ids(d)) == len(def)+1 },
		},
		"a rule of the default's id takes its place and keeps what is not said": {
			"rules: [{id: merged, reason: because}]",
			func(d policy.Document) bool {
				return cmp.Equal(ids(d), def) && d.Rules.All()[1].Reason == "because" && d.Rules.All()[1].Cause == "duplicate"
			},
		},
		"a rule may be switched off": {
			"rules: [{id: merged, off: true}]",
			func(d policy.Document) bool { return len(ids(d)) == len(def)-1 && ids(d)[1] == "duplicate" },
		},
		"a cause that was renamed is suggested by its new name": {
			"vocabulary: {causes: [{id: twin, was: [duplicate]}]}",
			func(d policy.Document) bool { return d.Rules.All()[1].Cause == "twin" },
		},
		"of a cause that is deprecated the verdict is left": {
			"vocabulary: {causes: [{id: duplicate, deprecated: true}]}",
			func(d policy.Document) bool {
				r := d.Rules.All()[1]
				return r.Cause == "" && r.Verdict == opsreview.NotActionable
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, err := policy.Parse("team.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(d) {
				t.Errorf("rules = %v", ids(d))
			}
			if diff := cmp.Diff(def, ids(policy.Default())); diff != "" {
				t.Errorf("the default changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestHitRate_Interval(t *testing.T) {
	// The values are of E. B. Wilson's formula, computed by hand to 4 digits.
	tests := map[string]struct {
		rate      policy.HitRate
		low, high float64
	}{
		"without labels it is everything":    {policy.HitRate{}, 0, 1},
		"all of one is far from certain":     {policy.HitRate{Hits: 1, Total: 1}, 0.2065, 1},
		"none of ten is not never":           {policy.HitRate{Hits: 0, Total: 10}, 0, 0.2775},
		"half of ten is about a half":        {policy.HitRate{Hits: 5, Total: 10}, 0.2366, 0.7634},
		"ninety of a hundred is nearly that": {policy.HitRate{Hits: 90, Total: 100}, 0.8256, 0.9448},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			low, high := tt.rate.Interval()
			if math.Abs(low-tt.low) > 5e-5 || math.Abs(high-tt.high) > 5e-5 {
				t.Errorf("interval = %.4f to %.4f, want %.4f to %.4f", low, high, tt.low, tt.high)
			}
		})
	}
}

func TestRecords(t *testing.T) {
	gone := func(id string, l opsreview.Label) opsreview.Page {
		p := earlier(id, "m-"+id, time.Hour, time.Minute)
		p.Label = l
		return p
	}
	pages := []opsreview.Page{
		gone("agreed", opsreview.Label{Verdict: opsreview.NotActionable, Cause: "self_resolved"}),
		gone("other cause", opsreview.Label{Verdict: opsreview.NotActionable, Cause: "check_faulty"}),
		gone("no cause", opsreview.Label{Verdict: opsreview.NotActionable}),
		gone("disagreed", opsreview.Label{Verdict: opsreview.Actionable, Cause: "capacity"}),
		gone("accepted", opsreview.Label{Verdict: opsreview.NotActionable, Cause: "self_resolved", Note: policy.AcceptedNote("self_resolved", "yes")}),
		gone("unlabelled", opsreview.Label{}),
	}
	rules := policy.Default().Rules
	facts := policy.Gather(policy.Input{Pages: pages, Now: noon})
	rec := rules.Records(facts, rules.Evaluate(facts))["self_resolved"]
	want := policy.Record{Pages: 6, Verdict: policy.HitRate{Hits: 3, Total: 4}, Cause: policy.HitRate{Hits: 1, Total: 3}}
	if diff := cmp.Diff(want, rec); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	tests := map[string]struct {
		rate policy.HitRate
		want bool
	}{
		"too few labels say nothing":  {policy.HitRate{Hits: 0, Total: 4}, false},
		"four of five is the bound":   {policy.HitRate{Hits: 4, Total: 5}, false},
		"three of five is unreliable": {policy.HitRate{Hits: 3, Total: 5}, true},
	}
	for name, tt := range tests {
		if got := rules.Unreliable(policy.Record{Verdict: tt.rate}); got != tt.want {
			t.Errorf("%s: unreliable = %v, want %v", name, got, tt.want)
		}
	}
}
