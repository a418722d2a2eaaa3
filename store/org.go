package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"opsreview"
)

// listedTables are the tables of the kinds of which a batch can have a
// source's complete list.
var listedTables = map[string]string{
	"responders": "responders", "teams": "teams", "services": "services", "policies": "policies",
	"charts": "charts", "dashboards": "documents", "definitions": "documents", "runbooks": "documents",
}

// checkOrg returns an Invalid error for reference data that cannot be kept.
func checkOrg(source string, b opsreview.Batch) error {
	for _, kind := range b.Listed {
		if listedTables[kind] == "" {
			return opsreview.Errorf(opsreview.Invalid, "there are no lists of %q", kind)
		}
	}
	var refs []opsreview.Ref
	for i := range b.Responders {
		refs = append(refs, b.Responders[i].Ref)
	}
	for i := range b.Teams {
		refs = append(refs, b.Teams[i].Ref)
	}
	for i := range b.Services {
		refs = append(refs, b.Services[i].Ref)
	}
	for i := range b.Policies {
		refs = append(refs, b.Policies[i].Ref)
	}
	for i := range b.Priorities {
		refs = append(refs, b.Priorities[i].Ref)
	}
	for _, r := range refs {
		if err := checkRef(source, "reference", r); err != nil {
			return err
		}
	}
	return nil
}

// orgRows are rows of one table of reference data. A value that is empty is
// unknown and overwrites nothing.
type orgRows struct {
	table   string
	columns []string // after source and id; "deleted" last where the table has it
	ids     []string
	args    []any
}

func (r *orgRows) add(ref opsreview.Ref, values ...any) {
	r.ids = append(r.ids, ref.ID)
	r.args = append(append(r.args, ref.Source, ref.ID), values...)
}

// saveOrg saves responders, teams, services, policies and priorities.
func saveOrg(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	uncounted := 0
	for _, t := range []struct {
		rows  orgRows
		saved *int
	}{
		{responderRows(f.batch.Responders), &saved.Responders},
		{teamRows(f.batch.Teams), &saved.Teams},
		{serviceRows(f.batch.Services), &saved.Services},
		{policyRows(f.batch.Policies), &uncounted},
		{priorityRows(f.batch.Priorities), &uncounted},
	} {
		n, err := t.rows.save(ctx, w, f.source, slices.Contains(f.batch.Listed, t.rows.table))
		if err != nil {
			return fmt.Errorf("save %s: %w", t.rows.table, err)
		}
		*t.saved = n
	}
	return nil
}

// save saves the rows and returns how many changed. Being listed brings back
// what was deleted, and what is not listed is deleted.
func (r *orgRows) save(ctx context.Context, w *writer, source string, listed bool) (changed int, err error) {
	changed, err = w.insert(ctx, r.bulk(listed), r.args)
	if err != nil || !listed {
		return changed, err
	}
	// Somebody who was only named is in no list of accounts, and not gone for it.
	gone, err := w.exec(ctx, `UPDATE `+r.table+` SET deleted = 1 WHERE source = ? AND NOT deleted
		AND id NOT IN (SELECT value FROM json_each(?)) AND substr(id, 1, ?) <> ?`,
		source, encodeStrings(r.ids), len(opsreview.NamedOnly), opsreview.NamedOnly)
	return changed + gone, err
}

func (r *orgRows) bulk(listed bool) bulk {
	values := make([]string, len(r.columns))
	for i, c := range r.columns {
		switch {
		case c == "deleted" && listed:
			values[i] = "excluded.deleted"
		case c == "deleted":
			values[i] = "max(" + r.table + ".deleted, excluded.deleted)"
		case c == "levels" || c == "rank":
			values[i] = fmt.Sprintf("coalesce(nullif(excluded.%s, 0), %s.%s)", c, r.table, c)
		default:
			values[i] = fmt.Sprintf("coalesce(nullif(excluded.%s, ''), %s.%s)", c, r.table, c)
		}
	}
	columns, update := strings.Join(r.columns, ", "), strings.Join(values, ", ")
	return bulk{
		into:    r.table + " (source, id, " + columns + ")",
		columns: 2 + len(r.columns),
		suffix: `ON CONFLICT (source, id) DO UPDATE SET (` + columns + `) = (` + update + `)
			WHERE (` + prefixed(r.table, columns) + `) IS NOT (` + update + `)`,
	}
}

// joined returns one value for each reference, in the order in which they first
// appear.
func joined[T any](all []T, ref func(T) opsreview.Ref, join func(*T, T)) []T {
	var out []T
	at := map[opsreview.Ref]int{}
	for _, v := range all {
		i, ok := at[ref(v)]
		if !ok {
			at[ref(v)] = len(out)
			out = append(out, v)
			continue
		}
		join(&out[i], v)
	}
	return out
}

func mergeList[T any](dst *[]T, v []T) {
	if len(v) > 0 {
		*dst = v
	}
}

func responderRows(all []opsreview.Responder) orgRows {
	r := orgRows{table: "responders", columns: []string{"name", "email", "time_zone", "teams", "channels", "deleted"}}
	for _, v := range joined(all, func(v opsreview.Responder) opsreview.Ref { return v.Ref }, func(a *opsreview.Responder, b opsreview.Responder) {
		merge(&a.Name, b.Name, true)
		merge(&a.Email, b.Email, true)
		merge(&a.TimeZone, b.TimeZone, true)
		mergeList(&a.Teams, b.Teams)
		mergeList(&a.Channels, b.Channels)
		a.Deleted = a.Deleted || b.Deleted
	}) {
		channels := make(sqlList, len(v.Channels))
		for i, c := range v.Channels {
			channels[i] = string(c)
		}
		r.add(v.Ref, v.Name, v.Email, v.TimeZone, sqlList(v.Teams).encode(), channels.encode(), v.Deleted)
	}
	return r
}

