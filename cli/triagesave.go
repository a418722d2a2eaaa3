package cli

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"
	"google.golang.org/protobuf/proto"

	pb "opsreview/proto/opsreview/v1"
)

// A triageCaller makes commands that ask the API. It never changes, so that
// commands may run beside the model.
type triageCaller struct {
	ctx    func() context.Context
	api    triageAPI
	author string
}

// The messages in which commands end.
type (
	pageMsg struct {
		name string
		page *pb.GetPageResponse
		err  error
	}
	// A savedMsg has the page as it is afterwards, nil if that is not known.
	savedMsg struct {
		entry   triageEntry
		changed []string
		page    *pb.GetPageResponse
		err     error
	}
	countedMsg struct {
		pages []string
		err   error
	}
	// An undoneMsg names the pages that lost the label, and those that somebody
	// else has labelled since and that keep theirs.
	undoneMsg struct {
		entry        triageEntry
		undone, kept []string
		err          error
	}
)

func labelInForce(p *pb.Page) *pb.Label {
	if l := p.GetLabel(); l != nil && !l.GetWithdrawn() {
		return l
	}
	return nil
}

// sameLabel reports whether two labels say the same, whenever they were given.
func sameLabel(a, b *pb.Label) bool {
	if a == nil || b == nil {
		return a == b
	}
	a, b = proto.CloneOf(a), proto.CloneOf(b)
	a.LabelTime, b.LabelTime = nil, nil
	return proto.Equal(a, b)
}

// deadline bounds one call.
func (c triageCaller) deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.ctx(), triageTimeout)
}

// page asks for a page with its timeline.
func (c triageCaller) page(name string) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := c.deadline()
		defer cancel()
		resp, err := c.api.GetPage(ctx, &pb.GetPageRequest{Name: name})
		return pageMsg{name: name, page: resp, err: err}
	}
}

// label gives a label and reads the page on screen again, to know what is
// stored of it.
func (c triageCaller) label(req *pb.LabelPagesRequest, entry triageEntry) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := c.deadline()
		defer cancel()
		resp, err := c.api.LabelPages(ctx, req)
		if err != nil {
			return savedMsg{entry: entry, err: err}
		}
		page, err := c.api.GetPage(ctx, &pb.GetPageRequest{Name: entry.item.page.GetName()})
		if err != nil {
			page = nil // the label is saved all the same
		}
		return savedMsg{entry: entry, changed: resp.GetChanged(), page: page}
	}
}

// count asks which pages a label would change, and changes nothing.
func (c triageCaller) count(req *pb.LabelPagesRequest) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := c.deadline()
		defer cancel()
		resp, err := c.api.LabelPages(ctx, req)
		return countedMsg{pages: resp.GetChanged(), err: err}
	}
}

// undo takes an answer back where it is still in force: a page that somebody
// else has labelled since keeps that label.
func (c triageCaller) undo(entry triageEntry, id string) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := c.deadline()
		defer cancel()
		msg := undoneMsg{entry: entry}
		var ours []string
		for _, name := range entry.pages {
			resp, err := c.api.GetPage(ctx, &pb.GetPageRequest{Name: name})
			if err != nil {
				return undoneMsg{entry: entry, err: err}
			}
			switch now := labelInForce(resp.GetPage()); {
			case sameLabel(now, entry.given):
				ours = append(ours, name)
			case sameLabel(now, entry.before): // undone by a call whose answer was lost
				msg.undone = append(msg.undone, name)
			default:
				msg.kept = append(msg.kept, name)
			}
		}
		if len(ours) == 0 {
			return msg
		}
		msg.undone = append(msg.undone, ours...)
		msg.err = c.takeBack(ctx, ours, entry.before, id)
		return msg
	}
}

// takeBack withdraws labels, or gives the one before again in the words and the
// name of the person who gave it.
func (c triageCaller) takeBack(ctx context.Context, pages []string, before *pb.Label, id string) error {
	if before == nil {
		_, err := c.api.UnlabelPages(ctx, &pb.UnlabelPagesRequest{Pages: pages, Author: c.author, Note: "undone in triage", RequestId: id})
		return err
	}
	label := proto.CloneOf(before)
	label.LabelTime = nil
	_, err := c.api.LabelPages(ctx, &pb.LabelPagesRequest{Pages: pages, Label: label, RequestId: id})
	return err
}

// save gives the page on screen a label. A page that shows none is labelled
// only if it still has none: nobody else's answer is replaced unseen.
func (m *triage) save(label *pb.Label) tea.Cmd {
	before := labelInForce(m.shown.GetPage())
	name := m.item().page.GetName()
	req := &pb.LabelPagesRequest{Pages: []string{name}, Label: label, OnlyUnlabelled: before == nil, RequestId: m.newID()}
	return m.start("saving", m.call.label(req, triageEntry{item: m.item(), pages: []string{name}, before: before, given: label}))
}

