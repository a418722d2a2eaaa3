package definition

// anomalies are the definitions of a look back over dashboards.
var anomalies = []Definition{
	{
		"usual", 1, "of a series at a time: the median of the 73 hours around it plus the median, at this time of day ± 15 minutes, of what is left; over all days, weekdays and weekends, or each day of the week apart, whichever is simplest and within 5 % of the best, where medians of few values are not taken for more than they are. The first and the last 36 hours of a series have the level of its first and last 73. Of a counter per second, and unknown across its resets",
		"the chart's", "", "anomalies",
	},
	{
		"usual_band", 1, "usual/1 ± how much the series usually strays: the square root of the sum of the squares of the standard deviations of what is left in minutes (against a median over two hours) and in hours (that median)",
		"the chart's", "", "anomalies",
	},
	{
		"score", 1, "how far from usual: the greatest of what is left in minutes, 1.3 times what is left in hours, and 1.6 times its median over 12 hours, each in multiples of its standard deviation (at least 0.7 % of the series' range). A stretch counts from 8.5 (look_back.threshold), extends while the score is above 0.65 of that, and is one with others less than three hours away",
		"times", "", "anomalies",
	},
	{
		"since", 1, "how long before a window no value was as high, or as low; unknown below a day",
		"time", "", "anomalies",
	},
	{
		"flat", 1, "no change for at least an hour, 20 times the 99th percentile of the gaps between the series' changes, and 4 times those in which it spends all but 2 % of its time; of series with at least 100 changes. Scores of this and the next grow with the logarithm of the length",
		"", "", "anomalies",
	},
	{
		"vanished", 1, "the same of the gaps between values, where at least 80 % of the hours before have any; a gap that has ended counts from twice that and 6 hours",
		"", "", "anomalies",
	},
	{
		"level_shift", 1, "the median of the day after is away from that of the day before by at least 2.5 times the usual (the 98th percentile of such moves in the history, and how far apart a day's quarters are), makes at least 60 % of the change from week to week, all seven days before lie on the one side, and all days after on the other, for at least 54 hours and, unless that is the end, a week. The hours' usual shape of the week is taken away first, from three weeks on",
		"the chart's", "", "anomalies",
	},
	{
		"level_days", 1, "the same from 3 times the usual, for 12 hours to a week, and gone again, or still so at the end: kind sustained",
		"the chart's", "", "anomalies",
	},
	{
		"drift", 1, "of at least four weeks: the median of the slopes between all pairs of days (Theil and Sen), times the days, is at least 6 times how far 90 % of the days are from the line at most and more than how far apart a day's quarters are; every week makes between 0.3 and 2 times its even part, no three days more than 40 %, and values go both ways",
		"the chart's", "", "anomalies",
	},
	{
		"pattern", 1, "the days' shapes: at least five of the last days, all but one of them, are farther from every usual shape (working days, Saturdays, Sundays) than 35 % of its size and 1.5 times what 90 % of the days before are, in one way. The weeks': two or more days of the week are at another level in both of the last two weeks, by 2.5 times the usual; or in the last, if what some lost others gained, or the weekend passed like working days",
		"", "", "anomalies",
	},
	{
		"holiday", 1, "a working day at most half as far from what weekends are like as from what working days are: what it deviates by is no window",
		"", "", "anomalies",
	},
	{
		"anomalies", 1, "the windows of one chart's series that overlap or lie within 30 minutes are one anomaly. A window that lasts for more than a day takes in what overlaps its first day only; drifts and changed patterns only their like. It is as unusual as its most unusual series. Its ID is made of the chart and of the minute in which it began",
		"anomalies", "", "anomalies",
	},
	{
		"anomalies_unexplained", 1, "of anomalies/1, those whose context/1 is unexplained and that nobody has dismissed",
		"anomalies", "", "anomalies",
	},
	{
		"context", 1, "paged: a page of the chart's service began from 15 minutes before it until less than 15 minutes after its end. explained: no page, and an incident, an episode (episode/1) of any cost or announced maintenance of the service overlaps it. Of an anomaly that lasts for longer than a day, its first six hours are compared. unexplained: otherwise, and always of a chart without a service, which is compared with nothing",
		"", "", "anomalies",
	},
	{
		"decision", 1, "the latest that touches it: of the chart (or of a panel that asks the same) and about a time that overlaps it, or a dismissal until after it began. Reopened is open. A dismissed one is not shown; one like it later is, and says so",
		"", "", "anomalies",
	},
	{
		"shown", 1, "of the open and accepted ones the first 10 (look_back.most): unexplained ones first, then those that go on, then by score; the rest is counted",
		"anomalies", "", "anomalies",
	},
	{
		"source_gap", 1, "where more than half of the series of at least three charts, and of more than half of the charts of one source, vanish within 30 minutes of one another, it is the source's gap and no anomaly",
		"", "", "anomalies",
	},
}
