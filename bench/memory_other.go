//go:build !unix

package main

import (
	"errors"
	"os"
)

// peakMemory returns an error: only Unix tells what a process had.
func peakMemory(*os.ProcessState) (float64, error) {
	return 0, errors.New("memory can be measured on Unix only")
}
