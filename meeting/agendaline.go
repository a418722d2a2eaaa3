package meeting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/lookback"
	"opsreview/review"
)

// maxLines is how many monitors, tasks and anomalies a section lists; the rest
// is counted.
const maxLines = 12

func (a agenda) carried(s *AgendaSection) {
	without, due, done := 0, 0, 0
	for _, c := range a.Carried {
		line := c.Item.Text
		if who := c.Item.Owner; who != "" {
			line += " (" + who + ")"
		}
		s.Lines = append(s.Lines, fmt.Sprintf("%s, of %s: %s", line, cmp.Or(c.From.Week, c.From.ID), c.Text))
		p := Point{Kind: "action", Subject: c.Item.ID, Title: c.Item.Text, Text: c.Text, Ticket: c.Item.Ticket}
		s.Points = append(s.Points, p)
		switch {
		case c.Done():
			done++
		case c.Item.Ticket == "":
			without++
		}
		if c.Due && !c.Done() {
			due++
		}
	}
	parts := []string{count(len(a.Carried), "action") + " of earlier reviews"}
	for _, x := range []struct {
		n    int
		word string
	}{{done, "done"}, {due, "due"}, {without, "without a ticket"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.word))
		}
	}
	if s.Summary = strings.Join(parts, ", "); len(a.Carried) == 0 {
		s.Summary = "nothing is left of earlier reviews"
	}
}

func (a agenda) budgets(s *AgendaSection) {
	var worst *BudgetFact
	for i, b := range a.Snapshot.Budgets {
		s.Lines = append(s.Lines, b.SLO+": "+b.Text)
		if b.Thirty != nil && (worst == nil || *b.Thirty > *worst.Thirty) {
			worst = &a.Snapshot.Budgets[i]
		}
	}
	switch {
	case len(a.Snapshot.Budgets) == 0:
		s.Summary = "no SLO is counted"
	case worst == nil:
		s.Summary = fmt.Sprintf("nothing is known of %s", count(len(a.Snapshot.Budgets), "SLO"))
	default:
		s.Summary = fmt.Sprintf("%d of %s overspent; %s burned most: %s of its 30-day budget", a.value("slos_overspent"),
			count(len(a.Snapshot.Budgets), "SLO"), worst.SLO, percent(*worst.Thirty))
	}
	if n := a.value("episodes_missed"); n > 0 {
		s.Summary += "; " + count(n, "significant episode") + " that nobody was paged for"
	}
}

func (a agenda) pages(s *AgendaSection) {
	n := a.value("pages")
	if n == 0 {
		s.Summary = "no page: a quiet week is a week"
		return
	}
	var parts []string
	for _, o := range outcomes {
		parts = append(parts, fmt.Sprintf("%d %s", a.value(o.id), o.outcome))
	}
	labelled := int(a.Snapshot.Numbers["coverage"].Value)
	s.Summary = fmt.Sprintf("%s, %d labelled: %s", count(n, "page"), labelled, strings.Join(parts, ", "))
	if n > labelled {
		s.Summary += fmt.Sprintf("; %d unlabelled, counted as neither", n-labelled)
	}
	s.Lines = append(s.Lines, a.monitorLines()...)
	s.Lines = append(s.Lines, a.answered())
	for _, p := range a.Snapshot.Pages {
		s.Points = append(s.Points, Point{Kind: string(opsreview.WaivePage), Subject: p.Page, Title: p.Title, Text: a.pageText(p)})
	}
}

// answered says how quickly people answered, as far as that is known.
func (a agenda) answered() string {
	var parts []string
	if n, ok := a.Snapshot.Numbers["time_to_acknowledge"]; ok {
		parts = append(parts, fmt.Sprintf("acknowledged after %s (median)", n))
	}
	if n, ok := a.Snapshot.Numbers["time_to_resolve"]; ok {
		parts = append(parts, fmt.Sprintf("resolved after %s (median)", n))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d never acknowledged", a.value("never_acked")),
		fmt.Sprintf("%d escalated because nobody answered", a.value("escalated")), fmt.Sprintf("%d still open", a.value("open"))), ", ")
}

func (a agenda) pageText(p PageFact) string {
	text := p.At.In(a.zone).Format("Mon 2 Jan 15:04") + ", " + p.Outcome
	if p.Cause != "" {
		text += " (" + p.Cause + ")"
	}
	return text
}

func (a agenda) monitorLines() []string {
	var lines []string
	for i, m := range a.Snapshot.Monitors {
		if i == maxLines {
			return append(lines, fmt.Sprintf("and %s", count(len(a.Snapshot.Monitors)-i, "more monitor")))
		}
		line := fmt.Sprintf("%s: %s", cmp.Or(m.Title, m.Monitor), count(m.Pages, "page"))
		if !m.Withheld {
			line += fmt.Sprintf(", %s, %s engaged", count(m.Interruptions, "interruption"), minutes(m.EngagedMin))
		}
		switch {
		case m.Labelled == 0 && m.Pages > 0:
			line += "; nobody has labelled one"
		case m.Labelled > 0:
			line += fmt.Sprintf("; %d of %d labelled ones not actionable", m.NotActionable, m.Labelled)
		}
		lines = append(lines, line)
	}
	return lines
}

