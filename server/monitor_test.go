package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

func TestListMonitors(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	for name, tt := range map[string]struct {
		req  *pb.ListMonitorsRequest
		want []string
	}{
		"of everybody, dearest first": {&pb.ListMonitorsRequest{}, []string{
			"disk full on consul, Consul: 1 pages, 1 of 2", "Seal: VAULT is sealed, Vault: 1 pages, 1 of 1",
			"disk full on ledger, Ledger: 1 pages, 0 of 1", "disk full on vault, Vault: 1 pages, 0 of 0",
		}},
		"of a team": {&pb.ListMonitorsRequest{Team: "payments"}, []string{"disk full on ledger, Ledger: 1 pages, 0 of 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.req.Window = inWeek()
			var got []string
			for _, m := range must(a.monitors.ListMonitors(t.Context(), tt.req))(t).GetMonitors() {
				n := m.GetInterruptions()
				got = append(got, fmt.Sprintf("%s, %s: %d pages, %d of %d", m.GetTitle(), m.GetServiceDisplayName(), len(m.GetPages()),
					n.GetSleep(), n.GetBusiness()+n.GetOffHours()+n.GetSleep()+n.GetUnknown()))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestListMonitors_ShowsEveryMonitorOnce(t *testing.T) {
	a := openServer(t)
	var pages []opsreview.Page
	for i := range 11 {
		p := page(fmt.Sprintf("Q%02d", i), "vault", monday(1, "10:00:00"), notify(monday(1, "10:00:00").Add(time.Duration(i%2)*time.Minute), "bob"))
		p.Title = "monitor " + string(rune('a'+i))
		pages = append(pages, p)
	}
	seed(t, a, pages...)
	whole := must(a.monitors.ListMonitors(t.Context(), &pb.ListMonitorsRequest{Window: inWeek()}))(t).GetMonitors()
	for _, size := range []int32{1, 3, 10, 11, 12} {
		req := &pb.ListMonitorsRequest{Window: inWeek(), PageSize: size}
		var got []*pb.MonitorCost
		for {
			resp := must(a.monitors.ListMonitors(t.Context(), req))(t)
			got = append(got, resp.GetMonitors()...)
			if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" || len(got) > len(whole) {
				break
			}
		}
		if diff := cmp.Diff(whole, got, protocmp.Transform()); diff != "" || len(got) != 11 {
			t.Errorf("by %d (-want +got):\n%s", size, diff)
		}
	}
}

func TestListMonitors_Refuses(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	token := must(a.monitors.ListMonitors(t.Context(), &pb.ListMonitorsRequest{Window: inWeek(), PageSize: 1}))(t).GetNextPageToken()
	for name, tt := range map[string]struct {
		req  *pb.ListMonitorsRequest
		want codes.Code
	}{
		"an unknown team":          {&pb.ListMonitorsRequest{Team: "nobody"}, codes.NotFound},
		"a bad window":             {&pb.ListMonitorsRequest{Window: &pb.WindowSelector{Last: "1 fortnight"}}, codes.InvalidArgument},
		"a negative size":          {&pb.ListMonitorsRequest{PageSize: -1}, codes.InvalidArgument},
		"a huge size":              {&pb.ListMonitorsRequest{PageSize: 1 << 30}, codes.InvalidArgument},
		"a garbage token":          {&pb.ListMonitorsRequest{PageToken: "garbage"}, codes.InvalidArgument},
		"another request's token":  {&pb.ListMonitorsRequest{Window: inWeek(), Team: "secrets", PageToken: token}, codes.InvalidArgument},
		"a token of an empty list": {&pb.ListMonitorsRequest{Window: &pb.WindowSelector{Week: "2020-W01"}, PageToken: token}, codes.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.monitors.ListMonitors(t.Context(), tt.req)
			wantCode(t, tt.want, err)
		})
	}
}

func TestGetMonitor(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	id := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/Q2"}))(t).GetPage().GetMonitor()
	for _, name := range []string{id, id[:12]} {
		resp := must(a.monitors.GetMonitor(t.Context(), &pb.GetMonitorRequest{Name: name, Window: inWeek()}))(t)
		if m := resp.GetMonitor(); m.GetMonitor() != id || len(m.GetPages()) != 1 || m.GetServiceDisplayName() != "Vault" || m.GetPreviousPages() != 1 {
			t.Errorf("monitor %v", m)
		}
		if resp.GetIdentifiedBy() != "title" || !resp.GetLastSeenTime().AsTime().Equal(week.End) {
			t.Errorf("identified by %q, last seen %s", resp.GetIdentifiedBy(), resp.GetLastSeenTime().AsTime())
		}
	}
	quiet := must(a.monitors.GetMonitor(t.Context(), &pb.GetMonitorRequest{Name: id, Window: &pb.WindowSelector{Week: "2026-W40"}}))(t)
	if m := quiet.GetMonitor(); m.GetMonitor() != id || len(m.GetPages()) != 0 || m.GetServiceDisplayName() != "Vault" || m.GetTitle() == "" {
		t.Errorf("in a quiet week: %v", m)
	}
	for name, tt := range map[string]struct {
		req  *pb.GetMonitorRequest
		want codes.Code
	}{
		"an unknown monitor": {&pb.GetMonitorRequest{Name: "m-ffffffffffffffff"}, codes.NotFound},
		"no name":            {&pb.GetMonitorRequest{}, codes.NotFound},
		"several":            {&pb.GetMonitorRequest{Name: "m-"}, codes.InvalidArgument},
		"an unknown team":    {&pb.GetMonitorRequest{Name: id, Team: "nobody"}, codes.NotFound},
		"a bad window":       {&pb.GetMonitorRequest{Name: id, Window: &pb.WindowSelector{Week: "x"}}, codes.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.monitors.GetMonitor(t.Context(), tt.req)
			wantCode(t, tt.want, err)
		})
	}
}

func TestListTeams(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	save(t, a, "pd", opsreview.Batch{
		Teams: []opsreview.Team{
			{Ref: ref("T1"), Name: "SECRETS"}, {Ref: ref("T2"), Name: "mailers"}, {Ref: ref("T3"), Name: "gone", Deleted: true},
		},
		Services: []opsreview.Service{{Ref: ref("mail"), Teams: []string{"T2"}}, {Ref: ref("nameless"), Teams: []string{"T2"}}},
	})
	var got []string
	for _, team := range must(a.teams.ListTeams(t.Context(), &pb.ListTeamsRequest{}))(t).GetTeams() {
		got = append(got, fmt.Sprintf("%s %s %v %t", team.GetDisplayName(), team.GetTimeZone(), team.GetServices(), team.GetConfigured()))
	}
	want := []string{"mailers UTC [Mail pd/nameless] false", "payments Europe/Berlin [Ledger] true", "secrets UTC [Consul Vault] true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestListPeople(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	save(t, a, "og", opsreview.Batch{Responders: []opsreview.Responder{
		{Ref: opsreview.Ref{Source: "og", ID: "U1"}, Name: "Ada L.", Email: "ADA@example.com", TimeZone: "Europe/Berlin"},
		{Ref: opsreview.Ref{Source: "og", ID: "U2"}, Name: "Eve", Deleted: true},
	}})
	var got []string
	for _, p := range must(a.teams.ListPeople(t.Context(), &pb.ListPeopleRequest{}))(t).GetPeople() {
		got = append(got, fmt.Sprintf("%s %s %v %s %t", p.GetKey(), p.GetDisplayName(), p.GetResponders(), p.GetTimeZone(), p.GetDeleted()))
	}
	want := []string{
		"ada@example.com Ada L. [og/U1 pd/ada] Europe/Berlin false", "bob@example.com Bob [pd/bob] UTC false",
		"cem@example.com Cem [pd/cem] America/Chicago false", "dee@example.com Dee [pd/dee] UTC false", "og/U2 Eve [og/U2]  true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
