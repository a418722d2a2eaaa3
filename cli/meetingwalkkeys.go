package cli

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	pb "opsreview/proto/opsreview/v1"
)

// jumpKeys are the keys of the sections where one is chosen.
const jumpKeys = "123456789ab"

// key does what a key means at this step. The text is what it types.
func (m *meetingWalk) key(key, text string) tea.Cmd {
	switch {
	case key == "ctrl+c":
		return m.interrupt()
	case key == "ctrl+z":
		return tea.Suspend
	case m.tooSmall():
		if key == "q" && m.step != walkTyping {
			return m.quit()
		}
		return nil
	}
	switch m.step {
	case walkBusy:
		if key == "q" {
			m.leaving = true
		}
		return nil
	case walkFailed:
		return m.failedKey(key)
	case walkTyping:
		return m.inputKey(key, text)
	case walkAsking:
		return m.askKey(key)
	case walkJump:
		m.step = walkBrowse
		if at := strings.Index(jumpKeys, key); at >= 0 && len(key) == 1 {
			return m.show(at)
		}
		return nil
	case walkHelp:
		if !m.scrollKey(key) {
			m.step, m.scroll = walkBrowse, 0
		}
		return nil
	}
	m.status, m.bad = "", false
	if m.scrollKey(key) {
		return nil
	}
	return m.browseKey(key)
}

// interrupt leaves. It asks once before what is being typed is lost, and at the
// second time it waits for no answer.
func (m *meetingWalk) interrupt() tea.Cmd {
	if m.step == walkTyping && m.form.typed() && !m.warned {
		m.warned = true
		m.say("not saved yet: enter goes on with it, ctrl+c again leaves without it")
		return nil
	}
	if (m.step == walkBusy || m.moving) && !m.leaving {
		m.leaving = true
		return nil
	}
	return tea.Quit
}

// quit leaves when the place has been saved.
func (m *meetingWalk) quit() tea.Cmd {
	m.leaving = true
	return m.leave()
}

// failedKey repeats the failed call, or gives it up.
func (m *meetingWalk) failedKey(key string) tea.Cmd {
	switch {
	case key == "q":
		return tea.Quit
	case key == "enter" && m.retry != nil:
		return m.start("trying again", m.retry)
	case key == "esc" && m.kept != nil: // what was typed is not lost
		m.form, m.step, m.kept = m.kept, walkTyping, nil
		m.status, m.bad = "", false
		return nil
	case key == "esc":
		m.status, m.bad = "", false
		return m.start("reading the review", m.call.read(m.resp.GetMeeting().GetId()))
	}
	return nil
}

// askKey does what was asked, at a yes.
func (m *meetingWalk) askKey(key string) tea.Cmd {
	ask := m.ask
	m.step, m.ask = walkBrowse, nil
	if key != "y" {
		m.say("nothing was done")
		return nil
	}
	return ask.do()
}

// browseKey is a key while a section is on screen.
func (m *meetingWalk) browseKey(key string) tea.Cmd {
	switch key {
	case "q":
		return m.quit()
	case "right", "tab":
		return m.show(m.at + 1)
	case "left", "shift+tab":
		return m.show(m.at - 1)
	case "down", "j":
		m.choose(1)
		return nil
	case "up", "k":
		m.choose(-1)
		return nil
	case "g":
		m.step, m.scroll = walkJump, 0
		return nil
	case "?":
		m.step, m.scroll = walkHelp, 0
		return nil
	case "u":
		return m.undo()
	case "r":
		return m.start("reading the review", m.call.read(m.resp.GetMeeting().GetId()))
	}
	return m.sayKey(key)
}

// sayKey is a key that says or decides something.
func (m *meetingWalk) sayKey(key string) tea.Cmd {
	meeting := m.resp.GetMeeting()
	switch key {
	case "n":
		m.askForItem(itemNote, m.section().GetId(), "note")
	case "W":
		m.askForItem(itemWin, "wins", "win")
	case "f":
		m.askForItem(itemFailure, "failures", "failure")
	case "d":
		m.askForItem(itemDemo, "demos", "demo")
	case "p":
		m.askForItem(itemAttended, "", "who is there")
	case "a":
		m.askForAction()
	case "w":
		m.askForWaiver()
	case "h":
		m.fill(&walkForm{fields: []walkField{{label: "who leads from here on"}}, do: func(_ string, v []string) tea.Cmd {
			return m.start("handing over", m.call.hand(meeting, v[0]))
		}})
	case "l":
		first := ""
		if p := m.pointAt(); p.GetKind() == "page" {
			first = p.GetSubject()
		}
		return m.start("reading the pages", m.call.label(meeting, first))
	case "t":
		return m.askForTicket()
	case "C":
		m.step = walkAsking
		m.ask = &walkAsk{text: "close this review, for ever", do: func() tea.Cmd {
			return m.start("closing", m.call.end(meeting.GetId(), m.newID()))
		}}
	default:
		if len(key) == 1 {
			m.say("%s means nothing here: ? shows the keys", key)
		}
	}
	return nil
}

