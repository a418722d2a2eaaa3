package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

// itemPrefix begins the ID of an item of minutes.
const itemPrefix = "n-"

// maxItems is how many items the minutes of one review may have.
const maxItems = 10_000

const itemColumns = `key, meeting, kind, section, subject, text, owner, due_at, ticket, author, at, done_by, done_at, withdrawn_by, withdrawn_at`

const selectItem = `SELECT ` + itemColumns + ` FROM meeting_items WHERE key = ?`

func scanItem(rows *sql.Rows) (i opsreview.MeetingItem, err error) {
	var key int64
	err = rows.Scan(&key, &i.Meeting, &i.Kind, &i.Section, &i.Subject, &i.Text, &i.Owner, (*sqlTime)(&i.Due), &i.Ticket, &i.Author,
		(*sqlTime)(&i.At), &i.DoneBy, (*sqlTime)(&i.DoneAt), &i.WithdrawnBy, (*sqlTime)(&i.WithdrawnAt))
	i.ID = itemPrefix + strconv.FormatInt(key, 10)
	return i, err
}

// MeetingItemFilter selects items of minutes. A zero field selects everything.
type MeetingItemFilter struct {
	Meetings []string             // nil for all; none for no item
	Kinds    []opsreview.ItemKind // nil for all
	ToDo     bool                 // only actions that are not done and were not taken back
	ID       string               // the item of this name
}

// MeetingItems returns the items that the filter selects, in the order in which
// they were said, those that were taken back too.
func (db *DB) MeetingItems(ctx context.Context, f MeetingItemFilter) ([]opsreview.MeetingItem, error) {
	query, args := f.query()
	found, err := list(ctx, db, query, args, scanItem)
	if err != nil {
		return nil, fmt.Errorf("read minutes: %w", err)
	}
	return found, nil
}

func (f MeetingItemFilter) query() (query string, args []any) {
	where := []string{"TRUE"}
	if f.Meetings != nil {
		where, args = append(where, "meeting IN (SELECT value FROM json_each(?))"), append(args, encodeStrings(f.Meetings))
	}
	if f.Kinds != nil {
		where, args = append(where, "kind IN (SELECT value FROM json_each(?))"), append(args, encodeWords(f.Kinds))
	}
	if f.ToDo {
		where = append(where, "kind = 'action' AND done_by = '' AND withdrawn_by = ''")
	}
	if f.ID != "" {
		key, ok := rowKey(f.ID, itemPrefix)
		if !ok {
			key = 0 // No item has it.
		}
		where, args = append(where, "key = ?"), append(args, key)
	}
	return `SELECT ` + itemColumns + ` FROM meeting_items WHERE ` + strings.Join(where, " AND ") + ` ORDER BY key`, args
}

// AddMeetingItem writes into the minutes of an open meeting and returns the item
// with its ID. The request may be repeated, see [Request]; nil has an effect
// each time. It returns a NotFound error, or a Conflict one for a closed
// meeting.
func (db *DB) AddMeetingItem(ctx context.Context, r *Request, i opsreview.MeetingItem) (opsreview.MeetingItem, error) {
	if err := checkItem(&i); err != nil {
		return i, err
	}
	var added opsreview.MeetingItem
	err := db.update(ctx, func(w *writer) error {
		return once(ctx, w, r, &added, func() (err error) {
			if _, err = w.openMeeting(ctx, i.Meeting); err != nil {
				return err
			}
			if added, err = w.addItem(ctx, i); err != nil {
				return err
			}
			return w.touchMeeting(ctx, i.Meeting)
		})
	})
	if err != nil {
		return opsreview.MeetingItem{}, fmt.Errorf("write minutes: %w", err)
	}
	return added, nil
}

// touchMeeting says that something was said in a meeting, so that a snapshot
// from before is not its end.
func (w *writer) touchMeeting(ctx context.Context, id string) error {
	_, err := w.exec(ctx, `UPDATE meetings SET version = version + 1 WHERE id = ?`, id)
	return err
}

func checkItem(i *opsreview.MeetingItem) error {
	wrong := ""
	switch {
	case !slices.Contains(opsreview.ItemKinds(), i.Kind):
		wrong = fmt.Sprintf("cannot be a %q", i.Kind)
	case strings.TrimSpace(i.Text) == "":
		wrong = "needs a text"
	case i.Author == "" || i.At.IsZero():
		wrong = "needs an author and a time"
	case i.ID != "" || i.DoneBy != "" || i.WithdrawnBy != "":
		wrong = "must be new"
	case i.Kind != opsreview.ItemAction && (i.Owner != "" || i.Ticket != "" || !i.Due.IsZero()):
		wrong = "has an owner, a ticket or a time, which only actions have"
	default:
		return checkTexts("the item", i.Section, i.Subject, i.Text, i.Owner, i.Ticket, i.Author)
	}
	return opsreview.Errorf(opsreview.Invalid, "an item of minutes %s", wrong)
}

