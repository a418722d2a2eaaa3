package tickettest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/ticket"
)

// A Fixture is a tracker over a fake of its vendor, and what people do there.
// A nil function leaves out what needs it.
type Fixture struct {
	Tracker ticket.Tracker

	Settle      func()                      // lets the search show everything that was created
	Close       func(id, resolution string) // a person closes a ticket
	Edit        func(id, title string)      // a person gives it another title
	RemoveLabel func(id, label string)      // a person takes a label away
	Delete      func(id string)             // a person deletes it
	Notes       func(id string) []string    // what is written on it beside its body
	Body        func(id string) string
}

// Hostile is a text that mentions, links and breaks layout where it is not
// escaped. Fakes and tests look for what becomes of it.
const Hostile = "[~admin] @everyone !https://evil.example/x.png! {panel}{noformat} <img src=x> [a](https://evil.example) \u202e #1 |"

// Draft makes a draft of a name, and the label that stands for it.
func Draft(name string) (ticket.Draft, string) {
	f := opsreview.Finding{
		Key: opsreview.FindingKey(opsreview.NoisyMonitor, name), Kind: opsreview.NoisyMonitor, Category: opsreview.AlertNoise,
		Title: name + " pages for nothing", Team: "secrets", Service: "vault", Cost: 90,
		Evidence: []string{"9 of 12 labelled pages were not actionable.", Hostile}, Remedy: "Raise its threshold.", CostMethod: "engaged time",
	}
	d := ticket.Plan(ticket.PlanInput{
		Findings: []opsreview.Finding{f}, Settings: ticket.DefaultSettings(), Now: time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC), Run: name,
	})[0].Draft
	d.Attempt = "attempt-" + f.Fingerprint()
	return d, ticket.FingerprintLabel(f.Fingerprint())
}

// RunTracker checks a tracker. Each check gets a fixture of its own, with
// nothing filed.
func RunTracker(t *testing.T, fixture func(t testing.TB) Fixture) {
	checks := map[string]func(t *testing.T, f Fixture){
		"it says who it is and what it takes":                  testName,
		"a preview shows the draft and asks nobody":            testPreview,
		"what is created is there":                             testCreate,
		"labels find exactly the tickets that carry them all":  testFind,
		"tickets are told by id and key, and the missing ones": testGet,
		"a title and a body that are too long are cut":         testLong,
		"a hostile title stays one line":                       testHostile,
		"one note is kept for each marker":                     testNote,
		"labels are added and none is taken":                   testLabels,
		"links may be made again":                              testRelate,
		"a closed ticket is opened again":                      testReopen,
		"people's edits stay":                                  testEdits,
		"a deleted ticket is missing":                          testDelete,
		"the search is tried by a ticket that exists":          testHealthy,
		"a call that is cancelled is not a refusal":            testCancelled,
		"a check answers":                                      testCheck,
		"plans of sprints agree with tickets":                  testPlanner,
		"filing twice leaves one ticket":                       testFiler,
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) { check(t, fixture(t)) })
	}
}

// create files a draft and lets the search show it.
func (f Fixture) create(t testing.TB, name string) (ticket.Ref, string) {
	t.Helper()
	d, label := Draft(name)
	ref, err := f.Tracker.Create(t.Context(), d)
	if err != nil {
		t.Fatalf("creating %q: %v", name, err)
	}
	if ref.ID == "" || ref.Key == "" {
		t.Fatalf("creating %q answered no name: %+v", name, ref)
	}
	if f.Settle != nil {
		f.Settle()
	}
	return ref, label
}

func (f Fixture) get(t testing.TB, id string) ticket.Snapshot {
	t.Helper()
	snaps, err := f.Tracker.Get(t.Context(), []string{id})
	if err != nil || len(snaps) != 1 {
		t.Fatalf("asking for %s answered %d tickets, %v", id, len(snaps), err)
	}
	return snaps[0]
}

func testName(t *testing.T, f Fixture) {
	if name := f.Tracker.Name(); name == "" || name != f.Tracker.Name() || strings.TrimSpace(name) != name {
		t.Errorf("the name is %q", name)
	}
	caps := f.Tracker.Caps()
	if caps.Format != ticket.Wiki && caps.Format != ticket.Markdown {
		t.Errorf("the format is %q", caps.Format)
	}
	if caps.Settle < 0 || caps.Pause < 0 {
		t.Errorf("a duration is below zero: %+v", caps)
	}
}

func testPreview(t *testing.T, f Fixture) {
	d, label := Draft("preview")
	text := f.Tracker.Preview(d)
	for _, part := range []string{"preview pages for nothing", label} {
		if !strings.Contains(text, part) {
			t.Errorf("the preview lacks %q:\n%s", part, text)
		}
	}
	if f.Settle != nil {
		f.Settle()
	}
	if found, err := f.Tracker.Find(t.Context(), ticket.Label); err != nil || len(found) != 0 {
		t.Errorf("after a preview the tracker has %d tickets, %v", len(found), err)
	}
}

