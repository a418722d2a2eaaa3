package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/ticket"
	"opsreview/ticket/tickettest"
)

// toiling serves a week in which Ada was engaged for twenty minutes by a page
// that was for nothing.
func toiling(t *testing.T, change ...func(*server.Options)) (*api, pb.ToilServiceClient) {
	t.Helper()
	a := openServer(t, change...)
	at := monday(2, "10:00:00")
	seed(t, a, page("Q1", "vault", at, notify(at, "ada"), ack(at.Add(time.Minute), "ada"), resolve(at.Add(21*time.Minute))))
	label := &pb.Label{Verdict: pb.Verdict_VERDICT_NOT_ACTIONABLE, Cause: "self_resolved", Author: "ada"}
	must(a.pages.LabelPages(t.Context(), &pb.LabelPagesRequest{Pages: []string{"pd/Q1"}, Label: label}))(t)
	return a, pb.NewToilServiceClient(a.conn)
}

func rotating(at string, minutes int) *pb.LogToilRequest {
	return &pb.LogToilRequest{
		Task: "rotate  the vault token", Spent: durationpb.New(time.Duration(minutes) * time.Minute), Team: "Secrets", Person: "ada",
		At: at, Author: "bob",
	}
}

func TestLogToil_IsForgiving(t *testing.T) {
	_, toils := toiling(t)
	tests := map[string]struct {
		change func(*pb.LogToilRequest)
		start  time.Time
		want   func(*pb.ToilEntry) bool
	}{
		"without a time it has just ended":       {func(r *pb.LogToilRequest) { r.At = "" }, now.Add(-30 * time.Minute), nil},
		"a span ago":                             {func(r *pb.LogToilRequest) { r.At = "2h ago" }, now.Add(-2 * time.Hour), nil},
		"a day is its noon":                      {func(r *pb.LogToilRequest) { r.At = "yesterday" }, monday(6, "12:00:00"), nil},
		"a day with midnight is midnight":        {func(r *pb.LogToilRequest) { r.At = "yesterday 00:00" }, monday(6, "00:00:00"), nil},
		"today before noon has ended by now":     {func(r *pb.LogToilRequest) { r.At = "today" }, now.Add(-30 * time.Minute), nil},
		"the beginning of a category is enough":  {func(r *pb.LogToilRequest) { r.Category = "MAINT" }, monday(2, "09:00:00"), func(e *pb.ToilEntry) bool { return e.GetCategory() == "maintenance" }},
		"teams and people are found in any case": {func(*pb.LogToilRequest) {}, monday(2, "09:00:00"), func(e *pb.ToilEntry) bool { return e.GetTeam() == "secrets" && e.GetPerson() == "ada@example.com" }},
		"who logs did it":                        {func(r *pb.LogToilRequest) { r.Person = "" }, monday(2, "09:00:00"), func(e *pb.ToilEntry) bool { return e.GetPerson() == "bob@example.com" }},
		"an account without a person is a name":  {func(r *pb.LogToilRequest) { r.Person, r.Author = "", "root" }, monday(2, "09:00:00"), func(e *pb.ToilEntry) bool { return e.GetPerson() == "root" }},
		"a member of one team logs for it":       {func(r *pb.LogToilRequest) { r.Person, r.Team = "Dee", "" }, monday(2, "09:00:00"), func(e *pb.ToilEntry) bool { return e.GetTeam() == "payments" }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			req := rotating("2026-11-11T09:00", 30)
			test.change(req)
			e := must(toils.LogToil(t.Context(), req))(t).GetEntry()
			if !e.GetStartTime().AsTime().Equal(test.start) || e.GetTask() != "rotate the vault token" || e.GetId() == "" {
				t.Errorf("entry %s %q at %s, want %s", e.GetId(), e.GetTask(), e.GetStartTime().AsTime(), test.start)
			}
			if test.want != nil && !test.want(e) {
				t.Errorf("entry %+v", e)
			}
		})
	}
}

