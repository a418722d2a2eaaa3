package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// ticking lets the server's clock go on by a second at each look.
func ticking(o *server.Options) {
	at := now
	o.Now = func() time.Time { at = at.Add(time.Second); return at }
}

func TestListDisputes(t *testing.T) {
	a := openServer(t, ticking)
	seed(t, a,
		page("Q1", "vault", monday(1, "10:00:00")), page("Q2", "vault", monday(2, "10:00:00")),
		page("Q3", "consul", monday(2, "10:00:00")), page("Q4", "ledger", monday(2, "10:00:00")),
	)
	label := func(name, author, cause string) {
		t.Helper()
		must(a.pages.LabelPages(t.Context(), &pb.LabelPagesRequest{Pages: []string{name}, Label: &pb.Label{Cause: cause, Author: author}}))(t)
	}
	label("pd/Q1", "ada", "capacity")
	label("pd/Q2", "bob", "threshold_wrong")
	label("pd/Q3", "ada", "threshold_wrong")
	label("pd/Q3", "bob", "check_faulty")
	label("pd/Q4", "dee", "capacity")

	resp := must(a.pages.ListDisputes(t.Context(), &pb.ListDisputesRequest{Team: "secrets", Window: inWeek()}))(t)
	var got []string
	for _, d := range resp.GetDisputes() {
		for _, l := range d.GetLabels() {
			got = append(got, fmt.Sprintf("%s: %s by %s on %s", d.GetTitle(), l.GetLabel().GetCause(), l.GetLabel().GetAuthor(), l.GetPage()))
		}
	}
	for _, c := range resp.GetChanges() {
		got = append(got, fmt.Sprintf("%s of %s: %s to %s", c.GetPage(), c.GetTitle(), c.GetBefore().GetCause(), c.GetAfter().GetCause()))
	}
	want := []string{
		"disk full on vault: capacity by ada on pd/Q1", "disk full on vault: threshold_wrong by bob on pd/Q2",
		"pd/Q3 of disk full on consul: threshold_wrong to check_faulty",
	}
	if diff := cmp.Diff(want, got); diff != "" || resp.GetTimeZone() != "UTC" || !resp.GetWindow().GetEndTime().AsTime().Equal(week.End) {
		t.Errorf("in %s, until %s (-want +got):\n%s", resp.GetTimeZone(), resp.GetWindow().GetEndTime().AsTime(), diff)
	}
	later := must(a.pages.ListDisputes(t.Context(), &pb.ListDisputesRequest{Window: inWeek(), ChangedAfterTime: timestamppb.New(now.Add(time.Hour))}))(t)
	if n := len(later.GetChanges()); n != 0 {
		t.Errorf("%d changes an hour after the last one", n)
	}
	for name, tt := range map[string]struct {
		req  *pb.ListDisputesRequest
		want codes.Code
	}{
		"an unknown team": {&pb.ListDisputesRequest{Team: "nobody"}, codes.NotFound},
		"a bad window":    {&pb.ListDisputesRequest{Window: &pb.WindowSelector{Week: "x"}}, codes.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.pages.ListDisputes(t.Context(), tt.req)
			wantCode(t, tt.want, err)
		})
	}
}

func TestGetMonitor_TriesOtherSettings(t *testing.T) {
	a := openServer(t)
	integration := opsreview.Agent{Kind: opsreview.Integration}
	var pages []opsreview.Page
	for i := range 6 {
		at := monday(-i*7, "23:00:00")
		end := opsreview.Event{At: at.Add(7 * time.Minute), Kind: opsreview.Resolved, By: integration}
		pages = append(pages, page(fmt.Sprintf("Q%d", i), "vault", at, notify(at, "bob"), end))
	}
	seed(t, a, pages...)
	id := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/Q0"}))(t).GetPage().GetMonitor()

	resp := must(a.monitors.GetMonitor(t.Context(), &pb.GetMonitorRequest{Name: id, Team: "secrets", Window: inWeek()}))(t)
	best := resp.GetMonitor().GetBestWhatIf()
	if best.GetSetting() != "for: +10m" || best.GetPagesAvoided() != 5 || best.GetPagesTotal() != 5 || best.GetSleepInterruptionsAvoided() != 5 {
		t.Errorf("of the window and four weeks: %v", best)
	}
	if got := best.GetWindow().GetStartTime().AsTime(); !got.Equal(monday(-28, "00:00:00")) {
		t.Errorf("the history begins at %s", got)
	}
	if n := len(resp.GetWhatIfs()); n != 8 {
		t.Errorf("%d settings were tried", n)
	}
	other := must(a.monitors.GetMonitor(t.Context(), &pb.GetMonitorRequest{Name: id, Team: "payments", Window: inWeek()}))(t)
	if n := len(other.GetWhatIfs()); n != 0 {
		t.Errorf("another team was shown %d", n)
	}
	listed := must(a.monitors.ListMonitors(t.Context(), &pb.ListMonitorsRequest{Window: inWeek()}))(t)
	if w := listed.GetMonitors()[0].GetBestWhatIf(); w != nil {
		t.Errorf("a list looks at no history, and says %v", w)
	}
	r := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Window: inWeek()}))(t).GetReview()
	if diff := cmp.Diff(best.GetSentence(), r.GetMonitors()[0].GetBestWhatIf().GetSentence()); diff != "" {
		t.Errorf("the review says (-monitor +review):\n%s", diff)
	}
}
