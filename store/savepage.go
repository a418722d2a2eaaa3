package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"opsreview"
)

// A pageFacts is all that a batch says of one page: the parts one by one, and
// joined to a page as if nothing else were known.
type pageFacts struct {
	opsreview.Page
	parts []*opsreview.Page
}

// joinPages returns one pageFacts for each reference, in the order in which
// they first appear.
func joinPages(pages []opsreview.Page) []*pageFacts {
	joined := make([]*pageFacts, 0, len(pages))
	byRef := make(map[opsreview.Ref]*pageFacts, len(pages))
	for i := range pages {
		in := &pages[i]
		p := byRef[in.Ref]
		if p == nil {
			p = &pageFacts{Page: opsreview.Page{Ref: in.Ref}}
			byRef[in.Ref] = p
			joined = append(joined, p)
		}
		mergeFields(&p.Page, in)
		p.Events = append(p.Events, newEvents(p.Events, in.Events)...)
		p.parts = append(p.parts, in)
	}
	return joined
}

// newEvents returns those of events that old does not have, each once.
func newEvents(old, events []opsreview.Event) []opsreview.Event {
	known := make(map[string]bool, len(old)+len(events))
	for i := range old {
		known[old[i].ID] = true
	}
	var added []opsreview.Event
	for _, e := range events {
		if known[e.ID] {
			continue
		}
		known[e.ID] = true
		if added == nil {
			added = make([]opsreview.Event, 0, len(events))
		}
		e.At, e.Until = stored(e.At), stored(e.Until)
		e.Responders = validWords(e.Responders)
		added = append(added, e)
	}
	return added
}

// validWords returns words without bytes that are not UTF-8, which no JSON can
// hold, so that a responder has one name in all tables.
func validWords(words []string) []string {
	if !slices.ContainsFunc(words, func(s string) bool { return !utf8.ValidString(s) }) {
		return words
	}
	valid := make([]string, len(words))
	for i, s := range words {
		valid[i] = strings.ToValidUTF8(s, "\uFFFD")
	}
	return valid
}

// mergeFields brings what in says of the page into p: the newest version wins,
// older ones and mentions fill what is empty.
func mergeFields(p, in *opsreview.Page) {
	updated := stored(in.UpdatedAt)
	newer := !updated.IsZero() && !updated.Before(p.UpdatedAt)
	if newer {
		p.UpdatedAt = updated
	}
	merge(&p.Number, in.Number, newer)
	merge(&p.URL, in.URL, newer)
	merge(&p.Title, in.Title, newer)
	merge(&p.Service, in.Service, newer)
	merge(&p.Policy, in.Policy, newer)
	merge(&p.Urgency, in.Urgency, newer)
	merge(&p.Priority, in.Priority, newer)
	merge(&p.Severity, in.Severity, newer)
	merge(&p.Runbook, in.Runbook, newer)
	merge(&p.MergedInto, in.MergedInto, newer)
	merge(&p.Reported, in.Reported, newer)
	merge(&p.CreatedAt, stored(in.CreatedAt), newer)
	merge(&p.EndedAt, stored(in.EndedAt), newer)
	p.Attributes = mergeAttributes(p.Attributes, in.Attributes, newer)
}

// merge sets dst to v unless v is zero, or dst is set and v is not newer.
func merge[T comparable](dst *T, v T, newer bool) {
	var zero T
	if v != zero && (newer || *dst == zero) {
		*dst = v
	}
}

// mergeAttributes returns the union of two maps and changes neither.
func mergeAttributes(old, in map[string]string, newer bool) map[string]string {
	if len(in) == 0 {
		return old
	}
	union := make(map[string]string, len(old)+len(in))
	maps.Copy(union, old)
	for k, v := range in {
		if was, ok := union[k]; !ok || was == "" || (newer && v != "") {
			union[k] = v
		}
	}
	return union
}

// savePages saves pages, events and what is derived from them.
func (db *DB) savePages(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	if len(f.pages) == 0 {
		return nil
	}
	known, err := knownPages(ctx, w, f.source, f.pages)
	if err != nil {
		return err
	}
	var fresh []*pageFacts
	var old []*keyedPage
	more := make(map[int64]*pageFacts, len(known))
	for _, p := range f.pages {
		if k := known[p.ID]; k != nil {
			old, more[k.key] = append(old, k), p
		} else {
			fresh = append(fresh, p)
		}
	}
	if err := loadEvents(ctx, w, old); err != nil {
		return err
	}
	rows := &pageRows{monitors: map[string]opsreview.Monitor{}, moved: map[string]bool{}}
	for _, k := range old {
		if err := db.updatePage(ctx, w, rows, k, more[k.key]); err != nil {
			return err
		}
	}
	if err := db.insertPages(ctx, w, rows, fresh); err != nil {
		return err
	}
	saved.Pages, saved.Updated = len(fresh), rows.updated
	return db.saveRows(ctx, w, rows, saved)
}

