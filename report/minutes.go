package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/meeting"
)

// protocol is the minutes of a review as plain texts, in the order in which
// they are read. Each form escapes them in its own way.
type protocol struct {
	Title, Team, Span, Stand string

	Look        []pair // the sections in one line each
	Led         string
	Others      []string // who presented, who was there
	Forced      string   // why it was closed all the same, "" if it was not
	ForcedOpen  []string // what was open then
	Open        []string // what keeps it open
	Actions     []said
	Waivers     []pair
	Sections    []minutesSection
	Gaps        []string
	Definitions []string
}

// A pair is something with what is told of it.
type pair struct{ Name, Text string }

// said is something that somebody said, about what, and who did when.
type said struct{ Text, About, Who string }

// A minutesSection is a part of the agenda with what was noted in it.
type minutesSection struct {
	ID, Title, Summary string
	Lines              []string
	Notes              []said
}

// minutes are the minutes that a form is made of.
type minutes struct {
	meeting.Minutes
	zone *time.Location
}

func minutesOf(m meeting.Minutes) minutes {
	zone, err := time.LoadLocation(m.Snapshot.Zone)
	if err != nil || m.Snapshot.Zone == "Local" {
		zone = time.UTC
	}
	return minutes{Minutes: m, zone: zone}
}

func (m minutes) title() string {
	title := "Minutes of the operational review"
	if team := clean(m.Meeting.Team); team != "" {
		title += " of " + team
	}
	if week := clean(m.Meeting.Week); week != "" {
		title += ", " + week
	}
	return title
}

// protocol writes the minutes out.
func (m minutes) protocol() protocol {
	window := m.Meeting.Window
	if window.IsZero() {
		window = opsreview.Window{Start: m.Snapshot.Start, End: m.Snapshot.End}
	}
	p := protocol{
		Title: m.title(), Team: clean(m.Meeting.Team), Span: spanOf(window, m.zone) + ", " + m.zone.String(), Stand: m.stand(),
		Led: m.led(), Others: m.others(), Actions: m.actions(), Waivers: m.waivers(), Definitions: m.definitions(),
	}
	for _, s := range meeting.AgendaOf(m.Minutes) {
		p.Look = append(p.Look, pair{s.Title, clean(s.Summary)})
		if s.ID == meeting.Actions {
			continue // they stand first, with what was decided
		}
		section := minutesSection{ID: string(s.ID), Title: s.Title, Summary: upper(clean(s.Summary)), Notes: m.notes(s.ID)}
		for _, line := range s.Lines {
			section.Lines = append(section.Lines, clean(line))
		}
		p.Sections = append(p.Sections, section)
	}
	if notes := append(m.notes(meeting.Actions), m.notes("")...); len(notes) > 0 {
		p.Sections = append(p.Sections, minutesSection{ID: "other", Title: "Other notes", Notes: notes})
	}
	m.open(&p)
	for _, g := range m.Snapshot.Gaps {
		p.Gaps = append(p.Gaps, clean(g))
	}
	return p
}

// stand tells when the review was opened and closed, and by whom.
func (m minutes) stand() string {
	text := "Opened " + m.at(m.Meeting.OpenedAt) + by(m.Meeting.OpenedBy)
	if m.Meeting.State == opsreview.MeetingClosed {
		return text + ", closed " + m.at(m.Meeting.ClosedAt) + by(m.Meeting.ClosedBy)
	}
	return text + ", not closed yet: numbers may still change"
}

func by(who string) string {
	if who = clean(who); who != "" {
		return " by " + who
	}
	return ""
}

func (m minutes) at(t time.Time) string { return t.In(m.zone).Format("Mon 2 Jan 2006 15:04") }

// led tells who led, and when that changed hands.
func (m minutes) led() string {
	var hands []string
	for _, i := range m.Items {
		if i.Kind == opsreview.ItemHandover && i.WithdrawnBy == "" {
			hands = append(hands, fmt.Sprintf("to %s at %s", clean(i.Text), i.At.In(m.zone).Format("15:04")))
		}
	}
	text := "Nobody is said to have led it"
	if leader := clean(m.Meeting.Facilitator); leader != "" {
		text = "Led by " + leader
	}
	if len(hands) > 0 {
		text += ", handed over " + strings.Join(hands, ", then ")
	}
	return text
}

// others tells who presented and who was there.
func (m minutes) others() []string {
	var all []string
	if who := clean(m.Meeting.Presenter); who != "" {
		all = append(all, "Presented by "+who)
	}
	var there []string
	for _, i := range m.Items {
		if i.Kind == opsreview.ItemAttended && i.WithdrawnBy == "" {
			there = append(there, clean(i.Text))
		}
	}
	if len(there) > 0 {
		all = append(all, "There: "+strings.Join(there, ", "))
	}
	return all
}

