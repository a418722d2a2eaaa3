package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"
	"google.golang.org/grpc"

	"opsreview/policy"
	pb "opsreview/proto/opsreview/v1"
)

// triageAPI is what triage needs of the API while it runs.
type triageAPI interface {
	GetPage(context.Context, *pb.GetPageRequest, ...grpc.CallOption) (*pb.GetPageResponse, error)
	LabelPages(context.Context, *pb.LabelPagesRequest, ...grpc.CallOption) (*pb.LabelPagesResponse, error)
	UnlabelPages(context.Context, *pb.UnlabelPagesRequest, ...grpc.CallOption) (*pb.UnlabelPagesResponse, error)
}

// A triage is the state of one walk through pages. It changes with messages
// only: calls of the API are commands that end in one.
//
// Nothing is answered that is not on screen: keys that say something of a page
// count while that page is shown whole, and are dropped while a call is under
// way.
type triage struct {
	call   triageCaller
	newID  func() string
	skips  func(pages []string) error // remembers what was skipped; nil forgets it
	team   string
	window *pb.WindowSelector // in instants, so that it does not move while people think
	frame  frame
	keys   triageKeys
	style  style

	total    int32 // pages of the walk's window, labelled ones too
	labelled int32 // of those

	queue []*triageItem
	at    int                 // the item on screen; len(queue) at the end
	shown *pb.GetPageResponse // that item's page; nil until it has come
	step  triageStep
	retry tea.Cmd       // the write under way, or the failed one; nil if the page itself did not come
	done  []triageEntry // what undo takes back, the last first
	bulk  *triageBulk   // what is asked of a whole monitor
	input string

	status        string
	bad           bool // status is an error
	leaving       bool // quit when the call under way has ended
	warned        bool // that leaving loses a draft
	scroll        int
	width, height int

	answered, skipped int // in this walk, for its last words
}

// A triageItem is one page of the walk.
type triageItem struct {
	page     *pb.Page
	labelled bool
	skipped  bool
	draft    triageDraft
}

// A triageDraft is what goes with the answer to come.
type triageDraft struct {
	flags   []string // sorted
	note    string
	minutes int32
}

func (d triageDraft) empty() bool { return len(d.flags) == 0 && d.note == "" && d.minutes == 0 }

// label adds the draft to an answer; nil stays nil.
func (d triageDraft) label(answer *pb.Label, author string) *pb.Label {
	if answer == nil {
		return nil
	}
	return &pb.Label{
		Verdict: answer.GetVerdict(), Cause: answer.GetCause(), Flags: slices.Clone(d.flags),
		Note: d.note, Minutes: d.minutes, Author: author,
	}
}

// A triageEntry is something that undo can take back.
type triageEntry struct {
	item   *triageItem // where it happened
	pages  []string    // whose label it changed; empty for a skip
	before *pb.Label   // of the one page; nil if it had none
	given  *pb.Label
}

// A triageBulk is an answer to all unlabelled pages of a monitor.
type triageBulk struct {
	label *pb.Label
	pages []string
}

// A triageStep says what the keys mean.
type triageStep int

const (
	triageBrowse  triageStep = iota
	triageLoading            // the page is being read
	triageBusy               // something is being written
	triageFailed             // a call has failed
	triageNote               // a note is being typed
	triageMinutes            // minutes are being typed
	triageAll                // the next answer is for the whole monitor
	triageConfirm            // the number of pages is being confirmed
	triageHelp
)

// Init implements tea.Model.
func (m *triage) Init() tea.Cmd { return m.show(m.at) }

// item returns the item on screen, nil at the end.
func (m *triage) item() *triageItem {
	if m.at < len(m.queue) {
		return m.queue[m.at]
	}
	return nil
}

// Update implements tea.Model.
func (m *triage) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m, m.key(msg.String(), msg.Key().Text)
	case tea.PasteMsg:
		m.typed(msg.Content)
	case pageMsg:
		return m, m.pageCame(msg)
	case savedMsg:
		return m, m.saved(msg)
	case countedMsg:
		return m, m.counted(msg)
	case undoneMsg:
		return m, m.undone(msg)
	}
	return m, nil
}

// say shows a message until the next key.
func (m *triage) say(format string, args ...any) {
	m.status, m.bad = fmt.Sprintf(format, args...), false
}

// start runs a call that writes. The keys wait for it.
func (m *triage) start(what string, call tea.Cmd) tea.Cmd {
	m.step, m.retry = triageBusy, call
	m.say("%s…", what)
	return call
}

// fail shows why a call failed. The very same call can be sent again: its
// request id makes that harmless.
func (m *triage) fail(err error) tea.Cmd {
	m.step, m.leaving = triageFailed, false
	m.status, m.bad = clean(message(err)), true
	return nil
}

// show brings an item to the screen.
func (m *triage) show(at int) tea.Cmd {
	m.at, m.shown, m.scroll, m.step, m.warned = at, nil, 0, triageBrowse, false
	item := m.item()
	if item == nil {
		return nil
	}
	m.step, m.retry = triageLoading, nil
	return m.call.page(item.page.GetName())
}

// next brings the next unlabelled page to the screen.
func (m *triage) next() tea.Cmd {
	for at := m.at + 1; at < len(m.queue); at++ {
		if !m.queue[at].labelled {
			return m.show(at)
		}
	}
	return m.show(len(m.queue))
}

// pageCame shows a page that was asked for.
func (m *triage) pageCame(msg pageMsg) tea.Cmd {
	item := m.item()
	if item == nil || msg.name != item.page.GetName() || m.shown != nil {
		return nil
	}
	if msg.err != nil {
		return m.fail(msg.err)
	}
	m.shown, m.step = msg.page, triageBrowse
	if labelled := labelInForce(msg.page.GetPage()) != nil; labelled != item.labelled {
		m.count(item, labelled)
	}
	return nil
}

