package definition

// whatIfs are the definitions of what other settings of a monitor would have changed.
var whatIfs = []Definition{
	{
		"real", 1, "a page that people labelled actionable or, where nobody has labelled it, that escalated because nobody answered",
		"pages", "", "pages",
	},
	{
		"ended_alone", 1, "a page that the monitoring tool resolved, without any trace of a person before: no event by a person or by a program in a person's name, and no label that says that somebody acted. An acknowledgement is no trace where the page is labelled not actionable. A page that the paging tool's own clock resolved, that was merged, or that nobody knows how it ended, did not end alone. How long a page took decides nothing by itself",
		"pages", "", "pages",
	},
	{
		"longer_for", 1, "for longer by 5, 10, 15 or 30 minutes. A page that ended alone in less than that would not have come; every other one would have come that much later",
		"", "", "pages",
	},
	{
		"grouping", 1, "within 10, 30 or 60 minutes. A page joins a group if it begins less than that after the group's first page, or while a page of the group is open (for a day at most), unless a person has resolved a page of the monitor since the group began. A page that joins does not come by itself; it is not lost, because people had been paged already",
		"", "", "pages",
	},
	{
		"business_hours", 1, "a page waits for the first business hour (hours/1) of anybody whom its first interruption reached, if that is none. One that ended alone by then would not have come. Pages that interrupted nobody, and those of people whose zone is unknown, are left as they were",
		"", "", "pages",
	},
	{
		"higher_threshold", 1, "a page whose value is not beyond the threshold would not have come; what the value became later is not known. The value is an attribute named such as value, else the one number of the titles that varies (of several the only one with a unit). Numbers in names, dates and times are no values. Tried only if at least half of the pages show a value, at observed values but the worst: all, or the quartiles and the last one that spares every real page. Which side is bad is read from the title's words, else from the fixed number of the same unit; where neither says it both sides are tried and neither is proposed",
		"", "", "pages",
	},
	{
		"interruptions_avoided", 1, "interruptions/1 by the monitor's pages alone of which every page would not have come. Another monitor's page in the same minute would have interrupted all the same",
		"interruptions", "", "pages",
	},
	{
		"sleep_interruptions_avoided", 1, "of those the ones in sleep hours; for business_hours/1 also those of which every page would have waited: they would have come by day",
		"interruptions", "", "pages",
	},
	{
		"real_delay", 1, "by how much real/1 pages that would have come later would have: median and longest. A page labelled service_issue_wrong_hours may wait for business hours and does not count there",
		"time", "", "pages",
	},
	{
		"best_what_if", 1, "the first, by sleep interruptions, interruptions and pages avoided (of equals: fewer real pages lost, then the smaller change), that harms no page and avoids at least two pages or sleep interruptions. Harm is being lost, or later than 15 minutes (99.9 % leaves 43 minutes in 30 days), for a page that is real, or that nobody has labelled and that did not end alone. Histories of fewer than three pages say nothing; business_hours/1 takes three labels. Computed by BestWhatIf",
		"", "", "pages",
	},
}
