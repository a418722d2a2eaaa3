package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/meeting"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
)

func (s *meetingService) CreateWaiver(ctx context.Context, req *pb.CreateWaiverRequest) (*pb.CreateWaiverResponse, error) {
	w := opsreview.Waiver{
		Owner: strings.TrimSpace(req.GetOwner()), Reason: strings.TrimSpace(req.GetReason()), At: s.facts.now(),
	}
	var err error
	if w.Author, err = checkAuthor("a waiver", req.GetAuthor()); err != nil {
		return nil, err
	}
	if err := checkWaiver(req, w); err != nil {
		return nil, err
	}
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	if w.Expires, err = expiry(req.GetExpires(), w.At, sc.zone); err != nil {
		return nil, err
	}
	of, err := s.facts.subjectOfWaiver(ctx, sc, opsreview.WaiverKind(req.GetKind()), strings.TrimSpace(req.GetSubject()))
	if err != nil {
		return nil, err
	}
	w.Team, w.Kind, w.Subject, w.Title = sc.team, of.kind, of.name, bounded(of.title)
	r, err := request(req, w.At)
	if err != nil {
		return nil, err
	}
	if w, err = s.facts.db.CreateWaiver(ctx, &r, w); err != nil {
		return nil, err
	}
	resp := &pb.CreateWaiverResponse{Waiver: waiverToProto(w, s.facts.now())}
	resp.Waiver.TimeZone = sc.zone.String()
	return resp, nil
}

// checkWaiver returns an Invalid error for a waiver that says too little or too
// much.
func checkWaiver(req *pb.CreateWaiverRequest, w opsreview.Waiver) error {
	switch {
	case strings.TrimSpace(req.GetSubject()) == "":
		return opsreview.Errorf(opsreview.Invalid, "say what is waived: a page, a monitor, a breach or an incident")
	case w.Owner == "":
		return opsreview.Errorf(opsreview.Invalid, "a waiver needs an owner: say who answers for it")
	case w.Reason == "":
		return opsreview.Errorf(opsreview.Invalid, "a waiver needs a reason: say why it may pass without a ticket")
	case strings.TrimSpace(req.GetExpires()) == "":
		return opsreview.Errorf(opsreview.Invalid, "a waiver needs an end: write a date (2026-12-01) or a span from now (14d)")
	}
	if err := checkLengths(maxReason, "a reason", w.Reason); err != nil {
		return err
	}
	if err := checkLengths(maxSubject, "what is waived", req.GetSubject()); err != nil {
		return err
	}
	return checkLengths(maxName, "a name", w.Owner)
}

// expiry reads when a waiver ends.
func expiry(text string, now time.Time, zone *time.Location) (time.Time, error) {
	at, err := opsreview.ParseEnd(text, now, zone)
	if err == nil && !at.After(now) {
		err = opsreview.Errorf(opsreview.Invalid, "%q is over: a waiver ends at a time that is yet to come", bounded(text))
	}
	return at, err
}

// A subject is what a waiver covers.
type subject struct {
	kind  opsreview.WaiverKind
	name  string // as the gate names it
	title string
}

// subjectOfWaiver finds what a waiver covers among what the team has. Where the
// kind is not said, it is that of which there is something by the name. It
// returns a NotFound error, or an Invalid one for a name that fits several.
func (f *facts) subjectOfWaiver(ctx context.Context, sc scope, kind opsreview.WaiverKind, name string) (subject, error) {
	finders := []struct {
		kind opsreview.WaiverKind
		find func(context.Context, scope, string) (subject, error)
	}{
		{opsreview.WaivePage, f.waivedPage},
		{opsreview.WaiveMonitor, f.waivedMonitor},
		{opsreview.WaiveIncident, f.waivedIncident},
		{opsreview.WaiveBreach, f.waivedBreach},
	}
	known := false
	for _, finder := range finders {
		if kind != "" && kind != finder.kind {
			continue
		}
		known = true
		s, err := finder.find(ctx, sc, name)
		if err == nil || kind != "" || opsreview.ErrorCode(err) != opsreview.NotFound {
			return s, err
		}
	}
	if !known {
		return subject{}, opsreview.Errorf(opsreview.Invalid, "there is no kind of waiver %q: choose page, monitor, breach or incident", bounded(string(kind)))
	}
	return subject{}, opsreview.Errorf(opsreview.NotFound, "there is no page, monitor, incident or breach %q%s", bounded(name), ofTeam(sc.team))
}

// unlisted is an error without the names of what others have: one that says what
// a name fits lists them.
func unlisted(err error, name string) error {
	if opsreview.ErrorCode(err) == opsreview.Invalid {
		return opsreview.Errorf(opsreview.Invalid, "%q fits several: name one whole", bounded(name))
	}
	return err
}

// ours reports whether a service is in scope.
func (sc scope) ours(service opsreview.Ref) bool {
	_, ok := sc.services[service]
	return ok || sc.services == nil
}

