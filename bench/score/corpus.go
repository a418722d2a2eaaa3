package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview/anomaly"
)

// A labelled series is one file of the corpus.
type labelled struct {
	name   string // of the file, without its endings
	family string // what the name begins with
	series anomaly.Series
	events []span // labelled anomalies under review
	review span
}

// maxPoints bounds the grid of a file whose times are nonsense.
const maxPoints = 5_000_000

// readCorpus reads every series of dir, in order of their names.
func readCorpus(dir string) ([]labelled, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.csv.gz"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("there are no *.csv.gz in %s", dir)
	}
	slices.Sort(paths)
	var all []labelled
	for _, path := range paths {
		l, err := readFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		all = append(all, l)
	}
	return all, nil
}

func readFile(path string) (labelled, error) {
	f, err := os.Open(path) //nolint:gosec // The corpus is named by who runs the program.
	if err != nil {
		return labelled{}, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return labelled{}, err
	}
	l, err := readSeries(z)
	l.name, _, _ = strings.Cut(filepath.Base(path), ".csv")
	l.family, _, _ = strings.Cut(l.name, "-")
	return l, err
}

// A point is one line.
type point struct {
	time     int64
	value    float64
	labelled bool
}

// readSeries reads "# step=SECONDS review=UNIX", a header, and lines of time,
// value and label. What is missing at the end of a line is unknown, and not
// labelled.
func readSeries(r io.Reader) (labelled, error) {
	lines := bufio.NewScanner(r)
	var step, review int64
	var points []point
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if settings, ok := strings.CutPrefix(line, "#"); ok {
			readSettings(settings, &step, &review)
			continue
		}
		if p, ok := readPoint(line); ok {
			points = append(points, p)
		}
	}
	if err := lines.Err(); err != nil {
		return labelled{}, err
	}
	return grid(points, step, review)
}

func readSettings(text string, step, review *int64) {
	for _, field := range strings.Fields(text) {
		name, value, _ := strings.Cut(field, "=")
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil:
		case name == "step":
			*step = int64(n)
		case name == "review":
			*review = int64(n)
		}
	}
}

// readPoint reads one line; false if it is no point, such as the header.
func readPoint(line string) (point, bool) {
	fields := append(strings.Split(line, ","), "", "")
	t, err := strconv.ParseFloat(strings.TrimSpace(fields[0]), 64)
	if err != nil {
		return point{}, false
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(fields[1]), 64)
	if err != nil {
		v = math.NaN()
	}
	label, err := strconv.ParseFloat(strings.TrimSpace(fields[2]), 64)
	return point{int64(t), v, err == nil && label > 0}, true
}

// grid puts points on the regular grid that they are of.
func grid(points []point, step, review int64) (labelled, error) {
	if step <= 0 {
		return labelled{}, errors.New("the file does not say its step")
	}
	if len(points) == 0 {
		return labelled{}, errors.New("the file has no points")
	}
	slices.SortStableFunc(points, func(a, b point) int { return int(a.time - b.time) })
	start, last := points[0].time, points[len(points)-1].time
	n := (last-start)/step + 1
	if n > maxPoints {
		return labelled{}, fmt.Errorf("the file has %d steps, at most %d are read", n, maxPoints)
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = math.NaN()
	}
	var labels []span
	for _, p := range points {
		i := (p.time - start) / step
		values[i] = p.value
		if p.labelled {
			labels = append(labels, span{start + i*step, start + (i+1)*step})
		}
	}
	l := labelled{
		series: anomaly.Series{Start: time.Unix(start, 0).UTC(), Step: time.Duration(step) * time.Second, Values: values},
		review: span{max(review, start), start + n*step},
	}
	l.events = cut(events(labels), l.review)
	return l, nil
}
