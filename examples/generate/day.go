package main

import (
	"fmt"
	"time"
)

// days are the ones that somebody will talk about. Their times are chosen, not
// drawn.
var days = []func() []plan{
	func() []plan { return herd("september", time.Date(2026, 9, 30, 16, 20, 0, 0, time.UTC)) },
	func() []plan { return herd("october", time.Date(2026, 10, 22, 13, 5, 0, 0, time.UTC)) },
	swapDay, sealed, reopened, clockNights, labourDay, onlyJustThere, stillOpen,
}

// herd is twelve monitors of one service within three minutes, for one cause.
// The responder merges a few into the first and lets the rest clear.
func herd(name string, at time.Time) []plan {
	monitors := []string{
		"Vault is sealed on vault-1", "Vault is sealed on vault-2", "Vault has no active node",
		"Vault writes slower than 500 ms", "Vault reads fail", "Vault writes fail", "Vault token creation fails",
		"Vault audit log is behind", "Vault lease revocation fails", "Vault replication is behind",
		"Vault request queue is long", "Vault health endpoint answers 503",
	}
	var plans []plan
	for i, title := range monitors {
		r := chance(fmt.Sprintf("herd %s %d", name, i))
		p := plan{
			key: fmt.Sprintf("herd %s %d", name, i), kind: "herd",
			at: at.Add(time.Duration(i)*14*time.Second + between(r, 0, 9*time.Second)), service: "vault", title: title,
			details: map[string]string{"alertname": fmt.Sprintf("VaultHerd%02d", i+1), "cluster": "secrets-1"},
			react:   between(r, 2*time.Minute, 5*time.Minute), clears: between(r, 38*time.Minute, 55*time.Minute), cause: "duplicate",
		}
		switch {
		case i == 0:
			p.priority, p.actionable, p.actioned, p.cause, p.clears = "P1", true, true, "service_issue", 0
			p.runbook = "vault-sealed"
			p.steps = []step{
				note(9*time.Minute, "Certificate of the transit seal had expired on all nodes. Issued a new one, unsealing one by one."),
				note(22*time.Minute, "All nodes unsealed, error rate is back to zero."),
				resolve(16 * time.Minute),
			}
		case i%3 == 1:
			p.steps = []step{merge(between(r, 3*time.Minute, 8*time.Minute), fmt.Sprintf("herd %s 0", name))}
		}
		plans = append(plans, p)
	}
	return plans
}

// swapDay is a real page on the day on which Chitra stands in for Ada: whoever
// counts by rota counts the wrong person.
func swapDay() []plan {
	return []plan{{
		key: "swap day", kind: "swap", at: swapStart.Add(7 * time.Hour), service: "vault", priority: "P2",
		title: "Vault token renewals fail for the billing mount", runbook: "vault-tokens",
		details: map[string]string{"alertname": "VaultRenewalErrors", "mount": "billing"},
		react:   3 * time.Minute, actionable: true, actioned: true, cause: "service_issue",
		steps: []step{note(12*time.Minute, "Policy was changed this morning; put the old one back."), resolve(9 * time.Minute)},
	}, {
		key: "swap night", kind: "swap", at: swapStart.Add(13 * time.Hour), service: "consul",
		title: "Consul anti-entropy sync fails on consul-2", severity: "error",
		details: map[string]string{"alertname": "ConsulAntiEntropy", "host": "consul-2"},
		react:   5 * time.Minute, actionable: true, actioned: true, cause: "service_issue",
		steps: []step{note(10*time.Minute, "Clock of consul-2 was off by minutes. Restarted chrony."), resolve(11 * time.Minute)},
	}}
}

// sealed goes unanswered on two levels and wakes the third.
func sealed() []plan {
	return []plan{{
		key: "sealed", kind: "unanswered", at: time.Date(2026, 10, 27, 8, 48, 0, 0, time.UTC), service: "vault", priority: "P1",
		title: "Vault is sealed on vault-2", runbook: "vault-sealed",
		details: map[string]string{"alertname": "VaultSealed", "host": "vault-2"},
		silent:  2, react: 4 * time.Minute, actionable: true, actioned: true, cause: "service_issue",
		steps: []step{note(6*time.Minute, "Unsealed by hand. Both levels before me had their telephones on silent."), resolve(14 * time.Minute)},
	}}
}

