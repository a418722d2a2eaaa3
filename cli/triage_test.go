package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"opsreview"
	"opsreview/policy"
	pb "opsreview/proto/opsreview/v1"
)

// fakePages keeps pages and their labels in memory, as the server does: whole
// requests, "only unlabelled", trials and repetitions.
type fakePages struct {
	pages map[string]*pb.Page
	order []string
	fail  error // what every call answers
	lose  bool  // the next write is done, and its answer lost
	seen  map[string][]string
	ids   []string // request ids of writes, in order
}

// GetPage implements triageAPI.
func (f *fakePages) GetPage(_ context.Context, req *pb.GetPageRequest, _ ...grpc.CallOption) (*pb.GetPageResponse, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	return &pb.GetPageResponse{Page: proto.CloneOf(f.pages[req.GetName()])}, nil
}

// LabelPages implements triageAPI.
func (f *fakePages) LabelPages(_ context.Context, req *pb.LabelPagesRequest, _ ...grpc.CallOption) (*pb.LabelPagesResponse, error) {
	names := req.GetPages()
	if m := req.GetMonitor(); m != "" {
		for _, name := range f.order {
			if f.pages[name].GetMonitor() == m {
				names = append(names, name)
			}
		}
	}
	changed, err := f.write(req.GetRequestId(), req.GetValidateOnly(), func() (changed []string) {
		for _, name := range names {
			p := f.pages[name]
			if (req.GetOnlyUnlabelled() && p.GetLabel() != nil) || sameLabel(p.GetLabel(), req.GetLabel()) {
				continue
			}
			if changed = append(changed, name); !req.GetValidateOnly() {
				p.Label = proto.CloneOf(req.GetLabel())
				p.Label.LabelTime = timestamppb.New(time.Unix(int64(len(f.ids)), 0))
			}
		}
		return changed
	})
	return &pb.LabelPagesResponse{Changed: changed}, err
}

// UnlabelPages implements triageAPI.
func (f *fakePages) UnlabelPages(_ context.Context, req *pb.UnlabelPagesRequest, _ ...grpc.CallOption) (*pb.UnlabelPagesResponse, error) {
	changed, err := f.write(req.GetRequestId(), false, func() []string {
		for _, name := range req.GetPages() {
			f.pages[name].Label = nil
		}
		return req.GetPages()
	})
	return &pb.UnlabelPagesResponse{Changed: changed}, err
}

func (f *fakePages) write(id string, trial bool, do func() []string) ([]string, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	if trial {
		return do(), nil
	}
	f.ids = append(f.ids, id)
	if _, ok := f.seen[id]; !ok {
		f.seen[id] = do()
	}
	if f.lose {
		f.lose = false
		return nil, opsreview.Errorf(opsreview.Unavailable, "the answer was lost")
	}
	return f.seen[id], nil
}

// labels says which page carries which label, in the order of the walk.
func (f *fakePages) labels() []string {
	var out []string
	for _, name := range f.order {
		if l := f.pages[name].GetLabel(); l != nil {
			out = append(out, name+" "+labelText(l))
		}
	}
	return out
}

func vocabulary(t testing.TB) *pb.GetVocabularyResponse {
	t.Helper()
	resp := &pb.GetVocabularyResponse{}
	p := policy.Default()
	for _, c := range p.Vocabulary.Causes {
		verdict := pb.Verdict_VERDICT_ACTIONABLE
		if c.Verdict == opsreview.NotActionable {
			verdict = pb.Verdict_VERDICT_NOT_ACTIONABLE
		}
		resp.Causes = append(resp.Causes, &pb.Cause{Id: c.ID, Verdict: verdict, Summary: c.Summary, Deprecated: c.Deprecated})
	}
	for _, f := range p.Vocabulary.Flags {
		resp.Flags = append(resp.Flags, &pb.Flag{Id: f.ID, Summary: f.Summary})
	}
	return resp
}

