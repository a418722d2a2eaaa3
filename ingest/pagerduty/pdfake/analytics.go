package pdfake

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"
)

// analyticsLag is how far the analytics are behind.
const analyticsLag = 24 * time.Hour

// analytics answers with the incidents that changed after a time, as they
// stood a day ago. Their times have no offset.
func (a *answer) analytics(body io.Reader) (int, any) {
	var question struct {
		Filters struct {
			UpdatedAfter string   `json:"updated_after"`
			TeamIDs      []string `json:"team_ids"`
		} `json:"filters"`
		Limit int    `json:"limit"`
		After string `json:"starting_after"`
	}
	if json.NewDecoder(body).Decode(&question) != nil || question.Limit < 1 || question.Limit > 1000 {
		return http.StatusBadRequest, problem(2001, "Invalid Input Provided")
	}
	after, err := time.Parse(time.RFC3339, question.Filters.UpdatedAfter)
	if err != nil {
		return http.StatusBadRequest, problem(2004, "updated_after is no time")
	}
	out := object{
		"first": "", "last": "", "limit": question.Limit, "more": false, "order": "asc", "order_by": "created_at",
		"time_zone": "Etc/UTC", "data": []any{}, "filters": object{},
	}
	rows := []any{}
	begun := question.After == ""
	for _, inc := range a.s.World.sorted() {
		row, updated := inc.analytics(a.now.Add(-analyticsLag))
		switch {
		case !begun:
			begun = inc.id == question.After
			continue
		case !a.s.Analytics, row == nil, inc.gone(a.now), updated.Before(after),
			len(question.Filters.TeamIDs) > 0 && !slices.Contains(question.Filters.TeamIDs, inc.team()):
			continue
		case len(rows) == question.Limit:
			out["more"] = true
		}
		if out["more"] == true {
			break
		}
		rows = append(rows, row)
		out["last"] = inc.id
	}
	out["data"] = rows
	return http.StatusOK, out
}

// analytics returns the row of an incident as of a time, and when it last
// changed; nil if there was no incident.
func (inc *incident) analytics(at time.Time) (row object, updated time.Time) {
	if inc.created.After(at) {
		return nil, time.Time{}
	}
	const form = "2006-01-02T15:04:05"
	for _, e := range inc.entries {
		if !e.at.After(at) {
			updated = e.at
		}
	}
	status, ended := inc.status(at)
	row = object{
		"id": inc.id, "incident_number": inc.number, "status": status, "urgency": inc.urgency, "description": inc.title,
		"created_at": inc.created.UTC().Format(form), "updated_at": updated.UTC().Format(form), "resolved_at": nil,
		"team_id": inc.team(), "auto_resolved": false, "major": false,
	}
	if !ended.IsZero() {
		row["resolved_at"] = ended.UTC().Format(form)
	}
	return row, updated
}