func TestLogToil_Refuses(t *testing.T) {
	_, toils := toiling(t)
	tests := map[string]struct {
		change func(*pb.LogToilRequest)
		code   codes.Code
		text   string
	}{
		"work without a name":    {func(r *pb.LogToilRequest) { r.Task = " " }, codes.InvalidArgument, "needs a task"},
		"no time at all":         {func(r *pb.LogToilRequest) { r.Spent = nil }, codes.InvalidArgument, "cannot have taken"},
		"more than a week":       {func(r *pb.LogToilRequest) { r.Spent = durationpb.New(169 * time.Hour) }, codes.InvalidArgument, "cannot have taken"},
		"an unknown category":    {func(r *pb.LogToilRequest) { r.Category = "fun" }, codes.InvalidArgument, "choose one of interrupts, business"},
		"an ambiguous category":  {func(r *pb.LogToilRequest) { r.Category = "m" }, codes.InvalidArgument, "choose one of"},
		"an unknown team":        {func(r *pb.LogToilRequest) { r.Team = "nobody" }, codes.NotFound, "no team"},
		"an unknown person":      {func(r *pb.LogToilRequest) { r.Person = "zoe" }, codes.NotFound, "nobody called"},
		"an unknown page":        {func(r *pb.LogToilRequest) { r.Page = "pd/none" }, codes.NotFound, "page"},
		"the future":             {func(r *pb.LogToilRequest) { r.At = "tomorrow" }, codes.InvalidArgument, "in the future"},
		"a time that nobody can": {func(r *pb.LogToilRequest) { r.At = "some day" }, codes.InvalidArgument, "is not a time"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			req := rotating("2026-11-11T09:00", 30)
			test.change(req)
			_, err := toils.LogToil(t.Context(), req)
			if s := wantCode(t, test.code, err); !strings.Contains(s.Message(), test.text) {
				t.Errorf("message %q, want %q in it", s.Message(), test.text)
			}
		})
	}
}

func TestLogToil_Warns(t *testing.T) {
	_, toils := toiling(t)
	first := must(toils.LogToil(t.Context(), rotating("2026-11-11T09:00", 30)))(t)
	if len(first.GetWarnings()) != 0 {
		t.Errorf("the first entry warns: %q", first.GetWarnings())
	}
	again := must(toils.LogToil(t.Context(), rotating("2026-11-12T09:00", 30)))(t)
	if w := again.GetWarnings(); len(w) != 1 || !strings.Contains(w[0], "as "+first.GetEntry().GetId()) {
		t.Errorf("the second entry warns %q, want the first's id", w)
	}
	for task, warns := range map[string]bool{"Rotate the vault tokens": true, "the vault token rotate": true, "Rotate the consul token": false, "restart": false} {
		req := rotating("2026-11-12T09:00", 30)
		req.Task = task
		resp := must(toils.LogToil(t.Context(), req))(t)
		if got := strings.Contains(strings.Join(resp.GetWarnings(), " "), `did you mean "rotate the vault token"?`); got != warns {
			t.Errorf("%q: warnings %q", task, resp.GetWarnings())
		}
	}
}

func TestLogToil_OnceForOneRequest(t *testing.T) {
	_, toils := toiling(t)
	req := rotating("2026-11-11T09:00", 30)
	req.RequestId = "r1"
	a, b := must(toils.LogToil(t.Context(), req))(t), must(toils.LogToil(t.Context(), req))(t)
	if a.GetEntry().GetId() != b.GetEntry().GetId() || len(b.GetWarnings()) != 0 {
		t.Errorf("repeated: %s and %s, %q", a.GetEntry().GetId(), b.GetEntry().GetId(), b.GetWarnings())
	}
	r := must(toils.GetToil(t.Context(), &pb.GetToilRequest{Team: "secrets", Window: inWeek()}))(t).GetReport()
	if got := r.GetSpent().AsDuration(); got != 50*time.Minute {
		t.Errorf("%s of toil, want 30 minutes and the page's 20", got)
	}
}

func TestGetToil_AddsUpPagesAndEntries(t *testing.T) {
	_, toils := toiling(t)
	e := must(toils.LogToil(t.Context(), rotating("2026-11-11T10:11", 30)))(t).GetEntry() // ten minutes of it during the page
	r := must(toils.GetToil(t.Context(), &pb.GetToilRequest{Team: "secrets", Window: inWeek()}))(t).GetReport()
	if r.GetSpent().AsDuration() != 40*time.Minute || r.GetDropped().AsDuration() != 10*time.Minute {
		t.Errorf("%s of toil and %s told twice", r.GetSpent().AsDuration(), r.GetDropped().AsDuration())
	}
	if r.GetWorking().AsDuration() != 40*time.Hour || r.GetLimit() != 0.5 || r.GetOver() {
		t.Errorf("working time %s, limit %v", r.GetWorking().AsDuration(), r.GetLimit())
	}
	if p := r.GetPeople(); len(p) != 1 || p[0].GetDisplayName() != "Ada" || len(r.GetWeeks()) != 13 || len(r.GetTasks()) != 2 {
		t.Errorf("people %v, %d weeks, tasks %v", p, len(r.GetWeeks()), r.GetTasks())
	}
	lines := must(toils.ListToil(t.Context(), &pb.ListToilRequest{Team: "secrets", Window: inWeek(), Person: "Ada", Task: "Rotate the vault token"}))(t).GetLines()
	if len(lines) != 1 || lines[0].GetEntry() != e.GetId() {
		t.Errorf("lines %v", lines)
	}
}

