package review

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// Charts are the series that a report draws beside the numbers of a [Review].
type Charts struct {
	Heat     []HeatMap // by person, in the order of their names
	Weeks    []Week    // oldest first: the weeks before the window and those of it
	Timeline []Mark    // the pages that began in the window, in order
}

// A HeatMap counts one person's interruptions in the window by the hour of the
// week on their own clock.
type HeatMap struct {
	Person Person
	Hours  [7][24]int // Monday first
	Total  int
	Zoned  bool // false if the person's zone is unknown: then Hours are empty and Total counts what they lack
}

// A Week counts the team's pages that began in one week by what people say of
// them. Only people's labels count.
type Week struct {
	Window        opsreview.Window
	Under         bool // a week of the window under review
	Known         bool // false if the stored history begins later: the counts mean nothing then
	Partial       bool // the week is shorter than seven days or has not passed
	Actionable    int
	NotActionable int
	Unlabelled    int
}

// Pages is the number of pages of the week.
func (w Week) Pages() int { return w.Actionable + w.NotActionable + w.Unlabelled }

// A Mark is one page on the time axis.
type Mark struct {
	Page    opsreview.Ref
	Title   string
	Monitor string // the monitor's ID
	At      time.Time
	End     time.Time // when it was resolved; zero while it is open
	Outcome Outcome
	Woke    bool // it interrupted somebody in sleep hours
}

// ChartsOf computes the series of a report.
func ChartsOf(in Input) Charts {
	f := newFacts(in)
	return Charts{Heat: f.heat(), Weeks: f.weeks(), Timeline: f.timeline()}
}

// heat places each interruption of those whose load the review shows in the
// week of the person interrupted.
func (f *facts) heat() []HeatMap {
	var maps []HeatMap
	for _, key := range f.crew() {
		p := f.person(key)
		m := HeatMap{Person: p, Zoned: p.Zone != nil}
		for _, i := range f.within(f.interruptions[key]) {
			m.Total++
			if m.Zoned {
				local := i.At.In(p.Zone)
				m.Hours[(int(local.Weekday())+6)%7][local.Hour()]++
			}
		}
		maps = append(maps, m)
	}
	slices.SortStableFunc(maps, func(a, b HeatMap) int {
		return cmp.Or(strings.Compare(fold(a.Person.Name), fold(b.Person.Name)), strings.Compare(a.Person.Key, b.Person.Key))
	})
	return maps
}

// weeks cuts the window into weeks of seven local days from its start, and
// counts as well the weeks of the baseline.
func (f *facts) weeks() []Week {
	start := f.window.Start.In(f.zone())
	var all []Week
	for n := -baselineWeeks; ; n++ {
		w := Week{Under: n >= 0}
		w.Window = opsreview.Window{Start: start.AddDate(0, 0, 7*n), End: start.AddDate(0, 0, 7*(n+1))}
		if !w.Window.Start.Before(f.window.End) {
			return all
		}
		if w.Window.End.After(f.window.End) {
			w.Window.End, w.Partial = f.window.End, true
		}
		w.Partial = w.Partial || w.Window.End.After(f.in.Now)
		w.Known = !f.in.DataSince.IsZero() && !f.in.DataSince.After(w.Window.Start)
		for _, p := range f.begun(w.Window) {
			w.add(p.Label)
		}
		all = append(all, w)
	}
}

func (w *Week) add(l opsreview.Label) {
	switch {
	case l.IsZero():
		w.Unlabelled++
	case l.Verdict == opsreview.Actionable:
		w.Actionable++
	default:
		w.NotActionable++
	}
}

func (f *facts) timeline() []Mark {
	woke := map[opsreview.Ref]bool{}
	for _, all := range f.interruptions {
		for _, i := range all {
			if i.Class != opsreview.SleepHours {
				continue
			}
			for _, ref := range i.Pages {
				woke[ref] = true
			}
		}
	}
	var marks []Mark
	for _, p := range f.begun(f.window) {
		marks = append(marks, Mark{
			Page: p.Ref, Title: p.Title, Monitor: f.monitorOf(p).ID, At: p.TriggeredAt, End: p.ResolvedAt,
			Outcome: OutcomeOf(*p), Woke: woke[p.Ref],
		})
	}
	return marks
}
