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

// waiverPrefix begins the ID of a waiver.
const waiverPrefix = "w-"

// maxWaived is how far ahead a waiver may end: what passes for longer is a
// decision for policy. A day more does no harm: a date ends with its day, and
// clocks change.
const maxWaived = 180 * 24 * time.Hour

const waiverColumns = `key, team, kind, subject, title, owner, reason, author, at, expires_at, withdrawn_by, withdrawn_at`

const selectWaiver = `SELECT ` + waiverColumns + ` FROM waivers WHERE key = ?`

func scanWaiver(rows *sql.Rows) (v opsreview.Waiver, err error) {
	var key int64
	err = rows.Scan(&key, &v.Team, &v.Kind, &v.Subject, &v.Title, &v.Owner, &v.Reason, &v.Author, (*sqlTime)(&v.At), (*sqlTime)(&v.Expires),
		&v.WithdrawnBy, (*sqlTime)(&v.WithdrawnAt))
	v.ID = waiverPrefix + strconv.FormatInt(key, 10)
	return v, err
}

// Waivers returns the team's waivers, expired and withdrawn ones too, those that
// end last first; nil asks for every team's.
func (db *DB) Waivers(ctx context.Context, team *string) ([]opsreview.Waiver, error) {
	query, args := waiversQuery(team)
	found, err := list(ctx, db, query, args, scanWaiver)
	if err != nil {
		return nil, fmt.Errorf("read waivers: %w", err)
	}
	return found, nil
}

func waiversQuery(team *string) (query string, args []any) {
	where := ""
	if team != nil {
		where, args = ` WHERE team = ?`, append(args, *team)
	}
	return `SELECT ` + waiverColumns + ` FROM waivers` + where + ` ORDER BY expires_at DESC, key DESC`, args
}

// CreateWaiver keeps a waiver and returns it with its ID. The request may be
// repeated, see [Request]; nil has an effect each time. It returns an Invalid
// error for one without subject, owner, reason or end, or that ends too late.
func (db *DB) CreateWaiver(ctx context.Context, r *Request, v opsreview.Waiver) (opsreview.Waiver, error) {
	if err := checkWaiver(&v); err != nil {
		return v, err
	}
	var kept opsreview.Waiver
	err := db.update(ctx, func(w *writer) error {
		return once(ctx, w, r, &kept, func() error {
			var key int64
			err := w.queryRow(ctx, `INSERT INTO waivers (team, kind, subject, title, owner, reason, author, at, expires_at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
				[]any{v.Team, string(v.Kind), v.Subject, v.Title, v.Owner, v.Reason, v.Author, v.At.UnixMilli(), v.Expires.UnixMilli()}, &key)
			if err != nil {
				return err
			}
			kept, err = only(ctx, w, selectWaiver, key, scanWaiver, nil)
			return err
		})
	})
	if err != nil {
		return opsreview.Waiver{}, fmt.Errorf("keep waiver: %w", err)
	}
	return kept, nil
}

func checkWaiver(v *opsreview.Waiver) error {
	kinds := []opsreview.WaiverKind{opsreview.WaivePage, opsreview.WaiveMonitor, opsreview.WaiveBreach, opsreview.WaiveIncident}
	wrong := ""
	switch {
	case !slices.Contains(kinds, v.Kind):
		wrong = fmt.Sprintf("cannot be of a %q: choose page, monitor, breach or incident", v.Kind)
	case v.Subject == "":
		wrong = "needs what it covers"
	case strings.TrimSpace(v.Owner) == "":
		wrong = "needs an owner"
	case strings.TrimSpace(v.Reason) == "":
		wrong = "needs a reason"
	case v.Author == "" || v.At.IsZero():
		wrong = "needs an author and a time"
	case !v.Expires.After(v.At):
		wrong = "needs an end that is yet to come"
	case v.Expires.Sub(v.At) > maxWaived+24*time.Hour:
		wrong = fmt.Sprintf("may last %d days at most: it is for what will be looked at again", int(maxWaived.Hours()/24))
	case v.ID != "" || v.WithdrawnBy != "":
		wrong = "must be new"
	default:
		return checkTexts("the waiver", v.Team, v.Subject, v.Title, v.Owner, v.Reason, v.Author)
	}
	return opsreview.Errorf(opsreview.Invalid, "a waiver %s", wrong)
}

// WithdrawWaiver puts a waiver out of force and returns it; one that was
// withdrawn before stays as it is. It returns a NotFound error for an ID that
// none has.
func (db *DB) WithdrawWaiver(ctx context.Context, id, by string, at time.Time) (v opsreview.Waiver, err error) {
	missing := opsreview.Errorf(opsreview.NotFound, "there is no waiver %q", id)
	key, ok := rowKey(id, waiverPrefix)
	switch {
	case !ok:
		return v, missing
	case by == "" || at.IsZero():
		return v, opsreview.Errorf(opsreview.Invalid, "to withdraw waiver %q, say who does it and when", id)
	}
	err = db.update(ctx, func(w *writer) error {
		if _, err := w.exec(ctx, `UPDATE waivers SET withdrawn_by = ?, withdrawn_at = ? WHERE key = ? AND withdrawn_by = ''`, by, at.UnixMilli(), key); err != nil {
			return err
		}
		v, err = only(ctx, w, selectWaiver, key, scanWaiver, missing)
		return err
	})
	if err != nil {
		return opsreview.Waiver{}, fmt.Errorf("withdraw waiver: %w", err)
	}
	return v, nil
}