func TestGetToil_OfEverybodyAddsUpTeams(t *testing.T) {
	_, toils := toiling(t)
	must(toils.LogToil(t.Context(), rotating("2026-11-11T13:00", 30)))(t)
	of := rotating("2026-11-12T13:00", 45)
	of.Person, of.Team = "Dee", "payments"
	must(toils.LogToil(t.Context(), of))(t)
	r := must(toils.GetToil(t.Context(), &pb.GetToilRequest{Window: inWeek()}))(t).GetReport()
	got := map[string]time.Duration{}
	for _, s := range r.GetTeams() {
		got[s.GetDisplayName()] = s.GetSpent().AsDuration()
	}
	want := map[string]time.Duration{"secrets": 50 * time.Minute, "payments": 45 * time.Minute} // a page of twenty minutes is the secrets team's
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("teams (-want +got):\n%s", diff)
	}
	if one := must(toils.GetToil(t.Context(), &pb.GetToilRequest{Team: "secrets", Window: inWeek()}))(t).GetReport(); len(one.GetTeams()) != 0 {
		t.Errorf("one team's ledger has teams: %v", one.GetTeams())
	}
}

func TestWithdrawToil(t *testing.T) {
	_, toils := toiling(t)
	e := must(toils.LogToil(t.Context(), rotating("2026-11-11T09:00", 30)))(t).GetEntry()
	for range 2 {
		gone := must(toils.WithdrawToil(t.Context(), &pb.WithdrawToilRequest{Id: e.GetId(), Author: "ada"}))(t).GetEntry()
		if gone.GetWithdrawnBy() != "ada" {
			t.Errorf("withdrawn by %q", gone.GetWithdrawnBy())
		}
	}
	lines := must(toils.ListToil(t.Context(), &pb.ListToilRequest{Team: "secrets", Window: inWeek()}))(t).GetLines()
	if len(lines) != 1 || lines[0].GetOrigin() != "paged" {
		t.Errorf("lines %v, want the page's only", lines)
	}
	_, err := toils.WithdrawToil(t.Context(), &pb.WithdrawToilRequest{Id: "t-99", Author: "ada"})
	wantCode(t, codes.NotFound, err)
}

// entryOf is the first of the lines that somebody logged.
func entryOf(lines []*pb.ToilLine) string {
	for _, l := range lines {
		if l.GetEntry() != "" {
			return l.GetEntry()
		}
	}
	return ""
}

func TestWithdrawToil_IsForWhoeverDidOrLoggedIt(t *testing.T) {
	tests := map[string]struct {
		caller, of string
		want       codes.Code
	}{
		"whoever did it":             {"ada", "Ada", codes.OK},
		"their lead":                 {"grace", "Ada", codes.OK},
		"a role that sees everybody": {"boss", "Ada", codes.OK},
		"somebody else of the team":  {"ada", "Bob", codes.PermissionDenied},
		"a pipeline":                 {"deploy", "Ada", codes.PermissionDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := openPrivate(t)
			toils, boss := pb.NewToilServiceClient(g.conn), g.as(t, "boss")
			all := &pb.ListToilRequest{Team: "secrets", Window: inWeek(), Person: tt.of}
			lines := must(toils.ListToil(boss, all))(t).GetLines()
			resp, err := toils.WithdrawToil(g.as(t, tt.caller), &pb.WithdrawToilRequest{Id: entryOf(lines), Author: tt.caller})
			wantCode(t, tt.want, err)
			if err != nil && resp.GetEntry() != nil {
				t.Errorf("%s is told of %v", tt.caller, resp.GetEntry())
			}
			left := must(toils.ListToil(boss, all))(t).GetLines()
			if gone := len(left) < len(lines); gone != (err == nil) {
				t.Errorf("it was taken back: %t", gone)
			}
		})
	}
	g := openPrivate(t)
	toils := pb.NewToilServiceClient(g.conn)
	mine := must(toils.LogToil(g.as(t, "deploy"), &pb.LogToilRequest{
		Team: "secrets", Task: "rotate the token", Person: "Ada", Spent: durationpb.New(time.Hour), At: "2026-11-12T08:00:00Z", Author: "deploy",
	}))(t).GetEntry()
	must(toils.WithdrawToil(g.as(t, "deploy"), &pb.WithdrawToilRequest{Id: mine.GetId(), Author: "deploy"}))(t)
}

