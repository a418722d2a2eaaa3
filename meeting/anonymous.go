package meeting

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// fewest is how many people must stand behind a number that people who are not
// named may read.
const fewest = 3

// Anonymous takes names and addresses of people out of minutes: they are
// "responder 1", "responder 2", … in every text, in the order of their loads,
// and what only one or two people stand behind is withheld. Each of people is
// one person: names, addresses and keys. Who is named in a field that holds a
// person (an author, an owner, who was there) is taken for one, known or not.
// The snapshots that the meeting keeps for later are left out.
//
// Names are found as whole words, in capitals or not; the parts of a name, such
// as "Ada" of "Ada Lovelace", only as they are written, since some are words too.
func Anonymous(m Minutes, people [][]string) Minutes {
	m.Meeting.Opened, m.Meeting.Closed, m.Snapshot.Said = nil, nil, nil
	c := newCloak()
	for _, l := range m.Snapshot.Loads {
		c.person(append([]string{l.Person, l.Name}, c.others(people, l.Person, l.Name)...)...)
	}
	for _, names := range people {
		c.person(names...)
	}
	for _, name := range named(m) {
		c.person(name)
	}
	w := withhold(m)
	for text, instead := range w.texts {
		c.text(text, instead)
	}
	c.ready()
	return c.value(reflect.ValueOf(w.Minutes)).Interface().(Minutes) //nolint:forcetypeassert // a copy of the same type
}

// named lists the names that stand in fields for people.
func named(m Minutes) []string {
	all := []string{m.Meeting.Facilitator, m.Meeting.Presenter, m.Meeting.OpenedBy, m.Meeting.ClosedBy}
	items := slices.Clone(m.Items)
	for _, c := range m.Carried {
		items = append(items, c.Item)
		all = append(all, c.From.Facilitator, c.From.Presenter, c.From.OpenedBy, c.From.ClosedBy)
		if c.Ticket != nil {
			all = append(all, c.Ticket.Assignee)
		}
	}
	for _, i := range items {
		all = append(all, i.Author, i.Owner, i.DoneBy, i.WithdrawnBy)
		if isPeople(i.Kind) {
			all = append(all, peopleIn(i.Text)...)
		}
	}
	for _, w := range m.Waivers {
		all = append(all, w.Owner, w.Author, w.WithdrawnBy)
	}
	for _, p := range m.Snapshot.Pages {
		all = append(all, p.By)
	}
	return all
}

// peopleIn reads a list of people as somebody wrote it: "Ada, Bob and Cem".
func peopleIn(text string) []string {
	text = strings.NewReplacer(" and ", ",", "&", ",", ";", ",", "\n", ",").Replace(text)
	var all []string
	for name := range strings.SplitSeq(text, ",") {
		all = append(all, strings.TrimSpace(name))
	}
	return all
}

// A withheld is minutes without what only one or two people stand behind, and
// the sentences that tell of it elsewhere.
type withheld struct {
	Minutes
	texts map[string]string
}

// withhold leaves out what few people stand behind. It changes none of the
// lists that it was given.
func withhold(m Minutes) withheld {
	w := withheld{Minutes: m, texts: map[string]string{}}
	s := &w.Snapshot
	s.Numbers = cloneMap(s.Numbers)
	if n, ok := s.Numbers["responders"]; ok && n.Value > 0 && n.Value < fewest {
		w.drop("fewer than three people were interrupted: how often, and for how long, is withheld",
			"interruptions", "sleep_interruptions", "responders", "team_engaged", "time_to_acknowledge")
		s.Monitors = slices.Clone(s.Monitors)
		for i := range s.Monitors {
			s.Monitors[i].Withheld, s.Monitors[i].Interruptions, s.Monitors[i].EngagedMin = true, 0, 0
		}
	}
	if n := len(s.Loads); n > 0 && n < fewest {
		w.drop("the load of fewer than three people is withheld", "breaches")
		for _, l := range s.Loads {
			for _, b := range l.Breaches {
				w.texts[l.Name+": "+b.Text], w.texts[b.Text] = "a limit (withheld)", "(withheld)"
			}
		}
		s.Loads = nil
	}
	if t := s.Toil; t != nil && t.Minutes > 0 && t.People < fewest {
		w.drop("the toil of fewer than three people is withheld", "toil", "toil_share", "toil_overhead")
		s.Toil = &ToilFact{Withheld: true}
	}
	return w
}

