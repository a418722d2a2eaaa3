package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// Whoever is limited to a team reaches its reviews, items and waivers, by
// whatever name; those of others are not there.
func TestMeeting_TeamsReachTheirOwn(t *testing.T) {
	g := openGuarded(t)
	meetings := pb.NewMeetingServiceClient(g.conn)
	admin, ctx, reader := g.as(t, "admin"), g.as(t, "secrets-writer"), g.as(t, "secrets-reader")
	open := func(team string) string {
		m := must(meetings.OpenMeeting(admin, &pb.OpenMeetingRequest{Team: team, Window: inWeek()}))(t).GetMeeting()
		return m.GetId()
	}
	ours, theirs, all := open("secrets"), open("payments"), open("")
	note := &pb.MeetingItem{Kind: "note", Text: "x"}
	add := func(name string) string {
		return must(meetings.AddItem(admin, &pb.AddItemRequest{Name: name, Item: note}))(t).GetItem().GetId()
	}
	waive := func(team, page string) string {
		req := &pb.CreateWaiverRequest{Team: team, Kind: "page", Subject: page, Owner: "Bob", Reason: "why", Expires: "2d"}
		return must(meetings.CreateWaiver(admin, req))(t).GetWaiver().GetId()
	}
	ourItem, theirItem, ourWaiver, theirWaiver := add(ours), add(theirs), waive("secrets", "pd/Q1"), waive("payments", "pd/Q2")
	call := func(_ any, err error) error { return err }
	get := func(name, team string) error {
		return call(meetings.GetMeeting(reader, &pb.GetMeetingRequest{Name: name, Team: team}))
	}
	tests := map[string]struct {
		err  error
		want codes.Code
	}{
		"their review":                       {get(ours, ""), codes.OK},
		"their review, by its week":          {get("2026-W46", "secrets"), codes.OK},
		"their latest review":                {get("", "secrets"), codes.OK},
		"another team's review":              {get(theirs, ""), codes.NotFound},
		"another's by their own team":        {get(theirs, "secrets"), codes.NotFound},
		"everybody's review":                 {get(all, ""), codes.NotFound},
		"a review that is not there":         {get("secrets/2020-W01", ""), codes.NotFound},
		"a week that others review too":      {get("2026-W46", ""), codes.NotFound},
		"another team's latest":              {get("", "payments"), codes.PermissionDenied},
		"everybody's latest":                 {get("", ""), codes.PermissionDenied},
		"what changed for others":            {call(meetings.DiffMeeting(reader, &pb.DiffMeetingRequest{Name: theirs})), codes.NotFound},
		"minutes of others":                  {call(meetings.RenderMinutes(reader, &pb.RenderMinutesRequest{Name: theirs, Format: 1})), codes.NotFound},
		"everybody's reviews":                {call(meetings.ListMeetings(reader, &pb.ListMeetingsRequest{})), codes.PermissionDenied},
		"their reviews":                      {call(meetings.ListMeetings(reader, &pb.ListMeetingsRequest{Team: "secrets"})), codes.OK},
		"a reader writes nothing":            {call(meetings.AddItem(reader, &pb.AddItemRequest{Name: ours, Item: note})), codes.PermissionDenied},
		"minutes of theirs":                  {call(meetings.AddItem(ctx, &pb.AddItemRequest{Name: ours, Item: note})), codes.OK},
		"writing into minutes of others":     {call(meetings.AddItem(ctx, &pb.AddItemRequest{Name: theirs, Item: note})), codes.NotFound},
		"moving their review on":             {call(meetings.UpdateMeeting(ctx, &pb.UpdateMeetingRequest{Name: ours, Section: "wins"})), codes.OK},
		"moving another's on":                {call(meetings.UpdateMeeting(ctx, &pb.UpdateMeetingRequest{Name: theirs, Section: "wins"})), codes.NotFound},
		"moving none on":                     {call(meetings.UpdateMeeting(ctx, &pb.UpdateMeetingRequest{})), codes.PermissionDenied},
		"taking back an item of theirs":      {call(meetings.ChangeItem(ctx, &pb.ChangeItemRequest{Id: ourItem, Withdraw: true})), codes.OK},
		"taking back an item of others":      {call(meetings.ChangeItem(ctx, &pb.ChangeItemRequest{Id: theirItem, Withdraw: true})), codes.NotFound},
		"taking back no item":                {call(meetings.ChangeItem(ctx, &pb.ChangeItemRequest{Withdraw: true})), codes.NotFound},
		"taking back a waiver of theirs":     {call(meetings.WithdrawWaiver(ctx, &pb.WithdrawWaiverRequest{Id: ourWaiver})), codes.OK},
		"taking back a waiver of others":     {call(meetings.WithdrawWaiver(ctx, &pb.WithdrawWaiverRequest{Id: theirWaiver})), codes.NotFound},
		"closing another's review":           {call(meetings.CloseMeeting(ctx, &pb.CloseMeetingRequest{Name: theirs, ForceReason: "why not"})), codes.NotFound},
		"sending minutes of others":          {call(meetings.SendMinutes(ctx, &pb.SendMinutesRequest{Name: theirs})), codes.NotFound},
		"opening another's review":           {call(meetings.OpenMeeting(ctx, &pb.OpenMeetingRequest{Team: "payments"})), codes.PermissionDenied},
		"waiving for others":                 {call(meetings.CreateWaiver(ctx, &pb.CreateWaiverRequest{Team: "payments"})), codes.PermissionDenied},
		"waiving a page of others":           {call(meetings.CreateWaiver(ctx, &pb.CreateWaiverRequest{Team: "secrets", Kind: "page", Subject: "pd/Q2", Owner: "Bob", Reason: "why", Expires: "2d"})), codes.NotFound},
		"their trends":                       {call(meetings.ListTrends(reader, &pb.ListTrendsRequest{Team: "secrets"})), codes.OK},
		"a note about a page of others":      {call(meetings.AddItem(ctx, &pb.AddItemRequest{Name: ours, Item: &pb.MeetingItem{Kind: "note", Subject: "Q2", Text: "x"}})), codes.OK},
		"closing theirs, whatever team says": {call(meetings.CloseMeeting(ctx, &pb.CloseMeetingRequest{Name: ours, Team: "payments"})), codes.PermissionDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantCode(t, tt.want, tt.err) })
	}
	// The note does not say that others have such a page.
	for _, i := range must(meetings.GetMeeting(admin, &pb.GetMeetingRequest{Name: ours}))(t).GetAgenda().GetItems() {
		if i.GetSubject() == "pd/Q2" {
			t.Errorf("the note is about %s", i.GetSubject())
		}
	}
}

