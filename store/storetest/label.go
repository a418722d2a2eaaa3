package storetest

import (
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

var labelTests = map[string]func(*testing.T, Store){
	"labels are history and the last one is in force":      testLabelHistory,
	"a label that says the same changes nothing":           testSameLabel,
	"labels are given to all pages or to none":             testLabelAll,
	"a label that comes before its page waits for it":      testLabelFirst,
	"labels of a monitor come newest first":                testMonitorLabels,
	"a labelling that is repeated has one effect":          testLabelOnce,
	"what a labelling would change is told without change": testLabelChanges,
}

func verdict(id string, v opsreview.Verdict, at time.Time) opsreview.Label {
	return opsreview.Label{Page: ref(id), Verdict: v, Author: "ada", At: at}
}

func savePages(t *testing.T, st Store, ids ...string) {
	t.Helper()
	var b opsreview.Batch
	for i, id := range ids {
		b.Pages = append(b.Pages, trigger(id, hour(float64(i)), "disk full", "P1"))
	}
	save(t, st, "pd", b)
}

func testLabelHistory(t *testing.T, st Store) {
	savePages(t, st, "Q1")
	first := opsreview.Label{
		Page: ref("Q1"), Verdict: opsreview.NotActionable, Cause: "self_resolved", Flags: []string{"runbook_missing", "poor_details"},
		Actioned: opsreview.No, Note: "it went away\n", Minutes: 5, Author: "ada", At: hour(5),
	}
	// The second author's clock is behind: the label is in force all the same.
	second := opsreview.Label{Page: ref("Q1"), Verdict: opsreview.Actionable, Author: "bob", At: hour(4)}
	withdrawn := opsreview.Label{Page: ref("Q1"), Author: "bob", At: hour(9), Withdrawn: true}
	for _, l := range []opsreview.Label{first, second, withdrawn} {
		same(t, "changed", 1, must(st.Label(t.Context(), []opsreview.Label{l}))(t))
		page := must(st.FindPage(t.Context(), "Q1"))(t)
		same(t, "verdict in force", l.Verdict, page.Label.Verdict)
	}
	first.Flags = []string{"poor_details", "runbook_missing"}
	second.At = hour(5).Add(time.Millisecond)
	same(t, "history", []opsreview.Label{first, second, withdrawn}, must(st.Labels(t.Context(), ref("Q1")))(t))
}

func testSameLabel(t *testing.T, st Store) {
	savePages(t, st, "Q1")
	give := func(l opsreview.Label) int { return must(st.Label(t.Context(), []opsreview.Label{l}))(t) }
	nothing := opsreview.Label{Page: ref("Q1"), Author: "ada", At: hour(1), Withdrawn: true}
	same(t, "withdrawing none", 0, give(nothing))
	l := verdict("Q1", opsreview.Actionable, hour(2))
	l.Flags = []string{"b", "a", "b"}
	same(t, "first", 1, give(l))
	l.At, l.Author, l.Flags = hour(3), "bob", []string{"a", "b"}
	same(t, "the same from another", 0, give(l))
	for name, change := range map[string]func(*opsreview.Label){
		"cause":    func(l *opsreview.Label) { l.Cause = "capacity" },
		"flags":    func(l *opsreview.Label) { l.Flags = nil },
		"actioned": func(l *opsreview.Label) { l.Actioned = opsreview.Yes },
		"note":     func(l *opsreview.Label) { l.Note = "n" },
		"minutes":  func(l *opsreview.Label) { l.Minutes = 3 },
	} {
		other := l
		change(&other)
		same(t, name, 1, give(other))
		same(t, name+" and back", 1, give(l))
	}
	same(t, "withdrawn", 1, give(nothing))
	same(t, "withdrawn twice", 0, give(nothing))
	same(t, "given again", 1, give(l))
}

func testLabelAll(t *testing.T, st Store) {
	savePages(t, st, "Q1", "Q2")
	_, err := st.Label(t.Context(), []opsreview.Label{verdict("Q1", opsreview.Actionable, hour(1)), verdict("QX", opsreview.Actionable, hour(1))})
	wantCode(t, err, opsreview.NotFound)
	_, err = st.Label(t.Context(), []opsreview.Label{verdict("Q1", opsreview.Actionable, hour(1)), verdict("Q2", "", hour(1))})
	wantCode(t, err, opsreview.Invalid)
	same(t, "labels", nil, must(st.Labels(t.Context(), ref("Q1")))(t))
	// One page twice in one call is two labels of one page.
	n := must(st.Label(t.Context(), []opsreview.Label{verdict("Q1", opsreview.Actionable, hour(1)), verdict("Q1", opsreview.NotActionable, hour(1))}))(t)
	same(t, "changed pages", 1, n)
	same(t, "labels", 2, len(must(st.Labels(t.Context(), ref("Q1")))(t)))
}

func testLabelFirst(t *testing.T, st Store) {
	early := opsreview.Batch{Labels: []opsreview.Label{verdict("Q1", opsreview.Actionable, hour(5))}}
	same(t, "saved", opsreview.Saved{Labels: 1}, save(t, st, "pd", early))
	savePages(t, st, "Q1")
	same(t, "verdict", opsreview.Actionable, must(st.FindPage(t.Context(), "Q1"))(t).Label.Verdict)
	// The same page, author and time is the same label, whatever it says.
	early.Labels[0].Verdict = opsreview.NotActionable
	same(t, "saved again", opsreview.Saved{}, save(t, st, "pd", early))
	// A label from elsewhere that is older is history and not in force.
	early.Labels[0].At = hour(4)
	same(t, "saved older", opsreview.Saved{Labels: 1}, save(t, st, "pd", early))
	same(t, "verdict", opsreview.Actionable, must(st.FindPage(t.Context(), "Q1"))(t).Label.Verdict)
}

func testMonitorLabels(t *testing.T, st Store) {
	savePages(t, st, "Q1", "Q2", "Q3", "Q4")
	must(st.Label(t.Context(), []opsreview.Label{
		verdict("Q1", opsreview.Actionable, hour(1)), verdict("Q2", opsreview.Actionable, hour(3)),
		verdict("Q3", opsreview.Actionable, hour(2)), verdict("Q1", opsreview.NotActionable, hour(4)),
		{Page: ref("Q3"), Author: "ada", At: hour(5), Withdrawn: true},
	}))(t)
	monitor := must(st.FindPage(t.Context(), "Q1"))(t).Monitor
	all := []opsreview.Label{verdict("Q1", opsreview.NotActionable, hour(4)), verdict("Q2", opsreview.Actionable, hour(3))}
	same(t, "all", all, must(st.MonitorLabels(t.Context(), monitor, 0))(t))
	same(t, "one", all[:1], must(st.MonitorLabels(t.Context(), monitor, 1))(t))
	same(t, "of another", nil, must(st.MonitorLabels(t.Context(), "m-x", 1))(t))
}

func testLabelOnce(t *testing.T, st Store) {
	savePages(t, st, "Q1", "Q2")
	r := store.Request{ID: "r", Method: "LabelPages", Content: []byte("Q1 actionable"), At: hour(1)}
	want := []opsreview.Ref{ref("Q1")}
	same(t, "changed", want, must(st.LabelOnce(t.Context(), r, []opsreview.Label{verdict("Q1", opsreview.Actionable, hour(1))}))(t))
	must(st.Label(t.Context(), []opsreview.Label{verdict("Q1", opsreview.NotActionable, hour(2))}))(t)
	// The retry comes after somebody else's label and must not undo it.
	r.At = hour(3)
	same(t, "changed", want, must(st.LabelOnce(t.Context(), r, []opsreview.Label{verdict("Q1", opsreview.Actionable, hour(3))}))(t))
	same(t, "verdict", opsreview.NotActionable, must(st.FindPage(t.Context(), "Q1"))(t).Label.Verdict)
	r.Content = []byte("Q2 actionable")
	_, err := st.LabelOnce(t.Context(), r, []opsreview.Label{verdict("Q2", opsreview.Actionable, hour(3))})
	wantCode(t, err, opsreview.Conflict)
}

func testLabelChanges(t *testing.T, st Store) {
	savePages(t, st, "Q1", "Q2")
	must(st.Label(t.Context(), []opsreview.Label{verdict("Q1", opsreview.Actionable, hour(1))}))(t)
	labels := []opsreview.Label{verdict("Q1", opsreview.Actionable, hour(2)), verdict("Q2", opsreview.Actionable, hour(2))}
	same(t, "would change", []opsreview.Ref{ref("Q2")}, must(st.LabelChanges(t.Context(), labels))(t))
	same(t, "labels", nil, must(st.Labels(t.Context(), ref("Q2")))(t))
	_, err := st.LabelChanges(t.Context(), []opsreview.Label{verdict("QX", opsreview.Actionable, hour(2))})
	wantCode(t, err, opsreview.NotFound)
}
