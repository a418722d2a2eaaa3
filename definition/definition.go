// Package definition is the registry of what the numbers of a review mean.
//
// Each number has an id and a version, which goes up when its meaning changes,
// so that numbers of two reviews can be compared. docs/definitions.md says the
// same for people; a test holds the two together.
package definition

// A Definition is what one number means.
type Definition struct {
	ID      string // "broken_nights"
	Version int
	Formula string // in words
	Unit    string // "" for none
	Source  string // who says so; "" for this program's own
	Section string // of a review in which it is printed; one of the agenda's
}
