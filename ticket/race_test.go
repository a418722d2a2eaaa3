//go:build race

package ticket_test

// schedules is how many random schedules a property is tried on: under the race
// detector fewer, which take the same paths.
const schedules = 60
