//go:build !race

package server_test

// crashes is how often a test kills a process.
const crashes = 25