func teamRows(all []opsreview.Team) orgRows {
	r := orgRows{table: "teams", columns: []string{"name", "deleted"}}
	for _, v := range joined(all, func(v opsreview.Team) opsreview.Ref { return v.Ref }, func(a *opsreview.Team, b opsreview.Team) {
		merge(&a.Name, b.Name, true)
		a.Deleted = a.Deleted || b.Deleted
	}) {
		r.add(v.Ref, v.Name, v.Deleted)
	}
	return r
}

func serviceRows(all []opsreview.Service) orgRows {
	r := orgRows{table: "services", columns: []string{"name", "teams", "policy", "deleted"}}
	for _, v := range joined(all, func(v opsreview.Service) opsreview.Ref { return v.Ref }, func(a *opsreview.Service, b opsreview.Service) {
		merge(&a.Name, b.Name, true)
		mergeList(&a.Teams, b.Teams)
		merge(&a.Policy, b.Policy, true)
		a.Deleted = a.Deleted || b.Deleted
	}) {
		r.add(v.Ref, v.Name, sqlList(v.Teams).encode(), v.Policy, v.Deleted)
	}
	return r
}

func policyRows(all []opsreview.EscalationPolicy) orgRows {
	r := orgRows{table: "policies", columns: []string{"name", "teams", "levels", "deleted"}}
	for _, v := range joined(all, func(v opsreview.EscalationPolicy) opsreview.Ref { return v.Ref }, func(a *opsreview.EscalationPolicy, b opsreview.EscalationPolicy) {
		merge(&a.Name, b.Name, true)
		mergeList(&a.Teams, b.Teams)
		merge(&a.Levels, b.Levels, true)
		a.Deleted = a.Deleted || b.Deleted
	}) {
		r.add(v.Ref, v.Name, sqlList(v.Teams).encode(), v.Levels, v.Deleted)
	}
	return r
}

func priorityRows(all []opsreview.Priority) orgRows {
	r := orgRows{table: "priorities", columns: []string{"name", "rank"}}
	for _, v := range joined(all, func(v opsreview.Priority) opsreview.Ref { return v.Ref }, func(a *opsreview.Priority, b opsreview.Priority) {
		merge(&a.Name, b.Name, true)
		merge(&a.Order, b.Order, true)
	}) {
		r.add(v.Ref, v.Name, v.Order)
	}
	return r
}

// Responders returns all responders by reference, those whom no source lists
// any more among them.
func (db *DB) Responders(ctx context.Context) ([]opsreview.Responder, error) {
	return list(ctx, db, `SELECT source, id, name, email, time_zone, teams, channels, deleted FROM responders ORDER BY source, id`,
		nil, func(rows *sql.Rows) (v opsreview.Responder, err error) {
			var channels sqlList
			err = rows.Scan(&v.Source, &v.ID, &v.Name, &v.Email, &v.TimeZone, (*sqlList)(&v.Teams), &channels, &v.Deleted)
			for _, c := range channels {
				v.Channels = append(v.Channels, opsreview.Channel(c))
			}
			return v, err
		})
}

// Teams returns all teams by reference, deleted ones among them.
func (db *DB) Teams(ctx context.Context) ([]opsreview.Team, error) {
	return list(ctx, db, `SELECT source, id, name, deleted FROM teams ORDER BY source, id`,
		nil, func(rows *sql.Rows) (v opsreview.Team, err error) {
			err = rows.Scan(&v.Source, &v.ID, &v.Name, &v.Deleted)
			return v, err
		})
}

// Services returns all services by reference, deleted ones among them.
func (db *DB) Services(ctx context.Context) ([]opsreview.Service, error) {
	return list(ctx, db, `SELECT source, id, name, teams, policy, deleted FROM services ORDER BY source, id`,
		nil, func(rows *sql.Rows) (v opsreview.Service, err error) {
			err = rows.Scan(&v.Source, &v.ID, &v.Name, (*sqlList)(&v.Teams), &v.Policy, &v.Deleted)
			return v, err
		})
}

// Policies returns all escalation policies by reference, deleted ones among
// them.
func (db *DB) Policies(ctx context.Context) ([]opsreview.EscalationPolicy, error) {
	return list(ctx, db, `SELECT source, id, name, teams, levels, deleted FROM policies ORDER BY source, id`,
		nil, func(rows *sql.Rows) (v opsreview.EscalationPolicy, err error) {
			err = rows.Scan(&v.Source, &v.ID, &v.Name, (*sqlList)(&v.Teams), &v.Levels, &v.Deleted)
			return v, err
		})
}

// Priorities returns all priorities by source, lowest first.
func (db *DB) Priorities(ctx context.Context) ([]opsreview.Priority, error) {
	return list(ctx, db, `SELECT source, id, name, rank FROM priorities ORDER BY source, rank, id`,
		nil, func(rows *sql.Rows) (v opsreview.Priority, err error) {
			err = rows.Scan(&v.Source, &v.ID, &v.Name, &v.Order)
			return v, err
		})
}
