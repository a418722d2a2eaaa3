package slo

import (
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"opsreview"
	"opsreview/internal/yamltree"
)

// annotationPrefix marks the annotations that are ours.
const annotationPrefix = "opsreview/"

// annotationReaders read an annotation into an SLO, or say what they want.
var annotationReaders = map[string]func(s *opsreview.SLO, text string) (want string){
	"missing-data": func(s *opsreview.SLO, text string) string {
		s.Missing = opsreview.MissingData(text)
		if !slices.Contains([]opsreview.MissingData{opsreview.MissingIgnored, opsreview.MissingGood, opsreview.MissingBad}, s.Missing) {
			return "want ignore, good or bad: what a slice without data counts as"
		}
		return ""
	},
	"min-total": func(s *opsreview.SLO, text string) string {
		x, ok := parseNumber(text)
		if s.MinTotal = x; !ok || x < 0 {
			return "want a number of events, below which a slice is unknown"
		}
		return ""
	},
	"significant-fraction": func(s *opsreview.SLO, text string) string {
		number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
		if percent {
			number = strings.TrimSpace(number) + "e-2"
		}
		x, ok := parseNumber(number)
		if s.Significant = x; !ok || x <= 0 || x > 1 {
			return "want a share of the 30-day budget, such as 0.02 or 2%"
		}
		return ""
	},
	"page-match": func(s *opsreview.SLO, text string) (want string) {
		s.Match, want = parseMatches(text)
		return want
	},
	"source": func(s *opsreview.SLO, text string) string {
		if s.Source = text; text == "" {
			return "want the name of a source of the configuration"
		}
		return ""
	},
}

// annotations reads a document's annotations into s. Those that are ours belong
// to an SLO, so that a nil s makes them a problem.
func (l *library) annotations(e entry, s *opsreview.SLO) {
	value := e.meta.get("annotations")
	if value == nil {
		return
	}
	if value.Form != yamltree.Mapping {
		e.meta.warn("annotations", "want keys and values")
		return
	}
	a := newObject(e.book, e.file, "metadata.annotations", value)
	for _, p := range value.Pairs {
		name, ours := strings.CutPrefix(p.Key, annotationPrefix)
		if !ours {
			continue
		}
		read, known := annotationReaders[name]
		switch {
		case s == nil:
			a.warn(p.Key, "is ignored: it belongs to an SLO")
		case !known:
			a.book.add(e.file, p.Line, false, a.at(cleanKey(p.Key))+": there is no such annotation, it is ignored: those are "+
				annotationPrefix+strings.Join(slices.Sorted(maps.Keys(annotationReaders)), ", "+annotationPrefix))
		case p.Value.Form > yamltree.Scalar:
			a.fail(p.Key, "want text")
		default:
			if want := read(s, p.Value.Text); want != "" {
				a.fail(p.Key, "%s", want)
			}
		}
	}
}

// parseMatches reads sets of matchers as PromQL writes them, which are separated
// by semicolons or ends of lines, or says what is wrong with them.
func parseMatches(text string) (matches []opsreview.PageMatch, want string) {
	if len(text) > maxQuery {
		return nil, "is too long"
	}
	for _, selector := range splitSelectors(text) {
		if !strings.HasPrefix(selector, "{") {
			return nil, "want conditions on a page's attributes in braces, such as {alertname=~\"Vault.*\"}, not " + yamltree.Quote(selector)
		}
		parsed, err := parser.NewParser(parser.Options{}).ParseMetricSelector(selector)
		if err != nil {
			return nil, "cannot be read: " + promError(err)
		}
		var match opsreview.PageMatch
		for _, m := range parsed {
			match = append(match, opsreview.Matcher{Name: m.Name, Op: m.Type.String(), Value: m.Value})
		}
		if len(match) == 0 {
			return nil, "want at least one condition: {} would match every page"
		}
		matches = append(matches, match)
	}
	if matches == nil {
		return nil, "want conditions on a page's attributes, such as {alertname=~\"Vault.*\"}"
	}
	return matches, ""
}

// splitSelectors splits at semicolons and ends of lines outside of quotes.
func splitSelectors(text string) []string {
	var all []string
	quoted, start := byte(0), 0
	cut := func(end int) {
		if s := strings.TrimSpace(text[start:end]); s != "" {
			all = append(all, s)
		}
		start = end + 1
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted != 0 && c == '\\' && quoted != '`':
			i++
		case quoted != 0 && c == quoted:
			quoted = 0
		case quoted != 0:
		case c == '"' || c == '\'' || c == '`':
			quoted = c
		case c == ';' || c == '\n':
			cut(i)
		}
	}
	cut(len(text))
	return all
}
