package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// labelsOf returns a page's label history.
func labelsOf(tb testing.TB, a *api, name string) []*pb.Label {
	tb.Helper()
	return must(a.pages.GetPage(tb.Context(), &pb.GetPageRequest{Name: name}))(tb).GetLabels()
}

func noise() *pb.Label {
	return &pb.Label{Cause: "threshold_wrong", Flags: []string{"runbook_wrong", "poor_details"}, Note: "again", Minutes: 5, Author: " bob "}
}

func TestLabelPages(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	resp := must(a.pages.LabelPages(t.Context(), &pb.LabelPagesRequest{Pages: []string{"pd/Q2", "4411", "Q2"}, Label: noise()}))(t)
	if diff := cmp.Diff([]string{"pd/Q2", "pd/Q1"}, resp.GetChanged()); diff != "" || len(resp.GetUnchanged()) > 0 {
		t.Errorf("changed (-want +got):\n%s unchanged %v", diff, resp.GetUnchanged())
	}
	history := labelsOf(t, a, "pd/Q1")
	want := &pb.Label{
		Verdict: pb.Verdict_VERDICT_NOT_ACTIONABLE, Cause: "threshold_wrong", Flags: []string{"poor_details", "runbook_wrong"},
		Note: "again", Minutes: 5, Author: "bob",
	}
	got := proto.CloneOf(history[len(history)-1])
	if at := got.GetLabelTime().AsTime(); !at.Equal(now) || len(history) != 2 {
		t.Errorf("%d labels, the last of %s", len(history), at)
	}
	got.LabelTime = nil
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("label (-want +got):\n%s", diff)
	}
	again := must(a.pages.LabelPages(t.Context(), &pb.LabelPagesRequest{Pages: []string{"pd/Q1"}, Label: noise()}))(t)
	if len(again.GetChanged()) != 0 || len(again.GetUnchanged()) != 1 || len(labelsOf(t, a, "pd/Q1")) != 2 {
		t.Errorf("labelling the same again: %v", again)
	}
	gone := must(a.pages.UnlabelPages(t.Context(), &pb.UnlabelPagesRequest{Pages: []string{"pd/Q1", "pd/Q3"}, Author: "cem"}))(t)
	if diff := cmp.Diff(&pb.UnlabelPagesResponse{Changed: []string{"pd/Q1"}, Unchanged: []string{"pd/Q3"}}, gone, protocmp.Transform()); diff != "" {
		t.Errorf("withdrawal (-want +got):\n%s", diff)
	}
	page := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/Q1"}))(t)
	if page.GetPage().GetLabel() != nil || page.GetPage().GetOutcome() != "unlabelled" || len(page.GetLabels()) != 3 {
		t.Errorf("after the withdrawal: %v, %d labels", page.GetPage().GetLabel(), len(page.GetLabels()))
	}
}

func TestLabelPages_OfAMonitor(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	// Q2 has the title that the pages before and after the week have.
	monitor := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/Q2"}))(t).GetPage().GetMonitor()
	req := &pb.LabelPagesRequest{Monitor: monitor, Window: &pb.WindowSelector{From: "2026-11-08", To: "2026-11-16"}, Label: noise()}
	resp := must(a.pages.LabelPages(t.Context(), req))(t)
	if diff := cmp.Diff([]string{"pd/Q0", "pd/Q2"}, resp.GetChanged()); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	req.Window, req.OnlyUnlabelled = &pb.WindowSelector{From: "2026-11-08", To: "2026-11-17"}, true
	req.Label = &pb.Label{Verdict: pb.Verdict_VERDICT_ACTIONABLE, Author: "cem"}
	resp = must(a.pages.LabelPages(t.Context(), req))(t)
	want := &pb.LabelPagesResponse{Changed: []string{"pd/Q9"}, Unchanged: []string{"pd/Q0", "pd/Q2"}}
	if diff := cmp.Diff(want, resp, protocmp.Transform()); diff != "" {
		t.Errorf("only unlabelled (-want +got):\n%s", diff)
	}
	others := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/Q2"}))(t).GetMonitorLabels()
	if len(others) != 2 || others[0].GetPage() == "pd/Q2" || others[1].GetPage() == "pd/Q2" {
		t.Errorf("the monitor's other labels are %v", others)
	}
}

