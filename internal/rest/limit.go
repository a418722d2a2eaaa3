package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// resetHeaders say in how many seconds the allowance is full again, each in
// the spelling of a vendor.
var resetHeaders = []string{
	"Ratelimit-Reset",            // PagerDuty
	"X-Ratelimit-Period-In-Sec",  // Opsgenie
	"X-Ratelimit-Reset",          // Datadog
	"X-Ratelimit-Reset-Requests", // seen at gateways
}

// mostAdvised bounds how long a host may make us wait. Longer is as good as
// not answering.
const mostAdvised = 10 * time.Minute

// RetryAfter returns how long an answer's headers ask to wait, and whether they
// ask at all.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) { return advised(h, now) }

// advised returns how long the host asks to wait, and whether it asks at all.
func advised(h http.Header, now time.Time) (time.Duration, bool) {
	if v := h.Get("Retry-After"); v != "" {
		if d, ok := seconds(v); ok {
			return d, true
		}
		if at, err := http.ParseTime(v); err == nil {
			return min(max(at.Sub(now), 0), mostAdvised), true
		}
	}
	for _, name := range resetHeaders {
		if d, ok := reset(h.Get(name), now); ok {
			return d, true
		}
	}
	return 0, false
}

// reset reads a reset header: seconds to go, or a Unix time.
func reset(v string, now time.Time) (time.Duration, bool) {
	n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
	if err != nil || n < 0 {
		return seconds(v)
	}
	if n > 1_000_000_000 { // no span is that long: it is a point in time
		return min(max(time.Unix(n, 0).Sub(now), 0), mostAdvised), true
	}
	return seconds(v)
}

func seconds(v string) (time.Duration, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	if err != nil || f < 0 || f != f {
		return 0, false
	}
	if f > mostAdvised.Seconds() {
		return mostAdvised, true
	}
	return time.Duration(f * float64(time.Second)), true
}

// slowdown returns how long to wait before the next request because less than
// a tenth of the allowance is left: the rest is spread over the time to go.
func slowdown(h http.Header) time.Duration {
	limit, ok1 := count(h, "Ratelimit-Limit", "X-Ratelimit-Limit")
	left, ok2 := count(h, "Ratelimit-Remaining", "X-Ratelimit-Remaining")
	if !ok1 || !ok2 || left*10 >= limit {
		return 0
	}
	for _, name := range resetHeaders {
		if d, ok := seconds(h.Get(name)); ok && d < mostAdvised {
			return d / time.Duration(left+1)
		}
	}
	return 0
}

func count(h http.Header, names ...string) (int64, bool) {
	for _, name := range names {
		if n, err := strconv.ParseInt(strings.TrimSpace(h.Get(name)), 10, 32); err == nil && n >= 0 {
			return n, true
		}
	}
	return 0, false
}
