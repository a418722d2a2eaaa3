package lookback

import (
	"math"
	"strconv"
)

// A unit is how values of a chart are written: what stands behind a number, and
// in which steps numbers grow.
type unit struct {
	factor float64 // what a value is multiplied with first
	base   float64 // 1000, 1024, or 0 for numbers that are written out
	behind string
}

// units are Grafana's words for the units that numbers of operations come in.
var units = map[string]unit{
	"":            {1, 1000, ""},
	"none":        {1, 1000, ""},
	"short":       {1, 1000, ""},
	"percent":     {1, 0, " %"},
	"percentunit": {100, 0, " %"},
	"reqps":       {1, 1000, "/s"},
	"ops":         {1, 1000, "/s"},
	"cps":         {1, 1000, "/s"},
	"rps":         {1, 1000, "/s"},
	"wps":         {1, 1000, "/s"},
	"iops":        {1, 1000, "/s"},
	"reqpm":       {1, 1000, "/min"},
	"opm":         {1, 1000, "/min"},
	"bytes":       {1, 1024, "B"},
	"decbytes":    {1, 1000, "B"},
	"bits":        {1, 1024, "b"},
	"decbits":     {1, 1000, "b"},
	"binBps":      {1, 1024, "B/s"},
	"Bps":         {1, 1000, "B/s"},
	"bps":         {1, 1000, "b/s"},
	"hertz":       {1, 1000, "Hz"},
	"celsius":     {1, 0, " °C"},
}

// spans are units of time in nanoseconds.
var spans = map[string]float64{
	"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 24 * 3600e9,
	"dtdurations": 1e9, "dtdurationms": 1e6,
}

// Amount writes a value of a chart for people, to three digits: "412/s",
// "38.2 ms", "1.4 GiB". A unit that it does not know it leaves out. A value
// that is not known is "–".
func Amount(x float64, name string) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	if ns, ok := spans[name]; ok {
		return lasting(x * ns)
	}
	u, ok := units[name]
	if !ok {
		u = units[""]
	}
	x *= u.factor
	if u.base == 0 {
		return digits(x) + u.behind
	}
	return scaled(x, u)
}

// scaled writes a number in the step that leaves it less than four digits.
func scaled(x float64, u unit) string {
	steps := []string{"", "k", "M", "G", "T", "P", "E"}
	if u.base == 1024 {
		steps = []string{"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"}
	}
	at := 0
	for at < len(steps)-1 && math.Abs(x) >= 0.9995*u.base {
		x /= u.base
		at++
	}
	text := digits(x)
	if behind := steps[at] + u.behind; behind != "" && behind[0] != '/' {
		return text + " " + behind
	}
	return text + u.behind
}

// clocks are the words for spans of time, longest first: from how many
// nanoseconds on each is used, and how many it is.
var clocks = []struct {
	word       string
	from, each float64
}{
	{"d", 48 * 3600e9, 24 * 3600e9},
	{"h", 2 * 3600e9, 3600e9},
	{"min", 120e9, 60e9},
	{"s", 0.9995e9, 1e9},
	{"ms", 0.9995e6, 1e6},
	{"µs", 0.9995e3, 1e3},
}

// lasting writes a span of so many nanoseconds.
func lasting(ns float64) string {
	if ns == 0 {
		return "0 s"
	}
	for _, c := range clocks {
		if math.Abs(ns) >= c.from {
			return digits(ns/c.each) + " " + c.word
		}
	}
	return digits(ns) + " ns"
}

// digits writes a number to three digits, and whole ones of more as they are.
func digits(x float64) string {
	if x == 0 {
		return "0"
	}
	size := math.Abs(x)
	switch {
	case size >= 99.95:
		return strconv.FormatFloat(math.Round(x), 'f', -1, 64)
	case size < 0.0001:
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	places := 2 - int(math.Floor(math.Log10(size)))
	shift := math.Pow(10, float64(places))
	return strconv.FormatFloat(math.Round(x*shift)/shift, 'f', -1, 64)
}
