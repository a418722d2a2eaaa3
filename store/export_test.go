package store

import (
	"context"
	"time"
)

// Inside the tests, the benchmarks build bare databases that differ from the
// store's in nothing but the code.
var (
	DSN   = dsn
	Marks = marks
)

// The migration tests stop at earlier versions.
const SchemaVersion = schemaVersion

var MigrateTo = migrateTo

// PagesQuery returns the query by which Pages finds pages.
func PagesQuery(f PageFilter) (string, []any, error) {
	rest, args, err := f.query()
	if f.Brief {
		return selectBriefs + rest, args, err
	}
	return selectPages + rest, args, err
}

// Queries that no filter makes.
const (
	SelectMonitorLabels = selectMonitorLabels
	SelectCarried       = selectCarried
	SelectHours         = selectHours
	SelectWithin        = selectWithin
	SelectCrossing      = selectCrossing
	SelectTouched       = selectTouched
	SelectPassedOver    = selectPassedOver
	CountMonitorPages   = countMonitorPages
)

// Queries about series, and how their values are stored.
const (
	SelectChunks    = selectChunks
	SelectScans     = selectScans
	SelectThinned   = selectThinned
	SelectDropped   = selectDropped
	SelectDocuments = selectDocuments
)

var (
	PackValues   = packValues
	UnpackValues = unpackValues
)

// Pack returns what unpackValues takes for plain.
func Pack(plain []byte) []byte { return encoder().EncodeAll(plain, []byte{packFormat}) }

// ChartsQuery returns the query by which Charts finds charts.
func ChartsQuery(f ChartFilter) (string, []any) { return f.query() }

// DecisionsQuery returns the query by which ListAnomalyDecisions finds decisions.
func DecisionsQuery(f AnomalyDecisionFilter) (string, []any, error) { return f.query() }

// SetLog makes the log's bound small, so that tests need not write much, and
// the wait for readers.
func (db *DB) SetLog(bound int64, wait time.Duration) { db.log.bound, db.log.wait = bound, wait }

// NextLogTrial returns the size at which a log that could not be emptied is
// tried again, 0 if there is none.
func (db *DB) NextLogTrial() int64 { return db.log.next }

// TicketsQuery returns the query by which ListTickets finds tickets.
func TicketsQuery(f TicketFilter) (string, []any) { return f.query() }

// TicketEffectsQuery returns the query by which TicketEffects finds effects.
func TicketEffectsQuery(f TicketEffectFilter) (string, []any) { return f.query() }

// Queries about incidents, toil and reviews.
var (
	LinksQuery   = linksQuery
	WaiversQuery = waiversQuery
)

const SelectNamedToil = selectNamedToil

// IncidentsQuery returns the query by which Incidents finds incidents.
func IncidentsQuery(f IncidentFilter) (string, []any) { return f.query() }

// ToilQuery returns the query by which ToilEntries finds entries.
func ToilQuery(f ToilFilter) (string, []any) { return f.query() }

// MeetingsQuery returns the query by which Meetings finds reviews.
func MeetingsQuery(f MeetingFilter) (string, []any) { return f.query() }

// ItemsQuery returns the query by which MeetingItems finds items.
func ItemsQuery(f MeetingItemFilter) (string, []any) { return f.query() }

// Synchronous returns SQLite's word for how far a transaction waits for the
// disk: one that is durable, and any other.
func (db *DB) Synchronous(ctx context.Context) (durable, other int, err error) {
	ask := func(dest *int) func(w *writer) error {
		return func(w *writer) error { return w.QueryRowContext(ctx, `PRAGMA synchronous`).Scan(dest) }
	}
	if err := db.updateDurably(ctx, ask(&durable)); err != nil {
		return 0, 0, err
	}
	return durable, other, db.update(ctx, ask(&other))
}
