//go:build race

package store_test

// raceEnabled says that each instruction of the engine costs some twenty times
// as much: tests that repeat themselves do so less often.
const raceEnabled = true
