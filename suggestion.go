package opsreview

import (
	"slices"
	"strings"
)

// A Suggestion is what a rule of the policy thinks of a page, with the facts
// that it used. It is never counted as a label: only a person makes it one. The
// zero Suggestion suggests nothing.
type Suggestion struct {
	Page     Ref
	Rule     string // the rule's id
	Verdict  Verdict
	Cause    string   // a Cause's ID
	Reason   string   // why, in words; parts of it may be a source's, so escape it where it is shown
	Evidence []string // the facts, each as "name: value"
}

// IsZero reports whether s suggests nothing.
func (s Suggestion) IsZero() bool { return s.Rule == "" }

// Same reports whether s and t suggest the same label, whatever their reasons.
func (s Suggestion) Same(t Suggestion) bool { return s.Verdict == t.Verdict && s.Cause == t.Cause }

// A Maintenance is announced work: pages that begin in its window were to be
// expected.
type Maintenance struct {
	Services []string // names or references; none means every service
	Window   Window
	Summary  string // what is done, in a few words
}

// Covers reports whether the work is on a service.
func (m Maintenance) Covers(s Service) bool {
	return len(m.Services) == 0 || slices.ContainsFunc(m.Services, func(name string) bool {
		return name == s.Ref.String() || strings.EqualFold(name, s.Name)
	})
}
