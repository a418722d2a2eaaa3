package review

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// A Dispute is a monitor whose pages different people labelled differently.
type Dispute struct {
	Monitor opsreview.Monitor
	Verdict bool              // they disagree whether it was actionable, not only why
	Labels  []opsreview.Label // in force, in order of time
}

// A LabelChange is a label that replaced another one late, or took it back.
type LabelChange struct {
	Page          opsreview.Page
	Before, After opsreview.Label
}

// Disputes returns the monitors of the team's pages in the window of whose
// labels in force two differ in verdict or cause and are by different people.
// A label without a cause agrees with every cause of its verdict, and a renamed
// word is the same word. Those that disagree about the verdict come first, then
// those with most labels, then by ID.
func Disputes(in Input) []Dispute {
	f := facts{in: in, window: in.Window, pages: inOrder(in.Pages)}
	byMonitor := map[string]*Dispute{}
	for _, p := range f.begun(in.Window) {
		if p.Label.IsZero() {
			continue
		}
		m := f.monitorOf(p)
		if byMonitor[m.ID] == nil {
			byMonitor[m.ID] = &Dispute{Monitor: m}
		}
		l := p.Label
		l.Page = p.Ref
		byMonitor[m.ID].Labels = append(byMonitor[m.ID].Labels, l)
	}
	var all []Dispute
	for _, id := range sortedKeys(byMonitor) {
		d := byMonitor[id]
		var disputed bool
		if disputed, d.Verdict = f.disputed(d.Labels); disputed {
			slices.SortStableFunc(d.Labels, func(a, b opsreview.Label) int {
				return cmp.Or(a.At.Compare(b.At), a.Page.Compare(b.Page))
			})
			all = append(all, *d)
		}
	}
	slices.SortStableFunc(all, func(a, b Dispute) int {
		if a.Verdict != b.Verdict {
			if a.Verdict {
				return -1
			}
			return 1
		}
		return cmp.Compare(len(b.Labels), len(a.Labels))
	})
	return all
}

// disputed reports whether two labels by different people differ, and whether
// two differ in their verdict.
func (f *facts) disputed(labels []opsreview.Label) (disputed, verdict bool) {
	type word struct{ author, cause string }
	said := map[opsreview.Verdict]map[word]bool{}
	for _, l := range labels {
		if said[l.Verdict] == nil {
			said[l.Verdict] = map[word]bool{}
		}
		said[l.Verdict][word{l.Author, f.cause(l)}] = true
	}
	for w := range said[opsreview.Actionable] {
		for v := range said[opsreview.NotActionable] {
			verdict = verdict || w.author != v.author
		}
	}
	for _, words := range said {
		for w := range words {
			for v := range words {
				disputed = disputed || w.author != v.author && w.cause != v.cause && w.cause != "" && v.cause != ""
			}
		}
	}
	return disputed || verdict, verdict
}

// LateChanges returns the labels of the team's pages in the window that were
// given after a time to a page that had a label, and those that took one back,
// in order of time. It reads the input's label history.
func LateChanges(in Input, after time.Time) []LabelChange {
	f := facts{in: in, window: in.Window, pages: inOrder(in.Pages)}
	history := map[opsreview.Ref][]opsreview.Label{}
	for _, l := range in.Labels {
		history[l.Page] = append(history[l.Page], l)
	}
	var all []LabelChange
	for _, p := range f.begun(in.Window) {
		labels := history[p.Ref]
		slices.SortStableFunc(labels, func(a, b opsreview.Label) int {
			return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Author, b.Author))
		})
		for i, l := range labels {
			standing := standing(slices.Clone(labels[:i]))
			if l.At.After(after) && len(standing) > 0 {
				all = append(all, LabelChange{Page: *p, Before: standing[len(standing)-1], After: l})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b LabelChange) int {
		return cmp.Or(a.After.At.Compare(b.After.At), a.Page.Ref.Compare(b.Page.Ref))
	})
	return all
}
