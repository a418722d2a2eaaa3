package server_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/report"
	"opsreview/server"
)

// A mailbox is a destination that keeps what it is sent.
type mailbox struct {
	fail func() error // nil takes everything

	mu   sync.Mutex
	sent []report.Bundle
	came chan struct{}
}

func newMailbox() *mailbox { return &mailbox{came: make(chan struct{}, 100)} }

// Compose implements server.Sender.
func (m *mailbox) Compose(b report.Bundle) ([]byte, error) { return b.Markdown, nil }

// Send implements server.Sender.
func (m *mailbox) Send(_ context.Context, b report.Bundle, _ []byte) error {
	defer func() { m.came <- struct{}{} }()
	if m.fail != nil {
		return m.fail()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, b)
	return nil
}

func (m *mailbox) received() []report.Bundle {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]report.Bundle(nil), m.sent...)
}

func schedule(t testing.TB, text string) opsreview.Schedule {
	t.Helper()
	s, err := opsreview.ParseSchedule(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func withReports(reports ...server.Destination) func(*server.Options) {
	return func(o *server.Options) { o.Reports = reports }
}

func TestRenderReview(t *testing.T) {
	a := openServer(t)
	seed(t, a, page("Q1", "vault", monday(1, "03:00:00"), notify(monday(1, "03:00:01"), "bob")))
	for format, want := range map[pb.ReportFormat][2]string{
		pb.ReportFormat_REPORT_FORMAT_MARKDOWN: {"text/markdown; charset=utf-8", "# Operational review of secrets, 2026-W46\n"},
		pb.ReportFormat_REPORT_FORMAT_HTML:     {"text/html; charset=utf-8", "<!doctype html>\n"},
	} {
		resp := must(a.reviews.RenderReview(t.Context(), &pb.RenderReviewRequest{Team: "secrets", Window: inWeek(), Format: format}))(t)
		if resp.GetMediaType() != want[0] || !strings.HasPrefix(string(resp.GetContent()), want[1]) {
			t.Errorf("%s: %s %.80q", format, resp.GetMediaType(), resp.GetContent())
		}
		if !strings.Contains(string(resp.GetContent()), "disk full on vault") {
			t.Errorf("%s lacks the page", format)
		}
	}
	_, err := a.reviews.RenderReview(t.Context(), &pb.RenderReviewRequest{Team: "secrets", Window: inWeek()})
	wantCode(t, codes.InvalidArgument, err)
	_, err = a.reviews.RenderReview(t.Context(), &pb.RenderReviewRequest{Team: "nobody", Format: pb.ReportFormat_REPORT_FORMAT_HTML})
	wantCode(t, codes.NotFound, err)
}

// The comparisons of a review do without the labels of the weeks before; the
// chart of those weeks does not.
func TestRenderReview_TellsTheVerdictsOfTheWeeksBefore(t *testing.T) {
	a := openServer(t)
	seed(t, a, page("Q0", "vault", monday(-28, "03:00:00")), page("Q1", "vault", monday(-3, "03:00:00")), page("Q2", "vault", monday(1, "03:00:00")))
	_, err := a.db.Label(t.Context(), []opsreview.Label{{Page: ref("Q1"), Verdict: opsreview.Actionable, Author: "ada", At: now}})
	if err != nil {
		t.Fatal(err)
	}
	resp := must(a.reviews.RenderReview(t.Context(), &pb.RenderReviewRequest{Team: "secrets", Window: inWeek(), Format: pb.ReportFormat_REPORT_FORMAT_MARKDOWN}))(t)
	if want := "| 2 Nov–8 Nov | 1 | 1 | 0 | 0 |\n| 9 Nov–15 Nov (this window) | 1 | 0 | 0 | 1 |\n"; !strings.Contains(string(resp.GetContent()), want) {
		t.Errorf("the report lacks %q:\n%s", want, resp.GetContent())
	}
}

func TestSendReport(t *testing.T) {
	chat, mail, other := newMailbox(), newMailbox(), newMailbox()
	broken := newMailbox()
	broken.fail = func() error {
		return opsreview.Wrapf(fmt.Errorf("sEcReT"), opsreview.Unavailable, "the mail server is away")
	}
	a := openServer(t, withReports(
		server.Destination{Name: "chat", Kind: "slack", Team: "secrets", Sender: chat},
		server.Destination{Name: "broken", Kind: "smtp", Team: "secrets", Sender: broken},
		server.Destination{Name: "mail", Kind: "smtp", Team: "secrets", Last: "14d", Sender: mail},
		server.Destination{Name: "other", Kind: "command", Team: "payments", Sender: other},
	))
	seed(t, a, page("Q1", "vault", monday(1, "03:00:00")))
	trial := must(a.reviews.SendReport(t.Context(), &pb.SendReportRequest{Team: "Secrets", ValidateOnly: true}))(t)
	if len(trial.GetSent()) != 3 || trial.GetSent()[0].GetContentBytes() == 0 || len(chat.received())+len(mail.received()) > 0 {
		t.Fatalf("a trial says %v and sends %d", trial, len(chat.received())+len(mail.received()))
	}
	resp := must(a.reviews.SendReport(t.Context(), &pb.SendReportRequest{Team: "secrets"}))(t)
	if s := resp.GetSent(); len(s) != 3 || s[0].GetError() != "" || s[1].GetError() != "the mail server is away" || s[2].GetError() != "" {
		t.Errorf("sent %v", resp)
	}
	if got := chat.received(); len(got) != 1 || got[0].Team != "secrets" || got[0].Window != week {
		t.Errorf("the chat got %d reports of another team or window", len(got))
	}
	if got := mail.received(); len(got) != 1 || !got[0].Window.End.Equal(now) || got[0].Window.Duration() != 14*24*time.Hour {
		t.Errorf("the mail got %d reports of another window", len(got))
	}
	must(a.reviews.SendReport(t.Context(), &pb.SendReportRequest{Destinations: []string{"other"}, Window: inWeek()}))(t)
	if got := other.received(); len(got) != 1 || got[0].Team != "payments" {
		t.Errorf("other got %d reports of another team", len(got))
	}
	_, err := a.reviews.SendReport(t.Context(), &pb.SendReportRequest{Team: "secrets", Destinations: []string{"broken"}})
	if s := wantCode(t, codes.Unavailable, err); s.Message() != "the mail server is away" {
		t.Errorf("the message is %q", s.Message())
	}
	// Another team's destination is not there, whoever's team is named.
	_, err = a.reviews.SendReport(t.Context(), &pb.SendReportRequest{Team: "secrets", Destinations: []string{"other"}})
	wantCode(t, codes.NotFound, err)
}

// runSchedule runs the schedule until stop is called, which waits for its end.
func runSchedule(t *testing.T, a *api) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); a.server.RunSchedule(ctx) }()
	return func() { cancel(); <-done }
}

