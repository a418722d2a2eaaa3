package anomaly

import (
	"math"
	"slices"
	"time"
)

// A silence is a stretch in which nothing happened: no change of the value, or
// no value at all. It lasts from the index of one happening to that of the next
// one, or to the end of what is known.
type silence struct{ begin, end int }

func (q silence) length() int { return q.end - q.begin }

// What counts as a long silence. Usual is a high quantile of their lengths; and
// what the series spends much of its time in is usual too, however rare it is
// by number, such as a night without traffic.
const (
	silenceTimes   = 20.0 // multiples of the usual silence
	silenceOthers  = 4.0  // multiples of those that the series spends its time in
	silenceByCount = 0.99 // the share of silences that is usual
	silenceByTime  = 0.98 // the share of time that is usual
	silenceLeast   = time.Hour
	happenings     = 100 // fewer of them do not show what is usual
	cameBack       = 2.0 // how much longer a gap must be that has ended
	cameBackLeast  = 6 * time.Hour
	usuallyThere   = 0.8 // the share of hours before a gap that must have values
)

// silences are all silences of one kind in a series. Nearly all of them last
// for one step, so that those are only counted.
type silences struct {
	short  int       // those of one step
	longer []silence // the others, in order of time

	typical float64 // the median length, in steps
	long    float64 // the length from which one is long
}

func (s *silences) add(begin, end int) {
	if end-begin <= 1 {
		s.short++
		return
	}
	s.longer = append(s.longer, silence{begin, end})
}

func (s *silences) count() int { return s.short + len(s.longer) }

// measure finds out what is usual of at least one silence.
func (s *silences) measure(step time.Duration) {
	lengths, total := make([]int, len(s.longer)), float64(s.short)
	for i, q := range s.longer {
		lengths[i] = q.length()
		total += float64(lengths[i])
	}
	slices.Sort(lengths)
	share := func(q float64) float64 {
		k := int(q*float64(s.count()-1)) - s.short
		if k < 0 {
			return 1
		}
		return float64(lengths[k])
	}
	spent, byTime := float64(s.short), 1.0
	for _, n := range lengths {
		if spent += float64(n); spent > silenceByTime*total {
			break
		}
		byTime = float64(n)
	}
	s.typical = share(0.5)
	s.long = max(silenceTimes*share(silenceByCount), silenceOthers*byTime, float64(silenceLeast)/float64(step))
}

// score grows with the logarithm of the length: a night of silence is no
// hundred times worse than the first hour of it.
func (s *silences) score(q silence) float64 {
	return DefaultThreshold * (1 + math.Log2(float64(q.length())/s.long))
}

// changes returns the silences between changes of the value, and how many
// changes there are. A gap in the data says nothing of changes, so that no
// silence spans one.
func (l *look) changes() (s silences, n int) {
	last, since := -1, -1
	gap := max(int(30*time.Minute/l.Step), 2)
	for i, v := range l.value {
		switch {
		case math.IsNaN(v):
			continue
		case last < 0:
			since = i
		case i-last > gap:
			s.add(since, last+1)
			since = i
		case v != l.value[last]:
			s.add(since, i)
			since, n = i, n+1
		}
		last = i
	}
	if last >= 0 {
		s.add(since, last+1)
	}
	return s, n
}

// gaps returns the silences between values.
func (l *look) gaps() silences {
	var s silences
	last := -1
	for i, v := range l.value {
		if math.IsNaN(v) {
			continue
		}
		if last >= 0 {
			s.add(last, i)
		}
		last = i
	}
	if last >= 0 && last < len(l.value)-1 {
		s.add(last, len(l.value))
	}
	return s
}

// flat finds where the value no longer changes, though it usually does.
func (l *look) flat() []Window {
	s, n := l.changes()
	if n < happenings {
		return nil
	}
	s.measure(l.Step)
	var windows []Window
	for _, q := range s.longer {
		if float64(q.length()) < s.long || q.end <= l.from || q.begin >= l.to {
			continue
		}
		w := l.silent(Flat, q.begin, q.end, s.score(q))
		w.Text = l.sayFlat(w, time.Duration(s.typical)*l.Step)
		windows = append(windows, w)
	}
	return windows
}

// vanished finds where there is no data, though there usually is. Whether the
// whole source had none, the values of one series do not say.
func (l *look) vanished() []Window {
	s := l.gaps()
	if s.count() < happenings {
		return nil
	}
	s.measure(l.Step)
	var windows []Window
	for _, q := range s.longer {
		if q.end <= l.from || q.begin+1 >= l.to {
			continue
		}
		long := s.long
		if q.end < len(l.value) {
			long = max(cameBack*long, float64(cameBackLeast)/float64(l.Step))
		}
		if float64(q.length()) < long {
			continue
		}
		there := l.coverage(q.begin)
		if there < usuallyThere {
			continue
		}
		w := l.silent(Vanished, q.begin+1, q.end, s.score(q))
		w.Text = l.sayVanished(w, there)
		windows = append(windows, w)
	}
	return windows
}

// silent is the window of a silence. Usual is the week before it: the model's
// level of three days takes in the silence itself.
func (l *look) silent(k Kind, start, end int, score float64) Window {
	w := l.window(k, start, end, score)
	if usual := median(l.value[max(0, start-int(week/l.Step)):start]); !math.IsNaN(usual) {
		w.Usual, w.Low, w.High = usual, usual-l.stray(), usual+l.stray()
	}
	return w
}

// coverage returns the share of the hours with values before the index i, from
// the first value on; 0 if those are too few to tell.
func (l *look) coverage(i int) float64 {
	c := &l.hours
	if len(c.at) == 0 {
		return 0
	}
	first := int(l.At(l.first).Sub(c.at[0]) / time.Hour)
	hours := c.value[first : int(l.At(i).Sub(c.at[0])/time.Hour)+1]
	if len(hours) < 3*dayHours {
		return 0
	}
	return float64(countKnown(hours)) / float64(len(hours))
}
