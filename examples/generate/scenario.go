package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// scenarios returns what happens in the six weeks: the habits of the services,
// which go on all the time, and the days that somebody will talk about.
func scenarios() []plan {
	var plans []plan
	for _, habit := range habits {
		plans = append(plans, habit()...)
	}
	for _, day := range days {
		plans = append(plans, day()...)
	}
	return plans
}

// habits are the kinds of page that teams know. Each returns its pages of all
// six weeks.
var habits = []func() []plan{
	latency, flappingDisk, nightlyBatch, couldWait, capacity, blindSpot,
	faultyCheck, buildQueue, backups, deployments, wrongTeam, leaderLost,
}

// spread calls build for n times spread over the six weeks, each at a random
// time of its share.
func spread(name string, n int, build func(r *rand.Rand, i int, at time.Time) plan) []plan {
	var plans []plan
	share := dataEnd.Sub(dataStart) / time.Duration(n)
	for i := range n {
		key := fmt.Sprintf("%s %d", name, i)
		r := chance("when " + key)
		at := dataStart.Add(time.Duration(i) * share).Add(between(r, 0, share))
		p := build(r, i, at)
		p.key, p.kind = key, name
		plans = append(plans, p)
	}
	return plans
}

// latency is real: reads of the secrets platform miss their objective, and
// somebody repairs it.
func latency() []plan {
	repairs := []string{
		"Storage backend was compacting; moved the leader to vault-3.",
		"A client was listing the whole KV mount in a loop. Asked its team, added a rate limit quota.",
		"Network between zones was slow. Followed the runbook, failed over.",
		"Lease explosion from a CI job: revoked the prefix, leases are falling.",
	}
	return spread("latency", 12, func(r *rand.Rand, i int, at time.Time) plan {
		return plan{
			at: at, service: "vault", priority: "P2", runbook: "vault-latency",
			title:   fmt.Sprintf("Vault reads slower than 500 ms: p99 is %d ms (SLO 99.9 %%)", 620+r.IntN(2600)),
			details: map[string]string{"alertname": "VaultReadLatency", "slo": "vault-reads", "cluster": "secrets-1"},
			react:   between(r, time.Minute, 6*time.Minute), actionable: true, actioned: true, cause: "service_issue",
			steps: []step{
				note(between(r, 4*time.Minute, 15*time.Minute), repairs[i%len(repairs)]),
				resolve(between(r, 10*time.Minute, 70*time.Minute)),
			},
		}
	})
}

// flappingDisk crosses its threshold a few times in a row while snapshots are
// written, and recovers by itself each time.
func flappingDisk() []plan {
	var plans []plan
	for _, first := range spread("disk_flap", 13, func(r *rand.Rand, i int, at time.Time) plan {
		return plan{at: at, title: fmt.Sprintf("consul-%d", 1+i%3)}
	}) {
		r := chance("flaps " + first.key)
		at := first.at
		for i := range 4 + r.IntN(4) {
			p := first
			p.key, p.at, p.service, p.severity = fmt.Sprintf("%s flap %d", first.key, i), at, "consul", "warning"
			p.title = fmt.Sprintf("Disk usage above 90 %% on %s (%d %%)", first.title, 90+r.IntN(4))
			p.details = map[string]string{"host": first.title, "mount": "/var/lib/consul"}
			p.clears, p.cause = between(r, 2*time.Minute, 9*time.Minute), "threshold_wrong"
			if r.IntN(3) == 0 {
				p.react = between(r, time.Minute, 5*time.Minute)
			}
			plans = append(plans, p)
			at = at.Add(p.clears + between(r, 6*time.Minute, 25*time.Minute))
		}
	}
	return plans
}

// nightlyBatch pages every night while the ledger is reconciled. Whoever is on
// call silences it and sleeps on; it ends when the batch does.
func nightlyBatch() []plan {
	return spread("nightly_batch", 43, func(r *rand.Rand, i int, _ time.Time) plan {
		y, m, d := dataStart.Date()
		at := time.Date(y, m, d+i, 1, 40, 0, 0, location("Europe/Stockholm")).Add(between(r, 0, 10*time.Minute))
		p := plan{
			at: at, service: "ledger", severity: "error", title: fmt.Sprintf("Ledger reconciliation has run for %d minutes", 95+r.IntN(30)),
			details: map[string]string{"alertname": "LedgerReconciliationSlow", "job": "reconcile-nightly"},
			clears:  between(r, 18*time.Minute, 29*time.Minute), cause: "informational",
		}
		if r.IntN(10) < 8 {
			p.react = between(r, 40*time.Second, 10*time.Minute)
		}
		return p
	})
}

