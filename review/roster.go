package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// A Roster knows which responders are one person, and on whose clock they live.
type Roster struct {
	persons []Person
	byRef   map[opsreview.Ref]int
	hours   opsreview.Hours  // of people whom nobody has configured
	gaps    map[string][]Gap // by the person's key
}

// NewRoster joins the responders of all sources to persons. A responder is the
// configured person who has their email address, else the one who has their
// exact name, upper and lower case being the same; the same address in two
// sources is one person; somebody whom a source mentioned by name only is the
// account of that name there; everybody else is a person alone. A name that
// several accounts of one source bear joins nobody.
//
// A zone or calendar of the configuration wins over the sources'. Hours are the
// person's, else the named team's, else the policy's.
func NewRoster(org opsreview.Org, responders []opsreview.Responder, team string) Roster {
	b := rosterBuilder{
		org:     org,
		byEmail: map[string]int{},
		byName:  map[string]int{},
		zones:   map[string]*time.Location{},

		accounts: map[account]int{},
		roster:   Roster{byRef: map[opsreview.Ref]int{}, hours: org.Policy.Hours, gaps: map[string][]Gap{}},
	}
	if t, ok := orgTeam(org, team); ok && t.Hours != nil {
		b.roster.hours = *t.Hours
	}
	b.configured()
	b.join(responders)
	return b.finish()
}

// Person returns the person whom ref names. Somebody whom no source lists is a
// person named by the ID, whose zone is unknown.
func (r Roster) Person(ref opsreview.Ref) Person {
	if i, ok := r.byRef[ref]; ok {
		return r.persons[i]
	}
	return Person{Key: ref.String(), Name: ref.ID, Refs: []opsreview.Ref{ref}, Hours: r.hours}
}

// Persons lists everybody whom a source lists, by name.
func (r Roster) Persons() []Person { return slices.Clone(r.persons) }

// Gaps tells what is not known of a person and what to do about it.
func (r Roster) Gaps(p Person) []Gap {
	if gaps, ok := r.gaps[p.Key]; ok {
		return gaps
	}
	if p.Zone == nil {
		return []Gap{{Subject: p.Name, Text: "no source lists this responder, so the time zone is unknown: configure them with a time_zone"}}
	}
	return nil
}

// A draft is a person in the making.
type draft struct {
	config     *opsreview.OrgResponder
	responders []opsreview.Responder
}

// A rosterBuilder holds what NewRoster knows half-way.
type rosterBuilder struct {
	org     opsreview.Org
	drafts  []draft
	byEmail map[string]int
	byName  map[string]int // configured people only
	// accounts are the drafts of each source's names.
	accounts map[account]int
	zones    map[string]*time.Location
	roster   Roster
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func (b *rosterBuilder) configured() {
	for i := range b.org.Responders {
		c := &b.org.Responders[i]
		b.drafts = append(b.drafts, draft{config: c})
		for _, email := range c.Emails {
			b.claim(b.byEmail, fold(email), i)
		}
		b.claim(b.byName, fold(c.Name), i)
	}
}

// claim gives a name to a draft unless another has it already.
func (b *rosterBuilder) claim(names map[string]int, name string, i int) {
	if _, taken := names[name]; !taken && name != "" {
		names[name] = i
	}
}

// join sorts every responder to a draft, accounts before mere names and the
// living before the deleted, so that what a source says today wins over what it
// said once.
func (b *rosterBuilder) join(responders []opsreview.Responder) {
	rank := func(r opsreview.Responder) int {
		switch {
		case r.IsNamedOnly():
			return 2
		case r.Deleted:
			return 1
		}
		return 0
	}
	sorted := slices.Clone(responders)
	slices.SortStableFunc(sorted, func(x, y opsreview.Responder) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), x.Ref.Compare(y.Ref))
	})
	shared := sharedNames(sorted)
	for _, r := range sorted {
		if _, seen := b.roster.byRef[r.Ref]; seen {
			continue
		}
		i := b.draftOf(r, shared)
		b.drafts[i].responders = append(b.drafts[i].responders, r)
		b.roster.byRef[r.Ref] = i
		b.claim(b.byEmail, fold(r.Email), i)
		b.accounts[account{r.Source, fold(r.Name)}] = i
	}
}

