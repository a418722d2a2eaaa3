package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"opsreview"
)

// labelDest returns where the columns labelFields go.
func labelDest(l *opsreview.Label) []any {
	return []any{
		&l.Verdict, &l.Cause, (*sqlList)(&l.Flags), &l.Actioned,
		&l.Note, &l.Minutes, &l.Author, (*sqlTime)(&l.At), &l.Withdrawn,
	}
}

// checkLabel returns an Invalid error for a label that cannot be kept.
func checkLabel(l opsreview.Label) error {
	switch {
	case opsreview.ValidSourceName(l.Page.Source) != nil || l.Page.ID == "":
		return opsreview.Errorf(opsreview.Invalid, "a label needs a page, not %q", l.Page)
	case l.At.IsZero():
		return opsreview.Errorf(opsreview.Invalid, "the label of page %q has no time", l.Page)
	case l.Author == "":
		return opsreview.Errorf(opsreview.Invalid, "the label of page %q has no author", l.Page)
	case l.Verdict == "" && !l.Withdrawn:
		return opsreview.Errorf(opsreview.Invalid, "the label of page %q has no verdict", l.Page)
	}
	return nil
}

// Label gives labels to pages: all of them or none. A label that says the same
// as the one in force changes nothing, and neither does withdrawing none. The
// label last given is in force: where clocks disagree, its time is moved behind
// that of the one before. Label returns how many pages changed, and a NotFound
// error for a page that is not there.
func (db *DB) Label(ctx context.Context, labels []opsreview.Label) (changed int, err error) {
	refs, err := db.label(ctx, nil, labels, false)
	return len(refs), err
}

// LabelOnce is Label for a request that may be repeated: see [Request]. It
// returns the pages that changed, at a repetition those that changed the first
// time.
func (db *DB) LabelOnce(ctx context.Context, r Request, labels []opsreview.Label) (changed []opsreview.Ref, err error) {
	return db.label(ctx, &r, labels, false)
}

// LabelChanges returns the pages that Label would change, and changes nothing.
func (db *DB) LabelChanges(ctx context.Context, labels []opsreview.Label) ([]opsreview.Ref, error) {
	return db.label(ctx, nil, labels, true)
}

// errUndo ends a transaction that was only a trial.
var errUndo = &opsreview.Error{Code: opsreview.Internal, Message: "nothing is kept of a trial"}

func (db *DB) label(ctx context.Context, r *Request, labels []opsreview.Label, trial bool) (changed []opsreview.Ref, err error) {
	for _, l := range labels {
		if err := checkLabel(l); err != nil {
			return nil, err
		}
	}
	err = db.update(ctx, func(w *writer) error {
		err := once(ctx, w, r, &changed, func() error {
			changed, err = giveLabels(ctx, w, labels)
			return err
		})
		if err == nil && trial {
			return errUndo
		}
		return err
	})
	if err != nil && !errors.Is(err, errUndo) {
		return nil, fmt.Errorf("label pages: %w", err)
	}
	return changed, nil
}

