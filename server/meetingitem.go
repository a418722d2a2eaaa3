package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
)

func (s *meetingService) AddItem(ctx context.Context, req *pb.AddItemRequest) (*pb.AddItemResponse, error) {
	i, err := itemFromProto(req.GetItem())
	if err != nil {
		return nil, err
	}
	i.At = s.facts.now()
	if i.Author, err = checkAuthor("an item of minutes", i.Author); err != nil {
		return nil, err
	}
	m, err := s.facts.findMeeting(ctx, req.GetName(), req.GetTeam())
	if err != nil {
		return nil, err
	}
	if m.State == opsreview.MeetingClosed && req.GetRequestId() == "" {
		_, err := s.facts.openMeeting(ctx, req.GetName(), req.GetTeam())
		return nil, err
	}
	i.Meeting = m.ID
	sc, err := s.facts.scope(ctx, m.Team)
	if err != nil {
		return nil, err
	}
	if i.Due, err = due(req.GetItem(), i.At, sc.zone); err != nil {
		return nil, err
	}
	if i.Subject, err = s.facts.subjectOfItem(ctx, sc, i.Subject); err != nil {
		return nil, err
	}
	r, err := request(req, i.At)
	if err != nil {
		return nil, err
	}
	if i, err = s.facts.db.AddMeetingItem(ctx, &r, i); err != nil {
		return nil, err
	}
	return &pb.AddItemResponse{Item: itemToProto(i), Meeting: i.Meeting, TimeZone: sc.zone.String()}, nil
}

// itemFromProto reads what is said, without when and until when.
func itemFromProto(p *pb.MeetingItem) (opsreview.MeetingItem, error) {
	i := opsreview.MeetingItem{
		Kind: opsreview.ItemKind(p.GetKind()), Section: p.GetSection(), Subject: strings.TrimSpace(p.GetSubject()), Text: strings.TrimSpace(p.GetText()),
		Owner: strings.TrimSpace(p.GetOwner()), Ticket: strings.TrimSpace(p.GetTicket()), Author: p.GetAuthor(),
	}
	if !slices.Contains(opsreview.ItemKinds(), i.Kind) {
		var known []string
		for _, k := range opsreview.ItemKinds() {
			known = append(known, string(k))
		}
		return i, opsreview.Errorf(opsreview.Invalid, "there is no kind of item %q: choose one of %s", bounded(p.GetKind()), strings.Join(known, ", "))
	}
	if i.Kind == opsreview.ItemHandover {
		return i, opsreview.Errorf(opsreview.Invalid, "a review is handed over by changing who leads it, which writes that into the minutes")
	}
	if i.Text == "" {
		return i, opsreview.Errorf(opsreview.Invalid, "say what is to be written into the minutes")
	}
	if err := checkSection(i.Section); err != nil {
		return i, err
	}
	if err := checkLengths(maxSaid, "an item of minutes", i.Text); err != nil {
		return i, err
	}
	if err := checkLengths(maxSubject, "what an item is about", i.Subject, i.Ticket); err != nil {
		return i, err
	}
	return i, checkLengths(maxName, "a name", i.Owner)
}

// due reads by when an action is to be done: a date or a span, or a time.
func due(p *pb.MeetingItem, now time.Time, zone *time.Location) (time.Time, error) {
	if strings.TrimSpace(p.GetDue()) == "" {
		if t := p.GetDueTime(); t != nil {
			return t.AsTime(), t.CheckValid()
		}
		return time.Time{}, nil
	}
	at, err := opsreview.ParseEnd(p.GetDue(), now, zone)
	if err == nil && !at.After(now) {
		err = opsreview.Errorf(opsreview.Invalid, "%q is over: an action is due at a time that is yet to come", bounded(p.GetDue()))
	}
	return at, err
}

// subjectOfItem is what something is about as others name it: a page's whole
// reference and a monitor's whole ID, of the team's, and any other word as it
// is.
func (f *facts) subjectOfItem(ctx context.Context, sc scope, word string) (string, error) {
	if word == "" {
		return "", nil
	}
	for _, find := range []func(context.Context, scope, string) (subject, error){f.waivedPage, f.waivedMonitor} {
		s, err := find(ctx, sc, word)
		switch opsreview.ErrorCode(err) {
		case "":
			return s.name, nil
		case opsreview.NotFound, opsreview.Invalid: // it is something else
		default:
			return "", err
		}
	}
	return word, nil
}

func (s *meetingService) ChangeItem(ctx context.Context, req *pb.ChangeItemRequest) (*pb.ChangeItemResponse, error) {
	author, err := checkAuthor("a change of an item", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	change := store.ItemChange{
		Withdraw: req.GetWithdraw(), Done: req.GetDone(), Ticket: strings.TrimSpace(req.GetTicket()), By: author, At: s.facts.now(),
	}
	if !change.Withdraw && !change.Done && change.Ticket == "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "say what becomes of the item: it is taken back, it is done, or it has a ticket")
	}
	if change.Withdraw && (change.Done || change.Ticket != "") {
		return nil, opsreview.Errorf(opsreview.Invalid, "an item that is taken back can neither be done nor have a ticket")
	}
	if err := checkLengths(maxName, "a ticket's key", change.Ticket); err != nil {
		return nil, err
	}
	i, err := s.facts.db.ChangeMeetingItem(ctx, req.GetId(), change)
	if err != nil {
		return nil, err
	}
	return &pb.ChangeItemResponse{Item: itemToProto(i)}, nil
}

// PickPeople picks among the team's configured members, or else among those who
// are on its schedules. The review of the window itself does not count, so that
// asking again picks the same people.
func (s *meetingService) PickPeople(ctx context.Context, req *pb.PickPeopleRequest) (*pb.PickPeopleResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	w, err := s.facts.window(windowSpecFromProto(req.GetWindow()), sc)
	if err != nil {
		return nil, err
	}
	names, err := s.facts.mayPresent(ctx, sc, w)
	if err != nil {
		return nil, err
	}
	seed := strings.TrimSpace(req.GetSeed())
	if seed == "" {
		seed = meetingID(sc.team, w, sc.zone)
	}
	past, err := s.facts.db.Meetings(ctx, store.MeetingFilter{Team: &sc.team, Before: w.Start, Brief: true})
	if err != nil {
		return nil, err
	}
	pick, err := picked(names, past, req.GetAway(), seed)
	if err != nil {
		return nil, err
	}
	return pickToProto(pick), nil
}

// mayPresent lists who may present a team's review.
func (f *facts) mayPresent(ctx context.Context, sc scope, w opsreview.Window) ([]review.Person, error) {
	persons := sc.roster.Persons()
	for _, t := range f.org.Teams {
		if !strings.EqualFold(t.Name, sc.team) || len(t.Members) == 0 {
			continue
		}
		members := make([]review.Person, len(t.Members))
		for i, name := range t.Members {
			members[i] = review.Person{Key: name, Name: name}
			if at := slices.IndexFunc(persons, func(p review.Person) bool { return strings.EqualFold(p.Name, name) || p.Key == name }); at >= 0 {
				members[i] = persons[at]
			}
		}
		return members, nil
	}
	in, err := f.loadInput(ctx, sc, opsreview.Window{Start: w.Start.In(sc.zone).AddDate(0, 0, -7*baselineWeeks), End: w.End})
	if err != nil {
		return nil, err
	}
	crew := review.Crew(in)
	return slices.DeleteFunc(persons, func(p review.Person) bool {
		return p.Deleted || !slices.ContainsFunc(p.Refs, func(r opsreview.Ref) bool { return slices.Contains(crew, r) })
	}), nil
}
