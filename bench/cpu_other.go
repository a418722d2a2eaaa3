//go:build !unix

package main

import "time"

var started = time.Now()

// processor returns how many seconds this process has run, where the system
// does not say how much of a processor it had.
func processor() float64 { return time.Since(started).Seconds() }
