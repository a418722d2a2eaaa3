package meeting

import (
	"fmt"
	"slices"
	"strings"

	"opsreview"
	"opsreview/review"
)

const (
	// somebody stands for a person whose load is not for the reader.
	somebody = "somebody over a limit"
	// overLimit is in each sentence about a limit that keeps a review open.
	overLimit = "a limit was gone over"
	// lapsedWaiver begins what such a sentence says of a waiver that has expired.
	lapsedWaiver = ": the waiver of "
)

// Told returns minutes as an audience may see them: without the loads of people
// that are not for it, without what tells of them elsewhere, and without numbers
// that too few people stand behind. What people said is told as they said it.
// It changes nothing of what it was given.
func Told(m Minutes, a review.Audience) Minutes {
	if a.Sees == nil {
		return m
	}
	m.Meeting.Opened, m.Meeting.Closed, m.Snapshot.Said = nil, nil, nil
	m.Snapshot = ToldSnapshot(m.Snapshot, a)
	m.Meeting.ForcedOpen = ToldForced(m.Meeting.ForcedOpen)
	m.Open = slices.Clone(m.Open)
	for i := range m.Open {
		m.Open[i] = ToldOpen(m.Open[i], a)
	}
	m.Waivers = slices.Clone(m.Waivers)
	for i := range m.Waivers {
		m.Waivers[i] = ToldWaiver(m.Waivers[i], a)
	}
	m.Items = slices.Clone(m.Items)
	for i := range m.Items {
		m.Items[i].Subject = ToldSubject(m.Items[i].Subject, a)
	}
	m.Carried = slices.Clone(m.Carried)
	for i := range m.Carried {
		m.Carried[i].Item.Subject = ToldSubject(m.Carried[i].Item.Subject, a)
	}
	m.Changes = slices.DeleteFunc(slices.Clone(m.Changes), func(c Change) bool {
		_, known := m.Snapshot.Numbers[c.Subject]
		return c.Kind == ChangedNumber && !known && len(m.Snapshot.Withheld) > 0
	})
	return m
}

// ToldSnapshot returns a snapshot as an audience may see it; see [Told].
func ToldSnapshot(s Snapshot, a review.Audience) Snapshot {
	if a.Sees == nil {
		return s
	}
	var seen []LoadFact
	hidden, active := 0, 0 // people whom the audience does not see; people whom it sees and who were interrupted
	names := map[string]bool{}
	for _, l := range s.Loads {
		if !a.Sees(l.Person) {
			hidden++
			names[l.Name] = true
			continue
		}
		seen = append(seen, l)
		active += min(l.Interruptions, 1)
	}
	if hidden == 0 {
		return s
	}
	w := withheld{Minutes: Minutes{Snapshot: s}}
	w.Snapshot.Numbers, w.Snapshot.Loads = cloneMap(s.Numbers), seen
	w.Snapshot.Gaps = toldGaps(s.Gaps, names)
	if a.Few(hidden) {
		w.drop(fmt.Sprintf("the load of %s is withheld: it is for them and their lead", people(hidden)), "breaches")
	} else {
		w.drop(fmt.Sprintf("the load of %s is told as a sum only: each person's is for them and their lead", people(hidden)))
	}
	if n, ok := s.Numbers["responders"]; ok && a.Few(max(int(n.Value)-active, 0)) {
		w.drop("how often people were interrupted, and how long they were engaged, is withheld: too few people stand behind it",
			"interruptions", "sleep_interruptions", "responders", "team_engaged")
		w.Snapshot.Monitors = slices.Clone(s.Monitors)
		for i := range w.Snapshot.Monitors {
			m := &w.Snapshot.Monitors[i]
			m.Withheld, m.Interruptions, m.EngagedMin = true, 0, 0
		}
	}
	if t := s.Toil; t != nil && t.Minutes > 0 && a.Few(max(t.People-len(seen), 1)) {
		w.drop("toil is withheld: too few people stand behind it", "toil", "toil_share", "toil_overhead")
		w.Snapshot.Toil = &ToilFact{Withheld: true}
	}
	return w.Snapshot
}

// toldGaps returns what is not known, without the names of people who are
// hidden.
func toldGaps(gaps []string, names map[string]bool) []string {
	var all []string
	for _, g := range gaps {
		if subject, _, _ := strings.Cut(g, ": "); names[subject] {
			g = "a responder: something is not known of somebody"
		}
		for name := range names {
			if strings.HasPrefix(g, "on call: ") && strings.Contains(g, name) {
				g = "on call: no source delivered shifts for the window, so the time on call is not known of everybody"
			}
		}
		if !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	return all
}

// breachOf reads a breach's key: the limit, and whose load went over it.
func breachOf(subject string) (limit, person string, ok bool) {
	limit, person, ok = strings.Cut(subject, ":")
	return limit, person, ok && slices.Contains(limits, limit)
}

// limits are those that a breach's key can begin with.
var limits = []string{
	opsreview.LimitPagesPerShift, opsreview.LimitOnCallShare, opsreview.LimitSleepInterruptions, opsreview.LimitConsecutiveNights,
	opsreview.LimitOperationalWorkShare,
}

// ToldSubject returns the subject of an item or a waiver as an audience may see
// it: the limit alone where it would name somebody whose load is not for it.
func ToldSubject(subject string, a review.Audience) string {
	if limit, person, ok := breachOf(subject); ok && a.Sees != nil && !a.Sees(person) {
		return limit
	}
	return subject
}

// ToldWaiver returns a waiver as an audience may see it.
func ToldWaiver(w opsreview.Waiver, a review.Audience) opsreview.Waiver {
	if told := ToldSubject(w.Subject, a); w.Kind == opsreview.WaiveBreach && told != w.Subject {
		w.Subject, w.Title = told, somebody
	}
	return w
}

// ToldForced returns what was open when a review was closed all the same,
// without whose load it was.
func ToldForced(open []string) []string {
	open = slices.Clone(open)
	for i, text := range open {
		if at := strings.LastIndex(text, overLimit); at >= 0 {
			text, _, _ = strings.Cut(text[at:], lapsedWaiver)
			open[i] = somebody + ": " + text
		}
	}
	return open
}

// ToldOpen returns what keeps a review open as an audience may see it. The
// ticket of the limit, which names nobody, settles it for everybody.
func ToldOpen(o Open, a review.Audience) Open {
	told := ToldSubject(o.Subject, a)
	if told == o.Subject {
		return o
	}
	if text, _, lapsed := strings.Cut(o.Text, lapsedWaiver); lapsed {
		o.Text = text + ": a waiver has expired"
	}
	o.Subject, o.Title = told, somebody
	o.Do = slices.DeleteFunc(slices.Clone(o.Do), func(do string) bool { return !strings.HasPrefix(do, "opsreview ticket file ") })
	return o
}
