package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"opsreview"
)

// A PageFilter selects pages. A zero field selects everything.
type PageFilter struct {
	Refs     []opsreview.Ref  // these pages; nil for all, empty for none
	Except   []opsreview.Ref  // not these pages
	Services []opsreview.Ref  // pages of these services; nil for all, empty for none
	Others   []opsreview.Ref  // pages of other services than these
	Window   opsreview.Window // triggered in it; either end may be zero
	Touched  opsreview.Window // triggered in it, or notified somebody in it

	OpenAfter time.Time // had not ended at that time; zero for all. Bound Window too: of a service's whole history it is slow

	Responder []opsreview.Ref // notified one of these; nil for all, empty for none
	Monitor   string          // the monitor's ID
	Status    opsreview.Status
	Urgency   opsreview.Urgency
	Labelled  LabelState
	Search    string // part of the title, in any case

	// Pages come in the order of their keys. After continues behind a page.
	After         PageKey
	Limit         int  // 0 is no limit
	Descending    bool // latest first
	WithoutEvents bool // leave out the timelines, which are most of the work
	Brief         bool // read no more than what a history is made of: see briefScanner
}

// A LabelState says whether a page has a label in force.
type LabelState int

// The label states. AnyLabel selects everything.
const (
	AnyLabel LabelState = iota
	Labelled
	Unlabelled
)

// A PageKey is a page's place in the order of pages: by trigger, then by
// reference. The zero PageKey is before all pages in either direction.
type PageKey struct {
	At  time.Time
	Ref opsreview.Ref
}

// KeyOf returns the page's place in the order of pages.
func KeyOf(p opsreview.Page) PageKey { return PageKey{At: p.TriggeredAt, Ref: p.Ref} }

// maxSearch is how many characters a search may have: SQLite refuses patterns
// beyond 50,000 bytes.
const maxSearch = 1000

const labelFields = `coalesce(l.verdict, ''), coalesce(l.cause, ''), coalesce(l.flags, ''), coalesce(l.actioned, ''),
	coalesce(l.note, ''), coalesce(l.minutes, 0), coalesce(l.author, ''), l.at, coalesce(l.withdrawn, 0)`

// inForce joins the label in force, or the one that withdrew it, to pages p.
const inForce = `LEFT JOIN labels l ON l.key = p.label`

