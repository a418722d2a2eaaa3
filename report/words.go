package report

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"opsreview/review"
)

// clean makes a stranger's text one line without characters that control,
// reorder or hide what stands around them.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == 0x200c || r == 0x200d: // joiners, which scripts and emoji need
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// fit cuts a text to at most n cells, of which wide characters take two.
func fit(s string, n int) string {
	cells := 0
	for i, r := range s {
		cells++
		if r >= 0x1100 {
			cells++
		}
		if cells > n {
			return strings.TrimRight(s[:lastBefore(s, i)], " ") + "…"
		}
	}
	return s
}

// lastBefore returns where the rune before i begins, to make room for a sign
// that says that more follows.
func lastBefore(s string, i int) int {
	last := 0
	for j := range s {
		if j >= i {
			break
		}
		last = j
	}
	return last
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

func percent(k, n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(k)/float64(n))
}

// length writes a duration for people, to the minute.
func length(d time.Duration) string {
	d = d.Truncate(time.Minute)
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case h == 0 && m == 0:
		return "0m"
	case h == 0:
		return fmt.Sprintf("%dm", m)
	case m == 0:
		return fmt.Sprintf("%dh", h)
	}
	return fmt.Sprintf("%dh%02dm", h, m)
}

// classes tells interruptions by the class of their hours.
func classes(c review.ByClass) string {
	text := fmt.Sprintf("%d in business hours, %d off hours, %d in sleep hours", c.Business, c.OffHours, c.Sleep)
	if c.Unknown > 0 {
		text += fmt.Sprintf(", %d at hours unknown", c.Unknown)
	}
	return text
}

func known(ok bool, format string, args ...any) string {
	if !ok {
		return "–"
	}
	return fmt.Sprintf(format, args...)
}

// when is a local time as lists show it.
func when(t time.Time, zone *time.Location) string { return t.In(zone).Format("Mon 2 Jan 15:04") }

var days = [7]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
