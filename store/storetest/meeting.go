package storetest

import (
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

var meetingTests = map[string]func(*testing.T, Store){
	"a review is read as it was opened":                        testMeetingWhole,
	"a review that is opened again goes on":                    testMeetingResumed,
	"a review that makes no sense is refused":                  testMeetingInvalid,
	"reviews are found by team, state and window":              testMeetingFilter,
	"who leads a review changes, and the minutes tell":         testMeetingUpdate,
	"a review is closed with what was seen":                    testMeetingClose,
	"a review is closed once, however often it is asked":       testMeetingCloseOnce,
	"a review to which something was added is not closed":      testMeetingCloseChanged,
	"a close that makes no sense is refused":                   testMeetingCloseInvalid,
	"nothing changes a closed review":                          testMeetingClosedStays,
	"an action of a closed review can be done or get a ticket": testActionAfterClose,
}

// opened returns a review with every field set that its opening sets.
func opened(week string, start time.Time) opsreview.Meeting {
	return opsreview.Meeting{
		ID: "secrets/" + week, Team: "secrets", Window: opsreview.Window{Start: start, End: start.AddDate(0, 0, 7)}, Week: week,
		State: opsreview.MeetingOpen, OpenedAt: start.AddDate(0, 0, 8), OpenedBy: "ada", Facilitator: "ada", Presenter: "bob",
		Section: "pages", Facts: "9f86d081", Opened: []byte(strings.Repeat("what was seen ", 99)), Version: 1, Definitions: "d1",
	}
}

func openMeeting(t *testing.T, st Store, m opsreview.Meeting) opsreview.Meeting {
	t.Helper()
	out, there, err := st.OpenMeeting(t.Context(), m)
	if err != nil || there {
		t.Fatalf("open %s: there is one: %t: %v", m.ID, there, err)
	}
	return out
}

func meeting(t *testing.T, st Store, id string) opsreview.Meeting {
	t.Helper()
	return must(st.Meeting(t.Context(), id))(t)
}

func testMeetingWhole(t *testing.T, st Store) {
	_, err := st.Meeting(t.Context(), "secrets/2026-W46")
	wantCode(t, err, opsreview.NotFound)
	want := opened("2026-W46", monday)
	given := want
	given.OpenedAt = given.OpenedAt.Add(time.Microsecond)
	given.Version, given.State, given.ClosedBy = 7, opsreview.MeetingClosed, "eve" // An opening sets none of these.
	same(t, "the answer", want, openMeeting(t, st, given))
	same(t, "the review", want, meeting(t, st, want.ID))
	bare := opsreview.Meeting{
		ID: "everybody/2026-11-09--2026-11-11", Window: opsreview.Window{Start: hour(0), End: hour(48)}, State: opsreview.MeetingOpen,
		OpenedAt: hour(50), OpenedBy: "ada", Opened: []byte{0}, Version: 1,
	}
	same(t, "a bare one", bare, openMeeting(t, st, bare))
}

func testMeetingResumed(t *testing.T, st Store) {
	first := openMeeting(t, st, opened("2026-W46", monday))
	again := opened("2026-W46", monday)
	again.OpenedBy, again.Facilitator, again.Opened, again.Facts = "bob", "bob", []byte("something else"), "f0"
	got, there, err := st.OpenMeeting(t.Context(), again)
	if err != nil || !there {
		t.Fatalf("there is one: %t: %v", there, err)
	}
	same(t, "the review", first, got)
	closed := closeMeeting(t, st, first)
	got, there, err = st.OpenMeeting(t.Context(), again)
	if err != nil || !there {
		t.Fatalf("there is a closed one: %t: %v", there, err)
	}
	same(t, "the closed review", closed, got)
}

func testMeetingInvalid(t *testing.T, st Store) {
	for name, spoil := range map[string]func(*opsreview.Meeting){
		"no name":                func(m *opsreview.Meeting) { m.ID = "" },
		"nobody":                 func(m *opsreview.Meeting) { m.OpenedBy = "" },
		"no time":                func(m *opsreview.Meeting) { m.OpenedAt = time.Time{} },
		"nothing seen":           func(m *opsreview.Meeting) { m.Opened = nil },
		"no window":              func(m *opsreview.Meeting) { m.Window = opsreview.Window{} },
		"a window backwards":     func(m *opsreview.Meeting) { m.Window.Start, m.Window.End = m.Window.End, m.Window.Start },
		"a team that is no text": func(m *opsreview.Meeting) { m.Team = "\xff" },
	} {
		m := opened("2026-W46", monday)
		spoil(&m)
		if _, _, err := st.OpenMeeting(t.Context(), m); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "reviews", nil, must(st.Meetings(t.Context(), store.MeetingFilter{}))(t))
}

func testMeetingFilter(t *testing.T, st Store) {
	payments, everybody := opened("2026-W46", monday), opened("2026-W46", monday)
	payments.ID, payments.Team = "payments/2026-W46", "payments"
	everybody.ID, everybody.Team = "everybody/2026-W46", ""
	openMeeting(t, st, payments)
	openMeeting(t, st, everybody)
	first := openMeeting(t, st, opened("2026-W45", monday.AddDate(0, 0, -7)))
	openMeeting(t, st, opened("2026-W47", monday.AddDate(0, 0, 7)))
	openMeeting(t, st, opened("2026-W46", monday))
	closeMeeting(t, st, first)
	secrets, nobody := "secrets", ""
	for name, tt := range map[string]struct {
		filter store.MeetingFilter
		want   string // in order
	}{
		"all":             {store.MeetingFilter{}, "secrets/2026-W47 everybody/2026-W46 payments/2026-W46 secrets/2026-W46 secrets/2026-W45"},
		"of a team":       {store.MeetingFilter{Team: &secrets}, "secrets/2026-W47 secrets/2026-W46 secrets/2026-W45"},
		"everybody's":     {store.MeetingFilter{Team: &nobody}, "everybody/2026-W46"},
		"those open":      {store.MeetingFilter{Team: &secrets, State: opsreview.MeetingOpen}, "secrets/2026-W47 secrets/2026-W46"},
		"those closed":    {store.MeetingFilter{State: opsreview.MeetingClosed}, "secrets/2026-W45"},
		"before a window": {store.MeetingFilter{Team: &secrets, Before: monday}, "secrets/2026-W45"},
		"the last two":    {store.MeetingFilter{Team: &secrets, Limit: 2}, "secrets/2026-W47 secrets/2026-W46"},
	} {
		var got []string
		for _, m := range must(st.Meetings(t.Context(), tt.filter))(t) {
			got = append(got, m.ID)
			if len(m.Opened) == 0 {
				t.Errorf("%s: %s lacks what was seen", name, m.ID)
			}
		}
		same(t, name, strings.Fields(tt.want), got)
	}
	brief := must(st.Meetings(t.Context(), store.MeetingFilter{Brief: true, State: opsreview.MeetingClosed}))(t)
	want := meeting(t, st, first.ID)
	want.Opened, want.Closed = nil, nil
	same(t, "brief", []opsreview.Meeting{want}, brief)
}

func testMeetingUpdate(t *testing.T, st Store) {
	want := openMeeting(t, st, opened("2026-W46", monday))
	update := func(u store.MeetingUpdate) opsreview.Meeting {
		t.Helper()
		u.By, u.At = "ada", hour(200)
		return must(st.UpdateMeeting(t.Context(), want.ID, u))(t)
	}
	same(t, "nothing", want, update(store.MeetingUpdate{}))
	section, carol, ada := "toil", "carol", "ada"
	same(t, "the same", want, update(store.MeetingUpdate{Facilitator: &ada}))
	want.Section, want.Version = section, 2
	same(t, "where it stands", want, update(store.MeetingUpdate{Section: &section}))
	want.Facilitator, want.Presenter, want.Version = carol, ada, 3
	same(t, "who leads", want, update(store.MeetingUpdate{Facilitator: &carol, Presenter: &ada}))
	same(t, "the review", want, meeting(t, st, want.ID))
	items := must(st.MeetingItems(t.Context(), store.MeetingItemFilter{Meetings: []string{want.ID}}))(t)
	same(t, "minutes", []opsreview.MeetingItem{{
		ID: items[0].ID, Meeting: want.ID, Kind: opsreview.ItemHandover, Section: "toil", Text: "carol", Author: "ada", At: hour(200),
	}}, items)

	blank := " "
	for code, u := range map[opsreview.Code]store.MeetingUpdate{
		opsreview.Invalid:  {Facilitator: &blank, By: "ada", At: hour(1)},
		opsreview.NotFound: {Section: &section, By: "ada", At: hour(1)},
	} {
		id := want.ID
		if code == opsreview.NotFound {
			id = "secrets/2026-W01"
		}
		_, err := st.UpdateMeeting(t.Context(), id, u)
		wantCode(t, err, code)
	}
	_, err := st.UpdateMeeting(t.Context(), want.ID, store.MeetingUpdate{Section: &section})
	wantCode(t, err, opsreview.Invalid)
}

// ending returns how a review ends as it stands.
func ending(m opsreview.Meeting) store.MeetingClose {
	return store.MeetingClose{
		ID: m.ID, Version: m.Version, Closed: []byte("what was seen at the end"), By: "bob", At: hour(300), Definitions: "d2",
	}
}

func closeMeeting(t *testing.T, st Store, m opsreview.Meeting) opsreview.Meeting {
	t.Helper()
	return must(st.CloseMeeting(t.Context(), nil, ending(m)))(t)
}

func testMeetingClose(t *testing.T, st Store) {
	want := openMeeting(t, st, opened("2026-W46", monday))
	c := ending(want)
	c.Forced, c.ForcedOpen = "the bridge was lost", []string{"5 pages are not labelled", `"Vault" has no ticket`}
	want.State, want.Closed, want.ClosedAt, want.ClosedBy, want.Definitions = opsreview.MeetingClosed, c.Closed, c.At, c.By, "d2"
	want.Forced, want.ForcedOpen, want.Version = c.Forced, c.ForcedOpen, 2
	same(t, "the answer", want, must(st.CloseMeeting(t.Context(), nil, c))(t))
	same(t, "the review", want, meeting(t, st, want.ID))
}

func testMeetingCloseOnce(t *testing.T, st Store) {
	m := openMeeting(t, st, opened("2026-W46", monday))
	closed := must(st.CloseMeeting(t.Context(), asked("r1", "a"), ending(m)))(t)
	later := ending(m)
	later.At, later.Closed = hour(400), []byte("seen later")
	same(t, "the answer", closed, must(st.CloseMeeting(t.Context(), asked("r1", "a"), later))(t))
	_, err := st.CloseMeeting(t.Context(), asked("r2", "a"), later)
	wantCode(t, err, opsreview.Conflict)
	_, err = st.CloseMeeting(t.Context(), nil, ending(closed))
	wantCode(t, err, opsreview.Conflict)
	same(t, "the review", closed, meeting(t, st, m.ID))
}

func testMeetingCloseChanged(t *testing.T, st Store) {
	m := openMeeting(t, st, opened("2026-W46", monday))
	section := "toil"
	steps := []func() error{
		func() error { _, err := st.AddMeetingItem(t.Context(), nil, said(m.ID, "late")); return err },
		func() error {
			_, err := st.ChangeMeetingItem(t.Context(), "n-1", store.ItemChange{Withdraw: true, By: "ada", At: hour(1)})
			return err
		},
		func() error {
			_, err := st.UpdateMeeting(t.Context(), m.ID, store.MeetingUpdate{Section: &section, By: "ada", At: hour(1)})
			return err
		},
	}
	for _, step := range steps {
		before := ending(meeting(t, st, m.ID))
		mustDo(t, step())
		_, err := st.CloseMeeting(t.Context(), asked("r1", "a"), before)
		wantCode(t, err, opsreview.Conflict)
	}
	same(t, "state", opsreview.MeetingOpen, meeting(t, st, m.ID).State)
	// A request that failed may be made again.
	must(st.CloseMeeting(t.Context(), asked("r1", "a"), ending(meeting(t, st, m.ID))))(t)
}

func testMeetingCloseInvalid(t *testing.T, st Store) {
	m := openMeeting(t, st, opened("2026-W46", monday))
	for name, spoil := range map[string]func(*store.MeetingClose){
		"by nobody":               func(c *store.MeetingClose) { c.By = "" },
		"at no time":              func(c *store.MeetingClose) { c.At = time.Time{} },
		"nothing seen":            func(c *store.MeetingClose) { c.Closed = nil },
		"forced without a reason": func(c *store.MeetingClose) { c.ForcedOpen = []string{"5 pages are not labelled"} },
		"a reason that is a book": func(c *store.MeetingClose) { c.Forced = strings.Repeat("x", 20_001) },
	} {
		c := ending(m)
		spoil(&c)
		if _, err := st.CloseMeeting(t.Context(), nil, c); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	gone := ending(m)
	gone.ID = "secrets/2026-W01"
	_, err := st.CloseMeeting(t.Context(), nil, gone)
	wantCode(t, err, opsreview.NotFound)
	same(t, "the review", m, meeting(t, st, m.ID))
}

func testMeetingClosedStays(t *testing.T, st Store) {
	m := openMeeting(t, st, opened("2026-W46", monday))
	note := must(st.AddMeetingItem(t.Context(), nil, said(m.ID, "a quiet week")))(t)
	action := must(st.AddMeetingItem(t.Context(), nil, toDo(m.ID, "new disks")))(t)
	closed := closeMeeting(t, st, meeting(t, st, m.ID))
	section, eve := "toil", "eve"
	for name, try := range map[string]func() error{
		"a note": func() error { _, err := st.AddMeetingItem(t.Context(), nil, said(m.ID, "late")); return err },
		"where it stands": func() error {
			_, err := st.UpdateMeeting(t.Context(), m.ID, store.MeetingUpdate{Section: &section, By: "eve", At: hour(400)})
			return err
		},
		"who leads": func() error {
			_, err := st.UpdateMeeting(t.Context(), m.ID, store.MeetingUpdate{Facilitator: &eve, By: "eve", At: hour(400)})
			return err
		},
		"no change at all": func() error {
			_, err := st.UpdateMeeting(t.Context(), m.ID, store.MeetingUpdate{By: "eve", At: hour(400)})
			return err
		},
		"a note taken back": func() error {
			_, err := st.ChangeMeetingItem(t.Context(), note.ID, store.ItemChange{Withdraw: true, By: "eve", At: hour(400)})
			return err
		},
		"an action taken back": func() error {
			_, err := st.ChangeMeetingItem(t.Context(), action.ID, store.ItemChange{Withdraw: true, Done: true, By: "eve", At: hour(400)})
			return err
		},
		"another end": func() error {
			_, err := st.CloseMeeting(t.Context(), asked("r1", "a"), ending(closed))
			return err
		},
	} {
		if err := try(); opsreview.ErrorCode(err) != opsreview.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "the review", closed, meeting(t, st, m.ID))
	same(t, "minutes", []opsreview.MeetingItem{note, action}, must(st.MeetingItems(t.Context(), store.MeetingItemFilter{}))(t))
}

func testActionAfterClose(t *testing.T, st Store) {
	m := openMeeting(t, st, opened("2026-W46", monday))
	action := must(st.AddMeetingItem(t.Context(), nil, toDo(m.ID, "new disks")))(t)
	closed := closeMeeting(t, st, meeting(t, st, m.ID))
	action.Ticket = "OPS-20"
	same(t, "a ticket", action, must(st.ChangeMeetingItem(t.Context(), action.ID, store.ItemChange{Ticket: "OPS-20", By: "eve", At: hour(400)}))(t))
	action.DoneBy, action.DoneAt = "eve", hour(401)
	same(t, "done", action, must(st.ChangeMeetingItem(t.Context(), action.ID, store.ItemChange{Done: true, By: "eve", At: hour(401)}))(t))
	same(t, "the review", closed, meeting(t, st, m.ID))
}
