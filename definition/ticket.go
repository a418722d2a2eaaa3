package definition

// tickets are the definitions of whether closed tickets held.
var tickets = []Definition{
	{
		"tickets_opened", 1, "the team's tickets that were filed in the window",
		"tickets", "", "wins",
	},
	{
		"tickets_closed", 1, "the team's tickets that were closed in the window, by the tracker's word",
		"tickets", "", "wins",
	},
	{
		"tickets_held", 1, "closed tickets under observation whose verdict is held (held/1)",
		"tickets", "", "wins",
	},
	{
		"tickets_came_back", 1, "closed tickets under observation whose verdict is that it came back",
		"tickets", "", "failures",
	},
	{
		"held_before", 1, "those pages in the 28 days before the ticket was filed (or, where only its labels are known, before it was first seen), as far as the stored history reaches back",
		"pages", "", "wins",
	},
	{
		"held_after", 1, "those pages from the closing on, for 28 days or, if held_enough/1 is more, that long; up to now or, where that is earlier, up to where the stored history reaches: the last sync of the source of the pages, or the last page where it is imported",
		"pages", "", "wins",
	},
	{
		"held_enough", 1, "the fewest whole days without a page after which held_before/1 is more than chance explains (p_value/1 below 0.05), at most 84. It depends on the pages before only, so that what is counted is not chosen by how it turned out. With 28 days before: 32 days for 4 pages, 49 for 3; 2 pages or fewer never say anything",
		"days", "", "wins",
	},
	{
		"rate_ratio", 1, "rate after ÷ rate before, with the exact 95 % interval of Clopper and Pearson (Biometrika 26 (1934), 404–413) for the share of the pages after in all. Unknown without a page before. The interval cuts 2.5 % at each side, where p_value/1 adds up what is unlikely on both: close to 0.05 they may disagree",
		"", "Clopper and Pearson", "wins",
	},
	{
		"held", 1, "held: p_value/1 below 0.05 and fewer. came_back: below 0.05 and more; or, from held_enough/1 on, not fewer than chance explains and more than half the rate before. unknown: too few pages before; or the whole time has passed, pages are half or fewer, and chance explains it. too_early: otherwise",
		"", "", "wins",
	},
	{
		"minutes_saved", 1, "the ticket's cost when it was last seen × (1 − rate_ratio/1), where it held",
		"minutes a week", "", "wins",
	},
}