// leave quits if that was asked for while a call was under way.
func (m *triage) leave() tea.Cmd {
	if m.leaving {
		return tea.Quit
	}
	return nil
}

// count notes that a page has got, or lost, its label.
func (m *triage) count(item *triageItem, labelled bool) {
	if item.labelled == labelled {
		return
	}
	item.labelled = labelled
	if labelled {
		m.labelled++
	} else {
		m.labelled--
	}
}

// left is how many pages of the walk have no label.
func (m *triage) left() int {
	n := 0
	for _, item := range m.queue {
		if !item.labelled {
			n++
		}
	}
	return n
}

// key does what a key means at this step. The text is what it types.
func (m *triage) key(key, text string) tea.Cmd {
	switch {
	case key == "ctrl+c":
		return m.interrupt()
	case key == "ctrl+z":
		return tea.Suspend
	case m.tooSmall():
		if key == "q" {
			return m.quit()
		}
		return nil
	}
	switch m.step {
	case triageLoading:
		return m.loadingKey(key)
	case triageBusy:
		if key == "q" {
			m.leaving = true
		}
		return nil
	case triageFailed:
		return m.failedKey(key)
	case triageNote, triageMinutes:
		m.inputKey(key, text)
		return nil
	case triageAll:
		return m.allKey(key)
	case triageConfirm:
		return m.confirmKey(key)
	case triageHelp:
		if !m.scrollKey(key) {
			m.step, m.scroll = triageBrowse, 0
		}
		return nil
	}
	m.status, m.bad = "", false
	return m.browseKey(key)
}

// loadingKey is a key while a page is being read: one may move on, and leave.
func (m *triage) loadingKey(key string) tea.Cmd {
	switch {
	case key == "q":
		return m.quit()
	case key == "right":
		return m.show(m.at + 1)
	case key == "left" && m.at > 0:
		return m.show(m.at - 1)
	}
	return nil
}

// interrupt leaves, at the second time without waiting for an answer.
func (m *triage) interrupt() tea.Cmd {
	if m.step == triageBusy && !m.leaving {
		m.leaving = true
		return nil
	}
	return tea.Quit
}

// quit leaves, unless that would lose what was typed and nobody has been told.
func (m *triage) quit() tea.Cmd {
	if item := m.item(); item != nil && !item.labelled && !item.draft.empty() && !m.warned {
		m.warned = true
		m.say("flags, note and minutes are saved with an answer only: q again leaves")
		return nil
	}
	return tea.Quit
}

// browseKey is a key while a page, or the end, is on screen.
func (m *triage) browseKey(key string) tea.Cmd {
	if key != "q" {
		m.warned = false
	}
	switch key {
	case "q":
		return m.quit()
	case "u":
		return m.undo()
	case "?":
		m.step, m.scroll = triageHelp, 0
		return nil
	case "left":
		if m.at > 0 {
			return m.show(m.at - 1)
		}
		return nil
	}
	if m.shown == nil || m.scrollKey(key) {
		return nil
	}
	return m.pageKey(key)
}

// pageKey is a key that says something of the page on screen.
func (m *triage) pageKey(key string) tea.Cmd {
	item := m.item()
	switch key {
	case "right":
		return m.show(m.at + 1)
	case "s":
		return m.skip()
	case "n":
		m.step, m.input = triageNote, item.draft.note
		return nil
	case "m":
		m.step, m.input = triageMinutes, ""
		if item.draft.minutes > 0 {
			m.input = strconv.Itoa(int(item.draft.minutes))
		}
		return nil
	case "A":
		if m.shown.GetPage().GetMonitor() == "" {
			m.say("it is not known which monitor sent this page")
			return nil
		}
		m.step = triageAll
		return nil
	case "y":
		if m.suggested() == nil {
			m.say("there is no suggestion to accept")
			return nil
		}
	}
	if flag := m.keys.flag(key); flag != "" {
		item.draft.toggle(flag)
		return nil
	}
	if label := m.label(key); label != nil {
		return m.save(label)
	}
	if len(key) == 1 {
		m.say("%s means nothing here: ? shows the keys", key)
	}
	return nil
}

// label returns what a key says of the page on screen, nil if it is no answer.
// The note of a suggestion that is accepted says so, as with page label: it is
// no proof that the rule is right.
func (m *triage) label(key string) *pb.Label {
	draft := m.item().draft
	if key != "y" {
		return draft.label(m.keys.answer(key), m.call.author)
	}
	label := draft.label(m.suggested(), m.call.author)
	if label != nil {
		label.Note = policy.AcceptedNote(m.shown.GetPage().GetSuggestion().GetRule(), label.GetNote())
	}
	return label
}

// suggested returns the suggestion on screen as an answer, nil if there is
// none. What is accepted is what was read, whatever the rules say by now.
func (m *triage) suggested() *pb.Label {
	s := m.shown.GetPage().GetSuggestion()
	if s.GetVerdict() == pb.Verdict_VERDICT_UNSPECIFIED {
		return nil
	}
	return &pb.Label{Verdict: s.GetVerdict(), Cause: s.GetCause()}
}

func (d *triageDraft) toggle(flag string) {
	if i := slices.Index(d.flags, flag); i >= 0 {
		d.flags = slices.Delete(d.flags, i, i+1)
		return
	}
	d.flags = append(d.flags, flag)
	slices.Sort(d.flags)
}

// triageTimeout is how long a call may take before it counts as failed.
const triageTimeout = 30 * time.Second
