package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

// toilPrefix begins the ID of an entry of the ledger of toil.
const toilPrefix = "t-"

// maxSpent is the longest that one entry can be: what is longer is a slip.
const maxSpent = 7 * 24 * time.Hour

const toilFields = `source, source_id, task, task_key, category, team, person, at, spent, ticket, page, note, author, logged_at`

const toilColumns = `key, ` + toilFields + `, withdrawn_by, withdrawn_at`

const selectToil = `SELECT ` + toilColumns + ` FROM toil WHERE key = ?`

func toilArgs(e *opsreview.ToilEntry) []any {
	return []any{
		e.Source, e.SourceID, e.Task, opsreview.TaskKey(e.Task), e.Category, e.Team, e.Person, e.At.UnixMilli(), e.Spent.Milliseconds(),
		e.Ticket, e.Page.String(), e.Note, e.Author, e.LoggedAt.UnixMilli(),
	}
}

func scanToil(rows *sql.Rows) (e opsreview.ToilEntry, err error) {
	var key, spent int64
	var taskKey, page string
	err = rows.Scan(&key, &e.Source, &e.SourceID, &e.Task, &taskKey, &e.Category, &e.Team, &e.Person, (*sqlTime)(&e.At), &spent,
		&e.Ticket, &page, &e.Note, &e.Author, (*sqlTime)(&e.LoggedAt), &e.WithdrawnBy, (*sqlTime)(&e.WithdrawnAt))
	if err != nil {
		return e, err
	}
	e.ID, e.Spent = toilPrefix+strconv.FormatInt(key, 10), time.Duration(spent)*time.Millisecond
	if page != "" {
		e.Page, err = opsreview.ParseRef(page)
	}
	return e, err
}

// ToilFilter selects entries. A zero field selects everything.
type ToilFilter struct {
	ID        string // that of one entry
	Team      string
	Window    opsreview.Window // in which they began
	Task      string           // by its key
	Source    string
	Withdrawn bool // those that were taken back too
}

// ToilEntries returns the entries that the filter selects in order of time.
func (db *DB) ToilEntries(ctx context.Context, f ToilFilter) ([]opsreview.ToilEntry, error) {
	query, args := f.query()
	found, err := list(ctx, db, query, args, scanToil)
	if err != nil {
		return nil, fmt.Errorf("read toil: %w", err)
	}
	return found, nil
}

func (f ToilFilter) query() (query string, args []any) {
	where := []string{"TRUE"}
	if f.ID != "" {
		key, _ := rowKey(f.ID, toilPrefix) // no row has the key zero
		where, args = append(where, "key = ?"), append(args, key)
	}
	if f.Team != "" {
		where, args = append(where, "team = ?"), append(args, f.Team)
	}
	if t := f.Window.Start; !t.IsZero() {
		where, args = append(where, "at >= ?"), append(args, t.UnixMilli())
	}
	if t := f.Window.End; !t.IsZero() {
		where, args = append(where, "at < ?"), append(args, t.UnixMilli())
	}
	if f.Task != "" {
		where, args = append(where, "task_key = ?"), append(args, f.Task)
	}
	if f.Source != "" {
		where, args = append(where, "source = ?"), append(args, f.Source)
	}
	if !f.Withdrawn {
		where = append(where, "withdrawn_by = ''")
	}
	return `SELECT ` + toilColumns + ` FROM toil WHERE ` + strings.Join(where, " AND ") + ` ORDER BY at, key`, args
}

// checkToil returns an Invalid error for an entry that makes no sense.
func checkToil(e *opsreview.ToilEntry) error {
	wrong := ""
	switch {
	case opsreview.TaskKey(e.Task) == "":
		wrong = "needs a task: what was done"
	case e.Spent < time.Second || e.Spent > maxSpent:
		wrong = fmt.Sprintf("cannot have taken %s: log between a second and a week", e.Spent)
	case e.At.IsZero() || e.LoggedAt.IsZero():
		wrong = "needs the time when it was done and logged"
	case e.Source == "":
		wrong = "needs a source"
	case e.WithdrawnBy != "":
		wrong = "must be in force"
	case !e.Page.IsZero() && len(readable([]opsreview.Ref{e.Page})) == 0:
		wrong = "names a page that has no source or no name there"
	default:
		return checkTexts("the entry of toil", e.Task, e.Category, e.Team, e.Person, e.Ticket, e.Page.ID, e.Note, e.Author, e.SourceID)
	}
	return opsreview.Errorf(opsreview.Invalid, "the entry of toil %q %s", e.Task, wrong)
}

