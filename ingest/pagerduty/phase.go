package pagerduty

// The phases of a pull, in the words of the person who waits for it.
const (
	phaseReference = "people and services"
	phaseOnCall    = "on-call shifts"
	phaseEntry     = "log entries"
	phaseSuspect   = "windows that were not whole"
	phaseDetails   = "alerts and notes"
	phaseOpen      = "open incidents"
	phaseHistory   = "history"
	phaseDeep      = "the last week once more"
	phaseChanged   = "changed incidents"
	phaseResolved  = "notes of resolved incidents"
	phaseCounts    = "daily counts"
)
