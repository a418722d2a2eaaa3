package slo

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"opsreview"
	"opsreview/internal/yamltree"
)

// A Document is a file of OpenSLO documents. Name is for messages.
type Document struct {
	Name string
	Data []byte
}

// A Problem is something in a document that is not as the specification has it.
// A fatal one says that something cannot be used, and then there is no SLO of
// it; any other is read as Text says.
type Problem struct {
	File  string
	Line  int // 0 if it is about the whole file
	Text  string
	Fatal bool
}

// String returns the problem with its place in front.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// maxName bounds names, in bytes: OpenSLO encourages 255.
const maxName = 255

// Parse reads OpenSLO documents of version 1 and version 2 alpha, which may
// refer to one another across files. It is tolerant: what it does not know it
// reports and leaves out. The SLOs come in the order of the documents, and the
// problems too. A file that is not YAML at all is a fatal problem like any other.
func Parse(docs []Document) ([]opsreview.SLO, []Problem) {
	l := library{services: map[string]bool{}, dataSources: map[string]string{}, indicators: map[string]*indicator{}, slos: map[string]string{}}
	var entries []entry
	for i, d := range docs {
		entries = append(entries, l.open(file{i, d.Name}, d.Data)...)
	}
	// What is referred to is read before what refers to it.
	for _, kind := range []string{"DataSource", "Service", "SLI", "SLO"} {
		for _, e := range entries {
			if e.kind == kind {
				l.read(e)
			}
		}
	}
	slices.SortStableFunc(l.found, func(a, b located) int { return cmp.Compare(a.file, b.file) })
	var slos []opsreview.SLO
	for _, f := range l.found {
		slos = append(slos, f.SLO)
	}
	slices.SortStableFunc(l.complaints, func(a, b complaint) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.Line, b.Line))
	})
	var problems []Problem
	for _, c := range l.complaints {
		problems = append(problems, c.Problem)
	}
	return slos, problems
}

// A located is an SLO with the order of its file.
type located struct {
	file int
	opsreview.SLO
}

// A library is what the documents define, by name.
type library struct {
	book
	services    map[string]bool
	dataSources map[string]string     // name → type
	indicators  map[string]*indicator // nil for one that cannot be used
	slos        map[string]string     // name → where it stands
	found       []located
}

// An entry is one document whose head was read.
type entry struct {
	*object // the whole document
	kind    string
	name    string
	v2      bool // of version 2 alpha
	meta    *object
	spec    *object
}

// ignoredKinds are those that say how somebody is alerted, which is not ours.
var ignoredKinds = []string{"AlertPolicy", "AlertCondition", "AlertNotificationTarget"}

// limits bound a file of objectives.
var limits = yamltree.Limits{Name: "a file of objectives", Size: 512 << 10, Keys: 5000}

// open reads the heads of a file's documents. A list of documents is as good
// as a stream of them.
func (l *library) open(f file, data []byte) []entry {
	trees, err := yamltree.Parse(data, limits)
	if err != nil {
		l.add(f, err.Line, true, err.Text)
		return nil
	}
	var entries []entry
	for _, t := range trees {
		items := []*yamltree.Tree{t}
		if t.Form == yamltree.List {
			items = t.Items
		}
		for _, item := range items {
			if e, ok := l.head(f, item); ok {
				entries = append(entries, e)
			}
		}
	}
	return entries
}

// head reads what every document has, and reports whether to read on.
func (l *library) head(f file, t *yamltree.Tree) (entry, bool) {
	if t.Form != yamltree.Mapping {
		l.add(f, t.Line, false, "this is not an OpenSLO document, it is ignored: want apiVersion, kind, metadata and spec")
		return entry{}, false
	}
	o := newObject(&l.book, f, "", t)
	e := entry{object: o, kind: o.text("kind")}
	if !e.version() {
		return entry{}, false
	}
	switch {
	case slices.Contains(ignoredKinds, e.kind):
		return entry{}, false
	case !slices.Contains([]string{"DataSource", "Service", "SLI", "SLO"}, e.kind):
		o.warn("kind", "%s is not a kind that is read, the document is ignored: those are SLO, SLI, Service and DataSource", yamltree.Quote(e.kind))
		return entry{}, false
	}
	before := l.fatal
	e.meta, e.spec = o.child("metadata"), o.child("spec")
	if e.meta == nil {
		e.meta = newObject(&l.book, f, "metadata", &yamltree.Tree{Form: yamltree.Mapping, Line: t.Line})
	}
	if e.spec == nil {
		e.spec = newObject(&l.book, f, "spec", &yamltree.Tree{Form: yamltree.Mapping, Line: t.Line})
	}
	o.done()
	e.name = e.meta.text("name")
	e.nameProblems(e.meta, "name", e.name)
	e.meta.ignore("labels")
	return e, l.fatal == before
}

