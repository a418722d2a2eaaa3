package opsreview

import "strings"

// A Responder is a person who can be paged, as one source knows them. The same
// person in two sources is two responders with one email address.
type Responder struct {
	Ref
	Name     string
	Email    string    // the account's address, lower case; it joins the same person across sources
	TimeZone string    // an IANA name; "" if unknown, which is never taken for UTC
	Teams    []string  // team IDs at the same source
	Channels []Channel // the kinds of contact that they have, without the numbers
	Deleted  bool      // the source no longer lists them; their history stays
}

// NamedOnly begins the ID of a responder whom a source mentioned by name
// without saying which account it meant: "name:Ada Lovelace".
const NamedOnly = "name:"

// IsNamedOnly reports whether the source mentioned the responder by name alone.
func (r Responder) IsNamedOnly() bool { return strings.HasPrefix(r.ID, NamedOnly) }

// A Team is a group that owns services, as one source knows it.
type Team struct {
	Ref
	Name    string
	Deleted bool
}

// A Service is something that is owned and paged for.
type Service struct {
	Ref
	Name    string
	Teams   []string // team IDs at the same source
	Policy  string   // escalation policy ID at the same source
	Deleted bool
}

// An EscalationPolicy says who is asked next when nobody answers.
type EscalationPolicy struct {
	Ref
	Name    string
	Teams   []string
	Levels  int
	Deleted bool
}

// A Priority is a source's name for how much a page matters. Order 0 is the
// lowest.
type Priority struct {
	Ref
	Name  string
	Order int
}

// An Org is what the configuration says beside what the sources say: it wins
// where both speak.
type Org struct {
	Teams      []OrgTeam
	Responders []OrgResponder
	Vocabulary Vocabulary
	Policy     Policy
	Monitors   MonitorRules

	Maintenance []Maintenance
}

// An OrgTeam is a team of the configuration.
type OrgTeam struct {
	Name     string
	TimeZone string   // where its week begins; "" means UTC
	Services []string // names or references of services
	Members  []string // names of responders, for teams whose source has no schedule
	Leads    []string // names or addresses of people who see its members' load
	Hours    *Hours   // nil means the policy's
}

// An OrgResponder is a person of the configuration.
type OrgResponder struct {
	Name     string
	Emails   []string
	TimeZone string
	Holidays string // calendar of public holidays: "DE", "US", "GB-SCT"; "" for none
	Hours    *Hours // nil means the team's or the policy's
}

func join(ids []string) string { return strings.Join(ids, ", ") }
