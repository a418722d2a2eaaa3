package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/store"
)

// A sitting is a server with a review of team secrets, whose clock can be moved.
type sitting struct {
	*api
	meetings pb.MeetingServiceClient
	clock    *clock
}

// openSitting serves a week with two pages of vault and one of consul that
// nobody has labelled, and one of another team's.
func openSitting(t *testing.T, change ...func(*server.Options)) *sitting {
	t.Helper()
	c := &clock{at: now}
	a := openServer(t, append([]func(*server.Options){func(o *server.Options) { o.Now, o.LocalUser = c.now, "ada" }}, change...)...)
	seed(t, a,
		page("Q1", "vault", monday(1, "10:00:00"), notify(monday(1, "10:00:00"), "bob"), resolve(monday(1, "11:00:00"))),
		page("Q2", "vault", monday(2, "10:00:00"), notify(monday(2, "10:00:00"), "bob"), resolve(monday(2, "11:00:00"))),
		page("Q3", "consul", monday(3, "10:00:00"), notify(monday(3, "10:00:00"), "ada"), resolve(monday(3, "11:00:00"))),
		page("Q4", "ledger", monday(3, "10:00:00")))
	return &sitting{api: a, meetings: pb.NewMeetingServiceClient(a.conn), clock: c}
}

func (s *sitting) open(t *testing.T) *pb.Meeting {
	t.Helper()
	return must(s.meetings.OpenMeeting(t.Context(), &pb.OpenMeetingRequest{Team: "Secrets", Window: inWeek()}))(t).GetMeeting()
}

func (s *sitting) label(t *testing.T, verdict pb.Verdict, cause string, pages ...string) {
	t.Helper()
	req := &pb.LabelPagesRequest{Pages: pages, Label: &pb.Label{Verdict: verdict, Cause: cause, Author: "ada"}}
	must(s.pages.LabelPages(t.Context(), req))(t)
}

// settle labels every page, so that the review can be closed.
func (s *sitting) settle(t *testing.T) {
	t.Helper()
	s.label(t, pb.Verdict_VERDICT_ACTIONABLE, "service_issue", "pd/Q1", "pd/Q2", "pd/Q3")
}

func (s *sitting) get(t *testing.T, name string) *pb.GetMeetingResponse {
	t.Helper()
	return must(s.meetings.GetMeeting(t.Context(), &pb.GetMeetingRequest{Name: name, Team: "secrets"}))(t)
}

func (s *sitting) add(t *testing.T, item *pb.MeetingItem) *pb.MeetingItem {
	t.Helper()
	return must(s.meetings.AddItem(t.Context(), &pb.AddItemRequest{Team: "secrets", Item: item}))(t).GetItem()
}

func (s *sitting) close(t *testing.T, req *pb.CloseMeetingRequest) *pb.CloseMeetingResponse {
	t.Helper()
	req.Team = "secrets"
	return must(s.meetings.CloseMeeting(t.Context(), req))(t)
}

func openKinds(points []*pb.OpenPoint) string {
	var all []string
	for _, o := range points {
		all = append(all, o.GetKind()+" "+o.GetSubject())
	}
	return strings.Join(all, ", ")
}

