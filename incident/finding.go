package incident

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"opsreview"
)

// FindingsOf returns a finding for each overdue incident of the report. What it
// costs nobody knows. Whose it is says who knows the teams.
func FindingsOf(r Report) []opsreview.Finding {
	var all []opsreview.Finding
	for _, c := range r.Overdue {
		all = append(all, finding(c))
	}
	return all
}

func finding(c Case) opsreview.Finding {
	i := c.Incident
	f := opsreview.Finding{
		Key:      opsreview.FindingKey(opsreview.IncidentUnfinished, i.Ref.String()),
		Kind:     opsreview.IncidentUnfinished,
		Category: opsreview.FollowUpWork,
		Title:    fmt.Sprintf("Incident %s left neither a postmortem nor a follow-up", Name(i)),
		Evidence: []string{c.Text, fmt.Sprintf("Its severity is %s.", i.Severity)},
		Remedy:   "Write its postmortem, file a ticket for what must change, and link both: opsreview incident link.",
		Subject:  i.Ref.String(),
		Pages:    c.Pages,
	}
	switch {
	case i.Postmortem != "":
		f.Title = fmt.Sprintf("Incident %s left no follow-up", Name(i))
		f.Remedy = "File a ticket for what its postmortem says must change, and link it: opsreview incident link."
	case len(i.FollowUps) > 0:
		f.Title = fmt.Sprintf("Incident %s has no postmortem", Name(i))
		f.Remedy = "Write its postmortem, and link it: opsreview incident link."
	}
	if i.Title != "" {
		f.Evidence = append(f.Evidence, fmt.Sprintf("It is called %s.", strconv.Quote(strings.Join(strings.Fields(i.Title), " "))))
	}
	if c.Times.Resolve.Known {
		f.Evidence = append(f.Evidence, fmt.Sprintf("It took %s to resolve.", length(c.Times.Resolve.D)))
	}
	for _, b := range c.Burned {
		if b.Share >= 0.0005 {
			f.Evidence = append(f.Evidence, fmt.Sprintf("It burned %.1f %% of the 30-day budget of %s.", 100*b.Share, b.SLO))
		}
	}
	if len(i.Services) > 0 {
		f.Service = i.Services[0]
	}
	return f
}

// Name is what people call an incident: its number, else its reference.
func Name(i opsreview.Incident) string { return cmp.Or(i.Number, i.Ref.String()) }
