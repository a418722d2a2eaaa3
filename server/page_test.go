package server_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

// seedWeek saves pages that differ in everything a list selects by.
func seedWeek(tb testing.TB, a *api) {
	tb.Helper()
	night := page("Q1", "vault", monday(1, "02:00:00"), notify(monday(1, "02:00:00"), "bob"),
		ack(monday(1, "02:05:00"), "bob"), resolve(monday(1, "03:00:00")))
	night.Title, night.Number = "Seal: VAULT is sealed", "4411"
	quiet := page("Q2", "vault", monday(1, "10:00:00"), resolve(monday(1, "10:01:00")))
	quiet.Urgency = opsreview.LowUrgency
	open := page("Q3", "consul", monday(2, "10:00:00"), notify(monday(2, "10:00:00"), "bob", "cem"))
	acked := page("Q4", "ledger", monday(2, "11:00:00"), notify(monday(2, "11:00:00"), "dee"), ack(monday(2, "11:01:00"), "dee"))
	before := page("Q0", "vault", week.Start.Add(-time.Millisecond), resolve(week.Start))
	after := page("Q9", "vault", week.End, resolve(week.End))
	seed(tb, a, night, quiet, open, acked, before, after)
	label := func(id string, v opsreview.Verdict) opsreview.Label {
		return opsreview.Label{Page: ref(id), Verdict: v, Author: "bob", At: monday(3, "09:00:00")}
	}
	save(tb, a, "pd", opsreview.Batch{Labels: []opsreview.Label{
		label("Q1", opsreview.NotActionable), label("Q4", opsreview.Actionable),
	}})
}

