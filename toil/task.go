package toil

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// earlyDays is how long after its automation nothing is said of a task.
const earlyDays = 14 * 24 * time.Hour

// leastPast is the least time over which a task is reckoned, where the ledger
// reaches so far back.
const leastPast = 4 * week

// until is up to when anything is known.
func (l *ledger) until() time.Time {
	if end := l.in.Window.End; l.in.Now.IsZero() || end.Before(l.in.Now) {
		return end
	}
	return l.in.Now
}

// recurring returns the tasks of the thirteen weeks that end with the window, and
// those that are automated, dearest first.
func (l *ledger) recurring() []Task {
	past := opsreview.Window{Start: l.in.Window.End.In(l.zone).AddDate(0, 0, -7*quarter), End: l.in.Window.End}
	if l.in.Window.Start.Before(past.Start) {
		past.Start = l.in.Window.Start
	}
	groups := map[string][]Line{}
	begin := past.End // of the ledger
	for _, line := range l.lines {
		if line.Spent > 0 && !line.At.Before(past.Start) && line.At.Before(past.End) {
			key := taskID(line)
			groups[key] = append(groups[key], line)
			if line.At.Before(begin) {
				begin = line.At
			}
		}
	}
	past.Start = begin
	for key, t := range l.tasks {
		if _, ok := groups[key]; !ok && !t.AutomatedAt.IsZero() && t.AutomatedAt.Before(l.in.Window.End) {
			groups[key] = nil
		}
	}
	var all []Task
	for key, lines := range groups {
		all = append(all, l.task(key, lines, past))
	}
	slices.SortFunc(all, func(a, b Task) int {
		return cmp.Or(cmp.Compare(b.PerWeek, a.PerWeek), cmp.Compare(b.Spent, a.Spent), strings.Compare(a.Key, b.Key), compareBool(a.Paged, b.Paged))
	})
	return all
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// paged begins the IDs of tasks that are monitors, which no task's key can.
const paged = "\x00"

func taskID(line Line) string {
	if line.Origin == Paged {
		return paged + line.Task
	}
	return line.Task
}

// task tells of one recurring task. Its lines are in order of time, and past is
// the stretch in which the ledger has any.
func (l *ledger) task(id string, lines []Line, past opsreview.Window) Task {
	key, isMonitor := strings.CutPrefix(id, paged)
	said := l.tasks[key]
	t := Task{Key: key, Name: cmp.Or(said.Name, key), Paged: isMonitor}
	first, n := past.End, 0
	var sum time.Duration
	for _, line := range lines {
		t.Name, t.Category, t.Ticket = line.Title, cmp.Or(line.Category, t.Category), cmp.Or(line.Ticket, t.Ticket)
		if line.At.Before(first) {
			first = line.At
		}
		sum += line.Spent
		n++
		t.By = with(t.By, line.Person)
		if l.in.Window.Contains(line.At) {
			t.Entries++
			t.Spent += line.Spent
		}
	}
	t.People = len(t.By)
	// What was done once in the last days is not done once every few days.
	if least := l.until().Add(-leastPast); first.After(least) {
		first = least
		if past.Start.After(least) {
			first = past.Start
		}
	}
	t.PerWeek = perWeek(sum, opsreview.Window{Start: first, End: l.until()})
	if !isMonitor {
		t.Overhead, t.Answers, t.Ticket = overhead(said), said.Answers, cmp.Or(said.Ticket, t.Ticket)
		t.Automated = l.automation(said)
	}
	if a := t.Automated; a != nil && !a.TooEarly {
		t.PerWeek = a.After
	}
	t.Quarter = quarter * t.PerWeek
	hot := time.Duration(cmp.Or(l.in.Settings.HotSpot, defaultHotSpot) * float64(time.Minute))
	early := t.Automated != nil && t.Automated.TooEarly
	t.HotSpot = n > 1 && t.PerWeek >= hot && !t.Overhead && !isMonitor && !early
	return t
}

// perWeek scales a sum to a week. What began less than a week ago counts as if it
// were a week's.
func perWeek(sum time.Duration, w opsreview.Window) time.Duration {
	passed := max(w.Duration(), week)
	return time.Duration(float64(sum) * float64(week) / float64(passed)).Round(time.Second)
}

// automation tells what became of a task that a machine does, nil if none does.
func (l *ledger) automation(t opsreview.ToilTask) *Automation {
	until := l.until()
	if t.AutomatedAt.IsZero() || !t.AutomatedAt.Before(l.in.Window.End) {
		return nil
	}
	a := &Automation{At: t.AutomatedAt, By: t.AutomatedBy, Since: opsreview.Window{Start: t.AutomatedAt, End: until}}
	if t.Baseline.Entries > 0 {
		a.Before = perWeek(t.Baseline.Spent, t.Baseline.Window)
	}
	if until.Before(a.At) {
		a.Since.End = a.At
	}
	a.TooEarly = a.Since.Duration() < earlyDays
	var sum time.Duration
	for _, line := range l.within(a.Since) {
		if line.Task == t.Key && line.Origin != Paged {
			sum += line.Spent
		}
	}
	if a.Since.Duration() > 0 {
		a.After = time.Duration(float64(sum) * float64(week) / float64(a.Since.Duration())).Round(time.Second)
	}
	a.Saved = time.Duration(float64(a.Before)*float64(a.Since.Duration())/float64(week)).Round(time.Second) - sum
	a.Text = l.automationText(*a, t.Baseline, sum)
	return a
}

func (l *ledger) automationText(a Automation, b opsreview.ToilBaseline, sum time.Duration) string {
	day := a.At.In(l.zone).Format("2 Jan 2006")
	if b.Entries == 0 {
		return fmt.Sprintf("automated since %s; nothing was logged of it before, so that nothing can be said of what it saves; %s since", day, length(sum))
	}
	text := fmt.Sprintf("automated since %s; before, it took %s a week (%s from %s to %s)", day, length(a.Before), count(b.Entries, "entry", "entries"),
		b.Window.Start.In(l.zone).Format("2 Jan"), b.Window.End.In(l.zone).Format("2 Jan"))
	switch {
	case a.TooEarly:
		return fmt.Sprintf("%s; %s since, and it is too early to say what it saves: wait two weeks", text, length(sum))
	case a.Saved > 0:
		return fmt.Sprintf("%s, and %s a week since: %s saved so far", text, length(a.After), length(a.Saved))
	}
	return fmt.Sprintf("%s, and %s a week since: nothing has been saved", text, length(a.After))
}

// BaselineOf is what a task cost in the thirteen weeks before its automation,
// which is when the window ends, or since its first entry there.
func BaselineOf(in Input, task string) opsreview.ToilBaseline {
	l := newLedger(in)
	key := opsreview.TaskKey(task)
	w := opsreview.Window{Start: in.Window.End.In(l.zone).AddDate(0, 0, -7*quarter), End: in.Window.End}
	b := opsreview.ToilBaseline{Window: w}
	for _, line := range l.within(w) {
		if line.Task != key || line.Origin == Paged || line.Spent == 0 {
			continue
		}
		if b.Entries == 0 {
			b.Window.Start = line.At
		}
		b.Entries++
		b.Spent += line.Spent
	}
	return b
}
