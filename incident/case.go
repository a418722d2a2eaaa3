package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// The fields of which a report counts how often they are missing.
const (
	noSeverity        = "severity"
	noStart           = "start"
	noDetection       = "detection"
	noAcknowledgement = "acknowledgement"
	noMitigation      = "mitigation"
	noResolution      = "resolution"
	noDetector        = "what noticed it"
	noService         = "service"
	noPostmortem      = "postmortem"
	noFollowUp        = "follow-up"
	noOwner           = "owner"
)

// judge says what can be said of one incident.
func (in *Input) judge(i opsreview.Incident) Case {
	i = Linked(i, in.Links)
	pages := in.pagesOf(i)
	for _, p := range pages {
		if p.Ref == i.Ref && i.ResolvedAt.IsZero() { // a source whose pages may be incidents
			i.ResolvedAt = p.ResolvedAt
		}
	}
	c := Case{Incident: i, Pages: i.Pages, FollowUps: in.followUps(i), Detector: i.DetectedBy}
	if c.Detector == "" && alerted(i, pages) {
		c.Detector, c.Inferred = opsreview.DetectedByAlert, true
	}
	c.Times = timesOf(i, c.Detector, pages, in.Now)
	c.Burned = in.burned(i)
	c.Missing = in.missing(i)
	c.Overdue, c.Text = in.overdue(c)
	c.Text = strings.TrimSpace(strings.Join(append([]string{c.Text}, absurd(c.Times)...), " "))
	return c
}

// pagesOf returns the pages of an incident that are stored, in order of their
// trigger.
func (in *Input) pagesOf(i opsreview.Incident) []opsreview.Page {
	var own []opsreview.Page
	for _, p := range in.Pages {
		if slices.Contains(i.Pages, p.Ref) {
			own = append(own, p)
		}
	}
	slices.SortFunc(own, func(a, b opsreview.Page) int {
		return cmp.Or(a.TriggeredAt.Compare(b.TriggeredAt), a.Ref.Compare(b.Ref))
	})
	return own
}

// alerted reports whether an alert noticed the incident, by its own pages: the
// first came before anybody had declared it, and no person had sent it.
func alerted(i opsreview.Incident, pages []opsreview.Page) bool {
	if len(pages) == 0 || i.DeclaredAt.IsZero() || pages[0].TriggeredAt.IsZero() || pages[0].TriggeredAt.After(i.DeclaredAt) {
		return false
	}
	return !slices.ContainsFunc(pages[0].Events, func(e opsreview.Event) bool {
		return e.Kind == opsreview.Triggered && e.By.Kind == opsreview.Person
	})
}

// burned returns what the incident's services burned while it lasted, most
// first.
func (in *Input) burned(i opsreview.Incident) []Burn {
	lasted, ok := Lasted(i, in.Now)
	if !ok {
		return nil
	}
	words := Words(i.Services, in.Services)
	var own []Burn
	for _, b := range in.Burns {
		if words[fold(b.Service)] && b.Window.Start.Equal(lasted.Start) && b.Window.End.Equal(lasted.End) {
			own = append(own, b)
		}
	}
	slices.SortFunc(own, func(a, b Burn) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), strings.Compare(a.SLO, b.SLO))
	})
	return own
}

// Words are the names and the references, in lower case, of services that are
// named by either.
func Words(names []string, services map[opsreview.Ref]opsreview.Service) map[string]bool {
	words := map[string]bool{}
	for _, name := range names {
		words[fold(name)] = true
	}
	delete(words, "")
	both := map[string]bool{}
	for ref, s := range services {
		name, own := fold(s.Name), fold(ref.String())
		if words[own] || (name != "" && words[name]) {
			both[name], both[own] = true, true
		}
	}
	delete(both, "")
	for word := range both {
		words[word] = true
	}
	return words
}

// missing lists the fields that nobody recorded.
func (in *Input) missing(i opsreview.Incident) []string {
	var all []string
	for _, f := range []struct {
		name string
		has  bool
	}{
		{noSeverity, strings.TrimSpace(i.Severity) != ""},
		{noStart, !i.StartedAt.IsZero()},
		{noDetection, !i.DetectedAt.IsZero()},
		{noAcknowledgement, !i.AcknowledgedAt.IsZero()},
		{noMitigation, !i.MitigatedAt.IsZero()},
		{noResolution, !i.ResolvedAt.IsZero()},
		{noDetector, i.DetectedBy != ""},
		{noService, len(i.Services) > 0},
		{noPostmortem, i.Postmortem != ""},
		{noFollowUp, len(i.FollowUps) > 0},
		{noOwner, !slices.Contains(in.Unowned, i.Ref)},
	} {
		if !f.has {
			all = append(all, f.name)
		}
	}
	return all
}

// overdue reports whether a grave incident has waited too long for what it must
// leave, and says what any incident of that gravity lacks.
func (in *Input) overdue(c Case) (bool, string) {
	i, set := c.Incident, in.Settings
	var lacks []string
	if i.Postmortem == "" {
		lacks = append(lacks, "no postmortem")
	}
	if len(i.FollowUps) == 0 {
		lacks = append(lacks, "no follow-up")
	}
	if len(lacks) == 0 || !set.Grave(i.Severity) || slices.Contains(droppedWords, fold(i.Status)) {
		return false, ""
	}
	at, what := i.ResolvedAt, "its resolution"
	switch {
	case !at.IsZero():
	case !i.MitigatedAt.IsZero():
		at, what = i.MitigatedAt, "its mitigation; nobody recorded its resolution"
	default:
		at, what = begin(i), "it began; nobody recorded its resolution"
	}
	waited := in.Now.Sub(at)
	if at.IsZero() || waited < 0 {
		return false, "It has " + strings.Join(lacks, " and ") + "."
	}
	return waited > set.Within, fmt.Sprintf("It has %s %s after %s.", strings.Join(lacks, " and "), age(waited), what)
}

// absurd says which recorded times cannot be true, in sentences.
func absurd(t Times) []string {
	var all []string
	for _, s := range []Span{t.Detect, t.Acknowledge, t.Mitigate, t.Resolve} {
		if rest, ok := strings.CutPrefix(s.Why, byTheRecord); ok {
			all = append(all, "By the record "+rest+".")
		}
	}
	return slices.Compact(all)
}

// age writes a long time in days.
func age(d time.Duration) string {
	switch days := int(d / (24 * time.Hour)); days {
	case 0:
		return "less than a day"
	case 1:
		return "1 day"
	default:
		return fmt.Sprintf("%d days", days)
	}
}
