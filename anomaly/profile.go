package anomaly

import (
	"math"
	"time"
)

// A rhythm is a hypothesis about which days are alike.
type rhythm int

const (
	daily  rhythm = iota // every day is like the others
	weekly               // working days are alike, and so are Saturdays and Sundays
	byDay                // each day of the week is like itself only
)

// rhythms come from the simplest on. Each must show itself in the residuals to
// be taken instead of a simpler one, and needs some weeks to be seen at all.
var rhythms = []struct {
	rhythm rhythm
	needs  time.Duration
}{
	{daily, 0},
	{weekly, 2 * week},
	{byDay, 3 * week},
}

const (
	day  = 24 * time.Hour
	week = 7 * day

	// around is how far from a time of day values still tell what is usual for
	// it.
	around = 15 * time.Minute

	// simpler is how much of the residual a less simple rhythm may leave, over
	// the share of values that fit it best.
	simpler, fitting = 0.95, 0.95
)

// A calendar says of each point of a grid when it is on the local clock.
type calendar struct {
	slots   int     // of a day
	slot    []int32 // of the day, by index of the points
	weekday []uint8 // 0 is Sunday
}

// newCalendar cuts local days into slots of one step. A day on which clocks are
// set back has an hour of slots twice, one on which they are set forward lacks
// an hour.
func newCalendar(s Series) calendar {
	slots := int(max(day/max(s.Step, time.Second), 1))
	c := calendar{slots: slots, slot: make([]int32, len(s.Values)), weekday: make([]uint8, len(s.Values))}
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	const seconds = int64(day / time.Second)
	offset, until := int64(0), int64(math.MinInt64)
	for i := range s.Values {
		t := s.At(i)
		unix := t.Unix()
		if unix >= until {
			offset, until = offsetAt(t.In(zone))
		}
		local := unix + offset
		days := local / seconds
		if local < days*seconds {
			days-- // Before 1970 the division would round up.
		}
		c.slot[i] = int32((local - days*seconds) * int64(slots) / seconds) //nolint:gosec // It is less than slots.
		c.weekday[i] = uint8(((days+4)%7 + 7) % 7)                         //nolint:gosec // 1970-01-01 was a Thursday.
	}
	return c
}

// offsetAt returns how many seconds the clock at t is ahead of UTC, and the
// time in Unix seconds until which that is so.
func offsetAt(t time.Time) (offset, until int64) {
	_, seconds := t.Zone()
	until = math.MaxInt64
	if _, end := t.ZoneBounds(); !end.IsZero() {
		until = end.Unix()
	}
	return int64(seconds), until
}

// classes is how many kinds of days r knows.
func (r rhythm) classes() int { return [...]int{1, 2, 7}[r] }

// class is the kind of a weekday.
func (r rhythm) class(weekday uint8) int {
	switch {
	case r == byDay:
		return int(weekday)
	case r == weekly && (weekday == 0 || weekday == 6):
		return 1
	}
	return 0
}

// profile returns for each point the median of the values at about its time of
// day on days like its own. values must be ranked.
func (c calendar) profile(s *medianSet, r rhythm, step time.Duration) []float64 {
	order, starts := c.byTime(r)
	keys := len(starts) - 1
	usual := make([]float64, keys)
	ring, half := c.ring(r), c.half(r, step)
	for first := 0; first < keys; first += ring {
		bucket := func(k int) []int32 {
			k = first + ((k%ring)+ring)%ring
			return order[starts[k]:starts[k+1]]
		}
		for k := -half; k < half; k++ {
			s.addAll(bucket(k))
		}
		for k := range ring {
			s.addAll(bucket(k + half))
			usual[first+k] = s.median()
			s.removeAll(bucket(k - half))
		}
		for k := -half; k < half; k++ {
			s.removeAll(bucket(ring + k))
		}
	}
	profile := make([]float64, len(c.slot))
	for i := range profile {
		profile[i] = usual[c.key(r, i)]
	}
	return profile
}

// ring is how many slots follow one another and then begin again: those of a
// day, whose midnight has days of its own kind for neighbours, or of a week if
// every day is a kind of its own.
func (c calendar) ring(r rhythm) int {
	if r == byDay {
		return r.classes() * c.slots
	}
	return c.slots
}

// half is how many slots on both sides tell what is usual for one.
func (c calendar) half(r rhythm, step time.Duration) int {
	return min(int(around/step), (c.ring(r)-1)/2)
}

func (s *medianSet) addAll(indices []int32) {
	for _, i := range indices {
		s.add(int(i))
	}
}

func (s *medianSet) removeAll(indices []int32) {
	for _, i := range indices {
		s.remove(int(i))
	}
}

// key is the place of point i among the slots of all kinds of days.
func (c calendar) key(r rhythm, i int) int {
	return r.class(c.weekday[i])*c.slots + int(c.slot[i])
}

// byTime returns the indices of the points in order of their keys, and where
// each key's begin.
func (c calendar) byTime(r rhythm) (order, starts []int32) {
	keys := r.classes() * c.slots
	starts = make([]int32, keys+2)
	for i := range c.slot {
		starts[c.key(r, i)+2]++
	}
	for k := 2; k < len(starts); k++ {
		starts[k] += starts[k-1]
	}
	order = make([]int32, len(c.slot))
	for i := range c.slot {
		k := c.key(r, i) + 1
		order[starts[k]] = int32(i) //nolint:gosec // No series has two billion values.
		starts[k]++
	}
	return order, starts[:keys+1]
}

// best returns the simplest rhythm of values that explains them nearly as well
// as any, and its profile. long is how long values are known.
func (c calendar) best(values []float64, long, step time.Duration) (rhythm, []float64) {
	s := newMedianSet(rank(values))
	each := func(r rhythm) float64 { // How many values a median is of.
		return float64(len(s.sorted)) / float64(r.classes()*c.slots) * float64(2*c.half(r, step)+1)
	}
	chosen, profile := daily, c.profile(s, daily, step)
	left := residue(values, profile, each(daily))
	for _, h := range rhythms[1:] {
		if long < h.needs {
			break
		}
		p := c.profile(s, h.rhythm, step)
		if l := residue(values, p, each(h.rhythm)); l < simpler*left {
			chosen, profile, left = h.rhythm, p, l
		}
	}
	return chosen, profile
}

// residue is the mean distance between values and profile where they fit best.
// A median of few values fits them because it is made of them, not because they
// are alike: each says how many, on average.
func residue(values, profile []float64, each float64) float64 {
	far := make([]float64, 0, len(values))
	for i, v := range values {
		if !math.IsNaN(v) {
			far = append(far, math.Abs(v-profile[i]))
		}
	}
	k := int(math.Ceil(fitting * float64(len(far))))
	if k == 0 {
		return 0
	}
	if k < len(far) {
		lowest(far, k)
	}
	sum := 0.0
	for _, f := range far[:k] {
		sum += f
	}
	return sum / float64(k) * math.Sqrt(each/max(each-1, 0))
}
