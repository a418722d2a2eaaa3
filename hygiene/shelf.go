package hygiene

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"opsreview"
)

// A shelf is the runbooks that were looked up, by address without its fragment.
type shelf struct {
	looked   bool
	runbooks map[string]opsreview.Runbook
	paths    map[string][]opsreview.Runbook // files by their last element
	users    map[string]map[string]bool     // the titles of the monitors that name an address
}

func newShelf(defs []opsreview.MonitorDefinition, runbooks []opsreview.Runbook) *shelf {
	s := &shelf{
		looked: runbooks != nil, runbooks: map[string]opsreview.Runbook{},
		paths: map[string][]opsreview.Runbook{}, users: map[string]map[string]bool{},
	}
	for _, r := range runbooks {
		address, _ := splitAddress(r.Address)
		if old, ok := s.runbooks[address]; ok && old.Problem == "" {
			continue
		}
		s.runbooks[address] = r
		if !strings.Contains(address, "://") {
			last := path.Base(address)
			s.paths[last] = append(s.paths[last], r)
		}
	}
	for _, d := range defs {
		if d.Runbook == "" {
			continue
		}
		address, _ := splitAddress(d.Runbook)
		if s.users[address] == nil {
			s.users[address] = map[string]bool{}
		}
		s.users[address][d.Title] = true
	}
	return s
}

// splitAddress takes the fragment off an address, and a slash at its end.
func splitAddress(address string) (whole, fragment string) {
	whole, fragment, _ = strings.Cut(strings.TrimSpace(address), "#")
	if decoded, err := url.PathUnescape(fragment); err == nil {
		fragment = decoded
	}
	return strings.TrimSuffix(whole, "/"), fragment
}

// find returns the runbook at an address. A path in a repository, or the address
// of a repository's page of it, is as good as that of the file itself, if there
// is only one that ends so.
func (s *shelf) find(address string) (opsreview.Runbook, bool) {
	if r, ok := s.runbooks[address]; ok {
		return r, true
	}
	var found []opsreview.Runbook
	for _, r := range s.paths[path.Base(address)] {
		file := path.Clean(strings.TrimPrefix(r.Address, "/"))
		if sameEnd(path.Clean("/"+address), "/"+file) {
			found = append(found, r)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	return opsreview.Runbook{}, false
}

// sameEnd reports whether one path ends in the other, element by element.
func sameEnd(a, b string) bool {
	return strings.HasSuffix(a, b) || strings.HasSuffix(b, a)
}

// RunbookAddresses lists the addresses of the runbooks that monitors name, each
// once and without fragment, in order. Those that are filled in when a monitor
// fires, and paths, are not among them.
func RunbookAddresses(defs []opsreview.MonitorDefinition) []string {
	var all []string
	for _, d := range defs {
		address, _, _ := strings.Cut(strings.TrimSpace(d.Runbook), "#")
		if !templated(address) && (strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")) {
			all = append(all, address)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func templated(address string) bool { return strings.Contains(address, "{{") }

// runbook notes what is wrong with a monitor's runbook.
func (l *linter) runbook(m monitor, s *shelf) {
	if m.Runbook == "" || templated(m.Runbook) {
		return
	}
	dead := func(text, remedy string) {
		p := m.problem()
		p.Kind, p.Text, p.Remedy = ofRunbook, text, remedy
		l.add(runbookDead, m.allowed, p)
	}
	if why := noAddress(m.Runbook); why != "" {
		dead("names a runbook at "+quoted(m.Runbook)+", which "+why, "Write the address of a document that is there.")
		return
	}
	address, fragment := splitAddress(m.Runbook)
	r, found := s.find(address)
	switch {
	case !found && s.looked && !strings.Contains(address, "://") && len(s.paths) > 0:
		dead("names the runbook "+quoted(address)+", and there is no such file among those that are known",
			"Correct the path, or name the file under runbooks.")
	case !found:
	case r.Problem != "":
		dead("names a runbook that cannot be read: "+address+": "+r.Problem, "Correct the address, or write the runbook there.")
	default:
		l.section(m, r, fragment, len(s.users[address]))
	}
}

// noAddress says why an address can lead nowhere, "" if it may lead somewhere.
func noAddress(address string) string {
	words := strings.ToLower(strings.Trim(address, " <>[]().…"))
	if slices.Contains([]string{"", "todo", "tbd", "fixme", "none", "n/a", "na", "-", "null", "missing", "xxx"}, words) {
		return "is no address"
	}
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil:
		return "is no address"
	case u.Scheme == "" && strings.ContainsAny(address, " \t\n"):
		return "is no address"
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host == "":
		return "names no host"
	case u.Hostname() == "localhost":
		return "is on the reader's own machine"
	}
	return ""
}

// section checks that a runbook has a part for a monitor: the one that the
// fragment names, a heading with its name, or the whole document where it is of
// this monitor alone.
func (l *linter) section(m monitor, r opsreview.Runbook, fragment string, users int) {
	p := m.problem()
	p.Kind = ofRunbook
	anchors := append(slices.Clone(r.Anchors), anchorsOf(r.Sections)...)
	same := func(a string) bool { return strings.EqualFold(a, fragment) || squeeze(a) == squeeze(fragment) }
	switch {
	case len(anchors) == 0:
		return // it is behind a login, or nothing that can be read
	case fragment != "" && slices.ContainsFunc(anchors, same):
		return
	case fragment != "":
		p.Text = "names the section " + quoted(fragment) + " of its runbook, which has none of that name: " + r.Address
		p.Remedy = "Write a section for it there, or correct what follows the # in the address."
	case users <= 1 || about(r, m.Title):
		return
	default:
		p.Text = "has no section in the runbook that it shares with other monitors: " + r.Address
		p.Remedy = "Write a section headed “" + m.Title + "” there, and end the address in its anchor."
	}
	l.add(runbookSection, m.allowed, p)
}

// about reports whether a runbook or one of its sections has a monitor's name.
func about(r opsreview.Runbook, title string) bool {
	name := squeeze(withoutTemplates(title))
	if name == "" || squeeze(path.Base(strings.TrimSuffix(r.Address, path.Ext(r.Address)))) == name {
		return true
	}
	has := func(s string) bool { return strings.Contains(squeeze(s), name) }
	return has(r.Title) || slices.ContainsFunc(r.Sections, has)
}

func anchorsOf(sections []string) []string {
	all := make([]string, len(sections))
	for i, s := range sections {
		all[i] = anchor(s)
	}
	return all
}