// wait waits until the mailbox was tried once more.
func (m *mailbox) wait(t *testing.T) {
	t.Helper()
	select {
	case <-m.came:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was sent")
	}
}

func TestSchedule_SendsWhatIsDueOnceInAllProcesses(t *testing.T) {
	box := newMailbox()
	chat := server.Destination{Name: "chat", Kind: "slack", Team: "secrets", Schedule: schedule(t, "mon 08:30"), Sender: box}
	later := server.Destination{Name: "later", Kind: "slack", Team: "secrets", Schedule: schedule(t, "mon 12:01"), Sender: newMailbox()}
	a := openServer(t, withReports(chat, later))
	seed(t, a, page("Q1", "vault", monday(1, "03:00:00")))
	stop := runSchedule(t, a)
	box.wait(t)
	stop()
	if got := box.received(); len(got) != 1 || got[0].Window != week {
		t.Fatalf("%d reports, want one of the week before it was due", len(got))
	}
	// Another process, or the same after a restart, over the same database. The
	// one that is due there too shows that it has looked.
	second := newMailbox()
	b := openServer(t, func(o *server.Options) {
		o.DB = a.db
		o.Reports = []server.Destination{chat, {Name: "fresh", Team: "secrets", Schedule: chat.Schedule, Sender: second}}
	})
	stop = runSchedule(t, b)
	second.wait(t)
	stop()
	if got := box.received(); len(got) != 1 {
		t.Errorf("%d reports after a restart, want still one", len(got))
	}
	list := must(a.reviews.ListReports(t.Context(), &pb.ListReportsRequest{Team: "secrets"}))(t).GetReports()
	if len(list) != 2 || list[0].GetLastState() != "sent" || !list[0].GetLastDueTime().AsTime().Equal(monday(7, "08:30:00")) ||
		!list[0].GetNextTime().AsTime().Equal(monday(14, "08:30:00")) || list[0].GetSchedule() != "mon 08:30" {
		t.Errorf("the list is %v", list)
	}
	if list[1].GetLastState() != "" || !list[1].GetNextTime().AsTime().Equal(monday(7, "12:01:00")) {
		t.Errorf("what is not due yet is %v", list[1])
	}
}

