package hygiene

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"opsreview"
)

// What makes a finding: an error, or as many warnings about what somebody needs
// who is woken or looks at a dashboard. One missing link is not worth a ticket.
const (
	monitorWarnings   = 2
	dashboardWarnings = 5
)

// needed are the rules whose problems a responder meets at night.
var needed = []string{monitorRunbook, runbookDead, runbookSection, monitorImpact, monitorAction, monitorDashboard}

// ofRunbooks are those among them that somebody else's document mends.
var ofRunbooks = []string{monitorRunbook, runbookDead, runbookSection}

// FindingsOf returns a finding for each monitor that paged and each dashboard
// with problems that matter, those with most first. Monitors are those that
// paged. A finding's Monitor is the first of those that a definition made; its
// service and its team are the caller's.
func FindingsOf(problems []Problem, defs []opsreview.MonitorDefinition, monitors []opsreview.Monitor) []opsreview.Finding {
	found := append(monitorFindings(problems, defs, monitors), dashboardFindings(problems)...)
	all := make([]opsreview.Finding, len(found))
	slices.SortStableFunc(found, func(a, b weighed) int {
		return cmp.Or(b.weight-a.weight, strings.Compare(a.Key, b.Key))
	})
	for i, f := range found {
		all[i] = f.Finding
	}
	return all
}

// A weighed finding has the number of its problems; an error counts for ten.
type weighed struct {
	opsreview.Finding
	weight int
}

func weigh(problems []Problem) int {
	n := 0
	for _, p := range problems {
		switch p.Severity {
		case Error:
			n += 10
		case Warning:
			n++
		case Note:
		}
	}
	return n
}

func monitorFindings(problems []Problem, defs []opsreview.MonitorDefinition, monitors []opsreview.Monitor) []weighed {
	type place struct{ id, origin string }
	of := map[place][]Problem{}
	for _, p := range problems {
		if (p.Kind == ofMonitor || p.Kind == ofRunbook) && p.Severity != Note && slices.Contains(needed, p.Rule) {
			at := place{p.ID, p.Origin}
			of[at] = append(of[at], p)
		}
	}
	paged := join(defs, monitors)
	var all []weighed
	for i, d := range defs {
		mine := of[place{d.ID, d.Origin}]
		if n := weigh(mine); len(paged[i]) > 0 && n >= monitorWarnings {
			all = append(all, weighed{monitorFinding(d, mine, paged[i]), n})
		}
	}
	return all
}

func monitorFinding(d opsreview.MonitorDefinition, problems []Problem, monitors []opsreview.Monitor) opsreview.Finding {
	f := opsreview.Finding{
		Key: opsreview.FindingKey(opsreview.MonitorUnclear, d.ID), Kind: opsreview.MonitorUnclear,
		Category: opsreview.Hygiene, Monitor: monitors[0].ID,
	}
	if d.Source != "" {
		f.Key = opsreview.FindingKey(opsreview.MonitorUnclear, d.Source, d.ID)
	}
	var texts, remedies []string
	for _, p := range problems {
		if slices.Contains(ofRunbooks, p.Rule) {
			f.Category = opsreview.RunbookGap
		}
		texts = append(texts, p.Text)
		remedies = append(remedies, p.Remedy)
		f.Evidence = append(f.Evidence, "It "+p.Text+".")
	}
	f.Title = quoted(d.Title) + " pages people and " + shortened(texts)
	f.Evidence = append(f.Evidence, "It is written down in "+d.Origin+".")
	if len(monitors) > 1 {
		f.Evidence = append(f.Evidence, fmt.Sprintf("It paged for %d services.", len(monitors)))
	}
	f.Remedy = strings.Join(remedies, " ")
	return f
}

// shortened is the first problem, and how many more there are.
func shortened(texts []string) string {
	first, _, _ := strings.Cut(texts[0], ": ")
	switch n := len(texts) - 1; n {
	case 0:
		return first
	case 1:
		second, _, _ := strings.Cut(texts[1], ": ")
		return first + " and " + second
	default:
		return fmt.Sprintf("%s, with %d more gaps", first, n)
	}
}

// join finds which definition made which monitors. A monitor that is known by
// an attribute is joined by that; one that is known by its title, by what the
// definition's title becomes. The longest title that fits is meant.
func join(defs []opsreview.MonitorDefinition, monitors []opsreview.Monitor) [][]opsreview.Monitor {
	titles := make([][]string, len(defs))
	for i, d := range defs {
		titles[i] = titleParts(d.Title)
	}
	type pair struct {
		service opsreview.Ref
		rule    string
	}
	known := map[pair]map[string][]int{}
	paged := make([][]opsreview.Monitor, len(defs))
	for _, m := range monitors {
		at := pair{m.Service, m.Rule}
		if m.Rule != "title" && known[at] == nil {
			known[at] = identities(defs, m)
		}
		made := known[at][m.ID]
		if m.Rule == "title" {
			made = titled(titles, m.Title)
		}
		for _, i := range made {
			paged[i] = append(paged[i], m)
		}
	}
	return paged
}

