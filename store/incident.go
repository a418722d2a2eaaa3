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
		names := make([]string, len(f.Refs))
		for i, r := range f.Refs {
			names[i] = r.String()
		}
		where, args = append(where, "source || '/' || id IN (SELECT value FROM json_each(?))"), append(args, encodeStrings(names))
	}
	if t := f.Window.End; !t.IsZero() {
		where, args = append(where, "begins_at < ?"), append(args, t.UnixMilli())
	}
	if t := f.Window.Start; !t.IsZero() {
		where = append(where, "(begins_at >= ? OR coalesce(resolved_at, 9223372036854775807) > ?)", "begins_at > ?")
		args = append(args, t.UnixMilli(), t.UnixMilli(), zero)
	}
	if f.Name != "" {
		where = append(where, "(source || '/' || id = ? OR lower(number) = lower(?) OR substr(id, 1, length(?)) = ?)")
		args = append(args, f.Name, f.Name, f.Name, f.Name)
	}
	return `SELECT ` + incidentColumns + ` FROM incidents WHERE ` + strings.Join(where, " AND ") + ` ORDER BY begins_at, source, id`, args
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
	case !slices.Contains([]opsreview.Detector{"", opsreview.DetectedByAlert, opsreview.DetectedByPerson, opsreview.DetectedByCustomer}, i.DetectedBy):
		wrong = fmt.Sprintf("was detected by %q: write alert, person or customer", i.DetectedBy)
	case len(i.Pages) > maxLinks || len(i.Services) > maxLinks || len(i.Teams) > maxLinks || len(i.FollowUps) > maxLinks:
		wrong = fmt.Sprintf("has more than %d pages, services, teams or follow-ups", maxLinks)
	default:
		return checkTexts("incident "+i.Ref.String(), i.Number, i.Title, i.Summary, i.Status, i.Severity, i.URL, i.Postmortem, i.Commander)
	}
	return opsreview.Errorf(opsreview.Invalid, "incident %q %s", i.Ref, wrong)
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
	before, err := collect(ctx, w, `SELECT `+incidentColumns+` FROM incidents WHERE source = ? AND id = ?`, []any{i.Source, i.ID}, scanIncident)
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
// time.
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
	err := db.update(ctx, func(w *writer) error {
		return once(ctx, w, r, &i, func() error {
			if err := w.addSource(ctx, ManualSource); err != nil {
				return err
			}
			_, err := w.saveIncident(ctx, &i)
			return err
		})
	})
	if err != nil {
		return opsreview.Incident{}, fmt.Errorf("enter incident: %w", err)
	}
	return i, nil
}

const linkColumns = `source, incident, kind, target, author, at, withdrawn_by, withdrawn_at`

func scanLink(rows *sql.Rows) (l opsreview.IncidentLink, err error) {
	err = rows.Scan(&l.Incident.Source, &l.Incident.ID, &l.Kind, &l.Target, &l.Author, (*sqlTime)(&l.At), &l.WithdrawnBy, (*sqlTime)(&l.WithdrawnAt))
	return l, err
}

// IncidentLinks returns what people added to the incidents, oldest first, what
// was taken back too; nil asks for all.
func (db *DB) IncidentLinks(ctx context.Context, incidents []opsreview.Ref) ([]opsreview.IncidentLink, error) {
	where, args := "", []any{}
	if incidents != nil {
		names := make([]string, len(incidents))
		for i, r := range incidents {
			names[i] = r.String()
		}
		where, args = ` WHERE source || '/' || incident IN (SELECT value FROM json_each(?))`, append(args, encodeStrings(names))
	}
	found, err := list(ctx, db, `SELECT `+linkColumns+` FROM incident_links`+where+` ORDER BY key`, args, scanLink)
	if err != nil {
		return nil, fmt.Errorf("read links of incidents: %w", err)
	}
	return found, nil
}

