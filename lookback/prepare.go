package lookback

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// Prepare joins, explains and ranks. The order of what the input lists does not
// matter.
func Prepare(in Input) Report {
	in.Zone = zoneOf(in.Zone)
	r := Report{Window: in.Window, Zone: in.Zone}
	charts := map[string]opsreview.Chart{}
	for _, c := range in.Charts {
		charts[c.Key] = c
	}
	found := map[string][]Found{}
	for _, f := range in.Found {
		if _, ok := charts[f.Series.Chart]; ok {
			found[f.Series.Chart] = append(found[f.Series.Chart], f)
		}
	}
	r.Skipped = sourceGaps(in, charts, found)
	r.Skipped = append(r.Skipped, skipped(in, charts, found)...)
	for _, key := range slices.Sorted(maps.Keys(charts)) {
		looked := 0
		for _, f := range found[key] {
			if f.Result.Skipped == "" {
				looked++
			}
		}
		r.Series += looked
		r.Charts += min(looked, 1)
		for _, a := range anomaliesOf(charts[key], found[key], in.Window) {
			in.explain(&a)
			in.decide(&a)
			r.add(a)
		}
	}
	r.rank(in.Settings.MostOrDefault())
	return r
}

func (r *Report) add(a Anomaly) {
	if a.State == Dismissed {
		r.Dismissed = append(r.Dismissed, a)
		return
	}
	r.Anomalies = append(r.Anomalies, a)
}

// rank puts first what nobody knows of, then what goes on, then what is most
// unusual, and keeps the most that a review shows.
func (r *Report) rank(most int) {
	slices.SortStableFunc(r.Anomalies, func(a, b Anomaly) int {
		return cmp.Or(
			known(a)-known(b),
			cmp.Compare(bit(b.Ongoing), bit(a.Ongoing)),
			cmp.Compare(b.Score, a.Score),
			newer(a, b),
		)
	})
	slices.SortStableFunc(r.Dismissed, newer)
	if len(r.Anomalies) > most {
		r.More = slices.Clone(r.Anomalies[most:])
		r.Anomalies = r.Anomalies[:most:most]
	}
}

// newer orders anomalies by when they began, the latest first.
func newer(a, b Anomaly) int {
	return cmp.Or(b.Window.Start.Compare(a.Window.Start), strings.Compare(a.Chart.Key, b.Chart.Key), strings.Compare(a.ID, b.ID))
}

func known(a Anomaly) int { return bit(a.Context != Unexplained) }

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// overlap reports whether two windows share any time.
func overlap(a, b opsreview.Window) bool { return a.Start.Before(b.End) && b.Start.Before(a.End) }

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// clock writes a time for people: "Tue 3 Nov 14:05".
func clock(t time.Time, zone *time.Location) string { return t.In(zone).Format("Mon 2 Jan 15:04") }

// span writes a window for people: the day is named once if it is one.
func span(w opsreview.Window, zone *time.Location) string {
	start, end := w.Start.In(zone), w.End.In(zone)
	if start.Format(time.DateOnly) == end.Format(time.DateOnly) {
		return "from " + clock(start, zone) + " to " + end.Format("15:04")
	}
	return "from " + clock(start, zone) + " to " + clock(end, zone)
}

// count writes a number of things: "1 page", "3 pages". What is series already
// has no other plural.
func count(n int, noun string) string {
	if n == 1 || strings.HasSuffix(noun, "s") {
		return fmt.Sprintf("%d %s", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
