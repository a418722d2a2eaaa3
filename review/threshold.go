package review

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A side tells which values of a gauge are bad.
type side int

const (
	sideUnknown side = iota
	above            // too much: a page says that the value is above a threshold
	below            // too little
)

// A gauge is what a monitor's pages show of the thing that it measures.
type gauge struct {
	values []float64 // of each page
	known  []bool    // whether the page shows one
	unit   string    // as it follows the value: " %", "ms"
	side   side
}

// mostThresholds is how many thresholds are tried where there are many values.
const mostThresholds = 4

// thresholds tries other thresholds where at least half of the pages show a
// value: at values that were observed, but for the worst, which would have
// silenced everything. Where it is not known which side is bad, both are tried
// and neither can be proposed.
func (t *trials) thresholds() []experiment {
	g, ok := t.attributeGauge()
	if !ok {
		g, ok = t.titleGauge()
	}
	if !ok {
		return nil
	}
	var all []experiment
	for _, s := range []side{above, below} {
		if g.side != sideUnknown && g.side != s {
			continue
		}
		for _, v := range t.candidates(g, s) {
			all = append(all, t.threshold(g, s, v))
		}
	}
	return all
}

// threshold avoids the pages whose value is not beyond limit. What the value
// became later is not known.
func (t *trials) threshold(g gauge, s side, limit float64) experiment {
	text := strconv.FormatFloat(limit, 'f', -1, 64) + g.unit
	e := experiment{
		kind: HigherThreshold, setting: "above " + text, fates: make([]fate, len(t.pages)),
		change: "Page above " + text + " only", how: "said " + text + " or less when they came",
	}
	if s == below {
		e.setting, e.change, e.how = "below "+text, "Page below "+text+" only", "said "+text+" or more when they came"
	}
	if g.side == sideUnknown {
		e.doubt = "The pages do not say which side of a threshold is bad."
	}
	for i, v := range g.values {
		e.fates[i].avoided = g.known[i] && beyond(s, v, limit) <= 0
	}
	return e
}

// beyond is positive if v is worse than limit, and 0 if it is the same.
func beyond(s side, v, limit float64) int {
	if s == below {
		return cmp.Compare(limit, v)
	}
	return cmp.Compare(v, limit)
}

// candidates returns the thresholds to try, the mildest change first: all that
// were observed, or the quartiles and the one that just spares every real page
// where there are many.
func (t *trials) candidates(g gauge, s side) []float64 {
	var seen, kept []float64
	for i, v := range g.values {
		if g.known[i] {
			seen = append(seen, v)
		}
	}
	better := func(a, b float64) int { return beyond(s, a, b) }
	slices.SortFunc(seen, better)
	distinct := slices.Compact(slices.Clone(seen))
	distinct = distinct[:len(distinct)-1]
	if g.side == sideUnknown {
		return distinct[len(distinct)/2 : len(distinct)/2+1]
	}
	if len(distinct) <= mostThresholds {
		return distinct
	}
	for _, v := range distinct {
		if t.spares(g, s, v) {
			kept = append(kept[:0], v)
		}
	}
	for n := 1; n < mostThresholds; n++ {
		if v := seen[len(seen)*n/mostThresholds]; slices.Contains(distinct, v) {
			kept = append(kept, v)
		}
	}
	slices.SortFunc(kept, better)
	return slices.Compact(kept)
}

// spares reports whether every real page that shows a value is beyond limit.
func (t *trials) spares(g gauge, s side, limit float64) bool {
	for i, v := range g.values {
		if t.real[i] && g.known[i] && beyond(s, v, limit) <= 0 {
			return false
		}
	}
	return true
}

// varies reports whether enough pages show a value, and not always the same.
func (g gauge) varies() bool {
	n := 0
	distinct := map[float64]bool{}
	for i, v := range g.values {
		if g.known[i] {
			n++
			distinct[v] = true
		}
	}
	return 2*n >= len(g.values) && len(distinct) > 1
}

