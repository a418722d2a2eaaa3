package file

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

// A segmentField is a column of a file of segments.
type segmentField int

const (
	sSLO segmentField = iota
	sStart
	sEnd
	sLength
	sTotal
	sBad
	sGood
	sCovered
	sGapBad
	sExcess
	sResets
	segmentFields
)

var segmentNames = [segmentFields]string{
	"slo", "start", "end", "length", "total", "bad", "good", "covered_seconds", "gap_bad", "excess", "resets",
}

// parseSegmentHeader understands the first record.
func parseSegmentHeader(names []string) ([]segmentField, error) {
	var fields []segmentField
	for _, name := range names {
		name = strings.TrimSpace(name)
		f := segmentField(slices.Index(segmentNames[:], name))
		switch {
		case f < 0 && len(names) == 1 && strings.ContainsAny(name, ";\t"):
			return nil, wrong("the columns are not separated by commas")
		case f < 0:
			return nil, wrong("there is no column %s: the columns are %s", short(name), strings.Join(segmentNames[:], ", "))
		case slices.Contains(fields, f):
			return nil, wrong("the column %s is there twice", short(name))
		}
		fields = append(fields, f)
	}
	return fields, completeSegment(fields)
}

// completeSegment returns an error unless a segment can be written in fields.
func completeSegment(fields []segmentField) error {
	for _, f := range []segmentField{sSLO, sStart, sTotal} {
		if !slices.Contains(fields, f) {
			return wrong("the column %q is missing", segmentNames[f])
		}
	}
	for _, pair := range [][2]segmentField{{sEnd, sLength}, {sBad, sGood}} {
		first, second := slices.Contains(fields, pair[0]), slices.Contains(fields, pair[1])
		if first == second {
			return wrong("the file needs one of the columns %q and %q", segmentNames[pair[0]], segmentNames[pair[1]])
		}
	}
	if slices.Contains(fields, sGood) && slices.Contains(fields, sExcess) {
		return wrong(`the column "excess" goes with "bad": beside "good" it follows from the numbers`)
	}
	return nil
}

// A segmentRow is one record as it was written.
type segmentRow [segmentFields]string

func (r *segmentRow) fill(fields []segmentField, cells []string) error {
	if len(cells) != len(fields) {
		return wrong("the record has %d cells, and the header %d columns", len(cells), len(fields))
	}
	for i, cell := range cells {
		r[fields[i]] = strings.TrimSpace(cell)
	}
	return nil
}

// maxSegment is how long a segment may be: nothing is known of when within it
// something happened.
const maxSegment = 31 * 24 * time.Hour

// segment understands the record.
func (r *segmentRow) segment() (opsreview.Segment, error) {
	s := opsreview.Segment{SLO: r[sSLO]}
	if s.SLO == "" {
		return s, wrong(`the field "slo" is missing`)
	}
	if err := checkID("slo", s.SLO); err != nil {
		return s, err
	}
	if err := r.interval(&s); err != nil {
		return s, err
	}
	if err := r.events(&s); err != nil {
		return s, err
	}
	return s, r.watched(&s)
}

func (r *segmentRow) interval(s *opsreview.Segment) error {
	var err error
	if s.Start, err = r.time(sStart); err != nil {
		return err
	}
	if r[sLength] != "" {
		length, err := parseLength(r[sLength])
		if err != nil {
			return err
		}
		s.End = s.Start.Add(length)
	} else if s.End, err = r.time(sEnd); err != nil {
		return err
	}
	switch {
	case !s.End.After(s.Start):
		return wrong("the segment ends at %s, which is not after its start", s.End.Format(time.RFC3339Nano))
	case s.Length() > maxSegment:
		return wrong("the segment is longer than 31 days")
	}
	return nil
}

