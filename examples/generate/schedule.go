package main

import "time"

// The example's time: a baseline of four weeks before the fortnight of the
// review. Weeks begin on Monday in Chicago, where the secrets team has its
// meeting.
var (
	chicago        = location("America/Chicago")
	dataStart      = time.Date(2026, 9, 20, 0, 0, 0, 0, chicago)
	fortnightStart = time.Date(2026, 10, 19, 0, 0, 0, 0, chicago)
	dataEnd        = time.Date(2026, 11, 2, 0, 0, 0, 0, chicago) // no page begins later
	now            = time.Date(2026, 11, 2, 9, 0, 0, 0, chicago) // of the meeting
	rotaStart      = time.Date(2026, 9, 14, 0, 0, 0, 0, time.UTC)
	rotaEnd        = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	swapStart      = time.Date(2026, 10, 20, 9, 0, 0, 0, chicago)
)

// turns says when the turns of a rotation begin.
type turns int

const (
	halfWeekly  turns = iota // Monday 09:00 and Thursday 21:00
	officeHours              // Monday to Friday, 09:00 to 17:00
)

// A schedule is a rotation of its members.
type schedule struct {
	id, name string
	zone     *time.Location
	turns    turns
	members  []*person
	pieces   []piece // in order, without overlap
}

// A piece is one person's uninterrupted duty.
type piece struct {
	who        *person
	start, end time.Time
}

// render computes the duties from rotaStart to rotaEnd. Turns begin and end on
// the schedule's wall clock, so that the turn in which clocks change is longer.
func (s *schedule) render() {
	y, m, d := rotaStart.Date()
	n := 0
	for {
		day := time.Date(y, m, d, 0, 0, 0, 0, s.zone)
		if !day.Before(rotaEnd) {
			return
		}
		for _, t := range s.turnsOf(day) {
			t.who = s.members[n%len(s.members)]
			s.pieces = append(s.pieces, t)
			n++
		}
		d++
	}
}

// turnsOf returns the turns that begin on day, without their person.
func (s *schedule) turnsOf(day time.Time) []piece {
	clock := func(days, hour int) time.Time {
		y, m, d := day.Date()
		return time.Date(y, m, d+days, hour, 0, 0, 0, s.zone)
	}
	switch wd := day.Weekday(); {
	case s.turns == officeHours && wd != time.Saturday && wd != time.Sunday:
		return []piece{{start: clock(0, 9), end: clock(0, 17)}}
	case s.turns == halfWeekly && wd == time.Monday:
		return []piece{{start: clock(0, 9), end: clock(3, 21)}}
	case s.turns == halfWeekly && wd == time.Thursday:
		return []piece{{start: clock(0, 21), end: clock(4, 9)}}
	}
	return nil
}

// swap gives [start, end) to who, whoever had it.
func (s *schedule) swap(start, end time.Time, who *person) {
	var pieces []piece
	for _, p := range s.pieces {
		if !p.start.Before(end) || !start.Before(p.end) {
			pieces = append(pieces, p)
			continue
		}
		if p.start.Before(start) {
			pieces = append(pieces, piece{p.who, p.start, start})
		}
		pieces = append(pieces, piece{who, later(p.start, start), earlier(p.end, end)})
		if end.Before(p.end) {
			pieces = append(pieces, piece{p.who, end, p.end})
		}
	}
	s.pieces = pieces
}

// onCall returns who is on call at t, nil if nobody is.
func (s *schedule) onCall(t time.Time) *person {
	for _, p := range s.pieces {
		if !t.Before(p.start) && t.Before(p.end) {
			return p.who
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