func TestMeeting_FromItsOpeningToItsEnd(t *testing.T) {
	s := openSitting(t)
	m := s.open(t)
	if m.GetId() != "secrets/2026-W46" || m.GetTeam() != "secrets" || m.GetState() != "open" || m.GetFacilitator() != "ada" || len(m.GetFacts()) != 64 {
		t.Fatalf("opened %v", m)
	}
	again := must(s.meetings.OpenMeeting(t.Context(), &pb.OpenMeetingRequest{Team: "secrets", Window: inWeek(), Author: "bob"}))(t)
	if !again.GetResumed() || again.GetMeeting().GetOpenedBy() != "ada" {
		t.Errorf("opened again: %v", again)
	}
	got := s.get(t, "")
	if n := len(got.GetAgenda().GetSections()); n != 11 || got.GetAgenda().GetReview().GetHeadline().GetPages() != 3 {
		t.Errorf("the agenda has %d sections of %d pages", n, got.GetAgenda().GetReview().GetHeadline().GetPages())
	}
	if got := openKinds(got.GetAgenda().GetOpen()); got != "page pd/Q1, page pd/Q2, page pd/Q3" {
		t.Errorf("open: %s", got)
	}
	if c := s.close(t, &pb.CloseMeetingRequest{}); c.GetClosed() || len(c.GetOpen()) != 3 || len(c.GetOpen()[0].GetDo()) == 0 {
		t.Errorf("it closes with unlabelled pages: %v", c)
	}
	s.settle(t)
	note := s.add(t, &pb.MeetingItem{Kind: "note", Section: "pages", Subject: "Q1", Text: " a slow disk "})
	if note.GetSubject() != "pd/Q1" || note.GetText() != "a slow disk" || note.GetAuthor() != "ada" {
		t.Errorf("noted %v", note)
	}
	action := s.add(t, &pb.MeetingItem{Kind: "action", Text: "replace the disk", Owner: "Bob", Due: "14d"})
	if want := now.Add(14 * day); !action.GetDueTime().AsTime().Equal(want) {
		t.Errorf("due at %s, want %s", action.GetDueTime().AsTime(), want)
	}
	trial := s.close(t, &pb.CloseMeetingRequest{ValidateOnly: true})
	if trial.GetClosed() || len(trial.GetOpen()) != 0 || s.get(t, "").GetMeeting().GetState() != "open" {
		t.Errorf("a trial: %v", trial)
	}
	c := s.close(t, &pb.CloseMeetingRequest{})
	if !c.GetClosed() || c.GetMeeting().GetState() != "closed" || c.GetMeeting().GetClosedBy() != "ada" {
		t.Fatalf("closed %v", c)
	}
	_, err := s.meetings.AddItem(t.Context(), &pb.AddItemRequest{Name: m.GetId(), Item: &pb.MeetingItem{Kind: "note", Text: "too late"}})
	wantCode(t, codes.AlreadyExists, err)
	_, err = s.meetings.CloseMeeting(t.Context(), &pb.CloseMeetingRequest{Name: m.GetId()})
	wantCode(t, codes.AlreadyExists, err)
	_, err = s.meetings.UpdateMeeting(t.Context(), &pb.UpdateMeetingRequest{Name: m.GetId(), Section: "wins"})
	wantCode(t, codes.AlreadyExists, err)
	_, err = s.meetings.OpenMeeting(t.Context(), &pb.OpenMeetingRequest{Team: "secrets", Window: inWeek()})
	wantCode(t, codes.AlreadyExists, err)
}