func TestListPages_Selects(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	monitor := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/Q3"}))(t).GetPage().GetMonitor()
	tests := map[string]struct {
		req  *pb.ListPagesRequest
		want []string
	}{
		"everything in the window, which is half-open": {&pb.ListPagesRequest{}, []string{"pd/Q1", "pd/Q2", "pd/Q3", "pd/Q4"}},
		"a team's services by name and reference":      {&pb.ListPagesRequest{Team: "Secrets"}, []string{"pd/Q1", "pd/Q2", "pd/Q3"}},
		"a service by display name in any case":        {&pb.ListPagesRequest{Service: "vAULT"}, []string{"pd/Q1", "pd/Q2"}},
		"a service by reference":                       {&pb.ListPagesRequest{Service: "pd/ledger"}, []string{"pd/Q4"}},
		"a monitor by a beginning of its id":           {&pb.ListPagesRequest{Monitor: monitor[:10]}, []string{"pd/Q3"}},
		"whom it notified, by reference":               {&pb.ListPagesRequest{Responder: "pd/bob"}, []string{"pd/Q1", "pd/Q3"}},
		"whom it notified, by name":                    {&pb.ListPagesRequest{Responder: "CEM"}, []string{"pd/Q3"}},
		"whom it notified, by address":                 {&pb.ListPagesRequest{Responder: "dee@example.com"}, []string{"pd/Q4"}},
		"a status":                                     {&pb.ListPagesRequest{Status: pb.PageStatus_PAGE_STATUS_ACKNOWLEDGED}, []string{"pd/Q4"}},
		"an urgency":                                   {&pb.ListPagesRequest{Urgency: "low"}, []string{"pd/Q2"}},
		"labelled pages":                               {&pb.ListPagesRequest{LabelState: pb.LabelState_LABEL_STATE_LABELLED}, []string{"pd/Q1", "pd/Q4"}},
		"unlabelled pages":                             {&pb.ListPagesRequest{LabelState: pb.LabelState_LABEL_STATE_UNLABELLED}, []string{"pd/Q2", "pd/Q3"}},
		"an outcome":                                   {&pb.ListPagesRequest{Outcome: "noise"}, []string{"pd/Q1"}},
		"part of a title in any case":                  {&pb.ListPagesRequest{Query: "is SEALED"}, []string{"pd/Q1"}},
		"a percent sign stands for itself":             {&pb.ListPagesRequest{Query: "%"}, []string{}},
		"filters together":                             {&pb.ListPagesRequest{Team: "secrets", Responder: "Bob", Query: "disk"}, []string{"pd/Q3"}},
		"latest first":                                 {&pb.ListPagesRequest{OrderBy: "trigger_time desc"}, []string{"pd/Q4", "pd/Q3", "pd/Q2", "pd/Q1"}},
		"dearest first: sleep, interruptions, engaged": {&pb.ListPagesRequest{OrderBy: "cost desc"}, []string{"pd/Q3", "pd/Q1", "pd/Q4", "pd/Q2"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.req.Window = inWeek()
			resp := must(a.pages.ListPages(t.Context(), tt.req))(t)
			if diff := cmp.Diff(tt.want, names(resp.GetPages())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if int(resp.GetTotalSize()) != len(tt.want) || resp.GetNextPageToken() != "" {
				t.Errorf("total %d, next %q", resp.GetTotalSize(), resp.GetNextPageToken())
			}
		})
	}
}

func TestListPages_Refuses(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	tests := map[string]struct {
		req  *pb.ListPagesRequest
		want codes.Code
	}{
		"an unknown team":                {&pb.ListPagesRequest{Team: "nobody"}, codes.NotFound},
		"an unknown service":             {&pb.ListPagesRequest{Service: "nothing"}, codes.NotFound},
		"a service of another team":      {&pb.ListPagesRequest{Team: "secrets", Service: "Ledger"}, codes.NotFound},
		"an unknown monitor":             {&pb.ListPagesRequest{Monitor: "m-ffffffffffffffff"}, codes.NotFound},
		"a monitor that fits several":    {&pb.ListPagesRequest{Monitor: "m-"}, codes.InvalidArgument},
		"an unknown responder":           {&pb.ListPagesRequest{Responder: "Zoe"}, codes.NotFound},
		"a week that does not exist":     {&pb.ListPagesRequest{Window: &pb.WindowSelector{Week: "2026-W60"}}, codes.InvalidArgument},
		"a window that ends first":       {&pb.ListPagesRequest{Window: &pb.WindowSelector{From: "2026-11-09", To: "2026-11-01"}}, codes.InvalidArgument},
		"an end without a beginning":     {&pb.ListPagesRequest{Window: &pb.WindowSelector{To: "2026-11-01"}}, codes.InvalidArgument},
		"two windows at once":            {&pb.ListPagesRequest{Window: &pb.WindowSelector{Last: "1d", Week: "2026-W46"}}, codes.InvalidArgument},
		"a window longer than two years": {&pb.ListPagesRequest{Window: &pb.WindowSelector{Last: "740d"}}, codes.InvalidArgument},
		"an unknown order":               {&pb.ListPagesRequest{OrderBy: "title"}, codes.InvalidArgument},
		"an unknown outcome":             {&pb.ListPagesRequest{Outcome: "bad"}, codes.InvalidArgument},
		"an unknown urgency":             {&pb.ListPagesRequest{Urgency: "hgih"}, codes.InvalidArgument},
		"a status of the future":         {&pb.ListPagesRequest{Status: 99}, codes.InvalidArgument},
		"a label state of the future":    {&pb.ListPagesRequest{LabelState: 99}, codes.InvalidArgument},
		"a search of 1001 characters":    {&pb.ListPagesRequest{Query: strings.Repeat("x", 1001)}, codes.InvalidArgument},
		"a negative page size":           {&pb.ListPagesRequest{PageSize: -1}, codes.InvalidArgument},
		"a huge page size":               {&pb.ListPagesRequest{PageSize: 1001}, codes.InvalidArgument},
		"a token that is no base64":      {&pb.ListPagesRequest{PageToken: "!"}, codes.InvalidArgument},
		"a token that is no token":       {&pb.ListPagesRequest{PageToken: base64.RawURLEncoding.EncodeToString([]byte("{}"))}, codes.InvalidArgument},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := a.pages.ListPages(t.Context(), tt.req)
			wantCode(t, tt.want, err)
		})
	}
}

