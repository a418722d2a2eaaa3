package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"opsreview"
	"opsreview/policy"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

func withRules(o *server.Options) { o.Rules = policy.Default().Rules }

// seedJudged saves a page that ended by itself, one that somebody worked on,
// and one that ended by itself and was labelled otherwise.
func seedJudged(t *testing.T, a *api) {
	t.Helper()
	at := monday(1, "10:00:00")
	worked := page("WORKED", "vault", at.Add(3*time.Hour), ack(at.Add(181*time.Minute), "ada"))
	worked.Title = "real"
	worked.Events = append(worked.Events, opsreview.Event{
		ID: "WORKED-n", At: at.Add(190 * time.Minute), Kind: opsreview.Noted, Text: "repaired", By: opsreview.Agent{Kind: opsreview.Person, ID: "ada"},
	})
	gone := page("GONE", "vault", at, resolve(at.Add(5*time.Minute)))
	gone.Title = "gone"
	said := page("SAID", "vault", at.Add(6*time.Hour), resolve(at.Add(365*time.Minute)))
	said.Title = "said"
	seed(t, a, worked, gone, said)
	must(a.pages.LabelPages(t.Context(), &pb.LabelPagesRequest{Pages: []string{"pd/SAID"}, Label: &pb.Label{Cause: "capacity", Author: "bob"}}))(t)
}

func TestSuggestions_AreShownAndNeverCounted(t *testing.T) {
	plain, judging := openServer(t), openServer(t, withRules)
	seedJudged(t, plain)
	seedJudged(t, judging)
	list := func(a *api) *pb.ListPagesResponse {
		return must(a.pages.ListPages(t.Context(), &pb.ListPagesRequest{Window: inWeek()}))(t)
	}
	got := list(judging)
	rules := map[string]string{}
	for _, p := range got.GetPages() {
		rules[p.GetName()] = p.GetSuggestion().GetRule()
		p.Suggestion = nil
	}
	if diff := cmp.Diff(map[string]string{"pd/GONE": "self_resolved", "pd/WORKED": "", "pd/SAID": "self_resolved"}, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(list(plain), got, protocmp.Transform()); diff != "" {
		t.Errorf("suggestions change more than themselves (-without +with):\n%s", diff)
	}
	unlabelled := must(judging.pages.ListPages(t.Context(), &pb.ListPagesRequest{Window: inWeek(), LabelState: pb.LabelState_LABEL_STATE_UNLABELLED}))(t)
	if n := unlabelled.GetTotalSize(); n != 2 {
		t.Errorf("%d pages are unlabelled, want 2", n)
	}
	review := func(a *api) *pb.Review {
		return must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek()}))(t).GetReview()
	}
	r := review(judging)
	if diff := cmp.Diff(&pb.SuggestionCounts{NotActionable: 1, None: 1}, r.GetSuggested(), protocmp.Transform()); diff != "" {
		t.Errorf("suggested (-want +got):\n%s", diff)
	}
	r.Suggested = nil
	if diff := cmp.Diff(review(plain), r, protocmp.Transform()); diff != "" {
		t.Errorf("suggestions change the review (-without +with):\n%s", diff)
	}
}

func TestGetPage_TellsEveryRuleThatSpeaksAndItsRecord(t *testing.T) {
	a := openServer(t, withRules)
	seedJudged(t, a)
	resp := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/GONE"}))(t)
	want := []*pb.Suggestion{{
		Rule: "self_resolved", Verdict: pb.Verdict_VERDICT_NOT_ACTIONABLE, Cause: "self_resolved",
		Reason: "it ended by itself, and nobody had answered or done anything",
		Evidence: []string{
			"timeline.acknowledged_by_person: no", "timeline.resolved_by: timer", "timeline.human_trace: no", "timeline.timeouts: 0",
		},
	}}
	if diff := cmp.Diff(want, resp.GetSuggestions(), protocmp.Transform()); diff != "" {
		t.Errorf("suggestions (-want +got):\n%s", diff)
	}
	// The labelled page began later; from its own view the rule was wrong once.
	later := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/SAID"}))(t).GetPage().GetSuggestion()
	if h := later.GetHitRate(); h.GetHits() != 0 || h.GetTotal() != 1 || later.GetUnreliable() {
		t.Errorf("hit rate = %v, unreliable %v; want 0 of 1, which is too few to say", h, later.GetUnreliable())
	}
}

func TestLabelPages_AcceptSuggestions(t *testing.T) {
	a := openServer(t, withRules)
	seedJudged(t, a)
	req := &pb.LabelPagesRequest{
		Pages: []string{"pd/GONE", "pd/WORKED", "pd/SAID"}, Label: &pb.Label{Author: "ada", Note: "yes"},
		AcceptSuggestions: true, OnlyUnlabelled: true, ValidateOnly: true,
	}
	want := &pb.LabelPagesResponse{Changed: []string{"pd/GONE"}, Unchanged: []string{"pd/WORKED", "pd/SAID"}}
	if diff := cmp.Diff(want, must(a.pages.LabelPages(t.Context(), req))(t), protocmp.Transform()); diff != "" {
		t.Errorf("trial (-want +got):\n%s", diff)
	}
	if n := len(labelsOf(t, a, "pd/GONE")); n != 0 {
		t.Fatalf("the trial gave %d labels", n)
	}
	req.ValidateOnly = false
	if diff := cmp.Diff(want, must(a.pages.LabelPages(t.Context(), req))(t), protocmp.Transform()); diff != "" {
		t.Errorf("labelling (-want +got):\n%s", diff)
	}
	label := &pb.Label{
		Verdict: pb.Verdict_VERDICT_NOT_ACTIONABLE, Cause: "self_resolved", Author: "ada", Note: "accepted the suggestion of self_resolved: yes",
	}
	given := labelsOf(t, a, "pd/GONE")
	if diff := cmp.Diff([]*pb.Label{label}, given, protocmp.Transform(), protocmp.IgnoreFields(&pb.Label{}, "label_time")); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	// What was accepted is no agreement: it would make every rule right.
	rules := must(a.policies(t).ListRules(t.Context(), &pb.ListRulesRequest{Window: inWeek()}))(t)
	for _, r := range rules.GetRules() {
		if r.GetId() == "self_resolved" && (r.GetPages() != 2 || r.GetHitRate().GetTotal() != 1) {
			t.Errorf("rule = %v, want 2 pages and 1 label", r)
		}
	}
	req.Label.Cause = "capacity"
	_, err := a.pages.LabelPages(t.Context(), req)
	wantCode(t, codes.InvalidArgument, err)
}

