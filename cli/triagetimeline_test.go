package cli

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "opsreview/proto/opsreview/v1"
)

func TestTriageTimeline(t *testing.T) {
	at := func(text string) *timestamppb.Timestamp {
		when, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
		if err != nil {
			t.Fatal(err)
		}
		return timestamppb.New(when)
	}
	ada := []*pb.EventResponder{{Name: "pd/A", DisplayName: "Ada", TimeZone: "UTC", Hours: "sleep"}}
	ben := []*pb.EventResponder{{Name: "pd/B", DisplayName: "Ben", TimeZone: "UTC", Hours: "business"}}
	notify := func(when, channel string, who []*pb.EventResponder) *pb.Event {
		return &pb.Event{Time: at(when), Kind: "notified", Channel: channel, Responders: who}
	}
	timer := &pb.Agent{Kind: "timer"}
	tests := map[string]struct {
		events []*pb.Event
		want   []string
	}{
		"nothing is nothing": {},
		"one person is called in several ways in one line": {
			events: []*pb.Event{notify("02 03:00", "push", ada), notify("02 03:02", "sms", ada), notify("02 03:05", "", ada)},
			want:   []string{"  03:00:00 notified Ada (03:00 UTC, sleep) by push, 03:02 by sms, 03:05 by another way"},
		},
		"another person is another line": {
			events: []*pb.Event{notify("02 03:00", "push", ada), notify("02 03:02", "push", ben), notify("02 03:03", "sms", ada)},
			want: []string{
				"  03:00:00 notified Ada (03:00 UTC, sleep) by push", "  03:02:00 notified Ben (03:02 UTC, business) by push",
				"  03:03:00 notified Ada (03:03 UTC, sleep) by sms",
			},
		},
		"what happens between two calls keeps them apart": {
			events: []*pb.Event{notify("02 03:00", "push", ada), {Time: at("02 03:01"), Kind: "noted", Text: "hm"}, notify("02 03:02", "sms", ada)},
			want: []string{
				"  03:00:00 notified Ada (03:00 UTC, sleep) by push", "  03:01:00 noted: hm", "  03:02:00 notified Ada (03:02 UTC, sleep) by sms",
			},
		},
		"an assignment goes without saying where a call follows it": {
			events: []*pb.Event{{Time: at("02 03:00"), Kind: "assigned", By: timer, Responders: ada}, notify("02 03:00", "push", ada)},
			want:   []string{"  03:00:00 notified Ada (03:00 UTC, sleep) by push"},
		},
		"an assignment that called nobody is told": {
			events: []*pb.Event{{Time: at("02 03:00"), Kind: "assigned", By: timer, Responders: ada}, notify("02 03:00", "push", ben)},
			want: []string{
				"  03:00:00 assigned to Ada, by the paging tool itself", "  03:00:00 notified Ben (03:00 UTC, business) by push",
			},
		},
		"an assignment by a person is told": {
			events: []*pb.Event{{Time: at("02 03:00"), Kind: "assigned", By: &pb.Agent{Kind: "person", DisplayName: "Ben"}, Responders: ada}, notify("02 03:00", "push", ada)},
			want:   []string{"  03:00:00 assigned to Ada, by Ben", "  03:00:00 notified Ada (03:00 UTC, sleep) by push"},
		},
		"another day is told": {
			events: []*pb.Event{{Time: at("02 23:59"), Kind: "triggered"}, {Time: at("03 00:00"), Kind: "resolved"}},
			want:   []string{"  23:59:00 triggered", "           Tue 03 Nov", "  00:00:00 resolved"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := triageBody{width: 120}
			b.timeline(tt.events, time.UTC)
			if diff := cmp.Diff(tt.want, b.lines); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}
