package review

import (
	"fmt"
	"strconv"
	"time"

	"opsreview"
)

// evidence is what a load's limits are judged by.
type evidence struct {
	interruptions []Interruption // in the window, in order
	nights        []night        // the longest run of broken nights
	shift         []send         // the first sends of the pages in the worst 12 hours
}

// breaches judges a load by the policy's limits, in the policy's order. A limit
// that cannot be measured for this person is not broken; a [Gap] says so.
func (f *facts) breaches(l Load, e evidence) []Breach {
	var all []Breach
	for _, limit := range f.in.Org.Policy.Limits {
		b := Breach{Limit: limit}
		switch limit.ID {
		case opsreview.LimitPagesPerShift:
			b.Value = float64(l.MostPerShift)
			b.Pages, b.Text = f.shiftBreach(l.Person, e.shift)
		case opsreview.LimitOnCallShare:
			b.Value, b.Text = f.share(l)
		case opsreview.LimitSleepInterruptions:
			b.Value, b.Pages, b.Text = f.sleepBreach(l.Person, e.interruptions)
		case opsreview.LimitOperationalWorkShare:
			b.Value, b.Text = f.toilShare(l.Person)
		case opsreview.LimitConsecutiveNights:
			b.Value = float64(l.NightsRun)
			b.Pages, b.Text = nightBreach(e.nights)
		}
		if b.Value > limit.Max {
			b.Pages = distinct(b.Pages)
			b.Text += fmt.Sprintf(" (limit %s)", number(limit.Max))
			all = append(all, b)
		}
	}
	return all
}

// share returns the on-call share in percent, in words too. It is judged over
// the window and the four weeks before it, as far back as the person's sources
// delivered shifts: a week alone would blame every weekly rotation.
func (f *facts) share(l Load) (float64, string) {
	period := f.past
	if !l.OnCallKnown || period.Duration() <= 0 {
		return 0, ""
	}
	earliest := f.in.Window.Start.In(f.zone()).AddDate(0, 0, -7*baselineWeeks)
	first := period.Start
	for _, ref := range l.Person.Refs {
		if since := f.shiftsSince[ref.Source]; !since.IsZero() && since.Before(first) {
			first = since
		}
	}
	if first.Before(earliest) {
		first = earliest
	}
	period.Start = first
	v := 100 * float64(dutyOf(f.shifts[l.Person.Key], period, f.zone()).time) / float64(period.Duration())
	return v, fmt.Sprintf("on call %s %% of the time since %s", number(v), period.Start.In(f.zone()).Format("2 Jan"))
}

func (f *facts) shiftBreach(p Person, shift []send) ([]opsreview.Ref, string) {
	if len(shift) == 0 {
		return nil, ""
	}
	var pages []opsreview.Ref
	for _, s := range shift {
		pages = append(pages, s.page.Ref)
	}
	return pages, fmt.Sprintf("%s in 12 hours from %s", count(len(pages), "page"), f.moment(p, shift[0].at))
}

// sleepBreach finds the seven local days with most sleep interruptions, the
// first of equals.
func (f *facts) sleepBreach(p Person, interruptions []Interruption) (float64, []opsreview.Ref, string) {
	var sleep []Interruption
	for _, i := range interruptions {
		if i.Class == opsreview.SleepHours {
			sleep = append(sleep, i)
		}
	}
	most, from := 0, 0
	for i, end := 0, 0; i < len(sleep); i++ {
		until := sleep[i].At.In(p.Zone).AddDate(0, 0, 7)
		for end < len(sleep) && sleep[end].At.Before(until) {
			end++
		}
		if end-i > most {
			most, from = end-i, i
		}
	}
	if most == 0 {
		return 0, nil, ""
	}
	var pages []opsreview.Ref
	for _, i := range sleep[from : from+most] {
		pages = append(pages, i.Pages...)
	}
	return float64(most), pages, fmt.Sprintf("%s in 7 days from %s", count(most, "sleep interruption"), f.moment(p, sleep[from].At))
}

func nightBreach(nights []night) ([]opsreview.Ref, string) {
	if len(nights) == 0 {
		return nil, ""
	}
	var pages []opsreview.Ref
	for _, n := range nights {
		pages = append(pages, n.pages...)
	}
	const day = "Mon 2 Jan"
	return pages, fmt.Sprintf("%s in a row, from the night of %s to that of %s", count(len(nights), "broken night"),
		nights[0].evening.Format(day), nights[len(nights)-1].evening.Format(day))
}

// moment writes a time as the person's clock showed it; where that is not
// known, as the team's did, with the zone.
func (f *facts) moment(p Person, t time.Time) string {
	if p.Zone != nil {
		return t.In(p.Zone).Format("Mon 15:04")
	}
	return t.In(f.zone()).Format("Mon 15:04 MST")
}

// number writes a figure without needless digits.
func number(v float64) string {
	return strconv.FormatFloat(float64(int64(v*10+0.5))/10, 'f', -1, 64)
}

// distinct returns the refs without repetitions, in the order in which they
// first stand.
func distinct(refs []opsreview.Ref) []opsreview.Ref {
	seen := make(map[opsreview.Ref]bool, len(refs))
	var once []opsreview.Ref
	for _, r := range refs {
		if !seen[r] {
			seen[r] = true
			once = append(once, r)
		}
	}
	return once
}