func (b *rosterBuilder) draftOf(r opsreview.Responder, shared map[account]bool) int {
	if i, ok := b.byEmail[fold(r.Email)]; ok {
		return i
	}
	name := account{r.Source, fold(r.Name)}
	if i, ok := b.byName[name.name]; ok && !shared[name] {
		return i
	}
	if i, ok := b.accounts[name]; ok && r.IsNamedOnly() && !shared[name] {
		return i
	}
	b.drafts = append(b.drafts, draft{})
	return len(b.drafts) - 1
}

// An account is a name within a source.
type account struct{ source, name string }

// sharedNames tells which names several accounts of one source bear.
func sharedNames(responders []opsreview.Responder) map[account]bool {
	first := map[account]opsreview.Responder{}
	shared := map[account]bool{}
	for _, r := range responders {
		if r.IsNamedOnly() {
			continue
		}
		a := account{r.Source, fold(r.Name)}
		f, ok := first[a]
		switch {
		case !ok:
			first[a] = r
		case f.Ref != r.Ref && (r.Email == "" || fold(f.Email) != fold(r.Email)):
			shared[a] = true
		}
	}
	return shared
}

// finish turns the drafts into persons in the order of their names.
func (b *rosterBuilder) finish() Roster {
	order := make([]int, 0, len(b.drafts))
	persons := make([]Person, len(b.drafts))
	for i, d := range b.drafts {
		if len(d.responders) > 0 {
			persons[i] = b.person(d)
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(strings.Compare(fold(persons[i].Name), fold(persons[j].Name)), strings.Compare(persons[i].Key, persons[j].Key))
	})
	for place, i := range order {
		b.roster.persons = append(b.roster.persons, persons[i])
		for _, ref := range persons[i].Refs {
			b.roster.byRef[ref] = place
		}
	}
	return b.roster
}

func (b *rosterBuilder) person(d draft) Person {
	p := Person{Hours: b.roster.hours, Deleted: true}
	emails := []string{}
	for _, r := range d.responders {
		p.Refs = append(p.Refs, r.Ref)
		p.Deleted = p.Deleted && r.Deleted
		p.Name = cmp.Or(p.Name, r.Name)
		emails = append(emails, fold(r.Email))
	}
	slices.SortFunc(p.Refs, opsreview.Ref.Compare)
	if c := d.config; c != nil {
		p.Name, p.Holidays = cmp.Or(c.Name, p.Name), c.Holidays
		for i := len(c.Emails) - 1; i >= 0; i-- {
			emails = append([]string{fold(c.Emails[i])}, emails...)
		}
		if c.Hours != nil {
			p.Hours = *c.Hours
		}
	}
	p.Name = cmp.Or(p.Name, p.Refs[0].ID)
	p.Key = cmp.Or(append(emails, p.Refs[0].String())...)
	var gaps []Gap
	p.Zone, gaps = b.zone(d, p.Name)
	if err := CheckCalendar(p.Holidays); err != nil {
		gaps = append(gaps, Gap{Subject: p.Name, Text: opsreview.ErrorMessage(err) + "; no holidays are counted"})
		p.Holidays = ""
	}
	b.roster.gaps[p.Key] = gaps
	return p
}

// zone returns the person's zone. The configuration's word is final even where
// it cannot be read: another zone would be a guess.
func (b *rosterBuilder) zone(d draft, name string) (*time.Location, []Gap) {
	names := []string{}
	if d.config != nil && d.config.TimeZone != "" {
		names = append(names, d.config.TimeZone)
	} else {
		for _, r := range d.responders {
			if r.TimeZone != "" && !slices.Contains(names, r.TimeZone) {
				names = append(names, r.TimeZone)
			}
		}
	}
	const remedy = "interruptions count as unknown hours until a time_zone is configured"
	if len(names) == 0 {
		return nil, []Gap{{Subject: name, Text: "the time zone is unknown: " + remedy}}
	}
	for _, n := range names {
		zone := b.load(n)
		if zone == nil {
			continue
		}
		if len(names) > 1 {
			return zone, []Gap{{Subject: name, Text: fmt.Sprintf("the sources disagree about the time zone (%s): %s is used; configure the right one", strings.Join(names, ", "), n)}}
		}
		return zone, nil
	}
	return nil, []Gap{{Subject: name, Text: fmt.Sprintf("the time zone %q is not known here: %s", names[0], remedy)}}
}

// load returns the zone of an IANA name, or nil. "Local" is no zone of a person
// but the machine's.
func (b *rosterBuilder) load(name string) *time.Location {
	if zone, ok := b.zones[name]; ok {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		zone = nil
	}
	b.zones[name] = zone
	return zone
}