var (
	valueName   = regexp.MustCompile(`(?i)^(value|current|observed|measured)$|[_.-]?(current|observed|measured)?[_.-]?value$`)
	valueText   = regexp.MustCompile(`^\s*([0-9]+(?:\.[0-9]+)?)(\s?(?:%|[A-Za-zµ]{1,12})?)\s*$`)
	plainNumber = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	anyNumber   = regexp.MustCompile(`[0-9]+(?:[.,][0-9]+)*`)
	unitAfter   = regexp.MustCompile(`^\s?(?:%|[A-Za-zµ]{1,12}\b)`)
)

// attributeGauge reads the attribute that holds a value, the first by name of
// those that vary.
func (t *trials) attributeGauge() (gauge, bool) {
	names := map[string]bool{}
	for _, p := range t.pages {
		for name := range p.Attributes {
			if valueName.MatchString(name) {
				names[name] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if g, ok := t.attribute(name); ok {
			return g, true
		}
	}
	return gauge{}, false
}

// attribute reads one attribute of every page. A page whose unit is not the
// first page's shows no value.
func (t *trials) attribute(name string) (gauge, bool) {
	g := t.gauge()
	units := 0
	for i, p := range t.pages {
		m := valueText.FindStringSubmatch(p.Attributes[name])
		if m == nil {
			continue
		}
		if units == 0 {
			g.unit = m[2]
		}
		units++
		if m[2] == g.unit {
			g.set(i, m[1])
		}
	}
	if !g.varies() {
		return g, false
	}
	g.side = sideOf(t.pages[0].Title, "", "")
	return g, true
}

func (t *trials) gauge() gauge {
	return gauge{values: make([]float64, len(t.pages)), known: make([]bool, len(t.pages))}
}

func (g *gauge) set(i int, text string) {
	v, err := strconv.ParseFloat(text, 64)
	g.values[i], g.known[i] = v, err == nil
}

// A figure is a number in a title.
type figure struct {
	text    string
	unit    string // what follows it, if that may be a unit
	before  string // the word before it
	measure bool   // it may be a measured value, and is no part of a name or a date
}

// figures takes the numbers out of a title. What is left is the same for titles
// that differ in numbers only.
func figures(title string) (rest string, all []figure) {
	var b strings.Builder
	end := 0
	for _, at := range anyNumber.FindAllStringIndex(title, -1) {
		b.WriteString(title[end:at[0]])
		b.WriteByte(0)
		lead, tail := title[:at[0]], title[at[1]:]
		f := figure{text: title[at[0]:at[1]]}
		f.unit = unitAfter.FindString(tail)
		if joins[strings.ToLower(strings.TrimSpace(f.unit))] {
			f.unit = ""
		}
		if fields := strings.Fields(lead); len(fields) > 0 {
			f.before = strings.ToLower(fields[len(fields)-1])
		}
		f.measure = plainNumber.MatchString(f.text) && !inName(lead, tail)
		all = append(all, f)
		end = at[1]
	}
	b.WriteString(title[end:])
	return b.String(), all
}

// joins are words after a number that are no unit.
var joins = words("a an and are as at by for from had has have in is of on or over per since than that the to under was were while with")

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// inName reports whether a number between lead and tail is part of a name, a
// date, a time or a path: "consul-3", "p99", "#4411", "10:30", "2026-11-09".
func inName(lead, tail string) bool {
	before, _ := utf8.DecodeLastRuneInString(lead)
	after, size := utf8.DecodeRuneInString(tail)
	next, _ := utf8.DecodeRuneInString(tail[size:])
	switch {
	case lead != "" && (unicode.IsLetter(before) || strings.ContainsRune("_-#@/.", before)):
		return true
	case before == ':' && strings.TrimRight(lead[:len(lead)-1], "0123456789") != lead[:len(lead)-1]:
		return true
	case strings.ContainsRune("-_/:@", after) && (unicode.IsLetter(next) || unicode.IsDigit(next)):
		return true
	}
	glued := strings.TrimLeftFunc(tail, unicode.IsLetter)
	return glued != tail && glued != "" && unicode.IsDigit(rune(glued[0]))
}

// titleGauge reads the one number of the titles that varies. Titles of another
// form than most show no value; where several numbers vary, the only one with a
// unit is taken, and none if there is no such one.
func (t *trials) titleGauge() (gauge, bool) {
	rows := t.commonTitles()
	var varying, withUnit []int
	for place := range columns(rows) {
		g := t.column(rows, place)
		if !g.varies() {
			continue
		}
		varying = append(varying, place)
		if g.unit != "" {
			withUnit = append(withUnit, place)
		}
	}
	if len(varying) != 1 {
		varying = withUnit
	}
	if len(varying) != 1 {
		return gauge{}, false
	}
	return t.column(rows, varying[0]), true
}

// commonTitles returns the figures of each page's title, nil for titles that
// differ from the most common form in more than numbers. Of equally common forms
// the first by name is taken.
func (t *trials) commonTitles() [][]figure {
	rows, forms, n := make([][]figure, len(t.pages)), make([]string, len(t.pages)), map[string]int{}
	for i, p := range t.pages {
		forms[i], rows[i] = figures(p.Title)
		n[forms[i]]++
	}
	common := slices.MaxFunc(slices.Sorted(maps.Keys(n)), func(a, b string) int { return cmp.Compare(n[a], n[b]) })
	for i, form := range forms {
		if form != common {
			rows[i] = nil
		}
	}
	return rows
}

// columns returns how many figures each row has that is not nil.
func columns(rows [][]figure) int {
	n := 0
	for _, row := range rows {
		n = max(n, len(row))
	}
	return n
}

// column reads one place of all titles.
func (t *trials) column(rows [][]figure, place int) gauge {
	g := t.gauge()
	side := sideUnknown
	for i, row := range rows {
		if row == nil || !row[place].measure {
			continue
		}
		f := row[place]
		g.unit = f.unit
		g.set(i, f.text)
		if side == sideUnknown {
			side = sideOf(t.pages[i].Title, f.before, f.unit)
		}
	}
	if g.side = side; side == sideUnknown {
		g.side = t.sideByLimit(rows, place, g)
	}
	return g
}

// sideByLimit compares the values with the other number of the same unit in the
// titles, which is their threshold if all values lie on one side of it.
func (t *trials) sideByLimit(rows [][]figure, place int, g gauge) side {
	over, under := 0, 0
	for i, row := range rows {
		for other, f := range row {
			limit, err := strconv.ParseFloat(f.text, 64)
			if other == place || err != nil || !f.measure || !g.known[i] || f.unit != g.unit || f.unit == "" {
				continue
			}
			switch cmp.Compare(g.values[i], limit) {
			case 1:
				over++
			case -1:
				under++
			}
		}
	}
	switch {
	case over > 0 && under == 0:
		return above
	case under > 0 && over == 0:
		return below
	}
	return sideUnknown
}

// Words that tell which side of a threshold is bad. The plain ones decide; the
// others hint where no plain one is there.
var (
	plainAbove = words("> >= above over exceeds exceeded exceeding greater more higher slower longer older")
	plainBelow = words("< <= below under less lower fewer")
	hintsAbove = words("high long old late slow usage used lag lags behind")
	hintsBelow = words("low left free remaining remain available expires expire")
)

// sideOf reads a title, of which one number has a word before it and a unit.
func sideOf(title, before, unit string) side {
	over, under, high, low := false, false, before == "for" && unit != "", before == "in" && unit != ""
	for _, w := range strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return !unicode.IsLetter(r) && !strings.ContainsRune("<>=", r)
	}) {
		over, under = over || plainAbove[w], under || plainBelow[w]
		high, low = high || hintsAbove[w], low || hintsBelow[w]
	}
	switch {
	case over != under:
		return sideIf(over)
	case !over && high != low:
		return sideIf(high)
	}
	return sideUnknown
}

func sideIf(tooMuch bool) side {
	if tooMuch {
		return above
	}
	return below
}
