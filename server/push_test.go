package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "opsreview/proto/opsreview/v1"
)

// event makes an event as a client pushes it.
func event(page, kind string, at time.Time, change ...func(*pb.PageEvent)) *pb.PageEvent {
	e := &pb.PageEvent{Page: page, Kind: kind, Time: timestamppb.New(at)}
	for _, c := range change {
		c(e)
	}
	return e
}

func to(who ...string) func(*pb.PageEvent) {
	return func(e *pb.PageEvent) { e.Responders, e.Channel = who, "sms" }
}

// pushed is a page's life as an importer pushes it.
func pushed() []*pb.PageEvent {
	at := monday(1, "02:00:00")
	return []*pb.PageEvent{
		event("7", "triggered", at, func(e *pb.PageEvent) {
			e.Title, e.Service, e.ServiceDisplayName, e.Urgency = "<b>disk</b> & \"tape\"\u2028full", "db", "Database", "high"
			e.Attributes = map[string]string{"host": "a\tb", "alertname": "DiskFull"}
		}),
		event("7", "notified", at.Add(123456789*time.Nanosecond), to("ada@example.com")),
		event("7", "acknowledged", at.Add(time.Minute), func(e *pb.PageEvent) { e.By, e.ByKind = "ada@example.com", "person" }),
		event("7", "snoozed", at.Add(2*time.Minute), func(e *pb.PageEvent) { e.UntilTime = timestamppb.New(at.Add(time.Hour)) }),
		event("7", "resolved", at.Add(time.Hour), func(e *pb.PageEvent) { e.ByKind = "timer" }),
	}
}

func TestPushEvents(t *testing.T) {
	a := openServer(t)
	req := &pb.PushEventsRequest{Source: "own", Events: pushed()}
	saved := must(a.ingests.PushEvents(t.Context(), req))(t).GetSaved()
	if want := (&pb.Saved{NewPages: 1, Events: 5, Responders: 1, Services: 1}); !proto.Equal(want, saved) {
		t.Errorf("saved %v, want %v", saved, want)
	}
	if again := must(a.ingests.PushEvents(t.Context(), req))(t).GetSaved(); !proto.Equal(&pb.Saved{}, again) {
		t.Errorf("pushing again saved %v", again)
	}
	resp := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "own/7"}))(t)
	p := resp.GetPage()
	if p.GetTitle() != pushed()[0].GetTitle() || p.GetServiceDisplayName() != "Database" || p.GetAttributes()["host"] != "a\tb" {
		t.Errorf("page = %v", p)
	}
	if p.GetStatus() != pb.PageStatus_PAGE_STATUS_RESOLVED || p.GetResolvedBy().GetKind() != "timer" || p.GetAcknowledgeTime() == nil {
		t.Errorf("page = %v", p)
	}
	if until := resp.GetEvents()[3].GetUntilTime().AsTime(); !until.Equal(monday(1, "03:00:00")) {
		t.Errorf("snoozed until %s", until)
	}
}

