package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Everything is counted in whole numbers, because fractions are not the same
// on every machine to the last bit.

// byHour is the traffic of each hour of the day (UTC), in thousandths of the
// mean.
var byHour = [24]int64{
	720, 650, 600, 580, 590, 640, 760, 900, 1010, 1090, 1130, 1170,
	1220, 1340, 1450, 1490, 1470, 1410, 1330, 1230, 1120, 1010, 890, 800,
}

// weekend is the traffic of a Saturday and a Sunday, in thousandths of a
// working day's.
const weekend = 620

// A minute is what was counted in one.
type minute struct {
	total, bad int64
	gap        bool // nobody watched: the numbers are the gap's, spread over its minutes
	fast       bool // something burned that is worth a line of its own
}

// A series is an objective's minutes from dataStart to now.
type series struct {
	objective
	minutes []minute
	faults  []fault
	burned  []int64 // by each fault
}

// count simulates what happened to the objective.
func (o objective) count(faults []fault) *series {
	s := &series{objective: o, minutes: make([]minute, now.Sub(dataStart)/time.Minute)}
	for i := range s.minutes {
		t := s.at(i)
		if t.Minute() == 0 {
			s.quietHour(i, chance(o.name+stamp(t)))
		}
	}
	for _, f := range faults {
		if f.slo == o.name {
			s.faults = append(s.faults, f)
			s.burned = append(s.burned, s.burn(f))
		}
	}
	s.pause(gapStart, gapEnd)
	return s
}

// at returns when minute i begins.
func (s *series) at(i int) time.Time { return dataStart.UTC().Add(time.Duration(i) * time.Minute) }

func (s *series) index(t time.Time) int { return int(t.Sub(dataStart) / time.Minute) }

// quietHour fills the hour from minute i on with traffic and its usual errors.
func (s *series) quietHour(i int, r *rand.Rand) {
	for j := i; j < min(i+60, len(s.minutes)); j++ {
		t := s.at(j)
		m := int64(t.Minute())
		level := (byHour[t.Hour()]*(60-m) + byHour[(t.Hour()+1)%24]*m) / 60
		if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
			level = level * weekend / 1000
		}
		total := s.perMinute * level / 1000 * (950 + r.Int64N(101)) / 1000
		s.minutes[j] = minute{total: total, bad: share(r, total, s.noise)}
	}
}

// share returns about ppm millionths of total. What is left of a whole event
// is drawn.
func share(r *rand.Rand, total, ppm int64) int64 {
	n := total * ppm
	whole := n / 1_000_000
	if r.Int64N(1_000_000) < n%1_000_000 {
		whole++
	}
	return min(whole, total)
}

// burn adds what f spoils and returns how much that is.
func (s *series) burn(f fault) int64 {
	r := chance("burn " + f.key)
	var sum int64
	for i := s.index(f.start); i < min(s.index(f.end), len(s.minutes)); i++ {
		m := &s.minutes[i]
		bad := share(r, m.total-m.bad, f.ppmAt(s.at(i))*(85+r.Int64N(31))/100)
		m.bad += bad
		m.fast = m.fast || f.kind != "slow"
		sum += bad
	}
	return sum
}

// pause makes the minutes from start to end a gap: the counters went on, so
// that the sums are known, and are spread evenly.
func (s *series) pause(start, end time.Time) {
	gap := s.minutes[s.index(start):s.index(end)]
	var total, bad int64
	for _, m := range gap {
		total, bad = total+m.total, bad+m.bad
	}
	n := int64(len(gap))
	for i := range gap {
		k := int64(i)
		gap[i] = minute{total: total*(k+1)/n - total*k/n, bad: bad*(k+1)/n - bad*k/n, gap: true, fast: true}
	}
}

// rows writes the series as lines of segments.csv: an hour of which there is
// nothing to tell is one line, the others have a line a minute.
func (s *series) rows(buf *bytes.Buffer) {
	for i := 0; i < len(s.minutes); {
		next := i + 60 - s.at(i).Minute()
		next = min(next, len(s.minutes))
		hour := s.minutes[i:next]
		if slices.ContainsFunc(hour, func(m minute) bool { return m.fast }) {
			for j, m := range hour {
				s.row(buf, i+j, i+j+1, m)
			}
		} else {
			var sum minute
			for _, m := range hour {
				sum.total, sum.bad = sum.total+m.total, sum.bad+m.bad
			}
			s.row(buf, i, next, sum)
		}
		i = next
	}
}

func (s *series) row(buf *bytes.Buffer, from, to int, m minute) {
	fmt.Fprintf(buf, "%s,%s,%s,%d,%d,", s.name, stamp(s.at(from)), stamp(s.at(to)), m.total, m.bad)
	if m.gap {
		fmt.Fprintf(buf, "0,%d", m.bad)
	} else {
		buf.WriteByte(',')
	}
	buf.WriteByte('\n')
}

// count simulates all objectives.
func (w *world) count() []*series {
	faults := w.faults()
	var all []*series
	for _, o := range objectives {
		all = append(all, o.count(faults))
	}
	return all
}

// segments returns segments.csv, in the import format of docs/import.md.
func segments(all []*series) []byte {
	var buf bytes.Buffer
	buf.WriteString("slo,start,end,total,bad,covered_seconds,gap_bad\n")
	for _, s := range all {
		s.rows(&buf)
	}
	return buf.Bytes()
}

// burns returns the truth about each fault.
func burns(all []*series) []any {
	var list []any
	for _, s := range all {
		for i, f := range s.faults {
			list = append(list, f.burn(s.burned[i]))
		}
	}
	return list
}
