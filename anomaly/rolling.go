package anomaly

import (
	"math"
	"math/bits"
)

// A ranking says of each of some values where it stands among all of them.
// Equal values have ranks of their own, in order of their indices.
type ranking struct {
	sorted []float64
	rank   []int32 // by index of the values; -1 for NaN
}

// A keyed value is a float64 as an integer that sorts as it does.
type keyed struct {
	key   uint64
	index int32
}

// digit is how many bits of a key one pass of the radix sort looks at.
const digit = 11

// rank sorts values, NaNs left out, in a time linear in their number.
func rank(values []float64) ranking {
	r := ranking{rank: make([]int32, len(values))}
	keys := make([]keyed, 0, len(values))
	for i, v := range values {
		r.rank[i] = -1
		if !math.IsNaN(v) {
			keys = append(keys, keyed{sortKey(v), int32(i)}) //nolint:gosec // No series has two billion values.
		}
	}
	keys = radixSort(keys)
	r.sorted = make([]float64, len(keys))
	for k, key := range keys {
		r.sorted[k] = values[key.index]
		r.rank[key.index] = int32(k) //nolint:gosec // As above.
	}
	return r
}

// sortKey turns the bits of v into an integer that is less for a lesser value:
// the bits of positive numbers sort already, those of negative ones backwards.
func sortKey(v float64) uint64 {
	b := math.Float64bits(v + 0) // -0 + 0 is 0.
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

func radixSort(keys []keyed) []keyed {
	other := make([]keyed, len(keys))
	var starts [1 << digit]int
	for shift := 0; shift < 64; shift += digit {
		clear(starts[:])
		for _, k := range keys {
			starts[k.key>>shift&(1<<digit-1)]++
		}
		if len(keys) > 0 && starts[keys[0].key>>shift&(1<<digit-1)] == len(keys) {
			continue // This digit is the same everywhere.
		}
		sum := 0
		for d, n := range starts {
			starts[d], sum = sum, sum+n
		}
		for _, k := range keys {
			d := k.key >> shift & (1<<digit - 1)
			other[starts[d]] = k
			starts[d]++
		}
		keys, other = other, keys
	}
	return keys
}

// A medianSet holds some of the values of a ranking and knows their median. To
// add or remove one takes about as long for thousands of values as for ten: the
// median is a cursor in a set of bits by rank, which moves by at most one
// value, and a summary of which words have bits lets it skip the rest.
type medianSet struct {
	ranking
	words   []uint64 // a bit for each rank in the set
	summary []uint64 // a bit for each word that is not empty
	top     []uint64 // a bit for each word of the summary that is not empty
	n       int      // how many values are in the set
	cursor  int      // the rank of the lower of the middle values
}

func newMedianSet(r ranking) *medianSet {
	count := func(n int) int { return (n + 63) / 64 }
	words := count(len(r.sorted))
	return &medianSet{
		ranking: r,
		words:   make([]uint64, words),
		summary: make([]uint64, count(words)),
		top:     make([]uint64, count(count(words))),
	}
}

// add puts the value at index i into the set, unless it is NaN. It must not be
// in the set.
func (s *medianSet) add(i int) {
	r := int(s.rank[i])
	if r < 0 {
		return
	}
	s.words[r>>6] |= 1 << (r & 63)
	s.summary[r>>12] |= 1 << (r >> 6 & 63)
	s.top[r>>18] |= 1 << (r >> 12 & 63)
	switch odd := s.n&1 == 1; {
	case s.n == 0:
		s.cursor = r
	case odd && r < s.cursor:
		s.cursor = s.previous(s.cursor)
	case !odd && r > s.cursor:
		s.cursor = s.next(s.cursor)
	}
	s.n++
}

// remove takes the value at index i out of the set, unless it is NaN. It must
// be in the set.
func (s *medianSet) remove(i int) {
	r := int(s.rank[i])
	if r < 0 {
		return
	}
	switch odd := s.n&1 == 1; {
	case s.n == 1:
	case odd && r >= s.cursor:
		s.cursor = s.previous(s.cursor)
	case !odd && r <= s.cursor:
		s.cursor = s.next(s.cursor)
	}
	s.n--
	if s.words[r>>6] &^= 1 << (r & 63); s.words[r>>6] != 0 {
		return
	}
	if s.summary[r>>12] &^= 1 << (r >> 6 & 63); s.summary[r>>12] == 0 {
		s.top[r>>18] &^= 1 << (r >> 12 & 63)
	}
}

// next is the least rank in the set that is greater than r; there must be one.
func (s *medianSet) next(r int) int {
	if w := s.words[r>>6] >> (r & 63) >> 1; w != 0 {
		return r + 1 + bits.TrailingZeros64(w)
	}
	r >>= 6
	if w := s.summary[r>>6] >> (r & 63) >> 1; w != 0 {
		r += 1 + bits.TrailingZeros64(w)
		return r<<6 + bits.TrailingZeros64(s.words[r])
	}
	r >>= 6
	w := s.top[r>>6] >> (r & 63) >> 1 << 1 << (r & 63)
	i := r >> 6
	for ; w == 0; w = s.top[i] {
		i++
	}
	r = i<<6 + bits.TrailingZeros64(w)
	r = r<<6 + bits.TrailingZeros64(s.summary[r])
	return r<<6 + bits.TrailingZeros64(s.words[r])
}

// previous is the greatest rank in the set that is less than r; there must be
// one.
func (s *medianSet) previous(r int) int {
	if w := s.words[r>>6] & (1<<(r&63) - 1); w != 0 {
		return r&^63 + bits.Len64(w) - 1
	}
	r >>= 6
	if w := s.summary[r>>6] & (1<<(r&63) - 1); w != 0 {
		r = r&^63 + bits.Len64(w) - 1
		return r<<6 + bits.Len64(s.words[r]) - 1
	}
	r >>= 6
	w := s.top[r>>6] & (1<<(r&63) - 1)
	i := r >> 6
	for ; w == 0; w = s.top[i] {
		i--
	}
	r = i<<6 + bits.Len64(w) - 1
	r = r<<6 + bits.Len64(s.summary[r]) - 1
	return r<<6 + bits.Len64(s.words[r]) - 1
}

// median is NaN if the set is empty.
func (s *medianSet) median() float64 {
	switch {
	case s.n == 0:
		return math.NaN()
	case s.n&1 == 1:
		return s.sorted[s.cursor]
	}
	return s.sorted[s.cursor]/2 + s.sorted[s.next(s.cursor)]/2
}

// rollingMedian returns for each index the median of the values at most half
// away from it, NaNs left out. At the ends there are fewer.
func rollingMedian(values []float64, half int) []float64 {
	s := newMedianSet(rank(values))
	medians := make([]float64, len(values))
	for i := range min(half, len(values)) {
		s.add(i)
	}
	for i := range values {
		if i+half < len(values) {
			s.add(i + half)
		}
		if i-half > 0 {
			s.remove(i - half - 1)
		}
		medians[i] = s.median()
	}
	return medians
}

// lowest moves the k least values to the front of values.
func lowest(values []float64, k int) {
	for lo, hi := 0, len(values)-1; lo < hi; {
		pivot := middle(values[lo], values[lo+(hi-lo)/2], values[hi])
		i, j := lo, hi
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return
		}
	}
}

func middle(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }

// median returns the median of the values that are not NaN, NaN if there are
// none. It leaves values as they are.
func median(values []float64) float64 {
	known := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			known = append(known, v)
		}
	}
	return medianInPlace(known)
}

// medianInPlace is median for values without NaNs whose order does not matter.
func medianInPlace(known []float64) float64 {
	if len(known) == 0 {
		return math.NaN()
	}
	k := len(known) / 2
	lowest(known, k)
	if len(known)&1 == 1 {
		return known[k]
	}
	below := known[0]
	for _, v := range known[1:k] {
		below = max(below, v)
	}
	return below/2 + known[k]/2
}
