package definition

// load are the definitions of how heavy a window was on a person.
var load = []Definition{
	{
		"hours", 1, "the class of an instant on a person's own clock. Sleep: 22:00–08:00 every day. Business: 08:00–18:00, Monday to Friday. Off-hours: everything else. Starts are inside, ends outside. Sleep wins over weekends and holidays. A public holiday of the person's calendar, or the day that stands in for it, is no business day",
		"", "PagerDuty Analytics", "load",
	},

	{
		"load.pages", 1, "distinct pages that notified the person in the window, over any channel. Does not add up: a page that notifies in two windows is in both",
		"pages", "", "load",
	},
	{
		"elsewhere", 1, "of load.pages/1, pages of services outside the team",
		"pages", "", "load",
	},
	{
		"load.interruptions", 1, "interruptions/1 of the person in the window, by hours/1",
		"interruptions", "", "load",
	},
	{
		"interrupted_hours", 1, "distinct hours of the person's clock (18:00–18:59) with at least one interruption. The hour that is repeated when clocks go back is two. Does not add up",
		"hours", "PagerDuty, on-call review guide; Multitudes", "load",
	},
	{
		"broken_nights", 1, "nights with at least one sleep interruption. A night is named by the date of its evening. Does not add up",
		"nights", "", "load",
	},
	{
		"nights_run", 1, "the longest run of consecutive broken nights within the window. Does not add up",
		"nights", "", "load",
	},
	{
		"most_per_shift", 1, "the most distinct pages that interrupted the person in any 12 hours of the window; a page exactly 12 hours later is in the next. Does not add up",
		"pages", "Google SRE", "load",
	},
	{
		"on_call", 1, "the time covered by the person's shifts of all levels within the part of the window that has passed; overlapping shifts count once. Unknown if none of the sources that know the person delivered any shift for the window",
		"time", "", "load",
	},
	{
		"on_call_share", 1, "on_call/1 ÷ the part of the window that has passed. The limit is judged over the window and the four weeks before it, as far back as shifts are known: a week alone would blame every weekly rotation",
		"percent", "Google SRE", "load",
	},
	{
		"shifts", 1, "shifts that touch the window. Pieces of one schedule that touch are one; shifts that overlap are one; a duty without an end is one only if there is no other. Does not add up",
		"shifts", "", "load",
	},
	{
		"weeks", 1, "weeks of the window, counted in steps of seven local days from its start, in which the person was on call. Does not add up",
		"weeks", "", "load",
	},
	{
		"engaged", 1, "the time from the person's first acknowledgement in each spell in which a page was open to the end of the spell, snoozes included; overlapping pages count once. One page counts for at most the policy's engaged_cap (6 hours), counted from the beginning. An open page lasts until now",
		"time", "PagerDuty; the cap: Google SRE", "load",
	},
	{
		"acknowledged", 1, "assignments that began in the window and that the person acknowledged",
		"assignments", "", "load",
	},
	{
		"timed_out", 1, "assignments that began in the window whose page moved up by itself before the person answered",
		"assignments", "", "load",
	},
	{
		"load_aggregate", 1, "what those are told who may not see each person's load: how many people were on call or notified, their interruptions and engaged time in all, the median and the most of their load.pages/1, how many were woken, and breaches by limit. Withheld for fewer people than privacy.least_people (3)",
		"", "", "load",
	},
	{
		"breaches", 1, "limits that people's loads went over, each once for each person; see Limits",
		"breaches", "", "load",
	},
	{
		"sleep_interruptions", 1, "of interruptions/1, those in the sleep hours of whom they reached (hours/1)",
		"interruptions", "PagerDuty Analytics", "load",
	},
	{
		"team_engaged", 1, "engaged/1 of everybody by pages of the team: person-time, so that two people at one page count twice",
		"time", "", "load",
	},
	{
		"pages_per_shift", 1, "load.pages/1 ÷ shifts/1; unknown without shifts",
		"pages", "", "load",
	},
	{
		"pages_per_week", 1, "load.pages/1 ÷ weeks/1. A week on call without a page is a week",
		"pages", "", "load",
	},
}
