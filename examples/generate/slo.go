package main

import (
	"fmt"
	"strings"
	"time"
)

// An objective is one of the secrets platform's, as far as its numbers go. The
// documents in examples/slo say the rest.
type objective struct {
	name      string
	perMinute int64 // events in a minute of the mean hour
	noise     int64 // of a million events, how many are bad on a quiet day
}

// The objectives by what they promise.
var (
	availability = objective{"vault/availability", 3300, 55}
	reads        = objective{"vault/reads", 2400, 100}
	writes       = objective{"vault/writes", 300, 110}
	objectives   = []objective{availability, reads, writes}
)

// A fault is something that burns a budget.
type fault struct {
	key        string // names its chance
	slo        string
	kind       string    // "paged", "outage", "slow", "gap" or "maintenance"
	start, end time.Time // whole minutes
	ppm        int64     // of a million events, how many are bad at its height
	rise, fall time.Duration
	pages      []*page // that tell of it; none if nobody was told
}

// faults returns what burned in the six weeks: what pages tell of, and what
// nobody was told.
func (w *world) faults() []fault {
	var all []fault
	for _, p := range w.pages {
		all = append(all, p.faults(w)...)
	}
	return append(all, untold()...)
}

// resolvedTooEarly is a page whose burn goes on after its end.
const resolvedTooEarly = "latency 10"

// faults returns what burned around the page. A burn begins some minutes before
// its page and is over when the repair has worked, which is before the page is
// resolved.
func (p *page) faults(w *world) []fault {
	r := chance("fault " + p.key)
	f := fault{
		key: p.key, kind: "paged", pages: []*page{p},
		start: p.plan.at.Add(-between(r, 3*time.Minute, 9*time.Minute)), end: p.resolved.Add(-between(r, 2*time.Minute, 9*time.Minute)),
		rise: 3 * time.Minute, fall: 4 * time.Minute,
	}
	switch {
	case p.key == "open acknowledged": // a slow disk: it gets better by itself and never well
		f.slo, f.ppm, f.end = reads.name, 11_000, p.plan.at.Add(160*time.Minute)
		rest := fault{key: p.key + " rest", slo: reads.name, kind: "slow", start: f.end, end: now, ppm: 900, pages: f.pages}
		return minutes(f, rest)
	case p.kind == "latency":
		f.slo, f.ppm = reads.name, 22_000+r.Int64N(60_000)
		if p.key == resolvedTooEarly {
			f.end = p.resolved.Add(16 * time.Minute)
		}
	case p.kind == "holiday":
		f.slo, f.ppm, f.end = writes.name, 95_000, p.resolved.Add(-20*time.Minute)
	case p.kind == "herd" && strings.HasSuffix(p.key, " 0"):
		return minutes(p.herdFaults(w)...)
	case p.key == "sealed":
		f.slo, f.ppm, f.end = availability.name, 190_000, p.resolved.Add(-14*time.Minute)
	case p.key == "swap day":
		f.slo, f.ppm, f.end = availability.name, 18_000, p.resolved.Add(-9*time.Minute)
	default:
		return nil // noise burns nothing
	}
	return minutes(f)
}

// herdFaults is what the herd that p leads tells of: the seals of all nodes. One
// of its pages is about slow writes, the others are about errors.
func (p *page) herdFaults(w *world) []fault {
	name := strings.TrimSuffix(p.key, " 0")
	down := fault{
		key: name + " availability", slo: availability.name, kind: "paged", start: p.plan.at.Add(-5 * time.Minute), end: p.resolved.Add(-16 * time.Minute),
		ppm: 640_000, rise: 4 * time.Minute, fall: 14 * time.Minute,
	}
	slow := down
	slow.key, slow.slo, slow.ppm, slow.end = name+" writes", writes.name, 90_000, down.end.Add(5*time.Minute)
	for i := range 12 {
		member := w.byKey[fmt.Sprintf("%s %d", name, i)]
		if strings.HasPrefix(member.title, "Vault writes slower") {
			slow.pages = append(slow.pages, member)
			continue
		}
		down.pages = append(down.pages, member)
	}
	return []fault{down, slow}
}

// The pause of the monitoring, in which an outage hides.
var (
	gapStart = time.Date(2026, 10, 21, 10, 2, 0, 0, time.UTC)
	gapEnd   = time.Date(2026, 10, 21, 10, 47, 0, 0, time.UTC)
)

// untold is what burned and nobody was paged for.
func untold() []fault {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 10, day, hour, minute, 0, 0, time.UTC) }
	return []fault{{
		// A revoked certificate: logins fail while the health endpoint, which is
		// what the alerts ask, answers that all is well.
		key: "logins fail", slo: availability.name, kind: "outage", start: at(30, 9, 10), end: at(30, 9, 29), ppm: 720_000,
		rise: time.Minute, fall: 3 * time.Minute,
	}, {
		// An index is rebuilt: a few reads in a thousand are slow, all Saturday
		// long. No alert looks at so little.
		key: "index rebuilt", slo: reads.name, kind: "slow", start: at(24, 6, 0), end: at(25, 2, 0), ppm: 2_300,
	}, {
		key: "hidden", slo: availability.name, kind: "gap", start: at(21, 10, 15), end: at(21, 10, 23), ppm: 60_000,
	}, {
		// A new version is rolled out on a Sunday morning, with alerts silenced.
		key: "upgrade", slo: availability.name, kind: "maintenance", start: at(25, 13, 0), end: at(25, 13, 28), ppm: 120_000,
		rise: 2 * time.Minute, fall: 5 * time.Minute,
	}, {
		key: "upgrade writes", slo: writes.name, kind: "maintenance", start: at(25, 13, 0), end: at(25, 13, 28), ppm: 30_000,
		rise: 2 * time.Minute, fall: 5 * time.Minute,
	}}
}

// minutes cuts faults to whole minutes.
func minutes(faults ...fault) []fault {
	for i := range faults {
		f := &faults[i]
		f.start, f.end = f.start.Truncate(time.Minute), f.end.Truncate(time.Minute)
	}
	return faults
}

// ppmAt returns how many of a million events are bad because of the fault in
// the minute that begins at t.
func (f fault) ppmAt(t time.Time) int64 {
	if t.Before(f.start) || !t.Before(f.end) {
		return 0
	}
	ppm := f.ppm
	if since := t.Sub(f.start) + time.Minute; since < f.rise {
		ppm = f.ppm * int64(since) / int64(f.rise)
	}
	if left := f.end.Sub(t); left < f.fall {
		ppm = min(ppm, f.ppm*int64(left)/int64(f.fall))
	}
	return ppm
}

// A burn is a fault and what it cost, for tests. The program never reads it.
type burn struct {
	SLO   string   `json:"slo"`
	Kind  string   `json:"kind"`
	Start string   `json:"start"`
	End   string   `json:"end"`
	Bad   int64    `json:"bad"`
	Pages []string `json:"pages"`
}

func (f fault) burn(bad int64) burn {
	b := burn{SLO: f.slo, Kind: f.kind, Start: stamp(f.start), End: stamp(f.end), Bad: bad, Pages: []string{}}
	for _, p := range f.pages {
		b.Pages = append(b.Pages, p.id)
	}
	return b
}
