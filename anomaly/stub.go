package anomaly

import "time"

// Detect finds the windows of s that touch the part under review, [from, to).
// What is before from is history, and context only.
func Detect(s Series, from, to time.Time, o Options) Result { panic("not written yet") }

// Usual returns what is usual at each time of s, as Detect sees it.
func Usual(s Series) Band { panic("not written yet") }
