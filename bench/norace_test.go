//go:build !race

package main

const underRace = false // the race detector watches
