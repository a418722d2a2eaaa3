package meeting

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"opsreview"
)

// Choose picks a presenter and a facilitator among those who are not away: two
// people where there are two. Who has not presented for long, or never, is more
// likely: a weight is the number of candidates who presented since, plus one,
// halved for each time in the last twelve reviews; who was last has none, unless
// there is nobody else. The seed is hashed with SHA-256, so that the same
// candidates and the same seed pick the same people on every machine. It returns
// an Invalid error if there is nobody.
func Choose(candidates []Candidate, seed string) (Pick, error) {
	var here []Candidate
	var last time.Time // when the last one presented, who may be away
	for _, c := range candidates {
		if c.Last.After(last) {
			last = c.Last
		}
		if !c.Away {
			here = append(here, c)
		}
	}
	if len(here) == 0 {
		return Pick{}, opsreview.Errorf(opsreview.Invalid, "there is nobody to pick: name the team's members in the configuration")
	}
	slices.SortStableFunc(here, func(a, b Candidate) int { return cmp.Compare(a.Person, b.Person) })
	here = slices.CompactFunc(here, func(a, b Candidate) bool { return a.Person == b.Person })
	pick := Pick{Seed: seed}
	weights, odds := weigh(here, last)
	first := draw(odds, seed+"/presenter")
	pick.Presenter, pick.Facilitator = here[first].Person, here[first].Person
	if len(here) > 1 {
		rest := slices.Delete(slices.Clone(here), first, first+1)
		_, odds := weigh(rest, last)
		pick.Facilitator = rest[draw(odds, seed+"/facilitator")].Person
	}
	slices.SortStableFunc(weights, func(a, b Weight) int { return cmp.Compare(b.Weight, a.Weight) })
	pick.Weights = weights
	return pick, nil
}

// halvings is how often presenting halves a weight at most.
const halvings = 12

// weigh says how likely each candidate is, in their order, for people and in
// whole numbers. Last is when anybody presented last.
func weigh(all []Candidate, last time.Time) (weights []Weight, odds []uint64) {
	var total uint64
	for _, c := range all {
		since := 0
		for _, o := range all {
			if o.Last.After(c.Last) {
				since++
			}
		}
		times := min(max(c.Times, 0), halvings)
		w, odd := Weight{Person: c.Person, Weight: float64(since+1) / float64(int(1)<<times), Why: why(c, since)}, uint64(since+1)<<(halvings-times)
		if len(all) > 1 && !last.IsZero() && c.Last.Equal(last) {
			w.Weight, w.Why, odd = 0, "was the last one", 0
		}
		total += odd
		weights, odds = append(weights, w), append(odds, odd)
	}
	for i := range weights {
		if total == 0 { // everybody was last, at the same time
			weights[i].Weight, weights[i].Why, odds[i] = 1, "everybody was the last one", 1
		}
	}
	return weights, odds
}

func why(c Candidate, since int) string {
	switch {
	case c.Last.IsZero():
		return "has never presented"
	case since == 1:
		return fmt.Sprintf("1 other has presented since %s", c.Last.Format(time.DateOnly))
	}
	return fmt.Sprintf("%d others have presented since %s", since, c.Last.Format(time.DateOnly))
}

// draw picks an index with the weights' odds, by the hash of the seed. It
// reckons in whole numbers, which are the same on every machine.
func draw(odds []uint64, seed string) int {
	sum := sha256.Sum256([]byte(seed))
	var total uint64
	for _, o := range odds {
		total += o
	}
	at, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:8]), total) // the hash as a part of 1, times the total
	for i, o := range odds {
		if at < o {
			return i
		}
		at -= o
	}
	return len(odds) - 1
}
