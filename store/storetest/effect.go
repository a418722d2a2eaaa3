package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

var effectTests = map[string]func(*testing.T, Store){
	"what is asked of a tracker is kept with its row, before and after": testEffect,
	"an effect ends once":                          testEffectEndsOnce,
	"an effect that makes no sense is refused":     testEffectInvalid,
	"a failed end leaves row and effect":           testEffectFails,
	"effects are listed newest first":              testEffectFilter,
	"an effect without an end is told as cut off":  testEffectCutOff,
	"an effect may be begun on a row that is kept": testEffectOnFiled,
}

// creating returns a row whose creation is under way.
func creating(name string) opsreview.Ticket {
	row := planned(name)
	row.State, row.Attempt, row.AttemptAt = opsreview.TicketCreating, "a1", hour(1)
	return row
}

func begin(t *testing.T, st Store, row opsreview.Ticket, at float64, action string) int64 {
	t.Helper()
	return must(st.BeginEffect(t.Context(), row, opsreview.TicketEffect{At: hour(at), Action: action, Detail: "Vault", Caller: "ada"}))(t)
}

func effects(t *testing.T, st Store, f store.TicketEffectFilter) []opsreview.TicketEffect {
	t.Helper()
	return must(st.TicketEffects(t.Context(), f))(t)
}

func testEffect(t *testing.T, st Store) {
	id := begin(t, st, creating("m-1"), 1, "create")
	wantTickets(t, st, creating("m-1"))
	want := opsreview.TicketEffect{
		ID: id, At: hour(1), Tracker: tracker, Fingerprint: fp("m-1"), Generation: 1, Action: "create", Detail: "Vault", Caller: "ada",
	}
	same(t, "begun", []opsreview.TicketEffect{want}, effects(t, st, store.TicketEffectFilter{}))
	mustDo(t, st.EndEffect(t.Context(), filed("m-1"), id, opsreview.OutcomeOK, "OPS-12", hour(2)))
	wantTickets(t, st, filed("m-1"))
	want.EndedAt, want.Outcome, want.RemoteKey = hour(2), opsreview.OutcomeOK, "OPS-12"
	same(t, "ended", []opsreview.TicketEffect{want}, effects(t, st, store.TicketEffectFilter{}))
}

func testEffectEndsOnce(t *testing.T, st Store) {
	id := begin(t, st, creating("m-1"), 1, "create")
	end := func(row opsreview.Ticket, id int64, outcome string) error {
		return st.EndEffect(t.Context(), row, id, outcome, "OPS-12", hour(2))
	}
	wantCode(t, end(filed("m-2"), id, opsreview.OutcomeOK), opsreview.NotFound)
	wantCode(t, end(filed("m-1"), id+1, opsreview.OutcomeOK), opsreview.NotFound)
	mustDo(t, end(filed("m-1"), id, opsreview.OutcomeOK))
	mustDo(t, end(filed("m-1"), id, opsreview.OutcomeOK)) // The answer to the first was lost.
	wantCode(t, end(filed("m-1"), id, "unknown"), opsreview.NotFound)
	wantTickets(t, st, filed("m-1"))
}

