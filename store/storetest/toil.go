package storetest

import (
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

var toilTests = map[string]func(*testing.T, Store){
	"work that is logged is read as it was told":         testLogToil,
	"work that is logged twice by mistake is one entry":  testLogToilOnce,
	"an entry that is taken back stays":                  testWithdrawToil,
	"imported entries are joined by their names":         testSaveToil,
	"an imported entry that was taken back stays so":     testSaveToilWithdrawn,
	"entries are found by team, window, task and source": testToilFilter,
	"an entry that makes no sense is refused":            testToilInvalid,
	"what people said of a task is kept by team":         testToilTasks,
	"a change of a task that fails changes nothing":      testToilTaskInvalid,
}

// logged returns an entry of toil with every field set that a person sets.
func logged(task string, at time.Time) opsreview.ToilEntry {
	return opsreview.ToilEntry{
		Task: task, Category: opsreview.ToilMaintenance, Team: "secrets", Person: "ada@example.com", At: at, Spent: 30 * time.Minute,
		Ticket: "OPS-12", Page: ref("Q1"), Note: "again\n", Author: "ada", LoggedAt: at.Add(time.Hour),
	}
}

func logToil(t *testing.T, st Store, e opsreview.ToilEntry) opsreview.ToilEntry {
	t.Helper()
	return must(st.LogToil(t.Context(), nil, e))(t)
}

func toil(t *testing.T, st Store, f store.ToilFilter) []opsreview.ToilEntry {
	t.Helper()
	return must(st.ToilEntries(t.Context(), f))(t)
}

func testLogToil(t *testing.T, st Store) {
	same(t, "none", nil, toil(t, st, store.ToilFilter{}))
	bare := opsreview.ToilEntry{Task: "unseal", At: hour(1), Spent: time.Second, LoggedAt: hour(2)}
	fine := logged(" Rotate  the token", hour(3))
	fine.At, fine.Spent = fine.At.Add(time.Microsecond), fine.Spent+time.Microsecond
	first, second := logToil(t, st, bare), logToil(t, st, fine)
	bare.ID, bare.Source = first.ID, store.ManualSource
	want := logged(" Rotate  the token", hour(3))
	want.ID, want.Source = second.ID, store.ManualSource
	same(t, "answers", []opsreview.ToilEntry{bare, want}, []opsreview.ToilEntry{first, second})
	same(t, "entries", []opsreview.ToilEntry{bare, want}, toil(t, st, store.ToilFilter{}))
	if first.ID == second.ID || !strings.HasPrefix(first.ID, "t-") {
		t.Errorf("the entries are called %q and %q", first.ID, second.ID)
	}
}

func testLogToilOnce(t *testing.T, st Store) {
	e := logged("rotate", hour(1))
	first := must(st.LogToil(t.Context(), asked("r1", "a"), e))(t)
	e.At, e.LoggedAt = hour(5), hour(6) // "now", said later.
	same(t, "the answer", first, must(st.LogToil(t.Context(), asked("r1", "a"), e))(t))
	same(t, "entries", []opsreview.ToilEntry{first}, toil(t, st, store.ToilFilter{}))
	_, err := st.LogToil(t.Context(), asked("r1", "b"), e)
	wantCode(t, err, opsreview.Conflict)
}

func testWithdrawToil(t *testing.T, st Store) {
	e := logToil(t, st, logged("rotate", hour(1)))
	e.WithdrawnBy, e.WithdrawnAt = "bob", hour(4)
	same(t, "withdrawn", e, must(st.WithdrawToil(t.Context(), e.ID, "bob", hour(4)))(t))
	same(t, "once more", e, must(st.WithdrawToil(t.Context(), e.ID, "eve", hour(5)))(t))
	same(t, "in force", nil, toil(t, st, store.ToilFilter{}))
	same(t, "all", []opsreview.ToilEntry{e}, toil(t, st, store.ToilFilter{Withdrawn: true}))
	for _, id := range []string{"", "t-", "t-99", "99", "t-01", "t-1x", "w-1", "t--1"} {
		_, err := st.WithdrawToil(t.Context(), id, "bob", hour(4))
		wantCode(t, err, opsreview.NotFound)
	}
	_, err := st.WithdrawToil(t.Context(), e.ID, "", hour(4))
	wantCode(t, err, opsreview.Invalid)
}

// worked returns an entry as a source tells of it.
func worked(id string, at time.Time) opsreview.ToilEntry {
	e := logged("Rotate the token", at)
	e.Source, e.SourceID = "jira", id
	return e
}

func saveToil(t *testing.T, st Store, entries ...opsreview.ToilEntry) int {
	t.Helper()
	return save(t, st, "jira", opsreview.Batch{Toil: entries}).Toil
}

func testSaveToil(t *testing.T, st Store) {
	first, second := worked("1", hour(1)), worked("2", hour(2))
	same(t, "saved", 2, saveToil(t, st, first, second))
	looked := first
	looked.LoggedAt = hour(50) // A source that does not tell is asked again later.
	same(t, "saved again", 0, saveToil(t, st, looked, second))
	second.Spent, second.Note = time.Hour, "corrected"
	same(t, "corrected", 1, saveToil(t, st, first, second))
	got := toil(t, st, store.ToilFilter{})
	for i := range got {
		if got[i].ID == "" {
			t.Errorf("entry %s has no id", got[i].SourceID)
		}
		got[i].ID = ""
	}
	same(t, "entries", []opsreview.ToilEntry{first, second}, got)
}

func testSaveToilWithdrawn(t *testing.T, st Store) {
	saveToil(t, st, worked("1", hour(1)))
	id := toil(t, st, store.ToilFilter{})[0].ID
	must(st.WithdrawToil(t.Context(), id, "bob", hour(4)))(t)
	later := worked("1", hour(1))
	later.Spent = time.Hour
	saveToil(t, st, later)
	same(t, "in force", nil, toil(t, st, store.ToilFilter{}))
	all := toil(t, st, store.ToilFilter{Withdrawn: true})
	same(t, "all", 1, len(all))
	same(t, "withdrawn by", "bob", all[0].WithdrawnBy)
	same(t, "its name", id, all[0].ID)
}

func testToilFilter(t *testing.T, st Store) {
	entry := func(task, team string, at float64) opsreview.ToilEntry {
		e := logged(task, hour(at))
		e.Team = team
		return e
	}
	logToil(t, st, entry("c", "secrets", 3))
	logToil(t, st, entry("a", "secrets", 1))
	logToil(t, st, entry("b", "payments", 2))
	imported := worked("1", hour(2))
	imported.Task = "B"
	saveToil(t, st, imported)
	for name, tt := range map[string]struct {
		filter store.ToilFilter
		want   string // in order
	}{
		"all":                 {store.ToilFilter{}, "a b B c"},
		"of a team":           {store.ToilFilter{Team: "secrets"}, "a B c"},
		"that began in":       {store.ToilFilter{Window: opsreview.Window{Start: hour(2), End: hour(3)}}, "b B"},
		"that began since":    {store.ToilFilter{Window: opsreview.Window{Start: hour(3)}}, "c"},
		"of a task":           {store.ToilFilter{Task: "b"}, "b B"},
		"of a source":         {store.ToilFilter{Source: "jira"}, "B"},
		"of a task of a team": {store.ToilFilter{Task: "b", Team: "payments"}, "b"},
		"of nobody":           {store.ToilFilter{Team: "nobody"}, ""},
	} {
		var got []string
		for _, e := range toil(t, st, tt.filter) {
			got = append(got, e.Task)
		}
		same(t, name, strings.Fields(tt.want), got)
	}
}

func testToilInvalid(t *testing.T, st Store) {
	for name, spoil := range map[string]func(*opsreview.ToilEntry){
		"no task":                  func(e *opsreview.ToilEntry) { e.Task = " " },
		"no time":                  func(e *opsreview.ToilEntry) { e.At = time.Time{} },
		"logged at no time":        func(e *opsreview.ToilEntry) { e.LoggedAt = time.Time{} },
		"no length":                func(e *opsreview.ToilEntry) { e.Spent = 0 },
		"a length below nothing":   func(e *opsreview.ToilEntry) { e.Spent = -time.Hour },
		"longer than a week":       func(e *opsreview.ToilEntry) { e.Spent = 169 * time.Hour },
		"withdrawn already":        func(e *opsreview.ToilEntry) { e.WithdrawnBy = "bob" },
		"a page of no source":      func(e *opsreview.ToilEntry) { e.Page = opsreview.Ref{ID: "Q1"} },
		"a note that is too long":  func(e *opsreview.ToilEntry) { e.Note = strings.Repeat("é", 20_001) },
		"a person that is no text": func(e *opsreview.ToilEntry) { e.Person = "\xff" },
	} {
		e := logged("rotate", hour(1))
		spoil(&e)
		_, err := st.LogToil(t.Context(), nil, e)
		if opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("logged, %s: %v", name, err)
		}
		e.Source, e.SourceID = "jira", "2"
		_, err = st.SaveBatch(t.Context(), "jira", opsreview.Batch{Toil: []opsreview.ToilEntry{worked("1", hour(1)), e}})
		if opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("imported, %s: %v", name, err)
		}
	}
	for _, e := range []opsreview.ToilEntry{{Source: "jira"}, {Source: "tempo", SourceID: "1"}} {
		whole := worked("1", hour(1))
		whole.Source, whole.SourceID = e.Source, e.SourceID
		_, err := st.SaveBatch(t.Context(), "jira", opsreview.Batch{Toil: []opsreview.ToilEntry{whole}})
		wantCode(t, err, opsreview.Invalid)
	}
	_, err := st.LogToil(t.Context(), nil, worked("1", hour(1)))
	wantCode(t, err, opsreview.Invalid)
	same(t, "entries", nil, toil(t, st, store.ToilFilter{Withdrawn: true}))
}

