package storetest

import (
	"strings"
	"testing"

	"opsreview"
	"opsreview/store"
)

var filterTests = map[string]func(*testing.T, Store){
	"each filter selects what it says":                    testFilters,
	"going from key to key sees every page once":          testKeyset,
	"events and labels can be left out or come with them": testWithout,
}

// saveFortnight saves pages that the filters tell apart.
func saveFortnight(t *testing.T, st Store) {
	t.Helper()
	a := trigger("QA", hour(1), "100% of disk_a is full", "P1", "P2")
	a.Service, a.Urgency = ref("S1"), opsreview.HighUrgency
	b := trigger("QB", hour(10), "STÖRUNG im Netz", "P2")
	b.Service, b.Urgency = ref("S2"), opsreview.LowUrgency
	b.Events = append(b.Events, opsreview.Event{ID: "r", At: hour(11), Kind: opsreview.Resolved})
	c := trigger("QC", hour(20), "nobody was told")
	// This one goes on: it notifies somebody a day after it began.
	d := trigger("QD", hour(21), "disk-a is full", "P1")
	d.Events = append(d.Events, opsreview.Event{ID: "n2", At: hour(45), Kind: opsreview.Notified, Responders: []string{"P3"}})
	save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{d, c, b, a}, Labels: []opsreview.Label{
		{Page: ref("QA"), Verdict: opsreview.Actionable, Author: "ada", At: hour(30)},
		{Page: ref("QB"), Verdict: opsreview.Actionable, Author: "ada", At: hour(30)},
		{Page: ref("QB"), Author: "ada", At: hour(31), Withdrawn: true},
	}})
}

func testFilters(t *testing.T, st Store) {
	saveFortnight(t, st)
	monitor := must(st.FindPage(t.Context(), "QC"))(t).Monitor
	refs := func(ids ...string) []opsreview.Ref {
		out := []opsreview.Ref{}
		for _, id := range ids {
			out = append(out, ref(id))
		}
		return out
	}
	window := func(from, to float64) opsreview.Window { return opsreview.Window{Start: hour(from), End: hour(to)} }
	for name, tt := range map[string]struct {
		filter store.PageFilter
		want   string
	}{
		"nothing selects everything":        {store.PageFilter{}, "QA QB QC QD"},
		"refs":                              {store.PageFilter{Refs: refs("QD", "QB", "QX")}, "QB QD"},
		"no refs select nothing":            {store.PageFilter{Refs: refs()}, ""},
		"services":                          {store.PageFilter{Services: refs("S2")}, "QB"},
		"no services select nothing":        {store.PageFilter{Services: refs()}, ""},
		"a window is half-open":             {store.PageFilter{Window: window(10, 20)}, "QB"},
		"a window without an end":           {store.PageFilter{Window: opsreview.Window{Start: hour(20)}}, "QC QD"},
		"touched by trigger or notice":      {store.PageFilter{Touched: window(40, 50)}, "QD"},
		"touched once though twice":         {store.PageFilter{Touched: window(20, 50)}, "QC QD"},
		"a responder":                       {store.PageFilter{Responder: refs("P2")}, "QA QB"},
		"responders":                        {store.PageFilter{Responder: refs("P2", "P3")}, "QA QB QD"},
		"no responders select nothing":      {store.PageFilter{Responder: refs()}, ""},
		"a responder of another source":     {store.PageFilter{Responder: []opsreview.Ref{{Source: "x", ID: "P2"}}}, ""},
		"a responder in a window":           {store.PageFilter{Responder: refs("P2"), Window: window(0, 5)}, "QA"},
		"a monitor":                         {store.PageFilter{Monitor: monitor}, "QC"},
		"a status":                          {store.PageFilter{Status: opsreview.Finished}, "QB"},
		"an urgency":                        {store.PageFilter{Urgency: opsreview.HighUrgency}, "QA"},
		"labelled":                          {store.PageFilter{Labelled: store.Labelled}, "QA"},
		"a withdrawn label is none":         {store.PageFilter{Labelled: store.Unlabelled}, "QB QC QD"},
		"a search in any case":              {store.PageFilter{Search: "DISK"}, "QA QD"},
		"a search for a percent sign":       {store.PageFilter{Search: "0% O"}, "QA"},
		"a search for an underscore":        {store.PageFilter{Search: "disk_a"}, "QA"},
		"a search beyond ASCII":             {store.PageFilter{Search: "störung"}, "QB"},
		"a search for a quote finds none":   {store.PageFilter{Search: `'; DROP TABLE pages; --\`}, ""},
		"all at once":                       {store.PageFilter{Refs: refs("QA", "QB"), Services: refs("S1"), Window: window(0, 24), Responder: refs("P1"), Search: "full"}, "QA"},
		"the latest first":                  {store.PageFilter{Descending: true, Limit: 3}, "QD QC QB"},
		"the pages after one":               {store.PageFilter{After: store.PageKey{At: hour(10), Ref: ref("QB")}}, "QC QD"},
		"the pages before one latest first": {store.PageFilter{After: store.PageKey{At: hour(10), Ref: ref("QB")}, Descending: true}, "QA"},
	} {
		if got := strings.Join(find(t, st, tt.filter), " "); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	_, err := st.Pages(t.Context(), store.PageFilter{Search: strings.Repeat("x", 2000)})
	wantCode(t, err, opsreview.Invalid)
}

func testKeyset(t *testing.T, st Store) {
	var b opsreview.Batch
	for i := range 23 {
		// Several pages share an instant.
		b.Pages = append(b.Pages, trigger(string(rune('a'+i)), hour(float64(i/5)), "x"))
	}
	save(t, st, "pd", b)
	for _, descending := range []bool{false, true} {
		want := find(t, st, store.PageFilter{Descending: descending})
		var got []string
		f := store.PageFilter{Limit: 4, Descending: descending}
		for {
			pages := must(st.Pages(t.Context(), f))(t)
			if len(pages) == 0 {
				break
			}
			got = append(got, ids(pages)...)
			f.After = store.KeyOf(pages[len(pages)-1])
		}
		same(t, "pages by fours", want, got)
	}
}

func testWithout(t *testing.T, st Store) {
	saveFortnight(t, st)
	with := must(st.Pages(t.Context(), store.PageFilter{}))(t)
	without := must(st.Pages(t.Context(), store.PageFilter{WithoutEvents: true}))(t)
	for i := range with {
		if len(with[i].Events) == 0 {
			t.Errorf("page %s has no events", with[i].Ref)
		}
		with[i].Events = nil
	}
	same(t, "pages without events", with, without)
	same(t, "label", opsreview.Label{Page: ref("QA"), Verdict: opsreview.Actionable, Author: "ada", At: hour(30)}, with[0].Label)
	same(t, "withdrawn label", opsreview.Label{}, with[1].Label)
}
