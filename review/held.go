package review

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"opsreview"
)

const (
	// heldBefore is how long before a ticket was filed its monitor's pages count,
	// and at least how long after it was closed.
	heldBefore = 28 * day

	// heldAfter is the most time after a ticket was closed whose pages count. Few
	// pages before need a long silence after to say anything.
	heldAfter = 84 * day

	// stillMuch is the share of the rate before from which on pages that are not
	// fewer than chance explains have come back.
	stillMuch = 0.5

	day = 24 * time.Hour
)

// A HeldVerdict says whether a closed ticket did away with its trouble.
type HeldVerdict string

// The verdicts.
const (
	CameBack    HeldVerdict = "came_back" // its pages are as many as before, or more
	HasHeld     HeldVerdict = "held"      // its pages are fewer than chance explains
	TooEarly    HeldVerdict = "too_early" // not enough time has passed to say
	HeldUnknown HeldVerdict = "unknown"   // pages cannot tell
)

// HeldVerdicts lists every verdict, in the order in which reviews talk of them.
func HeldVerdicts() []HeldVerdict {
	return []HeldVerdict{CameBack, HasHeld, TooEarly, HeldUnknown}
}

// Closed is a closed ticket and how many pages tell of its trouble before it
// was filed and after it was closed.
type Closed struct {
	Ticket        opsreview.Ticket
	Before, After int
	BeforeWindow  opsreview.Window // zero if nothing is known of that time
	AfterWindow   opsreview.Window
}

// A TicketOutcome is whether a closed ticket held, and why one can say so.
type TicketOutcome struct {
	Closed
	Verdict HeldVerdict
	PValue  float64 // of the exact test that both times have one rate; see RateTest

	// Ratio is the rate after ÷ the rate before, with its exact 95 % interval.
	Ratio, RatioLow, RatioHigh float64
	RatioKnown                 bool

	MinutesSaved float64 // a week, as far as the ticket's cost went away; 0 unless it held
	Text         string
}

// heldPages says which pages tell of a ticket's trouble: how they are called in
// texts, and false if none do. A runbook that was written makes no page rarer.
func heldPages(kind string) (noun string, ok bool) {
	switch kind {
	case opsreview.NoisyMonitor, opsreview.WastedPages, opsreview.MonitorWithoutBurn:
		return "page", true
	case opsreview.WrongHours:
		return "page in sleep hours", true
	}
	return "", false
}

// HeldSpan returns the time in which pages of a ticket's monitor can tell
// whether it held. It is zero if they cannot.
func HeldSpan(t opsreview.Ticket) opsreview.Window {
	filed := filedAt(t)
	if _, ok := heldPages(t.Kind); !ok || t.Monitor == "" || filed.IsZero() || t.ClosedAt.IsZero() {
		return opsreview.Window{}
	}
	return opsreview.Window{Start: filed.Add(-heldBefore), End: t.ClosedAt.Add(heldAfter)}
}

// filedAt returns when a ticket was filed or, where only its labels are known,
// when its trouble was first seen.
func filedAt(t opsreview.Ticket) time.Time {
	if t.FiledAt.IsZero() {
		return t.FirstAt
	}
	return t.FiledAt
}

// ClosedOf counts the pages that tell of a closed ticket's trouble: those of its
// monitor within [HeldSpan], of which more does no harm. Since is when the stored
// history begins, zero if nothing is stored. What is counted after the closing is
// 28 days or, where so few pages came before that 28 days of silence say nothing,
// as much more as could say something: never more than 84 days.
func ClosedOf(t opsreview.Ticket, pages []opsreview.Page, roster Roster, since, now time.Time) Closed {
	c := Closed{Ticket: t}
	all := HeldSpan(t)
	if all.IsZero() || since.IsZero() {
		return c
	}
	c.BeforeWindow = opsreview.Window{Start: later(all.Start, since), End: filedAt(t)}
	if c.BeforeWindow.Duration() <= 0 {
		c.BeforeWindow = opsreview.Window{}
		return c
	}
	tell := telling(t, pages, roster)
	c.Before = countWithin(tell, c.BeforeWindow)
	length := heldBefore
	if enough, ok := enoughSilence(c.Before, c.BeforeWindow.Duration()); ok {
		length = max(length, enough)
	}
	c.AfterWindow = passed(opsreview.Window{Start: t.ClosedAt, End: t.ClosedAt.Add(length)}, now)
	c.After = countWithin(tell, c.AfterWindow)
	return c
}