func TestSchedule_WhatWasCutOffOrFailedIsNotSentAgain(t *testing.T) {
	due := monday(7, "08:30:00")
	cutOff, failing, marker := newMailbox(), newMailbox(), newMailbox()
	failing.fail = func() error { return opsreview.Errorf(opsreview.Unavailable, "Slack does not answer") }
	at := schedule(t, "mon 08:30")
	reports := withReports(
		server.Destination{Name: "cut-off", Team: "secrets", Schedule: at, Sender: cutOff},
		server.Destination{Name: "failing", Team: "secrets", Schedule: at, Sender: failing},
	)
	a := openServer(t, reports)
	if _, err := a.db.IntendReport(t.Context(), "cut-off", due, due); err != nil {
		t.Fatal(err)
	}
	stop := runSchedule(t, a)
	failing.wait(t)
	stop()
	b := openServer(t, reports, func(o *server.Options) {
		o.DB = a.db
		o.Reports = append(o.Reports, server.Destination{Name: "marker", Team: "secrets", Schedule: at, Sender: marker})
	})
	stop = runSchedule(t, b)
	marker.wait(t)
	stop()
	if len(cutOff.received()) > 0 || len(failing.came) > 0 {
		t.Errorf("%d sent after a crash, %d tried again after a failure", len(cutOff.received()), len(failing.came))
	}
	list := must(a.reviews.ListReports(t.Context(), &pb.ListReportsRequest{}))(t).GetReports()
	if list[0].GetLastState() != "intended" || list[1].GetLastState() != "failed" || list[1].GetLastError() != "Slack does not answer" {
		t.Errorf("the list is %v", list)
	}
}

func TestSchedule_WhatWasDueLongAgoIsLeftOut(t *testing.T) {
	old, marker := newMailbox(), newMailbox()
	a := openServer(t, withReports(
		server.Destination{Name: "old", Team: "secrets", Schedule: schedule(t, "sun 23:00"), Sender: old}, // 13 hours ago
		server.Destination{Name: "marker", Team: "secrets", Schedule: schedule(t, "mon 08:30"), Sender: marker},
		server.Destination{Name: "by hand", Team: "secrets", Sender: old},
	))
	seed(t, a)
	stop := runSchedule(t, a)
	marker.wait(t)
	stop()
	if len(old.came) > 0 {
		t.Error("a report was sent 13 hours late, or without a schedule")
	}
}

// A report that panics ends neither the others nor the server.
func TestSchedule_APanicIsAFailure(t *testing.T) {
	bad, marker := newMailbox(), newMailbox()
	bad.fail = func() error { panic("no") }
	a := openServer(t, withReports(
		server.Destination{Name: "bad", Team: "secrets", Schedule: schedule(t, "mon 08:30"), Sender: bad},
		server.Destination{Name: "marker", Team: "secrets", Schedule: schedule(t, "mon 08:30"), Sender: marker},
	))
	seed(t, a)
	stop := runSchedule(t, a)
	bad.wait(t)
	marker.wait(t)
	stop()
	if !strings.Contains(a.log.String(), "report panicked") {
		t.Errorf("the log does not tell: %s", a.log.String())
	}
}
