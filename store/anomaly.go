package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"opsreview"
)

// decisionPrefix begins the ID of a decision about an anomaly.
const decisionPrefix = "d-"

// maxAnomalyText is how many bytes the text of a decided anomaly may have.
const maxAnomalyText = 8 << 10

// DecideAnomaly keeps a decision and returns it with its ID. The request may be
// repeated, see [Request]; one without an ID has an effect each time. It returns
// an Invalid error for a decision without chart, window, verdict, author or
// time, and for a dismissal without a reason.
func (db *DB) DecideAnomaly(ctx context.Context, req Request, d opsreview.AnomalyDecision) (opsreview.AnomalyDecision, error) {
	if err := checkDecision(d); err != nil {
		return d, err
	}
	r := &req
	if req.ID == "" {
		r = nil
	}
	var saved opsreview.AnomalyDecision
	err := db.update(ctx, func(w *writer) error {
		return once(ctx, w, r, &saved, func() (err error) {
			saved, err = w.addDecision(ctx, d)
			return err
		})
	})
	if err != nil {
		return opsreview.AnomalyDecision{}, fmt.Errorf("save decision: %w", err)
	}
	return saved, nil
}

func checkDecision(d opsreview.AnomalyDecision) error {
	if err := checkKey("chart", d.Chart); err != nil {
		return err
	}
	if err := d.Window.Validate(); err != nil {
		return err
	}
	wrong := ""
	switch {
	case d.Verdict != opsreview.AnomalyDismissed && d.Verdict != opsreview.AnomalyAccepted && d.Verdict != opsreview.AnomalyReopened:
		wrong = fmt.Sprintf("has the unknown verdict %q", string(d.Verdict))
	case d.Verdict == opsreview.AnomalyDismissed && strings.TrimSpace(d.Reason) == "":
		wrong = "needs a reason"
	case utf8.RuneCountInString(d.Reason) > maxReason || !utf8.ValidString(d.Reason):
		wrong = fmt.Sprintf("may have a reason of %d characters at most, in UTF-8", maxReason)
	case len(d.Anomaly) > maxChartKey || len(d.Text) > maxAnomalyText || !utf8.ValidString(d.Anomaly+d.Text):
		wrong = "has too much text, or some that is not UTF-8"
	case d.Author == "":
		wrong = "needs an author"
	case d.At.IsZero():
		wrong = "needs the time when it is made"
	case !d.Until.IsZero() && d.Verdict != opsreview.AnomalyDismissed:
		wrong = "cannot last until a time: only a dismissal can"
	case !d.Until.IsZero() && !d.Until.After(d.Window.Start):
		wrong = "must last until after the anomaly begins"
	case d.ID != "":
		wrong = "must be new"
	default:
		return nil
	}
	return opsreview.Errorf(opsreview.Invalid, "the decision about an anomaly of chart %q %s", d.Chart, wrong)
}

func (w *writer) addDecision(ctx context.Context, d opsreview.AnomalyDecision) (opsreview.AnomalyDecision, error) {
	var key int64
	err := w.queryRow(ctx, `INSERT INTO anomaly_decisions (chart, start_at, end_at, anomaly, text, verdict, reason, author, at, until_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`, []any{
		d.Chart, d.Window.Start.UnixMilli(), d.Window.End.UnixMilli(), d.Anomaly, d.Text, string(d.Verdict), d.Reason, d.Author,
		d.At.UnixMilli(), orNull(d.Until),
	}, &key)
	d.ID = decisionPrefix + strconv.FormatInt(key, 10)
	d.Window = opsreview.Window{Start: stored(d.Window.Start), End: stored(d.Window.End)}
	d.At, d.Until = stored(d.At), stored(d.Until)
	return d, err
}

// AnomalyDecisionFilter selects decisions about anomalies. A zero field selects
// everything.
type AnomalyDecisionFilter struct {
	Charts []string // about these; nil for all, empty for none
	Before string   // the ID of a decision: those that come after it in the list
	Limit  int
}

// AnomalyDecisions returns the decisions about anomalies of some charts, newest
// first; nil asks for all.
func (db *DB) AnomalyDecisions(ctx context.Context, charts []string) ([]opsreview.AnomalyDecision, error) {
	return db.ListAnomalyDecisions(ctx, AnomalyDecisionFilter{Charts: charts})
}

// ListAnomalyDecisions returns the decisions that f selects, newest first. It
// returns an Invalid error for a Before that is no decision's ID.
func (db *DB) ListAnomalyDecisions(ctx context.Context, f AnomalyDecisionFilter) ([]opsreview.AnomalyDecision, error) {
	query, args, err := f.query()
	if err != nil {
		return nil, err
	}
	found, err := list(ctx, db, query, args, scanDecision)
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	return found, nil
}

func (f AnomalyDecisionFilter) query() (query string, args []any, err error) {
	where := []string{"TRUE"}
	if f.Charts != nil {
		where, args = append(where, "chart IN (SELECT value FROM json_each(?))"), append(args, encodeStrings(f.Charts))
	}
	if f.Before != "" {
		key, err := strconv.ParseInt(strings.TrimPrefix(f.Before, decisionPrefix), 10, 64)
		if err != nil || f.Before != decisionPrefix+strconv.FormatInt(key, 10) {
			return "", nil, opsreview.Errorf(opsreview.Invalid, "%.40q is not the id of a decision", f.Before)
		}
		where = append(where, "(at, key) < (SELECT at, key FROM anomaly_decisions WHERE key = ?)")
		args = append(args, key)
	}
	if f.Limit <= 0 {
		f.Limit = -1
	}
	return `SELECT key, chart, start_at, end_at, anomaly, text, verdict, reason, author, at, until_at
		FROM anomaly_decisions WHERE ` + strings.Join(where, " AND ") + ` ORDER BY at DESC, key DESC LIMIT ?`, append(args, f.Limit), nil
}

func scanDecision(rows *sql.Rows) (d opsreview.AnomalyDecision, err error) {
	var key int64
	err = rows.Scan(&key, &d.Chart, (*sqlTime)(&d.Window.Start), (*sqlTime)(&d.Window.End), &d.Anomaly, &d.Text, &d.Verdict,
		&d.Reason, &d.Author, (*sqlTime)(&d.At), (*sqlTime)(&d.Until))
	d.ID = decisionPrefix + strconv.FormatInt(key, 10)
	return d, err
}