// LogToil enters work and returns the entry with its ID. The request may be
// repeated, see [Request]; nil has an effect each time.
func (db *DB) LogToil(ctx context.Context, r *Request, e opsreview.ToilEntry) (opsreview.ToilEntry, error) {
	if e.ID != "" || e.SourceID != "" {
		return e, opsreview.Errorf(opsreview.Invalid, "an entry of toil that is logged must be new")
	}
	e.Source = ManualSource
	if err := checkToil(&e); err != nil {
		return e, err
	}
	var logged opsreview.ToilEntry
	err := db.update(ctx, func(w *writer) error {
		return once(ctx, w, r, &logged, func() error {
			var key int64
			err := w.queryRow(ctx, `INSERT INTO toil (`+toilFields+`) VALUES (`+marks(strings.Count(toilFields, ",")+1)+`) RETURNING key`, toilArgs(&e), &key)
			if err != nil {
				return err
			}
			logged, err = only(ctx, w, selectToil, key, scanToil, nil)
			return err
		})
	})
	if err != nil {
		return opsreview.ToilEntry{}, fmt.Errorf("log toil: %w", err)
	}
	return logged, nil
}

// WithdrawToil takes an entry back and returns it; one that was taken back
// before stays as it is. It returns a NotFound error for an ID that none has.
func (db *DB) WithdrawToil(ctx context.Context, id, by string, at time.Time) (e opsreview.ToilEntry, err error) {
	if by == "" || at.IsZero() {
		return e, opsreview.Errorf(opsreview.Invalid, "to take entry %q back, say who does it and when", id)
	}
	key, ok := rowKey(id, toilPrefix)
	missing := opsreview.Errorf(opsreview.NotFound, "there is no entry of toil %q", id)
	if !ok {
		return e, missing
	}
	err = db.update(ctx, func(w *writer) error {
		if _, err := w.exec(ctx, `UPDATE toil SET withdrawn_by = ?, withdrawn_at = ? WHERE key = ? AND withdrawn_by = ''`, by, at.UnixMilli(), key); err != nil {
			return err
		}
		e, err = only(ctx, w, selectToil, key, scanToil, missing)
		return err
	})
	if err != nil {
		return opsreview.ToilEntry{}, fmt.Errorf("withdraw toil: %w", err)
	}
	return e, nil
}

// rowKey reads the key of a row out of an ID that begins with prefix.
func rowKey(id, prefix string) (int64, bool) {
	key, err := strconv.ParseInt(strings.TrimPrefix(id, prefix), 10, 64)
	return key, err == nil && id == prefix+strconv.FormatInt(key, 10)
}

// only returns the one row that the query finds by its key, or missing.
func only[T any](ctx context.Context, q querier, query string, key any, scan func(*sql.Rows) (T, error), missing error) (v T, err error) {
	found, err := collect(ctx, q, query, []any{key}, scan)
	if err != nil {
		return v, err
	}
	if len(found) == 0 {
		return v, missing
	}
	return found[0], nil
}

// selectNamedToil finds an entry by its name at its source. The last condition
// lets SQLite use the index, which has only entries with a name.
const selectNamedToil = `SELECT ` + toilColumns + ` FROM toil WHERE source = ? AND source_id = ? AND source_id <> ''`

// saveToil writes what changed of the batch's entries. One that people took back
// here stays so.
func saveToil(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	for i := range f.batch.Toil {
		e := &f.batch.Toil[i]
		before, err := collect(ctx, w, selectNamedToil, []any{e.Source, e.SourceID}, scanToil)
		if err != nil {
			return fmt.Errorf("save toil %s: %w", e.SourceID, err)
		}
		if len(before) == 1 && sameToil(e, &before[0]) {
			continue
		}
		n, err := w.exec(ctx, `INSERT INTO toil (`+toilFields+`) VALUES (`+marks(strings.Count(toilFields, ",")+1)+`)
			ON CONFLICT (source, source_id) WHERE source_id <> '' DO UPDATE SET `+excluded(toilFields, 2), toilArgs(e)...)
		if err != nil {
			return fmt.Errorf("save toil %s: %w", e.SourceID, err)
		}
		saved.Toil += n
	}
	return nil
}

// sameToil reports whether two entries say the same; when it was logged is left
// out, for sources that do not tell.
func sameToil(a, b *opsreview.ToilEntry) bool {
	x, y := *a, *b
	x.LoggedAt, y.LoggedAt = time.Time{}, time.Time{}
	return slices.Equal(toilArgs(&x), toilArgs(&y))
}

func checkBatchToil(source string, entries []opsreview.ToilEntry) error {
	for i := range entries {
		e := &entries[i]
		if e.Source != source || e.SourceID == "" {
			return opsreview.Errorf(opsreview.Invalid, "toil %q is not of source %q, or has no name there", e.SourceID, source)
		}
		if err := checkToil(e); err != nil {
			return err
		}
	}
	return nil
}