// What is closed reads for ever as its meeting saw it: neither late pages nor
// relabels nor what becomes of its actions and waivers change a word of it.
func TestMeeting_ClosedMinutesNeverChange(t *testing.T) {
	s := openSitting(t)
	s.open(t)
	s.label(t, pb.Verdict_VERDICT_ACTIONABLE, "service_issue", "pd/Q1", "pd/Q2")
	s.label(t, pb.Verdict_VERDICT_NOT_ACTIONABLE, "self_resolved", "pd/Q3")
	waiver := must(s.meetings.CreateWaiver(t.Context(), &pb.CreateWaiverRequest{
		Team: "secrets", Subject: "Q3", Owner: "Bob", Reason: "consul is replaced next week", Expires: "14d",
	}))(t).GetWaiver()
	if waiver.GetKind() != "page" || waiver.GetSubject() != "pd/Q3" || waiver.GetTitle() != "disk full on consul" || waiver.GetState() != "in_force" {
		t.Errorf("waived %v", waiver)
	}
	action := s.add(t, &pb.MeetingItem{Kind: "action", Text: "replace consul"})
	if c := s.close(t, &pb.CloseMeetingRequest{}); !c.GetClosed() {
		t.Fatalf("it does not close: %v", c)
	}
	read := func() string {
		got := s.get(t, "2026-W46")
		var words strings.Builder
		for _, section := range got.GetAgenda().GetSections() {
			words.WriteString(section.String())
		}
		for _, i := range got.GetAgenda().GetItems() {
			words.WriteString(i.String())
		}
		for _, w := range got.GetAgenda().GetWaivers() {
			words.WriteString(w.String())
		}
		minutes := must(s.meetings.RenderMinutes(t.Context(), &pb.RenderMinutesRequest{Team: "secrets", Format: pb.ReportFormat_REPORT_FORMAT_MARKDOWN}))(t)
		return words.String() + string(minutes.GetContent())
	}
	before := read()
	s.clock.move(30 * day)
	seed(t, s.api, page("Q5", "vault", monday(4, "10:00:00")))
	s.label(t, pb.Verdict_VERDICT_NOT_ACTIONABLE, "duplicate", "pd/Q1")
	must(s.meetings.ChangeItem(t.Context(), &pb.ChangeItemRequest{Id: action.GetId(), Done: true, Ticket: "OPS-1"}))(t)
	must(s.meetings.WithdrawWaiver(t.Context(), &pb.WithdrawWaiverRequest{Id: waiver.GetId()}))(t)
	if after := read(); after != before {
		t.Errorf("closed minutes changed from\n%s\nto\n%s", before, after)
	}
	diff := must(s.meetings.DiffMeeting(t.Context(), &pb.DiffMeetingRequest{Team: "secrets"}))(t)
	kinds := map[string]bool{}
	for _, c := range diff.GetChanges() {
		kinds[c.GetKind()] = true
	}
	if !kinds["late_page"] || !kinds["relabelled"] || !kinds["number"] {
		t.Errorf("what changed since: %v", diff.GetChanges())
	}
	_, err := s.meetings.ChangeItem(t.Context(), &pb.ChangeItemRequest{Id: action.GetId(), Withdraw: true})
	wantCode(t, codes.AlreadyExists, err)
}

func TestMeeting_AForcedCloseIsInTheMinutes(t *testing.T) {
	s := openSitting(t)
	s.open(t)
	c := s.close(t, &pb.CloseMeetingRequest{ForceReason: "the house is on fire"})
	if !c.GetClosed() || c.GetMeeting().GetForced() != "the house is on fire" || len(c.GetMeeting().GetForcedOpen()) != 3 {
		t.Fatalf("forced: %v", c)
	}
	minutes := must(s.meetings.RenderMinutes(t.Context(), &pb.RenderMinutesRequest{Team: "secrets", Format: pb.ReportFormat_REPORT_FORMAT_MARKDOWN}))(t)
	for _, want := range []string{"the house is on fire", "nobody has labelled it"} {
		if !strings.Contains(string(minutes.GetContent()), want) {
			t.Errorf("the minutes lack %q:\n%s", want, minutes.GetContent())
		}
	}
}

// A force that was not needed is none.
func TestMeeting_NothingIsForcedWhereNothingIsOpen(t *testing.T) {
	s := openSitting(t)
	s.open(t)
	s.settle(t)
	if c := s.close(t, &pb.CloseMeetingRequest{ForceReason: "to be safe"}); !c.GetClosed() || c.GetMeeting().GetForced() != "" {
		t.Errorf("forced: %v", c)
	}
}

func TestMeeting_TheSameRequestClosesOnce(t *testing.T) {
	s := openSitting(t)
	m := s.open(t)
	s.settle(t)
	for range 3 {
		if c := s.close(t, &pb.CloseMeetingRequest{RequestId: "r1"}); !c.GetClosed() || c.GetMeeting().GetId() != m.GetId() {
			t.Fatalf("closed %v", c)
		}
		s.clock.move(time.Hour)
	}
	if got := s.get(t, "").GetMeeting().GetCloseTime().AsTime(); !got.Equal(now) {
		t.Errorf("closed at %s", got)
	}
	_, err := s.meetings.CloseMeeting(t.Context(), &pb.CloseMeetingRequest{Team: "payments", RequestId: "r1"})
	if c := codeOf(err); c != codes.AlreadyExists && c != codes.NotFound {
		t.Errorf("the same id for something else: %v", err)
	}
}

