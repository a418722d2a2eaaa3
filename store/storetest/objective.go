package storetest

import (
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

var objectiveTests = map[string]func(*testing.T, Store){
	"an objective holds from when it was first seen changed": testObjectives,
	"corrections are made all or none, and once":             testCorrections,
	"a correction that makes no sense is refused":            testCorrectionInvalid,
	"a withdrawn correction stays in the history":            testWithdraw,
}

func testObjectives(t *testing.T, st Store) {
	slo := func(name string, target float64) opsreview.SLO {
		return opsreview.SLO{Name: name, Objective: opsreview.Objective{
			Target: target, Method: opsreview.Timeslices, Slice: 5 * time.Minute, SliceTarget: 0.99,
		}}
	}
	record := func(at time.Time, slos ...opsreview.SLO) {
		t.Helper()
		mustDo(t, st.RecordObjectives(t.Context(), slos, at))
	}
	record(hour(1), slo("a", 0.9), slo("b", 0.99))
	record(hour(2), slo("a", 0.9))
	record(hour(3), slo("a", 0.95))
	// The clock of another server is behind.
	record(hour(2), slo("a", 0.9))
	change := func(name string, at time.Time, target float64) opsreview.ObjectiveChange {
		return opsreview.ObjectiveChange{SLO: name, At: at, Objective: slo(name, target).Objective}
	}
	a := []opsreview.ObjectiveChange{
		change("a", time.Time{}, 0.9), change("a", hour(3), 0.95), change("a", hour(3).Add(time.Millisecond), 0.9),
	}
	all := map[string][]opsreview.ObjectiveChange{"a": a, "b": {change("b", time.Time{}, 0.99)}}
	same(t, "all", all, must(st.Objectives(t.Context(), nil))(t))
	same(t, "one", map[string][]opsreview.ObjectiveChange{"a": a}, must(st.Objectives(t.Context(), []string{"a", "c"}))(t))
	same(t, "none", nil, must(st.Objectives(t.Context(), []string{}))(t))
	wantCode(t, st.RecordObjectives(t.Context(), []opsreview.SLO{slo("c", 0.9), slo("d", 1)}, hour(1)), opsreview.Invalid)
	wantCode(t, st.RecordObjectives(t.Context(), []opsreview.SLO{slo("", 0.9)}, hour(1)), opsreview.Invalid)
	same(t, "all as before", all, must(st.Objectives(t.Context(), nil))(t))
}

func correction(slo string, at float64) opsreview.Correction {
	return opsreview.Correction{
		SLO: slo, Window: opsreview.Window{Start: hour(10), End: hour(12)}, Reason: "new disks", Author: "ada", At: hour(at),
	}
}

func testCorrections(t *testing.T, st Store) {
	r := store.Request{ID: "r", Method: "CreateCorrections", Content: []byte("both"), At: hour(1)}
	both := []opsreview.Correction{correction("a", 1), correction("b", 1)}
	saved := must(st.SaveCorrections(t.Context(), r, both))(t)
	same(t, "repeated", saved, must(st.SaveCorrections(t.Context(), r, both))(t))
	if len(saved) != 2 || saved[0].ID == "" || saved[0].ID == saved[1].ID {
		t.Fatalf("the IDs are missing or the same: %+v", saved)
	}
	both[0].ID, both[1].ID = saved[0].ID, saved[1].ID
	same(t, "saved", both, saved)
	r.Content = []byte("another")
	_, err := st.SaveCorrections(t.Context(), r, []opsreview.Correction{correction("c", 2)})
	wantCode(t, err, opsreview.Conflict)
	more := must(st.SaveCorrections(t.Context(), store.Request{}, []opsreview.Correction{correction("a", 2)}))(t)
	must(st.SaveCorrections(t.Context(), store.Request{}, []opsreview.Correction{correction("a", 0)}))(t)
	all := must(st.Corrections(t.Context(), nil))(t)
	same(t, "newest first", []opsreview.Correction{more[0], saved[1], saved[0]}, all[:3])
	same(t, "of one", []opsreview.Correction{saved[1]}, must(st.Corrections(t.Context(), []string{"b", "x"}))(t))
	same(t, "of none", nil, must(st.Corrections(t.Context(), []string{}))(t))
}

func testCorrectionInvalid(t *testing.T, st Store) {
	for name, change := range map[string]func(*opsreview.Correction){
		"no SLO":             func(c *opsreview.Correction) { c.SLO = "" },
		"no window":          func(c *opsreview.Correction) { c.Window = opsreview.Window{} },
		"an empty window":    func(c *opsreview.Correction) { c.Window.End = c.Window.Start },
		"a tiny window":      func(c *opsreview.Correction) { c.Window.End = c.Window.Start.Add(1) },
		"no reason":          func(c *opsreview.Correction) { c.Reason = " \n" },
		"a long reason":      func(c *opsreview.Correction) { c.Reason = strings.Repeat("é", 2001) },
		"no author":          func(c *opsreview.Correction) { c.Author = "" },
		"no time":            func(c *opsreview.Correction) { c.At = time.Time{} },
		"an ID":              func(c *opsreview.Correction) { c.ID = "c-1" },
		"withdrawn by birth": func(c *opsreview.Correction) { c.WithdrawnBy = "ada" },
	} {
		c := correction("a", 1)
		change(&c)
		_, err := st.SaveCorrections(t.Context(), store.Request{}, []opsreview.Correction{correction("a", 1), c})
		if opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "saved", nil, must(st.Corrections(t.Context(), nil))(t))
}

func testWithdraw(t *testing.T, st Store) {
	want := must(st.SaveCorrections(t.Context(), store.Request{}, []opsreview.Correction{correction("a", 1), correction("b", 1)}))(t)
	want[0].WithdrawnBy, want[0].WithdrawnAt = "bob", hour(2)
	same(t, "withdrawn", want[0], must(st.WithdrawCorrection(t.Context(), want[0].ID, "bob", hour(2)))(t))
	same(t, "withdrawn again", want[0], must(st.WithdrawCorrection(t.Context(), want[0].ID, "eve", hour(3)))(t))
	same(t, "history", []opsreview.Correction{want[1], want[0]}, must(st.Corrections(t.Context(), nil))(t))
	for _, id := range []string{"", "c-", "c-99", "1", "c-01", "c-1 ", "m-1"} {
		_, err := st.WithdrawCorrection(t.Context(), id, "bob", hour(2))
		wantCode(t, err, opsreview.NotFound)
	}
	_, err := st.WithdrawCorrection(t.Context(), want[1].ID, "", hour(2))
	wantCode(t, err, opsreview.Invalid)
}
