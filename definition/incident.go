package definition

// incidents are the definitions of how declared incidents went.
var incidents = []Definition{
	{
		"incidents", 1, "the team's incidents that touch the window: those that began before its end and were not resolved before its start. The beginning is the earliest recorded of start, detection, declaration and acknowledgement. One that is over without anybody having recorded when belongs to the window in which it began. Does not add up",
		"incidents", "", "incidents",
	},
	{
		"incidents_overdue", 1, "incidents that began before the window's end, are of the severity incidents.from (SEV2) or graver, and have gone without a postmortem or without a follow-up for longer than incidents.within (14 days) since their resolution; else since their mitigation, else since they began. Incidents without a severity, and those that were cancelled, declined, merged or only planned, never are",
		"incidents", "Google SRE, chapter 15", "incidents",
	},
	{
		"detection_share", 1, "incidents/1 by what noticed them: an alert, a person, a customer, or unknown. Where nobody recorded it, an alert did if the incident's first page came by itself and no later than the declaration; that is marked as inferred",
		"incidents", "", "incidents",
	},
	{
		"incident_detect", 1, "start to detection. Where nobody recorded the detection and an alert noticed it, the incident's first page is the detection",
		"time", "", "incidents",
	},
	{
		"incident_acknowledge", 1, "detection to the first acknowledgement, from the start where the detection is unknown; where nobody recorded it, the first acknowledgement of its pages by a person",
		"time", "", "incidents",
	},
	{
		"incident_mitigate", 1, "start to mitigation: when users were harmed no more",
		"time", "", "incidents",
	},
	{
		"incident_resolve", 1, "start to resolution",
		"time", "", "incidents",
	},
	{
		"incident_burned", 1, "what an SLO of the incident's services burned of its 30-day budget while the incident lasted: from its start (else the earliest time recorded) to its mitigation, else its resolution, else now. Incidents at the same time each have all of it: costs of incidents do not add up",
		"share", "", "incidents",
	},
	{
		"incident_pages", 1, "the pages that the incident owns, as its source or a person says",
		"pages", "", "incidents",
	},
	{
		"incident_missing", 1, "of incidents/1, those of which a field was not recorded, for each field",
		"incidents", "", "incidents",
	},
}
