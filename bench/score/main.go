// Command score runs the anomaly detector, and the plain ones it should beat,
// over a corpus of labelled series and prints what each finds and how much
// noise it makes, by family of series. It exits with 1 if the detector misses
// the bar with its defaults.
//
// The rules of the score are those of judge: what people see are windows, a
// window counts once however long it is, and one set of parameters is used for
// all series.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"opsreview/anomaly"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}

// bar is what the detector must reach with its defaults, by family: the least
// recall, and the most false windows in a week of a series.
var bar = map[string]struct{ recall, noise float64 }{
	"wsd":   {.57, .19},
	"aiops": {.43, .15},
	"asd":   {.80, .68},
	"nab":   {.68, .58},
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("score", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "Usage: score [flags] DIR\n\nDIR holds labelled series as *.csv.gz.")
		flags.PrintDefaults()
	}
	worst := flags.Int("worst", 0, "print the `n` worst false windows and misses of each family")
	plain := flags.Bool("plain", true, "run the plain detectors too")
	family := flags.String("family", "", "read the series of this `family` only")
	halves := flags.Int("halves", 0, "score the detector on `n` random halves of the series too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return errors.New("name one directory")
	}
	corpus, err := readCorpus(flags.Arg(0))
	if err != nil {
		return err
	}
	corpus = slices.DeleteFunc(corpus, func(l labelled) bool { return *family != "" && l.family != *family })
	detectors := ours
	if *plain {
		detectors = slices.Concat(plainOnes, ours)
	}
	table := make([]scores, len(detectors))
	for i, d := range detectors {
		table[i] = score(d, corpus)
	}
	if err := writeScores(stdout, detectors, table); err != nil {
		return err
	}
	if *worst > 0 {
		writeWorst(stdout, corpus, *worst)
	}
	if *halves > 0 {
		writeHalves(stdout, corpus, *halves)
	}
	return missed(score(byDefault, corpus))
}

// A detector turns a series into windows, of which those under review count.
type detector struct {
	name string
	find func(labelled) []span
}

// byDefault is the detector as everybody uses it.
var byDefault = detector{fmt.Sprintf("opsreview, T = %g (default)", anomaly.DefaultThreshold), detect(anomaly.DefaultThreshold)}

// ours are the detector at its default and beside it.
var ours = []detector{
	{"opsreview, T = 7", detect(7)},
	byDefault,
	{"opsreview, T = 9", detect(9)},
}

func detect(threshold float64) func(labelled) []span {
	return func(l labelled) []span {
		var windows []span
		for _, w := range found(l, threshold) {
			windows = append(windows, span{w.Start.Unix(), w.End.Unix()})
		}
		return windows
	}
}

func found(l labelled, threshold float64) []anomaly.Window {
	from, to := time.Unix(l.review.start, 0), time.Unix(l.review.end, 0)
	return anomaly.Detect(l.series, from, to, anomaly.Options{Threshold: threshold}).Windows
}

// scores are the tallies of one detector by family.
type scores map[string]tally

func score(d detector, corpus []labelled) scores {
	byFamily := scores{}
	for _, l := range corpus {
		start := time.Now()
		windows := d.find(l)
		took := time.Since(start)
		t := judge(cut(windows, l.review), l.events, l.review)
		t.points, t.seconds = len(l.series.Values), took.Seconds()
		byFamily[l.family] = byFamily[l.family].plus(t)
	}
	return byFamily
}

// families lists those of a table in order.
func families(table []scores) []string {
	var all []string
	for _, s := range table {
		for family := range s {
			all = append(all, family)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func writeScores(w io.Writer, detectors []detector, table []scores) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FAMILY\tDETECTOR\tRECALL\tPRECISION\tFALSE/WEEK\tWINDOWS/WEEK\tFLAGGED\tPOINTS/S\tBAR")
	for _, family := range families(table) {
		for i, d := range detectors {
			s := table[i][family]
			fmt.Fprintf(t, "%s\t%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f %%\t%.2g M\t%s\n", family, d.name,
				s.recall(), s.precision(), s.noise(), s.eagerness(), 100*s.share(), s.speed()/1e6, verdict(family, d, s))
		}
	}
	return t.Flush()
}

// verdict compares the default with the bar of the family.
func verdict(family string, d detector, s tally) string {
	b, ok := bar[family]
	switch {
	case !ok || d.name != byDefault.name:
		return ""
	case meets(s, b.recall, b.noise):
		return fmt.Sprintf("ok: at least %.2f, at most %.2f", b.recall, b.noise)
	}
	return fmt.Sprintf("MISSED: at least %.2f, at most %.2f", b.recall, b.noise)
}

// meets compares as the table prints: in hundredths.
func meets(s tally, recall, noise float64) bool {
	return s.recall() >= recall-.005 && s.noise() < noise+.005
}

// missed is an error if the bar of a family is not reached.
func missed(s scores) error {
	var families []string
	for family, t := range s {
		if b, ok := bar[family]; ok && !meets(t, b.recall, b.noise) {
			families = append(families, family)
		}
	}
	if len(families) == 0 {
		return nil
	}
	slices.Sort(families)
	return fmt.Errorf("the bar is missed on %v", families)
}