// A walk is a triage without a terminal: five pages, p1 to p3 of one monitor,
// p4 of another with a suggestion, and p5 of none that is known.
type walk struct {
	t     *testing.T
	m     *triage
	api   *fakePages
	quit  bool
	skips [][]string
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	w := &walk{t: t, api: &fakePages{pages: map[string]*pb.Page{}, seen: map[string][]string{}}}
	w.m = &triage{
		keys: newTriageKeys(vocabulary(t)), total: 10, labelled: 5, width: 80, height: 24, frame: frame{zone: time.UTC},
		call:  triageCaller{ctx: t.Context, api: w.api, author: "me"},
		newID: func() string { return fmt.Sprintf("id-%d", len(w.api.ids)+1) },
		skips: func(pages []string) error { w.skips = append(w.skips, pages); return nil },
	}
	for i, monitor := range []string{"m-a", "m-a", "m-a", "m-b", ""} {
		name := fmt.Sprintf("p%d", i+1)
		p := &pb.Page{Name: name, Title: "Title of " + name, Monitor: monitor, TriggerTime: timestamppb.New(time.Unix(1e9, 0))}
		if name == "p4" {
			p.Suggestion = &pb.Suggestion{Rule: "flapping", Verdict: pb.Verdict_VERDICT_NOT_ACTIONABLE, Cause: "self_resolved"}
		}
		w.api.pages[name], w.api.order = p, append(w.api.order, name)
		w.m.queue = append(w.m.queue, &triageItem{page: proto.CloneOf(p)})
	}
	w.run(w.m.Init())
	return w
}

// run does what commands do, until nothing is left to do.
func (w *walk) run(cmd tea.Cmd) {
	for cmd != nil {
		msg := cmd()
		if _, ok := msg.(tea.QuitMsg); ok {
			w.quit = true
			return
		}
		_, cmd = w.m.Update(msg)
	}
}

var namedKeys = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "pgdown": {Code: tea.KeyPgDown}, "home": {Code: tea.KeyHome},
	"backspace": {Code: tea.KeyBackspace}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl},
	"ctrl+w": {Code: 'w', Mod: tea.ModCtrl}, "space": {Code: tea.KeySpace, Text: " "},
}

// press presses keys, or lets something happen in between: "!name".
func (w *walk) press(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		if happening, ok := strings.CutPrefix(key, "!"); ok {
			w.happen(happening)
			continue
		}
		msg, ok := namedKeys[key]
		if !ok {
			msg = tea.KeyPressMsg{Code: []rune(key)[0], Text: key}
		}
		_, cmd := w.m.Update(msg)
		w.run(cmd)
	}
}

func (w *walk) happen(what string) {
	ada := &pb.Label{Verdict: pb.Verdict_VERDICT_ACTIONABLE, Cause: "capacity", Author: "ada", Note: "full", Minutes: 7, Flags: []string{"poor_details"}}
	switch what {
	case "server goes":
		w.api.fail = opsreview.Errorf(opsreview.Unavailable, "no server answers")
	case "server comes":
		w.api.fail = nil
	case "answer is lost":
		w.api.lose = true
	case "ada labels p1":
		w.api.pages["p1"].Label = ada
	case "ada labels p2":
		w.api.pages["p2"].Label = ada
	case "paste":
		_, cmd := w.m.Update(tea.PasteMsg{Content: "dcd\x1b[31mq\n9"})
		w.run(cmd)
	case "resize":
		w.m.Update(tea.WindowSizeMsg{Width: 30, Height: 10})
	default:
		w.t.Fatalf("nothing is called %q", what)
	}
}

