package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
	"opsreview/store"
)

var pageTests = map[string]func(*testing.T, Store){
	"a page comes back as it was saved":                            testRoundTrip,
	"the same batch three times with a save in between is once":    testIdempotence,
	"a page that arrives late appears in its place":                testLatePage,
	"the order of batches does not matter":                         testAnyOrder,
	"the same number in two sources is two pages":                  testTwoSources,
	"a newer version wins and a mention only fills what is empty":  testVersions,
	"several values of one page in a batch are one page":           testSeveralValues,
	"a late trigger moves the page and its monitor":                testMonitorFollows,
	"a batch that is wrong anywhere leaves nothing":                testAllOrNothing,
	"SaveAll keeps everything or nothing":                          testSaveAll,
	"a request that is repeated has one effect and one answer":     testSaveOnce,
	"open pages are listed and pages are counted by their trigger": testOpenAndCount,
}

func testRoundTrip(t *testing.T, st Store) {
	want := opsreview.Page{
		Ref: ref("Q1"), Number: "4411", URL: "https://example.com/4411", Title: "Störung \x1b[31m\u202e\"';--",
		Service: ref("S1"), Policy: "Secrets", Urgency: opsreview.HighUrgency, Priority: "P1", Severity: "critical",
		Runbook: "https://example.com/run", Attributes: map[string]string{"alertname": "Down", "host": "ä\"b"},
		MergedInto: "Q0", Reported: "resolved", CreatedAt: hour(1), EndedAt: hour(2), UpdatedAt: hour(3),
		Events: []opsreview.Event{
			{ID: "b", At: hour(1.5), Kind: opsreview.Noted, By: opsreview.Agent{Kind: opsreview.Person, ID: "P1", Name: "Ada"}, Text: "looking", Channel: "website"},
			{ID: "a", At: hour(1), Kind: opsreview.Triggered, By: opsreview.Agent{Kind: opsreview.Integration, Name: "vault"}},
			{ID: "c", At: hour(1.2), Kind: opsreview.Snoozed, Until: hour(9), Responders: []string{"P1", "P 2", `P"3`, "Ö"}},
			{ID: "d", At: hour(2), Kind: opsreview.Resolved, By: opsreview.Agent{Kind: opsreview.Person, ID: "P1", Name: "Ada"}},
		},
	}
	save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{want}})
	want.Settle()
	got := must(st.FindPage(t.Context(), "pd/Q1"))(t)
	if got.Monitor == "" {
		t.Error("the page has no monitor")
	}
	want.Monitor = got.Monitor
	same(t, "page", want, got)
}

func testIdempotence(t *testing.T, st Store) {
	week := opsreview.Batch{
		Pages:      []opsreview.Page{trigger("Q1", hour(1), "disk full", "P1"), trigger("Q2", hour(2), "disk full", "P2")},
		Responders: []opsreview.Responder{{Ref: ref("P1"), Name: "Ada"}},
		Teams:      []opsreview.Team{{Ref: ref("T1"), Name: "Secrets"}},
		Services:   []opsreview.Service{{Ref: ref("S1"), Name: "vault"}},
		Shifts:     []opsreview.Shift{{Responder: ref("P1"), Start: hour(0), End: hour(24)}}, ShiftsObservedAt: hour(12),
		ShiftWindow: opsreview.Window{Start: hour(-48), End: hour(48)},
		Labels:      []opsreview.Label{{Page: ref("Q1"), Verdict: opsreview.Actionable, Author: "ada", At: hour(5)}},
		Rejects:     []opsreview.Reject{{ID: "x", Reason: "no id", At: hour(1)}},
		Raw:         []opsreview.RawItem{{Type: "incident", ID: "Q1", At: hour(1), Body: []byte("{}")}},
	}
	want := opsreview.Saved{Pages: 2, Events: 4, Responders: 1, Teams: 1, Services: 1, Shifts: 1, Labels: 1, Rejects: 1}
	same(t, "first", want, save(t, st, "pd", week))
	save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{trigger("Q3", hour(30), "disk full", "P1")}})
	before := must(st.Pages(t.Context(), store.PageFilter{}))(t)
	for range 2 {
		same(t, "again", opsreview.Saved{}, save(t, st, "pd", week))
	}
	same(t, "pages", before, must(st.Pages(t.Context(), store.PageFilter{}))(t))
	health := must(st.Source(t.Context(), "pd"))(t)
	if health.Pages != 3 || health.Events != 6 {
		t.Errorf("the source counts %d pages and %d events, want 3 and 6", health.Pages, health.Events)
	}
}

