package cli

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"opsreview/config"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/ticket"
	"opsreview/ticket/github"
	"opsreview/ticket/jira"
)

var ticketWeek = &pb.Window{
	StartTime: timestamppb.New(time.Date(2026, 11, 9, 6, 0, 0, 0, time.UTC)),
	EndTime:   timestamppb.New(time.Date(2026, 11, 16, 6, 0, 0, 0, time.UTC)),
}

// noisyFinding is a finding in which strangers wrote text.
func noisyFinding(text string) *pb.Finding {
	return &pb.Finding{
		Key: "noisy_monitor:" + text, Fingerprint: "7c1f0a9be2d34410", Kind: "noisy_monitor", Title: text, Evidence: []string{"12 of 14 pages: " + text},
		Remedy: "Raise the threshold: " + text, Category: "alert-noise", Team: text, Service: text, Monitor: text, Pages: []string{text},
		Cost: proto.Float64(204), CostMethod: "reckoned: " + text,
	}
}

// closedTicket is a ticket in which strangers wrote text.
func closedTicket(text, state, verdict string) *pb.Ticket {
	day := func(n int) *timestamppb.Timestamp {
		return timestamppb.New(time.Date(2026, 10, n, 9, 0, 0, 0, time.UTC))
	}
	return &pb.Ticket{
		Tracker: "jira/OPS", Fingerprint: "7c1f0a9be2d34410", Generation: 1, FindingKey: "noisy_monitor:" + text, Title: text, Team: text, Cost: 204,
		State: state, Key: "OPS-12", Url: "https://jira.example.com/browse/OPS-12", StatusCategory: "done", Status: text, Resolution: text,
		Assignee: text, FileTime: day(1), CloseTime: day(20), Seen: 3, Error: text, SuppressEndTime: day(30), Points: 2,
		Outcome: &pb.TicketOutcome{Verdict: verdict, PagesBefore: 12, PagesAfter: 1, MinutesSaved: proto.Float64(90), Text: "It is so: " + text},
	}
}

func ticketSteps(text string) []*pb.TicketStep {
	step := func(action pb.TicketAction, t *pb.Ticket, reason, preview string) *pb.TicketStep {
		return &pb.TicketStep{Finding: noisyFinding(text), Action: action, Reason: reason, Ticket: t, Preview: preview, Generation: 1}
	}
	filed := closedTicket(text, "filed", "")
	return []*pb.TicketStep{
		step(pb.TicketAction_TICKET_ACTION_CREATE, nil, "Nothing is filed for it: "+text, "h1. "+text+"\n\nsecond line"),
		step(pb.TicketAction_TICKET_ACTION_NOTE, filed, "OPS-12 is open: it was seen again.", "Seen 3 times"),
		step(pb.TicketAction_TICKET_ACTION_REOPEN, filed, "OPS-12 was closed on 2026-11-10, and it came back.", ""),
		step(pb.TicketAction_TICKET_ACTION_RECOVER, nil, "The answer to filing it was lost: it may exist.", ""),
		step(pb.TicketAction_TICKET_ACTION_SKIP, filed, "OPS-12 is open, and this review is on it.", ""),
		step(pb.TicketAction_TICKET_ACTION_DEFER, nil, "One review files at most 1 new ticket; those come first that matter most.", ""),
		step(pb.TicketAction_TICKET_ACTION_DEFER, nil, "One review files at most 1 new ticket; those come first that matter most.", ""),
	}
}

func ticketPlan(text string) *pb.PlanTicketsResponse {
	return &pb.PlanTicketsResponse{Tracker: "jira/OPS", Window: ticketWeek, TimeZone: "America/Chicago", Steps: ticketSteps(text)}
}

// ticketFiling is a filing in which everything happens once.
func ticketFiling(text string) *filing {
	f := &filing{tracker: "jira/OPS", finished: true}
	for i, step := range ticketSteps(text) {
		msg := &pb.FileTicketsResponse{Step: step, Tracker: "jira/OPS", Outcome: "done", Ticket: closedTicket(text, "filed", "")}
		switch {
		case !acts(step):
			msg.Outcome = "planned"
		case i == 1:
			msg.Outcome, msg.Error = "rejected", "Field 'labels' cannot be set: "+text
		case i == 3:
			msg.Duplicates, msg.Detail = []string{"OPS-13", text}, "It exists."
		}
		f.steps = append(f.steps, msg)
	}
	return f
}

func (f *filing) printed(a *app) {
	for i, m := range f.steps {
		a.printDid(i+1, m)
	}
	a.printFiled(f, &pb.FileTicketsRequest{}, nil)
}

