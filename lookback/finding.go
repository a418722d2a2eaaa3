package lookback

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// mostSeries is how many series a sentence names.
const mostSeries = 3

// FindingsOf returns a finding for each chart with accepted anomalies, those
// beyond the most that a review shows too: they tell of one trouble, and a
// finding's key does not say when. Whoever asks says whose they are.
func FindingsOf(r Report) []opsreview.Finding {
	zone := zoneOf(r.Zone)
	at := map[string]int{}
	var all []opsreview.Finding
	for _, a := range slices.Concat(r.Anomalies, r.More) {
		if a.State != Accepted {
			continue
		}
		i, ok := at[a.Chart.Key]
		if !ok {
			i = len(all)
			at[a.Chart.Key] = i
			all = append(all, opsreview.Finding{
				Key: opsreview.FindingKey(opsreview.AnomalyFound, a.Chart.Key), Kind: opsreview.AnomalyFound, Category: opsreview.Weirdness,
				Title: quoted(titleOf(a.Chart)) + " looks weird", Service: a.Chart.Service, Team: a.Chart.Team, Chart: a.Chart.Key,
				Remedy: "Find out what it was; if it matters, alert on it or fix it, and if it does not, dismiss it with the reason.",
			})
		}
		f := &all[i]
		f.Evidence = append(f.Evidence, evidence(a, zone)...)
		for _, ref := range a.Pages {
			if !slices.Contains(f.Pages, ref) {
				f.Pages = append(f.Pages, ref)
			}
		}
	}
	return all
}

// evidence says what was measured, what is known of it and why people accepted
// it.
func evidence(a Anomaly, zone *time.Location) []string {
	when := span(a.Window, zone)
	if a.Ongoing {
		when = "since " + clock(a.Window.Start, zone)
	}
	var names []string
	for _, m := range a.Series[:min(len(a.Series), mostSeries)] {
		names = append(names, quoted(m.Series.Name))
	}
	if n := len(a.Series) - mostSeries; n > 0 {
		names = append(names, fmt.Sprintf("%d more", n))
	}
	said := []string{fmt.Sprintf("%s %s: %s.", strings.Join(names, ", "), when, a.Series[0].Window.Text)}
	switch {
	case a.Context == Unexplained && fold(a.Chart.Service) != "":
		said = append(said, "Nobody was paged for it, and nothing that is known explains it.")
	default:
		said = append(said, a.Because...)
	}
	if reason := oneLine(a.Decision.Reason); reason != "" {
		said = append(said, fmt.Sprintf("%s accepted it: %s.", oneLine(a.Decision.Author), strings.TrimRight(reason, ".")))
	}
	return said
}