// version reads which version of OpenSLO the document is of, and reports
// whether it is one that is read.
func (e *entry) version() bool {
	version := e.text("apiVersion")
	group, v, _ := strings.Cut(version, "/")
	switch {
	case version == "":
		e.warn("apiVersion", "is missing: openslo/v1 is assumed")
	case group != "openslo" && group != "openslo.com":
		e.warn("apiVersion", "%s is not OpenSLO, the document is ignored", yamltree.Quote(version))
		return false
	case strings.HasPrefix(v, "v2alpha"):
		e.v2 = true
	case v != "v1" && slices.Contains(ignoredKinds, e.kind):
	case v != "v1":
		e.fail("apiVersion", "%s is not a version that is read: use openslo/v1 or openslo.com/v2alpha", yamltree.Quote(version))
		return false
	}
	return true
}

func (e *entry) nameProblems(o *object, key, name string) {
	switch {
	case name == "":
		o.fail(key, "is missing")
	case len(name) > maxName:
		o.fail(key, "has more than %d bytes", maxName)
	}
}

// read reads the body of a document.
func (l *library) read(e entry) {
	if e.kind == "SLO" {
		l.readSLO(e)
		return
	}
	l.title(e)
	l.annotations(e, nil)
	e.meta.done()
	known := false
	switch e.kind {
	case "DataSource":
		e.spec.ignore("description", "connectionDetails")
		vendor := e.spec.text("type")
		if _, known = l.dataSources[e.name]; !known {
			l.dataSources[e.name] = vendor
		}
	case "Service":
		e.spec.ignore("description")
		known = l.services[e.name]
		l.services[e.name] = true
	case "SLI":
		e.spec.ignore("description")
		i := l.readIndicator(e.spec, e.v2)
		if _, known = l.indicators[e.name]; !known {
			l.indicators[e.name] = i
		}
	}
	if known {
		e.meta.fail("name", "there is another %s %s", e.kind, yamltree.Quote(e.name))
	}
	e.spec.done()
}

// title returns the name for people. Version 2 has no place for it in the
// metadata, where many have it nevertheless.
func (l *library) title(e entry) string {
	title := e.meta.text("displayName")
	if title != "" && e.v2 {
		e.meta.warn("displayName", "is not in version 2 of OpenSLO: it is read nevertheless")
	}
	return title
}

// readSLO reads a document of kind SLO, which has an SLO for each objective.
func (l *library) readSLO(e entry) {
	before := l.fatal
	s := opsreview.SLO{
		Title: l.title(e), Description: e.spec.text("description"), Service: e.spec.text("service"),
		Origin: e.place(),
	}
	e.nameProblems(e.spec, "service", s.Service)
	if len(l.services) > 0 && s.Service != "" && !l.services[s.Service] {
		e.spec.warn("service", "there is no Service %s among the documents", yamltree.Quote(s.Service))
	}
	l.annotations(e, &s)
	e.meta.done()
	s.Objective.Method = readMethod(e.spec)
	s.Window = readWindow(e.spec)
	i := l.findIndicator(e.spec, e.v2)
	e.spec.ignore("alertPolicies")
	objectives := e.spec.children("objectives")
	if t := e.spec.get("objectives"); t == nil || (t.Form == yamltree.List && len(t.Items) == 0) {
		e.spec.fail("objectives", "is missing")
	}
	e.spec.done()
	broken := l.fatal > before
	if i != nil && i.Threshold != nil && len(objectives) > 1 && !e.v2 {
		e.spec.warn("objectives", "version 1 of OpenSLO allows one for a thresholdMetric: each is read nevertheless")
	}
	for n, o := range objectives {
		before := l.fatal
		if len(objectives) > 1 {
			s.Title = titleOf(e, o)
		}
		one := l.readObjective(e, s, i, o, broken)
		one.Name = s.Service + "/" + e.name
		if n > 0 {
			one.Name += "/" + strconv.Itoa(n+1)
			one.Origin = o.place()
		}
		if where, ok := l.slos[one.Name]; ok && !broken {
			o.fail("", "there is another SLO %s, at %s", yamltree.Quote(one.Name), where)
		}
		if l.fatal == before && !broken {
			l.slos[one.Name] = one.Origin
			l.found = append(l.found, located{e.file.index, one})
		}
	}
}

// readObjective completes an SLO by one of its document's objectives. Of a
// broken document only more of what is wrong is wanted.
func (l *library) readObjective(e entry, s opsreview.SLO, base *indicator, o *object, broken bool) opsreview.SLO {
	before := l.fatal
	o.ignore("displayName", "labels")
	own := l.findIndicator(o, e.v2)
	if o.get("compositeWeight") != nil {
		o.warn("compositeWeight", "is ignored: every objective is an SLO of its own")
	}
	if own == nil {
		own = base
	}
	s.Objective = readTarget(o, s.Objective)
	switch {
	case own == nil && l.fatal == before && !broken:
		o.fail(o.named(e.v2, "indicator", "sli"), "is missing, and the document has none for all of its objectives")
	case own != nil:
		s.Indicator = readThreshold(o, *own)
	}
	o.done()
	return s
}

// titleOf is the title of one of several objectives.
func titleOf(e entry, o *object) string {
	parts := []string{e.meta.text("displayName"), o.text("displayName")}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, ": ")
}

// place returns "file:line".
func (o *object) place() string { return o.file.name + ":" + strconv.Itoa(o.tree.Line) }
