package storetest

import (
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

var itemTests = map[string]func(*testing.T, Store){
	"what was said is read as it was said":             testItemWhole,
	"what is said twice by mistake is said once":       testItemOnce,
	"items are found by review, kind and what is open": testItemFilter,
	"an item that makes no sense is refused":           testItemInvalid,
	"an item that is taken back stays":                 testItemWithdrawn,
	"an action is done once, and only actions are":     testItemDone,
	"waivers are read as they were made":               testWaiverWhole,
	"a waiver that is made twice by mistake is one":    testWaiverOnce,
	"a waiver needs an owner, a reason and an end":     testWaiverInvalid,
	"a waiver that is withdrawn stays":                 testWaiverWithdrawn,
}

func said(meeting, text string) opsreview.MeetingItem {
	return opsreview.MeetingItem{Meeting: meeting, Kind: opsreview.ItemNote, Section: "pages", Subject: "pd/Q1", Text: text, Author: "ada", At: hour(200)}
}

func toDo(meeting, text string) opsreview.MeetingItem {
	i := said(meeting, text)
	i.Kind, i.Owner, i.Due, i.Ticket = opsreview.ItemAction, "bob", hour(300), "OPS-12"
	return i
}

func add(t *testing.T, st Store, i opsreview.MeetingItem) opsreview.MeetingItem {
	t.Helper()
	return must(st.AddMeetingItem(t.Context(), nil, i))(t)
}

func items(t *testing.T, st Store, f store.MeetingItemFilter) []opsreview.MeetingItem {
	t.Helper()
	return must(st.MeetingItems(t.Context(), f))(t)
}

func testItemWhole(t *testing.T, st Store) {
	m := openMeeting(t, st, opened("2026-W46", monday))
	given := toDo(m.ID, "new disks\n")
	given.At, given.Due = given.At.Add(time.Microsecond), given.Due.Add(time.Microsecond)
	action, note := add(t, st, given), add(t, st, said(m.ID, "a quiet week"))
	wantAction, wantNote := toDo(m.ID, "new disks\n"), said(m.ID, "a quiet week")
	wantAction.ID, wantNote.ID = action.ID, note.ID
	same(t, "answers", []opsreview.MeetingItem{wantAction, wantNote}, []opsreview.MeetingItem{action, note})
	same(t, "minutes", []opsreview.MeetingItem{wantAction, wantNote}, items(t, st, store.MeetingItemFilter{}))
	same(t, "version", int64(3), meeting(t, st, m.ID).Version)
}

func testItemOnce(t *testing.T, st Store) {
	m := openMeeting(t, st, opened("2026-W46", monday))
	i := said(m.ID, "a quiet week")
	first := must(st.AddMeetingItem(t.Context(), asked("r1", "a"), i))(t)
	closeMeeting(t, st, meeting(t, st, m.ID))
	i.At = hour(250)
	same(t, "the answer, though it is closed since", first, must(st.AddMeetingItem(t.Context(), asked("r1", "a"), i))(t))
	same(t, "minutes", []opsreview.MeetingItem{first}, items(t, st, store.MeetingItemFilter{}))
}

func testItemFilter(t *testing.T, st Store) {
	first, second := openMeeting(t, st, opened("2026-W45", monday.AddDate(0, 0, -7))), openMeeting(t, st, opened("2026-W46", monday))
	win := said(second.ID, "win")
	win.Kind = opsreview.ItemWin
	for _, i := range []opsreview.MeetingItem{toDo(second.ID, "open"), said(second.ID, "note"), toDo(first.ID, "done"), toDo(first.ID, "gone"), win} {
		add(t, st, i)
	}
	for id, c := range map[string]store.ItemChange{"n-3": {Done: true}, "n-4": {Withdraw: true}} {
		c.By, c.At = "ada", hour(1)
		must(st.ChangeMeetingItem(t.Context(), id, c))(t)
	}
	for name, tt := range map[string]struct {
		filter store.MeetingItemFilter
		want   string // in order
	}{
		"all":                 {store.MeetingItemFilter{}, "open note done gone win"},
		"of a review":         {store.MeetingItemFilter{Meetings: []string{first.ID}}, "done gone"},
		"of no review":        {store.MeetingItemFilter{Meetings: []string{}}, ""},
		"of a kind":           {store.MeetingItemFilter{Kinds: []opsreview.ItemKind{opsreview.ItemNote, opsreview.ItemWin}}, "note win"},
		"what is to do":       {store.MeetingItemFilter{ToDo: true}, "open"},
		"what a review left":  {store.MeetingItemFilter{ToDo: true, Meetings: []string{first.ID}}, ""},
		"by its name":         {store.MeetingItemFilter{ID: "n-2"}, "note"},
		"by a name of nobody": {store.MeetingItemFilter{ID: "n-x"}, ""},
	} {
		var got []string
		for _, i := range items(t, st, tt.filter) {
			got = append(got, i.Text)
		}
		same(t, name, strings.Fields(tt.want), got)
	}
}

func testItemInvalid(t *testing.T, st Store) {
	m := openMeeting(t, st, opened("2026-W46", monday))
	for name, spoil := range map[string]func(*opsreview.MeetingItem){
		"an unknown kind":          func(i *opsreview.MeetingItem) { i.Kind = "rumour" },
		"no text":                  func(i *opsreview.MeetingItem) { i.Text = " \n" },
		"no author":                func(i *opsreview.MeetingItem) { i.Author = "" },
		"no time":                  func(i *opsreview.MeetingItem) { i.At = time.Time{} },
		"a name already":           func(i *opsreview.MeetingItem) { i.ID = "n-1" },
		"done already":             func(i *opsreview.MeetingItem) { i.DoneBy = "eve" },
		"an owner of a note":       func(i *opsreview.MeetingItem) { i.Owner = "bob" },
		"a note that is due":       func(i *opsreview.MeetingItem) { i.Due = hour(1) },
		"a text that is too long":  func(i *opsreview.MeetingItem) { i.Text = strings.Repeat("é", 20_001) },
		"a subject that is binary": func(i *opsreview.MeetingItem) { i.Subject = "\xff" },
	} {
		i := said(m.ID, "note")
		spoil(&i)
		if _, err := st.AddMeetingItem(t.Context(), nil, i); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := st.AddMeetingItem(t.Context(), nil, said("secrets/2026-W01", "note"))
	wantCode(t, err, opsreview.NotFound)
	same(t, "minutes", nil, items(t, st, store.MeetingItemFilter{}))
	same(t, "the review", m, meeting(t, st, m.ID))
}

func testItemWithdrawn(t *testing.T, st Store) {
	m := openMeeting(t, st, opened("2026-W46", monday))
	i := add(t, st, said(m.ID, "a mistake"))
	withdraw := func(by string, at float64) opsreview.MeetingItem {
		t.Helper()
		return must(st.ChangeMeetingItem(t.Context(), i.ID, store.ItemChange{Withdraw: true, By: by, At: hour(at)}))(t)
	}
	i.WithdrawnBy, i.WithdrawnAt = "bob", hour(201)
	same(t, "withdrawn", i, withdraw("bob", 201))
	same(t, "version", int64(3), meeting(t, st, m.ID).Version)
	same(t, "once more", i, withdraw("eve", 202))
	same(t, "version", int64(3), meeting(t, st, m.ID).Version)
	same(t, "minutes", []opsreview.MeetingItem{i}, items(t, st, store.MeetingItemFilter{}))
	for _, id := range []string{"", "n-9", "n-01", "1"} {
		_, err := st.ChangeMeetingItem(t.Context(), id, store.ItemChange{Withdraw: true, By: "bob", At: hour(1)})
		wantCode(t, err, opsreview.NotFound)
	}
	_, err := st.ChangeMeetingItem(t.Context(), i.ID, store.ItemChange{Withdraw: true, At: hour(1)})
	wantCode(t, err, opsreview.Invalid)
}

func testItemDone(t *testing.T, st Store) {
	m := openMeeting(t, st, opened("2026-W46", monday))
	note, action := add(t, st, said(m.ID, "note")), add(t, st, toDo(m.ID, "new disks"))
	for _, c := range []store.ItemChange{{Done: true}, {Ticket: "OPS-1"}} {
		c.By, c.At = "ada", hour(1)
		_, err := st.ChangeMeetingItem(t.Context(), note.ID, c)
		wantCode(t, err, opsreview.Invalid)
	}
	action.DoneBy, action.DoneAt, action.Ticket = "ada", hour(201), "OPS-13"
	both := store.ItemChange{Done: true, Ticket: "OPS-13", By: "ada", At: hour(201)}
	same(t, "done", action, must(st.ChangeMeetingItem(t.Context(), action.ID, both))(t))
	both.By, both.At = "eve", hour(202)
	same(t, "once more", action, must(st.ChangeMeetingItem(t.Context(), action.ID, both))(t))
}

// waived returns a waiver with every field set that a person sets.
func waived(subject string, days int) opsreview.Waiver {
	return opsreview.Waiver{
		Team: "secrets", Kind: opsreview.WaiveMonitor, Subject: subject, Title: `"Vault" reads`, Owner: "bob", Reason: "new disks come\n",
		Author: "ada", At: hour(200), Expires: hour(200).AddDate(0, 0, days),
	}
}

func waivers(t *testing.T, st Store, team string) []opsreview.Waiver {
	t.Helper()
	return must(st.Waivers(t.Context(), &team))(t)
}

func testWaiverWhole(t *testing.T, st Store) {
	same(t, "none", nil, must(st.Waivers(t.Context(), nil))(t))
	given := waived("m-1", 14)
	given.Expires, given.At = given.Expires.Add(time.Microsecond), given.At.Add(time.Microsecond)
	other := waived("m-2", 7)
	other.Team, other.Kind = "", opsreview.WaivePage
	first, second := must(st.CreateWaiver(t.Context(), nil, given))(t), must(st.CreateWaiver(t.Context(), nil, other))(t)
	same(t, "again", 1, len(waivers(t, st, "secrets")))
	third := must(st.CreateWaiver(t.Context(), nil, waived("m-1", 30)))(t)
	want := waived("m-1", 14)
	want.ID = first.ID
	same(t, "the answer", want, first)
	same(t, "a team's", []opsreview.Waiver{third, want}, waivers(t, st, "secrets"))
	same(t, "everybody's", []opsreview.Waiver{second}, waivers(t, st, ""))
	same(t, "all", []opsreview.Waiver{third, want, second}, must(st.Waivers(t.Context(), nil))(t))
	for _, kind := range []opsreview.WaiverKind{opsreview.WaiveBreach, opsreview.WaiveIncident} {
		v := waived("x", 1)
		v.Kind = kind
		must(st.CreateWaiver(t.Context(), nil, v))(t)
	}
}

func testWaiverOnce(t *testing.T, st Store) {
	v := waived("m-1", 14)
	first := must(st.CreateWaiver(t.Context(), asked("r1", "a"), v))(t)
	v.At, v.Expires = v.At.Add(time.Minute), v.Expires.Add(time.Minute)
	same(t, "the answer", first, must(st.CreateWaiver(t.Context(), asked("r1", "a"), v))(t))
	same(t, "waivers", []opsreview.Waiver{first}, waivers(t, st, "secrets"))
}

func testWaiverInvalid(t *testing.T, st Store) {
	for name, spoil := range map[string]func(*opsreview.Waiver){
		"an unknown kind":           func(v *opsreview.Waiver) { v.Kind = "team" },
		"no subject":                func(v *opsreview.Waiver) { v.Subject = "" },
		"no owner":                  func(v *opsreview.Waiver) { v.Owner = " " },
		"no reason":                 func(v *opsreview.Waiver) { v.Reason = "\n" },
		"no author":                 func(v *opsreview.Waiver) { v.Author = "" },
		"no time":                   func(v *opsreview.Waiver) { v.At = time.Time{} },
		"no end":                    func(v *opsreview.Waiver) { v.Expires = time.Time{} },
		"an end that is over":       func(v *opsreview.Waiver) { v.Expires = v.At },
		"an end in half a year":     func(v *opsreview.Waiver) { v.Expires = v.At.AddDate(0, 0, 182) },
		"a name already":            func(v *opsreview.Waiver) { v.ID = "w-1" },
		"withdrawn already":         func(v *opsreview.Waiver) { v.WithdrawnBy = "eve" },
		"a reason that is too long": func(v *opsreview.Waiver) { v.Reason = strings.Repeat("x", 20_001) },
	} {
		v := waived("m-1", 14)
		spoil(&v)
		if _, err := st.CreateWaiver(t.Context(), nil, v); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "waivers", nil, waivers(t, st, "secrets"))
	longest := waived("m-1", 180)
	longest.Expires = longest.Expires.Add(time.Hour) // The clocks change meanwhile.
	must(st.CreateWaiver(t.Context(), nil, longest))(t)
}

func testWaiverWithdrawn(t *testing.T, st Store) {
	v := must(st.CreateWaiver(t.Context(), nil, waived("m-1", 14)))(t)
	v.WithdrawnBy, v.WithdrawnAt = "bob", hour(210)
	same(t, "withdrawn", v, must(st.WithdrawWaiver(t.Context(), v.ID, "bob", hour(210)))(t))
	same(t, "once more", v, must(st.WithdrawWaiver(t.Context(), v.ID, "eve", hour(220)))(t))
	same(t, "waivers", []opsreview.Waiver{v}, waivers(t, st, "secrets"))
	for _, id := range []string{"", "w-9", "w-01", "1", "n-1"} {
		_, err := st.WithdrawWaiver(t.Context(), id, "bob", hour(1))
		wantCode(t, err, opsreview.NotFound)
	}
	_, err := st.WithdrawWaiver(t.Context(), v.ID, "bob", time.Time{})
	wantCode(t, err, opsreview.Invalid)
}
