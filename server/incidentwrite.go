package server

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/incident"
	pb "opsreview/proto/opsreview/v1"
)

// maxLinked is how many things one request may link.
const maxLinked = 100

func (s *incidentService) CreateIncident(ctx context.Context, req *pb.CreateIncidentRequest) (*pb.CreateIncidentResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	if _, err := checkAuthor("an incident", req.GetAuthor()); err != nil {
		return nil, err
	}
	i, err := s.entered(ctx, sc, req)
	if err != nil {
		return nil, err
	}
	r, err := request(req, s.facts.now())
	if err != nil {
		return nil, err
	}
	if i, err = s.facts.db.CreateIncident(ctx, &r, i); err != nil {
		return nil, err
	}
	c, _, err := s.facts.caseOf(ctx, sc, i)
	return &pb.CreateIncidentResponse{Incident: caseToProto(c)}, err
}

// entered reads an incident that somebody enters. It returns an Invalid error
// for one that cannot be.
func (s *incidentService) entered(ctx context.Context, sc scope, req *pb.CreateIncidentRequest) (opsreview.Incident, error) {
	i := opsreview.Incident{
		Number: strings.TrimSpace(req.GetNumber()), Title: strings.Join(strings.Fields(req.GetTitle()), " "), Summary: strings.TrimSpace(req.GetSummary()),
		DetectedBy: opsreview.Detector(req.GetDetectedBy()), DeclaredAt: s.facts.now(),
	}
	if sc.team != "" {
		i.Teams = []string{sc.team}
	}
	var err error
	if err = s.facts.enteredTimes(&i, sc, req); err != nil {
		return i, err
	}
	if i.Severity, err = s.facts.severity(req.GetSeverity()); err != nil {
		return i, err
	}
	if i.URL, err = checkAddress("the incident", req.GetUrl()); err != nil {
		return i, err
	}
	if i.Postmortem, err = checkAddress("the postmortem", req.GetPostmortem()); err != nil {
		return i, err
	}
	if len(req.GetServices()) > maxLinked || len(req.GetPages()) > maxLinked {
		return i, opsreview.Errorf(opsreview.Invalid, "an incident may be entered with %d services and pages at most: link more afterwards", maxLinked)
	}
	for _, name := range req.GetServices() {
		if name, err = s.facts.serviceWord(sc, name); err != nil {
			return i, err
		}
		i.Services = append(i.Services, name)
	}
	for _, name := range req.GetPages() {
		p, err := s.facts.db.FindPage(ctx, name)
		if err != nil {
			return i, err
		}
		i.Pages = append(i.Pages, p.Ref)
	}
	return i, nil
}

// enteredTimes reads the times of an incident that somebody enters: none may be
// yet to come, and none may be before the start.
func (f *facts) enteredTimes(i *opsreview.Incident, sc scope, req *pb.CreateIncidentRequest) error {
	for _, t := range []struct {
		name, text string
		into       *time.Time
	}{
		{"start", req.GetStart(), &i.StartedAt},
		{"detection", req.GetDetect(), &i.DetectedAt},
		{"acknowledgement", req.GetAcknowledge(), &i.AcknowledgedAt},
		{"mitigation", req.GetMitigate(), &i.MitigatedAt},
		{"resolution", req.GetResolve(), &i.ResolvedAt},
	} {
		if strings.TrimSpace(t.text) == "" {
			continue
		}
		at, err := opsreview.ParseMoment(t.text, f.now(), sc.zone)
		switch {
		case err != nil:
			return opsreview.Wrapf(err, opsreview.Invalid, "%s: %s", t.name, opsreview.ErrorMessage(err))
		case at.After(f.now()):
			return opsreview.Errorf(opsreview.Invalid, "%s: %q is yet to come", t.name, bounded(t.text))
		case at.Before(i.StartedAt):
			return opsreview.Errorf(opsreview.Invalid, "%s: %q is before the start, %s", t.name, bounded(t.text), i.StartedAt.In(sc.zone).Format("2006-01-02 15:04"))
		}
		*t.into = at
	}
	return nil
}

// severity returns a severity as the configuration writes it. It returns an
// Invalid error for one that it does not know, since a mistake in writing would
// make a grave incident a light one.
func (f *facts) severity(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	known := f.incidents.OrDefault().Severities
	for _, s := range known {
		if incident.SameSeverity(s, text) {
			return s, nil
		}
	}
	return "", opsreview.Errorf(opsreview.Invalid, "there is no severity %q: choose one of %s, or name others in the configuration (incidents)", bounded(text), strings.Join(known, ", "))
}

// checkAddress returns an Invalid error for what is no address of the web.
func checkAddress(of, text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return "", opsreview.Errorf(opsreview.Invalid, "%q is no address of %s: write it as https://…", bounded(text), of)
	}
	return text, nil
}

// serviceWord returns a service's name as the sources write it, or else as the
// configuration does. It returns a NotFound error for one that nobody knows.
func (f *facts) serviceWord(sc scope, name string) (string, error) {
	name = strings.TrimSpace(name)
	for ref, s := range sc.all {
		if ref.String() == name || (s.Name != "" && strings.EqualFold(s.Name, name)) {
			if s.Name == "" || ref.String() == name {
				return ref.String(), nil
			}
			return s.Name, nil
		}
	}
	var words []string
	for _, t := range f.org.Teams {
		words = append(words, t.Services...)
	}
	for _, s := range f.slos {
		words = append(words, s.Service)
	}
	i := slices.IndexFunc(words, func(word string) bool { return word != "" && strings.EqualFold(word, name) })
	if i < 0 {
		return "", opsreview.Errorf(opsreview.NotFound, "there is no service %q", bounded(name))
	}
	return words[i], nil
}

