package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

// fakeMeetings keeps one review in memory, as the server does: what is said is
// written down once a request, and taken back.
type fakeMeetings struct {
	resp  *pb.GetMeetingResponse
	fail  error // what every call answers
	lose  bool  // the next write is done, and its answer lost
	seen  map[string]*pb.MeetingItem
	log   []string
	filed []string
}

func (f *fakeMeetings) answer() error {
	if f.lose {
		f.lose = false
		return opsreview.Errorf(opsreview.Unavailable, "the answer was lost")
	}
	return f.fail
}

// GetMeeting implements meetingAPI.
func (f *fakeMeetings) GetMeeting(context.Context, *pb.GetMeetingRequest, ...grpc.CallOption) (*pb.GetMeetingResponse, error) {
	return proto.CloneOf(f.resp), f.fail
}

// UpdateMeeting implements meetingAPI.
func (f *fakeMeetings) UpdateMeeting(_ context.Context, req *pb.UpdateMeetingRequest, _ ...grpc.CallOption) (*pb.UpdateMeetingResponse, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	if req.GetSection() != "" {
		f.resp.Meeting.Section = req.GetSection()
		f.log = append(f.log, "at "+req.GetSection())
	}
	if req.GetFacilitator() != "" {
		f.resp.Meeting.Facilitator = req.GetFacilitator()
		f.log = append(f.log, req.GetFacilitator()+" leads")
	}
	return &pb.UpdateMeetingResponse{Meeting: proto.CloneOf(f.resp.GetMeeting())}, nil
}

// AddItem implements meetingAPI.
func (f *fakeMeetings) AddItem(_ context.Context, req *pb.AddItemRequest, _ ...grpc.CallOption) (*pb.AddItemResponse, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	if req.GetItem().GetDue() == "nonsense" {
		return nil, opsreview.Errorf(opsreview.Invalid, "nonsense is not an end")
	}
	if _, ok := f.seen[req.GetRequestId()]; !ok {
		i := proto.CloneOf(req.GetItem())
		i.Id = fmt.Sprintf("i-%d", len(f.seen)+1)
		f.seen[req.GetRequestId()] = i
		f.resp.Agenda.Items = append(f.resp.Agenda.Items, i)
		f.log = append(f.log, strings.TrimSpace(strings.Join([]string{i.GetKind(), i.GetSection(), i.GetSubject(), i.GetText(), i.GetOwner(), i.GetDue(), i.GetTicket()}, " ")))
	}
	return &pb.AddItemResponse{Item: f.seen[req.GetRequestId()]}, f.answer()
}

// ChangeItem implements meetingAPI.
func (f *fakeMeetings) ChangeItem(_ context.Context, req *pb.ChangeItemRequest, _ ...grpc.CallOption) (*pb.ChangeItemResponse, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	f.log = append(f.log, "take back "+req.GetId())
	return &pb.ChangeItemResponse{}, nil
}

// CreateWaiver implements meetingAPI.
func (f *fakeMeetings) CreateWaiver(_ context.Context, req *pb.CreateWaiverRequest, _ ...grpc.CallOption) (*pb.CreateWaiverResponse, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	f.log = append(f.log, strings.Join([]string{"waive", req.GetKind(), req.GetSubject(), req.GetOwner(), req.GetReason(), req.GetExpires()}, " "))
	w := &pb.Waiver{Id: "w-1", Kind: req.GetKind(), Subject: req.GetSubject(), ExpireTime: timestamppb.New(time.Unix(1e9, 0))}
	return &pb.CreateWaiverResponse{Waiver: w}, f.answer()
}

// WithdrawWaiver implements meetingAPI.
func (f *fakeMeetings) WithdrawWaiver(_ context.Context, req *pb.WithdrawWaiverRequest, _ ...grpc.CallOption) (*pb.WithdrawWaiverResponse, error) {
	f.log = append(f.log, "take back "+req.GetId())
	return &pb.WithdrawWaiverResponse{}, f.fail
}

// CloseMeeting implements meetingAPI.
func (f *fakeMeetings) CloseMeeting(context.Context, *pb.CloseMeetingRequest, ...grpc.CallOption) (*pb.CloseMeetingResponse, error) {
	closed := len(f.resp.GetAgenda().GetOpen()) == 0
	return &pb.CloseMeetingResponse{Closed: closed, Meeting: f.resp.GetMeeting(), Open: f.resp.GetAgenda().GetOpen()}, f.fail
}

