package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

// A Duration is a span of time, written as 90d, 2w, 36h, 5m or 1h30m. Days
// have 24 hours.
type Duration time.Duration

var daysOrWeeks = regexp.MustCompile(`^(\d{1,5})([dw])$`)

// UnmarshalText reads a duration. It returns an Invalid error for one that it
// cannot read or that is negative.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if m := daysOrWeeks.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1]) // at most five digits
		if m[2] == "w" {
			n *= 7
		}
		*d = Duration(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	span, err := time.ParseDuration(s)
	if err != nil || span < 0 {
		return opsreview.Errorf(opsreview.Invalid, "%q is not a span of time: write 90d, 36h or 5m", s)
	}
	*d = Duration(span)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) {
	const day = 24 * time.Hour
	span := time.Duration(d)
	if span > 0 && span%day == 0 {
		return []byte(strconv.Itoa(int(span/day)) + "d"), nil
	}
	s := span.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return []byte(s), nil
}

// Hours are working and sleeping hours on local clocks. What is left out is as
// in the policy.
type Hours struct {
	Business string   `yaml:"business,omitempty"` // "08:00-18:00"
	Sleep    string   `yaml:"sleep,omitempty"`    // "22:00-08:00"; it may span midnight
	Days     []string `yaml:"days,omitempty"`     // the business days
}

// over returns base with what h says instead, and nil if there is no h. It is
// asked only of hours that have no problems.
func (h *Hours) over(base opsreview.Hours) *opsreview.Hours {
	if h == nil {
		return nil
	}
	if start, end, err := opsreview.ParseClockSpan(h.Business); err == nil {
		base.BusinessStart, base.BusinessEnd = start, end
	}
	if start, end, err := opsreview.ParseClockSpan(h.Sleep); err == nil {
		base.SleepStart, base.SleepEnd = start, end
	}
	days := base.Days
	if h.Days != nil {
		days = nil
	}
	base.Days = slices.Clone(days)
	for _, name := range h.Days {
		if d, err := opsreview.ParseDay(name); err == nil {
			base.Days = append(base.Days, d)
		}
	}
	return &base
}

// problems lists what is wrong with the hours at path.
func (h *Hours) problems(path string) []problem {
	if h == nil {
		return nil
	}
	var problems []problem
	fail := func(field, text string) { problems = append(problems, problem{path + "." + field, text}) }
	for field, text := range map[string]string{"business": h.Business, "sleep": h.Sleep} {
		start, end, err := opsreview.ParseClockSpan(text)
		switch {
		case text != "" && err != nil:
			fail(field, opsreview.ErrorMessage(err))
		case field == "business" && err == nil && start >= end:
			fail(field, strconv.Quote(text)+" must start before it ends")
		}
	}
	for i, name := range h.Days {
		field := "days[" + strconv.Itoa(i) + "]"
		if _, err := opsreview.ParseDay(name); err != nil {
			fail(field, opsreview.ErrorMessage(err))
		} else if slices.Index(h.Days, name) < i {
			fail(field, strconv.Quote(name)+" is there already")
		}
	}
	return problems
}
