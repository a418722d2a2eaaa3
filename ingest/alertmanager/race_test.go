//go:build race

package alertmanager_test

// raceEnabled says that everything takes some ten times as long.
const raceEnabled = true
