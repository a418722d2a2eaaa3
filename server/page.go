package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
)

type pageService struct {
	pb.UnimplementedPageServiceServer
	facts *facts
}

// monitorLabels is how many labels of a monitor's other pages GetPage shows.
const monitorLabels = 10

func (s *pageService) ListPages(ctx context.Context, req *pb.ListPagesRequest) (*pb.ListPagesResponse, error) {
	size, digest, after, err := paging(req)
	if err != nil {
		return nil, err
	}
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	w, err := s.facts.window(windowSpecFromProto(req.GetWindow()), sc)
	if err != nil {
		return nil, err
	}
	filter, err := s.filter(ctx, req, sc, w)
	if err != nil {
		return nil, err
	}
	views, err := s.views(ctx, sc, w, filter)
	if err != nil {
		return nil, err
	}
	views, err = selectViews(views, req.GetOutcome(), req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	resp := &pb.ListPagesResponse{Window: windowToProto(w), TimeZone: sc.zone.String(), TotalSize: int32(len(views))}
	for _, v := range views {
		if !v.page.Label.IsZero() {
			resp.LabelledSize++
		}
	}
	views, resp.NextPageToken, err = cut(views, func(v pageView) string { return v.page.Ref.String() }, size, after, digest)
	if err != nil {
		return nil, err
	}
	if err := s.suggest(ctx, sc, views); err != nil {
		return nil, err
	}
	for _, v := range views {
		resp.Pages = append(resp.Pages, pageToProto(v, sc.roster))
	}
	return resp, nil
}

// suggest adds what the rules think of the pages.
func (s *pageService) suggest(ctx context.Context, sc scope, views []pageView) error {
	pages := make([]opsreview.Page, len(views))
	for i, v := range views {
		pages[i] = v.page
	}
	j, err := s.facts.judge(ctx, sc, pages, sc.serviceRefs())
	for i := range views {
		views[i].suggestion = j.first(views[i].page.Ref)
	}
	return err
}

// filter turns a request into what the store selects.
func (s *pageService) filter(ctx context.Context, req *pb.ListPagesRequest, sc scope, w opsreview.Window) (store.PageFilter, error) {
	f := store.PageFilter{
		Window:   w,
		Services: sc.serviceRefs(),
		Urgency:  opsreview.Urgency(req.GetUrgency()),
		Search:   req.GetQuery(),
	}
	var err error
	if f.Status, err = enumFromProto("status", statusFromProto, req.GetStatus()); err != nil {
		return f, err
	}
	if f.Labelled, err = enumFromProto("label state", labelStateFromProto, req.GetLabelState()); err != nil {
		return f, err
	}
	if u := f.Urgency; u != "" && u != opsreview.HighUrgency && u != opsreview.LowUrgency {
		return f, opsreview.Errorf(opsreview.Invalid, "there is no urgency %q: choose high or low", u)
	}
	if name := req.GetService(); name != "" {
		if f.Services = sc.findServices(name); len(f.Services) == 0 {
			return f, opsreview.Errorf(opsreview.NotFound, "there is no service %q%s", name, ofTeam(sc.team))
		}
	}
	if name := req.GetResponder(); name != "" {
		v, err := s.facts.viewer(ctx, sc)
		if err == nil {
			err = v.mustSee(sc, name)
		}
		if err != nil {
			return f, err
		}
		person, err := sc.findPerson(name)
		if err != nil {
			return f, err
		}
		f.Responder = person.Refs
	}
	if id := req.GetMonitor(); id != "" {
		m, err := s.facts.db.Monitor(ctx, id)
		if err != nil {
			return f, err
		}
		f.Monitor = m.ID
	}
	return f, nil
}

var labelStateFromProto = map[pb.LabelState]store.LabelState{
	pb.LabelState_LABEL_STATE_LABELLED:   store.Labelled,
	pb.LabelState_LABEL_STATE_UNLABELLED: store.Unlabelled,
}

func ofTeam(team string) string {
	if team == "" {
		return ""
	}
	return " of team " + strings.TrimSpace(team)
}

// findServices returns the services in scope that name means: a reference or a
// display name in any case.
func (sc scope) findServices(name string) []opsreview.Ref {
	from := sc.services
	if from == nil {
		from = sc.all
	}
	var refs []opsreview.Ref
	for ref, service := range from {
		if ref.String() == name || strings.EqualFold(service.Name, name) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// views reads the pages that the filter selects and computes what each cost.
// Costs need the notifications of other pages too: what reaches a person within
// a minute is one interruption.
func (s *pageService) views(ctx context.Context, sc scope, w opsreview.Window, filter store.PageFilter) ([]pageView, error) {
	pages, err := s.facts.db.Pages(ctx, filter)
	if err != nil {
		return nil, err
	}
	costs, err := s.costs(ctx, sc, w, pages)
	if err != nil {
		return nil, err
	}
	views := make([]pageView, len(pages))
	for i, p := range pages {
		views[i] = s.view(p, sc, costs[p.Ref])
	}
	return views, nil
}

func (s *pageService) view(p opsreview.Page, sc scope, cost review.PageCost) pageView {
	v := pageView{page: p, service: sc.serviceName(p.Service), cost: cost, outcome: review.OutcomeOf(p)}
	_, v.evidence = review.Actioned(p)
	return v
}

// costs computes what each of the pages cost.
func (s *pageService) costs(ctx context.Context, sc scope, w opsreview.Window, pages []opsreview.Page) (map[opsreview.Ref]review.PageCost, error) {
	all := pages
	if refs := notifiedBy(pages, sc.roster); len(refs) > 0 {
		others, err := s.facts.db.Pages(ctx, store.PageFilter{Responder: refs, Touched: touchedBy(pages, w), Except: refsOf(pages)})
		if err != nil {
			return nil, err
		}
		all = append(slices.Clone(pages), others...)
	}
	return review.PageCosts(review.Input{
		Team: sc.team, Window: w, Now: s.facts.now(), Zone: sc.zone, Pages: all,
		Services: sc.services, AllServices: sc.all, Responders: sc.people, Org: s.facts.org,
	}), nil
}

// touchedBy returns the window in which the pages notified people, with w in
// it: a page that is open for long costs the same in whatever list it stands.
func touchedBy(pages []opsreview.Page, w opsreview.Window) opsreview.Window {
	for _, p := range pages {
		for _, e := range p.Events {
			switch {
			case e.Kind != opsreview.Notified:
			case e.At.Before(w.Start):
				w.Start = e.At
			case !e.At.Before(w.End):
				w.End = e.At.Add(time.Millisecond)
			}
		}
	}
	w.Start = w.Start.Add(-lookBehind)
	return w
}

var outcomes = []review.Outcome{review.Handled, review.Ignored, review.Wasted, review.Noise, review.Unlabelled}

// selectViews keeps the views of one outcome and puts them in order.
func selectViews(views []pageView, outcome, orderBy string) ([]pageView, error) {
	if outcome != "" {
		if !slices.Contains(outcomes, review.Outcome(outcome)) {
			return nil, opsreview.Errorf(opsreview.Invalid, "there is no outcome %q: choose handled, ignored, wasted, noise or unlabelled", outcome)
		}
		views = slices.DeleteFunc(views, func(v pageView) bool { return v.outcome != review.Outcome(outcome) })
	}
	byTime := func(a, b pageView) int {
		return cmp.Or(a.page.TriggeredAt.Compare(b.page.TriggeredAt), a.page.Ref.Compare(b.page.Ref))
	}
	switch orderBy {
	case "", "trigger_time":
		slices.SortFunc(views, byTime)
	case "trigger_time desc":
		slices.SortFunc(views, func(a, b pageView) int { return byTime(b, a) })
	case "cost desc":
		slices.SortFunc(views, func(a, b pageView) int { return cmp.Or(dearer(a.cost, b.cost), byTime(a, b)) })
	default:
		return nil, opsreview.Errorf(opsreview.Invalid, "cannot order by %q: choose trigger_time, trigger_time desc or cost desc", orderBy)
	}
	return views, nil
}

// dearer orders costs as the review orders monitors: by sleep interruptions,
// then by interruptions, then by the time people were engaged.
func dearer(a, b review.PageCost) int {
	return cmp.Or(
		cmp.Compare(b.Interruptions.Sleep, a.Interruptions.Sleep),
		cmp.Compare(b.Interruptions.Total(), a.Interruptions.Total()),
		cmp.Compare(b.Engaged, a.Engaged))
}

func (s *pageService) GetPage(ctx context.Context, req *pb.GetPageRequest) (*pb.GetPageResponse, error) {
	page, err := s.facts.db.FindPage(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	sc, err := s.facts.scope(ctx, "")
	if err != nil {
		return nil, err
	}
	sc.team = s.facts.owner(sc, page.Service)
	sc.roster = review.NewRoster(s.facts.org, sc.people, sc.team)
	w := opsreview.Window{Start: page.TriggeredAt, End: page.TriggeredAt.Add(time.Millisecond)}
	costs, err := s.costs(ctx, sc, w, []opsreview.Page{page})
	if err != nil {
		return nil, err
	}
	j, err := s.facts.judge(ctx, sc, []opsreview.Page{page}, []opsreview.Ref{page.Service})
	if err != nil {
		return nil, err
	}
	resp := &pb.GetPageResponse{Page: pageToProto(s.view(page, sc, costs[page.Ref]), sc.roster)}
	for _, suggestion := range j.judgements[page.Ref] {
		resp.Suggestions = append(resp.Suggestions, j.toProto(suggestion))
	}
	resp.Page.Suggestion = j.first(page.Ref)
	for _, e := range page.Events {
		resp.Events = append(resp.Events, eventToProto(e, page.Source, sc.roster))
	}
	for _, a := range review.Assignments(page) {
		resp.Assignments = append(resp.Assignments, assignmentToProto(a, sc.roster))
	}
	if resp.Burns, err = s.burns(ctx, sc, page); err != nil {
		return nil, err
	}
	return resp, s.addLabels(ctx, page, resp)
}

// addLabels adds the page's label history and the labels of its monitor's
// other pages.
func (s *pageService) addLabels(ctx context.Context, page opsreview.Page, resp *pb.GetPageResponse) error {
	history, err := s.facts.db.Labels(ctx, page.Ref)
	if err != nil {
		return err
	}
	for _, l := range history {
		resp.Labels = append(resp.Labels, labelToProto(l))
	}
	if page.Monitor == "" {
		return nil
	}
	others, err := s.facts.db.MonitorLabels(ctx, page.Monitor, monitorLabels+1)
	if err != nil {
		return err
	}
	for _, l := range others {
		if l.Page != page.Ref && len(resp.MonitorLabels) < monitorLabels {
			resp.MonitorLabels = append(resp.MonitorLabels, &pb.MonitorLabel{Page: l.Page.String(), Label: labelToProto(l)})
		}
	}
	return nil
}