func TestMeeting_HandOver(t *testing.T) {
	s := openSitting(t)
	m := s.open(t)
	got := must(s.meetings.UpdateMeeting(t.Context(), &pb.UpdateMeetingRequest{Name: m.GetId(), Section: "load", Facilitator: "Bob"}))(t).GetMeeting()
	if got.GetSection() != "load" || got.GetFacilitator() != "Bob" || got.GetPresenter() != m.GetPresenter() {
		t.Errorf("handed over: %v", got)
	}
	items := s.get(t, "").GetAgenda().GetItems()
	if len(items) != 1 || items[0].GetKind() != "hand_over" || items[0].GetText() != "Bob" || items[0].GetAuthor() != "ada" {
		t.Errorf("the minutes say %v", items)
	}
}

// What an action's ticket is filed for is settled, and what a waiver covers
// until it expires.
func TestMeeting_TicketsAndWaiversSettle(t *testing.T) {
	s := openSitting(t)
	s.open(t)
	s.label(t, pb.Verdict_VERDICT_NOT_ACTIONABLE, "threshold_wrong", "pd/Q1", "pd/Q2", "pd/Q3")
	open := s.get(t, "").GetAgenda().GetOpen()
	if len(open) != 2 || open[0].GetKind() != "monitor" {
		t.Fatalf("open: %v", open)
	}
	s.add(t, &pb.MeetingItem{Kind: "action", Subject: open[0].GetSubject(), Text: "raise the threshold", Ticket: "OPS-12"})
	must(s.meetings.CreateWaiver(t.Context(), &pb.CreateWaiverRequest{
		Team: "secrets", Kind: "monitor", Subject: open[1].GetSubject(), Owner: "Bob", Reason: "it goes away", Expires: "2d",
	}))(t)
	if left := s.get(t, "").GetAgenda().GetOpen(); len(left) != 0 {
		t.Errorf("still open: %v", left)
	}
	s.clock.move(3 * day)
	left := s.get(t, "").GetAgenda().GetOpen()
	if len(left) != 1 || !strings.Contains(left[0].GetText(), "by Bob (it goes away) expired on Wed 18 Nov 2026") {
		t.Errorf("after the waiver's end: %v", left)
	}
	list := must(s.meetings.ListWaivers(t.Context(), &pb.ListWaiversRequest{Team: "secrets"}))(t).GetWaivers()
	all := must(s.meetings.ListWaivers(t.Context(), &pb.ListWaiversRequest{Team: "secrets", All: true}))(t).GetWaivers()
	if len(list) != 0 || len(all) != 1 || all[0].GetState() != "expired" {
		t.Errorf("waivers in force %v, of all %v", list, all)
	}
}

