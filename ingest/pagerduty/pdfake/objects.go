package pdfake

import (
	"fmt"
	"maps"
	"time"
)

const site = "https://example.pagerduty.com"

func ref(kind, id, summary, place string) object {
	return object{
		"id": id, "type": kind + "_reference", "summary": summary,
		"self": "https://api.pagerduty.com/" + place + "/" + id, "html_url": site + "/" + place + "/" + id,
	}
}

func (w *World) userRef(i int) object { return ref("user", w.users[i].id, w.users[i].name, "users") }

func serviceRef(i int) object {
	return ref("service", fmt.Sprintf("PSVC%d", i), fmt.Sprintf("service-%d", i), "services")
}

func teamRef(i int) object {
	return ref("team", fmt.Sprintf("PTEAM%d", i), fmt.Sprintf("team-%d", i), "teams")
}

func (inc *incident) teamNumber() int { return inc.service % teams }

func (inc *incident) team() string { return fmt.Sprintf("PTEAM%d", inc.teamNumber()) }

func policyRef() object {
	return ref("escalation_policy", "PPOL0", "Default", "escalation_policies")
}

// full turns a reference into the object itself.
func full(r object, more object) object {
	kind := fmt.Sprint(r["type"])
	r["type"] = kind[:len(kind)-len("_reference")]
	r["name"] = r["summary"]
	for k, v := range more {
		r[k] = v
	}
	return r
}

