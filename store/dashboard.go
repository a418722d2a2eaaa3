package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"opsreview"
)

// maxDocument is how many bytes a dashboard, a definition or a runbook may have
// as JSON.
const maxDocument = 8 << 20

// The kinds of document, and the lists of them that a batch may have.
const (
	dashboardDocument  = "dashboard"
	definitionDocument = "definition"
	runbookDocument    = "runbook"
)

// A document is a dashboard, a definition or a runbook as it is stored.
type document struct {
	kind, id string
	at       time.Time // when it was checked; not a part of it
	body     []byte
}

// newDocuments makes a batch's documents ready. It returns an Invalid error for
// one that cannot be kept.
func newDocuments(source string, b opsreview.Batch) ([]document, error) {
	var all []document
	add := func(kind, id, of string, at time.Time, v any) error {
		if of != "" && of != source {
			return opsreview.Errorf(opsreview.Invalid, "%s %q is one of source %q, not of %q", kind, id, of, source)
		}
		if err := checkKey(kind, id); err != nil {
			return err
		}
		body, err := json.Marshal(v)
		if err != nil || len(body) > maxDocument {
			return opsreview.Errorf(opsreview.Invalid, "%s %q cannot be kept: it has %d bytes, and %d are the most", kind, id, len(body), maxDocument)
		}
		all = append(all, document{kind: kind, id: id, at: at, body: encoder().EncodeAll(body, nil)})
		return nil
	}
	for _, d := range b.Dashboards {
		of := d.Source
		d.Source, d.UpdatedAt = source, stored(d.UpdatedAt)
		if err := add(dashboardDocument, d.UID, of, time.Time{}, d); err != nil {
			return nil, err
		}
	}
	for _, d := range b.Definitions {
		of := d.Source
		d.Source = source
		if err := add(definitionDocument, d.ID, of, time.Time{}, d); err != nil {
			return nil, err
		}
	}
	for _, r := range b.Runbooks {
		at := r.CheckedAt
		r.CheckedAt = time.Time{}
		if err := add(runbookDocument, r.Address, "", at, r); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// saveDocuments saves dashboards, definitions and runbooks, and deletes what is
// in a source's list no more.
func saveDocuments(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	ids := map[string][]string{}
	for _, d := range f.documents {
		ids[d.kind] = append(ids[d.kind], d.id)
		changed, err := w.saveDocument(ctx, f.source, d)
		if err != nil {
			return fmt.Errorf("save %s: %w", d.kind, err)
		}
		if changed {
			saved.Dashboards++
		}
	}
	for _, kind := range []string{dashboardDocument, definitionDocument, runbookDocument} {
		if !slices.Contains(f.batch.Listed, kind+"s") {
			continue
		}
		n, err := w.exec(ctx, `UPDATE documents SET deleted = 1 WHERE kind = ? AND source = ? AND NOT deleted
			AND id NOT IN (SELECT value FROM json_each(?))`, kind, f.source, encodeStrings(append([]string{}, ids[kind]...)))
		if err != nil {
			return fmt.Errorf("delete %s: %w", kind, err)
		}
		saved.Dashboards += n
	}
	return nil
}

// saveDocument saves a document and reports whether it is new or changed. That
// it was checked again is kept, and changes nothing.
func (w *writer) saveDocument(ctx context.Context, source string, d document) (changed bool, err error) {
	var body []byte
	var deleted bool
	err = w.queryRow(ctx, `SELECT body, deleted FROM documents WHERE kind = ? AND source = ? AND id = ?`, []any{d.kind, source, d.id}, &body, &deleted)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	changed = err != nil || deleted || !bytes.Equal(body, d.body)
	_, err = w.exec(ctx, `INSERT INTO documents (kind, source, id, at, body) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (kind, source, id) DO UPDATE SET at = excluded.at, body = excluded.body, deleted = 0
		WHERE (documents.at, documents.body, documents.deleted) IS NOT (excluded.at, excluded.body, 0)`,
		d.kind, source, d.id, orNull(d.at), d.body)
	return changed, err
}

// documents calls read with the body of each document of a kind that is not
// deleted, by source and name.
func documents(ctx context.Context, db *DB, kind string, read func(at time.Time, body []byte) error) error {
	err := db.view(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, selectDocuments, []any{kind}, func(rows *sql.Rows) error {
			var at time.Time
			var packed []byte
			if err := rows.Scan((*sqlTime)(&at), &packed); err != nil {
				return err
			}
			body, err := decoder().DecodeAll(packed, nil)
			if err == nil {
				err = read(at, body)
			}
			return opsreview.Wrapf(err, opsreview.Internal, "a stored %s is damaged: run opsreview db check and restore a backup", kind)
		})
	})
	if err != nil {
		return fmt.Errorf("read %ss: %w", kind, err)
	}
	return nil
}

const selectDocuments = `SELECT at, body FROM documents WHERE kind = ? AND NOT deleted ORDER BY source, id`

// Dashboards returns the dashboards that their sources still have, by source
// and UID.
func (db *DB) Dashboards(ctx context.Context) (all []opsreview.Dashboard, err error) {
	err = documents(ctx, db, dashboardDocument, func(_ time.Time, body []byte) error {
		var d opsreview.Dashboard
		err := json.Unmarshal(body, &d)
		all = append(all, d)
		return err
	})
	return all, err
}

// Definitions returns the definitions of monitors that their sources still
// have, by source and ID.
func (db *DB) Definitions(ctx context.Context) (all []opsreview.MonitorDefinition, err error) {
	err = documents(ctx, db, definitionDocument, func(_ time.Time, body []byte) error {
		var d opsreview.MonitorDefinition
		err := json.Unmarshal(body, &d)
		all = append(all, d)
		return err
	})
	return all, err
}

// Runbooks returns the runbooks that are still named, by address. Of those that
// several sources name it returns what was checked last.
func (db *DB) Runbooks(ctx context.Context) (all []opsreview.Runbook, err error) {
	err = documents(ctx, db, runbookDocument, func(at time.Time, body []byte) error {
		var r opsreview.Runbook
		err := json.Unmarshal(body, &r)
		r.CheckedAt = at
		all = append(all, r)
		return err
	})
	slices.SortStableFunc(all, func(a, b opsreview.Runbook) int {
		if a.Address != b.Address {
			if a.Address < b.Address {
				return -1
			}
			return 1
		}
		return b.CheckedAt.Compare(a.CheckedAt)
	})
	return slices.CompactFunc(all, func(a, b opsreview.Runbook) bool { return a.Address == b.Address }), err
}
