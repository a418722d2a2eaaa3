package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"opsreview"
)

// Names must be whole, so those that are longer than this are refused. What a
// tracker says must not keep what it did out of the ledger: texts, which are for
// people to read, are cut, and estimates that make no sense are unknown.
const (
	maxTicketName = 1000
	maxTicketText = 2000
)

// ticketColumns are the columns of tickets in the order of ticketArgs and
// scanTicket. The first three name the row.
const ticketColumns = `tracker, fingerprint, generation, finding, kind, category, team, service, slo, monitor, title,
	cost, points, state, attempt, attempt_at, probes, probed_at, not_before_at, payload, error,
	remote_id, remote_key, url, stands, status, resolution, assignee, closed_at, synced_at,
	filed_at, first_at, last_at, last_run, seen, noted_at, note_id, suppressed_until_at`

// saveTicket adds a row or replaces it. A filed ticket does not become one to be
// filed: whoever asks for that has read the ledger before somebody else filed.
var saveTicket = `INSERT INTO tickets (` + ticketColumns + `) VALUES (` + marks(strings.Count(ticketColumns, ",")+1) + `)
	ON CONFLICT (tracker, fingerprint, generation) DO UPDATE SET ` + excluded(ticketColumns, 3) + `
	WHERE NOT (state = 'filed' AND excluded.state IN ('planned', 'creating', 'uncertain', 'rejected'))`

// excluded returns assignments of the new values to all but the first columns.
func excluded(columns string, skip int) string {
	var set []string
	for _, c := range strings.Split(columns, ",")[skip:] {
		c = strings.TrimSpace(c)
		set = append(set, c+" = excluded."+c)
	}
	return strings.Join(set, ", ")
}

func ticketArgs(t *opsreview.Ticket) []any {
	return []any{
		t.Tracker, t.Fingerprint, t.Generation, t.Key, t.Kind, t.Category, t.Team, t.Service, t.SLO, t.Monitor, cutText(t.Title),
		t.Cost, estimate(t.Points), string(t.State), t.Attempt, orNull(t.AttemptAt), t.Probes, orNull(t.ProbedAt), orNull(t.NotBefore),
		t.Payload, cutText(t.Error), t.RemoteID, t.RemoteKey, cutText(t.URL), string(t.Stands), cutText(t.Status),
		cutText(t.Resolution), cutText(t.Assignee), orNull(t.ClosedAt), orNull(t.SyncedAt), orNull(t.FiledAt),
		orNull(t.FirstAt), orNull(t.LastAt), t.LastRun, t.Seen, orNull(t.NotedAt), t.NoteID, orNull(t.SuppressedUntil),
	}
}

func scanTicket(rows *sql.Rows) (t opsreview.Ticket, err error) {
	err = rows.Scan(&t.Tracker, &t.Fingerprint, &t.Generation, &t.Key, &t.Kind, &t.Category, &t.Team, &t.Service, &t.SLO,
		&t.Monitor, &t.Title, &t.Cost, &t.Points, &t.State, &t.Attempt, (*sqlTime)(&t.AttemptAt), &t.Probes,
		(*sqlTime)(&t.ProbedAt), (*sqlTime)(&t.NotBefore), &t.Payload, &t.Error, &t.RemoteID, &t.RemoteKey, &t.URL, &t.Stands,
		&t.Status, &t.Resolution, &t.Assignee, (*sqlTime)(&t.ClosedAt), (*sqlTime)(&t.SyncedAt), (*sqlTime)(&t.FiledAt),
		(*sqlTime)(&t.FirstAt), (*sqlTime)(&t.LastAt), &t.LastRun, &t.Seen, (*sqlTime)(&t.NotedAt), &t.NoteID,
		(*sqlTime)(&t.SuppressedUntil))
	return t, err
}

// TicketFilter selects tickets. A zero field selects everything.
type TicketFilter struct {
	Tracker     string
	Team        string
	Fingerprint string
	Closed      opsreview.Window // in which they were closed

	// A ticket is selected that is in one of the States or stands at one of Stands.
	States []opsreview.TicketState
	Stands []opsreview.StatusCategory
}

// Tickets lists every row of a tracker in order of fingerprint and generation.
func (db *DB) Tickets(ctx context.Context, tracker string) ([]opsreview.Ticket, error) {
	if err := checkTracker(tracker); err != nil {
		return nil, err
	}
	return db.ListTickets(ctx, TicketFilter{Tracker: tracker})
}

// ListTickets returns the rows that the filter selects, in order of tracker,
// fingerprint and generation.
func (db *DB) ListTickets(ctx context.Context, f TicketFilter) ([]opsreview.Ticket, error) {
	query, args := f.query()
	found, err := list(ctx, db, query, args, scanTicket)
	if err != nil {
		return nil, fmt.Errorf("read tickets: %w", err)
	}
	return found, nil
}

