package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"opsreview"
)

// pageFields are the columns of pages after key, source and id, in the order of
// pageArgs and scanPage.
const pageFields = `number, url, title, service_source, service, policy, monitor, urgency,
	priority, severity, runbook, attributes, merged_into, reported, created_at, ended_at, updated_at,
	status, triggered_at, acknowledged_at, resolved_at, resolver_kind, resolver, resolver_name`

const pageColumns = `key, source, id, ` + pageFields

// pageArgs returns the page's values of pageFields.
func pageArgs(p *opsreview.Page) []any {
	return []any{
		p.Number, p.URL, p.Title, p.Service.Source, p.Service.ID, p.Policy, p.Monitor, string(p.Urgency),
		p.Priority, p.Severity, p.Runbook, encodeMap(p.Attributes), p.MergedInto, p.Reported,
		orNull(p.CreatedAt), orNull(p.EndedAt), orNull(p.UpdatedAt),
		string(p.Status), p.TriggeredAt.UnixMilli(), orNull(p.AcknowledgedAt), orNull(p.ResolvedAt),
		string(p.ResolvedBy.Kind), p.ResolvedBy.ID, p.ResolvedBy.Name,
	}
}

// A keyedPage is a page and its row's key.
type keyedPage struct {
	key int64
	opsreview.Page
}

// scanPage reads the columns pageColumns and more after them.
func scanPage(rows *sql.Rows, more ...any) (*keyedPage, error) {
	var p keyedPage
	var attributes string
	dest := append([]any{
		&p.key, &p.Source, &p.ID, &p.Number, &p.URL, &p.Title, &p.Service.Source, &p.Service.ID, &p.Policy,
		&p.Monitor, &p.Urgency, &p.Priority, &p.Severity, &p.Runbook, &attributes, &p.MergedInto, &p.Reported,
		(*sqlTime)(&p.CreatedAt), (*sqlTime)(&p.EndedAt), (*sqlTime)(&p.UpdatedAt),
		&p.Status, (*sqlTime)(&p.TriggeredAt), (*sqlTime)(&p.AcknowledgedAt), (*sqlTime)(&p.ResolvedAt),
		&p.ResolvedBy.Kind, &p.ResolvedBy.ID, &p.ResolvedBy.Name,
	}, more...)
	if err := rows.Scan(dest...); err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	var err error
	if p.Attributes, err = decodeMap(attributes); err != nil {
		return nil, fmt.Errorf("read attributes of page %s: %w", p.Ref, err)
	}
	return &p, nil
}

// A querier runs queries: a transaction or a writer.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// each runs a query and calls scan for every row of it.
func each(ctx context.Context, q querier, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err below tells what went wrong.
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

const eventColumns = `page, id, at, kind, agent_kind, agent, agent_name, responders, channel, text, until_at`

// appendEvent appends the event's values of eventColumns to args.
func appendEvent(args []any, page int64, e *opsreview.Event) []any {
	return append(args, page, e.ID, e.At.UnixMilli(), string(e.Kind), string(e.By.Kind), e.By.ID, e.By.Name,
		sqlList(e.Responders).encode(), string(e.Channel), e.Text, orNull(e.Until))
}

// loadEvents adds the stored events to the pages, in no particular order.
func loadEvents(ctx context.Context, q querier, pages []*keyedPage) error {
	for len(pages) > 0 {
		n := min(len(pages), chunk)
		byKey, keys := make(map[int64]*keyedPage, n), make([]int64, 0, n)
		for _, p := range pages[:n] {
			byKey[p.key], keys = p, append(keys, p.key)
		}
		list, _ := json.Marshal(keys) // Numbers always can be encoded.
		const query = `SELECT ` + eventColumns + ` FROM events WHERE page IN (SELECT value FROM json_each(?))`
		err := each(ctx, q, query, []any{string(list)}, func(rows *sql.Rows) error {
			var e opsreview.Event
			var key int64
			err := rows.Scan(&key, &e.ID, (*sqlTime)(&e.At), &e.Kind, &e.By.Kind, &e.By.ID, &e.By.Name,
				(*sqlList)(&e.Responders), &e.Channel, &e.Text, (*sqlTime)(&e.Until))
			if p := byKey[key]; p != nil {
				p.Events = append(p.Events, e)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		pages = pages[n:]
	}
	return nil
}

// prefixed puts a table's name before each of a list of columns.
func prefixed(table, columns string) string {
	fields := strings.Split(columns, ",")
	for i, f := range fields {
		fields[i] = table + "." + strings.TrimSpace(f)
	}
	return strings.Join(fields, ", ")
}
