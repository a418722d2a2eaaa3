package meeting

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"opsreview"
	"opsreview/incident"
	"opsreview/review"
	"opsreview/slo"
)

// A digest hashes facts field by field. Each field is written with its length,
// so that no two facts run into one another. What is written is chosen here and
// not by the form of the types, so that a field that they gain changes no hash.
type digest struct{ hash.Hash }

func newDigest() digest { return digest{sha256.New()} }

func (d digest) text(all ...string) {
	for _, s := range all {
		_, _ = io.WriteString(d, strconv.Itoa(len(s))+":"+s) // a hash never fails
	}
}

func (d digest) time(all ...time.Time) {
	for _, t := range all {
		if t.IsZero() {
			d.text("")
			continue
		}
		d.text(strconv.FormatInt(t.UnixMilli(), 10))
	}
}

func (d digest) sum() string { return hex.EncodeToString(d.Sum(nil)) }

// short is long enough to tell the versions of one page apart.
func (d digest) short() string { return d.sum()[:16] }

// pageFacts names a page as its source tells of it: everything but labels, and
// but for when the source last touched it.
func pageFacts(p *opsreview.Page) string {
	d := newDigest()
	d.text(p.Ref.String(), p.Number, p.Title, p.Service.String(), p.Policy, string(p.Urgency), p.Priority, p.Severity, p.Runbook, p.MergedInto)
	d.text(string(p.Status), string(p.ResolvedBy.Kind), p.ResolvedBy.ID)
	d.time(p.TriggeredAt, p.AcknowledgedAt, p.ResolvedAt)
	for _, name := range slices.Sorted(maps.Keys(p.Attributes)) {
		d.text(name, p.Attributes[name])
	}
	for _, e := range p.Events {
		d.time(e.At)
		d.text(string(e.Kind), string(e.By.Kind), e.By.ID, e.By.Name, string(e.Channel), e.Text)
		d.text(strconv.Itoa(len(e.Responders)))
		d.text(e.Responders...)
		d.time(e.Until)
	}
	return d.short()
}

// facts names everything that a snapshot was computed from, without what people
// said and decided.
func facts(s *Snapshot, r review.Review) string {
	d := newDigest()
	d.text("opsreview/facts/1", s.Team)
	d.time(s.Start, s.End)
	for _, p := range s.Pages {
		d.text(p.Page, p.Facts)
	}
	for _, line := range sorted(r.Loads, func(l review.Load) string {
		return fmt.Sprintf("%q %d %d %t %d", l.Person.Key, l.Pages, l.Interruptions.Total(), l.OnCallKnown, l.OnCall)
	}) {
		d.text(line)
	}
	if r.Budget != nil {
		for _, line := range sorted(r.Budget.Standings, func(st slo.Standing) string {
			w, m := st.Week, st.Month
			return fmt.Sprintf("%q %g %g %g %g %g %g", st.SLO.Name, w.Total, w.Bad, w.Coverage, m.Total, m.Bad, m.Coverage)
		}) {
			d.text(line)
		}
	}
	if r.Incidents != nil {
		for _, name := range sorted(r.Incidents.Cases, incidentFacts) {
			d.text(name)
		}
	}
	for _, id := range sorted(s.Anomalies, func(a AnomalyFact) string { return a.Anomaly }) {
		d.text(id)
	}
	if r.Toil != nil {
		for _, l := range r.Toil.Lines {
			if l.Entry != "" { // what pages cost is in the pages, and depends on labels
				d.text(l.Entry, (l.Spent + l.Dropped).String())
			}
		}
	}
	return d.sum()
}

// incidentFacts names an incident as its source tells of it, without what
// people linked to it.
func incidentFacts(c incident.Case) string {
	i, d := c.Incident, newDigest()
	d.text(i.Ref.String(), i.Number, i.Title, i.Status)
	d.time(i.DeclaredAt, i.StartedAt, i.DetectedAt, i.AcknowledgedAt, i.MitigatedAt, i.ResolvedAt)
	return d.sum()
}

// sorted writes each of a list, whose own order people's decisions may change.
func sorted[T any](all []T, line func(T) string) []string {
	var lines []string
	for _, x := range all {
		lines = append(lines, line(x))
	}
	slices.Sort(lines)
	return lines
}
