package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"opsreview"
)

// ManualSource is the name of the source of what people enter themselves.
const ManualSource = "manual"

// maxText is how many characters a text that people wrote may have.
const maxText = 20_000

// maxLinks is how many things of one kind an incident may have.
const maxLinks = 1000

const incidentColumns = `source, id, number, title, summary, status, severity, detected_by, url, postmortem,
	services, teams, pages, follow_ups, commander, declared_at, started_at, detected_at, acknowledged_at,
	mitigated_at, resolved_at, updated_at, begins_at`

// saveIncident adds an incident or replaces it by a later look at it.
var saveIncident = `INSERT INTO incidents (` + incidentColumns + `) VALUES (` + marks(strings.Count(incidentColumns, ",")+1) + `)
	ON CONFLICT (source, id) DO UPDATE SET ` + excluded(incidentColumns, 2) + `
	WHERE excluded.updated_at IS NULL OR incidents.updated_at IS NULL OR excluded.updated_at >= incidents.updated_at`

const selectIncident = `SELECT ` + incidentColumns + ` FROM incidents WHERE source = ? AND id = ?`

func incidentArgs(i *opsreview.Incident) []any {
	pages := make([]string, len(i.Pages))
	for n, p := range i.Pages {
		pages[n] = p.String()
	}
	return []any{
		i.Source, i.ID, i.Number, i.Title, i.Summary, i.Status, i.Severity, string(i.DetectedBy), i.URL, i.Postmortem,
		sqlList(i.Services).encode(), sqlList(i.Teams).encode(), sqlList(pages).encode(), encodeFollowUps(i.FollowUps), i.Commander,
		orNull(i.DeclaredAt), orNull(i.StartedAt), orNull(i.DetectedAt), orNull(i.AcknowledgedAt),
		orNull(i.MitigatedAt), orNull(i.ResolvedAt), orNull(i.UpdatedAt), beginsAt(i).UnixMilli(),
	}
}

// beginsAt is the earliest time that is known of an incident: what it is found
// by.
func beginsAt(i *opsreview.Incident) time.Time {
	var first time.Time
	for _, t := range []time.Time{
		i.StartedAt, i.DetectedAt, i.AcknowledgedAt, i.MitigatedAt, i.ResolvedAt, i.DeclaredAt, i.UpdatedAt,
	} {
		if first.IsZero() || (!t.IsZero() && t.Before(first)) {
			first = t
		}
	}
	return first
}

func encodeFollowUps(all []opsreview.FollowUp) string {
	if len(all) == 0 {
		return ""
	}
	b, _ := json.Marshal(all) // Strings and truths always can be encoded.
	return string(b)
}

func scanIncident(rows *sql.Rows) (i opsreview.Incident, err error) {
	var pages sqlList
	var followUps string
	var begins int64
	err = rows.Scan(&i.Source, &i.ID, &i.Number, &i.Title, &i.Summary, &i.Status, &i.Severity, &i.DetectedBy, &i.URL, &i.Postmortem,
		(*sqlList)(&i.Services), (*sqlList)(&i.Teams), &pages, &followUps, &i.Commander,
		(*sqlTime)(&i.DeclaredAt), (*sqlTime)(&i.StartedAt), (*sqlTime)(&i.DetectedAt), (*sqlTime)(&i.AcknowledgedAt),
		(*sqlTime)(&i.MitigatedAt), (*sqlTime)(&i.ResolvedAt), (*sqlTime)(&i.UpdatedAt), &begins)
	if err != nil {
		return i, err
	}
	for _, p := range pages {
		ref, err := opsreview.ParseRef(p)
		if err != nil {
			return i, fmt.Errorf("read pages of incident %s: %w", i.Ref, err)
		}
		i.Pages = append(i.Pages, ref)
	}
	if followUps != "" {
		err = json.Unmarshal([]byte(followUps), &i.FollowUps)
	}
	return i, err
}