const taskColumns = `team, task_key, name, answers, author, at, automated_at, automated_by, ticket,
	baseline_from_at, baseline_to_at, baseline_entries, baseline_spent`

const selectTask = `SELECT ` + taskColumns + ` FROM toil_tasks WHERE team = ? AND task_key = ?`

func scanTask(rows *sql.Rows) (t opsreview.ToilTask, err error) {
	var answers string
	var spent int64
	err = rows.Scan(&t.Team, &t.Key, &t.Name, &answers, &t.Author, (*sqlTime)(&t.At), (*sqlTime)(&t.AutomatedAt), &t.AutomatedBy, &t.Ticket,
		(*sqlTime)(&t.Baseline.Window.Start), (*sqlTime)(&t.Baseline.Window.End), &t.Baseline.Entries, &spent)
	t.Baseline.Spent = time.Duration(spent) * time.Millisecond
	if err == nil && answers != "" {
		err = json.Unmarshal([]byte(answers), &t.Answers)
	}
	return t, err
}

// ToilTasks returns what people said of the team's recurring tasks, in order of
// their keys; the empty team asks for all.
func (db *DB) ToilTasks(ctx context.Context, team string) ([]opsreview.ToilTask, error) {
	where, args := "", []any{}
	if team != "" {
		where, args = ` WHERE team = ?`, append(args, team)
	}
	found, err := list(ctx, db, `SELECT `+taskColumns+` FROM toil_tasks`+where+` ORDER BY team, task_key`, args, scanTask)
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	return found, nil
}

// ChangeToilTask changes what is known of a task, which may be nothing yet, in
// one transaction. It returns an Invalid error for what makes no sense.
func (db *DB) ChangeToilTask(ctx context.Context, team, name string, change func(*opsreview.ToilTask) error) (t opsreview.ToilTask, err error) {
	key := opsreview.TaskKey(name)
	if key == "" {
		return t, opsreview.Errorf(opsreview.Invalid, "a task needs a name")
	}
	err = db.update(ctx, func(w *writer) error {
		found, err := collect(ctx, w, selectTask, []any{team, key}, scanTask)
		if err != nil {
			return err
		}
		t = opsreview.ToilTask{Name: name}
		if len(found) == 1 {
			t = found[0]
		}
		if err := change(&t); err != nil {
			return err
		}
		t.Key, t.Team = key, team
		if err := w.saveTask(ctx, &t); err != nil {
			return err
		}
		found, err = collect(ctx, w, selectTask, []any{team, key}, scanTask)
		if len(found) == 1 {
			t = found[0]
		}
		return err
	})
	if err != nil {
		return opsreview.ToilTask{}, fmt.Errorf("change task: %w", err)
	}
	return t, nil
}

func (w *writer) saveTask(ctx context.Context, t *opsreview.ToilTask) error {
	for q, a := range t.Answers {
		if !slices.Contains(opsreview.ToilQuestions(), q) || (a != opsreview.Yes && a != opsreview.No) {
			return opsreview.Errorf(opsreview.Invalid, "task %q: %q cannot be answered with %q", t.Name, q, a)
		}
	}
	switch b := t.Baseline; {
	case t.Author == "" || t.At.IsZero():
		return opsreview.Errorf(opsreview.Invalid, "task %q: say who changes it and when", t.Name)
	case t.AutomatedAt.IsZero() != (t.AutomatedBy == ""):
		return opsreview.Errorf(opsreview.Invalid, "task %q: say who automated it, and from when on", t.Name)
	case b.Entries < 0 || b.Spent < 0:
		return opsreview.Errorf(opsreview.Invalid, "task %q cannot have cost less than nothing", t.Name)
	}
	if err := checkTexts("the task", t.Team, t.Name, t.Author, t.AutomatedBy, t.Ticket); err != nil {
		return err
	}
	answers := ""
	if len(t.Answers) > 0 {
		b, _ := json.Marshal(t.Answers) // Strings always can be encoded.
		answers = string(b)
	}
	_, err := w.exec(ctx, `INSERT INTO toil_tasks (`+taskColumns+`) VALUES (`+marks(strings.Count(taskColumns, ",")+1)+`)
		ON CONFLICT (team, task_key) DO UPDATE SET `+excluded(taskColumns, 2),
		t.Team, t.Key, t.Name, answers, t.Author, t.At.UnixMilli(), orNull(t.AutomatedAt), t.AutomatedBy, t.Ticket,
		orNull(t.Baseline.Window.Start), orNull(t.Baseline.Window.End), t.Baseline.Entries, t.Baseline.Spent.Milliseconds())
	return err
}
