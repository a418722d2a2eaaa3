package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/ticket"
)

// maxNew is how many new tickets one call may ask for.
const maxNew = 1000

// A filing is what a call wants filed, and the plan of it.
type filing struct {
	prepared
	steps     []ticket.Step
	confirmed bool // somebody agreed that tickets are filed in the tracker
}

// A planRequest says which findings are planned or filed.
type planRequest interface {
	GetTeam() string
	GetWindow() *pb.WindowSelector
	GetOnly() []string
	GetMaxNew() int32
}

// plan computes what filing would ask of the tracker. It asks nobody but the
// ledger.
func (s *ticketService) plan(ctx context.Context, req planRequest) (filing, error) {
	tracker, err := s.facts.configured()
	if err != nil {
		return filing{}, err
	}
	if n := req.GetMaxNew(); n < 0 || n > maxNew {
		return filing{}, opsreview.Errorf(opsreview.Invalid, "%d new tickets make no sense: say 1 to %d, or 0 for the configured number", n, maxNew)
	}
	p, err := s.facts.prepare(ctx, req.GetTeam(), windowSpecFromProto(req.GetWindow()), acceptedCharts)
	if err != nil {
		return filing{}, err
	}
	if err := allFound(p.review.Findings, req.GetOnly()); err != nil {
		return filing{}, err
	}
	rows, err := s.facts.db.Tickets(ctx, tracker.Name())
	if err != nil {
		return filing{}, err
	}
	at, err := s.facts.db.Confirmed(ctx, tracker.Name())
	if err != nil {
		return filing{}, err
	}
	steps := ticket.Plan(ticket.PlanInput{
		Tracker: tracker.Name(), Findings: p.review.Findings, Rows: rows, Settings: s.settings, Now: p.in.Now,
		Run: runOf(p.in), Window: p.in.Window, Zone: p.sc.zone, Pages: pagesOf(p.in), Preview: tracker.Preview,
		Only: req.GetOnly(), MaxNew: int(req.GetMaxNew()),
	})
	return filing{prepared: p, steps: steps, confirmed: !at.IsZero()}, nil
}

// allFound returns a NotFound error for a finding that somebody names and the
// review does not have: filing nothing without a word would look like success.
func allFound(findings []opsreview.Finding, only []string) error {
	for _, name := range only {
		if !slices.ContainsFunc(findings, func(f opsreview.Finding) bool { return f.Key == name || f.Fingerprint() == name }) {
			return opsreview.Errorf(opsreview.NotFound, "this review has no finding %q: finding list shows those that it has", bounded(name))
		}
	}
	return nil
}

// runOf names the review that saw findings, so that asking twice counts once.
func runOf(in review.Input) string {
	return strings.Join([]string{in.Team, in.Window.Start.UTC().Format(time.RFC3339), in.Window.End.UTC().Format(time.RFC3339)}, "|")
}

// pagesOf are the pages that findings of a review may name.
func pagesOf(in review.Input) map[opsreview.Ref]opsreview.Page {
	pages := make(map[opsreview.Ref]opsreview.Page, len(in.Pages))
	if in.Budget != nil {
		for _, p := range in.Budget.Pages {
			pages[p.Ref] = p
		}
	}
	for _, p := range in.Pages {
		if _, ok := pages[p.Ref]; !ok || len(p.Events) > 0 {
			pages[p.Ref] = p
		}
	}
	return pages
}

// previews returns what carrying each step out would send, "" where that is
// nothing.
func previews(tracker ticket.Tracker, steps []ticket.Step) []string {
	out := make([]string, len(steps))
	for i, step := range steps {
		switch step.Action {
		case ticket.Create, ticket.Recover:
			out[i] = tracker.Preview(step.Draft)
		case ticket.Note, ticket.Reopen:
			out[i] = ticket.Render(step.Note, tracker.Caps().Format, tracker.Caps().MaxBody)
		case ticket.Skip, ticket.Defer:
		}
	}
	return out
}

func (s *ticketService) PlanTickets(ctx context.Context, req *pb.PlanTicketsRequest) (*pb.PlanTicketsResponse, error) {
	f, err := s.plan(ctx, req)
	if err != nil {
		return nil, err
	}
	resp := &pb.PlanTicketsResponse{
		Tracker: s.facts.tracker.Name(), Window: windowToProto(f.in.Window), TimeZone: f.sc.zone.String(), Confirmed: f.confirmed,
	}
	told, err := s.facts.teller(ctx, f)
	if err != nil {
		return nil, err
	}
	texts := previews(s.facts.tracker, f.steps)
	for i, step := range f.steps {
		resp.Steps = append(resp.Steps, told(ticketStepToProto(step, texts[i])))
	}
	return resp, nil
}

// FileTickets files and tells of each step as it is done. A caller that goes
// away ends it between two steps: what the tracker is asked at that moment comes
// to its end and into the ledger.
func (s *ticketService) FileTickets(req *pb.FileTicketsRequest, stream grpc.ServerStreamingServer[pb.FileTicketsResponse]) error {
	ctx := stream.Context()
	filer, err := s.filer(ctx)
	if err != nil {
		return err
	}
	f, err := s.plan(ctx, req)
	if err != nil {
		return err
	}
	if req.GetConfirm() && !req.GetValidateOnly() && !f.confirmed {
		if _, err := filer.Confirm(ctx, callerOf(ctx)); err != nil {
			return err
		}
		if f, err = s.plan(ctx, req); err != nil { // with what was adopted
			return err
		}
	}
	told, err := s.facts.teller(ctx, f)
	if err != nil {
		return err
	}
	texts := map[string]string{}
	for i, text := range previews(s.facts.tracker, f.steps) {
		texts[f.steps[i].Finding.Key] = text
	}
	send := func(done ticket.Done) error {
		msg := doneToProto(done, texts[done.Step.Finding.Key], s.facts.tracker.Name())
		msg.Step = told(msg.GetStep())
		return stream.Send(msg)
	}
	if req.GetValidateOnly() || !f.confirmed {
		for _, step := range f.steps {
			if err := send(ticket.Done{Step: step, Ticket: step.Row, Outcome: ticket.OutcomePlanned}); err != nil {
				return err
			}
		}
	} else if err := filer.File(ctx, f.steps, func(done ticket.Done) { _ = send(done) }); err != nil { // a caller that went away ends ctx
		return err
	}
	return stream.Send(&pb.FileTicketsResponse{Finished: true, Unconfirmed: !f.confirmed, Tracker: s.facts.tracker.Name()})
}
