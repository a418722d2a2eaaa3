package meeting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/review"
)

// Gate lists what keeps a review from being closed: pages that nobody has
// labelled, monitors whose pages were not actionable and have neither a ticket
// nor a waiver, and breaches without either. Nil lets it close. Incidents that
// wait for their postmortem do not keep it open.
func Gate(in GateInput) []Open {
	g := gate{GateInput: in}
	var open []Open
	for _, p := range in.Snapshot.Pages {
		if p.Outcome == string(review.Unlabelled) {
			open = append(open, Open{
				Kind: string(opsreview.WaivePage), Subject: p.Page, Title: p.Title, Text: "nobody has labelled it",
				Do: []string{
					fmt.Sprintf("opsreview page label %s --actionable --cause CAUSE", p.Page),
					fmt.Sprintf("opsreview page label %s --not-actionable --cause CAUSE", p.Page),
				},
			})
		}
	}
	open = append(open, g.monitors()...)
	return append(open, g.breaches()...)
}

type gate struct{ GateInput }

// monitors lists, once a monitor, the pages that were not actionable and that
// nothing settles.
func (g gate) monitors() []Open {
	type group struct {
		pages []PageFact
		key   string
	}
	var groups []*group
	byKey := map[string]*group{}
	for _, p := range g.Snapshot.Pages {
		if !notActionable(p) || g.settledPage(p) {
			continue
		}
		key := cmp.Or(p.Monitor, p.Page)
		if byKey[key] == nil {
			byKey[key] = &group{key: key}
			groups = append(groups, byKey[key])
		}
		byKey[key].pages = append(byKey[key].pages, p)
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(len(b.pages), len(a.pages)) })
	var open []Open
	for _, gr := range groups {
		first := gr.pages[0]
		o := Open{Kind: string(opsreview.WaiveMonitor), Subject: first.Monitor, Title: first.Title}
		if first.Monitor == "" {
			o.Kind, o.Subject = string(opsreview.WaivePage), first.Page
		}
		o.Text = g.lapsed(fmt.Sprintf("%s not actionable, and neither ticket nor waiver", pagesWere(len(gr.pages))), o.Kind, o.Subject)
		o.Do = []string{
			fmt.Sprintf("opsreview review action TEXT --subject %s --ticket KEY", o.Subject),
			fmt.Sprintf("opsreview review waive %s --owner WHO --reason WHY --expires 14d", o.Subject),
		}
		if f, ok := g.finding(func(f FindingFact) bool { return f.Monitor != "" && f.Monitor == first.Monitor }); ok {
			o.Do = slices.Insert(o.Do, 0, "opsreview ticket file --only "+f.Key)
		}
		open = append(open, o)
	}
	return open
}

func pagesWere(n int) string {
	if n == 1 {
		return "1 page was"
	}
	return fmt.Sprintf("%d pages were", n)
}

func notActionable(p PageFact) bool {
	return p.Outcome == string(review.Wasted) || p.Outcome == string(review.Noise)
}

// settledPage reports whether a page that was not actionable has a ticket or a
// waiver.
func (g gate) settledPage(p PageFact) bool {
	if g.waived(opsreview.WaivePage, p.Page) || (p.Monitor != "" && g.waived(opsreview.WaiveMonitor, p.Monitor)) {
		return true
	}
	if g.acted(p.Page) || (p.Monitor != "" && g.acted(p.Monitor)) {
		return true
	}
	return p.Monitor != "" && slices.ContainsFunc(g.Tickets, func(t opsreview.Ticket) bool {
		return t.Monitor == p.Monitor && settles(t, p.At, g.Now)
	})
}

// settles reports whether a row of the ledger takes care of what happened at a
// time: it is filed and open, was closed after that, or people said that they
// will not fix it.
func settles(t opsreview.Ticket, at, now time.Time) bool {
	switch t.State {
	case opsreview.TicketFiled:
		return t.Stands != opsreview.TicketDone || t.ClosedAt.After(at)
	case opsreview.TicketSuppressed:
		return t.SuppressedUntil.IsZero() || now.Before(t.SuppressedUntil)
	}
	return false
}

func (g gate) waived(kind opsreview.WaiverKind, subject string) bool {
	return slices.ContainsFunc(g.Waivers, func(w opsreview.Waiver) bool {
		return w.Kind == kind && w.Subject == subject && w.InForce(g.Now)
	})
}

// acted reports whether an action of this meeting has a ticket for the subject.
func (g gate) acted(subject string) bool {
	return slices.ContainsFunc(g.Actions, func(i opsreview.MeetingItem) bool {
		return i.Kind == opsreview.ItemAction && i.Subject == subject && i.Ticket != "" && i.WithdrawnBy == ""
	})
}

// lapsed adds to a text that a waiver of the subject has expired.
func (g gate) lapsed(text, kind, subject string) string {
	var last opsreview.Waiver
	for _, w := range g.Waivers {
		if string(w.Kind) == kind && w.Subject == subject && w.WithdrawnBy == "" && !g.Now.Before(w.Expires) && w.Expires.After(last.Expires) {
			last = w
		}
	}
	if last.Subject == "" {
		return text
	}
	return fmt.Sprintf("%s: the waiver of %s (%s) has expired", text, last.Owner, last.Reason)
}

func (g gate) finding(is func(FindingFact) bool) (FindingFact, bool) {
	i := slices.IndexFunc(g.Snapshot.Findings, is)
	if i < 0 {
		return FindingFact{}, false
	}
	return g.Snapshot.Findings[i], true
}

// breaches lists the limits that were gone over and that nothing settles. The
// finding of a limit is the team's and names nobody, so its ticket settles the
// breaches of everybody.
func (g gate) breaches() []Open {
	var open []Open
	for _, l := range g.Snapshot.Loads {
		for _, b := range l.Breaches {
			if g.waived(opsreview.WaiveBreach, b.Key) || g.acted(b.Key) || g.limitTicket(b.Limit) {
				continue
			}
			o := Open{
				Kind: string(opsreview.WaiveBreach), Subject: b.Key, Title: l.Name + ": " + b.Text,
				Text: g.lapsed("a limit was gone over, and neither ticket nor waiver", string(opsreview.WaiveBreach), b.Key),
				Do: []string{
					fmt.Sprintf("opsreview review action TEXT --subject %s --ticket KEY", b.Key),
					fmt.Sprintf("opsreview review waive %s --owner WHO --reason WHY --expires 14d", b.Key),
				},
			}
			if f, ok := g.finding(func(f FindingFact) bool { return isLimit(f.Kind, f.Key, b.Limit) }); ok {
				o.Do = slices.Insert(o.Do, 0, "opsreview ticket file --only "+f.Key)
			}
			open = append(open, o)
		}
	}
	return open
}

// limitTicket reports whether the team has a ticket for a limit.
func (g gate) limitTicket(limit string) bool {
	return slices.ContainsFunc(g.Tickets, func(t opsreview.Ticket) bool {
		return isLimit(t.Kind, t.Key, limit) && settles(t, g.Snapshot.Start, g.Now)
	})
}

// isLimit reports whether a finding is the one of a limit, whose key ends in it.
func isLimit(kind, key, limit string) bool {
	return kind == opsreview.LimitBreached && (strings.HasSuffix(key, "|"+limit) || strings.HasSuffix(key, ":"+limit))
}
