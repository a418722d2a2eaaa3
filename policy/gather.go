package policy

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"opsreview"
)

// Lookback is how long before a page its monitor's history is read.
const Lookback = 28 * 24 * time.Hour

// stormSpan is how far apart pages of one storm may begin, and flapSpan how
// long transitions are counted for.
const (
	stormSpan = 10 * time.Minute
	flapSpan  = time.Hour
)

// Interruptions counts what one page interrupted, by the class of the hour on
// the clock of the person interrupted.
type Interruptions struct {
	Business, OffHours, Sleep, Unknown int
}

func (i Interruptions) total() int { return i.Business + i.OffHours + i.Sleep + i.Unknown }

// Add counts one interruption.
func (i *Interruptions) Add(class opsreview.HoursClass) {
	switch class {
	case opsreview.BusinessHours:
		i.Business++
	case opsreview.OffHours:
		i.OffHours++
	case opsreview.SleepHours:
		i.Sleep++
	default:
		i.Unknown++
	}
}

// Input is what facts are gathered from.
type Input struct {
	// Pages are the pages to judge, with their timelines.
	Pages []opsreview.Page

	// History are further pages of the same monitors and services, with or
	// without timelines: those that began up to [Lookback] before the pages or
	// up to an hour after them. Of each, Ref, Service, Monitor, TriggeredAt,
	// ResolvedAt, the kind of ResolvedBy and Label are read. Pages may be among
	// them, and more does no harm.
	History []opsreview.Page

	Interruptions map[opsreview.Ref]Interruptions // by page
	Services      map[opsreview.Ref]opsreview.Service
	Maintenance   []opsreview.Maintenance
	Now           time.Time // to which open pages last
}

type timelineFacts struct {
	traces, notified, escalations, timeouts, ranOut, minutes int
	snoozed, merged, reopened                                bool
}

type monitorFacts struct {
	pages, lastDay, lastHour, transitions int
	ended, selfEnded                      int
	open                                  opsreview.Ref
	labelled, actionable, run             int
	last                                  opsreview.Label
}

func (m monitorFacts) selfShare() float64 {
	if m.ended == 0 {
		return 0
	}
	return float64(m.selfEnded) / float64(m.ended)
}

type stormFacts struct{ around, before int }

// Gather returns the facts of each page of the input, in the same order. Its
// cost grows with the number of pages and their events.
func Gather(in Input) []Facts {
	all := inOrder(in)
	monitors := map[string]*history{}
	services := map[opsreview.Ref][]*opsreview.Page{}
	for _, p := range all {
		if p.Monitor != "" {
			h := monitors[p.Monitor]
			if h == nil {
				h = &history{}
				monitors[p.Monitor] = h
			}
			h.add(p)
		}
		if !p.Service.IsZero() {
			services[p.Service] = append(services[p.Service], p)
		}
	}
	for _, h := range monitors {
		h.finish()
	}
	storms := make(map[opsreview.Ref]stormFacts, len(in.Pages))
	for _, pages := range services {
		addStorms(storms, pages)
	}
	facts := make([]Facts, len(in.Pages))
	for i := range in.Pages {
		p := &in.Pages[i]
		f := &facts[i]
		f.page, f.service = p, in.Services[p.Service].Name
		f.timeline = timelineOf(p, in.Now)
		f.interruptions, f.storm = in.Interruptions[p.Ref], storms[p.Ref]
		if h := monitors[p.Monitor]; h != nil {
			f.monitor = h.before(p)
		}
		f.maintenance, f.maintained = in.maintenance(p)
	}
	return facts
}

