package ingesttest

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"opsreview"
)

// savePage joins a page to what the store knows of it.
func (m *Memory) savePage(p opsreview.Page, saved *opsreview.Saved) {
	old, known := m.pages[p.ID]
	if !known {
		saved.Pages++
		old = opsreview.Page{Ref: p.Ref}
	}
	have := map[string]bool{}
	for _, e := range m.events[p.ID] {
		have[e.ID] = true
	}
	next := joinFields(old, p)
	all := m.events[p.ID]
	added := 0
	for _, e := range p.Events {
		if !have[e.ID] {
			have[e.ID] = true
			all = append(all, e)
			added++
		}
	}
	m.events[p.ID] = all
	next.Events = slices.Clone(all)
	next.Settle()
	saved.Events += added
	if known && (added > 0 || !reflect.DeepEqual(next, old)) {
		saved.Updated++
	}
	m.pages[p.ID] = next
}

// joinFields returns old with what p says of the page itself: a version that
// is not older wins where it says something, and a mention fills what is empty.
func joinFields(old, p opsreview.Page) opsreview.Page {
	first, second := old, p
	if !p.UpdatedAt.IsZero() && !p.UpdatedAt.Before(old.UpdatedAt) {
		first, second = p, old
	}
	out := first
	out.Number = cmp.Or(first.Number, second.Number)
	out.URL = cmp.Or(first.URL, second.URL)
	out.Title = cmp.Or(first.Title, second.Title)
	out.Policy = cmp.Or(first.Policy, second.Policy)
	out.Service = cmp.Or(first.Service, second.Service)
	out.Urgency = cmp.Or(first.Urgency, second.Urgency)
	out.Priority = cmp.Or(first.Priority, second.Priority)
	out.Severity = cmp.Or(first.Severity, second.Severity)
	out.Runbook = cmp.Or(first.Runbook, second.Runbook)
	out.MergedInto = cmp.Or(first.MergedInto, second.MergedInto)
	out.Reported = cmp.Or(first.Reported, second.Reported)
	if out.CreatedAt.IsZero() {
		out.CreatedAt = second.CreatedAt
	}
	if out.UpdatedAt.IsZero() {
		out.UpdatedAt = second.UpdatedAt
	}
	attributes := maps.Clone(second.Attributes)
	for k, v := range first.Attributes {
		if attributes == nil {
			attributes = map[string]string{}
		}
		attributes[k] = v
	}
	out.Attributes = attributes
	return out
}

// checkBatch returns an error for a batch that breaks the contract of a
// source.
func checkBatch(source string, b opsreview.Batch) error {
	for _, p := range b.Pages {
		if p.Source != source || p.ID == "" {
			return fmt.Errorf("a page is named %q, which is not of source %q", p.Ref, source)
		}
		for _, e := range p.Events {
			if e.ID == "" || e.At.IsZero() || !e.Kind.Valid() {
				return fmt.Errorf("page %s has an event without ID, time or known kind: %+v", p.ID, e)
			}
		}
	}
	for _, r := range b.Responders {
		if r.Source != source || r.ID == "" {
			return fmt.Errorf("a responder is named %q, which is not of source %q", r.Ref, source)
		}
	}
	for _, s := range b.Shifts {
		if s.Responder.Source != source || s.Start.IsZero() || (!s.End.IsZero() && !s.Start.Before(s.End)) {
			return fmt.Errorf("a shift is broken: %+v", s)
		}
	}
	for _, r := range b.Raw {
		if r.ID == "" || r.Type == "" || r.At.IsZero() {
			return fmt.Errorf("a raw item has no name or time: %q %q", r.Type, r.ID)
		}
	}
	for _, r := range b.Rejects {
		if r.ID == "" || r.Reason == "" {
			return fmt.Errorf("a reject has no name or reason: %+v", r)
		}
	}
	for _, w := range b.Suspect {
		if err := w.Validate(); err != nil || w.Reason == "" {
			return fmt.Errorf("a suspect window is broken: %+v", w)
		}
	}
	return nil
}