func TestLabelPages_Refuses(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	good, one := noise(), []string{"pd/Q2"}
	tests := map[string]struct {
		req  *pb.LabelPagesRequest
		want codes.Code
	}{
		"no page and no monitor":       {&pb.LabelPagesRequest{Label: good}, codes.InvalidArgument},
		"pages and a monitor":          {&pb.LabelPagesRequest{Pages: one, Monitor: "m-1", Label: good}, codes.InvalidArgument},
		"no label":                     {&pb.LabelPagesRequest{Pages: one}, codes.InvalidArgument},
		"no author":                    {&pb.LabelPagesRequest{Pages: one, Label: &pb.Label{Cause: "duplicate", Author: " "}}, codes.InvalidArgument},
		"a long author":                {&pb.LabelPagesRequest{Pages: one, Label: &pb.Label{Cause: "duplicate", Author: strings.Repeat("x", 201)}}, codes.InvalidArgument},
		"an unknown cause":             {&pb.LabelPagesRequest{Pages: one, Label: &pb.Label{Cause: "weather", Author: "bob"}}, codes.InvalidArgument},
		"an unknown flag":              {&pb.LabelPagesRequest{Pages: one, Label: &pb.Label{Cause: "duplicate", Flags: []string{"x"}, Author: "bob"}}, codes.InvalidArgument},
		"a cause of the other verdict": {&pb.LabelPagesRequest{Pages: one, Label: &pb.Label{Cause: "duplicate", Verdict: pb.Verdict_VERDICT_ACTIONABLE, Author: "bob"}}, codes.InvalidArgument},
		"a verdict of the future":      {&pb.LabelPagesRequest{Pages: one, Label: &pb.Label{Cause: "duplicate", Verdict: 9, Author: "bob"}}, codes.InvalidArgument},
		"an answer of the future":      {&pb.LabelPagesRequest{Pages: one, Label: &pb.Label{Cause: "duplicate", Actioned: 9, Author: "bob"}}, codes.InvalidArgument},
		"minutes below zero":           {&pb.LabelPagesRequest{Pages: one, Label: &pb.Label{Cause: "duplicate", Minutes: -1, Author: "bob"}}, codes.InvalidArgument},
		"one page of two is unknown":   {&pb.LabelPagesRequest{Pages: []string{"pd/Q2", "pd/nothing"}, Label: good}, codes.NotFound},
		"an unknown monitor":           {&pb.LabelPagesRequest{Monitor: "m-ffffffffffffffff", Label: good}, codes.NotFound},
		"an unknown team":              {&pb.LabelPagesRequest{Monitor: "m-", Team: "nobody", Label: good}, codes.NotFound},
		"a bad window":                 {&pb.LabelPagesRequest{Monitor: "m-", Window: &pb.WindowSelector{Week: "46"}, Label: good}, codes.InvalidArgument},
		"a request id of 129":          {&pb.LabelPagesRequest{Pages: one, Label: good, RequestId: strings.Repeat("x", 129)}, codes.InvalidArgument},
		"a long request id in a trial": {&pb.LabelPagesRequest{Pages: one, Label: good, RequestId: strings.Repeat("x", 129), ValidateOnly: true}, codes.InvalidArgument},
		"too many pages":               {&pb.LabelPagesRequest{Pages: make([]string, 10_001), Label: good}, codes.InvalidArgument},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := a.pages.LabelPages(t.Context(), tt.req)
			wantCode(t, tt.want, err)
			if labels := labelsOf(t, a, "pd/Q2"); len(labels) != 0 {
				t.Errorf("a refused request left %v", labels)
			}
		})
	}
}

func TestUnlabelPages_Refuses(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	for name, tt := range map[string]struct {
		req  *pb.UnlabelPagesRequest
		want codes.Code
	}{
		"no author":       {&pb.UnlabelPagesRequest{Pages: []string{"pd/Q1"}}, codes.InvalidArgument},
		"nothing":         {&pb.UnlabelPagesRequest{Author: "bob"}, codes.InvalidArgument},
		"an unknown page": {&pb.UnlabelPagesRequest{Author: "bob", Pages: []string{"pd/Q1", "pd/nothing"}}, codes.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.pages.UnlabelPages(t.Context(), tt.req)
			wantCode(t, tt.want, err)
			if labels := labelsOf(t, a, "pd/Q1"); len(labels) != 1 {
				t.Errorf("a refused request left %v", labels)
			}
		})
	}
}

