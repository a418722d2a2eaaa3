package server

import (
	"context"
	"slices"
	"time"

	"opsreview"
	"opsreview/policy"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
)

type policyService struct {
	pb.UnimplementedPolicyServiceServer
	facts *facts
}

// hitWindow is how long before the end of a window labels are compared with
// what the rules say of their pages.
const hitWindow = 28 * 24 * time.Hour

// flapAhead is how long after a page its monitor's transitions count.
const flapAhead = time.Hour

// A judged is a set of pages with what the rules think of them.
type judged struct {
	facts      []policy.Facts
	judgements map[opsreview.Ref]policy.Judgement
	records    map[string]policy.Record
	rules      *policy.Rules
}

// gather reads what rules need to judge the pages, which have timelines: the
// history of their services. Its cost grows with the window of the pages.
func (f *facts) gather(ctx context.Context, sc scope, pages []opsreview.Page, services []opsreview.Ref) (policy.Input, error) {
	in := policy.Input{
		Pages: pages, Services: sc.all, Maintenance: f.org.Maintenance, Now: f.now(),
		Interruptions: make(map[opsreview.Ref]policy.Interruptions, len(pages)),
	}
	if len(pages) == 0 {
		return in, nil
	}
	span := spanOf(pages)
	var err error
	in.History, err = f.db.Pages(ctx, store.PageFilter{
		Services: services, Brief: true,
		Window: opsreview.Window{Start: span.Start.Add(-policy.Lookback), End: span.End.Add(flapAhead)},
	})
	for i, p := range pages {
		var count policy.Interruptions
		for _, torn := range review.Interruptions(pages[i:i+1], sc.roster) {
			count.Add(torn.Class)
		}
		in.Interruptions[p.Ref] = count
	}
	return in, err
}

// spanOf returns the window in which the pages began.
func spanOf(pages []opsreview.Page) opsreview.Window {
	w := opsreview.Window{Start: pages[0].TriggeredAt, End: pages[0].TriggeredAt}
	for _, p := range pages {
		if p.TriggeredAt.Before(w.Start) {
			w.Start = p.TriggeredAt
		}
		if p.TriggeredAt.After(w.End) {
			w.End = p.TriggeredAt
		}
	}
	w.End = w.End.Add(time.Millisecond)
	return w
}

// judge asks the rules about the pages, which have timelines, and compares what
// they say of labelled pages with the labels: of these pages, and of those of
// the services in the 28 days before their end.
func (f *facts) judge(ctx context.Context, sc scope, pages []opsreview.Page, services []opsreview.Ref) (judged, error) {
	if f.rules == nil || len(pages) == 0 {
		return judged{}, nil
	}
	w := spanOf(pages)
	labelled, err := f.db.Pages(ctx, store.PageFilter{
		Services: services, Labelled: store.Labelled, Window: opsreview.Window{Start: w.End.Add(-hitWindow), End: w.End},
	})
	if err != nil {
		return judged{}, err
	}
	have := make(map[opsreview.Ref]bool, len(pages))
	for _, p := range pages {
		have[p.Ref] = true
	}
	all := slices.Clone(pages)
	for _, p := range labelled {
		if !have[p.Ref] {
			all = append(all, p)
		}
	}
	in, err := f.gather(ctx, sc, all, services)
	if err != nil {
		return judged{}, err
	}
	return evaluate(f.rules, policy.Gather(in)), nil
}

func evaluate(rules *policy.Rules, facts []policy.Facts) judged {
	judgements := rules.Evaluate(facts)
	j := judged{
		facts: facts, rules: rules, records: rules.Records(facts, judgements),
		judgements: make(map[opsreview.Ref]policy.Judgement, len(facts)),
	}
	for i := range facts {
		j.judgements[facts[i].Page()] = judgements[i]
	}
	return j
}

// first returns the suggestion that counts for a page, nil if there is none.
func (j judged) first(page opsreview.Ref) *pb.Suggestion {
	return j.toProto(j.judgements[page].First())
}

func (j judged) toProto(s opsreview.Suggestion) *pb.Suggestion {
	if s.IsZero() {
		return nil
	}
	out := suggestionToProto(s)
	rec := j.records[s.Rule]
	out.HitRate, out.Unreliable = hitRateToProto(rec.Verdict), j.rules.Unreliable(rec)
	return out
}

func suggestionToProto(s opsreview.Suggestion) *pb.Suggestion {
	if s.IsZero() {
		return nil
	}
	return &pb.Suggestion{Rule: s.Rule, Verdict: verdictToProto[s.Verdict], Cause: s.Cause, Reason: s.Reason, Evidence: s.Evidence}
}

func hitRateToProto(h policy.HitRate) *pb.HitRate {
	if h.Total == 0 {
		return nil
	}
	low, high := h.Interval()
	return &pb.HitRate{Hits: int32(h.Hits), Total: int32(h.Total), Low: low, High: high}
}

// suggested counts what the rules suggest for those of the pages that nobody has
// labelled. It is nil where there are no rules.
func (f *facts) suggested(ctx context.Context, sc scope, pages []opsreview.Page) (*pb.SuggestionCounts, error) {
	if f.rules == nil {
		return nil, nil
	}
	pages = slices.DeleteFunc(pages, func(p opsreview.Page) bool { return !p.Label.IsZero() })
	in, err := f.gather(ctx, sc, pages, sc.serviceRefs())
	if err != nil {
		return nil, err
	}
	out := &pb.SuggestionCounts{}
	for _, judgement := range f.rules.Evaluate(policy.Gather(in)) {
		switch judgement.First().Verdict {
		case opsreview.Actionable:
			out.Actionable++
		case opsreview.NotActionable:
			out.NotActionable++
		default:
			out.None++
		}
	}
	return out, nil
}