func TestTriage(t *testing.T) {
	const ada = "p1 ada: actionable, capacity, poor_details, 7 min: full"
	tests := map[string]struct {
		keys   []string
		labels []string // afterwards
		at     string   // the page on screen; "" at the end
		status string   // part of the last line
		left   int      // if not -1, how many pages have no label
		quit   bool
	}{
		"a cause's key labels the page, and the next one comes": {
			keys: []string{"d"}, labels: []string{"p1 me: not actionable, duplicate"}, at: "p2", status: "p1: not actionable, duplicate; u takes it back", left: 4,
		},
		"1 and 2 are the verdicts without a cause": {
			keys: []string{"1", "2"}, labels: []string{"p1 me: actionable", "p2 me: not actionable"}, at: "p3", left: 3,
		},
		"flags, minutes and a note go with the answer": {
			keys:   []string{"R", "U", "R", "P", "m", "1", "x", "5", "enter", "n", "b", "a", "space", "d", "backspace", "q", "enter", "t"},
			labels: []string{"p1 me: not actionable, threshold_wrong, poor_details, wrong_urgency, 15 min: ba q"}, at: "p2", left: 4,
		},
		"escape drops what was being typed": {
			keys: []string{"n", "x", "esc", "m", "9", "esc", "d"}, labels: []string{"p1 me: not actionable, duplicate"}, at: "p2", left: 4,
		},
		"more minutes than a week are refused": {
			keys: []string{"m", "1", "0", "0", "8", "1", "enter"}, at: "p1", left: 5, status: "minutes of work",
		},
		"a note that is edited again begins as it was": {
			keys: []string{"n", "a", "space", "b", "enter", "n", "ctrl+w", "c", "enter", "d"}, labels: []string{"p1 me: not actionable, duplicate: a c"}, at: "p2", left: 4,
		},
		"a key that means nothing changes nothing, and says so": {
			keys: []string{"x"}, at: "p1", status: "x means nothing here", left: 5,
		},
		"text that is pasted gives no answers": {
			keys: []string{"!paste"}, at: "p1", left: 5,
		},
		"text that is pasted into a note is harmless": {
			keys: []string{"n", "!paste", "enter", "d"}, labels: []string{`p1 me: not actionable, duplicate: dcd\u001b[31mq 9`}, at: "p2", left: 4,
		},
		"a page that is skipped comes again at the end": {
			keys: []string{"s", "1", "1", "1", "1"}, labels: []string{"p2 me: actionable", "p3 me: actionable", "p4 me: actionable", "p5 me: actionable"}, at: "p1", left: 1,
		},
		"a page that is skipped twice stays for another time": {
			keys: []string{"s", "s", "s", "s", "s", "s", "s", "s", "s"}, at: "", left: 5,
		},
		"undo withdraws the label and shows its page": {
			keys: []string{"d", "d", "u"}, labels: []string{"p1 me: not actionable, duplicate"}, at: "p2", status: "1 label undone", left: 4,
		},
		"undo goes back as far as the walk": {
			keys: []string{"d", "s", "d", "u", "u", "u"}, at: "p1", left: 5,
		},
		"undo of nothing says what to do": {
			keys: []string{"u"}, at: "p1", status: "page unlabel takes back older labels", left: 5,
		},
		"what was typed is still there after undo": {
			keys: []string{"n", "x", "enter", "d", "u", "t"}, labels: []string{"p1 me: not actionable, threshold_wrong: x"}, at: "p2", left: 4,
		},
		"a second answer replaces the first": {
			keys: []string{"d", "left", "t"}, labels: []string{"p1 me: not actionable, threshold_wrong"}, at: "p2", left: 4,
		},
		"undo of a second answer restores the first": {
			keys: []string{"d", "left", "t", "u"}, labels: []string{"p1 me: not actionable, duplicate"}, at: "p1", left: 4,
		},
		"undo restores somebody else's label in their words and name": {
			keys: []string{"!ada labels p1", "right", "left", "t", "u"}, labels: []string{ada}, at: "p1", left: 4,
		},
		"the same answer again changes nothing": {
			keys: []string{"d", "left", "d"}, labels: []string{"p1 me: not actionable, duplicate"}, at: "p1", status: "carries this label already", left: 4,
		},
		"a label that somebody else has given meanwhile is not replaced unseen": {
			keys: []string{"!ada labels p1", "d"}, labels: []string{ada}, at: "p1", status: "ada has labelled it meanwhile", left: 4,
		},
		"it is replaced by answering again": {
			keys: []string{"!ada labels p1", "d", "d"}, labels: []string{"p1 me: not actionable, duplicate"}, at: "p2", left: 4,
		},
		"undo leaves a label that somebody else has given since": {
			keys: []string{"d", "!ada labels p1", "u"}, labels: []string{ada}, at: "p1", status: "labelled again by somebody since", left: 4,
		},
		"a failed call is shown, and nothing is half": {
			keys: []string{"!server goes", "d"}, at: "p1", status: "not done: no server answers (enter: again, esc: give up)", left: 5,
		},
		"other keys do nothing then": {
			keys: []string{"!server goes", "d", "!server comes", "t", "s", "u"}, at: "p1", status: "not done", left: 5,
		},
		"enter sends the failed call again": {
			keys: []string{"!server goes", "d", "enter", "!server comes", "enter"}, labels: []string{"p1 me: not actionable, duplicate"}, at: "p2", left: 4,
		},
		"a call whose answer was lost is not done twice": {
			keys: []string{"!answer is lost", "d", "enter"}, labels: []string{"p1 me: not actionable, duplicate"}, at: "p2", left: 4,
		},
		"giving up shows whether it was saved": {
			keys: []string{"!answer is lost", "d", "esc"}, labels: []string{"p1 me: not actionable, duplicate"}, at: "p1", left: 4,
		},
		"an undo whose answer was lost is not done twice": {
			keys: []string{"d", "!answer is lost", "u", "enter"}, at: "p1", status: "1 label undone", left: 5,
		},
		"a page that does not come can be passed": {
			keys: []string{"!server goes", "right", "esc", "!server comes", "enter"}, at: "p3", left: 5,
		},
		"the suggestion on screen is accepted with y": {
			keys: []string{"right", "right", "right", "y"}, labels: []string{"p4 me: not actionable, self_resolved: accepted the suggestion of flapping"}, at: "p5", left: 4,
		},
		"what is accepted can have a note, and be undone": {
			keys:   []string{"right", "right", "right", "n", "k", "enter", "y", "u", "d"},
			labels: []string{"p4 me: not actionable, duplicate: k"}, at: "p5", left: 4,
		},
		"without one y does nothing": {
			keys: []string{"y"}, at: "p1", status: "no suggestion to accept", left: 5,
		},
		"A asks which answer": {
			keys: []string{"A"}, at: "p1", status: "ALL unlabelled pages of this monitor", left: 5,
		},
		"A asks with the number of pages": {
			keys: []string{"A", "d"}, at: "p1", status: "label 3 pages not actionable, duplicate? y does, esc does not", left: 5,
		},
		"only y confirms": {
			keys: []string{"A", "d", "d"}, at: "p1", status: "nothing was labelled", left: 5,
		},
		"a key that is no answer ends it": {
			keys: []string{"A", "x"}, at: "p1", status: "nothing was labelled", left: 5,
		},
		"all of a monitor's pages get the label, and the walk goes past them": {
			keys: []string{"A", "d", "y"}, at: "p4", left: 2, status: "3 pages: not actionable, duplicate",
			labels: []string{"p1 me: not actionable, duplicate", "p2 me: not actionable, duplicate", "p3 me: not actionable, duplicate"},
		},
		"those that have one keep it, and it is seen": {
			keys: []string{"right", "left", "!ada labels p2", "A", "d", "y"}, at: "p2", left: 2,
			labels: []string{"p1 me: not actionable, duplicate", "p2" + ada[2:], "p3 me: not actionable, duplicate"},
		},
		"one undo takes all of them back": {
			keys: []string{"A", "d", "y", "u"}, at: "p1", status: "3 labels undone", left: 5,
		},
		"a page of an unknown monitor has no others": {
			keys: []string{"right", "right", "right", "right", "A"}, at: "p5", status: "not known which monitor", left: 5,
		},
		"at the end undo still works": {
			keys: []string{"1", "1", "1", "1", "1", "u"}, at: "p5", left: 1,
			labels: []string{"p1 me: actionable", "p2 me: actionable", "p3 me: actionable", "p4 me: actionable"},
		},
		"at the end an answer has no page": {
			keys: []string{"right", "right", "right", "right", "right", "d", "s", "A", "right", "n"}, at: "", left: 5,
		},
		"q leaves":                           {keys: []string{"q"}, at: "p1", left: 5, quit: true},
		"q asks once before a note is lost":  {keys: []string{"n", "x", "enter", "q"}, at: "p1", status: "q again leaves", left: 5},
		"q again leaves":                     {keys: []string{"n", "x", "enter", "q", "q"}, at: "p1", left: 5, quit: true},
		"ctrl+c leaves":                      {keys: []string{"n", "ctrl+c"}, at: "p1", left: 5, quit: true},
		"a key closes the help, and no more": {keys: []string{"?", "d"}, at: "p1", left: 5},
		"nothing is answered on a screen that is too small to show the page": {keys: []string{"!resize", "d", "A", "u"}, at: "p1", left: 5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWalk(t)
			w.press(tt.keys...)
			if diff := cmp.Diff(tt.labels, w.api.labels()); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			at := ""
			if item := w.m.item(); item != nil {
				at = item.page.GetName()
			}
			if at != tt.at || w.quit != tt.quit {
				t.Errorf("at %q, left %t; want %q, %t", at, w.quit, tt.at, tt.quit)
			}
			if got := w.m.statusLine(); !strings.Contains(got, tt.status) {
				t.Errorf("the last line is %q, want %q in it", got, tt.status)
			}
			if got := w.m.left(); got != tt.left || int(w.m.labelled) != 10-tt.left {
				t.Errorf("%d pages left and %d labelled, want %d and %d", got, w.m.labelled, tt.left, 10-tt.left)
			}
		})
	}
}