// couldWait wakes somebody for work that has days of time.
func couldWait() []plan {
	hosts := []string{"api.example.com", "login.example.com", "vault.example.com"}
	return spread("could_wait", 9, func(r *rand.Rand, i int, at time.Time) plan {
		y, m, d := at.In(location("Europe/Berlin")).Date()
		services := []string{"ingress", "ingress", "vault"}
		p := plan{
			at:      time.Date(y, m, d, 3, r.IntN(60), 0, 0, location("Europe/Berlin")),
			service: services[i%len(services)], severity: "warning", runbook: "certificates",
			title:      fmt.Sprintf("Certificate of %s expires in %d days", hosts[i%len(hosts)], 14-r.IntN(3)),
			details:    map[string]string{"alertname": "CertificateExpiry", "host": hosts[i%len(hosts)]},
			react:      between(r, 2*time.Minute, 8*time.Minute),
			actionable: true, actioned: true, cause: "service_issue_wrong_hours",
		}
		if i%2 == 0 {
			p.steps = append(p.steps, snooze(between(r, time.Minute, 4*time.Minute)))
		}
		p.steps = append(p.steps,
			note(between(r, 5*time.Minute, 20*time.Minute), "Renewed by hand; the automatic renewal has lost its DNS permission."),
			resolve(between(r, 5*time.Minute, 30*time.Minute)))
		return p
	})
}

// capacity runs out, and somebody makes room.
func capacity() []plan {
	return spread("capacity", 8, func(r *rand.Rand, i int, at time.Time) plan {
		return plan{
			at: at, service: "ledger", priority: "P3", runbook: "ledger-capacity",
			title:   fmt.Sprintf("Ledger database has %d connections left of 400", 3+r.IntN(15)),
			details: map[string]string{"alertname": "LedgerConnections", "instance": fmt.Sprintf("ledger-db-%d", 1+i%2)},
			react:   between(r, time.Minute, 9*time.Minute), actionable: true, actioned: true, cause: "capacity",
			steps: []step{
				note(between(r, 5*time.Minute, 20*time.Minute), "Raised the pool limit and restarted two workers that leaked connections."),
				resolve(between(r, 20*time.Minute, 80*time.Minute)),
			},
		}
	})
}

// blindSpot is a probe that cannot tell whether users suffer.
func blindSpot() []plan {
	return spread("blind_spot", 6, func(r *rand.Rand, _ int, at time.Time) plan {
		return plan{
			at: at, service: "checkout", severity: "error", title: "Synthetic checkout from ap-south fails",
			details: map[string]string{"alertname": "SyntheticCheckout", "region": "ap-south"},
			react:   between(r, time.Minute, 8*time.Minute), actionable: true, actioned: true, cause: "monitoring_gap",
			steps: []step{
				note(between(r, 10*time.Minute, 30*time.Minute), "Looked at orders by region: no loss. The probe's own network was down."),
				resolve(between(r, 2*time.Minute, 10*time.Minute)),
			},
		}
	})
}

// faultyCheck reports what it failed to measure.
func faultyCheck() []plan {
	return spread("faulty_check", 16, func(r *rand.Rand, i int, at time.Time) plan {
		p := plan{
			at: at, service: "consul", severity: "warning", title: fmt.Sprintf("No data: serf health of consul-%d", 1+i%3),
			details: map[string]string{"alertname": "ConsulSerfNoData"},
			react:   between(r, 2*time.Minute, 9*time.Minute), cause: "check_faulty",
			clears: between(r, 30*time.Minute, 3*time.Hour),
		}
		if i%3 == 0 {
			p.actioned = true
			p.steps = []step{
				note(between(r, 5*time.Minute, 15*time.Minute), "Exporter was stuck again, restarted it."),
				resolve(between(r, time.Minute, 5*time.Minute)),
			}
		}
		return p
	})
}