// A breach is waived by its key, which the gate tells, and an incident by
// whatever people call it.
func TestWaiver_OfABreachAndOfAnIncident(t *testing.T) {
	s := openSitting(t)
	var pages []opsreview.Page
	for i := range 4 {
		at := monday(4, fmt.Sprintf("1%d:00:00", i))
		pages = append(pages, page("B"+string(rune('0'+i)), "vault", at, notify(at, "bob"), resolve(at.Add(time.Minute))))
	}
	seed(t, s.api, pages...)
	save(t, s.api, "pd", opsreview.Batch{Incidents: []opsreview.Incident{
		{Ref: ref("I1"), Number: "INC-1", Title: "vault is sealed", Services: []string{"Vault"}, StartedAt: monday(1, "10:00:00"), UpdatedAt: monday(1, "10:00:00")},
		{Ref: ref("I2"), Number: "INC-2", Title: "the ledger is wrong", Services: []string{"Ledger"}, StartedAt: monday(1, "10:00:00"), UpdatedAt: monday(1, "10:00:00")},
	}})
	s.open(t)
	s.settle(t)
	s.label(t, pb.Verdict_VERDICT_ACTIONABLE, "service_issue", "pd/B0", "pd/B1", "pd/B2", "pd/B3")
	s.clock.move(14 * day) // The review is of a week that is not the last.
	open := s.get(t, "").GetAgenda().GetOpen()
	if len(open) == 0 || open[0].GetKind() != "breach" {
		t.Fatalf("open: %v", open)
	}
	waive := func(kind, subject string) (*pb.CreateWaiverResponse, error) {
		return s.meetings.CreateWaiver(t.Context(), &pb.CreateWaiverRequest{
			Team: "secrets", Kind: kind, Subject: subject, Owner: "Bob", Reason: "a storm", Expires: "2d",
		})
	}
	for _, o := range open {
		w := must(waive("", o.GetSubject()))(t).GetWaiver()
		if w.GetKind() != "breach" || w.GetSubject() != o.GetSubject() || !strings.HasPrefix(w.GetTitle(), "Bob: ") {
			t.Errorf("waived %v", w)
		}
	}
	if left := s.get(t, "").GetAgenda().GetOpen(); len(left) != 0 {
		t.Errorf("still open: %v", left)
	}
	if w := must(waive("", "inc-1"))(t).GetWaiver(); w.GetKind() != "incident" || w.GetSubject() != "pd/I1" || w.GetTitle() != "vault is sealed" {
		t.Errorf("waived %v", w)
	}
	_, err := waive("incident", "INC-2")
	wantCode(t, codes.NotFound, err)
	everybodys := must(s.meetings.CreateWaiver(t.Context(), &pb.CreateWaiverRequest{
		Kind: "incident", Subject: "INC-2", Owner: "Bob", Reason: "a storm", Expires: "2026-12-01",
	}))(t).GetWaiver()
	if got := everybodys.GetExpireTime().AsTime(); !got.Equal(time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("a waiver until a date ends at %s", got)
	}
}