func (f *fakeMeetings) file(_ context.Context, req *pb.FileTicketsRequest) (*filing, error) {
	step := &pb.TicketStep{Action: pb.TicketAction_TICKET_ACTION_CREATE, Finding: &pb.Finding{Key: req.GetOnly()[0], Title: "Noisy"}}
	msg := &pb.FileTicketsResponse{Step: step, Outcome: didPlanned, Tracker: "markdown/t"}
	if !req.GetValidateOnly() {
		f.filed = append(f.filed, req.GetOnly()[0])
		msg.Outcome, msg.Ticket = didDone, &pb.Ticket{Key: "OPS-1"}
	}
	return &filing{tracker: "markdown/t", steps: []*pb.FileTicketsResponse{msg}}, f.fail
}

// A meetingTour is a walk without a terminal.
type meetingTour struct {
	t    *testing.T
	m    *meetingWalk
	api  *fakeMeetings
	quit bool
}

func newMeetingTour(t *testing.T) *meetingTour {
	t.Helper()
	sections := []*pb.AgendaSection{
		{Id: "carried_over", Title: "Carried over", Summary: "nothing"},
		{Id: "pages", Title: "Pages", Summary: "3 pages", Open: 2, Lines: []string{"Disk: 3 pages"}, Points: []*pb.AgendaPoint{
			{Kind: "page", Subject: "pd/1", Title: "Disk \x1b[2J", Text: "nobody has labelled it", Open: true},
			{Kind: "monitor", Subject: "m-1", Title: "Queue", Text: "2 pages were not actionable", Open: true},
			{Kind: "finding", Subject: "noisy_monitor:m-2", Title: "Noisy", Text: "no ticket"},
		}},
		{Id: "load", Title: "Load", Summary: "nobody"},
		{Id: "actions", Title: "Actions", Summary: "none yet"},
	}
	f := &fakeMeetings{seen: map[string]*pb.MeetingItem{}, resp: &pb.GetMeetingResponse{
		Meeting: &pb.Meeting{Id: "secrets/2026-W44", Team: "secrets", Week: "2026-W44", State: meetingIsOpen, Facilitator: "Ada", Section: "pages"},
		Agenda: &pb.Agenda{
			Sections: sections, Open: []*pb.OpenPoint{{Kind: "page", Subject: "pd/1"}, {Kind: "monitor", Subject: "m-1"}},
			Review: &pb.Review{Findings: []*pb.Finding{{Key: "noisy_monitor:m-1", Kind: "noisy_monitor", Monitor: "m-1"}}},
		},
	}}
	tour := &meetingTour{t: t, api: f, m: newMeetingWalk(proto.CloneOf(f.resp))}
	ids := 0
	tour.m.newID = func() string { ids++; return fmt.Sprintf("walk-%d", ids) }
	tour.m.width, tour.m.height = 80, 24
	tour.m.call = walkCaller{
		ctx: t.Context, api: f, author: "me", file: f.file,
		pages: func(context.Context, *pb.Meeting, string) (*triage, error) { return newWalk(t).m, f.fail },
	}
	tour.run(tour.m.Init())
	return tour
}

func (w *meetingTour) run(cmd tea.Cmd) {
	for cmd != nil {
		msg := cmd()
		if _, ok := msg.(tea.QuitMsg); ok {
			w.quit = true
			return
		}
		_, cmd = w.m.Update(msg)
	}
}

// press presses keys, types texts that begin with a quote, or lets something
// happen: "!name".
func (w *meetingTour) press(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		switch {
		case key == "!server goes":
			w.api.fail = opsreview.Errorf(opsreview.Unavailable, "no server answers")
			continue
		case key == "!server comes":
			w.api.fail = nil
			continue
		case key == "!answer is lost":
			w.api.lose = true
			continue
		case key == "!all is settled":
			w.api.resp.Agenda.Open = nil
			continue
		case strings.HasPrefix(key, "'"):
			_, cmd := w.m.Update(tea.PasteMsg{Content: key[1:]})
			w.run(cmd)
			key = "enter"
		}
		msg, ok := namedKeys[key]
		if !ok {
			msg = tea.KeyPressMsg{Code: []rune(key)[0], Text: key}
		}
		_, cmd := w.m.Update(msg)
		w.run(cmd)
	}
}

