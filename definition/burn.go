package definition

// burns are the definitions of where budgets went.
var burns = []Definition{
	{
		"episode", 1, "a maximal stretch of fast burn. Fast: minutes or slices (or segments, where they are longer) of burn rate 6 or more, across holes of at most 30 minutes with which what lies before and what lies after still burns at a rate of 1 or more: a single bad event makes a fast minute where there is little traffic, and must not make one long episode of a healthy service. Slow: UTC hours on end whose burn rate, without what lies in fast stretches, is 1 or more, from their first to their last bad unit. Slow hours that overlap or touch a fast stretch are one episode with it if what they burn reaches 2 hours or more beyond it; else they make none. In each at least 5 events or 1 slice must be bad. Episodes are apart, and are looked for from 6 hours before the window. One belongs to the window in which it begins; one that began earlier is listed with its onset as long as it reaches into the window",
		"", "rates: Google SRE workbook, table 5-8", "budgets",
	},
	{
		"episode_cost", 1, "bad units of the whole episode ÷ allowed/1 of the 30 days",
		"share", "Google SRE workbook", "budgets",
	},
	{
		"significant", 1, "an episode whose episode_cost/1 is at least the SLO's bound, by default 2 %. curve/1 shows what other bounds would say",
		"", "Google SRE workbook", "budgets",
	},
	{
		"join", 1, "the SLOs that a page is about, by the first rule that finds any. labels: sloth_id, or sloth_service with sloth_slo; where a page has none of these, slo (Pyrra: the document's name, or the SLO's whole name; of several services the one that namespace names, else the page's own); then grafana_slo_uuid if an SLO is named so. match: all conditions of one of the SLO's matches hold of the page's attributes, a missing one being empty; expressions match the whole value. service: the page's service is the SLO's, by name, id or reference, without regard to case; SLOs with matches are left out. All objectives of a document are meant by its name. The rules ask all SLOs of the configuration, whichever a report is of: a page about one that is left out of it is not taken for one about another",
		"", "Sloth, Pyrra, Grafana", "budgets",
	},
	{
		"match", 1, "a page matches an episode if one of its spells (the stretches in which it was open) began from 5 minutes before the onset to the lag after the end; or began earlier and was still open at the onset: then it is stale. The lag is the longest window that a page of the SLO carries as label long, at most 6 hours, and 1 hour where none does",
		"", "", "budgets",
	},
	{
		"during", 1, "what burned while pages of the SLO were open, in an episode or not: equally among the incidents that were open, and within each equally among its pages. Pages that were merged into one another are one incident. A page that ended as it began was open for a second; an open page is open until the end",
		"events or slices", "", "budgets",
	},
	{
		"before", 1, "what an episode burned up to its first page, charged to that page (shared as above if several began at once)",
		"events or slices", "", "budgets",
	},
	{
		"after", 1, "what an episode burned after its first page while none of its pages was open, charged to the page that ended last before. Pages from after the window are not known yet",
		"events or slices", "", "budgets",
	},
	{
		"missed", 1, "what significant episodes without a page burned, but for pending/1. Of an episode that began before the window, what it burned within",
		"events or slices", "", "budgets",
	},
	{
		"pending", 1, "what significant episodes without a page burned that began less than 6 hours before the end: their page may yet come",
		"events or slices", "", "budgets",
	},
	{
		"minor", 1, "what episodes burned that have no page and are not significant",
		"events or slices", "", "budgets",
	},
	{
		"episodes_missed", 1, "significant episodes that began in the window, without a page and not pending, of all SLOs under review",
		"episodes", "", "budgets",
	},
	{
		"peak_burn_rate", 1, "the greatest burn rate of a minute, slice or segment within an episode",
		"", "", "budgets",
	},
	{
		"background", 1, "what burned outside of episodes while no page was open",
		"events or slices", "", "budgets",
	},
	{
		"burned", 1, "bad units in the window: the sum of before/1, during/1, after/1, missed/1, pending/1, minor/1 and background/1, and of two adjoining windows that of both, where a slice begins between them and the objective stays",
		"events or slices", "", "budgets",
	},
	{
		"charge", 1, "before/1 + during/1 + after/1 of one page. partly: the page began before the window or lasted beyond its end, and the rest is not in it. A review's share is of the budget at the window's end; page show has the budget 6 hours after the page ended, so that a page's own number does not change from week to week. gap: part of it is known only as the sum of a gap, as if it had burned evenly",
		"events or slices, and share", "", "budgets",
	},
	{
		"gross", 1, "what burned while a page was open, shared with nobody. Does not add up",
		"share", "", "budgets",
	},
	{
		"judged", 1, "a page about the SLO in the window of whose time, from 6 hours before its trigger to its end, at least 90 % was watched. Others, and pages about no SLO, are unjudged and in no ratio",
		"pages", "", "budgets",
	},
	{
		"coincidence", 1, "of a judged page: with burn if it matches a significant episode, else minor burn if it matches any, else without burn",
		"", "", "budgets",
	},
	{
		"precision", 1, "judged pages that began in the window and came with burn ÷ all judged ones, with the 95 % Wilson interval (1927). Over all SLOs a page counts once, with the most that it has in any",
		"pages", "Google SRE workbook, chapter 5", "budgets",
	},
	{
		"recall", 1, "significant episodes that began in the window and have a page ÷ all of them but the pending ones, with the Wilson interval",
		"episodes", "Google SRE workbook, chapter 5", "budgets",
	},
	{
		"weighted_recall", 1, "the same by episode_cost/1: the headline. For one SLO only",
		"share", "", "budgets",
	},
	{
		"detection", 1, "from an episode's onset to the beginning of its first page, below zero if the page was earlier (clocks differ); median and p90 (nearest rank) over significant episodes whose first page is not stale",
		"time", "Google SRE workbook, chapter 5", "budgets",
	},
	{
		"burned_before", 1, "what share of the 30-day budget an episode had burned when its first page began",
		"share", "", "budgets",
	},
	{
		"reset", 1, "from an episode's end to that of its last page, below zero if the page was earlier; over significant episodes. Known only if the last page ended, and neither a person nor the paging tool's clock ended it; merged pages do not count",
		"time", "Google SRE workbook, chapter 5", "budgets",
	},
	{
		"redundancy", 1, "pages that match a significant episode, by episode, ÷ significant episodes with a page",
		"pages", "", "budgets",
	},
	{
		"curve", 1, "precision/1 and recall/1 if episodes were significant from 1, 2, 5 and 10 %",
		"", "", "budgets",
	},
	{
		"matrix", 1, "pages that began in the window by coincidence/1 (over all SLOs the most) and by the verdict of the label in force; and the missed episodes. Precision is not actionability: actionable without burn is a cause or a lack of capacity, not actionable with burn an objective that is too tight or something that heals itself",
		"pages, episodes", "", "budgets",
	},
}
