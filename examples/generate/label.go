package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A label is a line of labels.jsonl, in the import format of docs/import.md.
type label struct {
	Version  int      `json:"v"`
	Kind     string   `json:"kind"`
	Page     string   `json:"page"`
	At       string   `json:"at"`
	Author   string   `json:"author"`
	Verdict  string   `json:"verdict"`
	Cause    string   `json:"cause"`
	Flags    []string `json:"flags,omitempty"`
	Actioned string   `json:"actioned,omitempty"`
	Note     string   `json:"note,omitempty"`
	Minutes  int      `json:"minutes,omitempty"`
}

// verdict returns what a cause of the default vocabulary means.
func verdict(cause string) string {
	switch cause {
	case "service_issue", "service_issue_wrong_hours", "capacity", "monitoring_gap":
		return "actionable"
	}
	return "not_actionable"
}

// secondOpinion is what somebody else says of a page with that cause.
var secondOpinion = map[string]string{
	"threshold_wrong":           "capacity",
	"monitoring_gap":            "check_faulty",
	"informational":             "self_resolved",
	"service_issue_wrong_hours": "informational",
	"self_resolved":             "threshold_wrong",
}

// labels returns the labels that the responders gave: of about three pages in
// five of the fortnight. Some were changed by their author, and of some another
// author thinks differently.
func (w *world) labels() []any {
	var list []any
	for _, p := range w.pages {
		r := chance("label " + p.key)
		if !p.inFortnight() || p.resolved.IsZero() || r.IntN(100) >= 60 {
			continue
		}
		for _, l := range p.labels(w.org, r) {
			list = append(list, l)
		}
	}
	return list
}

func (p *page) labels(o *org, r *rand.Rand) []label {
	author := p.assigned[0]
	at := p.resolved.Add(between(r, 5*time.Minute, 20*time.Hour))
	first := p.label(author, earlier(at, now.Add(-3*time.Hour)), p.cause)
	first.Minutes, first.Flags, first.Note = p.effort(r), p.flags(r), p.remark()
	other, differs := secondOpinion[p.cause]
	switch n := r.IntN(20); {
	case n <= 1 && differs: // the author thinks again
		was := p.label(author, earlier(at, now.Add(-3*time.Hour)), other)
		first.At = stamp(earlier(at.Add(between(r, time.Hour, 8*time.Hour)), now.Add(-time.Hour)))
		return []label{was, first}
	case n <= 4 && differs: // somebody else disagrees
		second := o.people[r.IntN(len(o.people))]
		if second == author {
			second = o.people[(r.IntN(len(o.people)-1)+1)%len(o.people)]
		}
		if second == author {
			return []label{first}
		}
		dissent := p.label(second, earlier(at.Add(between(r, time.Hour, 30*time.Hour)), now.Add(-time.Hour)), other)
		return []label{first, dissent}
	}
	return []label{first}
}

func (p *page) label(author *person, at time.Time, cause string) label {
	l := label{
		Version: 1, Kind: "label", Page: p.id, At: stamp(at), Author: author.email, Verdict: verdict(cause), Cause: cause,
	}
	if p.actioned && l.Verdict == "not_actionable" {
		l.Actioned = "yes"
	}
	return l
}

// effort is the work that a page cost, where somebody worked.
func (p *page) effort(r *rand.Rand) int {
	if !p.actioned || r.IntN(3) == 0 {
		return 0
	}
	return 5 * (2 + r.IntN(14))
}

func (p *page) flags(r *rand.Rand) []string {
	switch {
	case p.cause == "service_issue_wrong_hours", p.kind == "nightly_batch":
		return []string{"wrong_urgency"}
	case p.runbook == "" && p.actionable:
		return []string{"runbook_missing"}
	case strings.HasPrefix(p.title, "Build queue") && r.IntN(3) == 0:
		return []string{"poor_details"}
	}
	return nil
}

func (p *page) remark() string {
	switch p.kind {
	case "disk_flap":
		return "Snapshots. It is gone by the time one looks."
	case "nightly_batch":
		return "Every night. Nobody does anything about it."
	case "herd":
		if p.merged != nil {
			return fmt.Sprintf("Same as #%d.", p.merged.number)
		}
	}
	return ""
}
