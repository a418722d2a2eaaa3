package server

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

// checkMeeting returns a NotFound error unless the review that a request names
// is of the caller's teams, and a Denied one for a request that names neither a
// review nor one of their teams.
func (g *guard) checkMeeting(ctx context.Context, c call, req proto.Message) error {
	named, ok := req.(interface{ GetName() string })
	of, hasTeam := req.(interface{ GetTeam() string })
	if !ok || named.GetName() == "" || (hasTeam && of.GetTeam() != "") {
		if err := checkTeam(c, req, true); err != nil {
			return err
		}
	}
	if !ok || named.GetName() == "" {
		return nil
	}
	team := ""
	if hasTeam {
		team = of.GetTeam()
	}
	m, err := g.facts.findMeeting(ctx, named.GetName(), team)
	several := opsreview.ErrorCode(err) == opsreview.Invalid // it fits several, which the error lists
	if several || (err == nil && !c.scope.Has(m.Team)) {
		return errNoMeeting(named.GetName())
	}
	return err
}

// checkByID returns a NotFound error unless the item, the waiver or the entry of
// toil that a request names is of the caller's teams.
func (g *guard) checkByID(ctx context.Context, c call, req proto.Message) error {
	switch r := req.(type) {
	case *pb.ChangeItemRequest:
		return g.checkItem(ctx, c, r.GetId())
	case *pb.WithdrawWaiverRequest:
		return g.checkWaiver(ctx, c, r.GetId())
	case *pb.WithdrawToilRequest:
		e, err := g.facts.toilEntry(ctx, r.GetId())
		if err == nil && !c.scope.Has(e.Team) {
			return errNoToil(r.GetId())
		}
		return err
	}
	return opsreview.Errorf(opsreview.Denied, "%s may not do this", c.caller.Name)
}

// checkItem returns a NotFound error unless the item is in the minutes of a
// review of the caller's teams.
func (g *guard) checkItem(ctx context.Context, c call, id string) error {
	missing := opsreview.Errorf(opsreview.NotFound, "there is no item %q in any minutes", bounded(id))
	items, err := g.facts.db.MeetingItems(ctx, store.MeetingItemFilter{ID: id})
	switch {
	case err != nil:
		return err
	case id == "" || len(items) == 0:
		return missing
	}
	m, err := g.facts.db.Meeting(ctx, items[0].Meeting)
	if err == nil && !c.scope.Has(m.Team) {
		return missing
	}
	return err
}

// checkWaiver returns a NotFound error unless the waiver is of the caller's
// teams.
func (g *guard) checkWaiver(ctx context.Context, c call, id string) error {
	all, err := g.facts.db.Waivers(ctx, nil)
	if err != nil || slices.ContainsFunc(all, func(w opsreview.Waiver) bool { return w.ID == id && c.scope.Has(w.Team) }) {
		return err
	}
	return opsreview.Errorf(opsreview.NotFound, "there is no waiver %q", bounded(id))
}

// meetingSubjects says which review, item, waiver, incident or task a request
// is about to change, for the audit log.
func meetingSubjects(req proto.Message) []string {
	var of []string
	switch r := req.(type) {
	case *pb.OpenMeetingRequest:
		of = []string{r.GetWindow().GetWeek()}
	case *pb.AddItemRequest:
		of = []string{r.GetName(), r.GetItem().GetKind(), r.GetItem().GetSubject()}
	case *pb.ChangeItemRequest:
		of = []string{r.GetId()}
	case *pb.SendMinutesRequest:
		of = append([]string{r.GetName()}, r.GetDestinations()...)
	case *pb.CreateWaiverRequest:
		of = []string{r.GetKind(), r.GetSubject()}
	case *pb.WithdrawWaiverRequest:
		of = []string{r.GetId()}
	case *pb.CreateIncidentRequest:
		of = []string{r.GetTitle()}
	case *pb.LogToilRequest:
		of = []string{r.GetTask()}
	case *pb.WithdrawToilRequest:
		of = []string{r.GetId()}
	case *pb.AnswerTaskRequest:
		of = []string{r.GetTask()}
	case *pb.AutomateTaskRequest:
		of = []string{r.GetTask()}
	case interface{ GetName() string }: // a review or an incident
		of = []string{r.GetName()}
	}
	return slices.DeleteFunc(of, func(s string) bool { return s == "" })
}
