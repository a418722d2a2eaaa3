package pagerduty

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"opsreview"
)

// kinds are the log entry types that mean something here. The types marked as
// seen are not in the vendor's list but in several public code bases
// (notes on log entry types, §2.4).
var kinds = map[string]opsreview.EventKind{
	"trigger":                   opsreview.Triggered,
	"notify":                    opsreview.Notified,
	"assign":                    opsreview.Assigned,
	"reassign":                  opsreview.Reassigned, // seen
	"delegate":                  opsreview.Reassigned,
	"escalate":                  opsreview.Escalated,
	"acknowledge":               opsreview.Acknowledged,
	"acknowledgement":           opsreview.Acknowledged, // a misprint of the vendor's schema
	"unacknowledge":             opsreview.Unacknowledged,
	"snooze":                    opsreview.Snoozed,
	"unsnooze":                  opsreview.Unsnoozed, // seen
	"annotate":                  opsreview.Noted,
	"urgency_change":            opsreview.Changed,
	"priority_change":           opsreview.Changed, // seen
	"field_value_change":        opsreview.Changed,
	"custom_field_value_change": opsreview.Changed,
	"responder_request":         opsreview.HelpRequested, // seen
	"resolve":                   opsreview.Resolved,
	"reopen":                    opsreview.Reopened,
}

// mergeSlack is how far a resolve entry's time may lie before the time at
// which the incident says that it was resolved.
const mergeSlack = 2 * time.Second

// mostText bounds the text of an event.
const mostText = 8 << 10

// event maps a log entry. inc is the entry's incident, as far as it is known.
func (e *apiLogEntry) event(names nameBook, inc *apiIncident) (opsreview.Event, error) {
	at := when(e.CreatedAt)
	switch {
	case e.ID == "":
		return opsreview.Event{}, errors.New("the log entry has no id")
	case at.IsZero():
		return opsreview.Event{}, fmt.Errorf("created_at %q is not a time with an offset", clip(e.CreatedAt, 40))
	case e.Type == "":
		return opsreview.Event{}, errors.New("the log entry has no type")
	}
	word := strings.TrimSuffix(strings.TrimSuffix(e.Type, "_reference"), "_log_entry")
	out := opsreview.Event{ID: e.ID, At: at, Kind: kinds[word], By: e.by(), Channel: e.through()}
	switch out.Kind {
	case "":
		out.Kind, out.Text = opsreview.Other, word
	case opsreview.Notified:
		out.By, out.Channel = opsreview.Agent{}, e.sentOver()
		out.Responders = e.notified(names)
	case opsreview.Assigned:
		if out.By.Kind == opsreview.Person || out.By.Kind == opsreview.Automation {
			out.Kind = opsreview.Reassigned
		}
		out.Responders = e.assigned(names)
	case opsreview.Escalated, opsreview.Reassigned:
		out.Responders = e.assigned(names)
		out.Text = labelOf(e.Policy)
	case opsreview.Acknowledged:
		if e.Timeout > 0 && e.Timeout < 1e7 {
			out.Until = at.Add(time.Duration(e.Timeout) * time.Second)
		}
	case opsreview.Snoozed:
		out.Until = e.until()
	case opsreview.Noted:
		out.Text = e.noteText()
		if out.Text != "" {
			out.ID, out.Channel = noteID(at, out.By.ID), noteChannel
		}
	case opsreview.Changed:
		out.Text = e.change(word)
	case opsreview.HelpRequested:
		out.Responders = e.asked()
	case opsreview.Resolved:
		out.Text = e.Note
		if inc.mergedAt(at) {
			out.Kind, out.Text = opsreview.Merged, idOf(inc.ResolveReason.Incident)
		}
	}
	out.Text = clip(out.Text, mostText)
	return out, nil
}

// noteChannel is the channel of all notes: the note itself does not say through
// what it was written.
const noteChannel = "note"

// noteID names a note by its time and author, so that the log entry of a note
// and the note itself are one event.
func noteID(at time.Time, author string) string {
	return fmt.Sprintf("note:%d:%s", at.Unix(), author)
}

// mergedAt reports whether the incident ended at that time by being merged
// into another. The person who merged is the agent of the resolve entry, which
// must not be read as a repair. An earlier resolution of an incident that was
// reopened and merged later is no merge.
func (i *apiIncident) mergedAt(at time.Time) bool {
	if i == nil || i.ResolveReason == nil || i.ResolveReason.Type != "merge_resolve_reason" {
		return false
	}
	end := i.ended()
	return end.IsZero() || !at.Before(end.Add(-mergeSlack))
}

func (i *apiIncident) ended() time.Time {
	if i.Status != string(opsreview.Finished) {
		return time.Time{}
	}
	if t := when(i.ResolvedAt); !t.IsZero() {
		return t
	}
	return when(i.ChangedAt)
}

// by says who acted: the agent's type and the channel together tell a person
// from a program with a person's token, the monitoring tool and PagerDuty's own
// clock.
func (e *apiLogEntry) by() opsreview.Agent {
	channel := ""
	if e.Channel != nil {
		channel = e.Channel.Type
	}
	timer := channel == "timeout" || channel == "auto"
	if e.Agent == nil || (e.Agent.Type == "" && e.Agent.ID == "") {
		if timer {
			return opsreview.Agent{Kind: opsreview.Timer}
		}
		return opsreview.Agent{}
	}
	a := opsreview.Agent{Name: clip(e.Agent.label(), 200)}
	kind := strings.TrimSuffix(e.Agent.Type, "_reference")
	switch {
	case kind == "user" && channel == "api":
		a.Kind, a.ID = opsreview.Automation, e.Agent.ID
	case kind == "user":
		a.Kind, a.ID = opsreview.Person, e.Agent.ID
	case timer:
		a.Kind = opsreview.Timer
	case kind == "bot_user" || strings.Contains(kind, "workflow") || strings.Contains(kind, "event_rule"):
		a.Kind = opsreview.Automation
	case strings.HasSuffix(kind, "service") || strings.HasSuffix(kind, "integration"):
		a.Kind = opsreview.Integration
	}
	return a
}

