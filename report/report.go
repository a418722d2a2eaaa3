// Package report renders a review as a document to share: Markdown to paste,
// one self-contained HTML file, and a message for a chat.
//
// Everything here is a pure function of its arguments. Titles, names and notes
// are strangers' texts: each form escapes them for the places where it is
// shown, so that a title can neither mention people, nor link, nor run.
package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"opsreview"
	"opsreview/lookback"
	"opsreview/review"
)

// Data is what a report is made of.
type Data struct {
	Review review.Review
	Charts review.Charts
	At     time.Time // when it was prepared

	Tickets []opsreview.Ticket // the latest of the review's findings that have one

	LookBack *lookback.Report           // nil if no chart is looked at
	Plots    map[string][]lookback.Plot // of its anomalies, by their IDs: the most unusual series first
}

const (
	maxMonitors = 15 // that the Markdown and the chart of monitors show
	maxTitle    = 160
	maxChanges  = 5
)

// Title is the report's title, as plain text on one line.
func (d Data) Title() string {
	title := "Operational review"
	if team := clean(d.Review.Team); team != "" {
		title += " of " + team
	}
	if d.Review.Week != "" {
		title += ", " + d.Review.Week
	}
	return title
}

// zone is the team's zone.
func (d Data) zone() *time.Location {
	if zone, err := time.LoadLocation(d.Review.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// span tells the window in words: the last day that is in it, where it is made
// of whole days.
func (d Data) span() string { return spanOf(d.Review.Window, d.zone()) + ", " + d.zone().String() }

func spanOf(w opsreview.Window, zone *time.Location) string {
	const day, minute = "Mon 2 Jan 2006", "Mon 2 Jan 2006 15:04"
	start, end := w.Start.In(zone), w.End.In(zone)
	if midnight(start) && midnight(end) {
		return start.Format(day) + " to " + end.AddDate(0, 0, -1).Format(day)
	}
	return start.Format(minute) + " to " + end.Format(minute)
}

func midnight(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 }

// prepared tells when the report was made.
func (d Data) prepared() string { return d.At.In(d.zone()).Format("Mon 2 Jan 2006 15:04 MST") }

// facts are the headline's sentences below the number of pages.
func (d Data) facts() []string {
	h := d.Review.Headline
	var all []string
	for _, c := range []review.Change{h.Previous, h.Baseline} {
		if text := clean(c.Text); text != "" && (len(all) == 0 || all[0] != text) {
			all = append(all, text)
		}
	}
	still := fmt.Sprintf("%d escalated because nobody answered; %d still open", h.Escalated, h.Open)
	if h.Withheld {
		return append(append(all, still), response(h.Response)...)
	}
	all = append(all,
		fmt.Sprintf("%s of %s: %s", plural(h.Interruptions.Total(), "interruption"), people(h.Responders), classes(h.Interruptions)),
		fmt.Sprintf("%s of people's time engaged; %s", length(h.Engaged), still))
	return append(all, response(h.Response)...)
}

// response tells how quickly people answered, and what was left out.
func response(r review.Response) []string {
	ack, resolve := "nobody acknowledged a page", "no page was resolved"
	if s := r.Acknowledge; s.OK {
		ack = fmt.Sprintf("Acknowledged after %s (median; 90 %% within %s; %s)", length(s.Median), length(s.P90), plural(s.N, "page"))
	}
	if s := r.Resolve; s.OK {
		resolve = fmt.Sprintf("Resolved after %s (median; 90 %% within %s; %s)", length(s.Median), length(s.P90), plural(s.N, "page"))
	}
	return []string{
		fmt.Sprintf("%s; %d never acknowledged", upper(ack), r.NeverAcked),
		fmt.Sprintf("%s; %d unresolved, %d merged into others", upper(resolve), r.Unresolved, r.Merged),
	}
}

func upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// coverage tells how many pages people have labelled.
func coverage(h review.Headline) string {
	return fmt.Sprintf("%d labelled (%s)", h.Labelled, percent(h.Labelled, h.Pages))
}

// verdict is the outcome that most labelled pages of a monitor have: "noise 12
// of 14", or a dash where nobody has labelled one.
func verdict(o review.Outcomes) string {
	best, word := 0, ""
	for _, c := range []struct {
		n    int
		word string
	}{{o.Handled, "handled"}, {o.Ignored, "ignored"}, {o.Wasted, "wasted"}, {o.Noise, "noise"}} {
		if c.n > best {
			best, word = c.n, c.word
		}
	}
	if word == "" {
		return "–"
	}
	return fmt.Sprintf("%s %d of %d", word, best, o.Labelled())
}

// A change is what somebody could set differently.
type change struct{ Monitor, Title, Sentence string }

// changes are those of the dearest monitors for which a setting is known that
// would have helped: a meeting decides on few.
func (d Data) changes() []change {
	var all []change
	for _, m := range d.Review.Monitors {
		if !m.WhatIf.IsZero() && len(all) < maxChanges {
			all = append(all, change{Monitor: clean(m.Monitor.ID), Title: title(m.Monitor.Title), Sentence: clean(m.WhatIf.Sentence)})
		}
	}
	return all
}

// A breach is every limit that somebody's load went over.
type breach struct {
	Name  string
	Texts []string
}

func (d Data) breaches() []breach {
	var all []breach
	for _, l := range d.Review.Loads {
		b := breach{Name: clean(l.Person.Name)}
		for _, x := range l.Breaches {
			b.Texts = append(b.Texts, clean(x.Text))
		}
		if len(b.Texts) > 0 {
			all = append(all, b)
		}
	}
	return all
}

// title is a page's or monitor's title as plain text of bounded length.
func title(s string) string { return cmp.Or(fit(clean(s), maxTitle), "(no title)") }

// monitors are the dearest ones, and how many there are beyond those.
func (d Data) monitors() (dearest []review.MonitorCost, more int) {
	all := d.Review.Monitors
	if len(all) <= maxMonitors {
		return all, 0
	}
	return all[:maxMonitors], len(all) - maxMonitors
}