func ticketList(text string) *pb.ListTicketsResponse {
	resp := &pb.ListTicketsResponse{Tracker: "jira/OPS"}
	for _, state := range []string{"filed", "planned", "creating", "uncertain", "rejected", "suppressed", "gone"} {
		resp.Tickets = append(resp.Tickets, closedTicket(text, state, "held"))
	}
	return resp
}

func sprintPlan(text string) *pb.PlanSprintResponse {
	row := func(points float64, estimated bool, passed int32) *pb.SprintTicket {
		return &pb.SprintTicket{Ticket: closedTicket(text, "filed", ""), Points: points, PointsEstimated: estimated, MinutesPerPoint: 204 / points, PassedOver: passed}
	}
	return &pb.PlanSprintResponse{
		Tracker: "jira/OPS", Sprint: text, BudgetPoints: 8, TakenPoints: 3, Chosen: []*pb.SprintTicket{row(2, true, 0), row(1, false, 0)},
		LeftOut: []*pb.SprintTicket{row(8, true, 3)}, Query: "labels = opsreview " + text,
		Past: []*pb.SprintShare{{Sprint: text, PlannedPoints: 8, DonePoints: 6, TotalPoints: 40, EndTime: ticketWeek.GetStartTime()}},
	}
}

func ticketReview(text string) *pb.Review {
	return &pb.Review{
		Findings:       []*pb.Finding{noisyFinding(text), {Key: "runbook_missing:m-1", Fingerprint: "1", Title: "No runbook"}},
		FindingTickets: []*pb.Ticket{closedTicket(text, "filed", "")},
		ClosedTickets:  []*pb.Ticket{closedTicket(text, "filed", "came_back"), closedTicket(text, "filed", "held"), closedTicket(text, "filed", "too_early")},
	}
}

var sprintAsked = &pb.PlanSprintRequest{Team: "secrets", Capacity: 40, Share: 0.2}

// onTicketDay is what a command prints on a given day.
func onTicketDay(print func(*app)) string {
	return printed(func(a *app) {
		a.now = func() time.Time { return time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC) }
		print(a)
	})
}

func TestTicket_AsAPersonReadsIt(t *testing.T) {
	const text = "Disk usage is high"
	f := planFlags{output: asTable}
	f.scope.team = "secrets"
	golden(t, "ticket_plan.txt", onTicketDay(func(a *app) { _ = a.printPlan(ticketPlan(text), f, true) }))
	golden(t, "ticket_file.txt", onTicketDay(ticketFiling(text).printed))
	golden(t, "ticket_list.txt", onTicketDay(func(a *app) { _ = a.printTickets(ticketList(text), "", asTable) }))
	golden(t, "ticket_sprint.txt", onTicketDay(func(a *app) { a.printSprint(sprintPlan(text), sprintAsked) }))
	golden(t, "ticket_review.txt", onTicketDay(func(a *app) {
		a.printReviewFindings(ticketReview(text))
		a.printClosedTickets(ticketReview(text))
	}))
}

// TestTicket_StrangersTextsDoNoHarm prints titles, statuses and answers of
// trackers that strangers chose with care.
func TestTicket_StrangersTextsDoNoHarm(t *testing.T) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			findings := &pb.ListFindingsResponse{Window: ticketWeek, TimeZone: "UTC", Findings: []*pb.Finding{noisyFinding(text)}}
			effects := []*pb.TicketEffect{{StartTime: ticketWeek.GetStartTime(), Tracker: text, Fingerprint: "7c1f0a9be2d34410", Action: "create", Detail: text, Outcome: "ok", Key: "OPS-12", Caller: text}}
			plan, list := ticketPlan(text), ticketList(text)
			forms := map[string]string{
				"review table": onTicketDay(func(a *app) {
					a.printReviewFindings(ticketReview(text))
					a.printClosedTickets(ticketReview(text))
				}),
				"file table":   onTicketDay(ticketFiling(text).printed),
				"file json":    onTicketDay(func(a *app) { _ = printJSON(a.stdout, ticketFiling(text).toJSON(false)) }),
				"sprint table": onTicketDay(func(a *app) { r := sprintPlan(text); r.Query = ""; a.printSprint(r, sprintAsked) }),
				"sprint json":  onTicketDay(func(a *app) { _ = printJSON(a.stdout, sprintPlanToJSON(sprintPlan(text))) }),
				"adopt table": onTicketDay(func(a *app) {
					_ = a.printAdoption(&pb.AdoptTicketsResponse{Tracker: text, Duplicates: []string{text}}, asTable)
				}),
				"resolve table": onTicketDay(func(a *app) { _ = a.printResolved(closedTicket(text, "filed", ""), asTable) }),
			}
			for _, form := range []string{asTable, asJSON, asCSV} {
				forms["finding "+form] = onTicketDay(func(a *app) { _ = a.printFindingList(findings, "secrets", form) })
				forms["list "+form] = onTicketDay(func(a *app) { _ = a.printTickets(list, "secrets", form) })
				forms["log "+form] = onTicketDay(func(a *app) { _ = a.printEffects(effects, false, form) })
				if form != asCSV {
					forms["plan "+form] = onTicketDay(func(a *app) { _ = a.printPlan(plan, planFlags{output: form}, false) })
				}
			}
			forms["plan verbose"] = onTicketDay(func(a *app) { _ = a.printPlan(plan, planFlags{output: asTable}, true) })
			for command, out := range forms {
				if why := harmful(out); why != "" {
					t.Errorf("%s holds %s", command, why)
				}
				_, form, _ := strings.Cut(command, " ")
				checkForm(t, command, form, out)
			}
		})
	}
}

