package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"opsreview"
)

// tokenPrefix begins every token, so that people and scanners of repositories
// know one when they see it.
const tokenPrefix = "opsreview_"

// A Token is what is kept of a token: everything but the token. Hash is the
// SHA-256 of its text. A slow hash as for passwords would gain nothing: a token
// is 256 random bits, which nobody guesses at any speed, and it is looked up at
// every call.
type Token struct {
	Name    string    `json:"name"`
	Person  string    `json:"person,omitempty"` // whose it is: an address, a key or a name; "" for automation's
	Grant             // one role, for one set of teams
	Hash    string    `json:"sha256"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero for never
}

var tokenName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// maxPerson is how long the address or the name of a person may be.
const maxPerson = 254

// check returns an Invalid error for a token that cannot be used.
func (t Token) check() error {
	if !tokenName.MatchString(t.Name) {
		return opsreview.Errorf(opsreview.Invalid,
			"token name %q: use up to 63 lower-case letters, digits, dots, - and _, beginning with a letter or a digit", t.Name)
	}
	if len(t.Person) > maxPerson || strings.ContainsFunc(t.Person, unicode.IsControl) || t.Person != strings.TrimSpace(t.Person) {
		return opsreview.Errorf(opsreview.Invalid, "token %q: %q is not the address or the name of a person", t.Name, t.Person)
	}
	if _, err := ParseRole(string(t.Role)); err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "token %q: %s", t.Name, opsreview.ErrorMessage(err))
	}
	if slices.ContainsFunc(t.Teams, func(team string) bool { return strings.TrimSpace(team) == "" }) {
		return opsreview.Errorf(opsreview.Invalid, "token %q: a team's name is empty", t.Name)
	}
	if sum, err := hex.DecodeString(t.Hash); err != nil || len(sum) != sha256.Size {
		return opsreview.Errorf(opsreview.Invalid, "token %q: its sha256 is not one", t.Name)
	}
	return nil
}

// Expired reports whether the token is of no use at now.
func (t Token) Expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// newSecret returns the text of a new token.
func newSecret() string {
	bits := make([]byte, 32)
	_, _ = rand.Read(bits) // It never fails; the program ends if the system has no randomness.
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(bits)
}

// hash returns what is kept of a token's text.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