// accepted turns the suggestions for the pages into labels that say what label
// says beside them. Pages for which no rule speaks get none.
func (f *facts) accepted(ctx context.Context, pages []opsreview.Page, label opsreview.Label) ([]opsreview.Label, error) {
	refs, services := refsOf(pages), []opsreview.Ref{}
	for _, p := range pages {
		if !slices.Contains(services, p.Service) {
			services = append(services, p.Service)
		}
	}
	sc, err := f.scope(ctx, "")
	if err != nil {
		return nil, err
	}
	pages, err = f.db.Pages(ctx, store.PageFilter{Refs: orNone(refs)}) // with their timelines
	if err != nil {
		return nil, err
	}
	in, err := f.gather(ctx, sc, pages, services)
	if err != nil {
		return nil, err
	}
	var labels []opsreview.Label
	for _, judgement := range f.rules.Evaluate(policy.Gather(in)) {
		s := judgement.First()
		if s.IsZero() {
			continue
		}
		l := label
		l.Page, l.Verdict, l.Cause, l.Note = s.Page, s.Verdict, s.Cause, policy.AcceptedNote(s.Rule, label.Note)
		if l, err = f.org.Vocabulary.Check(l); err != nil {
			return nil, err
		}
		labels = append(labels, l)
	}
	return labels, nil
}

// inWindow reads the team's pages that began in the window, with timelines, and
// gathers what rules may read of them.
func (s *policyService) inWindow(ctx context.Context, team string, window *pb.WindowSelector) (scope, opsreview.Window, []policy.Facts, error) {
	sc, err := s.facts.scope(ctx, team)
	if err != nil {
		return sc, opsreview.Window{}, nil, err
	}
	w, err := s.facts.window(windowSpecFromProto(window), sc)
	if err != nil {
		return sc, w, nil, err
	}
	pages, err := s.facts.db.Pages(ctx, store.PageFilter{Services: sc.serviceRefs(), Window: w})
	if err != nil {
		return sc, w, nil, err
	}
	in, err := s.facts.gather(ctx, sc, pages, sc.serviceRefs())
	return sc, w, policy.Gather(in), err
}

func (s *policyService) ListRules(ctx context.Context, req *pb.ListRulesRequest) (*pb.ListRulesResponse, error) {
	sc, w, facts, err := s.inWindow(ctx, req.GetTeam(), req.GetWindow())
	if err != nil {
		return nil, err
	}
	j := evaluate(s.facts.rules, facts)
	resp := &pb.ListRulesResponse{Window: windowToProto(w), TimeZone: sc.zone.String(), Pages: int32(len(facts))}
	for _, judgement := range j.judgements {
		if len(judgement) > 0 {
			resp.PagesSuggested++
		}
	}
	for _, r := range s.facts.rules.All() {
		rec := j.records[r.ID]
		resp.Rules = append(resp.Rules, &pb.Rule{
			Id: r.ID, Verdict: verdictToProto[r.Verdict], Cause: r.Cause, Summary: r.Summary, When: r.When, Pages: int32(rec.Pages),
			HitRate: hitRateToProto(rec.Verdict), CauseHitRate: hitRateToProto(rec.Cause), Unreliable: s.facts.rules.Unreliable(rec),
		})
	}
	return resp, nil
}

// maxMistakes is how many mistakes of a document are told at once.
const maxMistakes = 100

func (s *policyService) CheckPolicy(_ context.Context, req *pb.CheckPolicyRequest) (*pb.CheckPolicyResponse, error) {
	doc, problems := policy.Check(documentName(req.GetPolicy()), req.GetPolicy().GetContent())
	resp := &pb.CheckPolicyResponse{Problems: problems[:min(len(problems), maxMistakes)]}
	if len(problems) > 0 {
		return resp, nil
	}
	resp.Rules, resp.Cases = int32(len(doc.Rules.All())), int32(len(doc.Cases))
	if req.GetRunCases() {
		resp.FailedCases = doc.Test()
	}
	return resp, nil
}

func documentName(d *pb.PolicyDocument) string {
	if d.GetName() == "" {
		return "policy"
	}
	return d.GetName()
}

// rulesOf reads the rules of a document; those in force if it is empty.
func (s *policyService) rulesOf(d *pb.PolicyDocument) (*policy.Rules, error) {
	if len(d.GetContent()) == 0 {
		return s.facts.rules, nil
	}
	doc, err := policy.Parse(documentName(d), d.GetContent())
	return doc.Rules, err
}

func (s *policyService) DiffPolicies(ctx context.Context, req *pb.DiffPoliciesRequest) (*pb.DiffPoliciesResponse, error) {
	before, err := s.rulesOf(req.GetOld())
	if err != nil {
		return nil, err
	}
	after, err := s.rulesOf(req.GetNew())
	if err != nil {
		return nil, err
	}
	sc, w, facts, err := s.inWindow(ctx, req.GetTeam(), req.GetWindow())
	if err != nil {
		return nil, err
	}
	resp := &pb.DiffPoliciesResponse{Window: windowToProto(w), TimeZone: sc.zone.String(), Pages: int32(len(facts))}
	was, is := evaluate(before, facts), evaluate(after, facts)
	for i := range facts {
		p := facts[i].Source()
		o, n := was.judgements[p.Ref].First(), is.judgements[p.Ref].First()
		if o.Same(n) {
			continue
		}
		resp.Changes = append(resp.Changes, &pb.PolicyChange{
			Page: p.Ref.String(), Title: p.Title, Old: was.toProto(o), New: is.toProto(n), Label: labelToProto(p.Label),
		})
	}
	return resp, nil
}
