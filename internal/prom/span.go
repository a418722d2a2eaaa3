package prom

import (
	"regexp"
	"strconv"
	"time"
)

// Four digits of weeks are the most that a Duration holds.
var spanForm = regexp.MustCompile(`^([0-9]{1,4})([dw])$`)

// ParseSpan reads a span of time as Prometheus and people write it: 14d, 2w, or
// what [time.ParseDuration] reads. It reports whether the text is one.
func ParseSpan(text string) (span time.Duration, ok bool) {
	if m := spanForm.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if m[2] == "w" {
			n *= 7
		}
		return time.Duration(n) * 24 * time.Hour, err == nil
	}
	span, err := time.ParseDuration(text)
	return span, err == nil
}
