package server

import (
	"context"
	"errors"
	"strings"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/report"
	"opsreview/review"
	"opsreview/store"
)

// A Destination is where reports of a team go, and when.
type Destination struct {
	Name     string
	Kind     string             // "slack", "smtp" or "command"
	Team     string             // whose report it is; "" for everybody's
	Last     string             // the window, such as "14d"; "" for the last complete week
	Schedule opsreview.Schedule // on the team's clock; zero for only when asked

	Anonymous bool // without names of people; else it is made for the team's leads
	Sender    Sender
}

// A Sender brings a report to one destination.
type Sender interface {
	// Compose returns what Send would send.
	Compose(b report.Bundle) ([]byte, error)

	// Send sends what Compose returned. It returns an Unavailable error if the
	// destination does not take it.
	Send(ctx context.Context, b report.Bundle, content []byte) error
}

// mediaTypes are the types of what RenderReview answers.
var mediaTypes = map[pb.ReportFormat]string{
	pb.ReportFormat_REPORT_FORMAT_MARKDOWN: "text/markdown; charset=utf-8",
	pb.ReportFormat_REPORT_FORMAT_HTML:     "text/html; charset=utf-8",
}

func (s *reviewService) RenderReview(ctx context.Context, req *pb.RenderReviewRequest) (*pb.RenderReviewResponse, error) {
	mediaType, ok := mediaTypes[req.GetFormat()]
	if !ok {
		return nil, opsreview.Errorf(opsreview.Invalid, "a report needs a format: markdown or html")
	}
	reader := s.facts.viewer
	if req.GetAnonymous() {
		reader = s.facts.strangers
	}
	data, err := s.facts.report(ctx, req.GetTeam(), windowSpecFromProto(req.GetWindow()), reader)
	if err != nil {
		return nil, err
	}
	resp := &pb.RenderReviewResponse{MediaType: mediaType}
	if req.GetFormat() == pb.ReportFormat_REPORT_FORMAT_HTML {
		resp.Content, err = report.HTML(data)
		return resp, err
	}
	resp.Content = report.Markdown(data)
	return resp, nil
}

// report computes what a report of the team is made of, for a reader.
func (f *facts) report(ctx context.Context, team string, spec opsreview.WindowSpec, reader reader) (report.Data, error) {
	p, err := f.prepare(ctx, team, spec, everyChart)
	if err != nil {
		return report.Data{}, err
	}
	v, err := reader(ctx, p.sc)
	if err != nil {
		return report.Data{}, err
	}
	names := p.names(f.org) // of those whom the review is about, before any are left out
	p.review = v.audience().Review(p.review)
	data := report.Data{Review: p.review, At: p.in.Now, LookBack: p.review.LookBack}
	if data.Plots, err = f.shownPlots(ctx, p.look); err != nil {
		return report.Data{}, err
	}
	if data.Tickets, err = f.ticketsOf(ctx, p.review.Findings); err != nil {
		return report.Data{}, err
	}
	if err := f.addLabelled(ctx, p.sc, &p.in); err != nil {
		return report.Data{}, err
	}
	data.Charts = v.audience().Charts(review.ChartsOf(p.in))
	if v.anonymous {
		data = anonymous(data, names)
	}
	return data, nil
}

// addLabelled replaces the pages of the weeks before the window by ones that
// carry their labels, which the comparisons of a review do without.
func (f *facts) addLabelled(ctx context.Context, sc scope, in *review.Input) error {
	before := opsreview.Window{Start: in.Window.Start.In(sc.zone).AddDate(0, 0, -7*baselineWeeks), End: in.Window.Start}
	labelled, err := f.db.Pages(ctx, store.PageFilter{Services: sc.serviceRefs(), Window: before, WithoutEvents: true})
	if err != nil {
		return err
	}
	have := make(map[opsreview.Ref]bool, len(in.Pages))
	var pages []opsreview.Page
	for _, p := range in.Pages {
		if len(p.Events) > 0 || !before.Contains(p.TriggeredAt) {
			have[p.Ref] = true
			pages = append(pages, p)
		}
	}
	for _, p := range labelled {
		if !have[p.Ref] {
			pages = append(pages, p)
		}
	}
	in.Pages = pages
	return nil
}

