package toil

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

const (
	week    = 7 * 24 * time.Hour
	quarter = 13 // weeks

	defaultWeekHours = 40.0
	defaultHotSpot   = 60.0 // minutes a week
)

// Prepare adds up the ledger of a window.
func Prepare(in Input) Report {
	l := newLedger(in)
	r := Report{Window: in.Window, Limit: l.limit, Working: l.working(in.Window), Weeks: l.weeks()}
	people, teams, categories, origins := newSums(), newSums(), newSums(), newSums()
	for _, p := range in.People {
		if !p.Guest {
			people.of(p.Key).Working = l.workingOf(p, in.Window)
		}
	}
	for _, line := range l.within(in.Window) {
		r.Lines = append(r.Lines, line)
		r.Dropped += line.Dropped
		switch {
		case line.Overhead:
			r.Overhead += line.Spent
		case line.Spent > 0:
			r.Spent += line.Spent
			people.add(line.Person, line)
			teams.add(line.Team, line)
			categories.add(line.Category, line)
			origins.add(string(line.Origin), line)
		}
	}
	r.People, r.Categories, r.Origins = people.sorted(l.name), categories.sorted(categoryName), origins.sorted(originName)
	if in.Team == "" {
		r.Teams = teams.sorted(teamName)
	}
	r.Tasks = l.recurring()
	share, known := r.Share()
	r.Over = known && share > r.Limit
	r.Method, r.Trend = l.method(r), trend(l, r.Weeks)
	return r
}

// within returns the lines that began in a window.
func (l *ledger) within(w opsreview.Window) []Line {
	from, _ := slices.BinarySearchFunc(l.lines, w.Start, func(x Line, t time.Time) int { return x.At.Compare(t) })
	to, _ := slices.BinarySearchFunc(l.lines, w.End, func(x Line, t time.Time) int { return x.At.Compare(t) })
	return l.lines[from:max(from, to)]
}

// sums adds up by key.
type sums struct{ byKey map[string]*Sum }

func newSums() sums { return sums{byKey: map[string]*Sum{}} }

func (s sums) of(key string) *Sum {
	if s.byKey[key] == nil {
		s.byKey[key] = &Sum{Key: key}
	}
	return s.byKey[key]
}

func (s sums) add(key string, line Line) {
	one := s.of(key)
	one.Spent += line.Spent
	one.Entries++
	one.By = with(one.By, line.Person)
}

// with returns keys that have one more, unless it is among them.
func with(keys []string, key string) []string {
	if slices.Contains(keys, key) {
		return keys
	}
	return append(keys, key)
}

// sorted returns the sums, most first.
func (s sums) sorted(name func(string) string) []Sum {
	var all []Sum
	for key, one := range s.byKey {
		one.Name = name(key)
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(b.Spent, a.Spent), strings.Compare(a.Name, b.Name), strings.Compare(a.Key, b.Key))
	})
	return all
}

// name returns how people call whoever has a key.
func (l *ledger) name(key string) string {
	if i, ok := l.people[fold(key)]; ok {
		return cmp.Or(l.in.People[i].Name, key)
	}
	return cmp.Or(key, "nobody named")
}

func teamName(key string) string { return cmp.Or(key, "no team") }

func categoryName(key string) string { return cmp.Or(key, "no category") }

func originName(key string) string {
	switch Origin(key) {
	case Logged:
		return "logged"
	case WorkLog:
		return "work logs of tickets"
	case Paged:
		return "pages that were not actionable"
	}
	return key
}

// working is the working time of the team's people in the part of a window that
// has passed.
func (l *ledger) working(w opsreview.Window) time.Duration {
	var sum time.Duration
	for _, p := range l.in.People {
		if !p.Guest {
			sum += l.workingOf(p, w)
		}
	}
	return sum
}

// workingOf is the working time of one person: a fifth of a week for each
// working day.
func (l *ledger) workingOf(p Member, w opsreview.Window) time.Duration {
	if l.in.Now.Before(w.End) && !l.in.Now.IsZero() {
		w.End = l.in.Now
	}
	if !w.Start.Before(w.End) {
		return 0
	}
	days := 0.0
	if p.Days != nil {
		days = p.Days(w)
	} else {
		days = weekdays(w, l.zone)
	}
	hours := cmp.Or(l.in.Settings.WeekHours, defaultWeekHours)
	return time.Duration(days * hours / 5 * float64(time.Hour)).Round(time.Second)
}

// weekdays counts Mondays to Fridays, a part of a day as the part that it is.
func weekdays(w opsreview.Window, zone *time.Location) float64 {
	days := 0.0
	for day := midnight(w.Start.In(zone)); day.Before(w.End); {
		next := midnight(day.AddDate(0, 0, 1).Add(12 * time.Hour))
		if d := day.Weekday(); d != time.Saturday && d != time.Sunday {
			days += float64(w.Overlap(day, next)) / float64(next.Sub(day))
		}
		day = next
	}
	return days
}

// midnight is the first moment of a local day.
func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	if start.Day() != d { // The clocks are put forward at midnight.
		start = start.Add(time.Hour)
	}
	return start
}

// weeks adds up each ISO week that touches the window and the twelve before.
func (l *ledger) weeks() []Week {
	if l.in.Window.Validate() != nil {
		return nil
	}
	first, last := l.weekOf(l.in.Window.Start), l.weekOf(l.in.Window.End.Add(-1))
	var all []Week
	for w := l.weekOf(first.Start.In(l.zone).AddDate(0, 0, -7*(quarter-1)).Add(12 * time.Hour)); !w.Start.After(last.Start); w = l.weekOf(w.End.Add(12 * time.Hour)) {
		told := Week{Window: w, Name: w.WeekName(l.zone)}
		part := w
		if part.End.After(l.in.Window.End) {
			part.End = l.in.Window.End
		}
		told.Working = l.working(part)
		for _, line := range l.within(part) {
			if !line.Overhead && line.Spent > 0 {
				told.Spent += line.Spent
				told.Entries++
				told.By = with(told.By, line.Person)
			}
		}
		all = append(all, told)
	}
	return all
}

// weekOf is the ISO week of a time.
func (l *ledger) weekOf(t time.Time) opsreview.Window {
	y, n := t.In(l.zone).ISOWeek()
	// A week of the calendar always can be resolved.
	w, _ := opsreview.WindowSpec{Week: fmt.Sprintf("%d-W%02d", y, n)}.Resolve(t, l.zone)
	return w
}