func (a agenda) load(s *AgendaSection) {
	over, breaches := 0, 0
	for _, l := range a.Snapshot.Loads {
		line := fmt.Sprintf("%s: %s, %s, %d of them in sleep hours", l.Name, count(l.Pages, "page"), count(l.Interruptions, "interruption"), l.Sleep)
		if l.BrokenNights != nil {
			line += ", " + count(*l.BrokenNights, "broken night")
		}
		s.Lines = append(s.Lines, line+", "+minutes(l.EngagedMin)+" engaged")
		for _, b := range l.Breaches {
			s.Lines = append(s.Lines, l.Name+" over a limit: "+b.Text)
			s.Points = append(s.Points, Point{Kind: string(opsreview.WaiveBreach), Subject: b.Key, Title: l.Name + ": " + b.Text, Text: "has a ticket or a waiver"})
		}
		breaches += len(l.Breaches)
		over += min(1, len(l.Breaches))
	}
	s.Lines = append(s.Lines, a.withheld(Load)...)
	switch {
	case len(a.Snapshot.Loads) == 0 && len(a.Snapshot.Withheld) > 0:
		s.Summary = "withheld"
	case len(a.Snapshot.Loads) == 0:
		s.Summary = "nobody was notified or on call"
	case breaches == 0:
		s.Summary = people(len(a.Snapshot.Loads)) + ", nobody over a limit"
	default:
		s.Summary = fmt.Sprintf("%s, %d of them over a limit", people(len(a.Snapshot.Loads)), over)
		if breaches > over {
			s.Summary += fmt.Sprintf(", %d times in all", breaches)
		}
	}
}

// withheld is what is not told about people, of a section: what is about toil
// says so.
func (a agenda) withheld(id Section) []string {
	var all []string
	for _, why := range a.Snapshot.Withheld {
		if strings.Contains(why, "toil") == (id == Toil) {
			all = append(all, why)
		}
	}
	return all
}

func (a agenda) incidents(s *AgendaSection) {
	if _, ok := a.Snapshot.Numbers["incidents"]; !ok {
		s.Summary = "no incidents are known here"
		return
	}
	overdue := 0
	for _, i := range a.Snapshot.Incidents {
		name := cmp.Or(i.Number, i.Incident)
		parts := []string{cmp.Or(i.Severity, "no severity")}
		if i.Detector != "" {
			parts = append(parts, "noticed by "+detectors[opsreview.Detector(i.Detector)])
		}
		if i.ResolveMin != nil {
			parts = append(parts, "resolved after "+minutes(*i.ResolveMin))
		}
		if i.Overdue {
			overdue++
		}
		text := strings.Join(parts, ", ")
		if i.Text != "" {
			text += ". " + i.Text
		}
		s.Lines = append(s.Lines, fmt.Sprintf("%s, %s: %s", name, i.Title, text))
		s.Points = append(s.Points, Point{Kind: string(opsreview.WaiveIncident), Subject: i.Incident, Title: strings.TrimSpace(i.Number + " " + i.Title), Text: text})
	}
	if s.Summary = count(a.value("incidents"), "incident"); a.value("incidents") == 0 {
		s.Summary = "no incident"
	}
	if overdue > 0 {
		s.Summary += fmt.Sprintf("; %d overdue for a postmortem or a follow-up", overdue)
	}
}

var detectors = map[opsreview.Detector]string{
	opsreview.DetectedByAlert: "an alert", opsreview.DetectedByPerson: "a person", opsreview.DetectedByCustomer: "a customer",
}

func (a agenda) anomalies(s *AgendaSection) {
	if _, ok := a.Snapshot.Numbers["anomalies"]; !ok {
		s.Summary = "no dashboard is looked at"
		return
	}
	dismissed, shown := 0, 0
	for _, x := range a.Snapshot.Anomalies {
		if x.State == string(lookback.Dismissed) {
			dismissed++
			continue
		}
		p := Point{Kind: "anomaly", Subject: x.Anomaly, Title: x.Chart, Text: x.Text + ", " + x.Context}
		if x.State == string(lookback.Accepted) {
			p.Text += ", accepted"
		}
		s.Points = append(s.Points, p)
		if shown++; shown <= maxLines {
			s.Lines = append(s.Lines, p.Title+": "+p.Text)
		}
	}
	if shown > maxLines {
		s.Lines = append(s.Lines, fmt.Sprintf("and %d more", shown-maxLines))
	}
	s.Summary = fmt.Sprintf("%d things looked weird, %d unexplained", shown, a.value("anomalies_unexplained"))
	switch shown {
	case 0:
		s.Summary = "nothing looked weird"
	case 1:
		s.Summary = fmt.Sprintf("1 thing looked weird, %d unexplained", a.value("anomalies_unexplained"))
	}
	if dismissed > 0 {
		s.Summary += fmt.Sprintf("; %d dismissed", dismissed)
	}
}