// identities are the definitions by the identity that their monitors would have
// if an attribute of pages of m's service named them.
func identities(defs []opsreview.MonitorDefinition, m opsreview.Monitor) map[string][]int {
	rules := opsreview.MonitorRules{Attributes: []string{m.Rule}}
	of := map[string][]int{}
	for i, d := range defs {
		value := d.ID
		if m.Rule == "alertname" {
			value = d.Title
		}
		p := opsreview.Page{Service: m.Service, Attributes: map[string]string{m.Rule: value}}
		id := rules.Monitor(&p).ID
		of[id] = append(of[id], i)
	}
	return of
}

// titled are the definitions whose titles fit best in a monitor's.
func titled(titles [][]string, title string) []int {
	best, length := []int(nil), 0
	said := strings.Join(words(title), " ")
	for i, parts := range titles {
		if !fits(said, parts) {
			continue
		}
		switch n := len(strings.Join(parts, "")); {
		case n > length:
			best, length = []int{i}, n
		case n == length:
			best = append(best, i)
		}
	}
	return best
}

// fewestLetters is how long a title is that is sought within longer ones: "Down"
// is in too many.
const fewestLetters = 6

// titleParts are the pieces of a definition's title between its templates, as
// words. What is too short to be told from others has none.
func titleParts(title string) []string {
	var parts []string
	letters := 0
	for part := range strings.SplitSeq(withoutTemplates(title), "…") {
		if w := strings.Join(words(part), " "); w != "" {
			parts = append(parts, w)
			letters += len(w)
		}
	}
	if letters < fewestLetters {
		return nil
	}
	return parts
}

// words are a text's words in small letters, without numbers: those vary from
// page to page.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !letter(string(r)) || (r >= '0' && r <= '9') })
}

// fits reports whether a title holds the parts in their order, as whole words.
func fits(title string, parts []string) bool {
	title = " " + title + " "
	for _, part := range parts {
		_, after, found := strings.Cut(title, " "+part+" ")
		if !found {
			return false
		}
		title = " " + after
	}
	return len(parts) > 0
}

func dashboardFindings(problems []Problem) []weighed {
	var uids []string
	of := map[string][]Problem{}
	for _, p := range problems {
		if p.Severity == Note || (p.Kind != ofDashboard && p.Kind != ofPanel) {
			continue
		}
		uid := p.ID
		if p.Kind == ofPanel {
			uid = p.ID[:max(strings.LastIndexByte(p.ID, '/'), 0)]
		}
		if of[uid] == nil {
			uids = append(uids, uid)
		}
		of[uid] = append(of[uid], p)
	}
	var all []weighed
	for _, uid := range uids {
		if n := weigh(of[uid]); n >= dashboardWarnings {
			all = append(all, weighed{dashboardFinding(uid, of[uid]), n})
		}
	}
	return all
}

func dashboardFinding(uid string, problems []Problem) opsreview.Finding {
	f := opsreview.Finding{
		Key: opsreview.FindingKey(opsreview.DashboardUnclear, uid), Kind: opsreview.DashboardUnclear, Category: opsreview.Hygiene,
		Title:  fmt.Sprintf("The dashboard %s does not explain itself in %d places", quoted(problems[0].Board), len(problems)),
		Remedy: "Say on the dashboard why each graph is there, and take away those of which nobody can say it.",
	}
	for _, rule := range ruleIDs() {
		var names []string
		var text string
		for _, p := range problems {
			if p.Rule == rule {
				names, text = append(names, quoted(strings.TrimPrefix(p.Subject, p.Board+" / "))), p.Text
			}
		}
		switch n := len(names); {
		case n > mostNamed:
			f.Evidence = append(f.Evidence, fmt.Sprintf("%s and %d more: each %s.", strings.Join(names[:mostNamed], ", "), n-mostNamed, text))
		case n > 1:
			f.Evidence = append(f.Evidence, fmt.Sprintf("%s: each %s.", strings.Join(names, ", "), text))
		case n == 1:
			f.Evidence = append(f.Evidence, names[0]+" "+text+".")
		}
	}
	f.Evidence = append(f.Evidence, "`opsreview dashboard lint` lists every place.")
	return f
}

// mostNamed is how many panels a sentence names.
const mostNamed = 4
