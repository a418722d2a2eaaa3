package alertmanager

import (
	"context"
	"maps"
	"slices"
	"time"

	"opsreview/internal/prom"
)

// gap is the longest pause in the samples of an alert that goes on: while
// Prometheus is down for less, Alertmanager goes on too.
const gap = 5 * time.Minute

// A run is an alert that fires without a pause. Times are Unix milliseconds.
type run struct {
	fingerprint string
	labels      map[string]string
	start       int64 // 0 if it began before anything is known
	carried     bool  // an earlier piece began it
	samples     []int64
	end         int64 // 0 while it fires
}

func (r *run) last() int64 { return r.samples[len(r.samples)-1] }

// A track is the samples of one set of labels.
type track struct {
	labels  map[string]string
	samples []int64
}

// tracksOf joins series that are the same alert, such as those of replicas,
// and names them by the fingerprint that Alertmanager gives them.
func (s *Source) tracksOf(all []prom.Series) map[string]*track {
	tracks := map[string]*track{}
	for _, series := range all {
		set := maps.Clone(series.Labels)
		delete(set, "__name__")
		delete(set, "alertstate")
		for name, value := range s.cfg.ExternalLabels {
			if set[name] == "" {
				set[name] = value
			}
		}
		if !s.mapping.pages(set) {
			continue
		}
		fp := fingerprintOf(set)
		t := tracks[fp]
		if t == nil {
			t = &track{labels: set}
			tracks[fp] = t
		}
		for _, v := range series.Samples {
			if v.Value > 0 { // old servers wrote 0 where an alert ended
				t.samples = append(t.samples, v.At.UnixMilli())
			}
		}
	}
	for fp, t := range tracks {
		slices.Sort(t.samples)
		if t.samples = slices.Compact(t.samples); len(t.samples) == 0 {
			delete(tracks, fp)
		}
	}
	return tracks
}

// pace is how often the alert's rule is evaluated: the shortest time between two
// samples, 0 with fewer than three, which tell nothing.
func pace(samples []int64) int64 {
	if len(samples) < 3 {
		return 0
	}
	shortest := samples[1] - samples[0]
	for i := 2; i < len(samples); i++ {
		shortest = min(shortest, samples[i]-samples[i-1])
	}
	return shortest
}

// usualPace is how often rules are evaluated where the samples do not tell.
const usualPace = int64(time.Minute / time.Millisecond)

// A reading is one stretch of samples: those after left and up to right, and
// what fired at left.
type reading struct {
	left, right int64
	tracks      map[string]*track
	firing      map[string]carried
	first       bool // nothing was read before

	// ended reports whether an alert of the fingerprint had ended between two of
	// its samples, the later of which is given.
	ended func(ctx context.Context, fingerprint string, at int64) (bool, error)
}

// runs cuts the samples of each alert where it ended and fired anew.
func (r *reading) runs(ctx context.Context) ([]run, error) {
	standard := int64(0)
	for _, t := range r.tracks {
		if p := pace(t.samples); p > 0 && (standard == 0 || p < standard) {
			standard = p
		}
	}
	if standard == 0 {
		standard = usualPace
	}
	var all []run
	for _, fp := range slices.Sorted(maps.Keys(r.tracks)) {
		own, err := r.cut(ctx, fp, r.tracks[fp])
		if err != nil {
			return nil, err
		}
		r.finish(own, pace(r.tracks[fp].samples), standard)
		all = append(all, own...)
	}
	return all, nil
}

// cut cuts one alert's samples into runs.
func (r *reading) cut(ctx context.Context, fp string, t *track) ([]run, error) {
	step := pace(t.samples)
	before, known := r.firing[fp]
	current := run{fingerprint: fp, labels: t.labels, start: t.samples[0]}
	if known {
		over, err := r.apart(ctx, fp, before.Last, t.samples[0], step)
		if err != nil {
			return nil, err
		}
		if !over {
			current.start, current.carried = before.Start, true
		}
	} else if r.first && t.samples[0]-r.left <= gap.Milliseconds() {
		current.start, current.carried = 0, true // nobody knows since when
	}
	var all []run
	for i, at := range t.samples {
		if i > 0 {
			over, err := r.apart(ctx, fp, t.samples[i-1], at, step)
			if err != nil {
				return nil, err
			}
			if over {
				all = append(all, current)
				current = run{fingerprint: fp, labels: t.labels, start: at}
			}
		}
		current.samples = append(current.samples, at)
	}
	return append(all, current), nil
}

// apart reports whether the alert ended between two adjacent samples. A pause
// that is longer than usual may be one of Prometheus's own.
func (r *reading) apart(ctx context.Context, fp string, from, to, step int64) (bool, error) {
	pause := to - from
	switch {
	case pause > gap.Milliseconds():
		return true, nil
	case 2*pause <= 3*step:
		return false, nil
	}
	return r.ended(ctx, fp, to)
}

// finish ends the runs of one alert that are over, by the evaluation after
// their last sample.
func (r *reading) finish(own []run, step, standard int64) {
	if step == 0 {
		step = standard
	}
	for i := range own {
		switch last := own[i].last(); {
		case i+1 < len(own):
			own[i].end = min(last+step, own[i+1].start)
		case r.right-last > gap.Milliseconds():
			own[i].end = last + step
		}
	}
}

// carry returns what fires where the next reading begins.
func (r *reading) carry(runs []run, left int64) map[string]carried {
	next := map[string]carried{}
	oldest := left - gap.Milliseconds()
	for fp, c := range r.firing {
		if c.Last > oldest {
			next[fp] = c
		}
	}
	for _, own := range runs {
		i, _ := slices.BinarySearch(own.samples, left+1)
		if i > 0 && own.samples[i-1] > oldest {
			next[own.fingerprint] = carried{Start: own.start, Last: own.samples[i-1]}
		}
	}
	return next
}