// buildQueue is over before anybody has opened a laptop.
func buildQueue() []plan {
	return spread("build_queue", 34, func(r *rand.Rand, i int, at time.Time) plan {
		p := plan{
			at: at, service: "build-farm", severity: "warning", title: fmt.Sprintf("Build queue is %d jobs long", 51+r.IntN(90)),
			details: map[string]string{"queue": "default"}, clears: between(r, 3*time.Minute, 25*time.Minute), cause: "self_resolved",
		}
		switch {
		case i%9 == 4: // nobody closes it, PagerDuty does
			p.clears, p.react = 0, between(r, 2*time.Minute, 9*time.Minute)
		case i%2 == 0:
			p.react = between(r, time.Minute, 8*time.Minute)
		}
		return p
	})
}

// backups are of low urgency and go out by e-mail only.
func backups() []plan {
	return spread("late_backup", 27, func(r *rand.Rand, i int, at time.Time) plan {
		targets := []string{"vault", "consul", "checkout"}
		p := plan{
			at: at, service: targets[i%len(targets)], urgency: "low", severity: "info",
			title:   fmt.Sprintf("Backup of %s is %d hours old", targets[i%len(targets)], 26+r.IntN(9)),
			details: map[string]string{"alertname": "BackupAge"}, clears: between(r, time.Hour, 7*time.Hour), cause: "informational",
		}
		if i%4 == 1 {
			p.react = between(r, 10*time.Minute, 50*time.Minute)
		}
		return p
	})
}

// deployments restart things on purpose, in a window that nobody told the
// monitoring about.
func deployments() []plan {
	var plans []plan
	for week := range 6 {
		y, m, d := dataStart.Date()
		start := time.Date(y, m, d+2+7*week, 14, 0, 0, 0, time.UTC) // on Tuesday
		for node := range 4 {
			r := chance(fmt.Sprintf("deployment %d %d", week, node))
			plans = append(plans, plan{
				key: fmt.Sprintf("deployment %d %d", week, node), kind: "deployment",
				at: start.Add(time.Duration(node)*18*time.Minute + between(r, 0, 5*time.Minute)), service: "kubernetes", severity: "warning",
				title:   fmt.Sprintf("Node pool-%c-%d is not ready", 'a'+week%2, 1+node),
				details: map[string]string{"alertname": "KubeNodeNotReady", "node": fmt.Sprintf("pool-%c-%d", 'a'+week%2, 1+node)},
				react:   between(r, 30*time.Second, 3*time.Minute), clears: between(r, 6*time.Minute, 14*time.Minute), cause: "expected_work",
			})
		}
	}
	return plans
}

// wrongTeam pages the payments team for what the platform team has to repair.
func wrongTeam() []plan {
	return spread("wrong_team", 6, func(r *rand.Rand, _ int, at time.Time) plan {
		return plan{
			at: at, service: "checkout", title: fmt.Sprintf("Checkout answers %d %% of requests with 502", 3+r.IntN(20)),
			details: map[string]string{"alertname": "CheckoutErrors", "upstream": "ingress"},
			react:   between(r, time.Minute, 8*time.Minute), actioned: true, cause: "wrong_team",
			steps: []step{
				note(between(r, 4*time.Minute, 12*time.Minute), "The gateway drops connections, checkout itself is fine. Over to platform."),
				handOver(between(r, 30*time.Second, 2*time.Minute), "ingress"),
				note(between(r, 5*time.Minute, 20*time.Minute), "One ingress pod had a stale upstream list. Deleted it."),
				resolve(between(r, 3*time.Minute, 15*time.Minute)),
			},
		}
	})
}

// leaderLost escalates: nobody answers on the first level.
func leaderLost() []plan {
	return spread("unanswered", 6, func(r *rand.Rand, i int, at time.Time) plan {
		p := plan{
			at: at, service: "consul", priority: "P1", runbook: "consul-leader", title: "Consul has no leader",
			details: map[string]string{"alertname": "ConsulNoLeader", "cluster": "secrets-1"},
			silent:  1, react: between(r, time.Minute, 6*time.Minute), actionable: true, actioned: true, cause: "service_issue",
			steps: []step{
				note(between(r, 5*time.Minute, 12*time.Minute), "Two servers had lost their peers after a reboot. Rejoined them."),
				resolve(between(r, 8*time.Minute, 40*time.Minute)),
			},
		}
		if i == 3 { // nobody at all: it recovers by itself after an hour
			p.silent, p.react, p.steps, p.clears, p.actioned = 9, 0, nil, 66*time.Minute, false
		}
		return p
	})
}
