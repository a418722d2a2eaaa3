package cli

import (
	"slices"
	"strings"

	"opsreview/definition"
)

// reviewFields gives each number of review show -o json the id of its
// definition. A path stands for all that lies below it too, "*" for any one
// name, and lists have no index: "loads.pages" is of each load. A test fails for
// a number that is neither here nor in notDefined.
var reviewFields = map[string]string{
	"headline.pages": "pages", "headline.labelled": "labelled", "headline.coverage": "coverage",
	"headline.outcomes.handled": "pages_handled", "headline.outcomes.ignored": "pages_ignored", "headline.outcomes.wasted": "pages_wasted",
	"headline.outcomes.noise": "pages_noise", "headline.outcomes.unlabelled": "pages_unlabelled",
	"headline.open": "open", "headline.escalated": "escalated", "headline.interruptions": "interruptions",
	"headline.interruptions.sleep": "sleep_interruptions", "headline.people_interrupted": "responders", "headline.engaged_seconds": "team_engaged",
	"headline.response.acknowledge": "time_to_acknowledge", "headline.response.never_acknowledged": "never_acked",
	"headline.response.resolve": "time_to_resolve", "headline.response.unresolved": "unresolved", "headline.response.merged": "merged",
	"headline.previous.pages": "previous", "headline.previous.rate": "rate", "headline.previous.p_value": "p_value",
	"headline.baseline.pages": "baseline", "headline.baseline.rate": "rate", "headline.baseline.p_value": "p_value",

	"monitors.previous_pages": "previous", "monitors.interruptions": "monitor_cost", "monitors.engaged_seconds": "monitor_cost",
	"monitors.outcomes": "outcome", "monitors.causes": "causes", "monitors.escalated": "escalated",
	"monitors.best_what_if": "best_what_if", "monitors.what_ifs": "best_what_if",
	"monitors.*.interruptions_avoided": "interruptions_avoided", "monitors.*.sleep_interruptions_avoided": "sleep_interruptions_avoided",
	"monitors.*.real_pages": "real", "monitors.*.real_pages_lost": "real", "monitors.*.real_delay": "real_delay",
	"monitors.*.real_delay_max_seconds": "real_delay",

	"loads.pages": "load.pages", "loads.pages_elsewhere": "elsewhere", "loads.interruptions": "load.interruptions",
	"loads.interrupted_hours": "interrupted_hours", "loads.broken_nights": "broken_nights", "loads.longest_run_of_broken_nights": "nights_run",
	"loads.most_pages_per_shift": "most_per_shift", "loads.on_call_seconds": "on_call", "loads.on_call_share": "on_call_share",
	"loads.shifts": "shifts", "loads.pages_per_shift": "pages_per_shift", "loads.pages_per_week": "pages_per_week",
	"loads.engaged_seconds": "engaged", "loads.acknowledged": "acknowledged", "loads.timed_out": "timed_out", "loads.breaches.value": "breaches",

	"load_aggregate": "load_aggregate",

	"incidents.*.detect_seconds": "incident_detect", "incidents.*.acknowledge_seconds": "incident_acknowledge",
	"incidents.*.mitigate_seconds": "incident_mitigate", "incidents.*.resolve_seconds": "incident_resolve", "incidents.*.burned": "incident_burned",
	"incidents.noticed_by": "detection_share", "incidents.detect": "incident_detect", "incidents.acknowledge": "incident_acknowledge",
	"incidents.mitigate": "incident_mitigate", "incidents.resolve": "incident_resolve",
	"incidents.missing.count": "incident_missing", "incidents.missing.total": "incidents",

	"toil.spent_seconds": "toil", "toil.overhead_seconds": "toil_overhead", "toil.dropped_seconds": "toil_dropped",
	"toil.working_seconds": "toil_working", "toil.*.working_seconds": "toil_working", "toil.*.entries": "toil_entries",
	"toil.people.spent_seconds": "toil_person", "toil.categories.spent_seconds": "toil_category", "toil.teams.spent_seconds": "toil_team", "toil.origins.spent_seconds": "toil_origin",
	"toil.weeks.spent_seconds": "toil_week", "toil.tasks.spent_seconds": "toil_task", "toil.tasks.per_week_seconds": "toil_task_week",
	"toil.tasks.quarter_seconds": "toil_task_quarter", "toil.tasks.people": "toil_task_people", "toil.tasks.automation": "toil_saved",

	"more_topics": "topic", "suggested": "suggestion",

	"budget.standings.*.total": "budget.total", "budget.standings.*.bad": "budget.bad", "budget.standings.*.allowed": "allowed",
	"budget.standings.*.consumed": "consumed", "budget.standings.*.remaining": "remaining", "budget.standings.*.consumed_low": "consumed_low",
	"budget.standings.*.consumed_high": "consumed_high", "budget.standings.*.unknown": "budget.unknown",
	"budget.standings.*.coverage": "budget.coverage", "budget.standings.*.edge_error": "edge_error", "budget.standings.*.gap_burn": "gap_burn",
	"budget.standings.*.corrected_seconds": "corrected", "budget.standings.*.excess": "excess", "budget.standings.*.resets": "resets",
	"budget.standings.*.granularity": "granularity", "budget.standings.week_share": "week_share", "budget.standings.burn_rate": "burn_rate",
	"budget.standings.exhaustion_seconds": "exhaustion", "budget.standings.burn_down.remaining": "burn_down",

	"budget.burns.total": "budget.total", "budget.burns.bad": "burned", "budget.burns.budget": "allowed",
	"budget.burns.before": "before", "budget.burns.during": "during", "budget.burns.after": "after", "budget.burns.missed": "missed",
	"budget.burns.pending": "pending", "budget.burns.minor": "minor", "budget.burns.background": "background",
	"budget.burns.episodes.total": "budget.total", "budget.burns.episodes.bad": "budget.bad", "budget.burns.episodes.cost": "episode_cost",
	"budget.burns.episodes.peak_burn_rate": "peak_burn_rate", "budget.burns.episodes.detection_seconds": "detection",
	"budget.burns.episodes.burned_before": "burned_before", "budget.burns.episodes.reset_seconds": "reset",
	"budget.burns.page_burns.before": "before", "budget.burns.page_burns.during": "during", "budget.burns.page_burns.after": "after",
	"budget.burns.page_burns.cost": "charge", "budget.burns.page_burns.gross": "gross",
	"budget.quality.precision": "precision", "budget.quality.recall": "recall", "budget.quality.weighted_recall": "weighted_recall",
	"budget.quality.unjudged": "judged", "budget.quality.pending": "recall", "budget.quality.detection": "detection",
	"budget.quality.reset": "reset", "budget.quality.redundancy": "redundancy", "budget.quality.curve": "curve",
	"budget.burns.quality.precision": "precision", "budget.burns.quality.recall": "recall", "budget.burns.quality.weighted_recall": "weighted_recall",
	"budget.burns.quality.unjudged": "judged", "budget.burns.quality.pending": "recall", "budget.burns.quality.detection": "detection",
	"budget.burns.quality.reset": "reset", "budget.burns.quality.redundancy": "redundancy", "budget.burns.quality.curve": "curve",
	"budget.matrix": "matrix", "budget.matrix.missed_episodes": "episodes_missed", "budget.findings.minutes_a_week": "finding_cost",

	"look_back.anomalies.score": "score", "look_back.anomalies.series.usual": "usual", "look_back.anomalies.series.low": "usual_band",
	"look_back.anomalies.series.high": "usual_band", "look_back.anomalies.series.score": "score", "look_back.anomalies.series.since_seconds": "since",
	"look_back.anomalies.plots.points.low": "usual_band", "look_back.anomalies.plots.points.high": "usual_band",
	"look_back.more_unexplained": "shown", "look_back.more_others": "shown", "look_back.dismissed": "decision",

	"*.minutes_a_week": "finding_cost", "*.outcome.pages_before": "held_before",
	"*.outcome.pages_after": "held_after", "*.outcome.p_value": "p_value", "*.outcome.rate_ratio": "rate_ratio",
	"*.outcome.rate_ratio_low": "rate_ratio", "*.outcome.rate_ratio_high": "rate_ratio", "*.outcome.minutes_a_week_saved": "minutes_saved",
}