// saved takes note of an answer that was saved, and goes on.
func (m *triage) saved(msg savedMsg) tea.Cmd {
	if msg.err != nil {
		return m.fail(msg.err)
	}
	if len(msg.changed) == 0 {
		return m.unsaved(msg)
	}
	entry := msg.entry
	entry.pages = msg.changed
	if l := labelInForce(msg.page.GetPage()); l != nil && slices.Contains(msg.changed, entry.item.page.GetName()) {
		entry.given = l
	}
	m.done = append(m.done, entry)
	m.mark(msg.changed, true)
	m.answered += len(msg.changed)
	m.say("%s: %s; u takes it back", entry.what(), labelWords(entry.given))
	if m.leaving {
		return tea.Quit
	}
	return m.next()
}

// unsaved says why an answer changed nothing: the page carries the same one, or
// somebody else was quicker.
func (m *triage) unsaved(msg savedMsg) tea.Cmd {
	m.step = triageBrowse
	if msg.page != nil {
		m.shown = msg.page
	}
	now := labelInForce(m.shown.GetPage())
	switch {
	case len(msg.entry.pages) != 1:
		m.say("nothing was labelled: every one of the pages has a label by now")
	case now == nil || sameLabel(now, msg.entry.given):
		m.say("the page carries this label already")
	default:
		m.count(m.item(), true)
		m.say("%s has labelled it meanwhile: answer again to replace that, s to go on", clean(now.GetAuthor()))
	}
	return m.leave()
}

// mark notes which pages have got, or lost, their labels. Pages of a monitor
// that are not part of the walk are not counted in it.
func (m *triage) mark(pages []string, labelled bool) {
	for _, item := range m.queue {
		if slices.Contains(pages, item.page.GetName()) {
			m.count(item, labelled)
		}
	}
}

// failedKey repeats the failed call, or gives it up.
func (m *triage) failedKey(key string) tea.Cmd {
	switch {
	case key == "q":
		return tea.Quit
	case key == "enter" && m.retry != nil:
		return m.start("trying again", m.retry)
	case key != "enter" && key != "esc":
		return nil
	}
	m.status, m.bad = "", false
	if key == "esc" && m.retry == nil {
		return m.show(m.at + 1)
	}
	return m.show(m.at) // whether it was saved or not is seen there
}

// allKey takes the answer for all unlabelled pages of the monitor, and asks how
// many they are.
func (m *triage) allKey(key string) tea.Cmd {
	label := m.label(key)
	if label == nil {
		m.step = triageBrowse
		m.say("nothing was labelled")
		return nil
	}
	m.bulk = &triageBulk{label: label}
	return m.start("counting", m.call.count(&pb.LabelPagesRequest{
		Monitor: m.shown.GetPage().GetMonitor(), Team: m.team, Window: m.window,
		Label: label, OnlyUnlabelled: true, ValidateOnly: true,
	}))
}

// counted asks whether that many pages are meant.
func (m *triage) counted(msg countedMsg) tea.Cmd {
	if msg.err != nil {
		return m.fail(msg.err)
	}
	if m.leaving {
		return tea.Quit
	}
	m.step, m.bulk.pages = triageConfirm, msg.pages
	if len(msg.pages) == 0 {
		m.step = triageBrowse
		m.say("this monitor has no unlabelled page in the window")
	}
	return nil
}

// confirmKey labels the pages that were counted, and no others.
func (m *triage) confirmKey(key string) tea.Cmd {
	if key != "y" {
		m.step = triageBrowse
		m.say("nothing was labelled")
		return nil
	}
	req := &pb.LabelPagesRequest{Pages: m.bulk.pages, Label: m.bulk.label, OnlyUnlabelled: true, RequestId: m.newID()}
	return m.start("saving", m.call.label(req, triageEntry{item: m.item(), pages: m.bulk.pages, given: m.bulk.label}))
}

// undo takes back what was done last.
func (m *triage) undo() tea.Cmd {
	if len(m.done) == 0 {
		m.say("there is nothing to undo in this run; page unlabel takes back older labels")
		return nil
	}
	entry := m.done[len(m.done)-1]
	if len(entry.pages) == 0 {
		m.done = m.done[:len(m.done)-1]
		entry.item.skipped = false
		m.remember()
		return m.back(entry, "skipped no more")
	}
	return m.start("undoing", m.call.undo(entry, m.newID()))
}

// undone takes note of an answer that was taken back, and shows its page.
func (m *triage) undone(msg undoneMsg) tea.Cmd {
	if msg.err != nil {
		return m.fail(msg.err)
	}
	m.done = m.done[:len(m.done)-1]
	if msg.entry.before == nil {
		m.mark(msg.undone, false)
	}
	m.answered -= len(msg.undone)
	if m.leaving {
		return tea.Quit
	}
	if len(msg.kept) > 0 {
		return m.back(msg.entry, plural(len(msg.kept), "page")+" labelled again by somebody since: left as it is")
	}
	return m.back(msg.entry, plural(len(msg.undone), "label")+" undone")
}

// back shows the page of an entry again.
func (m *triage) back(entry triageEntry, say string) tea.Cmd {
	cmd := m.show(max(0, slices.Index(m.queue, entry.item)))
	m.say("%s", say)
	return cmd
}
