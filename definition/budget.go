package definition

// budgets are the definitions of what is left of SLOs' budgets.
var budgets = []Definition{
	{
		"budget.total", 1, "the denominator: events in the window, or slices of it that count. A segment that an end of the window cuts counts for its part, as if what it holds were spread evenly",
		"events or slices", "", "budgets",
	},
	{
		"budget.bad", 1, "the numerator: bad events; bad slices; or, for RatioTimeslices, the sum of bad ÷ total of the slices",
		"events or slices", "OpenSLO", "budgets",
	},
	{
		"slice", 1, "slices begin at UTC multiples of their length. One is good if at least timeSliceTarget of its events are good, and also if it had no traffic while at least half of it was watched. It is unknown if it had none and less was watched, or if it had fewer events than the SLO's least. One that an end of the window cuts is judged whole and counts for its part. Known only from a gap, it is judged by the gap's sum",
		"slices", "OpenSLO; no traffic is good: elastic/kibana#181888", "budgets",
	},
	{
		"budget.unknown", 1, "slices of the window that nothing is known of. By the document's choice they are left out of the total (the default), good, or bad. The slice that is not over at the window's end is never held against anybody while it is unknown: where unknown ones are left out, so is it, and else it is good. Time before the first segment is unknown too: a young SLO whose missing data is bad begins overspent",
		"slices", "Google SRE", "budgets",
	},
	{
		"allowed", 1, "(1 − target) × budget.total/1, by the objective in force at the window's end. A change within the window is marked",
		"events or slices", "Google SRE", "budgets",
	},
	{
		"remaining", 1, "1 − consumed/1. It is not clamped: what is overspent is below 0",
		"share", "Google SRE", "budgets",
	},
	{
		"consumed", 1, "budget.bad/1 ÷ allowed/1. It is not clamped: what is overspent is above 1. Without traffic nothing is consumed. Nothing is projected for the part of a window that was not seen",
		"share", "Google SRE; elastic/kibana#158941", "budgets",
	},
	{
		"consumed_low", 1, "consumed/1 if all unknown slices were good; consumed/1 where events are counted",
		"share", "", "budgets",
	},
	{
		"consumed_high", 1, "consumed/1 if all unknown slices were bad; consumed/1 where events are counted",
		"share", "", "budgets",
	},
	{
		"budget.status", 1, "no data: nothing watched and nothing counted · overspent: consumed/1 above 1 · no traffic: watched, and no events · ok",
		"", "", "budgets",
	},
	{
		"budget.coverage", 1, "the time of the window that was watched ÷ the window. Gaps are not watched; time that a correction takes out counts as watched. Does not add up",
		"share", "", "budgets",
	},
	{
		"gap_burn", 1, "of consumed/1, what fell into gaps: counters tell how much it was, and nobody knows when",
		"share", "", "budgets",
	},
	{
		"edge_error", 1, "at most so much may consumed/1 be off because the window's ends cut segments or slices: all that is bad in those ÷ allowed/1. Does not add up",
		"share", "", "budgets",
	},
	{
		"corrected", 1, "time that people took out, once where corrections overlap. Among events it takes good and bad ones alike, so that what is left weighs more. A slice is judged by what is left of it, and is good if that is nothing; the number of slices stays",
		"time", "Datadog (status corrections)", "budgets",
	},
	{
		"excess", 1, "events by which good ones exceeded the total, which somebody counts wrongly",
		"events", "", "budgets",
	},
	{
		"resets", 1, "restarts of counters, just before each of which events are lost. A restart belongs to the beginning of its segment",
		"restarts", "", "budgets",
	},
	{
		"granularity", 1, "1 ÷ allowed/1 where that is less than 10: what one failure costs",
		"share", "Google SRE workbook, low traffic", "budgets",
	},
	{
		"week_share", 1, "budget.bad/1 of the last 7 days ÷ allowed/1 of the last 30. It is not consumed/1 of the 7 days, whose budget is that of 7 days",
		"share of the 30-day budget", "", "budgets",
	},
	{
		"burned_7d", 1, "of all SLOs under review, the greatest consumed/1 of 7 days. Those of which nothing is known are left out",
		"share", "", "budgets",
	},
	{
		"burned_30d", 1, "of all SLOs under review, the greatest consumed/1 of 30 days. Those of which nothing is known are left out",
		"share", "", "budgets",
	},
	{
		"slos_overspent", 1, "SLOs under review whose consumed/1 of 30 days is above 1 (budget.status/1). Unknown if nothing is known of any",
		"SLOs", "", "budgets",
	},
	{
		"burn_rate", 1, "consumed/1 of the last hour before the end of which anything was watched; unknown if that is more than 6 hours back. 1 spends a budget exactly in its window. Does not add up",
		"", "Google SRE workbook, chapter 5", "budgets",
	},
	{
		"exhaustion", 1, "remaining/1 of the 30 days × 30 days ÷ burn_rate/1; unknown if nothing remains, nothing burns, or it would be centuries",
		"time", "Google SRE workbook", "budgets",
	},
	{
		"burn_down", 1, "at each of 60 even steps through the 30 days: 1 − what was bad since their beginning ÷ allowed/1 of all of them, as if the budget had been full at the beginning. The last step is remaining/1. For drawing; does not add up",
		"share", "", "budgets",
	},
	{
		"own_window", 1, "the window that the document asks for. A rolling one is that long; months, quarters and years of a calendar one are those of its zone's calendar, counted from its start, of which the current one is measured as far as it is over. At the very end of a period that is all of it. A start on the 31st is the last day of shorter months; a time that clocks skip is the instant of the change. Without a zone it is the team's",
		"", "OpenSLO", "budgets",
	},
}
