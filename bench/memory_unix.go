//go:build unix

package main

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// peakMemory returns the most memory that an ended process had, in megabytes.
// On Linux that is at least what this process had when it started the other,
// since for a moment they shared their memory (exec(2) keeps the mark).
func peakMemory(p *os.ProcessState) (float64, error) {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("this system does not say how much memory a process had")
	}
	peak := float64(usage.Maxrss)
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		peak *= 1024 // There it is in kilobytes.
	}
	return peak / 1e6, nil
}
