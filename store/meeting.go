package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// maxSnapshot is how large a snapshot may be in bytes.
const maxSnapshot = 32 << 20

const meetingColumns = `id, team, start_at, end_at, week, state, opened_at, opened_by, facilitator, presenter, section,
	facts, opened, closed, closed_at, closed_by, forced, forced_open, version, definitions`

// briefMeetingColumns are the same without what was seen.
var briefMeetingColumns = strings.Replace(meetingColumns, "opened, closed,", "NULL, NULL,", 1)

func scanMeeting(rows *sql.Rows) (m opsreview.Meeting, err error) {
	var opened, closed []byte
	err = rows.Scan(&m.ID, &m.Team, (*sqlTime)(&m.Window.Start), (*sqlTime)(&m.Window.End), &m.Week, &m.State, (*sqlTime)(&m.OpenedAt),
		&m.OpenedBy, &m.Facilitator, &m.Presenter, &m.Section, &m.Facts, &opened, &closed, (*sqlTime)(&m.ClosedAt), &m.ClosedBy,
		&m.Forced, (*sqlList)(&m.ForcedOpen), &m.Version, &m.Definitions)
	if err != nil {
		return m, err
	}
	if opened != nil {
		if m.Opened, err = unpack(opened); err != nil {
			return m, unreadable(m.ID, err)
		}
	}
	if closed == nil {
		return m, nil
	}
	if m.Closed, err = unpack(closed); err != nil {
		return m, unreadable(m.ID, err)
	}
	return m, nil
}

// unpack undoes what pack did.
func unpack(b []byte) ([]byte, error) { return decoder().DecodeAll(b, nil) }

func pack(b []byte) []byte { return encoder().EncodeAll(b, nil) }

// Meeting returns a meeting, or a NotFound error.
func (db *DB) Meeting(ctx context.Context, id string) (m opsreview.Meeting, err error) {
	err = db.view(ctx, func(tx *sql.Tx) error {
		m, err = oneMeeting(ctx, tx, id)
		return err
	})
	if err != nil {
		return opsreview.Meeting{}, fmt.Errorf("read meeting: %w", err)
	}
	return m, nil
}

func oneMeeting(ctx context.Context, q querier, id string) (opsreview.Meeting, error) {
	return only(ctx, q, `SELECT `+meetingColumns+` FROM meetings WHERE id = ?`, id, scanMeeting,
		opsreview.Errorf(opsreview.NotFound, "there is no review %q", id))
}

// briefMeeting is oneMeeting without what was seen.
func briefMeeting(ctx context.Context, q querier, id string) (opsreview.Meeting, error) {
	return only(ctx, q, `SELECT `+briefMeetingColumns+` FROM meetings WHERE id = ?`, id, scanMeeting,
		opsreview.Errorf(opsreview.NotFound, "there is no review %q", id))
}

// MeetingFilter selects meetings. A zero field selects everything.
type MeetingFilter struct {
	Team   *string // nil for every team's; "" is everybody's
	State  opsreview.MeetingState
	Before time.Time // whose window begins before
	Limit  int       // 0 means all
	Brief  bool      // without what was seen at the opening and at the end
}

// Meetings returns the meetings that the filter selects, those of the latest
// windows first.
func (db *DB) Meetings(ctx context.Context, f MeetingFilter) ([]opsreview.Meeting, error) {
	query, args := f.query()
	found, err := list(ctx, db, query, args, scanMeeting)
	if err != nil {
		return nil, fmt.Errorf("read meetings: %w", err)
	}
	return found, nil
}

func (f MeetingFilter) query() (query string, args []any) {
	where := []string{"TRUE"}
	if f.Team != nil {
		where, args = append(where, "team = ?"), append(args, *f.Team)
	}
	if f.State != "" {
		where, args = append(where, "state = ?"), append(args, string(f.State))
	}
	if !f.Before.IsZero() {
		where, args = append(where, "start_at < ?"), append(args, f.Before.UnixMilli())
	}
	if f.Limit <= 0 {
		f.Limit = -1
	}
	columns := meetingColumns
	if f.Brief {
		columns = briefMeetingColumns
	}
	return `SELECT ` + columns + ` FROM meetings WHERE ` + strings.Join(where, " AND ") +
		` ORDER BY start_at DESC, end_at DESC, id LIMIT ?`, append(args, f.Limit)
}

