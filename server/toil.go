package server

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
	"opsreview/toil"
)

type toilService struct {
	pb.UnimplementedToilServiceServer
	facts *facts
}

func (s *toilService) LogToil(ctx context.Context, req *pb.LogToilRequest) (*pb.LogToilResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	e, err := s.entry(ctx, sc, req)
	if err != nil {
		return nil, err
	}
	r, err := request(req, e.LoggedAt)
	if err != nil {
		return nil, err
	}
	if e, err = s.facts.db.LogToil(ctx, &r, e); err != nil {
		return nil, err
	}
	warnings, err := s.facts.toilWarnings(ctx, e)
	if err != nil {
		return nil, err
	}
	return &pb.LogToilResponse{Entry: toilEntryToProto(e), Warnings: warnings, TimeZone: sc.zone.String()}, nil
}

// entry reads the work that a request tells of.
func (s *toilService) entry(ctx context.Context, sc scope, req *pb.LogToilRequest) (opsreview.ToilEntry, error) {
	e := opsreview.ToilEntry{
		Task: strings.Join(strings.Fields(req.GetTask()), " "), Spent: req.GetSpent().AsDuration(),
		Ticket: strings.TrimSpace(req.GetTicket()), Note: strings.TrimSpace(req.GetNote()), LoggedAt: s.facts.now(),
	}
	var err error
	if e.Author, err = checkAuthor("an entry of toil", req.GetAuthor()); err != nil {
		return e, err
	}
	if e.Category, err = s.facts.toilCategory(req.GetCategory()); err != nil {
		return e, err
	}
	if e.Person, err = sc.toilPerson(req.GetPerson(), e.Author); err != nil {
		return e, err
	}
	e.Team = s.facts.toilTeam(sc, e.Person)
	if name := strings.TrimSpace(req.GetPage()); name != "" {
		page, err := s.facts.db.FindPage(ctx, name)
		if err != nil {
			return e, err
		}
		e.Page = page.Ref
	}
	e.At, err = s.facts.toilStart(req.GetAt(), e.Spent, sc.zone)
	return e, err
}

