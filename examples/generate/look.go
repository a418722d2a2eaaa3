package main

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// lookStep is how far apart the values of the dashboard's series are.
const lookStep = 5 * time.Minute

// lookWeekend is the traffic of a weekend as the dashboard shows it, in
// thousandths of a working day's.
const lookWeekend = 750

// A lookChart is one panel of the secrets platform's dashboard, as somebody
// would download it.
type lookChart struct {
	name, title, unit string
	series            []lookSeries
}

// A lookSeries is values in whole steps of a power of ten.
type lookSeries struct {
	name   string
	places int     // digits after the point
	values []int64 // -1 where nobody watched
}

// A weird is something that was planted in the dashboard's series, for tests.
// The program never reads it.
type weird struct {
	Chart   string `json:"chart"`
	Series  string `json:"series"`
	Kind    string `json:"kind"`
	Context string `json:"context"`
	Start   string `json:"start"`
	End     string `json:"end"`
	Why     string `json:"why"`
}

// The weird things that nobody was told of.
var (
	// A service that forgets to give its tokens back.
	leakStart = time.Date(2026, 10, 27, 14, 10, 0, 0, time.UTC)
	leakFull  = leakStart.Add(25 * time.Minute)

	// An export that has run each night since the last weekend, at 03:00 on the
	// clock of Chicago, where the clocks were changed between.
	exports = []time.Time{
		time.Date(2026, 10, 31, 3, 0, 0, 0, chicago),
		time.Date(2026, 11, 1, 3, 0, 0, 0, chicago),
	}
	exportLasts = 45 * time.Minute
)

// looked are the charts of the six weeks.
func looked(counted []*series) []lookChart {
	by := map[string]*series{}
	for _, s := range counted {
		by[s.name] = s
	}
	return []lookChart{
		{"vault-requests", "Requests", "reqps", []lookSeries{rate("reads", reads.perMinute, 1), rate("writes", writes.perMinute, 2)}},
		{"vault-errors", "Share of requests that fail", "percentunit", []lookSeries{by[availability.name].failing()}},
		{"vault-tokens", "Tokens in the store", "short", []lookSeries{tokens()}},
		{"vault-audit", "Audit entries that wait", "short", []lookSeries{waiting("file", 12, 260), waiting("syslog", 60, 0)}},
	}
}

// slots calls fn for each five minutes of the six weeks.
func slots(fn func(at time.Time)) {
	for t := dataStart.UTC(); t.Before(dataEnd); t = t.Add(lookStep) {
		fn(t)
	}
}

// watched reports whether the monitoring ran in the five minutes from a time on.
func watched(t time.Time) bool { return !t.Before(gapEnd) || !t.Add(lookStep).After(gapStart) }

// rate is requests per second, of so many a minute in the mean.
func rate(name string, perMinute int64, places int) lookSeries {
	out := lookSeries{name: name, places: places}
	r := chance("rate of " + name)
	slots(func(at time.Time) {
		out.add(at, perMinute*power(places)*traffic(at)/1000*wander(name, at)/1000*(970+r.Int64N(61))/1000/60)
	})
	return out
}

// failing is the share of the objective's events that are bad, to a millionth.
func (s *series) failing() lookSeries {
	out := lookSeries{name: "5xx", places: 6}
	slots(func(at time.Time) {
		total, bad := s.within(at)
		out.add(at, bad*1_000_000/max(total, 1))
	})
	return out
}

// within is what was counted in the five minutes from a time on.
func (s *series) within(t time.Time) (total, bad int64) {
	i := s.index(t)
	for _, m := range s.minutes[i:min(i+int(lookStep/time.Minute), len(s.minutes))] {
		total, bad = total+m.total, bad+m.bad
	}
	return total, bad
}

// tokens follow the traffic a little, and are given back but for a leak.
func tokens() lookSeries {
	out := lookSeries{name: "tokens"}
	r := chance("tokens in the store")
	slots(func(at time.Time) {
		n := 18_000 + traffic(at)*4/5 + r.Int64N(120)
		switch {
		case !at.Before(leakFull):
			n += 3_400
		case at.After(leakStart):
			n += 3_400 * int64(at.Sub(leakStart)) / int64(leakFull.Sub(leakStart))
		}
		out.add(at, n/10*10)
	})
	return out
}