func answer(q opsreview.ToilQuestion, a opsreview.Answer) func(*opsreview.ToilTask) error {
	return func(task *opsreview.ToilTask) error {
		if task.Answers == nil {
			task.Answers = map[opsreview.ToilQuestion]opsreview.Answer{}
		}
		task.Answers[q], task.Author, task.At = a, "ada", hour(1)
		return nil
	}
}

func testToilTasks(t *testing.T, st Store) {
	same(t, "none", nil, must(st.ToilTasks(t.Context(), ""))(t))
	must(st.ChangeToilTask(t.Context(), "secrets", "Rotate  the token", answer(opsreview.ToilManual, opsreview.Yes)))(t)
	got := must(st.ChangeToilTask(t.Context(), "secrets", "rotate the TOKEN", answer(opsreview.ToilGrows, opsreview.No)))(t)
	want := opsreview.ToilTask{
		Key: "rotate the token", Name: "Rotate  the token", Team: "secrets", Author: "ada", At: hour(1),
		Answers: map[opsreview.ToilQuestion]opsreview.Answer{opsreview.ToilManual: opsreview.Yes, opsreview.ToilGrows: opsreview.No},
	}
	same(t, "answered", want, got)
	got = must(st.ChangeToilTask(t.Context(), "secrets", want.Key, func(task *opsreview.ToilTask) error {
		task.AutomatedAt, task.AutomatedBy, task.Ticket, task.Author, task.At = hour(5).Add(time.Microsecond), "bob", "OPS-9", "bob", hour(5)
		task.Baseline = opsreview.ToilBaseline{Window: opsreview.Window{Start: hour(0), End: hour(5)}, Entries: 4, Spent: 2 * time.Hour}
		task.Key, task.Team = "another", "another" // They name it and stay.
		return nil
	}))(t)
	want.AutomatedAt, want.AutomatedBy, want.Ticket, want.Author, want.At = hour(5), "bob", "OPS-9", "bob", hour(5)
	want.Baseline = opsreview.ToilBaseline{Window: opsreview.Window{Start: hour(0), End: hour(5)}, Entries: 4, Spent: 2 * time.Hour}
	same(t, "automated", want, got)
	other := must(st.ChangeToilTask(t.Context(), "payments", "rotate the token", answer(opsreview.ToilManual, opsreview.No)))(t)
	same(t, "of a team", []opsreview.ToilTask{want}, must(st.ToilTasks(t.Context(), "secrets"))(t))
	same(t, "of all", []opsreview.ToilTask{other, want}, must(st.ToilTasks(t.Context(), ""))(t))
}

