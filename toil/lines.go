package toil

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// manual is the source of entries that people logged here.
const manual = "manual"

// A ledger is what toil is added up from, with each minute told once.
type ledger struct {
	in     Input
	zone   *time.Location
	limit  float64
	people map[string]int // of in.People, by key and by every name in lower case
	tasks  map[string]opsreview.ToilTask
	words  map[string]string // the category of a task where an entry says none
	lines  []Line            // all that is known, in order of time
}

func newLedger(in Input) *ledger {
	l := &ledger{
		in: in, zone: in.Zone, limit: cmp.Or(in.Settings.Limit, 0.5),
		people: map[string]int{}, tasks: map[string]opsreview.ToilTask{}, words: map[string]string{},
	}
	if l.zone == nil {
		l.zone = time.UTC
	}
	for i, p := range in.People {
		for _, name := range append([]string{p.Key, p.Name}, p.Names...) {
			if _, taken := l.people[fold(name)]; !taken && name != "" {
				l.people[fold(name)] = i
			}
		}
	}
	for _, t := range in.Tasks {
		l.tasks[t.Key] = t
	}
	l.addEntries()
	l.addPages()
	slices.SortStableFunc(l.lines, byTime)
	return l
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// byTime orders lines so that the order in which facts come changes nothing.
func byTime(a, b Line) int {
	return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Person, b.Person), strings.Compare(a.Task, b.Task),
		strings.Compare(a.Entry, b.Entry), a.Page.Compare(b.Page), cmp.Compare(a.Spent, b.Spent))
}

// person returns the key of whoever is called so, or the name itself.
func (l *ledger) person(name string) string {
	if i, ok := l.people[fold(name)]; ok {
		return l.in.People[i].Key
	}
	return strings.TrimSpace(name)
}

// overhead reports whether people answered that a task is no toil: more of the
// questions with no than with yes.
func overhead(t opsreview.ToilTask) bool {
	yes, no := 0, 0
	for _, a := range t.Answers {
		switch a {
		case opsreview.Yes:
			yes++
		case opsreview.No:
			no++
		}
	}
	return no > yes
}

// addEntries adds what people logged, here and in trackers.
func (l *ledger) addEntries() {
	var entries []opsreview.ToilEntry
	for _, e := range l.in.Entries {
		if e.WithdrawnBy == "" && e.Spent > 0 {
			entries = append(entries, e)
		}
	}
	slices.SortStableFunc(entries, func(a, b opsreview.ToilEntry) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID))
	})
	for _, e := range entries {
		if e.Category != "" {
			l.words[opsreview.TaskKey(e.Task)] = e.Category
		}
	}
	twice := l.toldTwice(entries)
	for i, e := range entries {
		line := l.line(e)
		if twice[i] {
			line.Spent, line.Dropped = 0, e.Spent
		}
		l.lines = append(l.lines, line)
	}
}

func (l *ledger) line(e opsreview.ToilEntry) Line {
	key := opsreview.TaskKey(e.Task)
	line := Line{
		Person: l.person(e.Person), Task: key, Title: strings.Join(strings.Fields(e.Task), " "), Team: e.Team,
		Category: cmp.Or(e.Category, l.words[key]), Origin: Logged, Ticket: e.Ticket, At: e.At, Spent: e.Spent,
		Entry: e.ID, Page: e.Page, Overhead: overhead(l.tasks[key]),
	}
	if line.Category == "" && !e.Page.IsZero() {
		line.Category = opsreview.ToilInterrupts
	}
	if e.Source != manual && e.Source != "" && e.Ticket != "" {
		line.Origin = WorkLog
	}
	return line
}

// toldTwice finds the entries of which another source has a longer one: the same
// person's, of the same task or ticket, at the same time.
func (l *ledger) toldTwice(entries []opsreview.ToilEntry) map[int]bool {
	byPerson := map[string][]int{}
	for i, e := range entries {
		byPerson[l.person(e.Person)] = append(byPerson[l.person(e.Person)], i)
	}
	twice := map[int]bool{}
	for person, mine := range byPerson {
		if person == "" {
			continue // Nobody knows whether two without a name are one person's.
		}
		slices.SortStableFunc(mine, func(a, b int) int {
			return cmp.Or(cmp.Compare(entries[b].Spent, entries[a].Spent), strings.Compare(entries[a].Source, entries[b].Source))
		})
		for i, n := range mine {
			twice[n] = slices.ContainsFunc(mine[:i], func(k int) bool { return !twice[k] && sameWork(entries[k], entries[n]) })
		}
	}
	return twice
}