// Each answer is a request of its own, and the same one when it is sent again.
func TestTriage_RequestIDs(t *testing.T) {
	w := newWalk(t)
	w.press("d", "!answer is lost", "t", "enter", "u")
	if diff := cmp.Diff([]string{"id-1", "id-2", "id-2", "id-4"}, w.api.ids); diff != "" {
		t.Errorf("request ids (-want +got):\n%s", diff)
	}
}

// Keys that are pressed while an answer is being saved would be answers to a
// page that nobody has seen.
func TestTriage_KeysWaitForTheAnswer(t *testing.T) {
	w := newWalk(t)
	_, save := w.m.Update(tea.KeyPressMsg{Code: 'd', Text: "d"})
	w.press("t", "s", "u", "A")
	if len(w.api.labels()) != 0 {
		t.Fatalf("labelled %v before the call was made", w.api.labels())
	}
	w.press("q")
	if w.quit {
		t.Fatal("q left before the answer was saved")
	}
	w.run(save)
	if diff := cmp.Diff([]string{"p1 me: not actionable, duplicate"}, w.api.labels()); diff != "" || !w.quit {
		t.Errorf("left %t, labels (-want +got):\n%s", w.quit, diff)
	}
}

func TestTriage_RemembersWhatWasSkipped(t *testing.T) {
	w := newWalk(t)
	w.press("s", "d", "s", "u")
	if diff := cmp.Diff([][]string{{"p1"}, {"p3", "p1"}, {"p1"}}, sorted(w.skips)); diff != "" {
		t.Errorf("remembered (-want +got):\n%s", diff)
	}
	if got := w.m.lastWords(); got != "1 label given, 1 page skipped; 6 of 10 pages labelled (60 %); the same command goes on with the other 4" {
		t.Errorf("the last words are %q", got)
	}
}