func TestMeetingWalk(t *testing.T) {
	tests := map[string]struct {
		keys   []string
		log    []string // what the server was told
		filed  []string
		status string // part of the last line
		at     string // the section on screen
		quit   bool
	}{
		"it begins where it was left":            {at: "pages"},
		"the next section is saved as the place": {keys: []string{"right"}, log: []string{"at load"}, at: "load"},
		"before the first and after the last there is nothing": {
			keys: []string{"left", "left", "left", "right", "right", "right", "right"}, log: []string{"at carried_over", "at pages", "at load", "at actions"}, at: "actions",
		},
		"g and a key jump":             {keys: []string{"g", "4"}, log: []string{"at actions"}, at: "actions"},
		"g and another key stay":       {keys: []string{"g", "q"}, at: "pages"},
		"a note is about the point":    {keys: []string{"n", "'it was the disk"}, log: []string{"note pages pd/1 it was the disk"}, at: "pages", status: "note written down: it was the disk; u takes it back"},
		"the arrows choose the point":  {keys: []string{"down", "n", "'why"}, log: []string{"note pages m-1 why"}, at: "pages"},
		"a win is about nothing":       {keys: []string{"W", "'quiet"}, log: []string{"win wins  quiet"}, at: "pages"},
		"an empty note is not written": {keys: []string{"n", "enter"}, at: "pages", status: "cannot be empty"},
		"escape drops what was typed":  {keys: []string{"n", "x", "esc"}, at: "pages", status: "nothing was written down"},
		"undo takes back what was said last": {
			keys: []string{"n", "'a", "f", "'b", "u"}, log: []string{"note pages pd/1 a", "failure failures  b", "take back i-2"}, at: "pages", status: "taken back: failure: b",
		},
		"undo of nothing says so": {keys: []string{"u"}, at: "pages", status: "nothing to undo"},
		"an action asks who, when and which ticket": {
			keys: []string{"a", "'fix it", "'Ben", "'14d", "enter"}, log: []string{"action actions pd/1 fix it Ben 14d"}, at: "pages",
		},
		"what the server refuses can be typed again": {
			keys: []string{"a", "'fix it", "enter", "'nonsense", "enter", "esc", "enter", "enter", "ctrl+u", "'7d", "enter"}, log: []string{"action actions pd/1 fix it  7d"}, at: "pages",
		},
		"a waiver asks owner, reason and end": {
			keys: []string{"down", "w", "'Ben", "'next month", "'14d"}, log: []string{"waive monitor m-1 Ben next month 14d"}, at: "pages", status: "waived",
		},
		"a waiver is taken back": {
			keys: []string{"w", "'Ben", "'why not", "'14d", "u"}, log: []string{"waive page pd/1 Ben why not 14d", "take back w-1"}, at: "pages",
		},
		"a finding is not waived":   {keys: []string{"down", "down", "w"}, at: "pages", status: "only a page, a monitor"},
		"a finding is filed at yes": {keys: []string{"down", "down", "t", "y"}, filed: []string{"noisy_monitor:m-2"}, at: "pages", status: "created OPS-1"},
		"a monitor's finding too":   {keys: []string{"down", "t", "y"}, filed: []string{"noisy_monitor:m-1"}, at: "pages"},
		"and not at another key":    {keys: []string{"down", "t", "n"}, at: "pages", status: "nothing was done"},
		"a page has no finding":     {keys: []string{"t"}, at: "pages", status: "no finding stands for this point"},
		"a ticket is not undone":    {keys: []string{"down", "t", "y", "u"}, filed: []string{"noisy_monitor:m-1"}, at: "pages", status: "cannot be taken back here: created OPS-1"},
		"somebody else leads from here on, and back": {
			keys: []string{"h", "'Ben", "u"}, log: []string{"Ben leads", "Ada leads"}, at: "pages", status: "Ada leads again",
		},
		"a lost answer is asked for again, and said once": {
			keys: []string{"!answer is lost", "n", "'a", "enter"}, log: []string{"note pages pd/1 a"}, at: "pages", status: "note written down",
		},
		"what was typed survives a server that is away": {
			keys: []string{"!server goes", "n", "'a", "!server comes", "enter"}, log: []string{"note pages pd/1 a"}, at: "pages",
		},
		"closing asks, and says what is open": {keys: []string{"C", "y"}, at: "pages", status: "not closed: 2 open points"},
		"closing ends the walk":               {keys: []string{"!all is settled", "C", "y"}, at: "pages", quit: true},
		"closing at another key does nothing": {keys: []string{"!all is settled", "C", "x"}, at: "pages", status: "nothing was done"},
		"q leaves":                            {keys: []string{"q"}, at: "pages", quit: true},
		"ctrl+c leaves":                       {keys: []string{"ctrl+c"}, at: "pages", quit: true},
		"ctrl+c asks once before a text is lost": {
			keys: []string{"n", "x", "ctrl+c"}, at: "pages", status: "not saved yet",
		},
		"ctrl+c again leaves": {keys: []string{"n", "x", "ctrl+c", "ctrl+c"}, at: "pages", quit: true},
		"after the question typing goes on": {
			keys: []string{"n", "x", "ctrl+c", "y", "enter"}, log: []string{"note pages pd/1 xy"}, at: "pages",
		},
		"text that is pasted decides nothing": {keys: []string{"r", "'lCyq"}, at: "pages"},
		"a key that means nothing says so":    {keys: []string{"z"}, at: "pages", status: "z means nothing here"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newMeetingTour(t)
			w.press(tt.keys...)
			if diff := cmp.Diff(tt.log, w.api.log); diff != "" {
				t.Errorf("told the server (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.filed, w.api.filed); diff != "" {
				t.Errorf("filed (-want +got):\n%s", diff)
			}
			if got := ansi.Strip(w.m.statusLine()); !strings.Contains(got, tt.status) {
				t.Errorf("the last line is %q, want %q in it", got, tt.status)
			}
			if got := w.m.section().GetId(); got != tt.at {
				t.Errorf("on screen is %q, want %q", got, tt.at)
			}
			if w.quit != tt.quit {
				t.Errorf("left: %v, want %v", w.quit, tt.quit)
			}
		})
	}
}