func (s *incidentService) LinkIncident(ctx context.Context, req *pb.LinkIncidentRequest) (*pb.LinkIncidentResponse, error) {
	author, err := checkAuthor("a link", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	i, err := s.facts.findIncident(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	sc, err := s.facts.scope(ctx, "")
	if err != nil {
		return nil, err
	}
	kind := opsreview.LinkKind(req.GetKind())
	targets, err := s.targets(ctx, sc, kind, req.GetTargets())
	if err != nil {
		return nil, err
	}
	links := make([]opsreview.IncidentLink, len(targets))
	for n, target := range targets {
		links[n] = opsreview.IncidentLink{Incident: i.Ref, Kind: kind, Target: target, Author: author, At: s.facts.now()}
	}
	r, err := request(req, s.facts.now())
	if err != nil {
		return nil, err
	}
	if err := s.facts.db.LinkIncident(ctx, &r, links); err != nil {
		return nil, err
	}
	c, _, err := s.facts.caseOf(ctx, sc, i)
	return &pb.LinkIncidentResponse{Incident: caseToProto(c)}, err
}

// targets reads what is to be linked, in the form in which links keep it.
func (s *incidentService) targets(ctx context.Context, sc scope, kind opsreview.LinkKind, names []string) ([]string, error) {
	single := kind == opsreview.LinkPostmortem || kind == opsreview.LinkSeverity || kind == opsreview.LinkDetectedBy
	switch {
	case len(names) == 0:
		return nil, opsreview.Errorf(opsreview.Invalid, "say what to link")
	case single && len(names) > 1:
		return nil, opsreview.Errorf(opsreview.Invalid, "an incident has one %s: name one", kindWord(kind))
	case len(names) > maxLinked:
		return nil, opsreview.Errorf(opsreview.Invalid, "%d are too many for one request: at most %d", len(names), maxLinked)
	}
	targets := make([]string, len(names))
	for n, name := range names {
		target, err := s.target(ctx, sc, kind, strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		targets[n] = target
	}
	return targets, nil
}

func (s *incidentService) target(ctx context.Context, sc scope, kind opsreview.LinkKind, name string) (string, error) {
	switch {
	case name == "":
		return "", opsreview.Errorf(opsreview.Invalid, "say what to link")
	case kind == opsreview.LinkPage:
		p, err := s.facts.db.FindPage(ctx, name)
		return p.Ref.String(), err
	case kind == opsreview.LinkPostmortem:
		return checkAddress("the postmortem", name)
	case kind == opsreview.LinkSeverity:
		return s.facts.severity(name)
	case kind == opsreview.LinkService:
		return s.facts.serviceWord(sc, name)
	case kind == opsreview.LinkTicket && strings.ContainsAny(name, " \t\r\n"):
		return "", opsreview.Errorf(opsreview.Invalid, "%q is no ticket: write its key (OPS-12) or its address", bounded(name))
	}
	return name, nil // what is wrong with the others the store says
}

// kindWord is what people call a kind of link.
func kindWord(kind opsreview.LinkKind) string {
	if kind == opsreview.LinkDetectedBy {
		return "detector"
	}
	return string(kind)
}

func (s *incidentService) UnlinkIncident(ctx context.Context, req *pb.UnlinkIncidentRequest) (*pb.UnlinkIncidentResponse, error) {
	author, err := checkAuthor("to take a link back", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	i, err := s.facts.findIncident(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	link, err := s.linkInForce(ctx, i, opsreview.LinkKind(req.GetKind()), strings.TrimSpace(req.GetTarget()))
	if err != nil {
		return nil, err
	}
	if err := s.facts.db.UnlinkIncident(ctx, link, author, s.facts.now()); err != nil {
		return nil, err
	}
	sc, err := s.facts.scope(ctx, "")
	if err != nil {
		return nil, err
	}
	c, _, err := s.facts.caseOf(ctx, sc, i)
	return &pb.UnlinkIncidentResponse{Incident: caseToProto(c)}, err
}

// linkInForce returns the link of a kind that a target means: as it is kept, in
// any case, or a page by its number or the end of its reference. Of severity,
// detector and postmortem no target needs to be named.
func (s *incidentService) linkInForce(ctx context.Context, i opsreview.Incident, kind opsreview.LinkKind, target string) (opsreview.IncidentLink, error) {
	links, err := s.facts.db.IncidentLinks(ctx, []opsreview.Ref{i.Ref})
	if err != nil {
		return opsreview.IncidentLink{}, err
	}
	links = keep(links, func(l opsreview.IncidentLink) bool { return l.Kind == kind && l.WithdrawnBy == "" })
	single := kind == opsreview.LinkPostmortem || kind == opsreview.LinkSeverity || kind == opsreview.LinkDetectedBy
	if target == "" && single && len(links) == 1 {
		return links[0], nil
	}
	if kind == opsreview.LinkPage {
		if p, err := s.facts.db.FindPage(ctx, target); err == nil {
			target = p.Ref.String()
		}
	}
	for _, l := range links {
		if strings.EqualFold(l.Target, target) {
			return l, nil
		}
	}
	return opsreview.IncidentLink{}, opsreview.Errorf(opsreview.NotFound, "nobody linked %s %q to incident %s", kindWord(kind), bounded(target), incident.Name(i))
}