func (a agenda) toil(s *AgendaSection) {
	t := a.Snapshot.Toil
	switch {
	case t == nil:
		s.Summary = "nothing is logged"
		return
	case t.Withheld:
		s.Summary, s.Lines = "withheld", a.withheld(Toil)
		return
	}
	if t.Minutes == 0 && t.Overhead == 0 && len(t.Tasks) == 0 {
		s.Summary = "none is known"
		return
	}
	if s.Summary = minutes(t.Minutes); t.Working > 0 {
		s.Summary += fmt.Sprintf(", %s of working time", percent(t.Minutes/t.Working))
	}
	if t.Overhead > 0 {
		s.Summary += fmt.Sprintf("; %s of overhead is not counted", minutes(t.Overhead))
	}
	for i, task := range t.Tasks {
		if i == maxLines {
			s.Lines = append(s.Lines, fmt.Sprintf("and %s", count(len(t.Tasks)-i, "more task")))
			break
		}
		line := task.Task + ": " + minutes(task.Minutes)
		if task.Minutes == 0 {
			line = task.Task + ": none in this window"
		}
		switch {
		case task.Automated != "" && task.Saved != 0:
			line += fmt.Sprintf(", automated since %s: it has saved %s", task.Automated, minutes(task.Saved))
		case task.Automated != "":
			line += ", automated since " + task.Automated
		case task.Quarter > 0:
			line += fmt.Sprintf(", automating it would save %s a quarter", minutes(task.Quarter))
		}
		s.Lines = append(s.Lines, line)
	}
	if t.Method != "" {
		s.Lines = append(s.Lines, t.Method)
	}
}

func (a agenda) wins(s *AgendaSection) {
	told := a.tell(s, opsreview.ItemWin)
	held := a.verdict(s, review.HasHeld)
	saved := 0
	if a.Snapshot.Toil != nil && !a.Snapshot.Toil.Withheld {
		for _, task := range a.Snapshot.Toil.Tasks {
			if task.Saved > 0 {
				s.Lines = append(s.Lines, fmt.Sprintf("automating %s has saved %s", task.Task, minutes(task.Saved)))
				saved++
			}
		}
	}
	early := 0
	for _, c := range a.Snapshot.Closed {
		if c.Verdict == string(review.TooEarly) {
			early++
		}
	}
	s.Summary = summary("none told", part(told, "told", "told"), part(held, "closed ticket that held", "closed tickets that held"),
		part(saved, "task automated", "tasks automated"), part(early, "closed ticket of which it is too early to say", "closed tickets of which it is too early to say"))
}

func (a agenda) failures(s *AgendaSection) {
	told := a.tell(s, opsreview.ItemFailure)
	s.Summary = summary("none told", part(told, "told", "told"), part(a.verdict(s, review.CameBack), "closed ticket that came back", "closed tickets that came back"))
}

func (a agenda) demos(s *AgendaSection) {
	s.Summary = summary("none", part(a.tell(s, opsreview.ItemDemo), "shown", "shown"))
}

func (a agenda) actions(s *AgendaSection) {
	done := 0
	all := a.said(opsreview.ItemAction)
	for _, i := range all {
		text := actionText(i, a.zone)
		if i.DoneBy != "" {
			done++
		}
		s.Lines = append(s.Lines, strings.TrimSuffix(i.Text+" ("+text+")", " ()"))
		s.Points = append(s.Points, Point{Kind: "action", Subject: i.ID, Title: i.Text, Text: text, Ticket: i.Ticket})
	}
	s.Summary = summary("none", part(len(all), "action", "actions"), part(done, "done", "done"))
}

// actionText says of an action whose it is, by when and where it stands.
func actionText(i opsreview.MeetingItem, zone *time.Location) string {
	var parts []string
	if i.Owner != "" {
		parts = append(parts, i.Owner)
	}
	if !i.Due.IsZero() {
		// One that ends at midnight is due on the day before.
		parts = append(parts, "by "+i.Due.Add(-time.Second).In(zone).Format("Mon 2 Jan"))
	}
	if i.Ticket != "" {
		parts = append(parts, i.Ticket)
	}
	if i.DoneBy != "" {
		parts = append(parts, "done")
	}
	return strings.Join(parts, ", ")
}

// tell lists what people told, and counts it.
func (a agenda) tell(s *AgendaSection, kind opsreview.ItemKind) int {
	all := a.said(kind)
	for _, i := range all {
		s.Lines = append(s.Lines, fmt.Sprintf("%s (%s)", i.Text, strings.TrimPrefix(i.Author+", "+i.At.In(a.zone).Format("Mon 15:04"), ", ")))
	}
	return len(all)
}

// verdict lists the closed tickets of a verdict, and counts them.
func (a agenda) verdict(s *AgendaSection, v review.HeldVerdict) int {
	n := 0
	for _, c := range a.Snapshot.Closed {
		if c.Verdict == string(v) {
			s.Lines = append(s.Lines, fmt.Sprintf("%s, %s: %s", c.Ticket, c.Title, c.Text))
			n++
		}
	}
	return n
}

// part counts something in a summary, "" for none of it.
func part(n int, one, many string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func summary(none string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, ", ")
}
