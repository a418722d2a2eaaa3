package opsreview

import (
	"regexp"
	"strings"
)

// A Ref names an object at its source: Source is the source's name in the
// configuration ("pd"), ID the object's name there ("Q3YON8WNWTZMRQ"). The same
// ID in two sources is two objects. The kind of object (page, responder,
// service) is given by where the Ref stands. The zero Ref names nothing.
type Ref struct {
	Source string
	ID     string
}

// String returns "source/id", and "" for the zero Ref.
func (r Ref) String() string {
	if r == (Ref{}) {
		return ""
	}
	return r.Source + "/" + r.ID
}

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// Compare orders refs by source, then by id.
func (r Ref) Compare(s Ref) int {
	if c := strings.Compare(r.Source, s.Source); c != 0 {
		return c
	}
	return strings.Compare(r.ID, s.ID)
}

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// ValidSourceName returns an Invalid error unless name can name a source: up
// to 63 lower-case letters, digits, "-" and "_", beginning with a letter or a
// digit.
func ValidSourceName(name string) error {
	if !sourceName.MatchString(name) {
		return Errorf(Invalid, "source name %q: use up to 63 lower-case letters, digits, - and _, beginning with a letter or a digit", name)
	}
	return nil
}

// ParseRef reads what [Ref.String] wrote. It returns an Invalid error for
// anything else.
func ParseRef(s string) (Ref, error) {
	source, id, ok := strings.Cut(s, "/")
	if !ok || id == "" || ValidSourceName(source) != nil {
		return Ref{}, Errorf(Invalid, "%q is not a reference: write source/id, such as pd/Q3YON8WNWTZMRQ", s)
	}
	return Ref{Source: source, ID: id}, nil
}
