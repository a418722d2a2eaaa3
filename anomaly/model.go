package anomaly

import (
	"fmt"
	"math"
	"time"
)

const (
	// levelSpan is what the level is the median of: three days and an hour, so
	// that no time of day dominates.
	levelSpan = 73 * time.Hour

	// fastSpan is what divides spikes and dips from what lasts for hours, and
	// slowSpan that from what lasts for about half a day.
	fastSpan = 2 * time.Hour
	slowSpan = 12 * time.Hour

	// leastScale is the least that a series is taken to stray, as a share of its
	// range.
	leastScale = 0.007

	// shortest is the least history that says what is usual, and fewest the least
	// number of values.
	shortest = 2 * day
	fewest   = 48
)

// A model is what is usual of one series: value = level + profile + residual,
// and residual = fast + slow. All slices are as long as the series, and NaN
// where nothing is known.
type model struct {
	Series
	calendar

	value   []float64     // what was measured; of a counter per second
	known   int           // how many of them are not NaN
	first   int           // the first of them, by index
	last    int           // the last of them
	long    time.Duration // from first to last
	least   float64       // the least value
	most    float64       // the greatest value
	rhythm  rhythm        // which days are alike
	level   []float64     // the median of about three days
	profile []float64     // what is usual at this time of such a day, over the level

	fast, slow           []float64 // the residual in minutes, and in hours
	fastScale, slowScale float64   // how much they usually stray; 0 if they never do
	scores               []float64 // how far from usual each value is; 0 where nothing is known
}

// newModel finds what is usual of s. Its second result says in words why it
// cannot, and is "" otherwise.
func newModel(s Series) (*model, string) {
	m := &model{Series: s, first: -1}
	if s.Step <= 0 {
		return m, "the series has no step"
	}
	m.measure()
	switch {
	case m.known == 0:
		return m, "the series has no values"
	case m.long < shortest:
		return m, fmt.Sprintf("the history is too short: %s, at least 2 days are needed", m.long.Round(time.Minute))
	case m.known < fewest:
		return m, fmt.Sprintf("the history has too few values: %d, at least %d are needed", m.known, fewest)
	}
	m.calendar = newCalendar(s)
	m.level = m.levels()
	over := minus(m.value, m.level)
	m.rhythm, m.profile = m.best(over, m.long, s.Step)
	residual := minus(over, m.profile)
	shiftBy(residual, m.profile, median(residual))
	m.slow = rollingMedian(residual, m.half(fastSpan))
	m.fast = minus(residual, m.slow)
	m.fastScale, m.slowScale = m.scale(m.fast), m.scale(m.slow)
	m.scores = m.score(rollingMedian(m.slow, m.half(slowSpan)))
	return m, ""
}

// score says how far from usual each value is, in multiples of how much the
// series usually strays in minutes, in hours and in half days. One scale for all
// of them would hide what lasts behind what flickers. What lasts weighs more: the
// same strangeness is less of a coincidence.
func (m *model) score(lasting []float64) []float64 {
	lastingScale := m.scale(lasting)
	scores := make([]float64, len(m.value))
	for i, v := range m.value {
		if !math.IsNaN(v) {
			scores[i] = max(times(m.fast[i], m.fastScale),
				slowWeight*times(m.slow[i], m.slowScale), lastingWeight*times(lasting[i], lastingScale))
		}
	}
	return scores
}

// measure fills in what is known without any model.
func (m *model) measure() {
	m.value = m.measured()
	m.least, m.most = math.Inf(1), math.Inf(-1)
	for i, v := range m.value {
		if math.IsNaN(v) {
			continue
		}
		if m.first < 0 {
			m.first = i
		}
		m.last = i
		m.known++
		m.least, m.most = min(m.least, v), max(m.most, v)
	}
	if m.known > 0 {
		m.long = time.Duration(m.last-m.first+1) * m.Step
	}
}

// half is how many steps before and after a point a span around it takes in.
func (m *model) half(span time.Duration) int { return int(span / 2 / m.Step) }

func minus(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}

// levels is the median of the three days around each value. The first and the
// last of the series share those of their own three days, since half of them
// would be more of some times of day than of others.
func (m *model) levels() []float64 {
	half := m.half(levelSpan)
	levels := rollingMedian(m.value, half)
	lo, hi := m.first+half, m.last-half
	if lo > hi {
		lo = m.first + (m.last-m.first)/2
		hi = lo
	}
	for i := range levels[:lo] {
		levels[i] = levels[lo]
	}
	for i := hi + 1; i < len(levels); i++ {
		levels[i] = levels[hi]
	}
	return levels
}

// shiftBy moves by from the residual to the profile.
func shiftBy(residual, profile []float64, by float64) {
	for i := range residual {
		residual[i] -= by
		profile[i] += by
	}
}

// scale is how much a part of the residual usually strays: its standard
// deviation. That is on purpose: the median absolute deviation, which outliers
// cannot raise, collapses on quiet series and calls everything weird.
func (m *model) scale(part []float64) float64 {
	sum, n := 0.0, 0
	for i, v := range part {
		if !math.IsNaN(m.value[i]) {
			sum += v * v
			n++
		}
	}
	return max(math.Sqrt(sum/float64(n)), leastScale*(m.most-m.least))
}

// usual is what is usual at index i.
func (m *model) usual(i int) float64 { return m.level[i] + m.profile[i] }

// stray is how far from usual is still usual.
func (m *model) stray() float64 { return math.Hypot(m.fastScale, m.slowScale) }

// times is how many times scale fits into v, whatever its sign.
func times(v, scale float64) float64 {
	if scale == 0 {
		return 0
	}
	return math.Abs(v) / scale
}

// Usual returns what is usual at each time of s, as [Detect] sees it. Nothing
// is if Detect skips s.
func Usual(s Series) Band {
	m, skipped := newModel(s)
	b := Band{Value: m.value, Low: make([]float64, len(s.Values)), High: make([]float64, len(s.Values))}
	if b.Value == nil {
		b.Value = s.measured()
	}
	for i := range s.Values {
		b.Low[i], b.High[i] = math.NaN(), math.NaN()
		if skipped == "" {
			b.Low[i], b.High[i] = m.usual(i)-m.stray(), m.usual(i)+m.stray()
		}
	}
	return b
}
