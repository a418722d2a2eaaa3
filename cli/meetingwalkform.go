package cli

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	pb "opsreview/proto/opsreview/v1"
)

// A walkForm asks for a few lines, one after another, and then does something
// with them.
type walkForm struct {
	id     string // of the request, so that giving the same form twice does it once
	fields []walkField
	at     int
	do     func(id string, values []string) tea.Cmd
}

// A walkField is one line of a form.
type walkField struct {
	label    string
	value    string
	optional bool
}

// typed reports whether leaving would lose something.
func (f *walkForm) typed() bool {
	return f.at > 0 || strings.TrimSpace(f.fields[0].value) != ""
}

// fill begins to ask.
func (m *meetingWalk) fill(f *walkForm) {
	f.id = m.newID()
	m.form, m.step, m.status, m.warned = f, walkTyping, "", false
}

// askForItem asks for the text of an item of a section. A note is about the
// point on screen, if there is one.
func (m *meetingWalk) askForItem(kind, section, label string) {
	subject := ""
	if kind == itemNote {
		subject = m.pointAt().GetSubject()
	}
	m.fill(&walkForm{fields: []walkField{{label: label}}, do: func(id string, v []string) tea.Cmd {
		return m.start("saving", m.call.add(&pb.AddItemRequest{
			Name: m.resp.GetMeeting().GetId(), RequestId: id,
			Item: &pb.MeetingItem{Kind: kind, Section: section, Subject: subject, Text: v[0], Author: m.call.author},
		}))
	}})
}

// askForAction asks for something to do. It is about the point on screen where
// that is something that can be done something about.
func (m *meetingWalk) askForAction() {
	subject := ""
	if p := m.pointAt(); p != nil && p.GetKind() != "action" {
		subject = p.GetSubject()
	}
	fields := []walkField{{label: "action"}, {label: "who does it", optional: true}, {label: "by when (a date, 14d)", optional: true}, {label: "its ticket's key", optional: true}}
	m.fill(&walkForm{fields: fields, do: func(id string, v []string) tea.Cmd {
		return m.start("saving", m.call.add(&pb.AddItemRequest{
			Name: m.resp.GetMeeting().GetId(), RequestId: id,
			Item: &pb.MeetingItem{Kind: itemAction, Section: "actions", Subject: subject, Text: v[0], Owner: v[1], Due: v[2], Ticket: v[3], Author: m.call.author},
		}))
	}})
}

// askForWaiver asks for what a waiver needs.
func (m *meetingWalk) askForWaiver() {
	p := m.pointAt()
	if p == nil || !slices.Contains(waiveKinds, p.GetKind()) {
		m.say("only a page, a monitor, a breach or an incident can be waived: choose one with the arrows")
		return
	}
	meeting := m.resp.GetMeeting()
	fields := []walkField{{label: "waive: who answers for it"}, {label: "waive: why"}, {label: "waive: until when (a date, 14d)"}}
	m.fill(&walkForm{fields: fields, do: func(id string, v []string) tea.Cmd {
		return m.start("waiving", m.call.waive(meeting.GetId(), &pb.CreateWaiverRequest{
			Team: meeting.GetTeam(), Kind: p.GetKind(), Subject: p.GetSubject(), Owner: v[0], Reason: v[1], Expires: v[2],
			Author: m.call.author, RequestId: id,
		}))
	}})
}

// inputKey edits the line that is being typed.
func (m *meetingWalk) inputKey(key, text string) tea.Cmd {
	f := m.form
	field := &f.fields[f.at]
	m.warned, m.status = false, ""
	switch key {
	case "esc":
		m.step, m.form = walkBrowse, nil
		m.say("nothing was written down")
	case "enter":
		return m.entered(field)
	case "backspace", "ctrl+h":
		if r := []rune(field.value); len(r) > 0 {
			field.value = string(r[:len(r)-1])
		}
	case "ctrl+u":
		field.value = ""
	case "ctrl+w":
		words := strings.TrimRight(field.value, " ")
		field.value = words[:strings.LastIndex(words, " ")+1]
	default:
		m.typed(text)
	}
	return nil
}

// typed adds text to the line that is being typed. Anywhere else a pasted text
// would be answers by accident, and is dropped.
func (m *meetingWalk) typed(text string) {
	if m.step != walkTyping {
		return
	}
	field := &m.form.fields[m.form.at]
	field.value, _ = firstRunes(field.value+clean(text), mostNote)
}

// entered goes on to the next line, or does what the form is for.
func (m *meetingWalk) entered(field *walkField) tea.Cmd {
	field.value = strings.TrimSpace(field.value)
	if field.value == "" && !field.optional {
		m.say("this cannot be empty; esc gives up")
		return nil
	}
	if m.form.at++; m.form.at < len(m.form.fields) {
		return nil
	}
	var values []string
	for _, f := range m.form.fields {
		values = append(values, f.value)
	}
	form := m.form
	form.at = 0
	m.step, m.form, m.kept = walkBrowse, nil, form
	return form.do(form.id, values)
}
