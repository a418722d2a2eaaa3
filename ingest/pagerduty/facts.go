package pagerduty

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// facts turns the vendor's payloads into a batch. Polls, imports and rejects
// that are read again all come through here, so that one payload always means
// the same.
type facts struct {
	source string
	at     time.Time // when the payloads were read
	batch  opsreview.Batch
	pages  map[string]*opsreview.Page
	people map[string]opsreview.Responder // mentions; the full ones are in the batch

	triggers, notes map[string]string    // incident → its newest entry of that kind
	kept            map[string]time.Time // incident → the version of it among the raw items

	declared  *Declared // which incidents people declared; nil for none
	incidents map[string]opsreview.Incident
}

func newFacts(source string, at time.Time) *facts {
	return &facts{
		source: source, at: at,
		pages: map[string]*opsreview.Page{}, people: map[string]opsreview.Responder{},
		triggers: map[string]string{}, notes: map[string]string{}, kept: map[string]time.Time{}, incidents: map[string]opsreview.Incident{},
	}
}

// item adds one payload of a named kind. What cannot be read becomes a reject,
// and is returned as an error too.
func (f *facts) item(kind string, raw []byte) error {
	var err error
	switch kind {
	case "log_entry":
		err = f.logEntry(raw, nil, nil)
	case "incident":
		err = f.incident(raw)
	case "alert":
		err = f.alert(raw, "")
	case "note":
		err = f.note(raw, "")
	case "user":
		err = f.user(raw)
	case "team":
		err = f.team(raw)
	case "service":
		err = f.service(raw)
	case "escalation_policy":
		err = f.policy(raw)
	case "priority":
		err = f.priority(raw)
	case "oncall":
		err = f.oncall(raw)
	case "schedule":
		err = f.schedule(raw)
	default:
		err = fmt.Errorf("%q is not a kind of PagerDuty's that is read here", kind)
	}
	if err != nil {
		f.reject(kind, raw, err)
	}
	return err
}

func (f *facts) reject(kind string, raw []byte, err error) {
	f.batch.Rejects = append(f.batch.Rejects, opsreview.Reject{
		ID: kind + ":" + identity(raw), Type: kind, Reason: err.Error(), Body: scrub(raw, kind == "user"), At: f.at,
	})
}

// identity returns an item's id, or a hash of it where it has none.
func identity(raw []byte) string {
	var it struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &it) == nil && it.ID != "" {
		return clip(it.ID, 200)
	}
	h := fnv.New64a()
	h.Write(raw) // never fails
	return fmt.Sprintf("#%016x", h.Sum64())
}

func (f *facts) keep(kind, id string, at time.Time, raw []byte) {
	if at.IsZero() {
		at = f.at
	}
	f.batch.Raw = append(f.batch.Raw, opsreview.RawItem{Type: kind, ID: id, At: at, Body: scrub(raw, kind == "user")})
}

func (f *facts) ref(id string) opsreview.Ref { return opsreview.Ref{Source: f.source, ID: id} }

// logEntry adds an entry. Exports embed entries in their incident, which then
// gives the incident and the names.
func (f *facts) logEntry(raw []byte, inc *apiIncident, names nameBook) error {
	var e apiLogEntry
	if err := decode(raw, &e); err != nil {
		return err
	}
	if inc == nil {
		inc = &apiIncident{}
		if len(e.Incident) > 0 && string(e.Incident) != "null" {
			_ = decode(e.Incident, inc) // what cannot be read of it is missing below
		}
		names = inc.names()
		e.addNames(names)
	}
	if inc.ID == "" {
		return errors.New("the log entry does not say which incident it belongs to")
	}
	ev, err := e.event(names, inc)
	if err != nil {
		return err
	}
	p := f.page(inc)
	if ev.Kind == opsreview.Triggered {
		e.Channel.describe(p, e.Contexts)
		if inc.AlertCounts == nil || inc.AlertCounts.All > 0 {
			f.triggers[inc.ID] = max(f.triggers[inc.ID], e.ID)
		}
	}
	if ev.Kind == opsreview.Noted {
		f.notes[inc.ID] = max(f.notes[inc.ID], e.ID)
	}
	p.Events = append(p.Events, ev)
	f.mention(e.Agent)
	f.mention(e.User)
	for i := range e.Assignees {
		f.mention(&e.Assignees[i])
	}
	for _, id := range ev.Responders {
		f.mentionName(id)
	}
	f.keep("log_entry", e.ID, ev.At, withoutIncident(raw, inc.ID))
	if at := p.UpdatedAt; len(e.Incident) > 0 && inc.CreatedAt != "" && at.After(f.kept[inc.ID]) {
		f.kept[inc.ID] = at
		f.keep("incident", inc.ID, at, e.Incident)
	}
	return nil
}

// incident adds an incident and the entries, alerts and notes that exports
// embed in it.
func (f *facts) incident(raw []byte) error {
	var inc apiIncident
	if err := decode(raw, &inc); err != nil {
		return err
	}
	if inc.ID == "" {
		return errors.New("the incident has no id")
	}
	p := f.page(&inc)
	names := inc.names()
	for _, b := range inc.LogEntries {
		var e apiLogEntry
		if decode(b, &e) == nil {
			e.addNames(names)
		}
	}
	parts := []struct {
		kind  string
		items []json.RawMessage
		add   func(json.RawMessage) error
	}{
		{"log_entry", inc.LogEntries, func(b json.RawMessage) error { return f.logEntry(b, &inc, names) }},
		{"alert", inc.Alerts, func(b json.RawMessage) error { return f.alert(b, inc.ID) }},
		{"note", inc.Notes, func(b json.RawMessage) error { return f.note(b, inc.ID) }},
	}
	for _, part := range parts {
		for _, b := range part.items {
			if err := part.add(b); err != nil {
				f.reject(part.kind, within(b, inc.ID), err)
			}
		}
	}
	f.keep("incident", inc.ID, p.UpdatedAt, bare(raw))
	return nil
}

