package anomaly

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// A unit is a power of a thousand to write big numbers in.
type unit struct {
	size float64
	name string
}

// units come from the largest on. What is below the last one is written plainly.
var units = []unit{
	{1e18, " E"}, {1e15, " P"}, {1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e4, " k"},
}

// unitOf returns the unit for numbers up to v. Numbers of four digits read
// better plainly.
func unitOf(v float64) unit {
	for _, u := range units {
		if math.Abs(v) >= 0.9995*u.size {
			u.size = max(1e3, u.size)
			if u.name == " k" {
				u.size = 1e3
			}
			return u
		}
	}
	return unit{size: 1}
}

// beyond and below bound what is written with digits alone; other numbers get
// a power of ten.
const (
	beyond = 1e21
	below  = 1e-6
)

// number writes v for people, with the digits that matter where differences of
// step do; 0 is an unknown step.
func number(v, step float64) string {
	if a := math.Abs(v); a >= beyond || (a > 0 && a < below && !(step > 2*a)) {
		return power(v)
	}
	u := unitOf(v)
	return digits(v/u.size, step/u.size) + u.name
}

// between writes the numbers from low to high.
func between(low, high, step float64) string {
	most := max(math.Abs(low), math.Abs(high))
	if most >= beyond || (most > 0 && most < below) {
		return number(low, step) + " to " + number(high, step)
	}
	u := unitOf(most)
	from, to := digits(low/u.size, step/u.size), digits(high/u.size, step/u.size)
	switch {
	case from == to:
		return to + u.name
	case low < 0:
		return from + " to " + to + u.name
	}
	return from + "–" + to + u.name
}

// digits writes v with a last digit no finer than step, but for at least two
// and at most five digits that say something.
func digits(v, step float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "unknown"
	}
	if v == 0 {
		return "0"
	}
	size := int(math.Floor(math.Log10(math.Abs(v)))) + 1
	decimals := 3 - size
	if step > 0 && !math.IsInf(step, 0) {
		decimals = -int(math.Floor(math.Log10(step)))
		decimals = min(decimals, 5-size)
		if step < 2*math.Abs(v) {
			decimals = max(decimals, min(2-size, 1))
		}
	}
	text := strconv.FormatFloat(v, 'f', min(max(decimals, 0), 12), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return text
}

// power writes v with a power of ten.
func power(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "unknown"
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 1, 64), "e")
	exponent = strings.TrimLeft(strings.TrimPrefix(exponent, "+"), "0")
	if rest, negative := strings.CutPrefix(exponent, "-"); negative {
		exponent = "-" + strings.TrimLeft(rest, "0")
	}
	return strings.TrimSuffix(mantissa, ".0") + "·10^" + exponent
}

// span writes how long d is, rounded down so that it never claims too much.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return count(int(d/time.Second), "second")
	case d < 2*time.Hour:
		return count(int(d/time.Minute), "minute")
	case d < 12*time.Hour && d%time.Hour >= time.Minute:
		return strconv.Itoa(int(d/time.Hour)) + " h " + strconv.Itoa(int(d%time.Hour/time.Minute)) + " min"
	case d < 2*day:
		return count(int(d/time.Hour), "hour")
	case d < 3*week && d%week != 0:
		return count(int(d/day), "day")
	}
	return count(int(d/week), "week")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// every writes how often something happens that does so every d.
func every(d time.Duration) string {
	switch d {
	case time.Second:
		return "every second"
	case time.Minute:
		return "every minute"
	case time.Hour:
		return "every hour"
	}
	return "every " + span(d)
}