// TestMeetingWalk_Labels labels within a walk, comes back, and takes the label
// back from there.
func TestMeetingWalk_Labels(t *testing.T) {
	w := newMeetingTour(t)
	w.press("l")
	if w.m.label == nil {
		t.Fatal("l does not begin to label")
	}
	pages, _ := w.m.label.call.api.(*fakePages)
	w.press("d", "q")
	if diff := cmp.Diff([]string{"p1 me: not actionable, duplicate"}, pages.labels()); diff != "" || w.m.label != nil || w.quit {
		t.Fatalf("labels (-want +got):\n%s\nstill labelling: %v, left: %v", diff, w.m.label != nil, w.quit)
	}
	w.press("u")
	if got := pages.labels(); len(got) != 0 {
		t.Errorf("after undo there are the labels %q", got)
	}
	if !strings.Contains(w.m.status, "taken back: p1: not actionable, duplicate") {
		t.Errorf("the last line is %q", w.m.status)
	}
}

// TestMeetingWalk_Screens draws every step at several sizes: no line is wider
// than the screen, there are as many as it has rows, and no stranger's text
// steers the terminal.
func TestMeetingWalk_Screens(t *testing.T) {
	for _, size := range [][2]int{{60, 20}, {80, 24}, {200, 50}} {
		for _, keys := range [][]string{nil, {"?"}, {"g"}, {"n", "x"}, {"C"}, {"down", "down"}, {"right"}, {"pgdown"}} {
			w := newMeetingTour(t)
			w.m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			w.press(keys...)
			screen := w.m.screen()
			if len(screen) != size[1] {
				t.Errorf("%v after %q: %d lines", size, keys, len(screen))
			}
			if i := slices.IndexFunc(screen, func(line string) bool { return ansi.StringWidth(line) > size[0] }); i >= 0 {
				t.Errorf("%v after %q: line %d is too wide: %s", size, keys, i, screen[i])
			}
			if strings.Contains(strings.Join(screen, ""), "\x1b[2J") {
				t.Errorf("%v after %q: a title steers the terminal", size, keys)
			}
		}
	}
}
