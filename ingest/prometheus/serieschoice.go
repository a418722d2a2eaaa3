package prometheus

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// mostEver is how many times the series that a chart may have are kept over its
// history, where instances come and go.
const mostEver = 5

// alive is how long before the end of a stretch a series may have had its last
// value to be there still.
const alive = 10 * time.Minute

// A chartState is how far a chart has been read.
type chartState struct {
	To    time.Time `json:"to"`
	Hash  string    `json:"hash"`  // of what is asked
	Begun time.Time `json:"begun"` // when it was last read from the beginning

	// Series are those that were chosen, by key, with the minute of Unix time in
	// which each was last seen.
	Series map[string]int64 `json:"series,omitempty"`

	Width   int       `json:"width,omitempty"`    // series that the last question was answered with
	Older   int       `json:"older,omitempty"`    // series that were left out and had ended when the chart was first read
	LeftOut int       `json:"left_out,omitempty"` // series that are left out
	Refused string    `json:"refused,omitempty"`  // why the server does not answer it
	Again   time.Time `json:"again,omitzero"`     // what was answered since may lack something
}

// choose chooses among the series of an answer. One that was chosen stays, so
// that each has all its history; one that has been gone for a day makes room
// for another.
func (l *looking) choose(all []answer, st *chartState, w stretchOf) {
	st.Width = len(all)
	l.pick(all, st, l.end.Sub(w.End) < day)
	left := 0
	for _, a := range all {
		if _, chosen := st.Series[a.key]; !chosen && w.End.Sub(lastOf(a)) <= alive {
			left++
		}
	}
	st.LeftOut = st.Older + left
}

// A candidate is a series that may be chosen.
type candidate struct {
	key  string
	seen int64
	mean float64 // of its absolute values
	live bool
}

// pick notes when the chosen series were last seen and, with more, chooses
// others while there are places: those that are there still first, then those
// that are largest. It returns how many that have ended it left out.
func (l *looking) pick(all []answer, st *chartState, more bool) (left int) {
	if st.Series == nil {
		st.Series = map[string]int64{}
	}
	recent, oldest := unixMinute(l.end.Add(-day)), unixMinute(l.end.Add(-l.History))
	var others []candidate
	places := l.MaxSeries
	for _, a := range all {
		c := candidate{key: a.key, seen: unixMinute(lastOf(a)), mean: meanOf(a)}
		if math.IsNaN(c.mean) {
			continue // it has no value at all
		}
		c.live = c.seen >= recent
		was, known := st.Series[a.key]
		if !known {
			others = append(others, c)
			continue
		}
		st.Series[c.key] = max(was, c.seen)
		if !c.live && was < recent {
			places-- // it takes the place that it has in this stretch
		}
	}
	for key, last := range st.Series {
		switch {
		case last < oldest:
			delete(st.Series, key)
		case last >= recent:
			places--
		}
	}
	slices.SortFunc(others, func(a, b candidate) int {
		return cmp.Or(before(a.live, b.live), cmp.Compare(b.mean, a.mean), cmp.Compare(a.key, b.key))
	})
	for _, c := range others {
		switch {
		case more && places > 0 && len(st.Series) < mostEver*l.MaxSeries:
			st.Series[c.key] = c.seen
			places--
		case !c.live:
			left++
		}
	}
	return left
}

// before orders what is true before what is not.
func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func unixMinute(t time.Time) int64 { return t.Unix() / 60 }

// lastOf is when a series last had a value.
func lastOf(a answer) time.Time {
	for _, s := range slices.Backward(a.Samples) {
		if !math.IsNaN(s.Value) {
			return s.At
		}
	}
	return time.Time{}
}

// meanOf is the mean of the absolute values of a series, NaN if it has none.
func meanOf(a answer) float64 {
	sum, n := 0.0, 0
	for _, s := range a.Samples {
		if !math.IsNaN(s.Value) && !math.IsInf(s.Value, 0) {
			sum += math.Abs(s.Value)
			n++
		}
	}
	return sum / float64(n)
}
