package definition

// toils are the definitions of the toil ledger.
var toils = []Definition{
	{
		"toil", 1, "logged entries, plus work logs of tagged tickets, plus for each person the time for which pages engaged them (engaged/1, each page capped by policy) that were labelled not actionable; without toil_overhead/1 and toil_dropped/1. The sum over people, over categories and over origins",
		"time", "Google SRE, chapter 5; this program's method, printed with the number", "toil",
	},
	{
		"toil_dropped", 1, "what is told twice and counts once. An entry that names a page takes the place of the page's own time of that person, or of everybody if it names nobody. Otherwise the part of a page's time that overlaps other work of the same person is dropped from the page. Of entries of one person, one task (or ticket) and overlapping time from different sources the longer counts",
		"time", "", "toil",
	},
	{
		"toil_overhead", 1, "work on tasks of which people answered more of the six questions with no than with yes: overhead, listed apart",
		"time", "Google SRE, chapter 5", "toil",
	},
	{
		"toil_working", 1, "a fifth of toil.week_hours (40) for each Monday to Friday of the part of the window that has passed, for each of the team's people, without the public holidays of each one's calendar. People of other teams are left out",
		"time", "", "toil",
	},
	{
		"toil_share", 1, "toil/1 ÷ toil_working/1; unknown where no working time is. The limit is toil.limit (50 %)",
		"share", "Google SRE, chapter 5", "toil",
	},
	{
		"toil_person", 1, "toil/1 by who did it: a person where the name, address or key is one's, else the name as it was logged",
		"time", "", "toil",
	},
	{
		"toil_team", 1, "toil/1 of everybody by team: the one that an entry names, and whose service a page is of",
		"time", "", "toil",
	},
	{
		"toil_category", 1, "toil/1 by category; pages are interrupts",
		"time", "Google SRE workbook, chapter 6", "toil",
	},
	{
		"toil_origin", 1, "toil/1 by where it comes from: logged, work logs of tickets, pages",
		"time", "", "toil",
	},
	{
		"toil_entries", 1, "what toil/1 is made of: entries, work logs, and stretches of pages of which anything is left",
		"entries", "", "toil",
	},
	{
		"toil_week", 1, "toil/1 of each ISO week, on the team's clock, that touches the window and of the twelve before; of the window's last one up to the window's end",
		"time", "", "toil",
	},
	{
		"toil_task", 1, "toil/1 of one recurring task, by its name without regard to case and blanks; a monitor's pages are a task of their own",
		"time", "", "toil",
	},
	{
		"toil_task_people", 1, "how many people did the task in those thirteen weeks",
		"people", "", "toil",
	},
	{
		"toil_task_week", 1, "toil_task/1 of the thirteen weeks that end with the window, or since its first entry there but at least four weeks (of a younger ledger since the ledger's first entry, at least a week), scaled to a week. Of a task that was automated two weeks ago or more: since then",
		"time a week", "", "toil",
	},
	{
		"toil_task_quarter", 1, "toil_task_week/1 × 13: what automating it would save at most",
		"time", "", "toil",
	},
	{
		"toil_saved", 1, "of a task that a machine does: what it took a week in the thirteen weeks before (or since its first entry there, but at least a week) × the weeks since − what it took since. Said from two weeks on",
		"time", "", "toil",
	},
}