// open tells what is open, or what a forced close let pass.
func (m minutes) open(p *protocol) {
	var open []string
	for _, o := range m.Open {
		open = append(open, clean(strings.TrimPrefix(o.Title+": "+o.Text, ": ")))
	}
	if m.Meeting.State != opsreview.MeetingClosed {
		p.Open = open
		return
	}
	if p.Forced = clean(m.Meeting.Forced); p.Forced == "" {
		return
	}
	for _, text := range m.Meeting.ForcedOpen {
		p.ForcedOpen = append(p.ForcedOpen, clean(text))
	}
	if len(p.ForcedOpen) == 0 {
		p.ForcedOpen = open
	}
}

// actions lists what was agreed to be done.
func (m minutes) actions() []said {
	var all []said
	for _, i := range m.Items {
		if i.Kind != opsreview.ItemAction || i.WithdrawnBy != "" {
			continue
		}
		parts := []string{cmp.Or(clean(i.Owner), "nobody's yet")}
		if !i.Due.IsZero() {
			parts = append(parts, "by "+m.lastDay(i.Due).Format("Mon 2 Jan"))
		}
		if ticket := clean(i.Ticket); ticket != "" {
			parts = append(parts, ticket)
		}
		if i.DoneBy != "" {
			parts = append(parts, "done")
		}
		if about := m.subject(i.Subject); about != "" {
			parts = append(parts, "about "+about)
		}
		all = append(all, said{Text: clean(i.Text), About: strings.Join(parts, ", "), Who: m.who(i)})
	}
	return all
}

// lastDay is in the day in which an end is: one at midnight ends the day before.
func (m minutes) lastDay(end time.Time) time.Time { return end.Add(-time.Second).In(m.zone) }

// notes are what was noted in a section, in order.
func (m minutes) notes(id meeting.Section) []said {
	var all []said
	for _, i := range m.Items {
		if i.Kind == opsreview.ItemNote && i.WithdrawnBy == "" && sectionOf(i) == id {
			all = append(all, said{Text: clean(i.Text), About: m.subject(i.Subject), Who: m.who(i)})
		}
	}
	return all
}

// sectionOf is where an item was said; "" for one that was said in no section
// that the agenda has.
func sectionOf(i opsreview.MeetingItem) meeting.Section {
	if s := meeting.Section(i.Section); slices.Contains(meeting.Sections(), s) {
		return s
	}
	return ""
}

// who says who said something and when.
func (m minutes) who(i opsreview.MeetingItem) string {
	return strings.TrimPrefix(clean(i.Author)+", "+i.At.In(m.zone).Format("Mon 15:04"), ", ")
}

// subject is what something is about, by its title where the snapshot has it.
func (m minutes) subject(subject string) string {
	if subject == "" {
		return ""
	}
	for _, p := range m.Snapshot.Pages {
		if p.Page == subject {
			return fmt.Sprintf("%s (%s)", title(p.Title), clean(subject))
		}
	}
	for _, x := range m.Snapshot.Monitors {
		if x.Monitor == subject {
			return title(x.Title)
		}
	}
	for _, f := range m.Snapshot.Findings {
		if f.Key == subject {
			return title(f.Title)
		}
	}
	return title(subject)
}

// waivers lists what may pass without a ticket for a time.
func (m minutes) waivers() []pair {
	at := m.Snapshot.At
	if m.Meeting.State == opsreview.MeetingClosed {
		at = m.Meeting.ClosedAt
	}
	all := slices.Clone(m.Waivers)
	slices.SortStableFunc(all, func(a, b opsreview.Waiver) int {
		return cmp.Or(a.Expires.Compare(b.Expires), cmp.Compare(a.ID, b.ID))
	})
	var pairs []pair
	for _, w := range all {
		if w.InForce(at) {
			text := fmt.Sprintf("%s answers for it until %s: %s", clean(w.Owner), m.lastDay(w.Expires).Format("Mon 2 Jan 2006"), clean(w.Reason))
			pairs = append(pairs, pair{title(cmp.Or(w.Title, w.Subject)), text})
		}
	}
	return pairs
}

// definitions names the definitions that the numbers were computed by.
func (m minutes) definitions() []string {
	var all []string
	for _, id := range slices.Sorted(maps.Keys(m.Snapshot.Definitions)) {
		all = append(all, fmt.Sprintf("%s/%d", clean(id), m.Snapshot.Definitions[id]))
	}
	return all
}

// RenderMinutes renders minutes in every form, ready to be sent. At is when
// that was done.
func RenderMinutes(m meeting.Minutes, at time.Time) (Bundle, error) {
	html, err := MinutesHTML(m)
	if err != nil {
		return Bundle{}, err
	}
	return Bundle{
		Title: minutesOf(m).title(), Team: m.Meeting.Team, Window: m.Meeting.Window, Markdown: MinutesMarkdown(m), HTML: html, Mail: html,
		Chat: minutesChat(m), At: at,
	}, nil
}
