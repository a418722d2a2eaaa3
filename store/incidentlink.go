package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// maxIncidentLinks is how many links an incident may ever have had, those that
// were taken back included.
const maxIncidentLinks = 10_000

const linkColumns = `source, incident, kind, target, author, at, withdrawn_by, withdrawn_at`

func scanLink(rows *sql.Rows) (l opsreview.IncidentLink, err error) {
	err = rows.Scan(&l.Incident.Source, &l.Incident.ID, &l.Kind, &l.Target, &l.Author, (*sqlTime)(&l.At), &l.WithdrawnBy, (*sqlTime)(&l.WithdrawnAt))
	return l, err
}

// IncidentLinks returns what people added to the incidents, oldest first, what
// was taken back too; nil asks for all.
func (db *DB) IncidentLinks(ctx context.Context, incidents []opsreview.Ref) ([]opsreview.IncidentLink, error) {
	query, args := linksQuery(incidents)
	found, err := list(ctx, db, query, args, scanLink)
	if err != nil {
		return nil, fmt.Errorf("read links of incidents: %w", err)
	}
	return found, nil
}

func linksQuery(incidents []opsreview.Ref) (query string, args []any) {
	where := ""
	if incidents != nil {
		where, args = ` WHERE (source, incident) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))`, append(args, encodeRefs(incidents))
	}
	return `SELECT ` + linkColumns + ` FROM incident_links` + where + ` ORDER BY key`, args
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
	case l.Kind == opsreview.LinkDetectedBy && !isDetector(l.Target):
		return opsreview.Errorf(opsreview.Invalid, "an incident is not detected by %q: write alert, person or customer", l.Target)
	}
	if l.Kind == opsreview.LinkPage {
		if _, err := opsreview.ParseRef(l.Target); err != nil {
			return err
		}
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
	var many int
	if err := w.queryRow(ctx, `SELECT count(*) FROM incident_links WHERE source = ? AND incident = ?`, []any{l.Incident.Source, l.Incident.ID}, &many); err != nil {
		return err
	}
	if many >= maxIncidentLinks {
		return opsreview.Errorf(opsreview.Invalid, "incident %q has had %d links, which is the most", l.Incident, maxIncidentLinks)
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