func (e *apiLogEntry) through() opsreview.Channel {
	if e.Channel == nil {
		return ""
	}
	return opsreview.Channel(clip(strings.ToLower(e.Channel.Type), 32))
}

var (
	notifiedForm = regexp.MustCompile(`^Notified (.+) (?:by|via|through) ([^.]+?)\.?$`)
	assignedForm = regexp.MustCompile(`^(?:Assigned|Escalated|Reassigned|Delegated) to (.+?)(?: (?:by|through|via) [^,]+?)?\.?$`)
)

// sentOver says over which channel a notification went. Some answers have it
// in the summary only.
func (e *apiLogEntry) sentOver() opsreview.Channel {
	if e.Channel != nil && e.Channel.Notification != nil && e.Channel.Notification.Type != "" {
		return channelOf(e.Channel.Notification.Type)
	}
	if m := notifiedForm.FindStringSubmatch(e.Summary); m != nil {
		return channelOf(m[2])
	}
	return ""
}

// channelOf reads a vendor's word for a way to reach people. A word it does not
// know is kept.
func channelOf(word string) opsreview.Channel {
	word = strings.ToLower(strings.TrimSpace(word))
	switch {
	case strings.Contains(word, "email") || strings.Contains(word, "e-mail"):
		return opsreview.Email
	case strings.Contains(word, "sms") || strings.Contains(word, "text message"):
		return opsreview.SMS
	case strings.Contains(word, "push"):
		return opsreview.Push
	case strings.Contains(word, "phone") || strings.Contains(word, "voice"):
		return opsreview.Phone
	case strings.Contains(word, "slack") || strings.Contains(word, "teams") ||
		strings.Contains(word, "chat") || strings.Contains(word, "whatsapp"):
		return opsreview.Chat
	}
	return opsreview.Channel(clip(word, 32))
}

// notified returns whom a notification went to.
func (e *apiLogEntry) notified(names nameBook) []string {
	if id := idOf(e.User); id != "" {
		return []string{id}
	}
	if m := notifiedForm.FindStringSubmatch(e.Summary); m != nil {
		return names.find(m[1])
	}
	return nil
}

// assigned returns whom an entry makes the page the demand of.
func (e *apiLogEntry) assigned(names nameBook) []string {
	var ids []string
	for i := range e.Assignees {
		if id := e.Assignees[i].ID; id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		return ids
	}
	if m := assignedForm.FindStringSubmatch(e.Summary); m != nil {
		return names.find(m[1])
	}
	return nil
}

// asked returns the people who were asked to join.
func (e *apiLogEntry) asked() []string {
	var ids []string
	for _, t := range e.Targets {
		if t.Target != nil && strings.HasPrefix(t.Target.Type, "user") && t.Target.ID != "" {
			ids = append(ids, t.Target.ID)
		}
	}
	for _, r := range e.Responders {
		if r.ID != "" {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// until returns the end of a snooze: the time at which the acknowledgement was
// set to run out.
func (e *apiLogEntry) until() time.Time {
	var last time.Time
	for _, a := range e.Actions {
		if t := when(a.At); a.Type == "unacknowledge" && t.After(last) {
			last = t
		}
	}
	return last
}

func (e *apiLogEntry) noteText() string {
	if e.Channel != nil && e.Channel.Summary != "" {
		return e.Channel.Summary
	}
	return e.Note
}

// change says what changed, as "urgency: low → high".
func (e *apiLogEntry) change(word string) string {
	what := strings.TrimSuffix(word, "_change")
	if c := e.Channel; c != nil {
		was := cmp.Or(labelOf(c.OldPriority), c.OldUrgency, c.Old)
		is := cmp.Or(labelOf(c.NewPriority), c.NewUrgency, c.New, e.Urgency)
		if was != "" || is != "" {
			return fmt.Sprintf("%s: %s → %s", what, cmp.Or(was, "none"), cmp.Or(is, "none"))
		}
	}
	return strings.TrimSpace(what + ": " + e.Summary)
}

// clip shortens s to at most n bytes without cutting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// A nameBook finds the ID that goes with a person's name, from the references
// of one payload. Two people of one name have no entry.
type nameBook map[string]string

func (b nameBook) add(r *apiRef) {
	if r == nil || r.ID == "" || r.label() == "" || !strings.HasPrefix(r.Type, "user") {
		return
	}
	if old, ok := b[r.label()]; ok && old != r.ID {
		b[r.label()] = ""
		return
	}
	b[r.label()] = r.ID
}

// find returns the IDs of the people whom text names.
func (b nameBook) find(text string) []string {
	if id := b[text]; id != "" {
		return []string{id}
	}
	parts := strings.FieldsFunc(strings.ReplaceAll(text, " and ", ","), func(r rune) bool { return r == ',' })
	var ids []string
	for _, p := range parts {
		if id := b[strings.TrimSpace(p)]; id != "" {
			ids = append(ids, id)
		}
	}
	if len(parts) > 1 && len(ids) == len(parts) {
		return ids
	}
	return []string{opsreview.NamedOnly + clip(text, 200)}
}
