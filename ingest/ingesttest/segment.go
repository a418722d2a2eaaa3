package ingesttest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"opsreview"
)

// saveSegments stores counted events: a segment replaces those that lie within
// it.
func (m *Memory) saveSegments(list []opsreview.Segment, saved *opsreview.Saved) {
	for _, s := range list {
		of := m.segments[s.SLO]
		if of == nil {
			of = map[time.Time]opsreview.Segment{}
			m.segments[s.SLO] = of
		}
		old, known := of[s.Start]
		if known && old == s {
			continue
		}
		if !known || !old.End.Equal(s.End) {
			maps.DeleteFunc(of, func(_ time.Time, o opsreview.Segment) bool {
				return !o.Start.Before(s.Start) && !o.End.After(s.End)
			})
		}
		of[s.Start] = s
		saved.Segments++
	}
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
		if old, known := m.segments[s.SLO][s.Start]; known && old.End.Equal(s.End) {
			continue
		}
		for _, o := range m.segments[s.SLO] {
			within := !o.Start.Before(s.Start) && !o.End.After(s.End)
			if o.Start.Before(s.End) && s.Start.Before(o.End) && !within {
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
	return slices.SortedFunc(maps.Values(m.segments[slo]), func(a, b opsreview.Segment) int { return a.Start.Compare(b.Start) })
}