// OpenMeeting starts the minutes of a review and returns them. Where there are
// some already, open or closed, it returns those as they are, and true.
func (db *DB) OpenMeeting(ctx context.Context, m opsreview.Meeting) (out opsreview.Meeting, there bool, err error) {
	if err := checkMeeting(&m); err != nil {
		return out, false, err
	}
	err = db.updateDurably(ctx, func(w *writer) error {
		n, err := w.exec(ctx, `INSERT INTO meetings (id, team, start_at, end_at, week, state, opened_at, opened_by, facilitator,
				presenter, section, facts, opened, version, definitions)
			VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT (id) DO NOTHING`,
			m.ID, m.Team, m.Window.Start.UnixMilli(), m.Window.End.UnixMilli(), m.Week, m.OpenedAt.UnixMilli(), m.OpenedBy,
			m.Facilitator, m.Presenter, m.Section, m.Facts, pack(m.Opened), m.Definitions)
		if err != nil {
			return err
		}
		there = n == 0
		out, err = oneMeeting(ctx, w, m.ID)
		return err
	})
	if err != nil {
		return opsreview.Meeting{}, false, fmt.Errorf("open meeting: %w", err)
	}
	return out, there, nil
}

func checkMeeting(m *opsreview.Meeting) error {
	if err := m.Window.Validate(); err != nil {
		return err
	}
	switch {
	case m.ID == "" || m.OpenedBy == "" || m.OpenedAt.IsZero():
		return opsreview.Errorf(opsreview.Invalid, "a review needs a name, and who opens it when")
	case len(m.Opened) == 0 || len(m.Opened) > maxSnapshot:
		return opsreview.Errorf(opsreview.Invalid, "a review needs what was seen at its opening, of %d bytes at most", maxSnapshot)
	}
	return checkTexts("the review", m.ID, m.Team, m.OpenedBy, m.Facilitator, m.Presenter, m.Section)
}

// errClosed says that a meeting can be written no more.
func errClosed(id string) error {
	return opsreview.Errorf(opsreview.Conflict, "the review %q is closed: its minutes never change", id)
}

// openMeeting returns a meeting that is open, without what was seen, or a
// NotFound or a Conflict error.
func (w *writer) openMeeting(ctx context.Context, id string) (opsreview.Meeting, error) {
	m, err := briefMeeting(ctx, w, id)
	if err == nil && m.State != opsreview.MeetingOpen {
		err = errClosed(id)
	}
	return m, err
}

// A MeetingUpdate changes who leads an open meeting and where it stands. What
// is nil stays.
type MeetingUpdate struct {
	Section, Facilitator, Presenter *string
	By                              string
	At                              time.Time
}

// UpdateMeeting changes an open meeting and returns it. A new facilitator is
// written into the minutes. It returns a NotFound error, or a Conflict one for a
// closed meeting.
func (db *DB) UpdateMeeting(ctx context.Context, id string, u MeetingUpdate) (m opsreview.Meeting, err error) {
	switch {
	case u.By == "" || u.At.IsZero():
		return m, opsreview.Errorf(opsreview.Invalid, "to change a review, say who does it and when")
	case u.Facilitator != nil && strings.TrimSpace(*u.Facilitator) == "":
		return m, opsreview.Errorf(opsreview.Invalid, "somebody must lead a review: say who")
	}
	err = db.update(ctx, func(w *writer) error {
		if err := w.updateMeeting(ctx, id, u); err != nil {
			return err
		}
		m, err = oneMeeting(ctx, w, id)
		return err
	})
	if err != nil {
		return opsreview.Meeting{}, fmt.Errorf("change meeting: %w", err)
	}
	return m, nil
}