func TestLabelPages_ATrialChangesNothing(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	req := &pb.LabelPagesRequest{Pages: []string{"pd/Q1", "pd/Q2"}, Label: noise(), ValidateOnly: true, OnlyUnlabelled: true, RequestId: "r1"}
	want := &pb.LabelPagesResponse{Changed: []string{"pd/Q2"}, Unchanged: []string{"pd/Q1"}}
	trial := must(a.pages.LabelPages(t.Context(), req))(t)
	if diff := cmp.Diff(want, trial, protocmp.Transform()); diff != "" {
		t.Errorf("trial (-want +got):\n%s", diff)
	}
	undo := must(a.pages.UnlabelPages(t.Context(), &pb.UnlabelPagesRequest{Pages: []string{"pd/Q1"}, Author: "bob", ValidateOnly: true}))(t)
	if len(undo.GetChanged()) != 1 || len(labelsOf(t, a, "pd/Q1")) != 1 || len(labelsOf(t, a, "pd/Q2")) != 0 {
		t.Error("a trial left something behind")
	}
	req.ValidateOnly = false // The trial has not used the request id up.
	if diff := cmp.Diff(want, must(a.pages.LabelPages(t.Context(), req))(t), protocmp.Transform()); diff != "" {
		t.Errorf("in earnest (-want +got):\n%s", diff)
	}
}

// A client that did not hear the answer asks again, after others have changed
// the same pages: it gets the first answer and undoes nothing.
func TestLabelPages_ARepetitionHasTheFirstAnswer(t *testing.T) {
	clock := now
	a := openServer(t, func(o *server.Options) { o.Now = func() time.Time { return clock } })
	seedWeek(t, a)
	monitor := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "pd/Q0"}))(t).GetPage().GetMonitor()
	req := &pb.LabelPagesRequest{
		Monitor: monitor, Window: &pb.WindowSelector{Last: "9d"}, Label: noise(), OnlyUnlabelled: true, RequestId: "r1",
	}
	first := must(a.pages.LabelPages(t.Context(), req))(t)
	if diff := cmp.Diff([]string{"pd/Q0", "pd/Q2", "pd/Q9"}, first.GetChanged()); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	must(a.pages.UnlabelPages(t.Context(), &pb.UnlabelPagesRequest{Pages: []string{"pd/Q2"}, Author: "cem"}))(t)
	clock = now.AddDate(0, 0, 3) // Q0 has left the window.
	second := must(a.pages.LabelPages(t.Context(), req))(t)
	if diff := cmp.Diff(first, second, protocmp.Transform()); diff != "" {
		t.Errorf("the second answer differs (-want +got):\n%s", diff)
	}
	if n := len(labelsOf(t, a, "pd/Q2")); n != 2 {
		t.Errorf("Q2 has %d labels, want 2: given and withdrawn", n)
	}
	unlabel := &pb.UnlabelPagesRequest{Pages: []string{"pd/Q0"}, Author: "cem", RequestId: "r2"}
	for range 2 {
		if got := must(a.pages.UnlabelPages(t.Context(), unlabel))(t).GetChanged(); len(got) != 1 {
			t.Errorf("withdrawing changed %v", got)
		}
	}
	for name, call := range map[string]func() error{
		"another label": func() error {
			other := proto.CloneOf(req)
			other.Label.Note = "else"
			_, err := a.pages.LabelPages(t.Context(), other)
			return err
		},
		"another method": func() error {
			_, err := a.pages.UnlabelPages(t.Context(), &pb.UnlabelPagesRequest{Pages: []string{"pd/Q0"}, Author: "cem", RequestId: "r1"})
			return err
		},
		"another service": func() error {
			_, err := a.ingests.PushEvents(t.Context(), &pb.PushEventsRequest{Source: "own", Events: []*pb.PageEvent{event("1", "triggered", now)}, RequestId: "r1"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, codes.AlreadyExists, call()) })
	}
}

func TestGetVocabulary(t *testing.T) {
	resp := must(openServer(t).pages.GetVocabulary(t.Context(), &pb.GetVocabularyRequest{}))(t)
	if len(resp.GetCauses()) != len(org().Vocabulary.Causes) || len(resp.GetFlags()) != len(org().Vocabulary.Flags) || len(resp.GetFlags()) == 0 {
		t.Fatalf("vocabulary = %v", resp)
	}
	for _, c := range resp.GetCauses() {
		if c.GetId() == "" || c.GetSummary() == "" || c.GetVerdict() == pb.Verdict_VERDICT_UNSPECIFIED {
			t.Errorf("cause %v", c)
		}
	}
}