func (f TicketFilter) query() (query string, args []any) {
	where := []string{"TRUE"}
	if f.Tracker != "" {
		where, args = append(where, "tracker = ?"), append(args, f.Tracker)
	}
	if f.Team != "" {
		where, args = append(where, "team = ?"), append(args, f.Team)
	}
	if f.Fingerprint != "" {
		where, args = append(where, "fingerprint = ?"), append(args, f.Fingerprint)
	}
	if t := f.Closed.Start; !t.IsZero() {
		where, args = append(where, "closed_at >= ?"), append(args, t.UnixMilli())
	}
	if t := f.Closed.End; !t.IsZero() {
		where, args = append(where, "closed_at < ?"), append(args, t.UnixMilli())
	}
	if len(f.States)+len(f.Stands) > 0 {
		where = append(where, "(state IN (SELECT value FROM json_each(?)) OR stands IN (SELECT value FROM json_each(?)))")
		args = append(args, encodeWords(f.States), encodeWords(f.Stands))
	}
	return `SELECT ` + ticketColumns + ` FROM tickets WHERE ` + strings.Join(where, " AND ") +
		` ORDER BY tracker, fingerprint, generation`, args
}

// encodeWords is encodeStrings for words of a type of their own.
func encodeWords[T ~string](words []T) string {
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = string(w)
	}
	return encodeStrings(plain)
}

// SaveTickets saves rows by tracker, fingerprint and generation: all or none. It
// returns an Invalid error for a row that makes no sense, and a Conflict error
// where another generation of the same finding is still being filed, or where a
// ticket that is filed would be one to be filed.
func (db *DB) SaveTickets(ctx context.Context, rows []opsreview.Ticket) error {
	return db.update(ctx, func(w *writer) error { return w.saveTickets(ctx, rows) })
}