func TestSendMinutes(t *testing.T) {
	chat, broken, other := newMailbox(), newMailbox(), newMailbox()
	broken.fail = func() error { return opsreview.Errorf(opsreview.Unavailable, "the mail server is away") }
	s := openSitting(t, withReports(
		server.Destination{Name: "chat", Kind: "slack", Team: "secrets", Sender: chat},
		server.Destination{Name: "broken", Kind: "smtp", Team: "secrets", Sender: broken},
		server.Destination{Name: "other", Kind: "command", Team: "payments", Sender: other},
	))
	s.open(t)
	s.add(t, &pb.MeetingItem{Kind: "win", Text: "no page at night"})
	send := func(req *pb.SendMinutesRequest) *pb.SendMinutesResponse {
		req.Team = "secrets"
		return must(s.meetings.SendMinutes(t.Context(), req))(t)
	}
	if trial := send(&pb.SendMinutesRequest{ValidateOnly: true}); len(trial.GetSent()) != 2 || trial.GetSent()[0].GetContentBytes() == 0 || len(chat.received()) > 0 {
		t.Errorf("a trial: %v", trial)
	}
	sent := send(&pb.SendMinutesRequest{}).GetSent()
	if len(sent) != 2 || sent[0].GetError() != "" || sent[1].GetError() != "the mail server is away" {
		t.Errorf("sent %v", sent)
	}
	got := chat.received()
	if len(got) != 1 || got[0].Team != "secrets" || !strings.Contains(string(got[0].Markdown), "no page at night") || !strings.Contains(string(got[0].Markdown), "ada") {
		t.Errorf("the chat got %v", got)
	}
	send(&pb.SendMinutesRequest{Destinations: []string{"chat"}, Anonymous: true})
	if got := chat.received(); len(got) != 2 || strings.Contains(strings.ToLower(string(got[1].Markdown)), "ada") {
		t.Errorf("minutes without names have them: %s", got[len(got)-1].Markdown)
	}
	_, err := s.meetings.SendMinutes(t.Context(), &pb.SendMinutesRequest{Team: "secrets", Destinations: []string{"other"}})
	wantCode(t, codes.NotFound, err)
	_, err = s.meetings.SendMinutes(t.Context(), &pb.SendMinutesRequest{Team: "secrets", Destinations: []string{"broken"}})
	wantCode(t, codes.Unavailable, err)
}