func TestMeeting_CarriesActionsOverAndLinesUpTrends(t *testing.T) {
	s := openSitting(t)
	s.open(t)
	s.settle(t)
	todo := s.add(t, &pb.MeetingItem{Kind: "action", Text: "replace the disk", Owner: "Bob"})
	done := s.add(t, &pb.MeetingItem{Kind: "action", Text: "buy a disk"})
	s.close(t, &pb.CloseMeetingRequest{})
	must(s.meetings.ChangeItem(t.Context(), &pb.ChangeItemRequest{Id: done.GetId(), Done: true}))(t)
	s.clock.move(7 * day)
	next := must(s.meetings.OpenMeeting(t.Context(), &pb.OpenMeetingRequest{Team: "secrets", Presenter: "Bob"}))(t).GetMeeting()
	if next.GetId() != "secrets/2026-W47" {
		t.Fatalf("opened %v", next)
	}
	carried := s.get(t, "").GetAgenda().GetCarried()
	if len(carried) != 1 || carried[0].GetItem().GetId() != todo.GetId() || carried[0].GetMeeting() != "secrets/2026-W46" || carried[0].GetAgeDays() != 6 {
		t.Errorf("carried over: %v", carried)
	}
	if c := s.close(t, &pb.CloseMeetingRequest{}); !c.GetClosed() {
		t.Fatalf("a week without pages does not close: %v", c)
	}
	trends := must(s.meetings.ListTrends(t.Context(), &pb.ListTrendsRequest{Team: "secrets"}))(t).GetTrends()
	at := slices.IndexFunc(trends, func(tr *pb.Trend) bool { return tr.GetId() == "pages" })
	if at < 0 || len(trends[at].GetPoints()) != 2 || trends[at].GetPoints()[0].GetValue() != 3 || trends[at].GetPoints()[1].GetValue() != 0 {
		t.Errorf("trends: %v", trends)
	}
	list := must(s.meetings.ListMeetings(t.Context(), &pb.ListMeetingsRequest{Team: "secrets", PageSize: 1}))(t)
	rest := must(s.meetings.ListMeetings(t.Context(), &pb.ListMeetingsRequest{Team: "secrets", PageSize: 1, PageToken: list.GetNextPageToken()}))(t)
	if len(list.GetMeetings()) != 1 || list.GetMeetings()[0].GetWeek() != "2026-W47" || rest.GetMeetings()[0].GetWeek() != "2026-W46" || rest.GetNextPageToken() != "" {
		t.Errorf("listed %v, then %v", list, rest)
	}
}

func TestPickPeople(t *testing.T) {
	s := openSitting(t)
	pick := func(req *pb.PickPeopleRequest) *pb.PickPeopleResponse {
		req.Team = "secrets"
		return must(s.meetings.PickPeople(t.Context(), req))(t)
	}
	first, again := pick(&pb.PickPeopleRequest{}), pick(&pb.PickPeopleRequest{})
	if first.GetSeed() != "secrets/2026-W46" || first.GetPresenter() != again.GetPresenter() || first.GetFacilitator() == first.GetPresenter() {
		t.Errorf("picked %v, then %v", first, again)
	}
	if alone := pick(&pb.PickPeopleRequest{Away: []string{"ada"}, Seed: "x"}); alone.GetPresenter() != "Bob" {
		t.Errorf("picked %v while Ada is away", alone)
	}
	_, err := s.meetings.PickPeople(t.Context(), &pb.PickPeopleRequest{Team: "secrets", Away: []string{"Zoe"}})
	wantCode(t, codes.InvalidArgument, err)
	payments := must(s.meetings.PickPeople(t.Context(), &pb.PickPeopleRequest{Team: "payments"}))(t)
	if payments.GetPresenter() != "Dee" {
		t.Errorf("picked %v of the configured members", payments)
	}
	// Who presented last week does not present this week.
	must(s.meetings.OpenMeeting(t.Context(), &pb.OpenMeetingRequest{Team: "secrets", Window: inWeek(), Presenter: "bob"}))(t)
	s.clock.move(7 * day)
	for _, seed := range []string{"a", "b", "c", "d", "e", "f"} {
		if next := pick(&pb.PickPeopleRequest{Seed: seed}); next.GetPresenter() != "Ada" {
			t.Errorf("with the seed %s it picks %v", seed, next)
		}
	}
}

