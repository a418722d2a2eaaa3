package main

import (
	"context"
	"fmt"
	"strings"

	"opsreview/policy"
)

// policyRules is how many rules are asked about each page.
const policyRules = 100

// policy measures how fast rules are asked: the default's and as many more as
// make a hundred, about the pages of a history.
func (b *bench) policy(context.Context) ([]result, error) {
	doc, err := policy.Parse("bench.yaml", []byte(benchRules(policyRules-len(policy.Default().Rules.All()))))
	if err != nil {
		return nil, err
	}
	all := pages(lastPage-b.stored, lastPage)
	for i := range all {
		all[i].Settle()
		all[i].Monitor = org().Monitors.Monitor(&all[i]).ID
	}
	b.say("policy: %d rules, %d pages", len(doc.Rules.All()), len(all))
	var facts []policy.Facts
	gathering, _ := timed(func() error {
		facts = policy.Gather(policy.Input{Pages: all, Now: historyEnd})
		return nil
	})
	spoke := 0
	judging, _ := timed(func() error {
		for _, j := range doc.Rules.Evaluate(facts) {
			spoke += len(j)
		}
		return nil
	})
	rate := float64(len(doc.Rules.All())*len(all)) / judging
	return []result{{
		name:  fmt.Sprintf("policy: %d rules over %d pages", len(doc.Rules.All()), len(all)),
		value: rate, text: fmt.Sprintf("%.2g evaluations/s", rate), atLeast: 200_000,
		detail: fmt.Sprintf("%s, %d suggestions; facts gathered in %s", milliseconds(judging), spoke, milliseconds(gathering)),
	}}, nil
}

// benchRules writes n rules that ask of several facts each. Some speak.
func benchRules(n int) string {
	conditions := []string{
		`page.urgency == "high" && monitor.pages_in_last_day > %d && !timeline.human_trace`,
		`timeline.escalations > 0 && monitor.self_resolved_share < 0.%d && page.title.contains("latency")`,
		`page.attributes.alertname == "VaultReadLatency%d" || service.monitors_within_10_minutes > 20`,
		`interruptions.sleep > %d && timeline.resolved_by in ["integration", "timer"]`,
	}
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - {id: bench_%d, summary: s, cause: duplicate, reason: \"{monitor.pages} before\", when: %q}\n",
			i, fmt.Sprintf(conditions[i%len(conditions)], i))
	}
	return text.String()
}