// sorted puts the newest first, as the names of these pages happen to be.
func sorted(lists [][]string) [][]string {
	for _, l := range lists {
		slices.SortFunc(l, func(a, b string) int { return strings.Compare(b, a) })
	}
	return lists
}

func TestTriageKeys(t *testing.T) {
	describe := func(k triageKeys) []string {
		var out []string
		for _, c := range k.causes {
			out = append(out, c.key+" "+c.word.GetId())
		}
		for _, f := range k.flags {
			out = append(out, f.key+" "+f.word.GetId())
		}
		return out
	}
	words := vocabulary(t)
	want := []string{
		"i service_issue", "w service_issue_wrong_hours", "c capacity", "g monitoring_gap", "r self_resolved", "d duplicate",
		"t threshold_wrong", "f check_faulty", "e expected_work", "o wrong_team", "a informational",
		"R runbook_missing", "W runbook_wrong", "P poor_details", "U wrong_urgency",
	}
	if diff := cmp.Diff(want, describe(newTriageKeys(words))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}

	words.Causes[0].Deprecated = true // takes its key out of use
	for i := range 40 {
		words.Causes = append(words.Causes, &pb.Cause{Id: fmt.Sprintf("sunmy_%d", i)})
	}
	seen := map[string]string{}
	for _, c := range newTriageKeys(words).causes {
		if strings.Contains(triageCommands+"12", c.key) && c.key != "" {
			t.Errorf("%s has %q, which is a command", c.word.GetId(), c.key)
		}
		if other := seen[c.key]; other != "" && c.key != "" {
			t.Errorf("%s and %s share %q", c.word.GetId(), other, c.key)
		}
		seen[c.key] = c.word.GetId()
	}
	if newTriageKeys(words).answer("") != nil {
		t.Error("no key is an answer")
	}
}