// sameWork reports whether two sources tell of one piece of work of one person.
func sameWork(a, b opsreview.ToilEntry) bool {
	same := opsreview.TaskKey(a.Task) == opsreview.TaskKey(b.Task) || (a.Ticket != "" && a.Ticket == b.Ticket)
	w := a.Window()
	return same && a.Source != b.Source && w.Overlap(b.At, b.At.Add(b.Spent)) > 0
}

// addPages adds what is left of the time for which pages engaged people for
// nothing: without what somebody logged for the page, and without stretches of
// which something else of the same person tells already.
func (l *ledger) addPages() {
	told, answered := l.told(), l.answered()
	engaged := slices.Clone(l.in.Engaged)
	slices.SortStableFunc(engaged, func(a, b Engaged) int {
		return cmp.Or(a.Window.Start.Compare(b.Window.Start), a.Page.Compare(b.Page), strings.Compare(a.Person, b.Person), a.Window.End.Compare(b.Window.End))
	})
	until := map[string]time.Time{} // of the pages so far, by person
	for _, e := range engaged {
		if e.Window.Duration() <= 0 {
			continue
		}
		person := l.person(e.Person)
		left := time.Duration(0)
		if who := answered[e.Page]; !who[person] && !who[""] {
			// Earlier pages began earlier, so that what they cover is the beginning.
			others := append(told[person].near(e.Window), opsreview.Window{Start: e.Window.Start, End: until[person]})
			left = e.Window.Duration() - covered(others, e.Window)
		}
		if e.Window.End.After(until[person]) {
			until[person] = e.Window.End
		}
		l.lines = append(l.lines, Line{
			Person: person, Task: e.Monitor, Title: cmp.Or(e.Title, e.Monitor), Category: opsreview.ToilInterrupts, Team: cmp.Or(e.Team, l.in.Team),
			Origin: Paged, At: e.Window.Start, Spent: left, Dropped: e.Window.Duration() - left, Page: e.Page,
		})
	}
}

// answered tells who logged work for which page.
func (l *ledger) answered() map[opsreview.Ref]map[string]bool {
	answered := map[opsreview.Ref]map[string]bool{}
	for _, e := range l.lines {
		if e.Page.IsZero() {
			continue
		}
		if answered[e.Page] == nil {
			answered[e.Page] = map[string]bool{}
		}
		answered[e.Page][e.Person] = true
	}
	return answered
}

// stretches are windows in order of their start.
type stretches struct {
	all     []opsreview.Window
	longest time.Duration
}

// told returns when each person did what they logged as toil.
func (l *ledger) told() map[string]*stretches {
	told := map[string]*stretches{}
	for _, e := range l.lines {
		if e.Spent == 0 || e.Overhead {
			continue
		}
		if told[e.Person] == nil {
			told[e.Person] = &stretches{}
		}
		s := told[e.Person]
		s.all, s.longest = append(s.all, opsreview.Window{Start: e.At, End: e.At.Add(e.Spent)}), max(s.longest, e.Spent)
	}
	return told
}

// near returns the stretches that may overlap w.
func (s *stretches) near(w opsreview.Window) []opsreview.Window {
	if s == nil {
		return nil
	}
	at := func(x opsreview.Window, t time.Time) int { return x.Start.Compare(t) }
	from, _ := slices.BinarySearchFunc(s.all, w.Start.Add(-s.longest), at)
	to, _ := slices.BinarySearchFunc(s.all, w.End, at)
	return slices.Clone(s.all[from:max(from, to)])
}

// covered returns how much of w the windows cover together.
func covered(ws []opsreview.Window, w opsreview.Window) time.Duration {
	sorted := slices.Clone(ws)
	slices.SortFunc(sorted, func(a, b opsreview.Window) int { return a.Start.Compare(b.Start) })
	var sum time.Duration
	at := w.Start
	for _, x := range sorted {
		if x.Start.After(at) {
			at = x.Start
		}
		if part := (opsreview.Window{Start: at, End: x.End}).Overlap(w.Start, w.End); part > 0 {
			sum += part
			at = x.End
		}
	}
	return sum
}