func testLatePage(t *testing.T, st Store) {
	save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{trigger("Q1", hour(1), "a"), trigger("Q3", hour(3), "c")}, Cursor: "3"})
	save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{trigger("Q2", hour(2), "b")}})
	same(t, "pages", []string{"Q1", "Q2", "Q3"}, find(t, st, store.PageFilter{}))
	same(t, "cursor", "3", must(st.Source(t.Context(), "pd"))(t).Cursor)
}

// randomBatches returns batches that tell one story: pages in several versions,
// mentions of them, their events in pieces and twice, and labels.
func randomBatches(rnd *rand.Rand) []opsreview.Batch {
	kinds := opsreview.EventKinds()
	batches := make([]opsreview.Batch, 8)
	put := func(p opsreview.Page) {
		b := &batches[rnd.IntN(len(batches))]
		b.Pages = append(b.Pages, p)
	}
	for n := range 25 {
		id := fmt.Sprintf("Q%d", n)
		start := hour(float64(rnd.IntN(100)))
		for v := range 1 + rnd.IntN(3) {
			put(opsreview.Page{
				Ref: ref(id), Title: fmt.Sprintf("page %d of host-%c", v, 'a'+rnd.IntN(3)), Service: ref(fmt.Sprintf("S%d", n%3)),
				Urgency: opsreview.HighUrgency, Reported: "resolved", Attributes: map[string]string{"v": fmt.Sprint(v)},
				CreatedAt: start, EndedAt: start.Add(time.Hour * time.Duration(v+1)), UpdatedAt: start.Add(time.Duration(v+1) * time.Hour),
			})
		}
		put(opsreview.Page{Ref: ref(id), Title: "a mention"})
		for e := range rnd.IntN(9) {
			event := opsreview.Event{
				ID: fmt.Sprint(id, "-", e), At: start.Add(time.Duration(rnd.IntN(60)) * time.Minute),
				Kind: kinds[rnd.IntN(len(kinds))], By: opsreview.Agent{Kind: opsreview.Person, ID: "P1"},
				Responders: []string{fmt.Sprintf("P%d", rnd.IntN(4))},
			}
			for range 1 + rnd.IntN(2) {
				put(opsreview.Page{Ref: ref(id), Events: []opsreview.Event{event}})
			}
		}
		b := &batches[rnd.IntN(len(batches))]
		b.Labels = append(b.Labels, opsreview.Label{Page: ref(id), Verdict: opsreview.Actionable, Author: "ada", At: hour(float64(200 + rnd.IntN(5)))})
	}
	return batches
}

// A picture is everything of a store that the order of batches could spoil.
type picture struct {
	Pages    []opsreview.Page
	Monitors []opsreview.Monitor
	Sources  []opsreview.SourceHealth
}

func takePicture(t *testing.T, st Store) picture {
	t.Helper()
	return picture{
		Pages:    must(st.Pages(t.Context(), store.PageFilter{}))(t),
		Monitors: must(st.Monitors(t.Context(), nil))(t),
		Sources:  must(st.Sources(t.Context()))(t),
	}
}

// SavedInAnyOrder tests the claim that the suite makes of one order of batches
// for many: open opens an empty store each time.
func SavedInAnyOrder(t *testing.T, open func(t *testing.T) Store, seeds int) {
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(uint64(seed), 1))
		batches := randomBatches(rnd)
		var first picture
		for try := range 4 {
			st := open(t)
			for _, b := range batches {
				save(t, st, "pd", b)
			}
			sound(t, st)
			got := takePicture(t, st)
			if try == 0 {
				first = got
			} else if diff := cmp.Diff(first, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("seed %d, order %d (-first +this):\n%s", seed, try, diff)
			}
			rnd.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
		}
	}
}

func testAnyOrder(t *testing.T, st Store) {
	batches := randomBatches(rand.New(rand.NewPCG(7, 7)))
	for _, b := range batches {
		save(t, st, "pd", b)
	}
	want := takePicture(t, st)
	slices.Reverse(batches)
	for _, b := range batches {
		same(t, "saved again in reverse", opsreview.Saved{}, save(t, st, "pd", b))
	}
	same(t, "store", want, takePicture(t, st))
}

