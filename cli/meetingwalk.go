package cli

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	pb "opsreview/proto/opsreview/v1"
)

// A meetingWalk is the state of one walk through a review. It changes with
// messages only: calls of the API are commands that end in one. What is said is
// saved before anything else can be said.
type meetingWalk struct {
	call  walkCaller
	newID func() string
	style style

	resp  *pb.GetMeetingResponse
	at    int // the section on screen
	point int // the point that keys are about; -1 if the section has none

	step  walkStep
	retry tea.Cmd     // the write under way, or the failed one
	form  *walkForm   // what is being asked, one line after another
	kept  *walkForm   // what was asked last, until it is saved
	ask   *walkAsk    // what is waited for a yes
	done  []walkEntry // what undo takes back, the last first
	label *triage     // the walk through pages, while they are labelled

	place   string // the section that is saved as the walk's
	moving  bool   // the place is being saved
	leaving bool   // quit when the call under way has ended
	warned  bool   // that leaving loses what is being typed
	closed  bool

	status        string
	bad           bool
	scroll        int
	width, height int
	said          int
}

// A walkStep says what the keys mean.
type walkStep int

const (
	walkBrowse walkStep = iota
	walkBusy            // something is being read or written
	walkFailed          // a call has failed
	walkTyping          // a line is being typed
	walkAsking          // a yes is waited for
	walkJump            // a section is being chosen
	walkHelp
	walkLabelling
)

// A walkEntry is something that was said or decided, and how it is taken back.
type walkEntry struct {
	text string
	undo func() (string, error) // nil if it cannot be, as text says
	idle bool                   // nothing was done, as text says
}

// A walkAsk is something that is done only after a yes.
type walkAsk struct {
	text string
	do   func() tea.Cmd
}

func newMeetingWalk(resp *pb.GetMeetingResponse) *meetingWalk {
	m := &meetingWalk{resp: resp, place: resp.GetMeeting().GetSection()}
	m.at = max(0, slices.IndexFunc(resp.GetAgenda().GetSections(), func(s *pb.AgendaSection) bool { return s.GetId() == m.place }))
	m.point = m.firstPoint()
	return m
}

// Init implements tea.Model.
func (m *meetingWalk) Init() tea.Cmd { return m.savePlace() }

// Update implements tea.Model.
func (m *meetingWalk) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if size, ok := msg.(tea.WindowSizeMsg); ok {
		m.width, m.height = size.Width, size.Height
	}
	if m.label != nil {
		return m, m.labelling(msg)
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m, m.key(msg.String(), msg.Key().Text)
	case tea.PasteMsg:
		m.typed(msg.Content)
	case walkPlaceMsg:
		return m, m.placed(msg)
	case walkWroteMsg:
		return m, m.wrote(msg)
	case walkPlanMsg:
		return m, m.planned(msg)
	case walkPagesMsg:
		return m, m.pagesCame(msg)
	case walkUndoneMsg:
		return m, m.undone(msg)
	case walkClosedMsg:
		return m, m.closedOrNot(msg)
	}
	return m, nil
}

func (m *meetingWalk) say(format string, args ...any) {
	m.status, m.bad = fmt.Sprintf(format, args...), false
}

// start runs a call. The keys wait for it.
func (m *meetingWalk) start(what string, call tea.Cmd) tea.Cmd {
	m.step, m.retry = walkBusy, call
	m.say("%s…", what)
	return call
}

// fail shows why a call failed. The very same call can be sent again: its
// request id makes that harmless.
func (m *meetingWalk) fail(err error) tea.Cmd {
	m.step, m.leaving = walkFailed, false
	m.status, m.bad = clean(message(err)), true
	return nil
}

// section returns the section on screen.
func (m *meetingWalk) section() *pb.AgendaSection {
	if all := m.resp.GetAgenda().GetSections(); m.at < len(all) {
		return all[m.at]
	}
	return nil
}

// pointAt returns the point that keys are about, nil for none.
func (m *meetingWalk) pointAt() *pb.AgendaPoint {
	if all := m.section().GetPoints(); m.point >= 0 && m.point < len(all) {
		return all[m.point]
	}
	return nil
}

// firstPoint is the first point of the section, which is an open one if there
// is one.
func (m *meetingWalk) firstPoint() int {
	if len(m.section().GetPoints()) == 0 {
		return -1
	}
	return 0
}

