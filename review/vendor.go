package review

import (
	"slices"
	"time"

	"opsreview"
)

// A VendorRule is what a vendor's report would say of the same pages, so that
// people can reconcile the two. It is never this program's own number.
type VendorRule struct {
	Vendor      string
	Rule        string // what the vendor calls an acknowledgement, in words
	Acknowledge Spread
	Excluded    int // pages that the rule leaves out

	// Engage and Mobilize are PagerDuty's; they are absent where a page had a
	// single responder or nobody was asked to join, never zero.
	Engage   Spread // first to last acknowledgement of different people
	Mobilize Spread // trigger to the last acknowledgement of somebody asked to join
}

// VendorResponse computes the time to acknowledge under the rules of other
// tools. The pages must be settled.
func VendorResponse(pages []opsreview.Page) []VendorRule {
	rules := []struct {
		vendor, rule string
		answer       func(*opsreview.Page) (time.Duration, bool)
	}{
		{"PagerDuty", "created to the first explicit acknowledgement; unacknowledged incidents are left out", explicitAck},
		{"Opsgenie", "closed alerts only; an alert closed without acknowledgement counts its time to close", ackOrClose},
		{"GoAlert", "as Opsgenie, rounded up to whole minutes alert by alert", wholeMinutes},
		{"Grafana OnCall", "started to the first of acknowledged, resolved and silenced", firstReaction},
	}
	var all []VendorRule
	for _, r := range rules {
		v := VendorRule{Vendor: r.vendor, Rule: r.rule}
		var times []time.Duration
		for i := range pages {
			if d, ok := r.answer(&pages[i]); ok {
				times = append(times, d)
			} else {
				v.Excluded++
			}
		}
		v.Acknowledge = spreadOf(times)
		all = append(all, v)
	}
	all[0].Engage, all[0].Mobilize = mobilization(pages)
	return all
}

// firstOf returns the time from the trigger to the first event of a kind.
func firstOf(p *opsreview.Page, kinds ...opsreview.EventKind) (time.Duration, bool) {
	for _, e := range p.Events {
		if slices.Contains(kinds, e.Kind) {
			return elapsed(p.TriggeredAt, e.At), true
		}
	}
	return 0, false
}

func explicitAck(p *opsreview.Page) (time.Duration, bool) { return firstOf(p, opsreview.Acknowledged) }

func ackOrClose(p *opsreview.Page) (time.Duration, bool) {
	if p.ResolvedAt.IsZero() {
		return 0, false
	}
	if d, ok := explicitAck(p); ok {
		return d, true
	}
	return elapsed(p.TriggeredAt, p.ResolvedAt), true
}

func wholeMinutes(p *opsreview.Page) (time.Duration, bool) {
	d, ok := ackOrClose(p)
	return (d + time.Minute - 1).Truncate(time.Minute), ok
}

func firstReaction(p *opsreview.Page) (time.Duration, bool) {
	if d, ok := firstOf(p, opsreview.Acknowledged, opsreview.Resolved, opsreview.Merged, opsreview.Snoozed); ok {
		return d, true
	}
	if p.ResolvedAt.IsZero() {
		return 0, false
	}
	return elapsed(p.TriggeredAt, p.ResolvedAt), true
}

// mobilization returns PagerDuty's seconds to engage and to mobilize.
func mobilization(pages []opsreview.Page) (engage, mobilize Spread) {
	var engaged, mobilized []time.Duration
	for i := range pages {
		p := &pages[i]
		first, last, joined := answers(p)
		if last.After(first) {
			engaged = append(engaged, last.Sub(first))
		}
		if !joined.IsZero() {
			mobilized = append(mobilized, elapsed(p.TriggeredAt, joined))
		}
	}
	return spreadOf(engaged), spreadOf(mobilized)
}

// answers returns when the first and the last of the page's responders
// acknowledged for the first time, and when the last of those did who had been
// asked to join; zero if nobody did.
func answers(p *opsreview.Page) (first, last, joined time.Time) {
	asked, seen := map[string]bool{}, map[string]bool{}
	for _, e := range p.Events {
		if e.Kind == opsreview.HelpRequested {
			for _, id := range e.Responders {
				asked[id] = true
			}
		}
		if e.Kind != opsreview.Acknowledged || e.By.ID == "" || seen[e.By.ID] {
			continue
		}
		seen[e.By.ID] = true
		if first.IsZero() {
			first = e.At
		}
		last = e.At
		if asked[e.By.ID] {
			joined = e.At
		}
	}
	return first, last, joined
}
