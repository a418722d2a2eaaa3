package server

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
	"opsreview/ticket"
)

type ticketService struct {
	pb.UnimplementedTicketServiceServer
	facts    *facts
	settings ticket.Settings
}

// configured returns the tracker, or an Invalid error if there is none.
func (f *facts) configured() (ticket.Tracker, error) {
	if f.tracker == nil {
		return nil, opsreview.Errorf(opsreview.Invalid, "no tracker is configured: add tracker: to the configuration, see docs/tickets.md")
	}
	return f.tracker, nil
}

// trackerName is the tracker's name in the ledger, "" for every tracker's if
// none is configured.
func (f *facts) trackerName() string {
	if f.tracker == nil {
		return ""
	}
	return f.tracker.Name()
}

// filer carries out what a call asks for, in its caller's name.
func (s *ticketService) filer(ctx context.Context) (*ticket.Filer, error) {
	tracker, err := s.facts.configured()
	if err != nil {
		return nil, err
	}
	teams, err := s.facts.db.Teams(ctx)
	if err != nil {
		return nil, err
	}
	return &ticket.Filer{
		Tracker: tracker, Ledger: s.facts.db, Settings: s.settings, Now: s.facts.now, Caller: callerOf(ctx),
		Teams: review.TeamNames(s.facts.org, teams),
	}, nil
}

func (s *ticketService) SyncTickets(ctx context.Context, _ *pb.SyncTicketsRequest) (*pb.SyncTicketsResponse, error) {
	filer, err := s.filer(ctx)
	if err != nil {
		return nil, err
	}
	synced, err := filer.Sync(ctx)
	if err != nil {
		return nil, err
	}
	return &pb.SyncTicketsResponse{
		Tracker: s.facts.trackerName(), Asked: int32(synced.Asked), Changed: int32(synced.Changed), Gone: int32(synced.Gone),
		Relabelled: int32(synced.Relabelled), Found: int32(synced.Found),
	}, nil
}

func (s *ticketService) AdoptTickets(ctx context.Context, _ *pb.AdoptTicketsRequest) (*pb.AdoptTicketsResponse, error) {
	filer, err := s.filer(ctx)
	if err != nil {
		return nil, err
	}
	adopted, err := filer.Adopt(ctx)
	if err != nil {
		return nil, err
	}
	return &pb.AdoptTicketsResponse{
		Tracker: s.facts.trackerName(), Found: int32(adopted.Found), Adopted: int32(adopted.Adopted), Duplicates: adopted.Duplicates,
	}, nil
}

func (s *ticketService) ResolveTicket(ctx context.Context, req *pb.ResolveTicketRequest) (*pb.ResolveTicketResponse, error) {
	if req.GetFinding() == "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "say which finding it is about, by its key or fingerprint")
	}
	filer, err := s.filer(ctx)
	if err != nil {
		return nil, err
	}
	row, err := filer.Resolve(ctx, ticket.Resolution{Finding: req.GetFinding(), Key: strings.TrimSpace(req.GetKey()), Retry: req.GetRetry()})
	if err != nil {
		return nil, err
	}
	return &pb.ResolveTicketResponse{Ticket: ticketToProto(row)}, nil
}

func (s *ticketService) CheckTracker(ctx context.Context, _ *pb.CheckTrackerRequest) (*pb.CheckTrackerResponse, error) {
	tracker, err := s.facts.configured()
	if err != nil {
		return nil, err
	}
	resp := &pb.CheckTrackerResponse{Tracker: tracker.Name()}
	for _, c := range tracker.Check(ctx) {
		resp.Checks = append(resp.Checks, &pb.TrackerCheck{Subject: c.Subject, Ok: c.OK, Detail: c.Detail, Remedy: c.Remedy})
	}
	return resp, nil
}

func (s *ticketService) ListTickets(ctx context.Context, req *pb.ListTicketsRequest) (*pb.ListTicketsResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	filter := store.TicketFilter{Tracker: s.facts.trackerName(), Team: sc.team}
	if filter.States, filter.Stands, err = ticketStates(req.GetStates()); err != nil {
		return nil, err
	}
	rows, err := s.facts.db.ListTickets(ctx, filter)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, moreUrgent)
	closed, err := s.facts.closed(ctx, sc, rows)
	if err != nil {
		return nil, err
	}
	return &pb.ListTicketsResponse{Tracker: s.facts.trackerName(), Tickets: ticketsToProto(rows, review.Held(closed))}, nil
}

// moreUrgent orders tickets for people: open ones first, the dearest of them
// first, then closed ones, the last closed first; and of those the first filed.
func moreUrgent(a, b opsreview.Ticket) int {
	if a.ClosedAt.IsZero() != b.ClosedAt.IsZero() {
		return a.ClosedAt.Compare(b.ClosedAt)
	}
	return cmp.Or(b.ClosedAt.Compare(a.ClosedAt), cmp.Compare(b.Cost, a.Cost), a.FiledAt.Compare(b.FiledAt),
		cmp.Compare(len(a.RemoteKey), len(b.RemoteKey)), strings.Compare(a.RemoteKey, b.RemoteKey))
}

// ticketStates tells states from status categories. It returns an Invalid error
// for a word that is neither.
func ticketStates(words []string) (states []opsreview.TicketState, stands []opsreview.StatusCategory, err error) {
	categories := []opsreview.StatusCategory{opsreview.TicketTodo, opsreview.TicketDoing, opsreview.TicketDone}
	var known []string
	for _, state := range opsreview.TicketStates() {
		known = append(known, string(state))
	}
	for _, category := range categories {
		known = append(known, string(category))
	}
	for _, word := range words {
		switch state, category := opsreview.TicketState(word), opsreview.StatusCategory(word); {
		case slices.Contains(opsreview.TicketStates(), state):
			states = append(states, state)
		case slices.Contains(categories, category):
			stands = append(stands, category)
		default:
			return nil, nil, opsreview.Errorf(opsreview.Invalid, "there is no state %q: choose one of %s",
				bounded(word), strings.Join(known, ", "))
		}
	}
	return states, stands, nil
}

func (s *ticketService) ListTicketEffects(ctx context.Context, req *pb.ListTicketEffectsRequest) (*pb.ListTicketEffectsResponse, error) {
	size, digest, before, err := pagingByID(req)
	if err != nil {
		return nil, err
	}
	f := store.TicketEffectFilter{Tracker: s.facts.trackerName(), Before: before, Limit: size + 1, Now: s.facts.now()}
	if req.GetFinding() != "" {
		f.Fingerprint = fingerprintOf(req.GetFinding())
	}
	effects, err := s.facts.db.TicketEffects(ctx, f)
	if err != nil {
		return nil, err
	}
	resp := &pb.ListTicketEffectsResponse{}
	if len(effects) > size {
		effects = effects[:size]
		resp.NextPageToken = encodeToken(strconv.FormatInt(effects[size-1].ID, 10), digest)
	}
	for _, e := range effects {
		resp.Effects = append(resp.Effects, ticketEffectToProto(e))
	}
	return resp, nil
}

// fingerprintOf reads what a person calls a finding: its key or its fingerprint.
func fingerprintOf(finding string) string {
	if len(finding) == 16 && strings.Trim(finding, "0123456789abcdef") == "" {
		return finding
	}
	return opsreview.FingerprintOf(finding)
}
