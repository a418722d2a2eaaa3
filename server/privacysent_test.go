package server_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview/auth"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/report"
	"opsreview/server"
)

// namesIn lists the people of the test whom any form of a bundle names.
func namesIn(b report.Bundle) []string {
	text := string(b.Markdown) + string(b.HTML) + string(b.Mail) + b.Chat.Title + strings.Join(b.Chat.Sections, "\n")
	found := []string{}
	for _, who := range []string{"Ada", "Bob", "Cem", "Fay", "Dee", "@example.com"} {
		if strings.Contains(text, who) {
			found = append(found, who)
		}
	}
	return found
}

// Who reads a report is its destination's business: a pipeline may send what it
// may not see.
func TestSend_IsMadeForTheDestination(t *testing.T) {
	crew := []string{"Ada", "Bob", "Cem", "Fay"}
	tests := map[string]struct {
		as        string
		anonymous bool // the destination
		asked     bool // the request
		want      []string
	}{
		"the leads' report, sent by a pipeline": {as: "deploy", want: crew},
		"the leads' report, sent by an admin":   {as: "boss", want: crew},
		"a destination without names":           {as: "boss", anonymous: true, want: []string{}},
		"a request without names":               {as: "boss", asked: true, want: []string{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			box := newMailbox()
			g := openPrivate(t, withReports(server.Destination{Name: "chat", Kind: "slack", Team: "secrets", Anonymous: tt.anonymous, Sender: box}))
			ctx := g.as(t, tt.as)
			must(g.reviews.SendReport(ctx, &pb.SendReportRequest{Team: "secrets", Window: inWeek(), Anonymous: tt.asked}))(t)
			must(pb.NewMeetingServiceClient(g.conn).SendMinutes(ctx, &pb.SendMinutesRequest{Team: "secrets", Anonymous: tt.asked}))(t)
			sent := box.received()
			if len(sent) != 2 {
				t.Fatalf("%d were sent", len(sent))
			}
			if diff := cmp.Diff(tt.want, namesIn(sent[0])); diff != "" {
				t.Errorf("the review names (-want +got):\n%s", diff)
			}
			minutes := slices.DeleteFunc(namesIn(sent[1]), func(n string) bool { return n == "@example.com" }) // of a waiver's subject
			if diff := cmp.Diff(tt.want, minutes); diff != "" {
				t.Errorf("the minutes name (-want +got):\n%s", diff)
			}
			if anonymous := tt.anonymous || tt.asked; anonymous && len(namesIn(sent[1])) > 0 {
				t.Errorf("the minutes name %v", namesIn(sent[1]))
			}
		})
	}
}

func TestMetrics_TellNothingOfFewPeople(t *testing.T) {
	for name, asks := range map[string]bool{"a server that asks who calls": true, "one that does not": false} {
		t.Run(name, func(t *testing.T) {
			w := openHTTP(t, func(o *server.Options) {
				if asks {
					o.Auth = auth.Chain{}
				}
				o.Privacy.LeastPeople = 50
			})
			seedWeek(t, w.api)
			w.server.ComputeHeadlines(t.Context())
			got := scrape(t, w)
			if valueOf(got, "opsreview_review_pages", "team=secrets", "window=last_week") < 1 {
				t.Error("pages are told in any case")
			}
			for _, metric := range []string{"opsreview_review_interruptions", "opsreview_review_interrupted_people", "opsreview_review_people_over_limits"} {
				if told := valueOf(got, metric, "team=secrets", "window=last_week") >= 0; told == asks {
					t.Errorf("%s is told: %v", metric, told)
				}
			}
		})
	}
}
