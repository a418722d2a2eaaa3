package prometheus_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"

	"opsreview"
)

// A stretch is minutes of a history, counted from its start.
type stretch struct{ from, to int }

func (s stretch) has(m int) bool { return m >= s.from && m < s.to }

// An incident is a stretch in which a share of the requests fails.
type incident struct {
	stretch
	share float64
}

// An instance is one process that serves requests.
type instance struct {
	name     string
	offset   time.Duration // of its scrapes after the full minute
	alive    stretch       // when it has traffic; it is scraped always
	restarts []int         // minutes at whose beginning it begins anew
}

// A history is what happened to a service, minute by minute. It is the truth
// that counts are compared with.
type history struct {
	start     time.Time
	minutes   int
	seed      uint64
	instances []instance
	incidents []incident
	quiet     []stretch // nobody asks anything
	unseen    []stretch // nothing is scraped within

	total, bad []float64  // of each minute, over all instances
	lost       [2]float64 // of these together, what began anew before it was scraped
	counters   []counter
}

// play makes the history happen.
func (h *history) play() *history {
	h.total, h.bad = make([]float64, h.minutes), make([]float64, h.minutes)
	for i, in := range h.instances {
		h.run(in, rand.New(rand.NewPCG(h.seed, uint64(i))))
	}
	return h
}

// run plays one instance. Its counter of errors is born with the first error
// after each start, as in most client libraries.
func (h *history) run(in instance, r *rand.Rand) {
	labels := func(code string) map[string]string {
		return map[string]string{"__name__": "http_requests_total", "job": "vault", "instance": in.name, "code": code}
	}
	good, bad := counter{labels: labels("200")}, counter{labels: labels("500")}
	var goodCount, badCount float64
	var unseen [2]float64
	scrape := func(m int) {
		for _, u := range h.unseen {
			if m > u.from && m < u.to {
				return
			}
		}
		unseen = [2]float64{}
		at := h.start.Add(time.Duration(m)*time.Minute + in.offset).UnixMilli()
		good.points = append(good.points, point{at, goodCount})
		if badCount > 0 {
			bad.points = append(bad.points, point{at, badCount})
		}
	}
	scrape(0)
	for m := range h.minutes {
		for _, restart := range in.restarts {
			if m == restart {
				goodCount, badCount = 0, 0
				h.lost[0], h.lost[1] = h.lost[0]+unseen[0], h.lost[1]+unseen[1]
			}
		}
		n, failed := h.minute(m, in, r)
		goodCount, badCount = goodCount+n-failed, badCount+failed
		unseen[0], unseen[1] = unseen[0]+n, unseen[1]+failed
		h.total[m] += n
		h.bad[m] += failed
		scrape(m + 1)
	}
	h.counters = append(h.counters, good, bad)
}

// minute returns what an instance serves in a minute, and how much of it fails.
func (h *history) minute(m int, in instance, r *rand.Rand) (n, failed float64) {
	n = float64(40 + 30*((m/60)%24)/4 + r.IntN(20))
	for _, q := range h.quiet {
		if q.has(m) {
			return 0, 0
		}
	}
	if !in.alive.has(m) {
		return 0, 0
	}
	if r.IntN(40) == 0 {
		failed = 1
	}
	for _, i := range h.incidents {
		if i.has(m) {
			failed = float64(int(n * i.share))
		}
	}
	return n, failed
}

// at returns the minute of the history at a time.
func (h *history) at(t time.Time) int { return int(t.Sub(h.start) / time.Minute) }

func (h *history) end() time.Time { return h.start.Add(time.Duration(h.minutes) * time.Minute) }

// within sums what happened in a window.
func (h *history) within(w opsreview.Window) (total, bad float64) {
	for m := max(h.at(w.Start), 0); m < min(h.at(w.End), h.minutes); m++ {
		total += h.total[m]
		bad += h.bad[m]
	}
	return total, bad
}

// openMetrics writes the history as promtool reads it.
func (h *history) openMetrics() []byte {
	var b bytes.Buffer
	b.WriteString("# TYPE http_requests counter\n")
	for _, c := range h.counters {
		for _, p := range c.points {
			fmt.Fprintf(&b, "http_requests_total{job=%q,instance=%q,code=%q} %.0f %d.%03d\n",
				c.labels["job"], c.labels["instance"], c.labels["code"], p.v, p.at/1000, p.at%1000)
		}
	}
	b.WriteString("# EOF\n")
	return b.Bytes()
}

// into lets a fake serve the history, as far as it has happened.
func (h *history) into(f *fake) {
	errors := []counter{}
	for _, c := range h.counters {
		if c.labels["code"] == "500" {
			errors = append(errors, c)
		}
	}
	f.change(func() {
		f.selectors[`http_requests_total{job="vault"}`] = h.counters
		f.selectors[`http_requests_total{code="500",job="vault"}`] = errors
	})
}

// availability is the SLO over a history.
func availability() opsreview.SLO {
	return ratio("vault/availability", `sum(rate(http_requests_total{job="vault",code="500"}[5m]))`, `sum(rate(http_requests_total{job="vault"}[5m]))`)
}