func TestMeeting_WhatIsRefused(t *testing.T) {
	s := openSitting(t)
	s.open(t)
	call := func(_ any, err error) error { return err }
	item := func(i *pb.MeetingItem) error {
		return call(s.meetings.AddItem(t.Context(), &pb.AddItemRequest{Team: "secrets", Item: i}))
	}
	open := func(w *pb.WindowSelector, team string, early bool) error {
		return call(s.meetings.OpenMeeting(t.Context(), &pb.OpenMeetingRequest{Team: team, Window: w, Early: early}))
	}
	waive := func(change func(*pb.CreateWaiverRequest)) error {
		req := &pb.CreateWaiverRequest{Team: "secrets", Kind: "page", Subject: "pd/Q1", Owner: "Bob", Reason: "why", Expires: "2d"}
		change(req)
		return call(s.meetings.CreateWaiver(t.Context(), req))
	}
	tests := map[string]struct {
		err  error
		want codes.Code
	}{
		"a window that has not ended":            {open(&pb.WindowSelector{Week: "2026-W47"}, "secrets", false), codes.InvalidArgument},
		"unless it is early":                     {open(&pb.WindowSelector{Week: "2026-W47"}, "secrets", true), codes.OK},
		"a window that has not begun":            {open(&pb.WindowSelector{Week: "2026-W48"}, "secrets", true), codes.InvalidArgument},
		"a team that nobody knows":               {open(inWeek(), "nobody", false), codes.NotFound},
		"a review that is not there":             {call(s.meetings.GetMeeting(t.Context(), &pb.GetMeetingRequest{Name: "secrets/2020-W01"})), codes.NotFound},
		"a team without a review":                {call(s.meetings.GetMeeting(t.Context(), &pb.GetMeetingRequest{Team: "payments"})), codes.NotFound},
		"an item without a text":                 {item(&pb.MeetingItem{Kind: "note", Text: "  "}), codes.InvalidArgument},
		"an item of no kind":                     {item(&pb.MeetingItem{Text: "x"}), codes.InvalidArgument},
		"a hand-over that is no hand-over":       {item(&pb.MeetingItem{Kind: "hand_over", Text: "Bob"}), codes.InvalidArgument},
		"an item of a section that is not there": {item(&pb.MeetingItem{Kind: "note", Text: "x", Section: "lunch"}), codes.InvalidArgument},
		"a note with an owner":                   {item(&pb.MeetingItem{Kind: "note", Text: "x", Owner: "Bob"}), codes.InvalidArgument},
		"an item that is too long":               {item(&pb.MeetingItem{Kind: "note", Text: strings.Repeat("é", 4001)}), codes.InvalidArgument},
		"an item as long as may be":              {item(&pb.MeetingItem{Kind: "note", Text: strings.Repeat("é", 4000)}), codes.OK},
		"an action that is due already":          {item(&pb.MeetingItem{Kind: "action", Text: "x", Due: "2026-11-01"}), codes.InvalidArgument},
		"an action that is due never":            {item(&pb.MeetingItem{Kind: "action", Text: "x", Due: "when it suits"}), codes.InvalidArgument},
		"a section that is not there":            {call(s.meetings.UpdateMeeting(t.Context(), &pb.UpdateMeetingRequest{Name: "secrets/2026-W46", Section: "lunch"})), codes.InvalidArgument},
		"a change of no review":                  {call(s.meetings.UpdateMeeting(t.Context(), &pb.UpdateMeetingRequest{Section: "wins"})), codes.InvalidArgument},
		"a change of nothing":                    {call(s.meetings.ChangeItem(t.Context(), &pb.ChangeItemRequest{Id: "n-1"})), codes.InvalidArgument},
		"an item that is not there":              {call(s.meetings.ChangeItem(t.Context(), &pb.ChangeItemRequest{Id: "n-999", Done: true})), codes.NotFound},
		"a force without a reason":               {call(s.meetings.CloseMeeting(t.Context(), &pb.CloseMeetingRequest{Team: "secrets", ForceReason: " "})), codes.InvalidArgument},
		"minutes of no format":                   {call(s.meetings.RenderMinutes(t.Context(), &pb.RenderMinutesRequest{Team: "secrets"})), codes.InvalidArgument},
		"too long a trend":                       {call(s.meetings.ListTrends(t.Context(), &pb.ListTrendsRequest{Team: "secrets", Reviews: 1000})), codes.InvalidArgument},
		"a waiver":                               {waive(func(*pb.CreateWaiverRequest) {}), codes.OK},
		"a waiver without an owner":              {waive(func(r *pb.CreateWaiverRequest) { r.Owner = " " }), codes.InvalidArgument},
		"a waiver without a reason":              {waive(func(r *pb.CreateWaiverRequest) { r.Reason = "" }), codes.InvalidArgument},
		"a waiver without an end":                {waive(func(r *pb.CreateWaiverRequest) { r.Expires = "" }), codes.InvalidArgument},
		"a waiver that has ended":                {waive(func(r *pb.CreateWaiverRequest) { r.Expires = "2026-11-01" }), codes.InvalidArgument},
		"a waiver for 182 days":                  {waive(func(r *pb.CreateWaiverRequest) { r.Expires = "182d" }), codes.InvalidArgument},
		"a waiver for 180 days":                  {waive(func(r *pb.CreateWaiverRequest) { r.Expires = "180d" }), codes.OK},
		"a waiver of nothing":                    {waive(func(r *pb.CreateWaiverRequest) { r.Subject = "" }), codes.InvalidArgument},
		"a waiver of a page that is not there":   {waive(func(r *pb.CreateWaiverRequest) { r.Subject = "pd/Q9" }), codes.NotFound},
		"a waiver of another team's page":        {waive(func(r *pb.CreateWaiverRequest) { r.Subject = "pd/Q4" }), codes.NotFound},
		"a waiver of a kind that is not there":   {waive(func(r *pb.CreateWaiverRequest) { r.Kind = "person" }), codes.InvalidArgument},
		"a waiver of no kind and no name":        {waive(func(r *pb.CreateWaiverRequest) { r.Kind, r.Subject = "", "zzz" }), codes.NotFound},
		"a breach that nobody made":              {waive(func(r *pb.CreateWaiverRequest) { r.Kind, r.Subject = "breach", "pages_per_shift:ada" }), codes.NotFound},
		"an incident that is not there":          {waive(func(r *pb.CreateWaiverRequest) { r.Kind, r.Subject = "incident", "INC-1" }), codes.NotFound},
		"taking back a waiver that is not there": {call(s.meetings.WithdrawWaiver(t.Context(), &pb.WithdrawWaiverRequest{Id: "w-99"})), codes.NotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantCode(t, tt.want, tt.err) })
	}
}