func TestAnswerTask_TakesOverheadOut(t *testing.T) {
	_, toils := toiling(t)
	must(toils.LogToil(t.Context(), rotating("2026-11-11T09:00", 30)))(t)
	answer := &pb.AnswerTaskRequest{
		Team: "secrets", Task: "Rotate the Vault token", Author: "ada", Answers: map[string]bool{"tactical": false, "grows": false, "manual": true},
	}
	if task := must(toils.AnswerTask(t.Context(), answer))(t).GetTask(); !task.GetOverhead() || len(task.GetAnswers()) != 3 {
		t.Errorf("task %v", task)
	}
	r := must(toils.GetToil(t.Context(), &pb.GetToilRequest{Team: "secrets", Window: inWeek()}))(t).GetReport()
	if r.GetOverhead().AsDuration() != 30*time.Minute || r.GetSpent().AsDuration() != 20*time.Minute {
		t.Errorf("%s overhead and %s toil", r.GetOverhead().AsDuration(), r.GetSpent().AsDuration())
	}
	forget := &pb.AnswerTaskRequest{Team: "secrets", Task: "rotate the vault token", Author: "ada", Forget: []string{"grows"}}
	if task := must(toils.AnswerTask(t.Context(), forget))(t).GetTask(); task.GetOverhead() {
		t.Errorf("task %v", task)
	}
	for text, req := range map[string]*pb.AnswerTaskRequest{
		"answer at least one":                   {Team: "secrets", Task: "rotate the vault token", Author: "ada"},
		"is no question":                        {Team: "secrets", Task: "rotate the vault token", Author: "ada", Forget: []string{"boring"}},
		`did you mean "rotate the vault token"`: {Team: "secrets", Task: "rotate the vault tokens", Author: "ada", Forget: []string{"grows"}},
		"toil show lists":                       {Team: "payments", Task: "rotate the vault token", Author: "ada", Forget: []string{"grows"}},
	} {
		if _, err := toils.AnswerTask(t.Context(), req); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("error %v, want %q", err, text)
		}
	}
}

func TestAutomateTask_TellsLaterWhatWasSaved(t *testing.T) {
	clock := now
	_, toils := toiling(t, func(o *server.Options) { o.Now = func() time.Time { return clock } })
	for _, at := range []string{"2026-10-19T09:00", "2026-10-26T09:00", "2026-11-02T09:00", "2026-11-09T09:00"} {
		must(toils.LogToil(t.Context(), rotating(at, 60)))(t)
	}
	req := &pb.AutomateTaskRequest{Team: "secrets", Task: "rotate the vault token", Ticket: "OPS-9", Author: "ada"}
	task := must(toils.AutomateTask(t.Context(), req))(t).GetTask()
	if auto := task.GetAutomation(); !auto.GetTooEarly() || task.GetTicket() != "OPS-9" || auto.GetBefore().AsDuration().Round(time.Minute) != time.Hour {
		t.Errorf("task %v", task)
	}
	clock = now.AddDate(0, 0, 28)
	r := must(toils.GetToil(t.Context(), &pb.GetToilRequest{Team: "secrets", Window: &pb.WindowSelector{Last: "7d"}}))(t).GetReport()
	saved := time.Duration(0)
	for _, task := range r.GetTasks() {
		if auto := task.GetAutomation(); auto != nil {
			saved = auto.GetSaved().AsDuration().Round(time.Minute)
		}
	}
	if saved < 3*time.Hour+50*time.Minute || saved > 4*time.Hour {
		t.Errorf("saved %s in four weeks, want four times what it took a week: %v", saved, r.GetTasks())
	}
	req.Undo = true
	if task := must(toils.AutomateTask(t.Context(), req))(t).GetTask(); task.GetAutomation() != nil {
		t.Errorf("it is not automated after all: %v", task)
	}
	req.Undo, req.At = false, "tomorrow"
	_, err := toils.AutomateTask(t.Context(), req)
	wantCode(t, codes.InvalidArgument, err)
}