func TestPushEvents_NamesTheWrongEvents(t *testing.T) {
	a := openServer(t)
	at := monday(1, "02:00:00")
	tests := map[string]struct {
		events []*pb.PageEvent
		want   string
	}{
		"no page":                     {[]*pb.PageEvent{event("", "triggered", at)}, `events[0]: the field "page" is missing`},
		"no time":                     {[]*pb.PageEvent{{Page: "1", Kind: "triggered"}}, `events[0]: the field "at" is missing`},
		"no kind":                     {[]*pb.PageEvent{event("1", "", at)}, `events[0]: the field "kind" is missing`},
		"an unknown kind":             {[]*pb.PageEvent{event("1", "exploded", at)}, `events[0]: there is no kind "exploded"`},
		"a time before there was one": {[]*pb.PageEvent{event("1", "triggered", time.Time{})}, "events[0]:"},
		"a time beyond all calendars": {[]*pb.PageEvent{{Page: "1", Kind: "triggered", Time: &timestamppb.Timestamp{Seconds: 1 << 50}}}, "events[0]:"},
		"by nobody of a kind":         {[]*pb.PageEvent{event("1", "acknowledged", at, func(e *pb.PageEvent) { e.By = "ada" })}, `"by" needs a "by_kind"`},
		"a telephone number":          {[]*pb.PageEvent{event("1", "notified", at, to("+1 555 0100"))}, "telephone number"},
		"an unknown urgency":          {[]*pb.PageEvent{event("1", "triggered", at, func(e *pb.PageEvent) { e.Urgency = "hot" })}, "there is no urgency"},
		"a line of its own kind":      {[]*pb.PageEvent{event("1", "triggered", at), event("", "team", at)}, "events[1]: a team is no event of a page"},
		"a label":                     {[]*pb.PageEvent{event("1", "label", at)}, "events[0]: a label is no event of a page"},
		"a long text": {
			[]*pb.PageEvent{event("1", "noted", at, func(e *pb.PageEvent) { e.Text = strings.Repeat("x", 1<<20) })}, "events[0]: the line is longer than 1 MiB",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, trial := range []bool{true, false} {
				_, err := a.ingests.PushEvents(t.Context(), &pb.PushEventsRequest{Source: "own", Events: tt.events, ValidateOnly: trial})
				if s := wantCode(t, codes.InvalidArgument, err); !strings.Contains(s.Message(), tt.want) {
					t.Errorf("message %q, want %q in it", s.Message(), tt.want)
				}
			}
		})
	}
	t.Run("wrong ones are named by their place among good ones", func(t *testing.T) {
		var events []*pb.PageEvent
		for i := range 1500 {
			events = append(events, event(fmt.Sprint(i), "triggered", at))
		}
		events[1], events[3], events[1200] = event("1", "exploded", at), event("1", "service", at), event("", "noted", at)
		_, err := a.ingests.PushEvents(t.Context(), &pb.PushEventsRequest{Source: "own", Events: events})
		message := wantCode(t, codes.InvalidArgument, err).Message()
		if i, j, k := strings.Index(message, "events[1]:"), strings.Index(message, "events[3]:"), strings.Index(message, "events[1200]:"); i < 0 || j < i || k < j {
			t.Errorf("message %q", message)
		}
	})
	t.Run("of very many wrong ones the first are named", func(t *testing.T) {
		_, err := a.ingests.PushEvents(t.Context(), &pb.PushEventsRequest{Source: "own", Events: make([]*pb.PageEvent, 10_000)})
		if m := wantCode(t, codes.InvalidArgument, err).Message(); !strings.Contains(m, "events[19]") || !strings.HasSuffix(m, "and 9980 more") {
			t.Errorf("message %q", m)
		}
	})
	if sources := must(a.sources.ListSources(t.Context(), &pb.ListSourcesRequest{}))(t).GetSources(); len(sources) != 0 {
		t.Errorf("wrong events left %v", sources)
	}
}

func TestPushEvents_Refuses(t *testing.T) {
	a := openServer(t)
	one := []*pb.PageEvent{event("1", "triggered", now)}
	for name, req := range map[string]*pb.PushEventsRequest{
		"no event":            {Source: "own"},
		"too many events":     {Source: "own", Events: make([]*pb.PageEvent, 10_001)},
		"no source":           {Events: one},
		"a bad source":        {Source: "Own!", Events: one},
		"a long request id":   {Source: "own", Events: one, RequestId: strings.Repeat("ä", 129)},
		"a long one in trial": {Source: "own", Events: one, RequestId: strings.Repeat("ä", 129), ValidateOnly: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.ingests.PushEvents(t.Context(), req)
			wantCode(t, codes.InvalidArgument, err)
		})
	}
}

func TestPushEvents_ATrialChangesNothing(t *testing.T) {
	a := openServer(t)
	must(a.ingests.PushEvents(t.Context(), &pb.PushEventsRequest{Source: "own", Events: pushed(), ValidateOnly: true, RequestId: "r"}))(t)
	_, err := a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "own/7"})
	wantCode(t, codes.NotFound, err)
	saved := must(a.ingests.PushEvents(t.Context(), &pb.PushEventsRequest{Source: "own", Events: pushed(), RequestId: "r"}))(t).GetSaved()
	if saved.GetEvents() != 5 {
		t.Errorf("saved %v", saved)
	}
}

func TestPushEvents_ARepetitionHasTheFirstAnswer(t *testing.T) {
	a := openServer(t)
	req := &pb.PushEventsRequest{Source: "own", Events: pushed(), RequestId: "r"}
	first := must(a.ingests.PushEvents(t.Context(), req))(t)
	second := must(a.ingests.PushEvents(t.Context(), req))(t)
	if diff := cmp.Diff(first, second, protocmp.Transform()); diff != "" || first.GetSaved().GetEvents() != 5 {
		t.Errorf("(-first +second):\n%s", diff)
	}
	req.Events = req.Events[:1]
	_, err := a.ingests.PushEvents(t.Context(), req)
	wantCode(t, codes.AlreadyExists, err)
}