func testTwoSources(t *testing.T, st Store) {
	for _, source := range []string{"pd", "pd-eu"} {
		p := trigger("Q1", hour(1), "same", "P1")
		p.Source, p.Number = source, "4411"
		save(t, st, source, opsreview.Batch{Pages: []opsreview.Page{p}})
	}
	if n := len(find(t, st, store.PageFilter{})); n != 2 {
		t.Errorf("there are %d pages, want 2", n)
	}
	for _, name := range []string{"#4411", "4411", "Q1"} {
		_, err := st.FindPage(t.Context(), name)
		wantCode(t, err, opsreview.Invalid)
		if want := fmt.Sprintf("%q fits several pages: pd/Q1, pd-eu/Q1", name); opsreview.ErrorMessage(err) != want {
			t.Errorf("the message is %q, want %q", opsreview.ErrorMessage(err), want)
		}
	}
	same(t, "by reference", "pd-eu/Q1", must(st.FindPage(t.Context(), "pd-eu/Q1"))(t).Ref.String())
	_, err := st.FindPage(t.Context(), "pd/Q9")
	wantCode(t, err, opsreview.NotFound)
	same(t, "one responder's", 1, len(find(t, st, store.PageFilter{Responder: []opsreview.Ref{ref("P1")}})))
}

func testVersions(t *testing.T, st Store) {
	say := func(p opsreview.Page) opsreview.Page {
		p.Ref = ref("Q1")
		save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{p}})
		got := must(st.FindPage(t.Context(), "Q1"))(t)
		return opsreview.Page{Title: got.Title, Runbook: got.Runbook, Severity: got.Severity, Attributes: got.Attributes, UpdatedAt: got.UpdatedAt}
	}
	mention := opsreview.Page{Title: "mentioned", Attributes: map[string]string{"a": "1"}}
	same(t, "a mention fills an empty page", mention, say(mention))
	second := opsreview.Page{Title: "second", Runbook: "run", UpdatedAt: hour(2), Attributes: map[string]string{"a": "2", "b": "2"}}
	same(t, "a version replaces it", second, say(second))
	late := opsreview.Page{Title: "first", Severity: "warning", UpdatedAt: hour(1), Attributes: map[string]string{"b": "1", "c": "1"}}
	want := second
	want.Severity, want.Attributes = "warning", map[string]string{"a": "2", "b": "2", "c": "1"}
	same(t, "an older version fills", want, say(late))
	third := opsreview.Page{Title: "third", UpdatedAt: hour(3)}
	want.Title, want.UpdatedAt = "third", hour(3)
	same(t, "empty fields overwrite nothing", want, say(third))
	want.Attributes = map[string]string{"a": "2", "b": "2", "c": "1", "d": "4"}
	same(t, "a mention adds attributes", want, say(opsreview.Page{Title: "x", Attributes: map[string]string{"a": "4", "d": "4"}}))
}

func testSeveralValues(t *testing.T, st Store) {
	full := trigger("Q1", hour(1), "title", "P1")
	more := opsreview.Page{Ref: ref("Q1"), Runbook: "old", Events: []opsreview.Event{
		{ID: "r", At: hour(2), Kind: opsreview.Resolved}, full.Events[0], {ID: "r", At: hour(3), Kind: opsreview.Resolved},
	}}
	saved := save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{full, more, full}})
	same(t, "saved", opsreview.Saved{Pages: 1, Events: 3}, saved)
	// The mention in the same batch as a newer version is still a mention.
	newer := opsreview.Page{Ref: ref("Q1"), Title: "newer", UpdatedAt: hour(9)}
	other := opsreview.Page{Ref: ref("Q1"), Runbook: "other"}
	same(t, "saved", opsreview.Saved{Updated: 1}, save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{other, newer}}))
	p := must(st.FindPage(t.Context(), "Q1"))(t)
	same(t, "page", []string{"newer", "old", "resolved"}, []string{p.Title, p.Runbook, string(p.Status)})
}