// waiting is a queue that is short but for the exports.
func waiting(name string, usual, export int64) lookSeries {
	out := lookSeries{name: name}
	r := chance("audit " + name)
	slots(func(at time.Time) {
		n := usual*traffic(at)/1000 + r.Int64N(usual) + 1
		for _, start := range exports {
			if !at.Before(start) && at.Before(start.Add(exportLasts)) {
				n += export * (900 + r.Int64N(200)) / 1000
			}
		}
		out.add(at, n)
	})
	return out
}

// traffic is how much there is to do at a time, in thousandths of the mean. It
// follows the clock of Chicago, and the weekend comes and goes within hours.
func traffic(t time.Time) int64 {
	local := t.In(chicago)
	h, m := (local.Hour()+5)%24, int64(local.Minute()) // byHour is in UTC
	level := (byHour[h]*(60-m) + byHour[(h+1)%24]*m) / 60
	into := int64((int(local.Weekday())+2)%7*24+local.Hour())*60 + m // minutes since Friday began
	free := min(ramp(into, 18*60), 1000-ramp(into, (24*2+18)*60))
	return level * (1000 - (1000-lookWeekend)*free/1000) / 1000
}

// wander is how much more or less is asked for than usual, in thousandths: no
// two days are the same.
func wander(name string, t time.Time) int64 {
	of := func(hour time.Time) int64 { return 900 + chance(name+stamp(hour)).Int64N(201) }
	hour, m := t.Truncate(time.Hour), int64(t.Minute())
	return (of(hour)*(60-m) + of(hour.Add(time.Hour))*m) / 60
}

// ramp grows from 0 to 1000 in the twelve hours from a minute on.
func ramp(minute, from int64) int64 { return min(max((minute-from)*1000/(12*60), 0), 1000) }

func (s *lookSeries) add(at time.Time, n int64) {
	if !watched(at) {
		n = -1
	}
	s.values = append(s.values, n)
}

func power(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// text writes a value as short as it can be.
func (s *lookSeries) text(i int) string {
	n := s.values[i]
	if n < 0 {
		return ""
	}
	return strconv.FormatFloat(float64(n)/float64(power(s.places)), 'f', -1, 64)
}

// csv is the chart as "Download CSV" of a dashboard writes it, with times in
// seconds, below what the importer has to be told (docs/import.md).
func (c lookChart) csv() []byte {
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "# title: %s\n# unit: %s\n# service: vault\nTime", c.title, c.unit)
	for _, s := range c.series {
		buf.WriteString("," + s.name)
	}
	buf.WriteByte('\n')
	i := 0
	slots(func(at time.Time) {
		fmt.Fprintf(&buf, "%d", at.Unix())
		for j := range c.series {
			buf.WriteString("," + c.series[j].text(i))
		}
		buf.WriteByte('\n')
		i++
	})
	return buf.Bytes()
}

// weirds are what was planted in the fortnight and is large enough to be seen.
func weirds(counted []*series) []any {
	entry := func(chart, series, kind, context, why string, start, end time.Time) weird {
		return weird{Chart: "import/" + chart, Series: series, Kind: kind, Context: context, Start: stamp(start), End: stamp(end), Why: why}
	}
	// The leak goes on for days. Nobody was paged when it began.
	list := []any{entry("vault-tokens", "tokens", "shift", "unexplained", "tokens are no longer given back", leakStart, dataEnd)}
	for _, start := range exports {
		list = append(list, entry("vault-audit", "file", "spike", "unexplained", "an export that nobody announced", start, start.Add(exportLasts)))
	}
	for _, s := range counted {
		for _, f := range s.faults {
			if s.name != availability.name || f.ppm < 150_000 || f.start.Before(fortnightStart) {
				continue
			}
			context := "explained"
			if len(f.pages) > 0 {
				context = "paged"
			}
			list = append(list, entry("vault-errors", "5xx", "spike", context, f.key, f.start, f.end))
		}
	}
	return list
}
