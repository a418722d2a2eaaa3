package lookback

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

// around is how long before an anomaly begins, and after it ends, a page may
// come that is about it.
const around = 15 * time.Minute

// What lasts for longer than a day is explained by what came with its beginning:
// in as many days, something happens to every service.
const (
	long  = 24 * time.Hour
	onset = 6 * time.Hour
)

// began is the part of an anomaly that others are compared with.
func began(a *Anomaly) opsreview.Window {
	w := a.Window
	if w.Duration() > long {
		w.End = w.Start.Add(onset)
	}
	return w
}

// namesOf returns the words for a service that mean the same as word: its names
// and its references, in lower case.
func (in *Input) namesOf(word string) map[string]bool {
	words := map[string]bool{fold(word): true}
	for ref, s := range in.Services {
		if s.Name != "" && fold(s.Name) == fold(word) || fold(ref.String()) == fold(word) {
			words[fold(s.Name)], words[fold(ref.String())] = true, true
		}
	}
	delete(words, "")
	return words
}

// explain says what is known of the anomaly's service and time.
func (in *Input) explain(a *Anomaly) {
	a.Context = Unexplained
	if fold(a.Chart.Service) == "" {
		a.Because = []string{"The chart is about no service, so it is compared with no pages, incidents or burn."}
		return
	}
	words := in.namesOf(a.Chart.Service)
	for _, sentence := range slices.Concat(in.incidents(a, words), in.burns(a, words), in.quiet(a, words)) {
		a.Context = Explained
		a.Because = append(a.Because, sentence)
	}
	if pages := in.pages(a, words); len(pages) > 0 {
		a.Context = Paged
		a.Because = append([]string{in.pagesSay(a.Chart.Service, pages)}, a.Because...)
		for _, p := range pages {
			a.Pages = append(a.Pages, p.Ref)
		}
	}
}

// pages returns the pages of the service that began with the anomaly, in order.
func (in *Input) pages(a *Anomaly, words map[string]bool) []opsreview.Page {
	w := began(a)
	w.Start, w.End = w.Start.Add(-around), w.End.Add(around)
	var pages []opsreview.Page
	seen := map[opsreview.Ref]bool{}
	for _, p := range in.Pages {
		if !seen[p.Ref] && w.Contains(p.TriggeredAt) && words[fold(p.Service.String())] {
			seen[p.Ref] = true
			pages = append(pages, p)
		}
	}
	slices.SortFunc(pages, func(p, q opsreview.Page) int {
		if c := p.TriggeredAt.Compare(q.TriggeredAt); c != 0 {
			return c
		}
		return p.Ref.Compare(q.Ref)
	})
	return pages
}

func (in *Input) pagesSay(service string, pages []opsreview.Page) string {
	title, at := quoted(pages[0].Title), clock(pages[0].TriggeredAt, in.Zone)
	if len(pages) == 1 {
		return fmt.Sprintf("%s paged: %s at %s.", service, title, at)
	}
	return fmt.Sprintf("%s paged %d times: first %s at %s.", service, len(pages), title, at)
}

// incidents says which incidents of the service were under way.
func (in *Input) incidents(a *Anomaly, words map[string]bool) []string {
	var said []string
	for _, i := range in.Incidents {
		w := in.lasted(i)
		ours := slices.ContainsFunc(i.Services, func(name string) bool { return words[fold(name)] })
		if !ours || w.Start.IsZero() || !overlap(w, began(a)) {
			continue
		}
		name := i.Number
		if name == "" {
			name = i.ID
		}
		said = append(said, fmt.Sprintf("Incident %s, %s, began %s.", name, quoted(i.Title), clock(w.Start, in.Zone)))
	}
	slices.Sort(said)
	return slices.Compact(said)
}

// lasted is how long an incident lasted, from the first time that anybody
// recorded to its end, or to now.
func (in *Input) lasted(i opsreview.Incident) opsreview.Window {
	var w opsreview.Window
	for _, t := range []time.Time{i.StartedAt, i.DetectedAt, i.DeclaredAt, i.AcknowledgedAt} {
		if !t.IsZero() && (w.Start.IsZero() || t.Before(w.Start)) {
			w.Start = t
		}
	}
	w.End = in.Now
	if end := latest(i.MitigatedAt, i.ResolvedAt); !end.IsZero() {
		w.End = end
	}
	return w
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// burns says which budgets of the service were burned too fast.
func (in *Input) burns(a *Anomaly, words map[string]bool) []string {
	bySLO := map[string][]Burn{}
	for _, b := range in.Burns {
		if words[fold(b.Service)] && overlap(b.Window, began(a)) {
			bySLO[b.SLO] = append(bySLO[b.SLO], b)
		}
	}
	var said []string
	for _, name := range slices.Sorted(maps.Keys(bySLO)) {
		burns := bySLO[name]
		first, lost := burns[0].Window, 0.0
		for _, b := range burns {
			lost += b.Share
			if b.Window.Start.Before(first.Start) {
				first = b.Window
			}
		}
		times := ""
		if len(burns) > 1 {
			times = fmt.Sprintf(" in %d stretches, first", len(burns))
		}
		said = append(said, fmt.Sprintf("%s of the 30-day budget of %s burned%s %s.", percent(lost), name, times, span(first, in.Zone)))
	}
	return said
}

// quiet says which work was announced.
func (in *Input) quiet(a *Anomaly, words map[string]bool) []string {
	var said []string
	for _, q := range in.Quiet {
		if (fold(q.Service) == "" || words[fold(q.Service)]) && overlap(q.Window, began(a)) {
			said = append(said, fmt.Sprintf("Work was announced %s: %s.", span(q.Window, in.Zone), strings.TrimRight(oneLine(q.Reason), ".")))
		}
	}
	slices.Sort(said)
	return slices.Compact(said)
}

func percent(share float64) string {
	if share > 0 && share < 0.001 {
		return "Less than 0.1 %"
	}
	return strconv.FormatFloat(100*share, 'f', 1, 64) + " %"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// quoted writes a stranger's title so that it stands out, and on one line.
func quoted(title string) string { return strconv.Quote(oneLine(title)) }
