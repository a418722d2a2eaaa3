package definition

// pages are the definitions of what is counted of pages, their labels, responses and costs.
var pages = []Definition{
	{
		"pages", 1, "pages of the team's services that were triggered in the window. A trigger of a page that is open is no new page",
		"pages", "", "pages",
	},
	{
		"open", 1, "of pages/1, those that have not ended",
		"pages", "", "pages",
	},
	{
		"escalated", 1, "of pages/1, those that moved up the escalation chain by themselves, because nobody answered in time",
		"pages", "PagerDuty log entries", "pages",
	},
	{
		"interruptions", 1, "notifications to one person within 60 seconds of the first, that second included, over any channel but email, whatever pages they are about. The first notification that no interruption has taken in begins the next. An interruption lies where its first notification lies",
		"interruptions", "PagerDuty, Responder Insights", "load",
	},
	{
		"responders", 1, "people with at least one interruption by the team's pages. Does not add up",
		"people", "", "load",
	},
	{
		"assignment", 1, "one page's demand on one responder: from a trigger, assignment, reassignment, escalation, request for help, timed-out acknowledgement or reopening that made it theirs (or from their first notification, where nothing else names them) until they acknowledged, it timed out, it moved on, or the page ended",
		"assignments", "", "load",
	},

	{
		"actionable", 1, "a person's verdict: there was something for the responder to do, now. Suggestions are never counted",
		"", "", "pages",
	},
	{
		"actioned", 1, "somebody did something. The label decides if it says so, or has minutes of work. Otherwise: a person acknowledged, and after that a person wrote a note, changed a field, escalated, reassigned or asked for help",
		"", "", "pages",
	},
	{
		"outcome", 1, "handled: actionable and actioned · ignored: actionable, not actioned · wasted: not actionable, actioned all the same · noise: neither · unlabelled: nobody has said",
		"", "", "pages",
	},
	{
		"coverage", 1, "labelled pages ÷ pages/1",
		"share", "", "pages",
	},
	{
		"labelled", 1, "of pages/1, those with a label in force",
		"pages", "", "pages",
	},
	{
		"pages_handled", 1, "of pages/1, those of the outcome handled (outcome/1)",
		"pages", "", "pages",
	},
	{
		"pages_ignored", 1, "of pages/1, those of the outcome ignored",
		"pages", "", "pages",
	},
	{
		"pages_wasted", 1, "of pages/1, those of the outcome wasted",
		"pages", "", "pages",
	},
	{
		"pages_noise", 1, "of pages/1, those of the outcome noise",
		"pages", "", "pages",
	},
	{
		"pages_unlabelled", 1, "of pages/1, those without a label in force",
		"pages", "", "pages",
	},
	{
		"noise_share", 1, "pages_wasted/1 and pages_noise/1 ÷ labelled/1. Unknown where nothing is labelled",
		"share", "", "pages",
	},
	{
		"causes", 1, "labels in force by cause, in today's words: an old word counts under the cause whose was names it",
		"labels", "", "pages",
	},
	{
		"suggestion", 1, "the first rule of the policy, in its order, whose condition holds of the page's facts: its own timeline, its interruptions, its monitor's pages of the 28 days before and of the hour around it, its service's pages within 10 minutes, announced maintenance. It is in no count of labels or outcomes",
		"", "", "pages",
	},
	{
		"hit_rate", 1, "of the labelled pages for which a rule speaks, whether or not it comes first, those whose label has its verdict; with the 95 % Wilson interval (1927). In a window for policy rules; beside a page, over the 28 days up to the last page shown. Unreliable: at least min_labels labels, and a rate below min_hit_rate",
		"share", "", "pages",
	},

	{
		"time_to_acknowledge", 1, "trigger to the first explicit acknowledgement by a person",
		"time", "", "pages",
	},
	{
		"never_acked", 1, "of pages/1, those that no person acknowledged",
		"pages", "", "pages",
	},
	{
		"time_to_resolve", 1, "trigger to the last resolution",
		"time", "", "pages",
	},
	{
		"unresolved", 1, "of pages/1, those that are open and have no time to resolve",
		"pages", "", "pages",
	},
	{
		"merged", 1, "of pages/1, those that were merged into others",
		"pages", "", "pages",
	},

	{
		"previous", 1, "pages/1 in the window of the same calendar length before",
		"pages", "", "pages",
	},
	{
		"baseline", 1, "pages/1 in the four weeks before the window, on the team's clock, scaled to the window's length. Weeks without a page are weeks",
		"pages", "", "pages",
	},
	{
		"rate", 1, "the other window's pages, scaled to the length of the part of this window that has passed",
		"pages", "", "pages",
	},
	{
		"p_value", 1, "the two-sided p-value of the exact conditional binomial test that both have one Poisson rate (Przyborowski and Wilenski, Homogeneity of results in testing samples from Poisson series, Biometrika 31 (1940), 313–323): the probability of all outcomes that are no likelier than the one seen, as R's poisson.test. From 0.05 on, the difference is called noise. Pages that come in storms are not independent, and the test then finds differences more readily than it should",
		"", "Przyborowski and Wilenski", "pages",
	},

	{
		"monitor_cost", 1, "the interruptions and engaged time that fell in the window and were caused by the monitor's pages, older ones too. Engaged time is person-time: each person's overlapping pages count once, two people count twice. Ranked by sleep interruptions, then interruptions, engaged time, pages and the monitor's id",
		"", "", "pages",
	},
	{
		"page_cost", 1, "interruptions, engaged person-time and people interrupted by one page, from its trigger to its end, in whatever window",
		"", "", "pages",
	},

	{
		"heat", 1, "each load.interruptions/1 of a person by weekday and hour on that person's own clock. The sum over people adds hours of different zones: it says at what hour of their week people are interrupted. People whose zone is unknown are left out and counted beside it",
		"interruptions", "", "load",
	},
	{
		"actionability_week", 1, "pages/1 of each week by the verdict of the label in force; unlabelled pages are a class of their own. Weeks are seven local days from the window's start: four before it and those of the window, the last of which may be shorter. A week that begins before the stored history is unknown",
		"pages", "", "pages",
	},
	{
		"timeline", 1, "pages/1, each from its trigger to its resolution, with its outcome and whether it interrupted anybody in sleep hours",
		"pages", "", "pages",
	},

	{
		"dispute", 1, "a monitor of whose pages of the window two have labels in force by different people that differ in verdict or cause. A label without a cause contradicts no cause of its verdict, and a renamed cause is the same. Verdicts come first, then most labels",
		"monitors", "", "pages",
	},
	{
		"late_change", 1, "a label, or the taking back of one, that came after a given time (by default the end of the window) to a page of the window that had a label",
		"labels", "", "pages",
	},

	{
		"topic", 1, "a page that began in the window and is worth discussing, for a reason of the list below",
		"pages", "", "pages",
	},
}