// show brings a section to the screen, and saves that the walk stands there.
func (m *meetingWalk) show(at int) tea.Cmd {
	if at < 0 || at >= len(m.resp.GetAgenda().GetSections()) {
		return nil
	}
	m.at, m.scroll, m.step = at, 0, walkBrowse
	m.point = m.firstPoint()
	return m.savePlace()
}

// savePlace saves where the walk stands: one call at a time, so that the last
// place is the one that stays.
func (m *meetingWalk) savePlace() tea.Cmd {
	id := m.section().GetId()
	if m.moving || id == m.place {
		return nil
	}
	m.moving = true
	return m.call.place(m.resp.GetMeeting().GetId(), id)
}

// placed takes note of a place that was saved. One that could not be is told,
// and tried again with the next.
func (m *meetingWalk) placed(msg walkPlaceMsg) tea.Cmd {
	m.moving, m.place = false, msg.section
	if msg.err != nil {
		m.status, m.bad = "where the walk stands was not saved: "+clean(message(msg.err)), true
	} else {
		m.resp.Meeting = msg.meeting
	}
	if cmd := m.savePlace(); cmd != nil {
		return cmd
	}
	return m.leave()
}

// leave quits if that was asked for while a call was under way.
func (m *meetingWalk) leave() tea.Cmd {
	if m.leaving && !m.moving && m.step != walkBusy {
		return tea.Quit
	}
	return nil
}

// reread takes an agenda that was read again, and stays at its section and
// point.
func (m *meetingWalk) reread(resp *pb.GetMeetingResponse) {
	if resp == nil {
		return
	}
	section, subject := m.section().GetId(), m.pointAt().GetSubject()
	m.resp = resp
	m.at = max(0, slices.IndexFunc(resp.GetAgenda().GetSections(), func(s *pb.AgendaSection) bool { return s.GetId() == section }))
	points := m.section().GetPoints()
	at := slices.IndexFunc(points, func(p *pb.AgendaPoint) bool { return p.GetSubject() == subject })
	if at < 0 {
		at = min(max(m.point, 0), len(points)-1)
	}
	m.point = at
}

// wrote takes note of something that was saved.
func (m *meetingWalk) wrote(msg walkWroteMsg) tea.Cmd {
	if msg.err != nil {
		return m.fail(msg.err)
	}
	m.step, m.kept = walkBrowse, nil
	m.reread(msg.resp)
	if msg.entry.text == "" {
		m.say("read again")
		return m.leave()
	}
	m.say("%s", msg.entry.text)
	if msg.entry.idle {
		return m.leave()
	}
	m.done = append(m.done, msg.entry)
	m.said++
	if msg.entry.undo != nil {
		m.say("%s; u takes it back", msg.entry.text)
	}
	return m.leave()
}

// undo takes back what was said or decided last.
func (m *meetingWalk) undo() tea.Cmd {
	if len(m.done) == 0 {
		m.say("there is nothing to undo in this walk; review status names what was said, and --withdraw takes it back")
		return nil
	}
	entry := m.done[len(m.done)-1]
	if entry.undo == nil {
		m.done = m.done[:len(m.done)-1]
		m.say("this cannot be taken back here: %s", entry.text)
		return nil
	}
	return m.start("undoing", m.call.undo(m.resp.GetMeeting().GetId(), entry))
}

func (m *meetingWalk) undone(msg walkUndoneMsg) tea.Cmd {
	if msg.err != nil {
		return m.fail(msg.err)
	}
	m.step, m.done = walkBrowse, m.done[:len(m.done)-1]
	m.said--
	m.reread(msg.resp)
	m.say("taken back: %s", msg.text)
	return m.leave()
}

// closedOrNot ends the walk with the review, or says what keeps it open.
func (m *meetingWalk) closedOrNot(msg walkClosedMsg) tea.Cmd {
	if msg.err != nil {
		return m.fail(msg.err)
	}
	m.step = walkBrowse
	if msg.resp.GetClosed() {
		m.closed = true
		m.resp.Meeting = msg.resp.GetMeeting()
		return tea.Quit
	}
	m.resp.Agenda.Open = msg.resp.GetOpen()
	m.say("not closed: %s; they are marked with !", plural(len(msg.resp.GetOpen()), "open point"))
	return m.leave()
}