// A window that is no week has its ends in its name, and opening "the last two
// days" again within a minute opens no other.
func TestMeeting_OfAnyWindow(t *testing.T) {
	s := openSitting(t)
	req := &pb.OpenMeetingRequest{Team: "payments", Window: &pb.WindowSelector{Last: "2d"}}
	first := must(s.meetings.OpenMeeting(t.Context(), req))(t)
	s.clock.move(59 * time.Second)
	again := must(s.meetings.OpenMeeting(t.Context(), req))(t)
	if got := first.GetMeeting(); got.GetId() != "payments/2026-11-14T13:00--2026-11-16T13:00" || got.GetWeek() != "" || got.GetTimeZone() != "Europe/Berlin" {
		t.Errorf("opened %v", got)
	}
	if !again.GetResumed() || again.GetMeeting().GetId() != first.GetMeeting().GetId() {
		t.Errorf("opened again %v", again)
	}
	all := must(s.meetings.OpenMeeting(t.Context(), &pb.OpenMeetingRequest{Window: inWeek()}))(t).GetMeeting()
	if all.GetId() != "everybody/2026-W46" || all.GetTeam() != "" {
		t.Errorf("everybody's is %v", all)
	}
}

func TestMeeting_AuditTellsWhoClosedWhat(t *testing.T) {
	s := openSitting(t)
	s.open(t)
	s.settle(t)
	s.close(t, &pb.CloseMeetingRequest{Name: "2026-W46"})
	entries := must(s.db.AuditLog(t.Context(), store.AuditFilter{Action: "CloseMeeting"}))(t)
	if len(entries) != 1 || entries[0].Caller != "ada" || !slices.Equal(entries[0].Subjects, []string{"2026-W46"}) || entries[0].Outcome != opsreview.OutcomeOK {
		t.Errorf("the audit log says %+v", entries)
	}
}