func (w *writer) addItem(ctx context.Context, i opsreview.MeetingItem) (opsreview.MeetingItem, error) {
	var many int
	if err := w.queryRow(ctx, `SELECT count(*) FROM meeting_items WHERE meeting = ?`, []any{i.Meeting}, &many); err != nil {
		return i, err
	}
	if many >= maxItems {
		return i, opsreview.Errorf(opsreview.Invalid, "the minutes of %q have %d items, which is the most", i.Meeting, maxItems)
	}
	var key int64
	err := w.queryRow(ctx, `INSERT INTO meeting_items (meeting, kind, section, subject, text, owner, due_at, ticket, author, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
		[]any{i.Meeting, string(i.Kind), i.Section, i.Subject, i.Text, i.Owner, orNull(i.Due), i.Ticket, i.Author, i.At.UnixMilli()}, &key)
	i.ID, i.At, i.Due = itemPrefix+strconv.FormatInt(key, 10), stored(i.At), stored(i.Due)
	return i, err
}

// An ItemChange is what becomes of an item: Withdraw takes it back, Done says
// that an action is done, Ticket names the ticket of an action.
type ItemChange struct {
	Withdraw bool
	Done     bool
	Ticket   string
	By       string
	At       time.Time
}

// ChangeMeetingItem changes an item and returns it; what was changed so before
// stays as it is. An action of a closed meeting can be done or get a ticket, but
// nothing of a closed meeting is taken back. It returns a NotFound error, or a
// Conflict one for what a closed meeting does not allow.
func (db *DB) ChangeMeetingItem(ctx context.Context, id string, c ItemChange) (i opsreview.MeetingItem, err error) {
	missing := opsreview.Errorf(opsreview.NotFound, "there is no item %q in any minutes", id)
	key, ok := rowKey(id, itemPrefix)
	switch {
	case !ok:
		return i, missing
	case c.By == "" || c.At.IsZero():
		return i, opsreview.Errorf(opsreview.Invalid, "to change an item, say who does it and when")
	}
	err = db.update(ctx, func(w *writer) error {
		if i, err = only(ctx, w, selectItem, key, scanItem, missing); err != nil {
			return err
		}
		if err := w.changeItem(ctx, key, i, c); err != nil {
			return err
		}
		i, err = only(ctx, w, selectItem, key, scanItem, missing)
		return err
	})
	if err != nil {
		return opsreview.MeetingItem{}, fmt.Errorf("change minutes: %w", err)
	}
	return i, nil
}

func (w *writer) changeItem(ctx context.Context, key int64, i opsreview.MeetingItem, c ItemChange) error {
	m, err := briefMeeting(ctx, w, i.Meeting)
	if err != nil {
		return err
	}
	open := m.State == opsreview.MeetingOpen
	switch {
	case c.Withdraw && !open:
		return errClosed(m.ID)
	case (c.Done || c.Ticket != "") && i.Kind != opsreview.ItemAction:
		return opsreview.Errorf(opsreview.Invalid, "item %q is no action: only actions are done or have a ticket", i.ID)
	}
	if err := checkTexts("the item", c.Ticket, c.By); err != nil {
		return err
	}
	var changes []string
	args := []any{}
	if c.Withdraw && i.WithdrawnBy == "" {
		changes, args = append(changes, "withdrawn_by = ?", "withdrawn_at = ?"), append(args, c.By, c.At.UnixMilli())
	}
	if c.Done && i.DoneBy == "" {
		changes, args = append(changes, "done_by = ?", "done_at = ?"), append(args, c.By, c.At.UnixMilli())
	}
	if c.Ticket != "" && i.Ticket != c.Ticket {
		changes, args = append(changes, "ticket = ?"), append(args, c.Ticket)
	}
	if len(changes) == 0 {
		return nil
	}
	if _, err := w.exec(ctx, `UPDATE meeting_items SET `+strings.Join(changes, ", ")+` WHERE key = ?`, append(args, key)...); err != nil {
		return err
	}
	if !open {
		return nil
	}
	return w.touchMeeting(ctx, i.Meeting)
}