func (a *api) policies(tb testing.TB) pb.PolicyServiceClient {
	tb.Helper()
	return pb.NewPolicyServiceClient(a.conn)
}

func TestListRules(t *testing.T) {
	a := openServer(t, withRules)
	seedJudged(t, a)
	resp := must(a.policies(t).ListRules(t.Context(), &pb.ListRulesRequest{Team: "secrets", Window: inWeek()}))(t)
	if resp.GetPages() != 3 || resp.GetPagesSuggested() != 2 || len(resp.GetRules()) != len(policy.Default().Rules.All()) {
		t.Errorf("%d pages, %d suggested, %d rules", resp.GetPages(), resp.GetPagesSuggested(), len(resp.GetRules()))
	}
	_, err := a.policies(t).ListRules(t.Context(), &pb.ListRulesRequest{Team: "nobody"})
	wantCode(t, codes.NotFound, err)
}

func TestCheckPolicy(t *testing.T) {
	a := openServer(t, withRules)
	check := func(text string) *pb.CheckPolicyResponse {
		return must(a.policies(t).CheckPolicy(t.Context(), &pb.CheckPolicyRequest{
			Policy: &pb.PolicyDocument{Name: "team.yaml", Content: []byte(text)}, RunCases: true,
		}))(t)
	}
	wrong := check("rules: [{id: mine, when: page.urgncy}]")
	if p := wrong.GetProblems(); len(p) == 0 || !strings.HasPrefix(p[0], "team.yaml:1:") {
		t.Errorf("problems = %q", p)
	}
	failed := check("cases: [{name: it, want: merged}]")
	if len(failed.GetProblems()) != 0 || failed.GetCases() != 1 || len(failed.GetFailedCases()) != 1 {
		t.Errorf("a case that fails: %v", failed)
	}
	if right := check("cases: [{name: it, want: none}]"); len(right.GetFailedCases()) != 0 || right.GetRules() == 0 {
		t.Errorf("a case that holds: %v", right)
	}
}

func TestDiffPolicies(t *testing.T) {
	a := openServer(t, withRules)
	seedJudged(t, a)
	diff := func(text string) ([]string, error) {
		resp, err := a.policies(t).DiffPolicies(t.Context(), &pb.DiffPoliciesRequest{
			New: &pb.PolicyDocument{Name: "new.yaml", Content: []byte(text)}, Window: inWeek(),
		})
		changed := []string{}
		for _, c := range resp.GetChanges() {
			changed = append(changed, c.GetPage()+" "+c.GetOld().GetCause()+" → "+c.GetNew().GetCause())
		}
		return changed, err
	}
	tests := map[string]struct {
		text string
		want []string
	}{
		"the same policy changes nothing":  {"\n", []string{}},
		"another reason is no other label": {"rules: [{id: self_resolved, reason: because}]", []string{}},
		"another cause is":                 {"rules: [{id: self_resolved, cause: check_faulty}]", []string{"pd/GONE self_resolved → check_faulty", "pd/SAID self_resolved → check_faulty"}},
		"a rule that is off says no more":  {"rules: [{id: self_resolved, off: true}]", []string{"pd/GONE self_resolved → ", "pd/SAID self_resolved → "}},
		"a new rule speaks where none did": {
			"rules: [{id: mine, summary: s, cause: capacity, reason: r, when: timeline.human_trace}]", []string{"pd/WORKED  → capacity"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := diff(tt.text)
			if d := cmp.Diff(tt.want, got); d != "" || err != nil {
				t.Errorf("changes (-want +got):\n%s%v", d, err)
			}
		})
	}
	_, err := diff("rules: [{id: mine, when: page.urgncy}]")
	wantCode(t, codes.InvalidArgument, err)
}

func TestSuggestions_ReadMaintenance(t *testing.T) {
	at := monday(1, "10:00:00")
	a := openServer(t, withRules, func(o *server.Options) {
		o.Org.Maintenance = []opsreview.Maintenance{{
			Services: []string{"vault"}, Window: opsreview.Window{Start: at, End: at.Add(time.Hour)}, Summary: "failover",
		}}
	})
	seedJudged(t, a)
	s := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/GONE"}))(t).GetPage().GetSuggestion()
	if s.GetRule() != "maintenance" || !strings.Contains(s.GetReason(), "(failover)") {
		t.Errorf("suggestion = %v, want that of the maintenance", s)
	}
}
