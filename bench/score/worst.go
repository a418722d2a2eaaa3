package main

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"opsreview/anomaly"
)

// A blunder is a false window or a missed event.
type blunder struct {
	series string
	at     span
	score  float64
	text   string
}

// eager is the threshold at which the strangeness of a missed event is looked
// for.
const eager = 2

// writeWorst prints the false windows with the highest scores, and the missed
// events with the highest scores at a low threshold, of each family.
func writeWorst(w io.Writer, corpus []labelled, n int) {
	wrong, misses := map[string][]blunder{}, map[string][]blunder{}
	for _, l := range corpus {
		windows := found(l, anomaly.DefaultThreshold)
		wrong[l.family] = append(wrong[l.family], falseWindows(l, windows)...)
		misses[l.family] = append(misses[l.family], missedEvents(l, windows)...)
	}
	for _, family := range families([]scores{score(byDefault, corpus)}) {
		writeBlunders(w, family+": false windows", wrong[family], n)
		writeBlunders(w, family+": missed events", misses[family], n)
	}
}

func spanOf(w anomaly.Window, review span) span {
	s := span{w.Start.Unix(), w.End.Unix()}
	return span{max(s.start, review.start), min(s.end, review.end)}
}

func falseWindows(l labelled, windows []anomaly.Window) []blunder {
	var all []blunder
	for _, w := range windows {
		if s := spanOf(w, l.review); !right(s, l.events) {
			all = append(all, blunder{l.name, s, w.Score, fmt.Sprintf("%s %s, like %d: %s", w.Kind, w.Direction, w.Like, w.Text)})
		}
	}
	return all
}

func missedEvents(l labelled, windows []anomaly.Window) []blunder {
	var all []blunder
	weak := found(l, eager)
	for _, e := range l.events {
		hit := func(w anomaly.Window) bool {
			s := spanOf(w, l.review)
			return hits(s, e) && right(s, l.events)
		}
		if slices.ContainsFunc(windows, hit) {
			continue
		}
		b := blunder{series: l.name, at: e}
		for _, w := range weak {
			if hits(spanOf(w, l.review), e) && w.Score > b.score {
				b.score, b.text = w.Score, w.Text
			}
		}
		all = append(all, b)
	}
	return all
}

func writeBlunders(w io.Writer, title string, all []blunder, n int) {
	fmt.Fprintf(w, "\n%s: %d\n", title, len(all))
	slices.SortStableFunc(all, func(a, b blunder) int { return cmp.Compare(b.score, a.score) })
	for _, b := range all[:min(n, len(all))] {
		start := time.Unix(b.at.start, 0).UTC()
		fmt.Fprintf(w, "  %6.1f  %-40.40s  %s +%v  %s\n", b.score, b.series,
			start.Format("2006-01-02 15:04"), time.Duration(b.at.length())*time.Second, b.text)
	}
}

// writeHalves prints how the detector does on random halves of each family: a
// change that helps one half and harms the other is a coincidence.
func writeHalves(w io.Writer, corpus []labelled, n int) {
	chance := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // The same halves in every run.
	byFamily := map[string][]labelled{}
	for _, l := range corpus {
		byFamily[l.family] = append(byFamily[l.family], l)
	}
	fmt.Fprintln(w, "\nrandom halves: recall / false windows per week")
	for _, family := range families([]scores{score(byDefault, corpus)}) {
		all := byFamily[family]
		fmt.Fprintf(w, "  %-6s", family)
		for range n {
			chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			a, b := score(byDefault, all[:len(all)/2])[family], score(byDefault, all[len(all)/2:])[family]
			fmt.Fprintf(w, "  %.2f/%.2f %.2f/%.2f", a.recall(), a.noise(), b.recall(), b.noise())
		}
		fmt.Fprintln(w)
	}
}