// asOf returns the incident as it stood at a time.
func (w *World) asOf(inc *incident, now time.Time) object {
	status, ended := inc.status(now)
	updated := inc.created
	last := inc.created
	for _, e := range inc.entries {
		if e.at.After(now) {
			continue
		}
		updated = e.at
		if e.state != "" {
			last = e.at
		}
	}
	o := object{
		"id": inc.id, "type": "incident", "summary": fmt.Sprintf("[#%d] %s", inc.number, inc.title),
		"self": "https://api.pagerduty.com/incidents/" + inc.id, "html_url": site + "/incidents/" + inc.id,
		"incident_number": inc.number, "title": inc.title, "status": status, "urgency": inc.urgency,
		"created_at": stamp(inc.created), "updated_at": stamp(updated), "last_status_change_at": stamp(last),
		"resolved_at": nil, "incident_key": nil, "priority": nil, "resolve_reason": nil,
		"service": serviceRef(inc.service), "escalation_policy": policyRef(), "teams": []any{teamRef(inc.teamNumber())},
		"assignments": []any{}, "acknowledgements": []any{}, "alert_counts": object{"all": 1, "triggered": 0, "resolved": 1},
	}
	if !ended.IsZero() {
		o["resolved_at"] = stamp(ended)
		if inc.mergedTo != "" {
			o["resolve_reason"] = object{"type": "merge_resolve_reason", "incident": ref("incident", inc.mergedTo, "merged into", "incidents")}
		}
	}
	return o
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// show returns a log entry with its incident.
func show(e *entry, incident object) object {
	o := maps.Clone(e.json)
	o["incident"] = incident
	return o
}

func alerts(inc *incident) []any {
	return []any{object{
		"id": "A" + inc.id, "type": "alert", "summary": inc.title, "self": nil, "html_url": nil,
		"created_at": stamp(inc.created), "status": "resolved", "alert_key": fmt.Sprintf("key-%d", inc.number%5),
		"severity": "critical", "suppressed": false, "service": serviceRef(inc.service),
		"incident": ref("incident", inc.id, inc.title, "incidents"),
		"body": object{
			"type": "alert_body", "contexts": []any{object{"type": "link", "href": "https://wiki.example.com/runbook/disk", "text": "Runbook"}},
			"details": object{"env": "prod", "count": 3, "api_token": "hunter2-secret"},
		},
	}}
}

// shownNotes lists an incident's notes as they stand.
func shownNotes(inc *incident, now time.Time) []object {
	rows := []object{}
	for _, n := range inc.notes {
		if !n.deleted.IsZero() && !n.deleted.After(now) {
			continue
		}
		row := maps.Clone(n.json)
		row["updated_at"] = row["created_at"]
		if !n.edited.IsZero() && !n.edited.After(now) {
			row["content"], row["updated_at"] = n.text, stamp(n.edited)
		}
		rows = append(rows, row)
	}
	return rows
}

// reference returns the rows of a list of reference data.
func (w *World) reference(path string) []any {
	var rows []any
	switch path {
	case "/users":
		for i, u := range w.users {
			if u.deleted {
				continue
			}
			rows = append(rows, full(w.userRef(i), object{
				"email": fmt.Sprintf("person%d@example.com", i), "time_zone": u.zone, "role": "user",
				"teams": []any{teamRef(i % teams)},
				"contact_methods": []any{
					ref("email_contact_method", fmt.Sprintf("PC%d", i), "Default", "users"),
					ref("phone_contact_method", fmt.Sprintf("PP%d", i), "Mobile", "users"),
				},
			}))
		}
	case "/teams":
		for i := range teams {
			rows = append(rows, full(teamRef(i), nil))
		}
	case "/services":
		for i := range services {
			rows = append(rows, full(serviceRef(i), object{"teams": []any{teamRef(i % teams)}, "escalation_policy": policyRef(), "status": "active"}))
		}
	case "/escalation_policies":
		rows = append(rows, full(policyRef(), object{"teams": []any{teamRef(0)}, "escalation_rules": []any{
			object{"id": "PRULE0", "escalation_delay_in_minutes": 30, "targets": []any{ref("schedule", "PSCHED0", "Primary", "schedules")}},
			object{"id": "PRULE1", "escalation_delay_in_minutes": 30, "targets": []any{w.userRef(0)}},
		}}))
	case "/priorities":
		for i, name := range []string{"P3", "P2", "P1"} {
			rows = append(rows, object{"id": fmt.Sprintf("PPRIO%d", i), "type": "priority", "summary": name, "name": name, "self": nil, "html_url": nil, "order": i})
		}
	case "/schedules":
		rows = append(rows,
			full(ref("schedule", "PSCHED0", "Primary", "schedules"), object{"time_zone": "Europe/Berlin"}),
			full(ref("schedule", "PSCHED1", "Spare", "schedules"), object{"time_zone": "UTC"}))
	case "/v3/schedules":
		rows = append(rows, ref("schedule_v3", "PSCHED9", "Shift based", "schedules"))
	}
	return rows
}

// week is how long a shift lasts in all schedules.
const week = 7 * 24 * time.Hour

// weeks calls fn for each week's shift that touches [since, until).
func weeks(since, until time.Time, fn func(n int, start, end time.Time)) {
	for start := since.UTC().Truncate(week); start.Before(until); start = start.Add(week) {
		fn(int(start.Unix()/int64(week.Seconds())), start, start.Add(week))
	}
}

// oncalls lists a rotation of a week, and one person who is always on call.
func (w *World) oncalls(since, until time.Time) []any {
	rows := []any{object{
		"escalation_policy": policyRef(), "escalation_level": 2, "schedule": nil, "user": w.userRef(0), "start": nil, "end": nil,
	}}
	weeks(since, until, func(n int, start, end time.Time) {
		rows = append(rows, object{
			"escalation_policy": policyRef(), "escalation_level": 1, "schedule": ref("schedule", "PSCHED0", "Primary", "schedules"),
			"user": w.userRef(n % (users - 1)), "start": stamp(start), "end": stamp(end),
		})
	})
	return rows
}

// layered renders a layer-based schedule.
func (w *World) layered(id string, since, until time.Time) object {
	entries := []any{}
	weeks(since, until, func(n int, start, end time.Time) {
		entries = append(entries, object{"user": w.userRef(n % 3), "start": stamp(start), "end": stamp(end)})
	})
	return full(ref("schedule", id, "Spare", "schedules"), object{
		"time_zone": "UTC", "final_schedule": object{"name": "Final Schedule", "rendered_schedule_entries": entries},
	})
}

// shiftBased renders a shift-based schedule, with a gap in each week.
func (w *World) shiftBased(since, until time.Time) object {
	list := []any{}
	shift := func(start, end time.Time, member object) {
		list = append(list, object{
			"type": "computed_shift_assignment", "start_time": stamp(start), "end_time": stamp(end), "member": member,
			"source": object{"type": "schedule_rotation", "rotation_id": "PROT0"},
		})
	}
	weeks(since, until, func(n int, start, end time.Time) {
		shift(start, end.Add(-24*time.Hour), object{"type": "user_member", "user_id": w.users[n%3].id})
		shift(end.Add(-24*time.Hour), end, object{"type": "empty_member"})
	})
	return object{
		"id": "PSCHED9", "type": "schedule_v3", "name": "Shift based", "time_zone": "UTC",
		"final_schedule": object{"type": "final_schedule", "rendered_coverage_percentage": 85.7, "computed_shift_assignments": list},
	}
}
