//go:build race

package main

const underRace = true // the race detector watches