// inOrder returns every page of the input once, in order of its trigger.
func inOrder(in Input) []*opsreview.Page {
	seen := make(map[opsreview.Ref]bool, len(in.Pages)+len(in.History))
	all := make([]*opsreview.Page, 0, len(in.Pages)+len(in.History))
	for _, pages := range [][]opsreview.Page{in.Pages, in.History} {
		for i := range pages {
			if p := &pages[i]; !seen[p.Ref] {
				seen[p.Ref] = true
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, byTrigger)
	return all
}

func byTrigger(a, b *opsreview.Page) int {
	return cmp.Or(a.TriggeredAt.Compare(b.TriggeredAt), a.Ref.Compare(b.Ref))
}

func (in Input) maintenance(p *opsreview.Page) (summary string, active bool) {
	service, ok := in.Services[p.Service]
	if !ok {
		service.Ref = p.Service
	}
	for _, m := range in.Maintenance {
		if m.Window.Contains(p.TriggeredAt) && m.Covers(service) {
			return m.Summary, true
		}
	}
	return "", false
}

// traceKinds are the kinds of event by which a person shows that they worked on
// a page.
var traceKinds = map[opsreview.EventKind]bool{
	opsreview.Noted: true, opsreview.Changed: true, opsreview.Escalated: true,
	opsreview.Reassigned: true, opsreview.HelpRequested: true,
}

func timelineOf(p *opsreview.Page, now time.Time) timelineFacts {
	f := timelineFacts{merged: p.MergedInto != ""}
	var notified []string
	for i := range p.Events {
		e := &p.Events[i]
		if e.By.Kind == opsreview.Person && traceKinds[e.Kind] {
			f.traces++
		}
		switch e.Kind {
		case opsreview.Notified:
			for _, id := range e.Responders {
				if !slices.Contains(notified, id) {
					notified = append(notified, id)
				}
			}
		case opsreview.Escalated:
			f.escalations++
			if e.By.Kind != opsreview.Person {
				f.timeouts++
			}
		case opsreview.Unacknowledged:
			f.ranOut++
		case opsreview.Snoozed:
			f.snoozed = f.snoozed || e.By.Kind == opsreview.Person
		case opsreview.Merged:
			f.merged = true
		case opsreview.Reopened:
			f.reopened = true
		}
	}
	f.notified = len(notified)
	end := p.ResolvedAt
	if end.IsZero() {
		end = now
	}
	f.minutes = max(int(end.Sub(p.TriggeredAt)/time.Minute), 0)
	return f
}

// A history is one monitor's pages in order, with what a later page asks of
// them ready to look up.
type history struct {
	pages       []*opsreview.Page
	ended, self []int             // how many of the pages before the i-th ended, and by themselves
	longest     []*opsreview.Page // of the pages up to the i-th, the one that was open longest
	labels      []labelled
	transitions []time.Time
}

// A labelled page, with what is known of those before it.
type labelled struct {
	page       *opsreview.Page
	actionable int // of the labelled pages up to this one
	run        int // labelled pages up to this one, in a row, that say the same
}

func (h *history) add(p *opsreview.Page) {
	n := len(h.pages)
	if n == 0 {
		h.ended, h.self = []int{0}, []int{0}
	}
	h.pages = append(h.pages, p)
	ended, self := h.ended[n], h.self[n]
	if !p.ResolvedAt.IsZero() {
		ended++
		h.transitions = append(h.transitions, p.ResolvedAt)
		if k := p.ResolvedBy.Kind; k == opsreview.Integration || k == opsreview.Timer {
			self++
		}
	}
	h.ended, h.self = append(h.ended, ended), append(h.self, self)
	h.transitions = append(h.transitions, p.TriggeredAt)
	longest := p
	if n > 0 && !outlasts(p, h.longest[n-1]) {
		longest = h.longest[n-1]
	}
	h.longest = append(h.longest, longest)
	if !p.Label.IsZero() {
		h.addLabel(p)
	}
}

func (h *history) addLabel(p *opsreview.Page) {
	l := labelled{page: p, run: 1}
	if n := len(h.labels); n > 0 {
		last := h.labels[n-1]
		l.actionable = last.actionable
		if last.page.Label.Verdict == p.Label.Verdict && last.page.Label.Cause == p.Label.Cause {
			l.run = last.run + 1
		}
	}
	if p.Label.Verdict == opsreview.Actionable {
		l.actionable++
	}
	h.labels = append(h.labels, l)
}

// outlasts reports whether a ends after b. What is open ends last.
func outlasts(a, b *opsreview.Page) bool {
	return !b.ResolvedAt.IsZero() && (a.ResolvedAt.IsZero() || a.ResolvedAt.After(b.ResolvedAt))
}

func (h *history) finish() {
	slices.SortFunc(h.transitions, time.Time.Compare)
}

// before returns what is known of the monitor when p was triggered. Its
// transitions alone are read on both sides of the trigger: the first page of a
// flapping monitor flaps too.
func (h *history) before(p *opsreview.Page) monitorFacts {
	at := p.TriggeredAt
	from := func(t time.Time) int {
		return sort.Search(len(h.pages), func(i int) bool { return !h.pages[i].TriggeredAt.Before(t) })
	}
	end := sort.Search(len(h.pages), func(i int) bool { return byTrigger(h.pages[i], p) >= 0 })
	start := from(at.Add(-Lookback))
	f := monitorFacts{
		pages: end - start, lastDay: end - from(at.Add(-24*time.Hour)), lastHour: end - from(at.Add(-time.Hour)),
		ended: h.ended[end] - h.ended[start], selfEnded: h.self[end] - h.self[start],
		transitions: h.around(at),
	}
	if end > 0 {
		if q := h.longest[end-1]; q.ResolvedAt.IsZero() || q.ResolvedAt.After(at) {
			f.open = q.Ref
		}
	}
	h.addLabels(&f, p)
	return f
}

// around counts transitions in the hour before and the hour after at, and
// returns the greater number.
func (h *history) around(at time.Time) int {
	first := func(t time.Time) int {
		return sort.Search(len(h.transitions), func(i int) bool { return !h.transitions[i].Before(t) })
	}
	upTo, since := first(at.Add(1)), first(at)
	return max(upTo-first(at.Add(-flapSpan)), first(at.Add(flapSpan))-since)
}

// addLabels adds what people said of the pages before p. The label of p itself
// is never read.
func (h *history) addLabels(f *monitorFacts, p *opsreview.Page) {
	end := sort.Search(len(h.labels), func(i int) bool { return byTrigger(h.labels[i].page, p) >= 0 })
	since := p.TriggeredAt.Add(-Lookback)
	start := sort.Search(len(h.labels), func(i int) bool { return !h.labels[i].page.TriggeredAt.Before(since) })
	if end <= start {
		return
	}
	last := h.labels[end-1]
	f.labelled, f.actionable, f.last = end-start, last.actionable, last.page.Label
	if start > 0 {
		f.actionable -= h.labels[start-1].actionable
	}
	f.run = min(last.run, f.labelled)
}

// addStorms counts, for each page of one service, the monitors that paged
// around it. The pages are in order, so two ends of a window slide over them.
func addStorms(storms map[opsreview.Ref]stormFacts, pages []*opsreview.Page) {
	around, before := window{}, window{}
	lo, mid, hi := 0, 0, 0
	for i, p := range pages {
		for ; hi < len(pages) && pages[hi].TriggeredAt.Sub(p.TriggeredAt) <= stormSpan; hi++ {
			around.add(pages[hi].Monitor)
		}
		for ; mid < i; mid++ {
			before.add(pages[mid].Monitor)
		}
		for ; p.TriggeredAt.Sub(pages[lo].TriggeredAt) > stormSpan; lo++ {
			around.remove(pages[lo].Monitor)
			before.remove(pages[lo].Monitor)
		}
		storms[p.Ref] = stormFacts{around: len(around), before: before.others(p.Monitor)}
	}
}

// A window counts the pages of each monitor in it.
type window map[string]int

func (w window) add(monitor string) { w[monitor]++ }

func (w window) remove(monitor string) {
	if w[monitor]--; w[monitor] <= 0 {
		delete(w, monitor)
	}
}

func (w window) others(monitor string) int {
	if w[monitor] > 0 {
		return len(w) - 1
	}
	return len(w)
}