// choose moves to another point of the section.
func (m *meetingWalk) choose(step int) {
	n := len(m.section().GetPoints())
	if n == 0 {
		m.scroll = max(0, min(m.scroll+step, m.furthest()))
		return
	}
	m.point = min(max(m.point+step, 0), n-1)
	m.reveal()
}

// askForTicket asks before the finding of the point on screen becomes a ticket.
func (m *meetingWalk) askForTicket() tea.Cmd {
	key := m.findingOf(m.pointAt())
	if key == "" {
		m.say("no finding stands for this point: action (a) writes down what to do")
		return nil
	}
	return m.start("planning", m.call.plan(m.resp.GetMeeting(), key))
}

// findingOf returns the key of the finding that a point is about, "" if there
// is none.
func (m *meetingWalk) findingOf(p *pb.AgendaPoint) string {
	if p.GetKind() == "finding" {
		return p.GetSubject()
	}
	limit, _, _ := strings.Cut(p.GetSubject(), ":")
	for _, f := range m.resp.GetAgenda().GetReview().GetFindings() {
		switch p.GetKind() {
		case "monitor":
			if f.GetMonitor() == p.GetSubject() {
				return f.GetKey()
			}
		case "breach":
			if f.GetKind() == "limit_breached" && (strings.HasSuffix(f.GetKey(), "|"+limit) || strings.HasSuffix(f.GetKey(), ":"+limit)) {
				return f.GetKey()
			}
		}
	}
	return ""
}

// planned asks whether what is planned is meant.
func (m *meetingWalk) planned(msg walkPlanMsg) tea.Cmd {
	if msg.err != nil {
		return m.fail(msg.err)
	}
	m.step = walkBrowse
	if len(msg.plan.steps) == 0 {
		m.say("the finding is not there any more: r reads the review again")
		return m.leave()
	}
	step := msg.plan.steps[0].GetStep()
	if !acts(step) {
		m.say("nothing to file: %s", bounded(orElse(msg.plan.steps[0].GetDetail(), step.GetReason())))
		return m.leave()
	}
	if m.leaving {
		return m.leave()
	}
	meeting := m.resp.GetMeeting()
	m.step = walkAsking
	m.ask = &walkAsk{text: stepWord(step) + " in " + bounded(msg.plan.tracker) + ": " + bounded(step.GetFinding().GetTitle()), do: func() tea.Cmd {
		return m.start("filing", m.call.ticket(meeting, msg.key))
	}}
	return nil
}

// pagesCame begins to label.
func (m *meetingWalk) pagesCame(msg walkPagesMsg) tea.Cmd {
	if msg.err != nil {
		return m.fail(msg.err)
	}
	m.step = walkBrowse
	if m.leaving {
		return m.leave()
	}
	if len(msg.triage.queue) == 0 {
		m.say("every page of the window has a label; on a page's own line l changes it")
		return nil
	}
	m.step, m.label = walkLabelling, msg.triage
	m.label.call.ctx = m.call.ctx // the one that they were read with has ended
	m.label.width, m.label.height = m.width, m.height
	return m.label.Init()
}

// A walkLabelledMsg ends the labelling of pages.
type walkLabelledMsg struct{}

// labelling hands a message to the walk through pages, until that is left.
func (m *meetingWalk) labelling(msg tea.Msg) tea.Cmd {
	if place, ok := msg.(walkPlaceMsg); ok {
		return m.placed(place)
	}
	if _, ok := msg.(walkLabelledMsg); !ok {
		_, cmd := m.label.Update(msg)
		if cmd == nil {
			return nil
		}
		return func() tea.Msg {
			out := cmd()
			if _, left := out.(tea.QuitMsg); left {
				return walkLabelledMsg{}
			}
			return out
		}
	}
	t := m.label
	m.label = nil
	for _, entry := range t.done {
		if len(entry.pages) > 0 {
			m.done = append(m.done, m.labelEntry(t, entry))
			m.said++
		}
	}
	cmd := m.start("reading the review", m.call.read(m.resp.GetMeeting().GetId()))
	return cmd
}

// labelEntry is a label that was given, for undo.
func (m *meetingWalk) labelEntry(t *triage, entry triageEntry) walkEntry {
	id, caller := m.newID(), t.call
	text := entry.what() + ": " + labelWords(entry.given)
	return walkEntry{text: text, undo: func() (string, error) {
		msg, _ := caller.undo(entry, id)().(undoneMsg)
		if msg.err == nil && len(msg.kept) > 0 {
			return plural(len(msg.kept), "page") + " labelled again by somebody since: left as it is", nil
		}
		return text, msg.err
	}}
}
