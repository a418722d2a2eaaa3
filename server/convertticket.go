package server

import (
	"google.golang.org/protobuf/proto"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/ticket"
)

var ticketActionToProto = map[ticket.Action]pb.TicketAction{
	ticket.Create:  pb.TicketAction_TICKET_ACTION_CREATE,
	ticket.Note:    pb.TicketAction_TICKET_ACTION_NOTE,
	ticket.Reopen:  pb.TicketAction_TICKET_ACTION_REOPEN,
	ticket.Recover: pb.TicketAction_TICKET_ACTION_RECOVER,
	ticket.Skip:    pb.TicketAction_TICKET_ACTION_SKIP,
	ticket.Defer:   pb.TicketAction_TICKET_ACTION_DEFER,
}

func findingToProto(f opsreview.Finding) *pb.Finding {
	out := &pb.Finding{
		Key:         f.Key,
		Kind:        f.Kind,
		Title:       f.Title,
		Evidence:    f.Evidence,
		Remedy:      f.Remedy,
		Slo:         f.SLO,
		Monitor:     f.Monitor,
		Pages:       refsToProto(f.Pages),
		Category:    f.Category,
		Team:        f.Team,
		Service:     f.Service,
		CostMethod:  f.CostMethod,
		Fingerprint: f.Fingerprint(),
	}
	if f.CostMethod != "" {
		out.Cost = proto.Float64(f.Cost)
	}
	return out
}

func findingsToProto(findings []opsreview.Finding) []*pb.Finding {
	out := make([]*pb.Finding, len(findings))
	for i, f := range findings {
		out[i] = findingToProto(f)
	}
	return out
}

// ticketToProto returns nil for the zero ticket.
func ticketToProto(t opsreview.Ticket) *pb.Ticket {
	if t.Fingerprint == "" {
		return nil
	}
	return ticketFieldsToProto(t)
}

// ticketFieldsToProto converts a ticket of which the ledger may know nothing.
func ticketFieldsToProto(t opsreview.Ticket) *pb.Ticket {
	return &pb.Ticket{
		Tracker:         t.Tracker,
		Fingerprint:     t.Fingerprint,
		Generation:      int32(t.Generation),
		FindingKey:      t.Key,
		Kind:            t.Kind,
		Category:        t.Category,
		Team:            t.Team,
		Service:         t.Service,
		Monitor:         t.Monitor,
		Slo:             t.SLO,
		Title:           t.Title,
		Cost:            t.Cost,
		State:           string(t.State),
		Key:             t.RemoteKey,
		Url:             t.URL,
		StatusCategory:  string(t.Stands),
		Status:          t.Status,
		Resolution:      t.Resolution,
		Assignee:        t.Assignee,
		FileTime:        timeToProto(t.FiledAt),
		CloseTime:       timeToProto(t.ClosedAt),
		SyncTime:        timeToProto(t.SyncedAt),
		FirstSeenTime:   timeToProto(t.FirstAt),
		LastSeenTime:    timeToProto(t.LastAt),
		Seen:            int32(t.Seen),
		Error:           t.Error,
		SuppressEndTime: timeToProto(t.SuppressedUntil),
		Points:          t.Points,
	}
}

// A ticketName is what names a row of the ledger.
type ticketName struct {
	tracker, fingerprint string
	generation           int
}

func nameOf(t opsreview.Ticket) ticketName {
	return ticketName{t.Tracker, t.Fingerprint, t.Generation}
}

// ticketsToProto converts tickets, with whether those held of which that is
// known.
func ticketsToProto(tickets []opsreview.Ticket, outcomes []review.TicketOutcome) []*pb.Ticket {
	held := make(map[ticketName]review.TicketOutcome, len(outcomes))
	for _, o := range outcomes {
		held[nameOf(o.Ticket)] = o
	}
	out := make([]*pb.Ticket, len(tickets))
	for i, t := range tickets {
		out[i] = ticketToProto(t)
		if o, ok := held[nameOf(t)]; ok {
			out[i].Outcome = heldToProto(o)
		}
	}
	return out
}

func heldToProto(o review.TicketOutcome) *pb.TicketOutcome {
	out := &pb.TicketOutcome{
		Verdict:     string(o.Verdict),
		PagesBefore: int32(o.Before),
		PagesAfter:  int32(o.After),
		Before:      windowToProto(o.BeforeWindow),
		After:       windowToProto(o.AfterWindow),
		PValue:      o.PValue,
		Text:        o.Text,
	}
	if o.RatioKnown {
		out.RateRatio, out.RateRatioLow, out.RateRatioHigh = &o.Ratio, &o.RatioLow, &o.RatioHigh
	}
	if o.Verdict == review.HasHeld {
		out.MinutesSaved = &o.MinutesSaved
	}
	return out
}

// ticketStepToProto converts a step. Its preview is what carrying it out would send.
func ticketStepToProto(s ticket.Step, preview string) *pb.TicketStep {
	return &pb.TicketStep{
		Finding:    findingToProto(s.Finding),
		Action:     ticketActionToProto[s.Action],
		Reason:     s.Reason,
		Ticket:     ticketToProto(s.Row),
		Preview:    preview,
		Generation: int32(s.Generation),
	}
}

// doneToProto converts what became of a step of which preview was sent.
func doneToProto(d ticket.Done, preview, tracker string) *pb.FileTicketsResponse {
	out := &pb.FileTicketsResponse{
		Step: ticketStepToProto(d.Step, preview), Outcome: string(d.Outcome), Ticket: ticketToProto(d.Ticket), Tracker: tracker,
		Detail: d.Detail, Duplicates: d.Duplicates,
	}
	switch d.Outcome {
	case ticket.OutcomeRejected, ticket.OutcomeThrottled, ticket.OutcomeUncertain:
		out.Error = d.Detail
	case ticket.OutcomeDone, ticket.OutcomePlanned:
	}
	return out
}

func ticketEffectToProto(e opsreview.TicketEffect) *pb.TicketEffect {
	return &pb.TicketEffect{
		StartTime:   timeToProto(e.At),
		EndTime:     timeToProto(e.EndedAt),
		Tracker:     e.Tracker,
		Fingerprint: e.Fingerprint,
		Generation:  int32(e.Generation),
		Action:      e.Action,
		Detail:      e.Detail,
		Outcome:     e.Outcome,
		Key:         e.RemoteKey,
		Caller:      e.Caller,
	}
}