// within adds to an embedded item which incident it belongs to, so that it can
// be read by itself later.
func within(raw []byte, incident string) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil || len(fields["incident"]) > 0 {
		return raw
	}
	fields["incident"], _ = marshal(map[string]string{"id": incident, "type": "incident_reference"})
	out, err := marshal(fields)
	if err != nil {
		return raw
	}
	return out
}

// bare returns an incident's payload without what exports embed in it, which
// is kept item by item.
func bare(raw []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	n := len(fields)
	for _, name := range []string{"log_entries", "alerts", "notes"} {
		delete(fields, name)
	}
	if len(fields) == n {
		return raw
	}
	out, err := marshal(fields)
	if err != nil {
		return raw
	}
	return out
}

// page returns the batch's page for an incident, joined with what the incident
// says. Of two versions of an incident the newer one counts.
func (f *facts) page(inc *apiIncident) *opsreview.Page {
	said := inc.page(f.source)
	f.declare(inc, &said)
	if s := inc.Service; idOf(s) != "" && s.label() != "" {
		f.mentionService(s)
	}
	for _, r := range inc.people() {
		f.mention(r)
	}
	p, ok := f.pages[inc.ID]
	if !ok {
		f.pages[inc.ID] = &said
		return &said
	}
	if said.UpdatedAt.Before(p.UpdatedAt) || (said.UpdatedAt.Equal(p.UpdatedAt) && !p.CreatedAt.IsZero()) {
		fill(p, &said)
		return p
	}
	events := p.Events
	fill(&said, p)
	*p = said
	p.Events = events
	return p
}

// fill takes from other what p does not say.
func fill(p, other *opsreview.Page) {
	p.Number = cmp.Or(p.Number, other.Number)
	p.URL = cmp.Or(p.URL, other.URL)
	p.Title = cmp.Or(p.Title, other.Title)
	p.Service = cmp.Or(p.Service, other.Service)
	p.Policy = cmp.Or(p.Policy, other.Policy)
	p.Severity = cmp.Or(p.Severity, other.Severity)
	p.Runbook = cmp.Or(p.Runbook, other.Runbook)
	for _, k := range sortedKeys(other.Attributes) {
		attribute(p, k, other.Attributes[k])
	}
}

// mentioned returns the page for an incident of which only the ID is known.
func (f *facts) mentioned(id string) *opsreview.Page {
	if p, ok := f.pages[id]; ok {
		return p
	}
	p := &opsreview.Page{Ref: f.ref(id)}
	f.pages[id] = p
	return p
}

func (f *facts) alert(raw []byte, incident string) error {
	var a apiAlert
	if err := decode(raw, &a); err != nil {
		return err
	}
	id := cmp.Or(incident, idOf(a.Incident))
	if a.ID == "" || id == "" {
		return errors.New("the alert has no id or does not say which incident it belongs to")
	}
	a.describe(f.mentioned(id))
	f.keep("alert", a.ID, when(a.CreatedAt), raw)
	return nil
}

func (f *facts) note(raw []byte, incident string) error {
	var n apiNote
	if err := decode(raw, &n); err != nil {
		return err
	}
	id, at := cmp.Or(incident, idOf(n.Incident)), when(n.CreatedAt)
	switch {
	case id == "":
		return errors.New("the note does not say which incident it belongs to")
	case at.IsZero():
		return fmt.Errorf("created_at %q is not a time with an offset", clip(n.CreatedAt, 40))
	}
	ev := opsreview.Event{ID: noteID(at, idOf(n.User)), At: at, Kind: opsreview.Noted, Channel: noteChannel, Text: clip(n.Content, mostText)}
	if n.User != nil {
		ev.By = opsreview.Agent{Kind: opsreview.Person, ID: n.User.ID, Name: clip(n.User.label(), 200)}
		if strings.HasPrefix(n.User.Type, "bot") {
			ev.By = opsreview.Agent{Kind: opsreview.Automation, Name: ev.By.Name}
		}
	}
	if edited := when(n.UpdatedAt); edited.After(at.Add(time.Second)) {
		ev.At = edited
		ev.ID = fmt.Sprintf("%s:edited:%d", ev.ID, edited.Unix())
	}
	p := f.mentioned(id)
	p.Events = append(p.Events, ev)
	f.mention(n.User)
	if n.ID != "" {
		f.keep("note", n.ID, ev.At, within(raw, id))
	}
	return nil
}

// done returns the batch in a stable order and begins another.
func (f *facts) done() opsreview.Batch {
	b := f.batch
	known := map[string]bool{}
	for _, r := range b.Responders {
		known[r.ID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(f.people)) {
		if !known[id] {
			b.Responders = append(b.Responders, f.people[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.pages)) {
		b.Pages = append(b.Pages, *f.pages[id])
	}
	b.Shifts = joinShifts(b.Shifts)
	b.Raw = newestRaw(b.Raw)
	b.Incidents = f.declaredOnes()
	declared := f.declared
	*f = *newFacts(f.source, f.at)
	f.declared = declared
	return b
}

// newestRaw keeps the newest of the items that have one name: the incident
// comes with each of its entries.
func newestRaw(items []opsreview.RawItem) []opsreview.RawItem {
	at := map[string]int{}
	var out []opsreview.RawItem
	for _, it := range items {
		key := it.Type + "|" + it.ID
		i, ok := at[key]
		switch {
		case !ok:
			at[key] = len(out)
			out = append(out, it)
		case it.At.After(out[i].At):
			out[i] = it
		}
	}
	return out
}