// time understands an RFC 3339 time or Unix seconds.
func (r *segmentRow) time(f segmentField) (time.Time, error) {
	text, name := r[f], segmentNames[f]
	if text == "" {
		if f == sEnd { // the header may have "length" in its place
			return time.Time{}, wrong("the segment has no end")
		}
		return time.Time{}, wrong("the field %q is missing", name)
	}
	if strings.Trim(text, "-.0123456789") != "" || strings.LastIndexByte(text, '-') > 0 {
		return parseTime(name, text)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return time.Time{}, timeError(name, text)
	}
	if math.Abs(seconds) > 1e11 {
		return time.Time{}, wrong("the field %q is a number too large for Unix seconds: milliseconds must be divided by 1000", name)
	}
	return plausibleTime(name, time.UnixMilli(int64(math.Round(seconds*1000))))
}

// parseLength understands "1m", "1h30m" or a number of seconds, to the
// millisecond.
func parseLength(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if seconds, numeric := plainNumber(text); numeric && seconds <= maxSegment.Seconds()+1 {
		d, err = time.Duration(math.Round(seconds*1000))*time.Millisecond, nil
	}
	if err != nil {
		return 0, wrong("%s of the field \"length\" is not a length: write it as 1m, 1h or in seconds", short(text))
	}
	return d.Truncate(time.Millisecond), nil
}

func (r *segmentRow) events(s *opsreview.Segment) error {
	var err error
	if s.Total, err = r.number(sTotal); err != nil {
		return err
	}
	counted := sBad
	if r[sBad] == "" && r[sGood] != "" {
		counted = sGood
	}
	n, err := r.number(counted)
	if err != nil {
		return err
	}
	if counted == sGood {
		// Good events beyond the total are kept for people to see: hiding them
		// would hide that somebody counts wrongly.
		s.Bad, s.Excess = max(0, s.Total-n), max(0, n-s.Total)
		return nil
	}
	s.Bad = n
	if s.Bad > s.Total {
		return wrong("there are more bad events (%s) than events (%s)", r[sBad], r[sTotal])
	}
	return nil
}

// watched understands how well the time was watched. What is not given is as if
// all was well.
func (r *segmentRow) watched(s *opsreview.Segment) error {
	s.Covered = s.Length()
	if r[sCovered] != "" {
		seconds, err := r.number(sCovered)
		if err != nil {
			return err
		}
		if seconds > s.Length().Seconds() {
			return wrong("%s seconds of the segment were covered, and it has %v", r[sCovered], s.Length().Seconds())
		}
		s.Covered = time.Duration(math.Round(seconds*1000)) * time.Millisecond
	}
	for _, optional := range []struct {
		field segmentField
		to    *float64
	}{{sGapBad, &s.GapBad}, {sExcess, &s.Excess}} {
		if r[optional.field] == "" {
			continue
		}
		n, err := r.number(optional.field)
		if err != nil {
			return err
		}
		*optional.to = n
	}
	if s.GapBad > s.Bad {
		return wrong("of the bad events more (%s) fell into gaps than there are", r[sGapBad])
	}
	if r[sResets] != "" {
		n, err := r.number(sResets)
		if err != nil {
			return err
		}
		if n > 1e6 || n != math.Trunc(n) {
			return wrong(`the field "resets" must be a whole number of at most a million`)
		}
		s.Resets = int(n)
	}
	return nil
}

// maxEvents is what a segment may count: sums of such numbers stay exact.
const maxEvents = 1e15

// number understands a number that is not negative.
func (r *segmentRow) number(f segmentField) (float64, error) {
	text, name := r[f], segmentNames[f]
	if text == "" {
		return 0, wrong("the field %q is missing", name)
	}
	n, ok := plainNumber(strings.TrimPrefix(text, "-"))
	switch {
	case !ok:
		return 0, wrong("%s of the field %q is not a number: write it as 1234 or 0.5", short(text), name)
	case text[0] == '-' && n != 0:
		return 0, wrong("the field %q is negative", name)
	case n > maxEvents:
		return 0, wrong("the field %q is larger than 10^15", name)
	}
	return n, nil
}

// plainNumber understands decimal digits with a point and an exponent. What Go
// takes for a number beyond that, such as "Inf" or "0x1p4", is none in a table.
func plainNumber(text string) (float64, bool) {
	if text == "" || strings.Trim(text, "0123456789.eE+-") != "" || text[0] == '-' || text[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsInf(n, 0)
}