// A courier sends reports to the configured destinations.
type courier struct {
	opts  Options
	facts *facts
}

// destinations returns those of the team that the names choose, all of its for
// no names; the empty team has everybody's.
func (c *courier) destinations(team string, names []string) ([]Destination, error) {
	var all []Destination
	for _, d := range c.opts.Reports {
		if team == "" || strings.EqualFold(d.Team, team) {
			all = append(all, d)
		}
	}
	if len(names) == 0 {
		return all, nil
	}
	var chosen []Destination
	for _, name := range names {
		found := false
		for _, d := range all {
			if d.Name == name {
				found, chosen = true, append(chosen, d)
			}
		}
		if !found {
			return nil, opsreview.Errorf(opsreview.NotFound, "there is no report %q%s in the configuration", name, ofTeam(team))
		}
	}
	return chosen, nil
}

// send renders the report of a destination and sends it there, unless trial is
// set. It returns how large it was. Who reads it is the destination's business
// and not that of whoever asks: its team's leads, or strangers.
func (c *courier) send(ctx context.Context, d Destination, spec opsreview.WindowSpec, trial bool) (int, error) {
	if spec.IsZero() {
		spec.Last = d.Last
	}
	reader := c.facts.forLeads
	if d.Anonymous {
		reader = c.facts.strangers
	}
	data, err := c.facts.report(ctx, d.Team, spec, reader)
	if err != nil {
		return 0, err
	}
	bundle, err := report.Render(data)
	if err != nil {
		return 0, err
	}
	content, err := d.Sender.Compose(bundle)
	if err != nil || trial {
		return len(content), err
	}
	return len(content), d.Sender.Send(ctx, bundle, content)
}

// SendReport sends to one destination after the other. What one does not take
// keeps nothing from the others; if none takes anything the call fails.
func (s *reviewService) SendReport(ctx context.Context, req *pb.SendReportRequest) (*pb.SendReportResponse, error) {
	chosen, err := s.courier.destinations(req.GetTeam(), req.GetDestinations())
	if err != nil {
		return nil, err
	}
	if len(chosen) == 0 {
		return nil, opsreview.Errorf(opsreview.NotFound, "there are no reports%s in the configuration: add them under reports", ofTeam(req.GetTeam()))
	}
	resp := &pb.SendReportResponse{}
	for _, d := range chosen {
		d.Anonymous = d.Anonymous || req.GetAnonymous()
		size, err := s.courier.send(ctx, d, windowSpecFromProto(req.GetWindow()), req.GetValidateOnly())
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && (len(chosen) == 1 || errors.Is(err, context.Canceled)) {
			return nil, err
		}
		sent := &pb.SentReport{Destination: d.Name, Kind: d.Kind, ContentBytes: int32(size)}
		if err != nil {
			sent.Error = opsreview.ErrorMessage(err)
		}
		resp.Sent = append(resp.Sent, sent)
	}
	return resp, nil
}

func (s *reviewService) ListReports(ctx context.Context, req *pb.ListReportsRequest) (*pb.ListReportsResponse, error) {
	if _, err := s.facts.scope(ctx, req.GetTeam()); err != nil {
		return nil, err
	}
	chosen, err := s.courier.destinations(req.GetTeam(), nil)
	if err != nil {
		return nil, err
	}
	runs, err := s.courier.lastRuns(ctx)
	if err != nil {
		return nil, err
	}
	resp := &pb.ListReportsResponse{}
	for _, d := range chosen {
		zone, err := review.TeamZone(s.facts.org, d.Team)
		if err != nil {
			return nil, err
		}
		run := runs[d.Name]
		resp.Reports = append(resp.Reports, &pb.ReportDestination{
			Name: d.Name, Team: d.Team, Kind: d.Kind, Schedule: d.Schedule.String(), TimeZone: zone.String(),
			NextTime: timeToProto(d.Schedule.Next(s.facts.now(), zone)), LastDueTime: timeToProto(run.Due),
			LastState: string(run.State), LastError: run.Error,
		})
	}
	return resp, nil
}
