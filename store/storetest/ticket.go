package storetest

import (
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

var ticketTests = map[string]func(*testing.T, Store){
	"a ticket is read as it was saved":                          testTicketWhole,
	"tickets are saved all or none":                             testTicketsAllOrNone,
	"a ticket that makes no sense is refused":                   testTicketInvalid,
	"a name that is too long is refused and a text is cut":      testTicketSizes,
	"one generation of a finding is under way at a time":        testTicketGenerations,
	"a ticket that is filed is not filed again":                 testTicketFiledStays,
	"tickets are found by tracker, team, state and closing":     testTicketFilter,
	"who agreed first that tickets are filed stays":             testConfirm,
	"a lease keeps others out until it ends or is released":     testLease,
	"sprints in a row that left a ticket out are counted":       testPassedOver,
	"a planning that makes no sense is refused":                 testPlanningInvalid,
	"pages of a monitor are counted in each of several windows": testMonitorPages,
}

const tracker = "jira/OPS"

// fp returns the fingerprint of a finding by a short name.
func fp(name string) string {
	return opsreview.FingerprintOf(opsreview.FindingKey("noisy_monitor", name))
}

func planned(name string) opsreview.Ticket {
	return opsreview.Ticket{Tracker: tracker, Fingerprint: fp(name), Generation: 1, State: opsreview.TicketPlanned}
}

// filed returns a ticket with every field set.
func filed(name string) opsreview.Ticket {
	return opsreview.Ticket{
		Tracker: tracker, Fingerprint: fp(name), Generation: 1,
		Key: opsreview.FindingKey("noisy_monitor", name), Kind: "noisy_monitor", Category: "alert-noise", Team: "secrets",
		Service: "vault", SLO: "vault/availability", Monitor: name, Title: `"Vault" pages & pages`, Cost: 204.5, Points: 3,
		State: opsreview.TicketFiled, Attempt: "a1", AttemptAt: hour(1), Probes: 2, ProbedAt: hour(2), NotBefore: hour(3),
		Payload: "9f86d081", Error: "slow down", RemoteID: "10012", RemoteKey: "OPS-12", URL: "https://example.com/browse/OPS-12",
		Stands: opsreview.TicketDone, Status: "Closed", Resolution: "Fixed", Assignee: "Ada", ClosedAt: hour(5), SyncedAt: hour(6),
		FiledAt: hour(7), FirstAt: hour(8), LastAt: hour(9), LastRun: "secrets 2026-W46", Seen: 4, NotedAt: hour(10), NoteID: "n1",
		SuppressedUntil: hour(11),
	}
}

func saveTickets(t *testing.T, st Store, rows ...opsreview.Ticket) {
	t.Helper()
	mustDo(t, st.SaveTickets(t.Context(), rows))
}

// wantTickets fails the test unless the tracker has the rows, in any order.
func wantTickets(t *testing.T, st Store, want ...opsreview.Ticket) {
	t.Helper()
	got := map[string]opsreview.Ticket{}
	for _, row := range must(st.Tickets(t.Context(), tracker))(t) {
		got[ticketName(row)] = row
	}
	all := map[string]opsreview.Ticket{}
	for _, row := range want {
		all[ticketName(row)] = row
	}
	same(t, "tickets", all, got)
}

func ticketName(row opsreview.Ticket) string {
	return row.Fingerprint + "." + string(rune('0'+row.Generation))
}

func testTicketWhole(t *testing.T, st Store) {
	same(t, "none", nil, must(st.Tickets(t.Context(), tracker))(t))
	saveTickets(t, st, filed("m-1"), planned("m-2"))
	other := planned("m-1")
	other.Tracker = "jira/OTHER"
	saveTickets(t, st, other)
	wantTickets(t, st, filed("m-1"), planned("m-2"))
	again := filed("m-1")
	again.Stands, again.ClosedAt, again.Error, again.Seen = opsreview.TicketTodo, time.Time{}, "", 5
	saveTickets(t, st, again)
	saveTickets(t, st)
	wantTickets(t, st, again, planned("m-2"))
	same(t, "the other tracker's", []opsreview.Ticket{other}, must(st.Tickets(t.Context(), "jira/OTHER"))(t))
	_, err := st.Tickets(t.Context(), "")
	wantCode(t, err, opsreview.Invalid)
}

func testTicketsAllOrNone(t *testing.T, st Store) {
	bad := planned("m-2")
	bad.State = "lost"
	wantCode(t, st.SaveTickets(t.Context(), []opsreview.Ticket{planned("m-1"), bad}), opsreview.Invalid)
	saveTickets(t, st, filed("m-3"))
	late := filed("m-3")
	late.State = opsreview.TicketPlanned
	wantCode(t, st.SaveTickets(t.Context(), []opsreview.Ticket{planned("m-1"), late}), opsreview.Conflict)
	wantTickets(t, st, filed("m-3"))
}

func testTicketInvalid(t *testing.T, st Store) {
	for name, spoil := range map[string]func(*opsreview.Ticket){
		"no tracker":                     func(row *opsreview.Ticket) { row.Tracker = "" },
		"no fingerprint":                 func(row *opsreview.Ticket) { row.Fingerprint = "" },
		"a fingerprint that is too long": func(row *opsreview.Ticket) { row.Fingerprint += "0" },
		"a fingerprint in capitals":      func(row *opsreview.Ticket) { row.Fingerprint = "0123456789ABCDEF" },
		"no generation":                  func(row *opsreview.Ticket) { row.Generation = 0 },
		"an unknown state":               func(row *opsreview.Ticket) { row.State = "lost" },
		"an unknown category":            func(row *opsreview.Ticket) { row.Stands = "Closed" },
		"a cost below nothing":           func(row *opsreview.Ticket) { row.Cost = -1 },
		"a cost that is no number":       func(row *opsreview.Ticket) { row.Cost /= 0 * row.Cost },
		"probes below none":              func(row *opsreview.Ticket) { row.Probes = -1 },
		"seen less than never":           func(row *opsreview.Ticket) { row.Seen = -1 },
		"filed and without a name":       func(row *opsreview.Ticket) { row.RemoteID = "" },
		"creating without an attempt":    func(row *opsreview.Ticket) { row.State, row.Attempt = opsreview.TicketCreating, "" },
		"uncertain since when":           func(row *opsreview.Ticket) { row.State, row.AttemptAt = opsreview.TicketUncertain, time.Time{} },
		"a key that is not UTF-8":        func(row *opsreview.Ticket) { row.Key = "a\xff" },
	} {
		row := filed("m-1")
		spoil(&row)
		if err := st.SaveTickets(t.Context(), []opsreview.Ticket{row}); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantTickets(t, st)
}

func testTicketSizes(t *testing.T, st Store) {
	row := filed("m-1")
	row.Error, row.Title, row.Status = strings.Repeat("é", 5000), "a\xffb", strings.Repeat("é", 2000)
	row.Points = -1
	saveTickets(t, st, row)
	row.Error, row.Title, row.Points = strings.Repeat("é", 1999)+"…", "a\uFFFDb", 0
	wantTickets(t, st, row)
	long := filed("m-2")
	long.RemoteID = strings.Repeat("é", 1001)
	wantCode(t, st.SaveTickets(t.Context(), []opsreview.Ticket{long}), opsreview.Invalid)
	long.RemoteID = strings.Repeat("é", 1000)
	saveTickets(t, st, long)
	wantTickets(t, st, row, long)
}

func testTicketGenerations(t *testing.T, st Store) {
	first, second := planned("m-1"), planned("m-1")
	second.Generation = 2
	saveTickets(t, st, first)
	wantCode(t, st.SaveTickets(t.Context(), []opsreview.Ticket{second}), opsreview.Conflict)
	first.State = opsreview.TicketGone
	// The new generation comes first in the list, and all the same the old one ends first.
	saveTickets(t, st, second, first)
	wantTickets(t, st, first, second)
	// Somebody opens the old ticket again: then two are filed.
	first, second = filed("m-1"), filed("m-1")
	second.Generation = 2
	saveTickets(t, st, first, second)
	wantTickets(t, st, first, second)
}

func testTicketFiledStays(t *testing.T, st Store) {
	saveTickets(t, st, filed("m-1"))
	for _, state := range []opsreview.TicketState{
		opsreview.TicketPlanned, opsreview.TicketCreating, opsreview.TicketUncertain, opsreview.TicketRejected,
	} {
		late := filed("m-1")
		late.State = state
		wantCode(t, st.SaveTickets(t.Context(), []opsreview.Ticket{late}), opsreview.Conflict)
		_, err := st.BeginEffect(t.Context(), late, opsreview.TicketEffect{At: hour(1), Action: "create"})
		wantCode(t, err, opsreview.Conflict)
	}
	wantTickets(t, st, filed("m-1"))
	same(t, "effects", nil, must(st.TicketEffects(t.Context(), store.TicketEffectFilter{}))(t))
	gone := filed("m-1")
	gone.State = opsreview.TicketGone
	saveTickets(t, st, gone)
	// Somebody says that it does not exist.
	gone.State = opsreview.TicketPlanned
	saveTickets(t, st, gone)
	wantTickets(t, st, gone)
}

func testTicketFilter(t *testing.T, st Store) {
	closed, open, waiting, other := filed("closed"), filed("open"), planned("waiting"), filed("other")
	open.Stands, open.ClosedAt, open.Team = opsreview.TicketTodo, time.Time{}, "payments"
	waiting.Team = "secrets"
	other.Tracker, other.ClosedAt = "markdown/tickets", hour(7)
	saveTickets(t, st, closed, open, waiting, other)
	names := map[string]string{fp("closed"): "closed", fp("open"): "open", fp("waiting"): "waiting", fp("other"): "other"}
	for name, tt := range map[string]struct {
		filter store.TicketFilter
		want   string // in any order
	}{
		"all":                     {store.TicketFilter{}, "closed open other waiting"},
		"of a tracker":            {store.TicketFilter{Tracker: tracker}, "closed open waiting"},
		"of a team":               {store.TicketFilter{Team: "secrets"}, "closed other waiting"},
		"of a finding":            {store.TicketFilter{Fingerprint: fp("open")}, "open"},
		"in a state":              {store.TicketFilter{States: []opsreview.TicketState{opsreview.TicketPlanned}}, "waiting"},
		"in one of two states":    {store.TicketFilter{States: []opsreview.TicketState{opsreview.TicketPlanned, opsreview.TicketFiled}}, "closed open other waiting"},
		"standing somewhere":      {store.TicketFilter{Stands: []opsreview.StatusCategory{opsreview.TicketTodo}}, "open"},
		"in a state or standing":  {store.TicketFilter{States: []opsreview.TicketState{opsreview.TicketPlanned}, Stands: []opsreview.StatusCategory{opsreview.TicketTodo}}, "open waiting"},
		"closed in a window":      {store.TicketFilter{Closed: opsreview.Window{Start: hour(5), End: hour(7)}}, "closed"},
		"closed since":            {store.TicketFilter{Closed: opsreview.Window{Start: hour(6)}}, "other"},
		"closed, and of a team":   {store.TicketFilter{Team: "payments", Closed: opsreview.Window{Start: hour(0)}}, ""},
		"of a tracker and a team": {store.TicketFilter{Tracker: tracker, Team: "secrets", States: opsreview.TicketStates()}, "closed waiting"},
	} {
		got := map[string]bool{}
		for _, row := range must(st.ListTickets(t.Context(), tt.filter))(t) {
			got[names[row.Fingerprint]] = true
		}
		want := map[string]bool{}
		for _, n := range strings.Fields(tt.want) {
			want[n] = true
		}
		same(t, name, want, got)
	}
}

func testConfirm(t *testing.T, st Store) {
	same(t, "nobody", time.Time{}, must(st.Confirmed(t.Context(), tracker))(t))
	mustDo(t, st.Lease(t.Context(), tracker, "ada/1", hour(0), hour(1)))
	same(t, "leased only", time.Time{}, must(st.Confirmed(t.Context(), tracker))(t))
	mustDo(t, st.Confirm(t.Context(), tracker, "ada", hour(1)))
	mustDo(t, st.Confirm(t.Context(), tracker, "bob", hour(2)))
	same(t, "first", hour(1), must(st.Confirmed(t.Context(), tracker))(t))
	same(t, "another tracker", time.Time{}, must(st.Confirmed(t.Context(), "jira/OTHER"))(t))
	wantCode(t, st.Confirm(t.Context(), tracker, "", hour(1)), opsreview.Invalid)
	wantCode(t, st.Confirm(t.Context(), tracker, "ada", time.Time{}), opsreview.Invalid)
	wantCode(t, st.Confirm(t.Context(), "", "ada", hour(1)), opsreview.Invalid)
}

func testLease(t *testing.T, st Store) {
	lease := func(owner string, now, until float64) error {
		return st.Lease(t.Context(), tracker, owner, hour(now), hour(until))
	}
	mustDo(t, lease("ada", 1, 1)) // Who has nothing may give it back.
	mustDo(t, lease("ada", 1, 2))
	err := lease("bob", 1.5, 3)
	wantCode(t, err, opsreview.Conflict)
	if m := opsreview.ErrorMessage(err); !strings.Contains(m, "ada") || !strings.Contains(m, "02:00:00 UTC") {
		t.Errorf("the message does not say who and until when: %s", m)
	}
	wantCode(t, lease("bob", 1.5, 1.5), opsreview.Conflict)
	mustDo(t, lease("ada", 1.5, 3)) // for longer
	wantCode(t, lease("bob", 2.5, 4), opsreview.Conflict)
	mustDo(t, lease("bob", 3, 4)) // It ended.
	wantCode(t, lease("ada", 3.5, 3.5), opsreview.Conflict)
	mustDo(t, lease("bob", 3.5, 3.5))
	mustDo(t, lease("ada", 3.5, 4))
	mustDo(t, st.Lease(t.Context(), "jira/OTHER", "bob", hour(3.5), hour(4)))
	wantCode(t, lease("", 5, 6), opsreview.Invalid)
	wantCode(t, lease("ada", 5, 30), opsreview.Invalid)
	wantCode(t, st.Lease(t.Context(), tracker, "ada", time.Time{}, hour(1)), opsreview.Invalid)
	wantCode(t, st.Lease(t.Context(), "", "ada", hour(1), hour(2)), opsreview.Invalid)
}

func testPassedOver(t *testing.T, st Store) {
	plan := func(sprint string, at float64, chosen, leftOut string) {
		t.Helper()
		fingerprints := func(names string) (list []string) {
			for _, n := range strings.Fields(names) {
				list = append(list, fp(n))
			}
			return list
		}
		mustDo(t, st.SavePlanning(t.Context(), tracker, sprint, hour(at), fingerprints(chosen), fingerprints(leftOut)))
	}
	want := func(what string, counts map[string]int) {
		t.Helper()
		all := map[string]int{}
		for name, n := range counts {
			all[fp(name)] = n
		}
		same(t, what, all, must(st.PassedOver(t.Context(), tracker, ""))(t))
	}
	want("nothing planned", nil)
	plan("1", 1, "a", "b c")
	plan("1", 2, "a", "b c")
	want("a sprint counts once", map[string]int{"b": 1, "c": 1})
	plan("2", 3, "c", "a b")
	want("a choice begins anew", map[string]int{"a": 1, "b": 2})
	plan("3", 4, "", "d")
	want("another team's planning changes nothing", map[string]int{"a": 1, "b": 2, "d": 1})
	plan("4", 5, "a", "b c")
	plan("4", 6, "b", "a")
	want("planned again", map[string]int{"a": 2, "c": 1, "d": 1})
	same(t, "the one to be planned does not count", map[string]int{fp("a"): 1, fp("b"): 2, fp("d"): 1},
		must(st.PassedOver(t.Context(), tracker, "4"))(t))
	plan("2", 7, "a", "")
	want("an old sprint keeps its place", map[string]int{"a": 1, "c": 1, "d": 1})
	same(t, "another tracker", nil, must(st.PassedOver(t.Context(), "jira/OTHER", ""))(t))
}

func testPlanningInvalid(t *testing.T, st Store) {
	a := []string{fp("a")}
	for _, err := range []error{
		st.SavePlanning(t.Context(), "", "1", hour(1), a, nil),
		st.SavePlanning(t.Context(), tracker, "", hour(1), a, nil),
		st.SavePlanning(t.Context(), tracker, "1", time.Time{}, a, nil),
		st.SavePlanning(t.Context(), tracker, "1", hour(1), a, []string{"OPS-12"}),
		st.SavePlanning(t.Context(), tracker, "1", hour(1), a, a),
	} {
		wantCode(t, err, opsreview.Invalid)
	}
	same(t, "passed over", nil, must(st.PassedOver(t.Context(), tracker, ""))(t))
}

func testMonitorPages(t *testing.T, st Store) {
	save(t, st, "pd", opsreview.Batch{Pages: []opsreview.Page{
		trigger("Q1", hour(1), "Vault is sealed", "P1"), trigger("Q2", hour(2), "Vault is sealed"), trigger("Q3", hour(3), "Vault is sealed"),
		trigger("Q4", hour(2), "Consul has no leader"),
	}})
	monitor := must(st.FindPage(t.Context(), "pd/Q1"))(t).Monitor
	counts := must(st.MonitorPages(t.Context(), monitor, []opsreview.Window{
		{Start: hour(0), End: hour(2)}, {Start: hour(2), End: hour(4)}, {Start: hour(4), End: hour(9)}, {Start: hour(2), End: hour(2)}, {},
	}))(t)
	same(t, "counts", []int{1, 2, 0, 0, 0}, counts)
	same(t, "of nobody", []int{0}, must(st.MonitorPages(t.Context(), "m-none", []opsreview.Window{{Start: hour(0), End: hour(9)}}))(t))
	_, err := st.MonitorPages(t.Context(), "", nil)
	wantCode(t, err, opsreview.Invalid)
}