// telling returns when the pages that tell of a ticket's trouble began.
func telling(t opsreview.Ticket, pages []opsreview.Page, roster Roster) []time.Time {
	mine := slices.DeleteFunc(inOrder(pages), func(p *opsreview.Page) bool { return p.Monitor != t.Monitor })
	if t.Kind == opsreview.WrongHours {
		woke := wakers(mine, roster)
		mine = slices.DeleteFunc(mine, func(p *opsreview.Page) bool { return !woke[p.Ref] })
	}
	var times []time.Time
	for _, p := range mine {
		times = append(times, p.TriggeredAt)
	}
	return times
}

// wakers returns which of the pages interrupted somebody in sleep hours.
func wakers(pages []*opsreview.Page, roster Roster) map[opsreview.Ref]bool {
	d, woke := sendsOf(pages, roster), map[opsreview.Ref]bool{}
	for _, key := range d.keys {
		for _, i := range interruptions(d.persons[key], d.sends[key]) {
			for _, ref := range i.Pages {
				woke[ref] = woke[ref] || i.Class == opsreview.SleepHours
			}
		}
	}
	return woke
}

func countWithin(times []time.Time, w opsreview.Window) int {
	n := 0
	for _, t := range times {
		if w.Contains(t) {
			n++
		}
	}
	return n
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// enoughSilence returns the fewest whole days without any page after which so
// many pages in the time before are more than chance explains, and false if
// heldAfter is not enough.
func enoughSilence(before int, t time.Duration) (time.Duration, bool) {
	enough := heldAfter + day
	for d := heldAfter; d >= day; d -= day {
		if RateTest(before, t.Hours(), 0, d.Hours()) >= significance {
			break
		}
		enough = d
	}
	return enough, enough <= heldAfter
}

// Held says of each closed ticket whether it held: those that came back first,
// each kind of verdict with the dearest first. That a monitor had a bad month is
// why it got a ticket, and some of those calm down by themselves: that pages are
// fewer does not prove that the ticket did it.
func Held(closed []Closed) []TicketOutcome {
	var all []TicketOutcome
	for _, c := range closed {
		all = append(all, held(c))
	}
	slices.SortStableFunc(all, func(a, b TicketOutcome) int {
		return cmp.Or(
			slices.Index(HeldVerdicts(), a.Verdict)-slices.Index(HeldVerdicts(), b.Verdict),
			cmp.Compare(b.MinutesSaved, a.MinutesSaved),
			cmp.Compare(b.Ticket.Cost, a.Ticket.Cost),
			strings.Compare(a.Ticket.Tracker, b.Ticket.Tracker),
			strings.Compare(a.Ticket.Fingerprint, b.Ticket.Fingerprint),
			cmp.Compare(a.Ticket.Generation, b.Ticket.Generation),
		)
	})
	return all
}

func held(c Closed) TicketOutcome {
	o := TicketOutcome{Closed: c, Verdict: HeldUnknown, PValue: 1}
	noun, ok := heldPages(c.Ticket.Kind)
	before, after := c.BeforeWindow.Duration(), c.AfterWindow.Duration()
	switch {
	case c.Ticket.ClosedAt.IsZero():
		o.Text = "It is not closed."
	case c.Ticket.State == opsreview.TicketSuppressed:
		o.Text = "People chose not to fix it: there is nothing that could have held."
	case c.Ticket.Monitor == "" || !ok:
		o.Text = "Pages cannot tell whether it held: look whether reviews still find it."
	case before <= 0:
		o.Text = "The stored history does not reach back to before it was filed."
	default:
		o.judge(before, after)
		o.Text = o.words(noun, before, after)
	}
	return o
}

// judge compares the two times. No time after is too early to say anything.
func (o *TicketOutcome) judge(before, after time.Duration) {
	o.Verdict = TooEarly
	if after <= 0 {
		return
	}
	o.PValue = RateTest(o.Before, before.Hours(), o.After, after.Hours())
	o.RatioKnown = o.Before > 0
	if o.RatioKnown {
		o.Ratio, o.RatioLow, o.RatioHigh = rateRatio(o.Before, before.Hours(), o.After, after.Hours())
	}
	fewer := float64(o.After)*before.Hours() < float64(o.Before)*after.Hours()
	enough, possible := enoughSilence(o.Before, before)
	full := after >= max(heldBefore, enough)
	switch {
	case o.PValue < significance && fewer:
		o.Verdict = HasHeld
		o.MinutesSaved = math.Round(10*o.Ticket.Cost*(1-o.Ratio)) / 10
	case o.PValue < significance:
		o.Verdict = CameBack
	case !possible:
		o.Verdict = HeldUnknown
	case after >= enough && o.Ratio > stillMuch:
		o.Verdict = CameBack
	case full:
		o.Verdict = HeldUnknown
	}
}

// words says what was counted and what follows from it.
func (o *TicketOutcome) words(noun string, before, after time.Duration) string {
	text := fmt.Sprintf("%s in the %s before it was filed, %s in the %s since it was closed",
		countPages(o.Before, noun), days(before), countPages(o.After, noun), days(after))
	if o.RatioKnown {
		text += fmt.Sprintf(": %s times the rate (95 %% interval %s to %s), %s",
			ratioText(o.Ratio), ratioText(o.RatioLow), ratioText(o.RatioHigh), pText(o.PValue))
	}
	enough, possible := enoughSilence(o.Before, before)
	switch {
	case o.Verdict == HasHeld && o.Ticket.Cost > 0:
		return fmt.Sprintf("It held: %s. It saves %s minutes a week.", text, number(o.MinutesSaved))
	case o.Verdict == HasHeld:
		return fmt.Sprintf("It held: %s.", text)
	case o.Verdict == CameBack:
		return fmt.Sprintf("It came back: %s.", text)
	case !possible:
		return fmt.Sprintf("Nobody can say: %s. So few before tell nothing, however long it stays quiet.", text)
	case o.Verdict == TooEarly && after < enough:
		return fmt.Sprintf("Too early to say: %s. It takes at least %s since the closing.", text, days(enough))
	case o.Verdict == TooEarly:
		return fmt.Sprintf("Too early to say: %s. That is fewer, but chance explains it.", text)
	}
	return fmt.Sprintf("Nobody can say: %s. That is fewer, but chance explains it.", text)
}

// rateRatio returns the rate of k2 events in time t2 ÷ that of k1 in t1, with its
// exact 95 % interval: that of Clopper and Pearson, "The use of confidence or
// fiducial limits illustrated in the case of the binomial", Biometrika 26 (1934),
// 404–413, for the second's share of all events. k1 must be above 0.
func rateRatio(k1 int, t1 float64, k2 int, t2 float64) (ratio, low, high float64) {
	a, b := float64(k2), float64(k1)
	odds := func(share float64) float64 { return share / (1 - share) * t1 / t2 }
	if k2 > 0 {
		low = odds(distuv.Beta{Alpha: a, Beta: b + 1}.Quantile(significance / 2))
	}
	high = odds(distuv.Beta{Alpha: a + 1, Beta: b}.Quantile(1 - significance/2))
	return a / b * t1 / t2, low, high
}

// countPages writes a number of pages, whose noun may go on after the word.
func countPages(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %s", n, strings.Replace(noun, "page", "pages", 1))
}

// days writes a time in whole days, down to the hour where it is less than one.
func days(d time.Duration) string {
	if d < day {
		return count(int(d/time.Hour), "hour")
	}
	return count(int(d/day), "day")
}

// ratioText writes a ratio with the digits that mean something.
func ratioText(x float64) string {
	switch {
	case x == 0:
		return "0"
	case x < 0.095:
		return fmt.Sprintf("%.2g", x)
	case x < 9.95:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.0f", x)
}