// Pages returns the pages that f selects with their timelines and the labels in
// force, in the order of their keys.
func (db *DB) Pages(ctx context.Context, f PageFilter) ([]opsreview.Page, error) {
	rest, args, err := f.query()
	if err != nil {
		return nil, err
	}
	var pages []opsreview.Page
	err = db.view(ctx, func(tx *sql.Tx) error {
		if f.Brief {
			pages, err = collect(ctx, tx, selectBriefs+rest, args, briefScanner())
			return err
		}
		pages, err = loadPages(ctx, tx, rest, args, !f.WithoutEvents)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	if f.Limit == 0 {
		pages = f.inOrder(pages)
	}
	return pages, nil
}

// query returns the rest of a query for pages p after WHERE.
func (f PageFilter) query() (rest string, args []any, err error) {
	where, args, err := f.conditions()
	rest = strings.Join(where, " AND ")
	if f.Limit == 0 {
		return rest, args, err // It is cheaper to sort pages than rows: see inOrder.
	}
	order := ` ORDER BY p.triggered_at, p.source, p.id LIMIT ?`
	if f.Descending {
		order = ` ORDER BY p.triggered_at DESC, p.source DESC, p.id DESC LIMIT ?`
	}
	return rest + order, append(args, f.Limit), err
}

// inOrder returns the pages in the order of their keys.
func (f PageFilter) inOrder(pages []opsreview.Page) []opsreview.Page {
	order := make([]int, len(pages)) // Pages are large, and numbers are not.
	for i := range order {
		order[i] = i
	}
	compare := func(i, j int) int {
		a, b := &pages[i], &pages[j]
		return cmp.Or(a.TriggeredAt.Compare(b.TriggeredAt), a.Ref.Compare(b.Ref))
	}
	if f.Descending {
		up := compare
		compare = func(i, j int) int { return up(j, i) }
	}
	if slices.IsSortedFunc(order, compare) {
		return pages
	}
	slices.SortFunc(order, compare)
	sorted := make([]opsreview.Page, len(pages))
	for to, from := range order {
		sorted[to] = pages[from]
	}
	return sorted
}

// selectPages begins a query for pages p with the labels l in force.
var selectPages = `SELECT ` + prefixed("p", pageColumns) + `, ` + labelFields + ` FROM pages p ` + inForce + ` WHERE `

// selectBriefs begins a query for what a brief page has, in the order of
// briefScanner.
const selectBriefs = `SELECT p.source, p.id, p.service_source, p.service, p.monitor, p.triggered_at,
	p.resolved_at, p.resolver_kind, ` + labelFields +
	` FROM pages p ` + inForce + ` WHERE `

// briefScanner returns what reads a brief page: Ref, Service, Monitor,
// TriggeredAt, ResolvedAt, the kind of ResolvedBy, and Label. It has one place
// for all of them to be read into, which spares most of what they cost in Go.
func briefScanner() func(*sql.Rows) (opsreview.Page, error) {
	var p opsreview.Page
	var l opsreview.Label
	dest := append([]any{
		&p.Source, &p.ID, &p.Service.Source, &p.Service.ID, &p.Monitor, (*sqlTime)(&p.TriggeredAt),
		(*sqlTime)(&p.ResolvedAt), &p.ResolvedBy.Kind,
	}, labelDest(&l)...)
	return func(rows *sql.Rows) (opsreview.Page, error) {
		p, l = opsreview.Page{}, opsreview.Label{}
		err := rows.Scan(dest...)
		setLabel(&p, l)
		return p, err
	}
}

// setLabel gives the page the label given last, if that is in force.
func setLabel(p *opsreview.Page, l opsreview.Label) {
	if !l.IsZero() {
		p.Label, p.Label.Page = l, p.Ref
	}
}

// loadPages returns the pages p for which the rest of a query after WHERE
// holds.
func loadPages(ctx context.Context, q querier, rest string, args []any, events bool) ([]opsreview.Page, error) {
	var found []*keyedPage
	err := each(ctx, q, selectPages+rest, args, func(rows *sql.Rows) error {
		var l opsreview.Label
		p, err := scanPage(rows, labelDest(&l)...)
		if err != nil {
			return err
		}
		setLabel(&p.Page, l)
		found = append(found, p)
		return nil
	})
	if err == nil && events {
		err = loadEvents(ctx, q, found)
	}
	if err != nil {
		return nil, err
	}
	pages := make([]opsreview.Page, len(found))
	for i, p := range found {
		pages[i] = p.Page
		if events {
			pages[i].Settle() // It puts the events in order; what it derives is what is stored.
		}
	}
	return pages, nil
}

// conditions returns what a page p must fulfil to be selected.
func (f PageFilter) conditions() (where []string, args []any, err error) {
	where = []string{"TRUE"}
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if f.Refs != nil {
		add("(p.source, p.id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))", encodeRefs(f.Refs))
	}
	if len(f.Except) > 0 {
		// By keys: to compare pairs with NOT IN, SQLite reads the whole list for each page.
		add(`p.key NOT IN (SELECT q.key FROM json_each(?) j
			CROSS JOIN pages q ON q.source = j.value ->> 0 AND q.id = j.value ->> 1)`, encodeRefs(f.Except))
	}
	if f.Services != nil {
		add(f.ofServices(), encodeRefs(f.Services))
	}
	if f.Others != nil {
		add("(p.service_source, p.service) NOT IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))", encodeRefs(f.Others))
	}
	if t := f.Window.Start; !t.IsZero() {
		add("p.triggered_at >= ?", sqlTime(t))
	}
	if t := f.Window.End; !t.IsZero() {
		add("p.triggered_at < ?", sqlTime(t))
	}
	if !f.Touched.IsZero() {
		start, end := bounds(f.Touched)
		add(`p.key IN (SELECT key FROM pages WHERE triggered_at >= ? AND triggered_at < ?
			UNION SELECT page FROM events WHERE kind = 'notified' AND at >= ? AND at < ?)`, start, end, start, end)
	}
	if t := f.OpenAfter; !t.IsZero() {
		add("(p.resolved_at IS NULL OR p.resolved_at > ? OR p.triggered_at >= ?)", sqlTime(t), sqlTime(t))
	}
	if f.Responder != nil {
		add(f.notified(), encodeRefs(f.Responder))
	}
	if f.Monitor != "" {
		add("p.monitor = ?", f.Monitor)
	}
	if f.Status != "" {
		add("p.status = ?", string(f.Status))
	}
	if f.Urgency != "" {
		add("p.urgency = ?", string(f.Urgency))
	}
	switch f.Labelled {
	case Labelled:
		add("p.labelled_at IS NOT NULL")
	case Unlabelled:
		add("p.labelled_at IS NULL")
	}
	if err := f.search(add); err != nil {
		return nil, nil, err
	}
	if f.After != (PageKey{}) {
		op := ">"
		if f.Descending {
			op = "<"
		}
		add("(p.triggered_at, p.source, p.id) "+op+" (?, ?, ?)", f.After.At.UnixMilli(), f.After.Ref.Source, f.After.Ref.ID)
	}
	return where, args, nil
}

// ofServices returns the condition that a page is of one of the services. Their
// index serves a window; where anything else selects fewer pages, the pluses
// keep SQLite from reading all that the services ever sent.
func (f PageFilter) ofServices() string {
	const among = " IN (SELECT value ->> 1, value ->> 0 FROM json_each(?))"
	if f.Window.Start.IsZero() || f.Limit > 0 || f.Monitor != "" || f.Refs != nil || !f.Touched.IsZero() {
		return "(+p.service, +p.service_source)" + among
	}
	return "(p.service, p.service_source)" + among
}

// bounds returns the ends of w with the end of time for an end that is zero.
func bounds(w opsreview.Window) (start, end int64) {
	end = 1<<63 - 1
	if !w.End.IsZero() {
		end = w.End.UnixMilli()
	}
	return w.Start.UnixMilli(), end
}

// notified returns the condition that a page notified one of the responders.
// Within a window those whom each page of the window notified are looked up, so
// that the cost is the window's; without one it is that of the responders' own
// history.
func (f PageFilter) notified() string {
	const who = "SELECT value ->> 0 AS source, value ->> 1 AS id FROM json_each(?)"
	if f.Window.IsZero() && f.Touched.IsZero() && f.Refs == nil {
		return `p.key IN (SELECT n.page FROM (` + who + `) r CROSS JOIN notified n ON n.responder = r.id
			CROSS JOIN pages q ON q.key = n.page WHERE q.source = r.source)`
	}
	// The pluses keep SQLite from beginning with the responders, or the source.
	return `EXISTS (SELECT 1 FROM notified n WHERE n.page = p.key AND (+p.source, +n.responder) IN (` + who + `))`
}

// search adds the condition that the title contains what is searched for. LIKE
// folds the case of ASCII letters only, so the words are tried in lower and in
// upper case too.
func (f PageFilter) search(add func(string, ...any)) error {
	if f.Search == "" {
		return nil
	}
	if utf8.RuneCountInString(f.Search) > maxSearch {
		return opsreview.Errorf(opsreview.Invalid, "a search may have %d characters at most", maxSearch)
	}
	like := func(s string) string {
		return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
	}
	add(`(p.title LIKE ? ESCAPE '\' OR p.title LIKE ? ESCAPE '\' OR p.title LIKE ? ESCAPE '\')`,
		like(f.Search), like(strings.ToLower(f.Search)), like(strings.ToUpper(f.Search)))
	return nil
}

// encodeRefs returns refs as a JSON array of pairs.
func encodeRefs(refs []opsreview.Ref) string {
	pairs := make([][2]string, len(refs))
	for i, r := range refs {
		pairs[i] = [2]string{r.Source, r.ID}
	}
	b, _ := json.Marshal(pairs) // Strings always can be encoded.
	return string(b)
}

func encodeStrings(words []string) string {
	if words == nil {
		return "[]" // null would be a list of one NULL.
	}
	b, _ := json.Marshal(words) // Strings always can be encoded.
	return string(b)
}

// candidates is how many of the things that an ambiguous name fits are listed.
const candidates = 5

// FindPage returns the page that a person names by its reference ("pd/Q3X"), by
// its ID or by its number ("#4411", "4411"). It returns a NotFound error if
// there is none and an Invalid error, which lists them, if several have that ID
// or number.
func (db *DB) FindPage(ctx context.Context, name string) (opsreview.Page, error) {
	var found []opsreview.Page
	err := db.view(ctx, func(tx *sql.Tx) error {
		var err error
		if ref, perr := opsreview.ParseRef(name); perr == nil {
			found, err = loadPages(ctx, tx, "p.source = ? AND p.id = ?", []any{ref.Source, ref.ID}, true)
		}
		if err != nil || len(found) > 0 {
			return err
		}
		number := strings.TrimPrefix(name, "#")
		found, err = loadPages(ctx, tx, `p.key IN (
			SELECT p.key FROM sources s CROSS JOIN pages p ON p.source = s.name AND p.id = ?
			UNION SELECT key FROM pages WHERE number = ? AND number <> '')
			ORDER BY p.triggered_at, p.source, p.id LIMIT ?`, []any{name, number, candidates + 1}, true)
		return err
	})
	switch {
	case err != nil:
		return opsreview.Page{}, fmt.Errorf("find page: %w", err)
	case len(found) == 0:
		return opsreview.Page{}, opsreview.Errorf(opsreview.NotFound, "there is no page %q", name)
	case len(found) > 1:
		refs := make([]string, len(found))
		for i, p := range found {
			refs[i] = p.Ref.String()
		}
		return opsreview.Page{}, opsreview.Errorf(opsreview.Invalid, "%q fits several pages: %s", name, shortList(refs))
	}
	return found[0], nil
}

// shortList lists names, and says so where there are more than candidates.
func shortList(names []string) string {
	if len(names) > candidates {
		return strings.Join(names[:candidates], ", ") + " and more"
	}
	return strings.Join(names, ", ")
}

// DataSince returns when the earliest page was triggered, the zero time if
// there is none.
func (db *DB) DataSince(ctx context.Context) (time.Time, error) {
	var since sqlTime
	err := db.view(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT min(triggered_at) FROM pages WHERE triggered_at > ?`, zero).Scan(&since)
	})
	return time.Time(since), err
}

// DataUntil returns when the latest page was triggered, the zero time if there
// is none.
func (db *DB) DataUntil(ctx context.Context) (time.Time, error) {
	var until sqlTime
	err := db.view(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT max(triggered_at) FROM pages WHERE triggered_at > ?`, zero).Scan(&until)
	})
	return time.Time(until), err
}

// list returns what scan makes of the rows of a query.
func list[T any](ctx context.Context, db *DB, query string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	var found []T
	err := db.view(ctx, func(tx *sql.Tx) error {
		var err error
		found, err = collect(ctx, tx, query, args, scan)
		return err
	})
	return found, err
}

func collect[T any](ctx context.Context, q querier, query string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	var found []T
	err := each(ctx, q, query, args, func(rows *sql.Rows) error {
		v, err := scan(rows)
		found = append(found, v)
		return err
	})
	return found, err
}
