//go:build race

package server_test

// crashes is how often a test kills a process that closes crashWeeks reviews:
// each takes long under the race detector, which sees the same code each time.
const crashes, crashWeeks = 2, 4