// The share of working time that people should spend on operational work is a
// limit like others, which the ledger of toil judges.
func TestGetLoad_JudgesToil(t *testing.T) {
	a, toils := toiling(t)
	for _, at := range []string{"2026-11-09T08:00", "2026-11-10T08:00", "2026-11-12T08:00"} {
		must(toils.LogToil(t.Context(), rotating(at, 420)))(t)
	}
	loads := must(a.loads.GetLoad(t.Context(), &pb.GetLoadRequest{Team: "secrets", Window: inWeek()}))(t).GetLoads()
	if len(loads) != 1 || len(loads[0].GetBreaches()) != 1 || loads[0].GetBreaches()[0].GetLimit() != opsreview.LimitOperationalWorkShare {
		t.Fatalf("loads %v", loads)
	}
	if got, want := loads[0].GetBreaches()[0].GetText(), "toil for 21h20m of 40h of working time (limit 50)"; got != want {
		t.Errorf("breach %q, want %q", got, want)
	}
	review := must(a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek()}))(t).GetReview()
	kinds := map[string]int{}
	for _, f := range review.GetFindings() {
		kinds[f.GetKind()]++
	}
	if kinds[opsreview.ToilHotSpot] != 1 || kinds[opsreview.ToilOverLimit] != 1 || review.GetToil().GetSpent().AsDuration() != 21*time.Hour+20*time.Minute {
		t.Errorf("findings %v, toil %v", kinds, review.GetToil().GetSpent().AsDuration())
	}
}

// A logging tracker is one in memory in which people log work.
type logging struct {
	ticket.Tracker
	logged []ticket.Logged
	keys   []string // of the last call
}

// WorkLogs implements ticket.WorkLogger.
func (l *logging) WorkLogs(_ context.Context, _ time.Time, keys []string) ([]ticket.Logged, error) {
	l.keys = keys
	return l.logged, nil
}

func TestSyncWorkLogs(t *testing.T) {
	work := func(id, who string) ticket.Work {
		return ticket.Work{ID: id, Names: []string{who, "account-1"}, At: monday(1, "09:00:00"), Spent: time.Hour, LoggedAt: now}
	}
	tracker := &logging{Tracker: tickettest.NewTracker(func() time.Time { return now }), logged: []ticket.Logged{
		{Ref: ticket.Ref{Key: "OPS-1"}, Title: "Rotate the token", Labels: []string{"opsreview", "Secrets"}, Work: []ticket.Work{work("1", "ada@example.com"), work("2", "Bob")}},
		{Ref: ticket.Ref{Key: "OPS-2"}, Title: "Something", Work: []ticket.Work{work("3", "A stranger")}},
	}}
	_, toils := toiling(t, func(o *server.Options) { o.Tracker = tracker })
	sync := func(saved int32, warnings int) {
		t.Helper()
		resp := must(toils.SyncWorkLogs(t.Context(), &pb.SyncWorkLogsRequest{}))(t)
		if resp.GetSaved() != saved || len(resp.GetWarnings()) != warnings {
			t.Errorf("sync: %v, want %d saved and %d warnings", resp, saved, warnings)
		}
	}
	spent := func() time.Duration {
		return must(toils.GetToil(t.Context(), &pb.GetToilRequest{Team: "secrets", Window: inWeek()}))(t).GetReport().GetSpent().AsDuration() - 20*time.Minute
	}
	sync(3, 1)
	sync(0, 1) // nothing has changed
	if got := spent(); got != 2*time.Hour {
		t.Errorf("%s of work, want that of Ada and Bob", got)
	}
	// Somebody deletes one and changes the other.
	tracker.logged[0].Work = tracker.logged[0].Work[:1]
	tracker.logged[0].Work[0].Spent = 90 * time.Minute
	sync(2, 2)
	if got := spent(); got != 90*time.Minute {
		t.Errorf("%s of work, want what is left", got)
	}
	// A ticket that is out of sight keeps its work.
	tracker.logged = tracker.logged[1:]
	sync(0, 1)
	if got := spent(); got != 90*time.Minute || len(tracker.keys) != 2 {
		t.Errorf("%s of work, asked %q", got, tracker.keys)
	}
}

func TestSyncWorkLogs_NeedsATrackerThatHasThem(t *testing.T) {
	_, toils := toiling(t)
	_, err := toils.SyncWorkLogs(t.Context(), &pb.SyncWorkLogsRequest{})
	wantCode(t, codes.InvalidArgument, err)
	_, toils = toiling(t, func(o *server.Options) { o.Tracker = tickettest.NewTracker(func() time.Time { return now }) })
	_, err = toils.SyncWorkLogs(t.Context(), &pb.SyncWorkLogsRequest{})
	wantCode(t, codes.InvalidArgument, err)
}
