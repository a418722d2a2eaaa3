package opsreview

import "time"

// A Shift is an interval in which a responder is on call, as seen at
// ObservedAt. Paging tools compute past shifts from today's configuration, so a
// shift that had ended when it was observed is never rewritten by a later look.
type Shift struct {
	Responder  Ref
	Schedule   string // the schedule's name; "" if the policy names the person directly
	ScheduleID string
	Policy     string // the escalation policy's name
	PolicyID   string
	Level      int // 1 is asked first; 0 if unknown
	Start      time.Time
	End        time.Time // zero if the duty has no end
	ObservedAt time.Time
}