func testMonitorFollows(t *testing.T, st Store) {
	save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{trigger("Q1", hour(5), "disk full on 1"), trigger("Q2", hour(6), "disk full on 2")}})
	monitors := must(st.Monitors(t.Context(), nil))(t)
	if len(monitors) != 1 || !monitors[0].FirstSeen.Equal(hour(5)) || !monitors[0].LastSeen.Equal(hour(6)) {
		t.Fatalf("the monitors are %v", monitors)
	}
	moved := opsreview.Page{Ref: ref("Q1"), Title: "disk slow", UpdatedAt: hour(7)}
	moved.Events = []opsreview.Event{{ID: "early", At: hour(4), Kind: opsreview.Triggered}}
	save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{moved}})
	monitors = must(st.Monitors(t.Context(), []string{monitors[0].ID}))(t)
	if len(monitors) != 1 || !monitors[0].FirstSeen.Equal(hour(6)) {
		t.Errorf("the monitor that lost a page is %v", monitors)
	}
	p := must(st.FindPage(t.Context(), "Q1"))(t)
	m := must(st.Monitor(t.Context(), p.Monitor[:len(p.Monitor)-1]))(t)
	same(t, "monitor", opsreview.Monitor{ID: p.Monitor, Title: "disk slow", Rule: "title", FirstSeen: hour(4), LastSeen: hour(4)}, m)
	_, err := st.Monitor(t.Context(), "m-")
	wantCode(t, err, opsreview.Invalid)
	_, err = st.Monitor(t.Context(), "nobody")
	wantCode(t, err, opsreview.NotFound)
	same(t, "changed by the same rules", 0, must(st.Remonitor(t.Context()))(t))
}

