// Command bench measures what design.md promises of the program's speed and
// memory, and prints one table. It exits with 1 if a bound is missed.
//
// The bounds are ratios of two things measured alternately in one run, since
// times alone say more about the machine than about the program: saving
// against a bare loop that inserts the same rows, a long history against a
// short one. What is printed is the median of the rounds. It is no test: a busy
// machine must not fail anybody's change.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

var errMissed = errors.New("a bound is missed")

// sizes say how much is measured.
type sizes struct {
	rounds   int // alternations of ingest
	reviews  int // alternations of reviews
	short    int // pages of the short history
	long     int // pages of the long history
	imported int // pages that the program imports
	stored   int // pages of the database that is queried
	queries  int // of each of the clients

	connections int // idle ones
	slos        int // whose budgets are computed

	findings int // that are planned over
	filed    int // tickets whose status is brought back

	series int // in which weird windows are looked for
}

var (
	fullSizes  = sizes{rounds: 15, reviews: 31, short: 10_000, long: 1_000_000, imported: 1_000_000, stored: 100_000, queries: 90, connections: 10_000, slos: 200, findings: 10_000, filed: 5000, series: 1000}
	quickSizes = sizes{rounds: 5, reviews: 11, short: 10_000, long: 100_000, imported: 100_000, stored: 20_000, queries: 30, connections: 1000, slos: 20, findings: 2000, filed: 500, series: 50}
)

// A bench is one run.
type bench struct {
	sizes
	dir     string // for databases; it is removed at the end
	program string // the opsreview binary
	log     io.Writer
}

// A part measures one promise.
type part struct {
	name    string
	measure func(*bench, context.Context) ([]result, error)
}

// parts come in the order in which they run. Memory is first, while this
// process is small: see peakMemory.
var parts = []part{
	{"memory", (*bench).memory},
	{"ingest", (*bench).ingest},
	{"review", (*bench).review},
	{"queries", (*bench).queriesWhileSyncing},
	{"server", (*bench).company},
	{"budget", (*bench).budget},
	{"tickets", (*bench).tickets},
	{"policy", (*bench).policy},
	{"confusion", (*bench).confusion},
	{"anomaly", (*bench).anomalies},
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	quick := flags.Bool("quick", false, "measure less, to try the benchmarks themselves")
	only := flags.String("only", strings.Join(names, ","), "measure these `parts`")
	program := flags.String("program", "bin/opsreview", "the `binary` whose memory is measured")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted := strings.Split(*only, ",")
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is no part %q: choose of %s", name, strings.Join(names, ", "))
		}
	}
	dir, err := os.MkdirTemp("", "opsreview-bench-")
	if err != nil {
		return err
	}
	b := &bench{sizes: fullSizes, dir: dir, program: *program, log: stderr}
	if *quick {
		b.sizes = quickSizes
	}
	results, err := b.all(ctx, wanted)
	err = errors.Join(err, writeTable(stdout, results), os.RemoveAll(dir))
	if err == nil && slices.ContainsFunc(results, result.missed) {
		return errMissed
	}
	return err
}

// all measures the wanted parts, and returns what it has if one fails.
func (b *bench) all(ctx context.Context, wanted []string) ([]result, error) {
	var all []result
	for _, p := range parts {
		if !slices.Contains(wanted, p.name) {
			continue
		}
		results, err := p.measure(b, ctx)
		if err != nil {
			return all, fmt.Errorf("%s: %w", p.name, err)
		}
		all = append(all, results...)
	}
	return all, nil
}

// say tells the person who waits what is being done.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.log, "bench: "+format+"\n", args...)
}
