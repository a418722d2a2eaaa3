package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"opsreview"
)

// maxReason is how many characters a correction's reason may have.
const maxReason = 2000

// correctionPrefix begins the ID of a correction.
const correctionPrefix = "c-"

const correctionColumns = `key, slo, start_at, end_at, reason, author, at, withdrawn_by, withdrawn_at`

func scanCorrection(rows *sql.Rows) (c opsreview.Correction, err error) {
	var key int64
	err = rows.Scan(&key, &c.SLO, (*sqlTime)(&c.Window.Start), (*sqlTime)(&c.Window.End), &c.Reason, &c.Author,
		(*sqlTime)(&c.At), &c.WithdrawnBy, (*sqlTime)(&c.WithdrawnAt))
	c.ID = correctionPrefix + strconv.FormatInt(key, 10)
	return c, err
}

// Corrections returns the corrections of the SLOs, withdrawn ones too, newest
// first; nil asks for those of all SLOs.
func (db *DB) Corrections(ctx context.Context, slos []string) ([]opsreview.Correction, error) {
	where, args := ofSLOs(slos)
	found, err := list(ctx, db, `SELECT `+correctionColumns+` FROM corrections`+where+` ORDER BY at DESC, key DESC`, args, scanCorrection)
	if err != nil {
		return nil, fmt.Errorf("read corrections: %w", err)
	}
	return found, nil
}

// SaveCorrections saves corrections, all of them or none, and returns them with
// their IDs. The request may be repeated, see [Request]; one without an ID has
// an effect each time. It returns an Invalid error for a correction without
// SLO, reason, author or time, or whose window makes no sense.
func (db *DB) SaveCorrections(ctx context.Context, req Request, cs []opsreview.Correction) ([]opsreview.Correction, error) {
	for _, c := range cs {
		if err := checkCorrection(c); err != nil {
			return nil, err
		}
	}
	r := &req
	if req.ID == "" {
		r = nil
	}
	var saved []opsreview.Correction
	err := db.update(ctx, func(w *writer) error {
		return once(ctx, w, r, &saved, func() (err error) {
			saved, err = w.addCorrections(ctx, cs)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("save corrections: %w", err)
	}
	return saved, nil
}

func checkCorrection(c opsreview.Correction) error {
	if err := checkSLOName(c.SLO); err != nil {
		return err
	}
	if err := c.Window.Validate(); err != nil {
		return err
	}
	wrong := ""
	switch {
	case c.Window.End.UnixMilli() <= c.Window.Start.UnixMilli():
		wrong = "is shorter than a millisecond"
	case strings.TrimSpace(c.Reason) == "":
		wrong = "needs a reason"
	case utf8.RuneCountInString(c.Reason) > maxReason || !utf8.ValidString(c.Reason):
		wrong = fmt.Sprintf("may have a reason of %d characters at most, in UTF-8", maxReason)
	case c.Author == "":
		wrong = "needs an author"
	case c.At.IsZero():
		wrong = "needs the time when it is made"
	case c.ID != "" || c.WithdrawnBy != "" || !c.WithdrawnAt.IsZero():
		wrong = "must be new"
	default:
		return nil
	}
	return opsreview.Errorf(opsreview.Invalid, "the correction of SLO %q %s", c.SLO, wrong)
}

func (w *writer) addCorrections(ctx context.Context, cs []opsreview.Correction) ([]opsreview.Correction, error) {
	var saved []opsreview.Correction
	for _, c := range cs {
		var key int64
		err := w.queryRow(ctx, `INSERT INTO corrections (slo, start_at, end_at, reason, author, at, withdrawn_by)
			VALUES (?, ?, ?, ?, ?, ?, '') RETURNING key`,
			[]any{c.SLO, c.Window.Start.UnixMilli(), c.Window.End.UnixMilli(), c.Reason, c.Author, c.At.UnixMilli()}, &key)
		if err != nil {
			return nil, err
		}
		c.ID, c.At = correctionPrefix+strconv.FormatInt(key, 10), stored(c.At)
		c.Window = opsreview.Window{Start: stored(c.Window.Start), End: stored(c.Window.End)}
		saved = append(saved, c)
	}
	return saved, nil
}

// WithdrawCorrection puts a correction out of force and returns it. One that
// was withdrawn before stays as it is. It returns a NotFound error for an ID
// that no correction has.
func (db *DB) WithdrawCorrection(ctx context.Context, id, by string, at time.Time) (c opsreview.Correction, err error) {
	if by == "" || at.IsZero() {
		return c, opsreview.Errorf(opsreview.Invalid, "to withdraw correction %q, say who does it and when", id)
	}
	missing := opsreview.Errorf(opsreview.NotFound, "there is no correction %q", id)
	key, err := strconv.ParseInt(strings.TrimPrefix(id, correctionPrefix), 10, 64)
	if err != nil || id != correctionPrefix+strconv.FormatInt(key, 10) {
		return c, missing
	}
	err = db.update(ctx, func(w *writer) error {
		_, err := w.exec(ctx, `UPDATE corrections SET withdrawn_by = ?, withdrawn_at = ? WHERE key = ? AND withdrawn_by = ''`,
			by, at.UnixMilli(), key)
		if err != nil {
			return err
		}
		found, err := collect(ctx, w, `SELECT `+correctionColumns+` FROM corrections WHERE key = ?`, []any{key}, scanCorrection)
		if err == nil && len(found) == 0 {
			return missing
		}
		if err == nil {
			c = found[0]
		}
		return err
	})
	if err != nil {
		return opsreview.Correction{}, fmt.Errorf("withdraw correction: %w", err)
	}
	return c, nil
}
