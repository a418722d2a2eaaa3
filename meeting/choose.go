package meeting

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
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
	for _, c := range candidates {
		if !c.Away {
			here = append(here, c)
		}
	}
	if len(here) == 0 {
		return Pick{}, opsreview.Errorf(opsreview.Invalid, "there is nobody to pick: name the team's members in the configuration")
	}
	slices.SortFunc(here, func(a, b Candidate) int { return cmp.Compare(a.Person, b.Person) })
	pick := Pick{Seed: seed}
	weights := weigh(here)
	first := draw(weights, seed+"/presenter")
	pick.Presenter, pick.Facilitator = weights[first].Person, weights[first].Person
	if len(here) > 1 {
		rest := weigh(slices.Delete(slices.Clone(here), first, first+1))
		pick.Facilitator = rest[draw(rest, seed+"/facilitator")].Person
	}
	pick.Weights = slices.Clone(weights)
	slices.SortStableFunc(pick.Weights, func(a, b Weight) int { return cmp.Compare(b.Weight, a.Weight) })
	return pick, nil
}

// weigh says how likely each candidate is, in their order.
func weigh(all []Candidate) []Weight {
	var last time.Time
	for _, c := range all {
		if c.Last.After(last) {
			last = c.Last
		}
	}
	var weights []Weight
	total := 0.0
	for _, c := range all {
		since := 0
		for _, o := range all {
			if o.Last.After(c.Last) {
				since++
			}
		}
		w := Weight{Person: c.Person, Weight: float64(since+1) / float64(int(1)<<min(c.Times, 12)), Why: why(c, since)}
		if len(all) > 1 && !last.IsZero() && c.Last.Equal(last) {
			w.Weight, w.Why = 0, "was the last one"
		}
		total += w.Weight
		weights = append(weights, w)
	}
	if total > 0 {
		return weights
	}
	for i := range weights { // Everybody was last, at the same time.
		weights[i].Weight, weights[i].Why = 1, "everybody was the last one"
	}
	return weights
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

// draw picks an index with the weights' odds, by the hash of the seed.
func draw(weights []Weight, seed string) int {
	sum := sha256.Sum256([]byte(seed))
	total := 0.0
	for _, w := range weights {
		total += w.Weight
	}
	at := float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53) * total
	for i, w := range weights {
		if at < w.Weight {
			return i
		}
		at -= w.Weight
	}
	return len(weights) - 1
}
