//go:build race

package server_test

// crashes is how often a test kills a process: each takes long under the race
// detector, which sees the same code each time.
const crashes = 3
