// Package auth tells who calls and what they may do.
//
// A caller proves who they are with a bearer token of two kinds: one that the
// program made, of which a file keeps the hash, or an OpenID Connect ID token.
// Either gives the caller grants: a role, for the whole organisation or for some
// teams. Which role a call needs is the server's to say. The package says
// nothing about why a token is refused that could help to guess one, and no
// token is ever part of an error.
package auth

import (
	"context"
	"slices"
	"strings"

	"opsreview"
)

// A Role is how much a caller may do. Each may do what the ones before may.
type Role string

// The roles, from the least.
const (
	Reader Role = "reader" // reads
	Writer Role = "writer" // labels, pushes, imports, syncs and sends
	Admin  Role = "admin"  // copies the database and reads the audit log
)

var roles = []Role{Reader, Writer, Admin}

// ParseRole returns the role of that name, or an Invalid error.
func ParseRole(name string) (Role, error) {
	if r := Role(name); slices.Contains(roles, r) {
		return r, nil
	}
	return "", opsreview.Errorf(opsreview.Invalid, "there is no role %q: choose reader, writer or admin", name)
}

// Includes reports whether r may do what least may. The zero role may nothing.
func (r Role) Includes(least Role) bool {
	i := slices.Index(roles, r)
	return i >= 0 && i >= slices.Index(roles, least)
}

// A Grant is a role for some teams, or for the whole organisation where Teams
// is empty.
type Grant struct {
	Role  Role     `json:"role"`
	Teams []string `json:"teams,omitempty"`
}

// How a caller is known.
const (
	ViaToken = "token"
	ViaOIDC  = "oidc"
	ViaLocal = "local" // nothing authenticated them: they are on this machine
)

// A Caller is who makes a call.
type Caller struct {
	Name   string
	Person string // whom they are as a responder, where that is not their name; "" if it is, or if they are nobody
	Via    string
	Grants []Grant
}

// Key names the caller apart from callers of the same name known another way.
func (c Caller) Key() string { return c.Via + ":" + c.Name }

// A Scope is where a caller may do something. The zero Scope is nowhere.
type Scope struct {
	Everywhere bool
	Teams      []string // where not everywhere
}

// Scope returns where the caller may do what needs the role.
func (c Caller) Scope(least Role) Scope {
	var s Scope
	for _, g := range c.Grants {
		switch {
		case !g.Role.Includes(least):
		case len(g.Teams) == 0:
			return Scope{Everywhere: true}
		default:
			s.Teams = append(s.Teams, g.Teams...)
		}
	}
	slices.Sort(s.Teams)
	s.Teams = slices.Compact(s.Teams)
	return s
}

// Nowhere reports whether s is no place at all.
func (s Scope) Nowhere() bool { return !s.Everywhere && len(s.Teams) == 0 }

// Has reports whether s covers the team. Names of teams are the same in upper
// and lower case, as everywhere; the empty name is the whole organisation.
func (s Scope) Has(team string) bool {
	if s.Everywhere {
		return true
	}
	team = fold(team)
	return team != "" && slices.ContainsFunc(s.Teams, func(t string) bool { return fold(t) == team })
}

// fold is how package review compares names of teams. Folding more than it
// does would give a caller another team's pages.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// A Verifier finds out whose a bearer token is. It returns an Unauthenticated
// error for one that it does not accept.
type Verifier interface {
	Verify(ctx context.Context, secret string) (Caller, error)
}

// A Chain is how a server knows its callers: by its own tokens, by ID tokens,
// or both. A nil part accepts nothing.
type Chain struct {
	Tokens *TokenFile
	OIDC   *OIDC
}

// errRefused is what every token that is not accepted gets, whatever is wrong
// with it.
var errRefused = &opsreview.Error{
	Code:    opsreview.Unauthenticated,
	Message: "the token is not accepted: it may be mistyped, revoked or expired; an admin makes one with \"opsreview token create\"",
}

// Verify implements Verifier.
func (c Chain) Verify(ctx context.Context, secret string) (Caller, error) {
	switch {
	case c.Tokens != nil && strings.HasPrefix(secret, tokenPrefix):
		return c.Tokens.Verify(ctx, secret)
	case c.OIDC != nil && strings.Count(secret, ".") == 2:
		return c.OIDC.Verify(ctx, secret)
	}
	return Caller{}, errRefused
}