// IncidentFilter selects incidents. A zero field selects everything.
type IncidentFilter struct {
	Refs []opsreview.Ref // nil for all; none for no incident

	// Window selects incidents that touch it: that began before its end and were
	// not resolved before its start. One of which no time is known is selected by
	// no window.
	Window opsreview.Window

	// Name selects those that are called so: "source/id", a number in any case,
	// or the beginning of an id.
	Name string
}

func (f IncidentFilter) query() (query string, args []any) {
	where := []string{"TRUE"}
	if f.Refs != nil {
		where, args = append(where, "(source, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))"), append(args, encodeRefs(f.Refs))
	}
	if !f.Window.IsZero() {
		start, end := bounds(f.Window)
		start = max(start, zero+1) // One of which no time is known lies at zero.
		where = append(where, `((begins_at >= ? AND begins_at < ?) OR
			(begins_at > ? AND begins_at < ? AND coalesce(resolved_at, 9223372036854775807) > ?))`)
		args = append(args, start, end, zero, min(start, end), start)
	}
	from := "incidents"
	if f.Name != "" {
		ref, _ := opsreview.ParseRef(f.Name)
		// CROSS JOIN keeps SQLite from reading all incidents to look for these.
		from = `(SELECT source AS named_source, id AS named FROM incidents WHERE source = ? AND id = ?
			UNION SELECT source, id FROM incidents WHERE number = ? COLLATE NOCASE
			UNION SELECT source, id FROM incidents WHERE id >= ? AND id < ?)
			CROSS JOIN incidents ON source = named_source AND id = named`
		args = append([]any{ref.Source, ref.ID, f.Name, f.Name, f.Name + string(utf8.MaxRune)}, args...)
	}
	return `SELECT ` + incidentColumns + ` FROM ` + from + ` WHERE ` + strings.Join(where, " AND ") + ` ORDER BY begins_at, source, id`, args
}

// Incidents returns the incidents that the filter selects, as their sources know
// them, in order of the earliest time that is known of them.
func (db *DB) Incidents(ctx context.Context, f IncidentFilter) ([]opsreview.Incident, error) {
	query, args := f.query()
	found, err := list(ctx, db, query, args, scanIncident)
	if err != nil {
		return nil, fmt.Errorf("read incidents: %w", err)
	}
	return found, nil
}

// checkIncident returns an Invalid error for what cannot be kept.
func checkIncident(source string, i *opsreview.Incident) error {
	if err := checkRef(source, "incident", i.Ref); err != nil {
		return err
	}
	wrong := ""
	switch {
	case i.DetectedBy != "" && !isDetector(string(i.DetectedBy)):
		wrong = fmt.Sprintf("was detected by %q: write alert, person or customer", i.DetectedBy)
	case len(i.Pages) > maxLinks || len(i.Services) > maxLinks || len(i.Teams) > maxLinks || len(i.FollowUps) > maxLinks:
		wrong = fmt.Sprintf("has more than %d pages, services, teams or follow-ups", maxLinks)
	case !slices.Equal(i.Pages, readable(i.Pages)):
		wrong = "owns a page that has no source or no name there"
	case slices.ContainsFunc(i.FollowUps, func(f opsreview.FollowUp) bool { return f.Key == "" }):
		wrong = "has a follow-up that has neither a key nor an address"
	default:
		return checkTexts("incident "+i.Ref.String(), incidentTexts(i)...)
	}
	return opsreview.Errorf(opsreview.Invalid, "incident %q %s", i.Ref, wrong)
}

func isDetector(word string) bool {
	return slices.Contains([]opsreview.Detector{opsreview.DetectedByAlert, opsreview.DetectedByPerson, opsreview.DetectedByCustomer}, opsreview.Detector(word))
}

// readable returns those of refs that can be read again once they are written.
func readable(refs []opsreview.Ref) []opsreview.Ref {
	return slices.DeleteFunc(slices.Clone(refs), func(r opsreview.Ref) bool {
		again, err := opsreview.ParseRef(r.String())
		return err != nil || again != r
	})
}