// reopened ends too early, twice.
func reopened() []plan {
	build := func(key string, at time.Time, back time.Duration) plan {
		return plan{
			key: key, kind: "reopened", at: at, service: "ingress", priority: "P2",
			title: "Ingress drops connections in eu-central", runbook: "ingress-drops",
			details: map[string]string{"alertname": "IngressDrops", "region": "eu-central"},
			react:   2 * time.Minute, actionable: true, actioned: true, cause: "service_issue",
			steps: []step{
				note(8*time.Minute, "Restarted the two busiest pods."), resolve(4 * time.Minute), reopen(back),
				note(15*time.Minute, "Not the pods: the load balancer had lost a target group. Put it back."), resolve(7 * time.Minute),
			},
		}
	}
	return []plan{
		build("reopened 1", time.Date(2026, 10, 8, 15, 12, 0, 0, time.UTC), 26*time.Minute),
		build("reopened 2", time.Date(2026, 10, 23, 6, 30, 0, 0, time.UTC), 41*time.Minute),
	}
}

// clockNights page people in the hour that exists twice, both times round.
func clockNights() []plan {
	var plans []plan
	for i, at := range []time.Time{
		time.Date(2026, 10, 25, 0, 20, 0, 0, time.UTC), // 02:20 in Berlin, summer time
		time.Date(2026, 10, 25, 1, 20, 0, 0, time.UTC), // 02:20 in Berlin, winter time
		time.Date(2026, 11, 1, 5, 40, 0, 0, time.UTC),  // 01:40 in New York, summer time
		time.Date(2026, 11, 1, 6, 40, 0, 0, time.UTC),  // 01:40 in New York, winter time
		time.Date(2026, 11, 1, 7, 20, 0, 0, time.UTC),  // 01:20 in Chicago, winter time
	} {
		service := "kubernetes"
		if i == 4 {
			service = "vault"
		}
		r := chance(fmt.Sprintf("clock night %d", i))
		plans = append(plans, plan{
			key: fmt.Sprintf("clock night %d", i), kind: "clock_change", at: at, service: service, severity: "error",
			title: "Scheduled job has run twice", details: map[string]string{"alertname": "CronJobRanTwice"},
			react: between(r, 2*time.Minute, 7*time.Minute), actioned: true, cause: "check_faulty",
			steps: []step{note(4*time.Minute, "It is the hour of the clock change. The check compares local times."), resolve(2 * time.Minute)},
		})
	}
	return plans
}

// labourDay pages Auckland on its public holiday, in what would be business
// hours.
func labourDay() []plan {
	return []plan{{
		key: "labour day", kind: "holiday", at: time.Date(2026, 10, 25, 22, 15, 0, 0, time.UTC), service: "vault", severity: "error",
		title: "Vault writes slower than 500 ms: p99 is 840 ms (SLO 99.9 %)", runbook: "vault-latency", priority: "P3",
		details: map[string]string{"alertname": "VaultWriteLatency", "slo": "vault-writes"},
		react:   6 * time.Minute, actionable: true, actioned: true, cause: "service_issue",
		steps: []step{note(11*time.Minute, "Batch import of certificates. Throttled it."), resolve(20 * time.Minute)},
	}}
}

// onlyJustThere makes the history begin before the baseline does.
func onlyJustThere() []plan {
	return []plan{{
		key: "first", kind: "late_backup", at: dataStart.Add(20 * time.Minute), service: "consul", urgency: "low", severity: "info",
		title: "Backup of consul is 27 hours old", details: map[string]string{"alertname": "BackupAge"},
		clears: 2 * time.Hour, cause: "informational",
	}}
}

// stillOpen is what the meeting finds open.
func stillOpen() []plan {
	return []plan{{
		key: "open unanswered", kind: "late_backup", at: time.Date(2026, 11, 1, 20, 10, 0, 0, time.UTC), service: "checkout",
		urgency: "low", severity: "info", title: "Backup of checkout is 31 hours old",
		details: map[string]string{"alertname": "BackupAge"}, cause: "informational",
	}, {
		key: "open acknowledged", kind: "latency", at: time.Date(2026, 11, 2, 4, 2, 0, 0, time.UTC), service: "vault", priority: "P2",
		title: "Vault reads slower than 500 ms: p99 is 710 ms (SLO 99.9 %)", runbook: "vault-latency",
		details: map[string]string{"alertname": "VaultReadLatency", "slo": "vault-reads", "cluster": "secrets-1"},
		react:   4 * time.Minute, actionable: true, actioned: true, cause: "service_issue",
		steps: []step{note(20*time.Minute, "Slow disk on vault-3, replacement is ordered. Watching it.")},
	}}
}