func (s *toilService) WithdrawToil(ctx context.Context, req *pb.WithdrawToilRequest) (*pb.WithdrawToilResponse, error) {
	author, err := checkAuthor("taking back an entry", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	e, err := s.facts.toilEntry(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	sc, err := s.facts.scope(ctx, "")
	if err != nil {
		return nil, err
	}
	v, err := s.facts.viewer(ctx, sc)
	if err != nil {
		return nil, err
	}
	if !v.sees(e.Person) && !sameName(v.name, e.Author) {
		return nil, opsreview.Errorf(opsreview.Denied, "%s may not take %s back: that is for whoever did the work or logged it, and for their lead", v.name, e.ID)
	}
	if e, err = s.facts.db.WithdrawToil(ctx, e.ID, author, s.facts.now()); err != nil {
		return nil, err
	}
	return &pb.WithdrawToilResponse{Entry: toilEntryToProto(e), TimeZone: s.facts.zoneOfTeam(e.Team).String()}, nil
}

// toilEntry returns the entry of the ledger with the ID, or a NotFound error.
func (f *facts) toilEntry(ctx context.Context, id string) (opsreview.ToilEntry, error) {
	id = strings.TrimSpace(id)
	found, err := f.db.ToilEntries(ctx, store.ToilFilter{ID: id, Withdrawn: true})
	if err != nil {
		return opsreview.ToilEntry{}, err
	}
	if id == "" || len(found) == 0 {
		return opsreview.ToilEntry{}, errNoToil(id)
	}
	return found[0], nil
}

func errNoToil(id string) error {
	return opsreview.Errorf(opsreview.NotFound, "there is no entry of toil %q", bounded(id))
}

// ledger reads the ledger of a team's window and adds it up.
func (s *toilService) ledger(ctx context.Context, team string, window *pb.WindowSelector) (toil.Report, scope, error) {
	sc, err := s.facts.scope(ctx, team)
	if err != nil {
		return toil.Report{}, sc, err
	}
	w, err := s.facts.window(windowSpecFromProto(window), sc)
	if err != nil {
		return toil.Report{}, sc, err
	}
	in, err := s.facts.toilOf(ctx, sc, w)
	if err != nil {
		return toil.Report{}, sc, err
	}
	return toil.Prepare(in), sc, nil
}

func (s *toilService) GetToil(ctx context.Context, req *pb.GetToilRequest) (*pb.GetToilResponse, error) {
	r, sc, err := s.ledger(ctx, req.GetTeam(), req.GetWindow())
	if err != nil {
		return nil, err
	}
	v, err := s.facts.viewer(ctx, sc)
	if err != nil {
		return nil, err
	}
	told := toil.Report{Window: r.Window, Limit: r.Limit, Method: r.Method, Trend: "withheld: too few people stand behind it", Withheld: len(r.People)}
	if seen := v.audience().Review(review.Review{Toil: &r}).Toil; seen != nil {
		told = *seen
	}
	return &pb.GetToilResponse{Report: toilReportToProto(told, sc.team, sc.zone)}, nil
}

func (s *toilService) ListToil(ctx context.Context, req *pb.ListToilRequest) (*pb.ListToilResponse, error) {
	r, sc, err := s.ledger(ctx, req.GetTeam(), req.GetWindow())
	if err != nil {
		return nil, err
	}
	v, err := s.facts.viewer(ctx, sc)
	if err != nil {
		return nil, err
	}
	if name := req.GetPerson(); name != "" {
		if err := v.mustSee(sc, name); err != nil {
			return nil, err
		}
	}
	keep, err := s.chosen(sc, req)
	if err != nil {
		return nil, err
	}
	resp := &pb.ListToilResponse{Window: windowToProto(r.Window), TimeZone: sc.zone.String()}
	names := map[string]string{}
	for _, p := range r.People {
		names[p.Key] = p.Name
	}
	for _, l := range r.Lines {
		switch {
		case !keep(l):
		case v.sees(l.Person):
			resp.Lines = append(resp.Lines, toilLineToProto(l, names[l.Person]))
		default:
			resp.Withheld++
		}
	}
	return resp, nil
}

// chosen returns which lines a request asks for.
func (s *toilService) chosen(sc scope, req *pb.ListToilRequest) (func(toil.Line) bool, error) {
	category, err := s.facts.toilCategory(req.GetCategory())
	if err != nil {
		return nil, err
	}
	person, task := strings.TrimSpace(req.GetPerson()), opsreview.TaskKey(req.GetTask())
	if person != "" {
		p, err := sc.findPerson(person)
		if err != nil {
			return nil, err
		}
		person = p.Key
	}
	return func(l toil.Line) bool {
		return (person == "" || l.Person == person) && (category == "" || l.Category == category) &&
			(task == "" || l.Task == task || l.Task == req.GetTask())
	}, nil
}

// knownTask returns an error unless people logged the task or said something of
// it.
func (s *toilService) knownTask(ctx context.Context, team, task string) (string, error) {
	names, _, err := s.facts.knownTasks(ctx, team, opsreview.Window{})
	if err != nil {
		return "", err
	}
	if name, ok := names[opsreview.TaskKey(task)]; ok {
		return name, nil
	}
	hint := ": toil show lists the tasks"
	if near := nearTask(names, task); near != "" {
		hint = ": did you mean \"" + near + "\"?"
	}
	return "", opsreview.Errorf(opsreview.NotFound, "nobody has logged a task %q%s", bounded(task), hint)
}

func (s *toilService) AnswerTask(ctx context.Context, req *pb.AnswerTaskRequest) (*pb.AnswerTaskResponse, error) {
	author, err := checkAuthor("an answer", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	if err := checkQuestions(slices.Concat(slices.Sorted(maps.Keys(req.GetAnswers())), req.GetForget())); err != nil {
		return nil, err
	}
	task, err := s.changeTask(ctx, req.GetTeam(), req.GetTask(), func(t *opsreview.ToilTask) error {
		t.Author, t.At = author, s.facts.now()
		answers := maps.Clone(t.Answers)
		if answers == nil {
			answers = map[opsreview.ToilQuestion]opsreview.Answer{}
		}
		for q, yes := range req.GetAnswers() {
			answers[opsreview.ToilQuestion(q)] = opsreview.No
			if yes {
				answers[opsreview.ToilQuestion(q)] = opsreview.Yes
			}
		}
		for _, q := range req.GetForget() {
			delete(answers, opsreview.ToilQuestion(q))
		}
		t.Answers = answers
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &pb.AnswerTaskResponse{Task: task}, nil
}

func checkQuestions(asked []string) error {
	if len(asked) == 0 {
		return opsreview.Errorf(opsreview.Invalid, "answer at least one question: %s", questionList())
	}
	for _, q := range asked {
		if !slices.Contains(opsreview.ToilQuestions(), opsreview.ToilQuestion(q)) {
			return opsreview.Errorf(opsreview.Invalid, "%q is no question about a task: answer %s", bounded(q), questionList())
		}
	}
	return nil
}

func questionList() string {
	var all []string
	for _, q := range opsreview.ToilQuestions() {
		all = append(all, string(q))
	}
	return strings.Join(all, ", ")
}

// changeTask changes what is known of a task and returns it with what it costs
// now.
func (s *toilService) changeTask(ctx context.Context, team, task string, change func(*opsreview.ToilTask) error) (*pb.ToilTask, error) {
	sc, err := s.facts.scope(ctx, team)
	if err != nil {
		return nil, err
	}
	name, err := s.knownTask(ctx, sc.team, task)
	if err != nil {
		return nil, err
	}
	changed, err := s.facts.db.ChangeToilTask(ctx, sc.team, name, change)
	if err != nil {
		return nil, err
	}
	now := s.facts.now()
	in, err := s.facts.toilOf(ctx, sc, opsreview.Window{Start: now.Add(-7 * 24 * time.Hour), End: now.Add(time.Millisecond)})
	if err != nil {
		return nil, err
	}
	tasks := toil.Prepare(in).Tasks
	i := slices.IndexFunc(tasks, func(t toil.Task) bool { return t.Key == changed.Key && !t.Paged })
	if i < 0 { // It has cost nothing for long.
		return &pb.ToilTask{Key: changed.Key, Name: changed.Name, Answers: answersToProto(changed.Answers), Ticket: changed.Ticket}, nil
	}
	return toilTaskToProto(tasks[i]), nil
}

func (s *toilService) AutomateTask(ctx context.Context, req *pb.AutomateTaskRequest) (*pb.AutomateTaskResponse, error) {
	author, err := checkAuthor("an automation", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	now := s.facts.now()
	at := now
	if text := strings.TrimSpace(req.GetAt()); text != "" {
		if at, err = opsreview.ParseMoment(text, now, sc.zone); err != nil {
			return nil, err
		}
	}
	if at.After(now) {
		return nil, opsreview.Errorf(opsreview.Invalid, "%q is in the future: say it when a machine does the task", bounded(req.GetAt()))
	}
	in, err := s.facts.toilOf(ctx, sc, opsreview.Window{Start: at.Add(-time.Hour), End: at})
	if err != nil {
		return nil, err
	}
	task, err := s.changeTask(ctx, req.GetTeam(), req.GetTask(), func(t *opsreview.ToilTask) error {
		t.Author, t.At, t.Ticket = author, now, strings.TrimSpace(req.GetTicket())
		t.AutomatedAt, t.AutomatedBy, t.Baseline = at, author, toil.BaselineOf(in, req.GetTask())
		if req.GetUndo() {
			t.AutomatedAt, t.AutomatedBy, t.Baseline = time.Time{}, "", opsreview.ToilBaseline{}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &pb.AutomateTaskResponse{Task: task}, nil
}