// incidentTexts lists everything of an incident that is text.
func incidentTexts(i *opsreview.Incident) []string {
	texts := []string{i.ID, i.Number, i.Title, i.Summary, i.Status, i.Severity, i.URL, i.Postmortem, i.Commander}
	texts = append(append(texts, i.Services...), i.Teams...)
	for _, p := range i.Pages {
		texts = append(texts, p.ID)
	}
	for _, f := range i.FollowUps {
		texts = append(texts, f.Key, f.Title, f.URL)
	}
	return texts
}

// checkTexts returns an Invalid error for texts that are too long or not UTF-8.
func checkTexts(what string, texts ...string) error {
	for _, t := range texts {
		if utf8.RuneCountInString(t) > maxText || !utf8.ValidString(t) {
			return opsreview.Errorf(opsreview.Invalid, "%s has a text that is longer than %d characters, or not UTF-8", what, maxText)
		}
	}
	return nil
}

// saveIncidents writes what changed of the batch's incidents.
func saveIncidents(ctx context.Context, w *writer, f facts, saved *opsreview.Saved) error {
	for i := range f.batch.Incidents {
		n, err := w.saveIncident(ctx, &f.batch.Incidents[i])
		if err != nil {
			return fmt.Errorf("save incident %s: %w", f.batch.Incidents[i].Ref, err)
		}
		saved.Incidents += n
	}
	return nil
}

// saveIncident returns 1 if the incident is new or changed.
func (w *writer) saveIncident(ctx context.Context, i *opsreview.Incident) (int, error) {
	before, err := collect(ctx, w, selectIncident, []any{i.Source, i.ID}, scanIncident)
	if err != nil {
		return 0, err
	}
	args := incidentArgs(i)
	if len(before) == 1 && slices.Equal(args, incidentArgs(&before[0])) {
		return 0, nil
	}
	return w.exec(ctx, saveIncident, args...)
}

// CreateIncident enters an incident that no source tells of and returns it with
// its name. The request may be repeated, see [Request]; nil has an effect each
// time. It returns a Conflict error for a number that another one has that was
// entered.
func (db *DB) CreateIncident(ctx context.Context, r *Request, i opsreview.Incident) (opsreview.Incident, error) {
	if i.Ref != (opsreview.Ref{}) {
		return i, opsreview.Errorf(opsreview.Invalid, "an incident that is entered must be new")
	}
	if strings.TrimSpace(i.Title) == "" {
		return i, opsreview.Errorf(opsreview.Invalid, "an incident needs a title")
	}
	var name [6]byte
	_, _ = rand.Read(name[:]) // It never fails.
	i.Ref = opsreview.Ref{Source: ManualSource, ID: "i-" + hex.EncodeToString(name[:])}
	if err := checkIncident(ManualSource, &i); err != nil {
		return i, err
	}
	var created opsreview.Incident
	err := db.update(ctx, func(w *writer) error {
		return once(ctx, w, r, &created, func() error {
			if err := w.addSource(ctx, ManualSource); err != nil {
				return err
			}
			if err := w.freeNumber(ctx, i.Number); err != nil {
				return err
			}
			if _, err := w.saveIncident(ctx, &i); err != nil {
				return err
			}
			found, err := collect(ctx, w, selectIncident, []any{i.Source, i.ID}, scanIncident)
			if len(found) == 1 {
				created = found[0]
			}
			return err
		})
	})
	if err != nil {
		return opsreview.Incident{}, fmt.Errorf("enter incident: %w", err)
	}
	return created, nil
}

// freeNumber returns a Conflict error if an incident that somebody entered is
// called so already.
func (w *writer) freeNumber(ctx context.Context, number string) error {
	if number == "" {
		return nil
	}
	var taken int
	err := w.queryRow(ctx, `SELECT count(*) FROM incidents WHERE source = ? AND number = ? COLLATE NOCASE`, []any{ManualSource, number}, &taken)
	if err == nil && taken > 0 {
		err = opsreview.Errorf(opsreview.Conflict, "there is an incident %q already: choose another number", number)
	}
	return err
}
