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
		if !labelled(p) {
			open = append(open, Open{
				Kind: string(opsreview.WaivePage), Subject: p.Page, Title: p.Title, Text: "nobody has labelled it",
				Do: []string{
					fmt.Sprintf("opsreview page label %s --actionable --cause CAUSE", shell(p.Page)),
					fmt.Sprintf("opsreview page label %s --not-actionable --cause CAUSE", shell(p.Page)),
				},
			})
		}
	}
	open = append(open, g.monitors()...)
	return append(open, g.breaches()...)
}

type gate struct{ GateInput }

// A group is the open pages of one monitor, or one page without a monitor.
type group struct {
	kind    opsreview.WaiverKind
	subject string
	pages   []PageFact
}

// groups gathers the pages that were not actionable and that nothing settles,
// by their monitor, those with most pages first.
func (g gate) groups() []*group {
	type name struct {
		kind    opsreview.WaiverKind
		subject string
	}
	var groups []*group
	byName := map[name]*group{}
	for _, p := range g.Snapshot.Pages {
		if !notActionable(p) || g.settledPage(p) {
			continue
		}
		n := name{opsreview.WaiveMonitor, p.Monitor}
		if p.Monitor == "" {
			n = name{opsreview.WaivePage, p.Page}
		}
		if byName[n] == nil {
			byName[n] = &group{kind: n.kind, subject: n.subject}
			groups = append(groups, byName[n])
		}
		byName[n].pages = append(byName[n].pages, p)
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(len(b.pages), len(a.pages)) })
	return groups
}

// monitors lists what nothing settles, once a monitor.
func (g gate) monitors() []Open {
	var open []Open
	for _, gr := range g.groups() {
		subjects := []string{gr.subject}
		for _, p := range gr.pages {
			subjects = append(subjects, p.Page)
		}
		o := Open{
			Kind: string(gr.kind), Subject: gr.subject, Title: g.title(gr), Do: settle(gr.subject),
			Text: g.lapsed(fmt.Sprintf("%s not actionable, and neither ticket nor waiver", pagesWere(len(gr.pages))), subjects...),
		}
		if f, ok := g.finding(func(f FindingFact) bool { return f.Monitor != "" && f.Monitor == gr.subject }); ok {
			o.Do = slices.Insert(o.Do, 0, "opsreview ticket file --only "+shell(f.Key))
		}
		open = append(open, o)
	}
	return open
}

// title is what a group is called: as the agenda calls its monitor, else as its
// first page.
func (g gate) title(gr *group) string {
	for _, m := range g.Snapshot.Monitors {
		if gr.kind == opsreview.WaiveMonitor && m.Monitor == gr.subject && m.Title != "" {
			return m.Title
		}
	}
	return gr.pages[0].Title
}

// settle are the commands by which a meeting settles something that it keeps
// open.
func settle(subject string) []string {
	return []string{
		fmt.Sprintf("opsreview review action TEXT --subject %s --ticket KEY", shell(subject)),
		fmt.Sprintf("opsreview review waive %s --owner WHO --reason WHY --expires 14d", shell(subject)),
	}
}

// shell writes a word as a shell takes it, whatever a stranger has put in it:
// people copy these commands.
func shell(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:@+,%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 && word[0] != '-' {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func pagesWere(n int) string {
	if n == 1 {
		return "1 page was"
	}
	return fmt.Sprintf("%d pages were", n)
}

// labelled reports whether somebody has said what a page was. An outcome that
// this program does not know is none.
func labelled(p PageFact) bool { return verdictOf(p) != "" }

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

// lapsed adds to a text that a waiver of one of the subjects has expired: the
// one that expired last.
func (g gate) lapsed(text string, subjects ...string) string {
	var last opsreview.Waiver
	for _, w := range g.Waivers {
		if slices.Contains(subjects, w.Subject) && w.WithdrawnBy == "" && !g.Now.Before(w.Expires) && w.Expires.After(last.Expires) {
			last = w
		}
	}
	if last.Subject == "" {
		return text
	}
	// One that ended at midnight ended with the day before.
	on := last.Expires.Add(-time.Second).In(zoneOf(g.Snapshot.Zone)).Format("Mon 2 Jan 2006")
	return fmt.Sprintf("%s: the waiver of %s by %s (%s) expired on %s", text, cmp.Or(last.Title, last.Subject), last.Owner, last.Reason, on)
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
			if g.waived(opsreview.WaiveBreach, b.Key) || g.acted(b.Key) || g.limitTicket(b) {
				continue
			}
			o := Open{
				Kind: string(opsreview.WaiveBreach), Subject: b.Key, Title: l.Name + ": " + b.Text, Do: settle(b.Key),
				Text: g.lapsed("a limit was gone over, and neither ticket nor waiver", b.Key),
			}
			if f, ok := g.finding(func(f FindingFact) bool { return isLimit(f.Kind, f.Key, b.Limit) }); ok {
				o.Do = slices.Insert(o.Do, 0, "opsreview ticket file --only "+shell(f.Key))
			}
			open = append(open, o)
		}
	}
	return open
}

// limitTicket reports whether the team has a ticket for the breach's limit. One
// that was closed before the last page that is known to be behind the breach
// takes no care of it.
func (g gate) limitTicket(b Breach) bool {
	at := g.Snapshot.Start
	for _, p := range g.Snapshot.Pages {
		if p.At.After(at) && slices.Contains(b.Pages, p.Page) {
			at = p.At
		}
	}
	return slices.ContainsFunc(g.Tickets, func(t opsreview.Ticket) bool {
		return isLimit(t.Kind, t.Key, b.Limit) && settles(t, at, g.Now)
	})
}

// isLimit reports whether a finding is the one of a limit, whose key ends in it.
func isLimit(kind, key, limit string) bool {
	return kind == opsreview.LimitBreached && (strings.HasSuffix(key, "|"+limit) || strings.HasSuffix(key, ":"+limit))
}
