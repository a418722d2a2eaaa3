package incident

import (
	"slices"
	"strings"
	"time"
)

// The defaults of [Settings].
const (
	DefaultFrom   = "SEV2"
	DefaultWithin = 14 * 24 * time.Hour
)

// DefaultSeverities are the words of the common tools, the gravest first.
func DefaultSeverities() []string {
	return []string{"SEV0", "SEV1", "P1", "SEV2", "P2", "SEV3", "P3", "SEV4", "P4", "SEV5", "P5"}
}

// OrDefault returns the settings with the defaults for what they do not say.
// Other severities than the defaults without a From make the gravest three the
// ones that must leave something.
func (s Settings) OrDefault() Settings {
	own := len(s.Severities) > 0
	if !own {
		s.Severities = DefaultSeverities()
	}
	if s.From == "" && own {
		s.From = s.Severities[min(len(s.Severities), 3)-1]
	}
	if s.From == "" {
		s.From = DefaultFrom
	}
	if s.Within == 0 {
		s.Within = DefaultWithin
	}
	return s
}

// Rank is a severity's place, 0 for the gravest. Case, blanks and hyphens make
// no difference; what is not in the list comes after all that is.
func (s Settings) Rank(severity string) int {
	word := severityWord(severity)
	i := slices.IndexFunc(s.Severities, func(known string) bool { return severityWord(known) == word })
	if i < 0 || word == "" {
		return len(s.Severities)
	}
	return i
}

// Grave reports whether an incident of that severity must leave a postmortem and
// a follow-up. One without a severity, or with one that nobody configured, need
// not: nobody has said that it is grave.
func (s Settings) Grave(severity string) bool {
	rank := s.Rank(severity)
	return rank < len(s.Severities) && rank <= s.Rank(s.From)
}

func severityWord(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(s))
}

// SameSeverity reports whether two words mean the same severity.
func SameSeverity(a, b string) bool { return severityWord(a) == severityWord(b) }