func testToilTaskInvalid(t *testing.T, st Store) {
	before := must(st.ChangeToilTask(t.Context(), "secrets", "rotate", answer(opsreview.ToilManual, opsreview.Yes)))(t)
	refused := opsreview.Errorf(opsreview.Conflict, "it is automated already")
	for name, change := range map[string]func(*opsreview.ToilTask) error{
		"an unknown question":    answer("boring", opsreview.Yes),
		"an unknown answer":      answer(opsreview.ToilManual, "perhaps"),
		"no author":              func(task *opsreview.ToilTask) error { task.Author = ""; return nil },
		"no time":                func(task *opsreview.ToilTask) error { task.At = time.Time{}; return nil },
		"automated by nobody":    func(task *opsreview.ToilTask) error { task.AutomatedAt = hour(1); return nil },
		"less than nothing":      func(task *opsreview.ToilTask) error { task.Baseline.Spent = -1; return nil },
		"a name that is no text": func(task *opsreview.ToilTask) error { task.Name = "\xff"; return nil },
	} {
		if _, err := st.ChangeToilTask(t.Context(), "secrets", "rotate", change); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := st.ChangeToilTask(t.Context(), "secrets", "rotate", func(task *opsreview.ToilTask) error { task.Ticket = "OPS-1"; return refused })
	wantCode(t, err, opsreview.Conflict)
	_, err = st.ChangeToilTask(t.Context(), "secrets", " ", answer(opsreview.ToilManual, opsreview.Yes))
	wantCode(t, err, opsreview.Invalid)
	same(t, "tasks", []opsreview.ToilTask{before}, must(st.ToilTasks(t.Context(), ""))(t))
}