func TestListPages_ShowsEveryPageOnce(t *testing.T) {
	a := openServer(t)
	const n = 23
	var pages []opsreview.Page
	for i := range n {
		// Several at one time, so that the order needs more than the time.
		at := monday(i/5, "10:00:00")
		p := page(fmt.Sprintf("Q%02d", i), "vault", at, notify(at, "bob", "cem"), ack(at.Add(time.Minute), "bob"), resolve(at.Add(time.Duration(i%3+2)*time.Minute)))
		pages = append(pages, p)
	}
	seed(t, a, pages...)
	for _, order := range []string{"", "trigger_time", "trigger_time desc", "cost desc"} {
		for _, size := range []int32{1, 5, 22, 23, 24} {
			t.Run(fmt.Sprintf("%s by %d", order, size), func(t *testing.T) {
				req := &pb.ListPagesRequest{Window: inWeek(), OrderBy: order}
				whole := names(must(a.pages.ListPages(t.Context(), req))(t).GetPages())
				req.PageSize = size
				var got []string
				for {
					resp := must(a.pages.ListPages(t.Context(), req))(t)
					if len(resp.GetPages()) > int(size) || resp.GetTotalSize() != n {
						t.Fatalf("%d pages of %d", len(resp.GetPages()), resp.GetTotalSize())
					}
					got = append(got, names(resp.GetPages())...)
					if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
						break
					}
				}
				if diff := cmp.Diff(whole, got); diff != "" || len(got) != n {
					t.Errorf("%d pages (-want +got):\n%s", len(got), diff)
				}
			})
		}
	}
}

func TestListPages_TokensBelongToTheirRequest(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	req := &pb.ListPagesRequest{Window: inWeek(), PageSize: 1}
	token := must(a.pages.ListPages(t.Context(), req))(t).GetNextPageToken()
	if token == "" {
		t.Fatal("there is no next page")
	}
	req.PageToken, req.PageSize = token, 2 // another size is the same request
	if got := names(must(a.pages.ListPages(t.Context(), req))(t).GetPages()); !slices.Equal(got, []string{"pd/Q2", "pd/Q3"}) {
		t.Errorf("the second page holds %v", got)
	}
	for name, change := range map[string]func(*pb.ListPagesRequest){
		"another team":   func(r *pb.ListPagesRequest) { r.Team = "secrets" },
		"another order":  func(r *pb.ListPagesRequest) { r.OrderBy = "cost desc" },
		"another window": func(r *pb.ListPagesRequest) { r.Window = &pb.WindowSelector{Last: "14d"} },
		"another filter": func(r *pb.ListPagesRequest) { r.Urgency = "high" },
	} {
		t.Run(name, func(t *testing.T) {
			other := proto.CloneOf(req)
			change(other)
			_, err := a.pages.ListPages(t.Context(), other)
			wantCode(t, codes.InvalidArgument, err)
		})
	}
	t.Run("another method", func(t *testing.T) {
		_, err := a.monitors.ListMonitors(t.Context(), &pb.ListMonitorsRequest{Window: inWeek(), PageToken: token})
		wantCode(t, codes.InvalidArgument, err)
	})
}

// A token's place is a page. Where that has left the list, going on would skip
// or repeat others.
func TestListPages_ATokenWhosePageHasGoneIsRefused(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	req := &pb.ListPagesRequest{Window: inWeek(), LabelState: pb.LabelState_LABEL_STATE_UNLABELLED, PageSize: 1}
	req.PageToken = must(a.pages.ListPages(t.Context(), req))(t).GetNextPageToken()
	must(a.pages.LabelPages(t.Context(), &pb.LabelPagesRequest{
		Pages: []string{"pd/Q2"}, Label: &pb.Label{Verdict: pb.Verdict_VERDICT_ACTIONABLE, Author: "bob"},
	}))(t)
	_, err := a.pages.ListPages(t.Context(), req)
	wantCode(t, codes.InvalidArgument, err)
}