// LinkIncident adds links: all or none. One that is there already stays as it
// is; of severity, detector and postmortem the latest counts, and the one before
// is taken back. It returns a NotFound error for an incident that is not there
// and an Invalid one for a link that makes no sense.
func (db *DB) LinkIncident(ctx context.Context, r *Request, links []opsreview.IncidentLink) error {
	for _, l := range links {
		if err := checkLink(l); err != nil {
			return err
		}
	}
	done := len(links)
	err := db.update(ctx, func(w *writer) error {
		return once(ctx, w, r, &done, func() error {
			for _, l := range links {
				if err := w.addLink(ctx, l); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("link incident: %w", err)
	}
	return nil
}

func checkLink(l opsreview.IncidentLink) error {
	kinds := []opsreview.LinkKind{
		opsreview.LinkPage, opsreview.LinkTicket, opsreview.LinkPostmortem, opsreview.LinkService, opsreview.LinkSeverity, opsreview.LinkDetectedBy,
	}
	switch {
	case !slices.Contains(kinds, l.Kind):
		return opsreview.Errorf(opsreview.Invalid, "an incident cannot be linked to a %q: choose page, ticket, postmortem, service, severity or detected_by", l.Kind)
	case strings.TrimSpace(l.Target) == "" || l.Author == "" || l.At.IsZero() || l.WithdrawnBy != "":
		return opsreview.Errorf(opsreview.Invalid, "a link of incident %q needs what it is linked to, an author and a time", l.Incident)
	case l.Kind == opsreview.LinkDetectedBy && !slices.Contains([]opsreview.Detector{opsreview.DetectedByAlert, opsreview.DetectedByPerson, opsreview.DetectedByCustomer}, opsreview.Detector(l.Target)):
		return opsreview.Errorf(opsreview.Invalid, "an incident is not detected by %q: write alert, person or customer", l.Target)
	}
	return checkTexts("the link", l.Target, l.Author)
}

func (w *writer) addLink(ctx context.Context, l opsreview.IncidentLink) error {
	var known int
	if err := w.queryRow(ctx, `SELECT count(*) FROM incidents WHERE source = ? AND id = ?`, []any{l.Incident.Source, l.Incident.ID}, &known); err != nil {
		return err
	}
	if known == 0 {
		return opsreview.Errorf(opsreview.NotFound, "there is no incident %q", l.Incident)
	}
	if l.Kind == opsreview.LinkSeverity || l.Kind == opsreview.LinkDetectedBy || l.Kind == opsreview.LinkPostmortem {
		_, err := w.exec(ctx, `UPDATE incident_links SET withdrawn_by = ?, withdrawn_at = ?
			WHERE source = ? AND incident = ? AND kind = ? AND target <> ? AND withdrawn_by = ''`,
			l.Author, l.At.UnixMilli(), l.Incident.Source, l.Incident.ID, string(l.Kind), l.Target)
		if err != nil {
			return err
		}
	}
	_, err := w.exec(ctx, `INSERT INTO incident_links (source, incident, kind, target, author, at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (source, incident, kind, target) WHERE withdrawn_by = '' DO NOTHING`,
		l.Incident.Source, l.Incident.ID, string(l.Kind), l.Target, l.Author, l.At.UnixMilli())
	return err
}

// UnlinkIncident takes a link back. It returns a NotFound error if there is none
// in force.
func (db *DB) UnlinkIncident(ctx context.Context, l opsreview.IncidentLink, by string, at time.Time) error {
	if by == "" || at.IsZero() {
		return opsreview.Errorf(opsreview.Invalid, "to take a link back, say who does it and when")
	}
	err := db.update(ctx, func(w *writer) error {
		n, err := w.exec(ctx, `UPDATE incident_links SET withdrawn_by = ?, withdrawn_at = ?
			WHERE source = ? AND incident = ? AND kind = ? AND target = ? AND withdrawn_by = ''`,
			by, at.UnixMilli(), l.Incident.Source, l.Incident.ID, string(l.Kind), l.Target)
		if err == nil && n == 0 {
			return opsreview.Errorf(opsreview.NotFound, "incident %q has no %s %q that somebody linked", l.Incident, l.Kind, l.Target)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("unlink incident: %w", err)
	}
	return nil
}