func testCreate(t *testing.T, f Fixture) {
	d, _ := Draft("create")
	ref, _ := f.create(t, "create")
	s := f.get(t, ref.ID)
	if s.Missing || s.Ref != ref || s.Title != d.Title || s.Stands != opsreview.TicketTodo || !s.ClosedAt.IsZero() || s.Resolution != "" {
		t.Errorf("created as %+v it is %+v", ref, s)
	}
	for _, label := range d.Labels {
		if !slices.Contains(s.Labels, label) {
			t.Errorf("it lacks the label %q: %v", label, s.Labels)
		}
	}
	if f.Body == nil {
		return
	}
	if body := f.Body(ref.ID); !strings.Contains(body, "Raise its threshold") {
		t.Errorf("the body lacks the remedy:\n%s", body)
	}
}

func testFind(t *testing.T, f Fixture) {
	a, labelA := f.create(t, "first")
	b, labelB := f.create(t, "second")
	tests := map[string]struct {
		labels []string
		want   []string
	}{
		"the label of one finding":          {[]string{labelA}, []string{a.ID}},
		"two labels of one ticket":          {[]string{ticket.Label, labelB}, []string{b.ID}},
		"labels of two tickets":             {[]string{labelA, labelB}, nil},
		"the program's label, oldest first": {[]string{ticket.Label}, []string{a.ID, b.ID}},
		"a part of a label":                 {[]string{labelA[:len(labelA)-1]}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			found, err := f.Tracker.Find(t.Context(), tt.labels...)
			if err != nil {
				t.Fatalf("finding: %v", err)
			}
			var got []string
			for _, s := range found {
				got = append(got, s.ID)
				if s.Stands != opsreview.TicketTodo || len(s.Labels) < 2 || s.Key == "" {
					t.Errorf("it says too little: %+v", s)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}

func testGet(t *testing.T, f Fixture) {
	a, _ := f.create(t, "first")
	b, _ := f.create(t, "second")
	if s := f.get(t, a.Key); s.ID != a.ID || s.Missing {
		t.Errorf("asked for by its key %s it is %+v", a.Key, s)
	}
	const nobody = "987654321"
	snaps, err := f.Tracker.Get(t.Context(), []string{b.ID, nobody, a.ID})
	if err != nil {
		t.Fatalf("asking for several: %v", err)
	}
	got := map[string]bool{}
	for _, s := range snaps {
		got[s.ID] = s.Missing
	}
	if len(snaps) != 3 || got[a.ID] || got[b.ID] || !got[nobody] {
		t.Errorf("asked for two and one that is not there: %+v", snaps)
	}
	if snaps, err := f.Tracker.Get(t.Context(), nil); err != nil || len(snaps) != 0 {
		t.Errorf("asked for none it answered %v, %v", snaps, err)
	}
}

func testLong(t *testing.T, f Fixture) {
	d, _ := Draft("long")
	d.Title = strings.Repeat("é", 1000)
	for range 3000 {
		d.Body = append(d.Body, ticket.Block{Paragraph: []ticket.Span{{Text: strings.Repeat("wörter ", 10)}}})
	}
	ref, err := f.Tracker.Create(t.Context(), d)
	if err != nil {
		t.Fatalf("a long draft: %v", err)
	}
	if s := f.get(t, ref.ID); s.Missing || !strings.HasPrefix(s.Title, "éééé") {
		t.Errorf("it is %+v", s.Ref)
	}
}

func testHostile(t *testing.T, f Fixture) {
	d, _ := Draft("hostile")
	d.Title = "a\r\nb\x00\x1b[31m " + Hostile
	ref, err := f.Tracker.Create(t.Context(), d)
	if err != nil {
		t.Fatalf("a hostile title: %v", err)
	}
	if s := f.get(t, ref.ID); strings.ContainsAny(s.Title, "\r\n\x00\x1b\u202e") || !strings.HasPrefix(s.Title, "a b") {
		t.Errorf("its title is %q", s.Title)
	}
}

func note(text string) ticket.Body {
	return ticket.Body{{Paragraph: []ticket.Span{{Text: text}}}, {Paragraph: []ticket.Span{{Text: Hostile}}}}
}

func testNote(t *testing.T, f Fixture) {
	ref, label := f.create(t, "noted")
	write := func(marker, text string) {
		t.Helper()
		if err := f.Tracker.Note(t.Context(), ref.ID, marker, note(text)); err != nil {
			t.Fatalf("noting: %v", err)
		}
	}
	write(label+"-seen", "seen in 2 reviews")
	write(label+"-seen", "seen in 2 reviews")
	write(label+"-seen", "seen in 3 reviews")
	write(label+"-duplicate", "a duplicate of another")
	if f.Notes == nil {
		return
	}
	all := strings.Join(f.Notes(ref.ID), "\n")
	for text, want := range map[string]int{"seen in 2 reviews": 0, "seen in 3 reviews": 1, "a duplicate of another": 1} {
		if got := strings.Count(all, text); got != want {
			t.Errorf("%q is written %d times, want %d:\n%s", text, got, want, all)
		}
	}
}

func testLabels(t *testing.T, f Fixture) {
	ref, label := f.create(t, "labelled")
	if f.RemoveLabel != nil {
		f.RemoveLabel(ref.ID, label)
		if s := f.get(t, ref.ID); slices.Contains(s.Labels, label) {
			t.Fatalf("the fixture took no label away: %v", s.Labels)
		}
	}
	before := f.get(t, ref.ID).Labels
	for range 2 {
		if err := f.Tracker.AddLabels(t.Context(), ref.ID, []string{label, "another"}); err != nil {
			t.Fatalf("adding labels: %v", err)
		}
	}
	after := f.get(t, ref.ID).Labels
	for _, l := range append(before, label, "another") {
		n := 0
		for _, have := range after {
			if have == l {
				n++
			}
		}
		if n != 1 {
			t.Errorf("the label %q is there %d times: %v", l, n, after)
		}
	}
}

func testRelate(t *testing.T, f Fixture) {
	a, _ := f.create(t, "first")
	b, _ := f.create(t, "second")
	for _, kind := range []string{"relates", "duplicates", "relates"} {
		if err := f.Tracker.Relate(t.Context(), b.ID, a.ID, kind); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for _, id := range []string{a.ID, b.ID} {
		if s := f.get(t, id); s.Stands != opsreview.TicketTodo {
			t.Errorf("linking moved %s to %s", s.Key, s.Stands)
		}
	}
}

func testReopen(t *testing.T, f Fixture) {
	ref, _ := f.create(t, "closed")
	if err := f.Tracker.Reopen(t.Context(), ref.ID, note("it came back")); err != nil {
		t.Errorf("opening what is open: %v", err)
	}
	if f.Close == nil {
		return
	}
	f.Close(ref.ID, "")
	if s := f.get(t, ref.ID); s.Stands != opsreview.TicketDone || s.ClosedAt.IsZero() {
		t.Fatalf("closed by a person it is %+v", s)
	}
	if err := f.Tracker.Reopen(t.Context(), ref.ID, note("it came back")); err != nil {
		t.Fatalf("opening it again: %v", err)
	}
	if s := f.get(t, ref.ID); s.Stands == opsreview.TicketDone || !s.ClosedAt.IsZero() {
		t.Errorf("opened again it is %+v", s)
	}
}

func testEdits(t *testing.T, f Fixture) {
	if f.Edit == nil {
		t.Skip("nobody edits here")
	}
	ref, label := f.create(t, "edited")
	f.Edit(ref.ID, "ours now")
	ctx := t.Context()
	err := errors.Join(
		f.Tracker.Note(ctx, ref.ID, label+"-seen", note("seen again")), f.Tracker.AddLabels(ctx, ref.ID, []string{label}),
		f.Tracker.Reopen(ctx, ref.ID, note("it came back")),
	)
	if err != nil {
		t.Fatalf("writing to an edited ticket: %v", err)
	}
	if s := f.get(t, ref.ID); s.Title != "ours now" {
		t.Errorf("its title is %q, and people had written %q", s.Title, "ours now")
	}
}

func testDelete(t *testing.T, f Fixture) {
	if f.Delete == nil {
		t.Skip("nobody deletes here")
	}
	ref, label := f.create(t, "deleted")
	f.Delete(ref.ID)
	if s := f.get(t, ref.ID); !s.Missing || s.ID != ref.ID {
		t.Errorf("deleted it is %+v", s)
	}
	if f.Settle != nil {
		f.Settle()
	}
	if found, err := f.Tracker.Find(t.Context(), label); err != nil || len(found) != 0 {
		t.Errorf("deleted it is found: %v, %v", found, err)
	}
}

func testHealthy(t *testing.T, f Fixture) {
	if err := f.Tracker.Healthy(t.Context(), ticket.Ref{}); err != nil {
		t.Errorf("an empty tracker is not healthy: %v", err)
	}
	ref, _ := f.create(t, "known")
	if err := f.Tracker.Healthy(t.Context(), ref); err != nil {
		t.Errorf("the search does not show what exists: %v", err)
	}
}

func testCancelled(t *testing.T, f Fixture) {
	ref, label := f.create(t, "cancelled")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d, _ := Draft("never")
	calls := map[string]func() error{
		"find":   func() error { _, err := f.Tracker.Find(ctx, label); return err },
		"create": func() error { _, err := f.Tracker.Create(ctx, d); return err },
		"get":    func() error { _, err := f.Tracker.Get(ctx, []string{ref.ID}); return err },
		"note":   func() error { return f.Tracker.Note(ctx, ref.ID, label, note("never")) },
		"labels": func() error { return f.Tracker.AddLabels(ctx, ref.ID, []string{"never"}) },
	}
	for name, call := range calls {
		err := call()
		var rejected *ticket.Rejected
		var throttled *ticket.Throttled
		if err == nil || errors.As(err, &rejected) || errors.As(err, &throttled) {
			t.Errorf("%s after the caller went away answered %v", name, err)
		}
	}
}

func testCheck(t *testing.T, f Fixture) {
	checks := f.Tracker.Check(t.Context())
	if len(checks) == 0 {
		t.Error("a check says nothing")
	}
	for _, c := range checks {
		if c.Subject == "" || (!c.OK && c.Remedy == "") {
			t.Errorf("a check says too little: %+v", c)
		}
	}
}

func testPlanner(t *testing.T, f Fixture) {
	p, ok := f.Tracker.(ticket.Planner)
	if !ok {
		t.Skip("it has no sprints")
	}
	ref, _ := f.create(t, "planned")
	ours, err := p.Backlog(t.Context())
	if err != nil || len(ours) != 1 || ours[0].ID != ref.ID || ours[0].Sprint != "" {
		t.Fatalf("the backlog is %+v, %v", ours, err)
	}
	if p.Query() == "" {
		t.Error("it has no query to paste")
	}
	sprints, err := p.Sprints(t.Context())
	if err != nil {
		t.Fatalf("listing sprints: %v", err)
	}
	i := slices.IndexFunc(sprints, func(s ticket.Sprint) bool { return s.State == "future" })
	if i < 0 {
		t.Skip("the fixture has no sprint ahead")
	}
	for range 2 {
		if err := p.Move(t.Context(), sprints[i].ID, []string{ref.ID}); err != nil {
			t.Fatalf("moving: %v", err)
		}
	}
	if f.Settle != nil {
		f.Settle()
	}
	in, err := p.InSprint(t.Context(), sprints[i].ID)
	if err != nil || len(in) != 1 || in[0].ID != ref.ID {
		t.Errorf("in the sprint are %+v, %v", in, err)
	}
	ours, err = p.Backlog(t.Context())
	if err != nil || len(ours) != 1 || ours[0].Sprint != sprints[i].ID {
		t.Errorf("after the move the backlog is %+v, %v", ours, err)
	}
}

// testFiler files through the tracker as the program does, twice.
func testFiler(t *testing.T, f Fixture) {
	now := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
	ledger := NewLedger()
	filer := &ticket.Filer{
		Tracker: f.Tracker, Ledger: ledger, Settings: ticket.DefaultSettings(), Now: func() time.Time { return now },
		Wait: func(ctx context.Context, d time.Duration) error { now = now.Add(d); return ctx.Err() },
	}
	if _, err := filer.Confirm(t.Context(), "ada"); err != nil {
		t.Fatalf("confirming: %v", err)
	}
	findings := []opsreview.Finding{
		{Key: "noisy_monitor:a", Kind: opsreview.NoisyMonitor, Title: "a", Cost: 2},
		{Key: "noisy_monitor:b", Kind: opsreview.NoisyMonitor, Title: "b", Cost: 1},
	}
	for range 2 {
		rows, err := ledger.Tickets(t.Context(), f.Tracker.Name())
		if err != nil {
			t.Fatal(err)
		}
		steps := ticket.Plan(ticket.PlanInput{
			Tracker: f.Tracker.Name(), Findings: findings, Rows: rows, Settings: filer.Settings, Now: now, Run: "a week", Preview: f.Tracker.Preview,
		})
		if err := filer.File(t.Context(), steps, nil); err != nil {
			t.Fatalf("filing: %v", err)
		}
		if f.Settle != nil {
			f.Settle()
		}
	}
	found, err := f.Tracker.Find(t.Context(), ticket.Label)
	if err != nil || len(found) != 2 {
		t.Errorf("filing twice left %d tickets, %v; want 2", len(found), err)
	}
	if synced, err := filer.Sync(t.Context()); err != nil || synced.Asked != 2 || synced.Gone != 0 || synced.Relabelled != 0 {
		t.Errorf("syncing answered %+v, %v", synced, err)
	}
}
