package definition

// findings are the definitions of what needs work. A kind of finding has neither
// unit nor source: policy/rules/findings.yaml has its bounds and theirs.
var findings = []Definition{
	{
		"noisy_monitor", 1, "a monitor's pages labelled not actionable",
		"", "", "pages",
	},
	{
		"wasted_pages", 1, "a monitor's pages of the outcome wasted (outcome/1).",
		"", "", "pages",
	},
	{
		"ignored_pages", 1, "a monitor's pages of the outcome ignored",
		"", "", "pages",
	},
	{
		"wrong_hours", 1, "a monitor's pages that interrupted somebody in sleep hours and are labelled service_issue_wrong_hours, or came with low urgency and without the flag wrong_urgency",
		"", "", "pages",
	},
	{
		"runbook_missing", 1, "a monitor's pages whose label has the flag runbook_missing",
		"", "", "pages",
	},
	{
		"runbook_poor", 1, "the same, of runbook_wrong or poor_details",
		"", "", "pages",
	},
	{
		"limit_breached", 1, "breaches of one limit by people's loads, how many people and the most of them. It names nobody: the review does, to the team. Where teams are configured, a review of everybody does not find it. Pages of other teams alone are theirs to talk about, unless the person is a configured member",
		"", "", "load",
	},
	{
		"budget_overspent", 1, "an SLO whose consumed/1 of the 30 days is above 1",
		"", "", "budgets",
	},
	{
		"burn_unpaged", 1, "an SLO with missed episodes (episodes_missed/1)",
		"", "", "budgets",
	},
	{
		"slo_without_data", 1, "an SLO of which nothing was watched or counted in the window",
		"", "", "budgets",
	},
	{
		"monitor_without_burn", 1, "a monitor of at least 3 judged pages in the window (judged/1) none of whose pages matches any episode",
		"", "", "pages",
	},
	{
		"incident_unfinished", 1, "an incident of a configured gravity that has no postmortem, or no follow-up, so long after its resolution",
		"", "", "incidents",
	},
	{
		"toil_hot_spot", 1, "a task that people did more than once by hand and whose toil_task_week/1 is at least the bound; no overhead, no monitor, and none that was automated less than two weeks ago",
		"", "", "toil",
	},
	{
		"toil_over_limit", 1, "a team whose toil_share/1 is above the limit",
		"", "", "toil",
	},
	{
		"anomaly", 1, "what people accepted of anomalies/1, those of one chart together",
		"", "", "anomalies",
	},
	{
		"monitor_unclear", 1, "a monitor that paged and whose definition has an error, or two warnings, of the rules about its runbook, impact, action and dashboard (monitor lint)",
		"", "", "pages",
	},
	{
		"dashboard_unclear", 1, "a dashboard with an error, or five warnings, of the rules about dashboards (dashboard lint)",
		"", "", "anomalies",
	},
	{
		"finding_cost", 1, "of the pages behind a finding: engaged time (a person's overlapping pages once, each capped by policy) plus the policy's interruption cost, by default 10 minutes, for each interruption that one of them had a part in; in the part of the window that has passed, scaled to a week. Of limit_breached/1 unknown: it is in the findings about the monitors that sent the pages. Of runbook_missing/1 and runbook_poor/1 engaged time only, of which a runbook can save a part. Pages that cost nobody anything cost 0; a finding without pages has no cost. An interruption by two monitors is in the cost of both: costs of findings do not add up",
		"minutes a week", "", "actions",
	},
	{
		"fingerprint", 1, "the first 16 hexadecimal digits of the SHA-256 of the line opsreview/v1 and the finding's key",
		"", "", "actions",
	},
	{
		"finding_pages", 1, "the pages behind it: those first that woke most people, then those that interrupted most, then the latest",
		"", "", "actions",
	},
	{
		"finding_team", 1, "the team under review; in a review of everybody the only team that the configuration names for the service, else nobody",
		"", "", "actions",
	},
	{
		"remedy", 1, "best_what_if/1 of the monitor for noise and waste, and for wrong hours where it lets pages wait for business hours; else what goes with the most frequent cause",
		"", "", "actions",
	},
}
