package policy

import (
	"math"
	"strings"

	"opsreview"
)

// A HitRate says how often a rule agreed with people's labels.
type HitRate struct{ Hits, Total int }

// normal95 is the quantile of the normal distribution for 95 %.
const normal95 = 1.959963984540054

// Interval returns the Wilson score interval of the rate at 95 %, which holds
// for few labels and for rates near 0 and 1 too (E. B. Wilson, Probable
// inference, the law of succession, and statistical inference, Journal of the
// American Statistical Association 22, 1927, 209–212). Without labels it is
// everything, from 0 to 1.
func (h HitRate) Interval() (low, high float64) {
	if h.Total == 0 {
		return 0, 1
	}
	n := float64(h.Total)
	p, z2 := float64(h.Hits)/n, normal95*normal95
	centre := (p + z2/(2*n)) / (1 + z2/n)
	half := normal95 / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return max(centre-half, 0), min(centre+half, 1)
}

func (h *HitRate) add(hit bool) {
	h.Total++
	if hit {
		h.Hits++
	}
}

// A Record is how a rule did on some pages.
type Record struct {
	Pages   int     // for which it spoke
	Verdict HitRate // of these, labelled pages, and agreement with the verdict
	Cause   HitRate // of these, labels that name a cause, and agreement with both
}

// accepted begins the note of a label that takes a suggestion over.
const accepted = "accepted the suggestion of "

// AcceptedNote returns the note of a label that takes over the suggestion of a
// rule, with what the person adds.
func AcceptedNote(rule, note string) string {
	if note == "" {
		return accepted + rule
	}
	return accepted + rule + ": " + note
}

// Records says how each rule did on the pages of the judgements, by the rule's
// id. Labels that took a suggestion over do not count as agreement: they would
// agree by how they were made.
func (r *Rules) Records(facts []Facts, judgements []Judgement) map[string]Record {
	records := map[string]Record{}
	for _, rule := range r.All() {
		records[rule.ID] = Record{}
	}
	for i := range facts {
		label := facts[i].page.Label
		for _, s := range judgements[i] {
			rec := records[s.Rule]
			rec.Pages++
			if !label.IsZero() && !strings.HasPrefix(label.Note, accepted) {
				rec.count(s, label, r.vocabulary)
			}
			records[s.Rule] = rec
		}
	}
	return records
}

func (rec *Record) count(s opsreview.Suggestion, l opsreview.Label, words opsreview.Vocabulary) {
	rec.Verdict.add(s.Verdict == l.Verdict)
	if l.Cause == "" {
		return
	}
	cause := l.Cause
	if c, ok := words.Cause(cause); ok {
		cause = c.ID
	}
	rec.Cause.add(s.Verdict == l.Verdict && s.Cause == cause)
}

// Unreliable reports whether a rule with this record agreed too rarely with
// people: there are enough labels to say so, and the rate is below the bound.
func (r *Rules) Unreliable(rec Record) bool {
	if r == nil || rec.Verdict.Total < r.reliability.MinLabels {
		return false
	}
	return float64(rec.Verdict.Hits) < r.reliability.MinHitRate*float64(rec.Verdict.Total)
}