func TestGetPage(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	for _, name := range []string{"pd/Q1", "Q1", "#4411", "4411"} {
		resp := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: name}))(t)
		p := resp.GetPage()
		if p.GetName() != "pd/Q1" || p.GetServiceDisplayName() != "Vault" || p.GetOutcome() != "noise" {
			t.Fatalf("%s is %v", name, p)
		}
		want := &pb.PageCost{Interruptions: &pb.Interruptions{Sleep: 1}, Notified: []string{"Bob"}, Engaged: p.GetCost().GetEngaged()}
		if !proto.Equal(want, p.GetCost()) || p.GetCost().GetEngaged().AsDuration() != 55*time.Minute {
			t.Errorf("cost = %v", p.GetCost())
		}
		if len(resp.GetEvents()) != 4 || len(resp.GetLabels()) != 1 || resp.GetLabels()[0].GetAuthor() != "bob" {
			t.Errorf("%d events, labels %v", len(resp.GetEvents()), resp.GetLabels())
		}
		notified := resp.GetEvents()[1].GetResponders()[0]
		if notified.GetName() != "pd/bob" || notified.GetHours() != "sleep" || notified.GetTimeZone() != "UTC" {
			t.Errorf("the event notified %v", notified)
		}
	}
	save(t, a, "og", opsreview.Batch{Pages: []opsreview.Page{{Ref: opsreview.Ref{Source: "og", ID: "Q1"}, CreatedAt: week.Start}}})
	for name, tt := range map[string]struct {
		page string
		want codes.Code
	}{
		"nobody knows it":       {"pd/nothing", codes.NotFound},
		"no name":               {"", codes.NotFound},
		"an id of two sources":  {"Q1", codes.InvalidArgument},
		"a name full of quotes": {`pd/"'; DROP TABLE pages`, codes.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: tt.page})
			wantCode(t, tt.want, err)
		})
	}
}

// Two pages a minute apart are one interruption or two: that must not depend on
// the list through which one of them is looked at.
func TestPages_CostTheSameInEveryList(t *testing.T) {
	a := openServer(t)
	end := week.End
	seed(t, a,
		// Bob hears of P1 after the window; P2, outside it, began that interruption.
		page("P1", "vault", end.Add(-time.Hour), notify(end.Add(2*time.Hour), "bob"), notify(end.Add(2*time.Hour+50*time.Second), "bob")),
		page("P2", "mail", end.Add(2*time.Hour-30*time.Second), notify(end.Add(2*time.Hour-30*time.Second), "bob")),
	)
	want := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/P1"}))(t).GetPage().GetCost()
	if want.GetInterruptions().GetSleep() != 2 {
		t.Fatalf("cost = %v", want)
	}
	for name, req := range map[string]*pb.ListPagesRequest{
		"its week":          {Window: inWeek()},
		"its team's week":   {Window: inWeek(), Team: "secrets"},
		"a longer window":   {Window: &pb.WindowSelector{Last: "14d"}},
		"with a filter":     {Window: inWeek(), Responder: "Bob", Service: "Vault"},
		"the hour it began": {Window: &pb.WindowSelector{From: "2026-11-15T23:00", To: "2026-11-15T23:01"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, p := range must(a.pages.ListPages(t.Context(), req))(t).GetPages() {
				if p.GetName() == "pd/P1" && !proto.Equal(want, p.GetCost()) {
					t.Errorf("cost = %v, want %v", p.GetCost(), want)
				}
			}
		})
	}
}
