package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// gaps lists what could not be computed and why: first what concerns the whole
// window, then people.
func (f *facts) gaps(loads []Load) []Gap {
	var all []Gap
	all = append(all, f.timeGaps()...)
	all = append(all, f.sourceGaps()...)
	all = append(all, f.serviceGaps()...)
	all = append(all, f.silentSources()...)
	all = append(all, f.shiftGaps(loads)...)
	all = append(all, f.toilGap()...)
	return append(all, f.personGaps(loads)...)
}

func (f *facts) timeGaps() []Gap {
	var all []Gap
	if f.past != f.window {
		all = append(all, Gap{Subject: "window", Text: "it is not over: numbers are of the time until " + f.stamp(f.in.Now)})
	}
	switch since := f.in.DataSince; {
	case since.IsZero():
		all = append(all, Gap{Subject: "history", Text: "nothing is stored: run opsreview source sync or source import"})
	case since.After(f.window.Start):
		all = append(all, Gap{Subject: "history", Text: "it begins " + f.stamp(since) + ", after the window does"})
	}
	return all
}

// syncLag is how far a source that is synced regularly may be behind: nobody
// needs to be told of it.
const syncLag = 15 * time.Minute

// sourceGaps tells what the sources did not deliver of the window.
func (f *facts) sourceGaps() []Gap {
	var all []Gap
	for _, h := range f.in.Health {
		say := func(format string, args ...any) {
			all = append(all, Gap{Subject: h.Name, Text: fmt.Sprintf(format, args...)})
		}
		if !h.SyncedTo.IsZero() && h.SyncedTo.Add(syncLag).Before(f.past.End) {
			say("synced to %s only: run opsreview source sync %s", f.stamp(h.SyncedTo), h.Name)
		}
		if h.LastError != "" {
			say("the last sync failed: %s", h.LastError)
		}
		for _, s := range h.Suspect {
			if f.window.Overlap(s.Start, s.End) > 0 {
				say("not read whole from %s to %s: %s", f.stamp(s.Start), f.stamp(s.End), s.Reason)
			}
		}
		if h.Rejects > 0 {
			say("%s could not be read and %s missing here, such as %s", count(h.Rejects, "item"), isAre(h.Rejects), cmp.Or(h.LastReject, "one without a name"))
		}
	}
	return all
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// serviceGaps names the configured services that no source knows.
func (f *facts) serviceGaps() []Gap {
	t, ok := orgTeam(f.in.Org, f.in.Team)
	if !ok || f.in.Services == nil {
		return nil
	}
	var unknown []string
	for _, name := range t.Services {
		found := false
		for _, s := range f.in.Services {
			found = found || namesService(name, s)
		}
		if !found {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return []Gap{{Subject: "services", Text: "no source knows " + strings.Join(unknown, ", ") + ": their pages are not here"}}
}

// silentSources names the sources whose pages carry no notification at all:
// nobody's interruptions by them can be counted.
func (f *facts) silentSources() []Gap {
	pages, heard := map[string]int{}, map[string]bool{}
	for _, p := range f.begun(f.window) {
		pages[p.Source]++
		for _, e := range p.Events {
			heard[p.Source] = heard[p.Source] || e.Kind == opsreview.Notified
		}
	}
	var all []Gap
	for _, source := range sortedKeys(pages) {
		if !heard[source] {
			all = append(all, Gap{Subject: source, Text: fmt.Sprintf("its %s in the window carry no notification: whom they interrupted is not known", count(pages[source], "page"))})
		}
	}
	return all
}

// onCallSubject is what the gap about shifts is about.
const onCallSubject = "on call"

// shiftGaps names those whose time on call is not known.
func (f *facts) shiftGaps(loads []Load) []Gap {
	var names []string
	for _, l := range loads {
		if !l.OnCallKnown {
			names = append(names, l.Person.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []Gap{{Subject: onCallSubject, Text: "no source delivered shifts for the window, so the time on call is not known of " + strings.Join(names, ", ")}}
}

func (f *facts) personGaps(loads []Load) []Gap {
	var all []Gap
	for _, l := range loads {
		all = append(all, f.roster.Gaps(l.Person)...)
	}
	slices.SortStableFunc(all, func(a, b Gap) int { return strings.Compare(a.Subject, b.Subject) })
	return all
}

// stamp writes a time in the team's zone.
func (f *facts) stamp(t time.Time) string { return t.In(f.zone()).Format("Mon 2 Jan 2006 15:04 MST") }