func (f *facts) waivedPage(ctx context.Context, sc scope, name string) (subject, error) {
	p, err := f.db.FindPage(ctx, name)
	if err == nil && !sc.ours(p.Service) {
		err = opsreview.Errorf(opsreview.NotFound, "there is no page %q%s", bounded(name), ofTeam(sc.team))
	}
	return subject{opsreview.WaivePage, p.Ref.String(), p.Title}, unlisted(err, name)
}

func (f *facts) waivedMonitor(ctx context.Context, sc scope, name string) (subject, error) {
	m, err := f.db.Monitor(ctx, name)
	if err == nil && !sc.ours(m.Service) {
		err = opsreview.Errorf(opsreview.NotFound, "there is no monitor %q%s", bounded(name), ofTeam(sc.team))
	}
	return subject{opsreview.WaiveMonitor, m.ID, m.Title}, unlisted(err, name)
}

// waivedIncident finds an incident of the team: see [review.TeamIncidents].
func (f *facts) waivedIncident(ctx context.Context, sc scope, name string) (subject, error) {
	i, err := f.findIncident(ctx, name)
	if err != nil {
		return subject{}, unlisted(err, name)
	}
	in, err := f.judgedBy(ctx, sc, opsreview.Window{}, []opsreview.Incident{i})
	if err == nil && len(in.Incidents) == 0 {
		err = opsreview.Errorf(opsreview.NotFound, "there is no incident %q%s", bounded(name), ofTeam(sc.team))
	}
	return subject{opsreview.WaiveIncident, i.Ref.String(), cmp.Or(i.Title, i.Number)}, err
}

// waivedBreach finds a limit that was gone over in a window that the team has
// an open review of, or in the last complete week.
func (f *facts) waivedBreach(ctx context.Context, sc scope, key string) (subject, error) {
	open, err := f.db.Meetings(ctx, store.MeetingFilter{Team: &sc.team, State: opsreview.MeetingOpen, Brief: true})
	if err != nil {
		return subject{}, err
	}
	var windows []opsreview.Window
	for _, m := range open {
		windows = append(windows, m.Window)
	}
	week, err := f.window(opsreview.WindowSpec{}, sc)
	if err != nil {
		return subject{}, err
	}
	windows = append(windows, week)
	for _, w := range windows {
		p, err := f.prepare(ctx, sc.team, specOf(w), acceptedCharts)
		if err != nil {
			return subject{}, err
		}
		taken := meeting.Take(meeting.Facts{Review: p.review, Pages: p.in.Pages, At: p.in.Now})
		if of, ok := breachIn(taken.Loads, key); ok {
			return of, nil
		}
	}
	return subject{}, opsreview.Errorf(opsreview.NotFound, "no limit %q was gone over%s in the last week or a window that is under review", bounded(key), ofTeam(sc.team))
}

func breachIn(loads []meeting.LoadFact, key string) (subject, bool) {
	for _, l := range loads {
		for _, b := range l.Breaches {
			if strings.EqualFold(b.Key, key) {
				return subject{opsreview.WaiveBreach, b.Key, l.Name + ": " + b.Text}, true
			}
		}
	}
	return subject{}, false
}

func (s *meetingService) WithdrawWaiver(ctx context.Context, req *pb.WithdrawWaiverRequest) (*pb.WithdrawWaiverResponse, error) {
	author, err := checkAuthor("a withdrawal", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	w, err := s.facts.db.WithdrawWaiver(ctx, req.GetId(), author, s.facts.now())
	if err != nil {
		return nil, err
	}
	return &pb.WithdrawWaiverResponse{Waiver: waiverToProto(w, s.facts.now())}, nil
}

func (s *meetingService) ListWaivers(ctx context.Context, req *pb.ListWaiversRequest) (*pb.ListWaiversResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	all, err := s.facts.waivers(ctx, sc.team)
	if err != nil {
		return nil, err
	}
	now := s.facts.now()
	slices.SortStableFunc(all, func(a, b opsreview.Waiver) int { return cmp.Compare(rankOf(a, now), rankOf(b, now)) })
	resp := &pb.ListWaiversResponse{}
	for _, w := range all {
		if req.GetAll() || w.InForce(now) {
			told := waiverToProto(w, now)
			told.TimeZone = s.facts.zoneOfTeam(w.Team).String()
			resp.Waivers = append(resp.Waivers, told)
		}
	}
	return resp, nil
}

// zoneOfTeam is the zone of a team, UTC for one that nobody knows any more.
func (f *facts) zoneOfTeam(team string) *time.Location {
	zone, err := review.TeamZone(f.org, team)
	if err != nil || zone == nil {
		return time.UTC
	}
	return zone
}

// rankOf orders waivers: those in force come first.
func rankOf(w opsreview.Waiver, now time.Time) int {
	if w.InForce(now) {
		return 0
	}
	return 1
}
