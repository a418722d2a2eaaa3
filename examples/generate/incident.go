package main

// The answers about pages.

func (p *page) apiIncident() apiIncident {
	out := apiIncident{
		ID: p.id, Type: "incident", Summary: p.summary(), HTMLURL: link("incidents", p.id),
		Number: p.number, Title: p.title, CreatedAt: stamp(p.plan.at), UpdatedAt: stamp(p.at),
		Status: "triggered", Urgency: p.urgency, Service: p.svc.ref(), Policy: p.svc.policy.ref(),
		Teams: []apiRef{p.svc.team.ref()}, Assignments: []apiAssignment{}, Acknowledgements: []apiAcknowledgement{},
		ChangedAt: stamp(p.at), ChangedBy: &p.changed, AlertCounts: apiCounts{All: 1, Triggered: 1},
	}
	for i, name := range priorityNames {
		if name == p.priority {
			pr := priority(name, len(priorityNames)-i)
			out.Priority = &pr
		}
	}
	if !p.resolved.IsZero() {
		at := stamp(p.resolved)
		out.Status, out.ResolvedAt = "resolved", &at
		out.AlertCounts = apiCounts{All: 1, Resolved: 1}
		if p.merged != nil {
			out.ResolveReason = &apiReason{"merge_resolve_reason", p.merged.ref()}
		}
		return out
	}
	out.Assignments = append(out.Assignments, apiAssignment{stamp(p.since), p.assigned[0].ref()})
	if p.acker != nil {
		out.Status = "acknowledged"
		out.Acknowledgements = append(out.Acknowledgements, apiAcknowledgement{stamp(p.at), p.acker.ref()})
	}
	return out
}

func (w *world) apiIncidents() []any {
	var list []any
	for _, p := range w.pages {
		list = append(list, p.apiIncident())
	}
	return list
}

func (w *world) apiLogEntries() []any {
	var list []any
	for _, p := range w.pages {
		for _, e := range p.entries {
			list = append(list, e)
		}
	}
	return list
}

func (w *world) apiNotes() []any {
	var list []any
	for _, p := range w.pages {
		for _, n := range p.notes {
			list = append(list, n)
		}
	}
	return list
}

func (w *world) apiAlerts() []any {
	var list []any
	for _, p := range w.pages {
		a := apiAlert{
			ID: longID("alert " + p.key), Type: "alert", Summary: p.title, CreatedAt: stamp(p.plan.at), Status: "triggered",
			Key: letters("alert key "+p.key, 20), Service: p.svc.ref(), Incident: p.ref(), Severity: p.severity,
			Body: apiAlertBody{Type: "alert_body", Contexts: []apiContext{}, Details: p.details},
		}
		if a.Body.Details == nil {
			a.Body.Details = map[string]string{}
		}
		if !p.alert.IsZero() {
			a.Status = "resolved"
		}
		if p.runbook != "" {
			a.Body.Contexts = append(a.Body.Contexts, apiContext{"link", host + "/runbooks/" + p.runbook, "Runbook"})
		}
		list = append(list, a)
	}
	return list
}

// A truth is what really was the matter with a page. The program never reads
// it: it is there to judge the program's suggestions by.
type truth struct {
	Page       string `json:"page"`
	Number     int    `json:"number"`
	Kind       string `json:"kind"`
	Actionable bool   `json:"actionable"`
	Actioned   bool   `json:"actioned"`
	Cause      string `json:"cause"`
}

func (w *world) truths() []any {
	var list []any
	for _, p := range w.pages {
		list = append(list, truth{p.id, p.number, p.kind, p.actionable, p.actioned, p.cause})
	}
	return list
}

// inFortnight reports whether the page belongs to the review.
func (p *page) inFortnight() bool {
	return !p.plan.at.Before(fortnightStart) && p.plan.at.Before(dataEnd)
}