func testEffectInvalid(t *testing.T, st Store) {
	for name, e := range map[string]opsreview.TicketEffect{
		"no time":             {Action: "create"},
		"no action":           {At: hour(1)},
		"another ticket":      {At: hour(1), Action: "create", Fingerprint: fp("m-2")},
		"another tracker":     {At: hour(1), Action: "create", Tracker: "jira/OTHER"},
		"another generation":  {At: hour(1), Action: "create", Generation: 2},
		"one that has ended":  {At: hour(1), Action: "create", EndedAt: hour(2)},
		"one with an outcome": {At: hour(1), Action: "create", Outcome: opsreview.OutcomeOK},
		"one that is kept":    {At: hour(1), Action: "create", ID: 7},
	} {
		if _, err := st.BeginEffect(t.Context(), creating("m-1"), e); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	lost := creating("m-1")
	lost.State = "lost"
	_, err := st.BeginEffect(t.Context(), lost, opsreview.TicketEffect{At: hour(1), Action: "create"})
	wantCode(t, err, opsreview.Invalid)
	wantTickets(t, st)
	id := begin(t, st, creating("m-1"), 1, "create")
	wantCode(t, st.EndEffect(t.Context(), filed("m-1"), id, "", "", hour(2)), opsreview.Invalid)
	wantCode(t, st.EndEffect(t.Context(), filed("m-1"), id, opsreview.OutcomeOK, "", time.Time{}), opsreview.Invalid)
}

func testEffectFails(t *testing.T, st Store) {
	id := begin(t, st, creating("m-1"), 1, "create")
	nameless := filed("m-1")
	nameless.RemoteID = ""
	wantCode(t, st.EndEffect(t.Context(), nameless, id, opsreview.OutcomeOK, "", hour(2)), opsreview.Invalid)
	wantTickets(t, st, creating("m-1"))
	if got := effects(t, st, store.TicketEffectFilter{}); len(got) != 1 || !got[0].EndedAt.IsZero() {
		t.Errorf("the effect has become %+v", got)
	}
	mustDo(t, st.EndEffect(t.Context(), filed("m-1"), id, opsreview.OutcomeOK, "", hour(2)))
}

func testEffectFilter(t *testing.T, st Store) {
	first := begin(t, st, creating("m-1"), 3, "create")
	second := begin(t, st, creating("m-2"), 2, "create") // The clock was set back.
	other := creating("m-1")
	other.Tracker = "jira/OTHER"
	third := begin(t, st, other, 4, "create")
	fourth := begin(t, st, creating("m-1"), 5, "probe")
	for name, tt := range map[string]struct {
		filter store.TicketEffectFilter
		want   []int64
	}{
		"all, newest first":           {store.TicketEffectFilter{}, []int64{fourth, third, second, first}},
		"of a tracker":                {store.TicketEffectFilter{Tracker: tracker}, []int64{fourth, second, first}},
		"of a finding":                {store.TicketEffectFilter{Fingerprint: fp("m-1")}, []int64{fourth, third, first}},
		"of a finding in a tracker":   {store.TicketEffectFilter{Fingerprint: fp("m-1"), Tracker: tracker}, []int64{fourth, first}},
		"a list has a length":         {store.TicketEffectFilter{Limit: 2}, []int64{fourth, third}},
		"a list goes on after one":    {store.TicketEffectFilter{Before: third, Limit: 2}, []int64{second, first}},
		"one of a tracker after one":  {store.TicketEffectFilter{Tracker: tracker, Before: fourth}, []int64{second, first}},
		"nothing was asked of nobody": {store.TicketEffectFilter{Tracker: "nobody"}, nil},
	} {
		var got []int64
		for _, e := range effects(t, st, tt.filter) {
			got = append(got, e.ID)
		}
		same(t, name, tt.want, got)
	}
}

func testEffectCutOff(t *testing.T, st Store) {
	outcomes := func(now float64) (all []string) {
		for _, e := range effects(t, st, store.TicketEffectFilter{Now: hour(now)}) {
			all = append(all, e.Outcome)
		}
		return all
	}
	mustDo(t, st.Lease(t.Context(), tracker, "ada/1", hour(1), hour(3)))
	ended := begin(t, st, creating("m-1"), 1, "create")
	mustDo(t, st.EndEffect(t.Context(), filed("m-1"), ended, "unknown", "", hour(1)))
	begin(t, st, creating("m-2"), 2, "create")
	mustDo(t, st.Lease(t.Context(), tracker, "ada/1", hour(2.5), hour(4)))
	same(t, "while it has the lease", []string{"", "unknown"}, outcomes(3))
	same(t, "when the lease has ended", []string{opsreview.OutcomeCutOff, "unknown"}, outcomes(4))
	mustDo(t, st.Lease(t.Context(), tracker, "bob/2", hour(5), hour(6)))
	same(t, "while another has it", []string{opsreview.OutcomeCutOff, "unknown"}, outcomes(5.5))
	begin(t, st, creating("m-3"), 5, "create")
	same(t, "the other's own", []string{"", opsreview.OutcomeCutOff, "unknown"}, outcomes(5.5))
	for _, e := range effects(t, st, store.TicketEffectFilter{}) {
		if e.Outcome == opsreview.OutcomeCutOff {
			t.Error("nobody said what time it is, and an effect is told as cut off")
		}
	}
}

func testEffectOnFiled(t *testing.T, st Store) {
	saveTickets(t, st, filed("m-1"))
	row := filed("m-1")
	row.Seen = 5
	id := must(st.BeginEffect(t.Context(), row, opsreview.TicketEffect{
		At: hour(1), Tracker: tracker, Fingerprint: fp("m-1"), Generation: 1, Action: "note", Detail: strings.Repeat("x", 5000), RemoteKey: "OPS-12",
	}))(t)
	wantTickets(t, st, row)
	row.NotedAt = hour(12)
	mustDo(t, st.EndEffect(t.Context(), row, id, "throttled", "", hour(2)))
	wantTickets(t, st, row)
	got := effects(t, st, store.TicketEffectFilter{})
	if len(got) != 1 || len([]rune(got[0].Detail)) != 2000 || got[0].Outcome != "throttled" {
		t.Error(errors.New("the effect was not kept, or not cut"), got)
	}
}