// drop leaves out numbers, and the changes that tell them.
func (w *withheld) drop(why string, ids ...string) {
	w.Snapshot.Withheld = append(slices.Clone(w.Snapshot.Withheld), why)
	for _, id := range ids {
		delete(w.Snapshot.Numbers, id)
	}
	w.Changes = slices.DeleteFunc(slices.Clone(w.Changes), func(c Change) bool { return slices.Contains(ids, c.Subject) })
}

func cloneMap[K comparable, V any](m map[K]V) map[K]V {
	c := make(map[K]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// shortest is the shortest name that is found in capitals or not.
const shortest = 3

// A cloak replaces names of people in texts.
type cloak struct {
	names map[string]string // by the lower-case name, what stands for it
	parts map[string]string // by the part of a name as it is written
	known map[string]string // by a lower-case name that is too short for names
	texts map[string]string // whole sentences, and what stands for them
	count int

	starts map[string][]needle // by the first letters in lower case, longest first
	hidden map[string]string   // texts that were seen, with the names replaced
}

// A needle is what is looked for.
type needle struct {
	text    []rune
	exactly bool // in the case that it is written in
	instead string
}

func newCloak() *cloak {
	return &cloak{names: map[string]string{}, parts: map[string]string{}, known: map[string]string{}, texts: map[string]string{}}
}

// others returns what else a person is called.
func (c *cloak) others(people [][]string, names ...string) []string {
	for _, all := range people {
		for _, name := range all {
			if name != "" && slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
				return all
			}
		}
	}
	return nil
}

// person takes up one person's names. A name that is known already is that
// person's.
func (c *cloak) person(names ...string) {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return fold(n) == "" || nobody[fold(n)] })
	if len(names) == 0 {
		return
	}
	instead := ""
	for _, n := range names {
		instead = cmp.Or(instead, c.names[fold(n)], c.known[fold(n)], c.partOf(n))
	}
	if instead == "" {
		c.count++
		instead = fmt.Sprintf("responder %d", c.count)
	}
	for _, n := range names {
		c.name(n, instead)
	}
}

// nobody is what stands for somebody who did not say who they are. It names
// nobody, and the words mean other things in texts.
var nobody = map[string]bool{"local": true, "somebody": true, "unknown": true, "opsreview": true}

// name takes up one name, and what it is written like elsewhere.
func (c *cloak) name(name, instead string) {
	name = strings.TrimSpace(name)
	add := func(n string) {
		if _, ok := c.names[fold(n)]; !ok && n != "" {
			c.names[fold(n)] = instead
		}
	}
	if len([]rune(name)) < shortest { // "Al" is a name, and "al" a part of many
		c.parts[name] = cmp.Or(c.parts[name], instead)
		c.known[fold(name)] = cmp.Or(c.known[fold(name)], instead)
		return
	}
	add(name)
	local, domain, address := strings.Cut(name, "@")
	if address && !strings.ContainsAny(name, " ") {
		add(local + "%40" + domain)
		add("@" + local)
		return
	}
	for _, part := range strings.Fields(name) {
		part = strings.Trim(part, `.,;:()<>"'`)
		if strings.Contains(part, "@") {
			add(part) // "Ada <ada@example.com>"
			continue
		}
		if was := c.parts[part]; len([]rune(part)) >= shortest {
			c.parts[part] = instead
			if was != "" && was != instead {
				c.parts[part] = someone
			}
		}
	}
}

// someone stands for a part of a name that several people have.
const someone = "a responder"

// partOf is who a part of a name means, "" if that may be several people.
func (c *cloak) partOf(name string) string {
	if instead := c.parts[strings.TrimSpace(name)]; instead != someone {
		return instead
	}
	return ""
}

// text takes up a sentence that is replaced whole.
func (c *cloak) text(text, instead string) {
	if text != "" {
		c.texts[text] = instead
	}
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