// giveLabels saves labels in order and returns the pages that changed.
func giveLabels(ctx context.Context, w *writer, labels []opsreview.Label) (changed []opsreview.Ref, err error) {
	for _, l := range labels {
		var there bool
		err := w.queryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pages WHERE source = ? AND id = ?)`,
			[]any{l.Page.Source, l.Page.ID}, &there)
		if err != nil {
			return nil, err
		}
		if !there {
			return nil, opsreview.Errorf(opsreview.NotFound, "there is no page %q", l.Page)
		}
		last, err := lastLabel(ctx, w, l.Page)
		if err != nil {
			return nil, err
		}
		if sameLabel(last, l) {
			continue
		}
		if l.At = stored(l.At); !l.At.After(last.At) {
			l.At = last.At.Add(time.Millisecond)
		}
		if _, err := w.insert(ctx, labelBulk, labelArgs(nil, l)); err != nil {
			return nil, err
		}
		if !slices.Contains(changed, l.Page) {
			changed = append(changed, l.Page)
		}
	}
	return changed, w.showLabels(ctx, changed)
}

// lastLabels begins an update of what pages show of their labels.
const lastLabels = `UPDATE pages SET (label, labelled_at) = (
	SELECT l.key, iif(l.withdrawn OR l.verdict = '', NULL, l.at) FROM labels l
	WHERE l.source = pages.source AND l.page = pages.id ORDER BY l.at DESC, l.author DESC LIMIT 1) `

// showLabels makes the pages show the labels that they were given last.
func (w *writer) showLabels(ctx context.Context, pages []opsreview.Ref) error {
	if len(pages) == 0 {
		return nil
	}
	_, err := w.exec(ctx, lastLabels+`WHERE (source, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))`, encodeRefs(pages))
	if err != nil {
		return fmt.Errorf("show labels: %w", err)
	}
	return nil
}

// showEarlyLabels makes pages with keys above one show labels that came before
// them.
func (w *writer) showEarlyLabels(ctx context.Context, above int64) error {
	_, err := w.exec(ctx, lastLabels+`WHERE key > ? AND EXISTS (SELECT 1 FROM labels l
		WHERE l.source = pages.source AND l.page = pages.id)`, above)
	if err != nil {
		return fmt.Errorf("show early labels: %w", err)
	}
	return nil
}

// lastLabel returns the page's latest label, withdrawn or not, and the zero one
// if there is none.
func lastLabel(ctx context.Context, w *writer, page opsreview.Ref) (l opsreview.Label, err error) {
	err = w.queryRow(ctx, `SELECT `+labelFields+` FROM labels l WHERE source = ? AND page = ?
		ORDER BY at DESC, author DESC LIMIT 1`, []any{page.Source, page.ID}, labelDest(&l)...)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return l, err
}

// sameLabel reports whether giving l changes nothing where last was given last.
func sameLabel(last, l opsreview.Label) bool {
	if l.Withdrawn {
		return last.IsZero()
	}
	return !last.IsZero() && last.Verdict == l.Verdict && last.Cause == l.Cause &&
		slices.Equal(last.Flags, sortedFlags(l.Flags)) && last.Actioned == l.Actioned &&
		last.Note == l.Note && last.Minutes == l.Minutes
}

func sortedFlags(flags []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(flags)))
}

var labelBulk = bulk{
	into:    "labels (source, page, at, author, verdict, cause, flags, actioned, note, minutes, withdrawn)",
	columns: 11,
	suffix:  "ON CONFLICT DO NOTHING",
}

func labelArgs(args []any, l opsreview.Label) []any {
	return append(args, l.Page.Source, l.Page.ID, l.At.UnixMilli(), l.Author, string(l.Verdict), l.Cause,
		sqlList(sortedFlags(l.Flags)).encode(), string(l.Actioned), l.Note, l.Minutes, l.Withdrawn)
}

// saveLabels saves a batch's labels. Their pages may come later.
func saveLabels(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	var args []any
	var pages []opsreview.Ref
	for _, l := range f.batch.Labels {
		args, pages = labelArgs(args, l), append(pages, l.Page)
	}
	n, err := w.insert(ctx, labelBulk, args)
	if err != nil {
		return fmt.Errorf("save labels: %w", err)
	}
	if saved.Labels = n; n == 0 {
		return nil
	}
	return w.showLabels(ctx, pages)
}

// Labels returns the page's labels, withdrawals among them, oldest first: the
// last one is in force.
func (db *DB) Labels(ctx context.Context, page opsreview.Ref) ([]opsreview.Label, error) {
	return list(ctx, db, `SELECT `+labelFields+`, l.source, l.page FROM labels l WHERE source = ? AND page = ?
		ORDER BY at, author`, []any{page.Source, page.ID}, scanLabel)
}

const selectMonitorLabels = `SELECT ` + labelFields + `, l.source, l.page FROM pages p ` + inForce + `
	WHERE p.monitor = ? AND p.labelled_at IS NOT NULL ORDER BY p.labelled_at DESC, p.source, p.id LIMIT ?`

// MonitorLabels returns the labels in force on pages of the monitor, newest
// first, at most limit of them; 0 is no limit.
func (db *DB) MonitorLabels(ctx context.Context, monitor string, limit int) ([]opsreview.Label, error) {
	if limit <= 0 {
		limit = -1
	}
	return list(ctx, db, selectMonitorLabels, []any{monitor, limit}, scanLabel)
}

func scanLabel(rows *sql.Rows) (l opsreview.Label, err error) {
	err = rows.Scan(append(labelDest(&l), &l.Page.Source, &l.Page.ID)...)
	return l, err
}