func TestTicket_ExitStatusTellsOfWhatWasNotDone(t *testing.T) {
	f := ticketFiling("Disk full")
	if n := f.failed(); n != 1 {
		t.Errorf("%d steps failed, want the one that was rejected", n)
	}
	if got, want := f.sum(), "1 created, 1 reopened, 1 recovered, 1 rejected, 2 deferred, 1 left alone"; got != want {
		t.Errorf("sum = %q, want %q", got, want)
	}
}

func TestParseShare(t *testing.T) {
	for text, want := range map[string]float64{"20%": 0.2, "20 %": 0.2, "0.2": 0.2, "100%": 1, "1": 1} {
		if got, err := parseShare(text); err != nil || got != want {
			t.Errorf("parseShare(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "%", "0", "0%", "-5%", "101%", "20", "NaN", "NaN%", "Inf", "a lot"} {
		if got, err := parseShare(text); err == nil {
			t.Errorf("parseShare(%q) = %v, want an error", text, got)
		}
	}
}

func TestInPoints(t *testing.T) {
	for points, want := range map[float64]string{0: "0 points", 0.5: "0.5 points", 1: "1 point", 3: "3 points"} {
		if got := inPoints(points); got != want {
			t.Errorf("inPoints(%v) = %q, want %q", points, got, want)
		}
	}
}

func TestTicketPlan_CommandFilesTheSameReview(t *testing.T) {
	tests := map[string]struct {
		app  app
		plan planFlags
		want string
	}{
		"the last week is named, so that the command is right next week too": {
			want: "opsreview ticket file --from 2026-11-09 --to 2026-11-16 --confirm",
		},
		"what was asked for is repeated": {
			app:  app{serverAddr: "ops.example.com:7474", configPath: "my config.yaml"},
			plan: planFlags{only: []string{"noisy_monitor:m-1"}, maxNew: 3, scope: scopeFlags{team: "a team"}},
			want: "opsreview ticket file --config 'my config.yaml' --server 'ops.example.com:7474' --team 'a team' --from 2026-11-09 --to 2026-11-16 " +
				"--only 'noisy_monitor:m-1' --max-new 3 --confirm",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.app.fileCommandLine(ticketPlan("Disk full"), tt.plan); got != tt.want {
				t.Errorf("the command is\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

// Planning needs no token; without one nothing goes out, and what is asked of
// the tracker is refused, which the ledger takes for "nothing happened".
func TestOpenTracker(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	for name, cfg := range map[string]*config.Tracker{
		"jira/OPS":           {Type: "jira", Jira: jira.Config{BaseURL: "https://jira.example.com", Project: "OPS", TokenFile: missing}},
		"github/example/ops": {Type: "github", GitHub: github.Config{Repo: "example/ops", TokenFile: missing}},
	} {
		tracker, _, err := openTracker(config.Config{Tracker: cfg}, time.Now, vendorOptions{})
		if err != nil || tracker.Name() != name {
			t.Fatalf("openTracker = %v, %v, want %s", tracker, err, name)
		}
		if text := tracker.Preview(ticket.Draft{Title: "Disk full"}); !strings.Contains(text, "Disk full") {
			t.Errorf("%s: the preview is %q", name, text)
		}
		var refused *ticket.Rejected
		if _, err := tracker.Find(t.Context(), ticket.Label); !errors.As(err, &refused) {
			t.Errorf("%s: Find = %v, want it rejected", name, err)
		}
		if checks := tracker.Check(t.Context()); len(checks) != 1 || checks[0].OK {
			t.Errorf("%s: the checks are %v", name, checks)
		}
	}
	if tracker, settings, err := openTracker(config.Config{}, time.Now, vendorOptions{}); tracker != nil || err != nil || settings.MaxNew == 0 {
		t.Errorf("without a configuration the tracker is %v, %v, %v", tracker, settings, err)
	}
}