func (w *writer) updateMeeting(ctx context.Context, id string, u MeetingUpdate) error {
	m, err := w.openMeeting(ctx, id)
	if err != nil {
		return err
	}
	before := m
	for to, from := range map[*string]*string{&m.Section: u.Section, &m.Facilitator: u.Facilitator, &m.Presenter: u.Presenter} {
		if from != nil {
			*to = *from
		}
	}
	if m.Section == before.Section && m.Facilitator == before.Facilitator && m.Presenter == before.Presenter {
		return nil
	}
	if err := checkTexts("the review", m.Section, m.Facilitator, m.Presenter, u.By); err != nil {
		return err
	}
	if _, err := w.exec(ctx, `UPDATE meetings SET section = ?, facilitator = ?, presenter = ?, version = version + 1 WHERE id = ?`,
		m.Section, m.Facilitator, m.Presenter, id); err != nil {
		return err
	}
	if m.Facilitator == before.Facilitator {
		return nil
	}
	_, err = w.addItem(ctx, opsreview.MeetingItem{
		Meeting: id, Kind: opsreview.ItemHandover, Section: m.Section, Text: m.Facilitator, Author: u.By, At: u.At,
	})
	return err
}

// A MeetingClose is the end of a meeting.
type MeetingClose struct {
	ID          string
	Version     int64 // of the meeting that Closed was taken of
	Closed      []byte
	By          string
	At          time.Time
	Forced      string
	ForcedOpen  []string
	Definitions string
}

// CloseMeeting closes a meeting for ever, in one transaction that is on the disk
// when it returns, and returns it. The request may be repeated, see [Request].
// It returns a NotFound error, or a Conflict one if it is closed already or
// something was said since the version that the snapshot was taken of.
func (db *DB) CloseMeeting(ctx context.Context, r *Request, c MeetingClose) (m opsreview.Meeting, err error) {
	if err := checkClose(&c); err != nil {
		return m, err
	}
	id := c.ID
	err = db.updateDurably(ctx, func(w *writer) error {
		err := once(ctx, w, r, &id, func() error { return w.closeMeeting(ctx, &c) })
		if err == nil {
			m, err = oneMeeting(ctx, w, id)
		}
		return err
	})
	if err != nil {
		return opsreview.Meeting{}, fmt.Errorf("close meeting: %w", err)
	}
	return m, nil
}

func checkClose(c *MeetingClose) error {
	switch {
	case c.By == "" || c.At.IsZero() || len(c.Closed) == 0 || len(c.Closed) > maxSnapshot:
		return opsreview.Errorf(opsreview.Invalid, "to close a review, say who does it, when, and what was seen in %d bytes at most", maxSnapshot)
	case len(c.ForcedOpen) > maxItems:
		return opsreview.Errorf(opsreview.Invalid, "a review cannot be closed while more than %d points are open", maxItems)
	case len(c.ForcedOpen) > 0 && strings.TrimSpace(c.Forced) == "":
		return opsreview.Errorf(opsreview.Invalid, "to close a review in spite of what is open, say why")
	}
	return checkTexts("the review", append(slices.Clone(c.ForcedOpen), c.Forced, c.By, c.Definitions)...)
}

func (w *writer) closeMeeting(ctx context.Context, c *MeetingClose) error {
	m, err := w.openMeeting(ctx, c.ID)
	if err != nil {
		return err
	}
	if m.Version != c.Version {
		return opsreview.Errorf(opsreview.Conflict, "the review %q changed meanwhile: close it again", c.ID)
	}
	_, err = w.exec(ctx, `UPDATE meetings SET state = 'closed', closed = ?, closed_at = ?, closed_by = ?, forced = ?,
		forced_open = ?, definitions = ?, version = version + 1 WHERE id = ?`,
		pack(c.Closed), c.At.UnixMilli(), c.By, c.Forced, sqlList(c.ForcedOpen).encode(), c.Definitions, c.ID)
	return err
}
