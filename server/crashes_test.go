//go:build !race

package server_test

// crashes is how often a test kills a process that closes crashWeeks reviews.
const crashes, crashWeeks = 25, 24