// knownPages returns those of the pages that are stored, by ID.
func knownPages(ctx context.Context, w *writer, source string, pages []*pageFacts) (map[string]*keyedPage, error) {
	known := map[string]*keyedPage{}
	for len(pages) > 0 {
		n := min(len(pages), chunk)
		args := make([]any, 0, n+1)
		args = append(args, source)
		for _, p := range pages[:n] {
			args = append(args, p.ID)
		}
		query := `SELECT ` + pageColumns + ` FROM pages WHERE source = ? AND id IN (` + marks(n) + `)`
		err := each(ctx, w, query, args, func(rows *sql.Rows) error {
			p, err := scanPage(rows)
			if err == nil {
				known[p.ID] = p
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look for known pages: %w", err)
		}
		pages = pages[n:]
	}
	return known, nil
}

// pageRows are rows that wait to be inserted together, and the monitors that
// changed with them.
type pageRows struct {
	pages, events, notified []any
	updated                 int
	last                    int64                        // the key of the last page before the new ones
	monitors                map[string]opsreview.Monitor // of new pages
	moved                   map[string]bool              // IDs of monitors that lost a page or whose times may have shrunk
}

// settle derives what follows from the page's fields and events, and returns
// its monitor.
func (db *DB) settle(p *opsreview.Page) opsreview.Monitor {
	p.Settle()
	return db.monitorOf(p)
}

func (r *pageRows) addEvents(key int64, events []opsreview.Event) {
	var told []string
	for i := range events {
		e := &events[i]
		r.events = appendEvent(r.events, key, e)
		if e.Kind != opsreview.Notified {
			continue
		}
		for _, id := range e.Responders {
			if !slices.Contains(told, id) {
				told = append(told, id)
				r.notified = append(r.notified, id, key)
			}
		}
	}
}

// updatePage joins in to the stored page k.
func (db *DB) updatePage(ctx context.Context, w *writer, r *pageRows, k *keyedPage, in *pageFacts) error {
	was, monitor := pageArgs(&k.Page), k.Monitor
	added := newEvents(k.Events, in.Events)
	for _, part := range in.parts {
		mergeFields(&k.Page, part)
	}
	k.Events = append(k.Events, added...)
	m := db.settle(&k.Page)
	r.addEvents(k.key, added)
	args := pageArgs(&k.Page)
	if slices.Equal(was, args) {
		if len(added) > 0 {
			r.updated++
		}
		return nil
	}
	r.updated++
	for _, id := range []string{monitor, m.ID} {
		if id != "" {
			r.moved[id] = true
		}
	}
	query := `UPDATE pages SET (` + pageFields + `) = (` + marks(len(args)) + `) WHERE key = ?`
	if _, err := w.exec(ctx, query, append(args, k.key)...); err != nil {
		return fmt.Errorf("update page: %w", err)
	}
	return nil
}

// insertPages gives new pages their keys and adds their rows to r.
func (db *DB) insertPages(ctx context.Context, w *writer, r *pageRows, pages []*pageFacts) error {
	if len(pages) == 0 {
		return nil
	}
	if err := w.queryRow(ctx, `SELECT coalesce(max(key), 0) FROM pages`, nil, &r.last); err != nil {
		return fmt.Errorf("find a key: %w", err)
	}
	key := r.last
	for _, p := range pages {
		key++
		r.addEvents(key, p.Events) // all of them: what Settle drops must be known when it comes again
		m := db.settle(&p.Page)
		if m.ID != "" {
			r.monitors[m.ID] = joinMonitors(r.monitors[m.ID], m)
		}
		r.pages = append(append(r.pages, key, p.Source, p.ID), pageArgs(&p.Page)...)
	}
	return nil
}

var (
	pageBulk     = bulk{into: "pages (" + pageColumns + ")", columns: 27}
	eventBulk    = bulk{into: "events (" + eventColumns + ")", columns: 11, suffix: "ON CONFLICT DO NOTHING"}
	notifiedBulk = bulk{into: "notified (responder, page)", columns: 2, suffix: "ON CONFLICT DO NOTHING"}
)

// saveRows inserts the rows that wait.
func (db *DB) saveRows(ctx context.Context, w *writer, r *pageRows, saved *opsreview.Saved) error {
	if _, err := w.insert(ctx, pageBulk, r.pages); err != nil {
		return fmt.Errorf("insert pages: %w", err)
	}
	if len(r.pages) > 0 {
		if err := w.showEarlyLabels(ctx, r.last); err != nil {
			return err
		}
	}
	var err error
	if saved.Events, err = w.insert(ctx, eventBulk, r.events); err != nil {
		return fmt.Errorf("insert events: %w", err)
	}
	if _, err := w.insert(ctx, notifiedBulk, r.notified); err != nil {
		return fmt.Errorf("insert notified: %w", err)
	}
	if err := w.addMonitors(ctx, r.monitors); err != nil {
		return err
	}
	return db.refreshMonitors(ctx, w, r.moved)
}
