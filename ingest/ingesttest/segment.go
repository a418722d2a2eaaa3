package ingesttest

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"opsreview"
)

// saveSegments stores counted events: a segment replaces those that lie within
// it.
func (m *Memory) saveSegments(list []opsreview.Segment, saved *opsreview.Saved) {
	for _, s := range list {
		of := m.segments[s.SLO]
		i, j := touching(of, s)
		if j == i+1 && of[i] == s {
			continue
		}
		m.segments[s.SLO] = slices.Replace(of, i, j, s)
		saved.Segments++
	}
}

// touching returns which of some segments overlap s. They are in order.
func touching(of []opsreview.Segment, s opsreview.Segment) (from, to int) {
	from = sort.Search(len(of), func(i int) bool { return of[i].End.After(s.Start) })
	to = sort.Search(len(of), func(i int) bool { return !of[i].Start.Before(s.End) })
	return from, max(from, to)
}

// checkSegments returns an error for segments that no store keeps.
func (m *Memory) checkSegments(list []opsreview.Segment) error {
	for _, s := range list {
		length := s.Length()
		switch {
		case s.SLO == "" || length <= 0 || s.Start.Location() != time.UTC:
			return fmt.Errorf("a segment has no name or no length, or is not in UTC: %+v", s)
		case !(s.Bad >= 0 && s.Bad <= s.Total && s.GapBad >= 0 && s.GapBad <= s.Bad && s.Excess >= 0) || s.Resets < 0:
			return fmt.Errorf("a segment's numbers cannot be: %+v", s)
		case s.Covered < 0 || s.Covered > length:
			return fmt.Errorf("a segment was watched for longer than it lasted: %+v", s)
		}
		of := m.segments[s.SLO]
		i, j := touching(of, s)
		for _, o := range of[i:j] {
			if o.Start.Before(s.Start) || o.End.After(s.End) {
				return fmt.Errorf("segment %+v overlaps %+v in part", s, o)
			}
		}
	}
	return nil
}

// Segments returns the stored segments of an SLO, earliest first.
func (m *Memory) Segments(slo string) []opsreview.Segment {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.segments[slo])
}