func TestWhoIs(t *testing.T) {
	people := []*pb.Person{{Key: "ada@example.com", DisplayName: "Ada Thorsen"}, {Key: "pd/P1", DisplayName: "Ben"}, {Key: "ben@example.com", DisplayName: "Ben Arslan"}}
	tests := map[string]struct {
		names []string
		want  string
	}{
		"an account is the part of an address before the @": {names: []string{"ada"}, want: "ada@example.com"},
		"a name counts in any case":                         {names: []string{"root", "ben arslan"}, want: "ben@example.com"},
		"two that fit are nobody":                           {names: []string{"ben"}},
		"nobody is nobody":                                  {names: []string{"root"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, ok := whoIs(people, tt.names); got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %t, want %q", got, ok, tt.want)
			}
		})
	}
}

func TestSkipFile(t *testing.T) {
	home := t.TempDir()
	a := &app{env: func(name string) string { return map[string]string{"HOME": home}[name] }}
	if got := a.skipFile().read(); len(got) != 0 {
		t.Errorf("a file that is not there holds %v", got)
	}
	first := a.skipFile()
	if err := first.write([]string{"pd/1", "pd/a\nb"}); err != nil {
		t.Fatal(err)
	}
	second := a.skipFile()
	second.read()
	if err := second.write([]string{"pd/2"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"pd/1": true, "pd/a\nb": true, "pd/2": true}, a.skipFile().read()); diff != "" {
		t.Errorf("remembered (-want +got):\n%s", diff)
	}
	// A file that is damaged forgets what it cannot say.
	path := filepath.Join(home, ".local", "state", "opsreview", "skipped")
	if err := os.WriteFile(path, []byte("\"pd/1\"\n\"pd/\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]bool{"pd/1": true}, a.skipFile().read()); diff != "" {
		t.Errorf("remembered (-want +got):\n%s", diff)
	}
	if err := (&app{env: func(string) string { return "" }}).skipFile().write(nil); err == nil {
		t.Error("without a home nothing can be remembered, and nobody said so")
	}
}