func (w *writer) saveTickets(ctx context.Context, rows []opsreview.Ticket) error {
	for i := range rows {
		if err := checkTicket(&rows[i]); err != nil {
			return err
		}
	}
	// One generation ends before the next one begins, whatever order they come in.
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b opsreview.Ticket) int { return cmp.Compare(underWay(a.State), underWay(b.State)) })
	for i := range rows {
		if err := w.saveTicket(ctx, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// underWay returns 1 if a ticket in the state is still to be filed, 0 if not.
func underWay(s opsreview.TicketState) int {
	switch s {
	case opsreview.TicketPlanned, opsreview.TicketCreating, opsreview.TicketUncertain:
		return 1
	}
	return 0
}

func (w *writer) saveTicket(ctx context.Context, t *opsreview.Ticket) error {
	n, err := w.exec(ctx, saveTicket, ticketArgs(t)...)
	if e := (*sqlite.Error)(nil); errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE {
		return opsreview.Wrapf(err, opsreview.Conflict, "another generation of ticket %s in %q is still being filed", t.Fingerprint, t.Tracker)
	}
	switch {
	case err != nil:
		return fmt.Errorf("save ticket: %w", err)
	case n == 0:
		return opsreview.Errorf(opsreview.Conflict, "ticket %s is filed in %q already", t.Fingerprint, t.Tracker)
	}
	return nil
}

// checkTicket returns an Invalid error for a row that makes no sense.
func checkTicket(t *opsreview.Ticket) error {
	if err := checkTracker(t.Tracker); err != nil {
		return err
	}
	if err := checkFingerprint(t.Fingerprint); err != nil {
		return err
	}
	wrong := ""
	switch {
	case t.Generation < 1 || t.Generation > math.MaxInt32:
		wrong = "must have a generation, counted from 1"
	case !slices.Contains(opsreview.TicketStates(), t.State):
		wrong = fmt.Sprintf("cannot be in the state %q", t.State)
	case !slices.Contains([]opsreview.StatusCategory{"", opsreview.TicketTodo, opsreview.TicketDoing, opsreview.TicketDone}, t.Stands):
		wrong = fmt.Sprintf("cannot stand at %q", t.Stands)
	case (t.State == opsreview.TicketCreating || t.State == opsreview.TicketUncertain) && (t.Attempt == "" || t.AttemptAt.IsZero()):
		wrong = "must say which attempt to create it is under way, and since when"
	case t.State == opsreview.TicketFiled && t.RemoteID == "":
		wrong = "must have its tracker's name for it"
	case !finite(t.Cost) || t.Cost < 0 || t.Probes < 0 || t.Seen < 0:
		wrong = "cannot cost or count less than nothing"
	case !validNames(t.Key, t.Kind, t.Category, t.Team, t.Service, t.SLO, t.Monitor, t.Attempt, t.Payload, t.RemoteID, t.RemoteKey, t.LastRun, t.NoteID):
		wrong = fmt.Sprintf("has a name that is not of %d characters at most, in UTF-8", maxTicketName)
	default:
		return nil
	}
	return opsreview.Errorf(opsreview.Invalid, "ticket %s %s", t.Fingerprint, wrong)
}

func checkTracker(name string) error {
	if name == "" || !validNames(name) {
		return opsreview.Errorf(opsreview.Invalid, "a tracker must have a name of %d characters at most", maxTicketName)
	}
	return nil
}

func checkFingerprint(s string) error {
	if len(s) != 16 || strings.Trim(s, "0123456789abcdef") != "" {
		return opsreview.Errorf(opsreview.Invalid, "%.40q is not a fingerprint of 16 hexadecimal digits", s)
	}
	return nil
}

// validNames reports whether each can be kept whole.
func validNames(names ...string) bool {
	return !slices.ContainsFunc(names, func(s string) bool {
		return !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxTicketName
	})
}

// cutText returns as much of a text as is kept, in UTF-8.
func cutText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if utf8.RuneCountInString(s) <= maxTicketText {
		return s
	}
	n := 0
	for i := range s {
		if n == maxTicketText-1 {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// estimate returns points as they are kept.
func estimate(points float64) float64 {
	if !finite(points) || points < 0 {
		return 0
	}
	return points
}

// maxLease is how long a lease may last, so that a clock that is wrong keeps
// nobody out for good.
const maxLease = 24 * time.Hour

// Lease gives owner the tracker until a time, or for longer if owner has it. It
// returns a Conflict error while somebody else has it. Releasing is leasing
// until now. An owner is one run of a program: two that call themselves the same
// are one.
func (db *DB) Lease(ctx context.Context, tracker, owner string, now, until time.Time) error {
	if err := checkTracker(tracker); err != nil {
		return err
	}
	switch {
	case owner == "" || !validNames(owner) || now.IsZero():
		return opsreview.Errorf(opsreview.Invalid, "a lease of %q needs an owner and a time", tracker)
	case until.Sub(now) > maxLease:
		return opsreview.Errorf(opsreview.Invalid, "a lease of %q must end within %s", tracker, maxLease)
	}
	return db.update(ctx, func(w *writer) error {
		const held = `SELECT owner, leased_until_at FROM trackers WHERE name = ? AND owner NOT IN ('', ?) AND leased_until_at > ?`
		holders, err := collect(ctx, w, held, []any{tracker, owner, now.UnixMilli()}, scanHolder)
		if err != nil {
			return fmt.Errorf("read lease: %w", err)
		}
		if len(holders) > 0 {
			return opsreview.Errorf(opsreview.Conflict, "%s is filing tickets in %q: wait until that is done, at %s at the latest",
				holders[0].owner, tracker, holders[0].until.Format("15:04:05 MST"))
		}
		return w.lease(ctx, tracker, owner, now, until)
	})
}

type holder struct {
	owner string
	until time.Time
}

func scanHolder(rows *sql.Rows) (h holder, err error) {
	err = rows.Scan(&h.owner, (*sqlTime)(&h.until))
	return h, err
}

// lease records who has a tracker that nobody else has.
func (w *writer) lease(ctx context.Context, tracker, owner string, now, until time.Time) error {
	var err error
	if until.After(now) {
		// Who has it already goes on having it since the same time.
		_, err = w.exec(ctx, `INSERT INTO trackers (name, owner, leased_at, leased_until_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET leased_at = iif(owner = excluded.owner, leased_at, excluded.leased_at),
				owner = excluded.owner, leased_until_at = excluded.leased_until_at`,
			tracker, owner, now.UnixMilli(), until.UnixMilli())
	} else {
		_, err = w.exec(ctx, `UPDATE trackers SET owner = '', leased_at = NULL, leased_until_at = NULL
			WHERE name = ? AND owner = ?`, tracker, owner)
	}
	if err != nil {
		return fmt.Errorf("save lease: %w", err)
	}
	return nil
}

// Confirmed reports when somebody first agreed that tickets are filed in the
// tracker, the zero time if nobody has.
func (db *DB) Confirmed(ctx context.Context, tracker string) (time.Time, error) {
	if err := checkTracker(tracker); err != nil {
		return time.Time{}, err
	}
	found, err := list(ctx, db, `SELECT confirmed_at FROM trackers WHERE name = ?`, []any{tracker},
		func(rows *sql.Rows) (t time.Time, err error) {
			err = rows.Scan((*sqlTime)(&t))
			return t, err
		})
	if err != nil || len(found) == 0 {
		return time.Time{}, err
	}
	return found[0], nil
}

// Confirm notes that somebody agrees that tickets are filed in the tracker. Who
// was first stays.
func (db *DB) Confirm(ctx context.Context, tracker, by string, at time.Time) error {
	if err := checkTracker(tracker); err != nil {
		return err
	}
	if by == "" || !validNames(by) || at.IsZero() {
		return opsreview.Errorf(opsreview.Invalid, "to agree that tickets are filed in %q, say who does and when", tracker)
	}
	return db.update(ctx, func(w *writer) error {
		_, err := w.exec(ctx, `INSERT INTO trackers (name, confirmed_at, confirmed_by) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET confirmed_at = excluded.confirmed_at, confirmed_by = excluded.confirmed_by
			WHERE confirmed_at IS NULL`, tracker, at.UnixMilli(), by)
		return err
	})
}