// notDefined says of the numbers that measure nothing why they have no
// definition.
var notDefined = map[string]string{
	"toil.limit":                             "the policy's bound",
	"toil.people_withheld":                   "how much is not told",
	"loads.breaches.max":                     "the policy's bound",
	"budget.standings.slo":                   "the document's",
	"budget.standings.objective":             "the document's",
	"budget.standings.*.objective":           "the document's",
	"budget.quality.significant_share":       "the document's",
	"budget.burns.quality.significant_share": "the document's",
	"budget.quality.curve.bound":             "what is asked",
	"budget.burns.quality.curve.bound":       "what is asked",
	"look_back.anomalies.chart":              "how much of the chart is looked at",
	"look_back.anomalies.series.value":       "as the source has it",
	"look_back.anomalies.plots.points":       "as the source has it",
	"look_back.charts":                       "how much is looked at",
	"look_back.series":                       "how much is looked at",
	"definitions":                            "versions",
	"*.generation":                           "names the ticket",
	"*.points":                               "as the tracker has it",
	"*.seen":                                 "how often the ledger was told",
}

// fieldOf returns what a table says of a path of names: the entry that reaches
// furthest, of equals the one with fewer stars; and how far that reaches.
func fieldOf(table map[string]string, path string) (said string, depth int) {
	names := strings.Split(path, ".")
	best := 0
	for pattern, value := range table {
		parts := strings.Split(pattern, ".")
		rank := 2*len(parts)*len(names) - strings.Count(pattern, "*")
		if rank > best && reaches(parts, names) {
			best, said, depth = rank, value, len(parts)
		}
	}
	return said, depth
}

// reaches reports whether a pattern is the beginning of a path.
func reaches(pattern, path []string) bool {
	if len(pattern) > len(path) {
		return false
	}
	for i, p := range pattern {
		if p != "*" && p != path[i] {
			return false
		}
	}
	return true
}

// definitionOf returns the id of the definition of a field of review show -o
// json, "" for one that measures nothing.
func definitionOf(path string) string {
	id, depth := fieldOf(reviewFields, path)
	if _, excepted := fieldOf(notDefined, path); excepted >= depth {
		return ""
	}
	return id
}

// fieldsOf lists the fields of review show -o json that a definition is of, in
// order.
func fieldsOf(id string) []string {
	var paths []string
	for path, defined := range reviewFields {
		if defined == id {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// reviewDefinitions gives the version of each definition of a number that
// review show -o json prints.
func reviewDefinitions() map[string]int32 {
	versions := map[string]int32{}
	for _, id := range reviewFields {
		if d, ok := definition.Of(id); ok {
			versions[id] = int32(d.Version)
		}
	}
	return versions
}