func testAllOrNothing(t *testing.T, st Store) {
	good := trigger("Q1", hour(1), "good")
	label := opsreview.Label{Page: ref("Q1"), Verdict: opsreview.Actionable, Author: "ada", At: hour(1)}
	for name, b := range map[string]opsreview.Batch{
		"page of another source":      {Pages: []opsreview.Page{good, {Ref: opsreview.Ref{Source: "x", ID: "Q1"}}}},
		"page without an id":          {Pages: []opsreview.Page{good, {Ref: opsreview.Ref{Source: "pd"}}}},
		"event without an id":         {Pages: []opsreview.Page{good, {Ref: ref("Q2"), Events: []opsreview.Event{{At: hour(1), Kind: opsreview.Noted}}}}},
		"event without a time":        {Pages: []opsreview.Page{good, {Ref: ref("Q2"), Events: []opsreview.Event{{ID: "e", Kind: opsreview.Noted}}}}},
		"event of an unknown kind":    {Pages: []opsreview.Page{good, {Ref: ref("Q2"), Events: []opsreview.Event{{ID: "e", At: hour(1), Kind: "sung"}}}}},
		"list of something unknown":   {Pages: []opsreview.Page{good}, Listed: []string{"sources"}},
		"responder without an id":     {Pages: []opsreview.Page{good}, Responders: []opsreview.Responder{{Name: "Ada"}}},
		"shift without a responder":   {Pages: []opsreview.Page{good}, Shifts: []opsreview.Shift{{Start: hour(1)}}},
		"reject without an id":        {Pages: []opsreview.Page{good}, Rejects: []opsreview.Reject{{Reason: "?"}}},
		"suspect window without ends": {Pages: []opsreview.Page{good}, Suspect: []opsreview.SuspectWindow{{Reason: "?"}}},
		"label without a verdict":     {Pages: []opsreview.Page{good}, Labels: []opsreview.Label{{Page: label.Page, Author: "ada", At: hour(1)}}},
		"label without an author":     {Pages: []opsreview.Page{good}, Labels: []opsreview.Label{{Page: label.Page, Verdict: label.Verdict, At: hour(1)}}},
	} {
		b.Cursor = "after"
		_, err := st.SaveBatch(t.Context(), "pd", b)
		if opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	_, err := st.SaveBatch(t.Context(), "No Name", opsreview.Batch{})
	wantCode(t, err, opsreview.Invalid)
	same(t, "health", opsreview.SourceHealth{Name: "pd"}, must(st.Source(t.Context(), "pd"))(t))
	same(t, "pages", nil, find(t, st, store.PageFilter{}))
}

func testSaveAll(t *testing.T, st Store) {
	type saver = func(opsreview.Batch) (opsreview.Saved, error)
	one := opsreview.Batch{Pages: []opsreview.Page{trigger("Q1", hour(1), "a")}, Cursor: "1"}
	two := opsreview.Batch{Pages: []opsreview.Page{trigger("Q2", hour(2), "b")}, Cursor: "2"}
	bad := opsreview.Batch{Pages: []opsreview.Page{{}}}
	mine := errors.New("mine")
	err := st.SaveAll(t.Context(), "pd", func(save saver) error {
		must(save(one))(t)
		return mine
	})
	if !errors.Is(err, mine) {
		t.Errorf("the error is %v, want the function's", err)
	}
	wantCode(t, st.SaveAll(t.Context(), "pd", func(save saver) error {
		must(save(one))(t)
		_, err := save(bad)
		wantCode(t, err, opsreview.Invalid)
		_, err = save(two)
		wantCode(t, err, opsreview.Invalid)
		return nil
	}), opsreview.Invalid)
	same(t, "pages after failures", nil, find(t, st, store.PageFilter{}))
	mustDo(t, st.SaveAll(t.Context(), "pd", func(save saver) error {
		same(t, "saved", opsreview.Saved{Pages: 1, Events: 1}, must(save(one))(t))
		same(t, "saved again", opsreview.Saved{}, must(save(one))(t))
		_, err := save(two)
		return err
	}))
	same(t, "pages", []string{"Q1", "Q2"}, find(t, st, store.PageFilter{}))
	same(t, "cursor", "2", must(st.Source(t.Context(), "pd"))(t).Cursor)
}

func testSaveOnce(t *testing.T, st Store) {
	b := opsreview.Batch{Pages: []opsreview.Page{trigger("Q1", hour(1), "a")}}
	r := store.Request{ID: "r1", Method: "PushEvents", Content: []byte("a"), At: hour(1)}
	want := opsreview.Saved{Pages: 1, Events: 1}
	for range 2 {
		same(t, "saved", want, must(st.SaveBatchOnce(t.Context(), r, "pd", b))(t))
	}
	other := r
	other.Content = []byte("b")
	_, err := st.SaveBatchOnce(t.Context(), other, "pd", b)
	wantCode(t, err, opsreview.Conflict)
	_, err = st.LabelOnce(t.Context(), store.Request{ID: "r1", Method: "LabelPages", Content: []byte("a"), At: hour(1)}, nil)
	wantCode(t, err, opsreview.Conflict)
	_, err = st.SaveBatchOnce(t.Context(), store.Request{At: hour(1)}, "pd", b)
	wantCode(t, err, opsreview.Invalid)
	// A request that failed may be made again.
	_, err = st.SaveBatchOnce(t.Context(), store.Request{ID: "r2", At: hour(1)}, "pd", opsreview.Batch{Pages: []opsreview.Page{{}}})
	wantCode(t, err, opsreview.Invalid)
	must(st.SaveBatchOnce(t.Context(), store.Request{ID: "r2", At: hour(9 * 24)}, "pd", b))(t)
	// By then the first one is forgotten.
	same(t, "saved", opsreview.Saved{}, must(st.SaveBatchOnce(t.Context(), other, "pd", b))(t))
}

func testOpenAndCount(t *testing.T, st Store) {
	done := trigger("Q2", hour(2), "b")
	done.Events = append(done.Events, opsreview.Event{ID: "r", At: hour(3), Kind: opsreview.Resolved})
	save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{trigger("Q3", hour(3), "c"), done, trigger("Q1", hour(1), "a")}})
	same(t, "open", []string{"Q1", "Q3"}, must(st.OpenPages(t.Context(), "pd"))(t))
	same(t, "open elsewhere", nil, must(st.OpenPages(t.Context(), "x"))(t))
	same(t, "a window is half-open", 2, must(st.CountPages(t.Context(), "pd", opsreview.Window{Start: hour(1), End: hour(3)}))(t))
	same(t, "names are in order", []string{"Q1", "Q2"}, must(st.PageIDs(t.Context(), "pd", opsreview.Window{Start: hour(1), End: hour(3)}))(t))
	some := must(st.Stored(t.Context(), "pd", []string{"Q2", "Q9"}))(t)
	same(t, "a page that is not stored is missing", 1, len(some))
	same(t, "the end of a stored page", hour(3), some["Q2"].ResolvedAt)
	same(t, "the events of a stored page", 2, len(some["Q2"].Events))
	same(t, "stored elsewhere", 0, len(must(st.Stored(t.Context(), "x", []string{"Q2"}))(t)))
	same(t, "since", hour(1), must(st.DataSince(t.Context()))(t))
}
