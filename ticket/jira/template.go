package jira

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"opsreview/ticket"
)

var placeholder = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// templates are the words that a field's text may hold in double braces, and
// what they stand for.
var templates = map[string]func(d ticket.Draft) string{
	"team":        func(d ticket.Draft) string { return d.Team },
	"service":     func(d ticket.Draft) string { return d.Service },
	"category":    func(d ticket.Draft) string { return d.Category },
	"kind":        func(d ticket.Draft) string { return d.Kind },
	"cost":        func(d ticket.Draft) string { return strconv.FormatFloat(minutes(d), 'f', -1, 64) },
	"fingerprint": func(d ticket.Draft) string { return d.Fingerprint },
}

// minutes is the cost in whole minutes a week, as people type it.
func minutes(d ticket.Draft) float64 { return math.Round(d.Cost) }

func templateList() string {
	var words []string
	for word := range templates {
		words = append(words, "{{"+word+"}}")
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// badTemplate returns a placeholder that stands for nothing, "" if there is
// none.
func badTemplate(value any) string {
	switch v := value.(type) {
	case string:
		for _, m := range placeholder.FindAllStringSubmatch(v, -1) {
			if templates[m[1]] == nil {
				return m[0]
			}
		}
	case []any:
		for _, inner := range v {
			if word := badTemplate(inner); word != "" {
				return word
			}
		}
	case map[string]any:
		for _, inner := range v {
			if word := badTemplate(inner); word != "" {
				return word
			}
		}
	}
	return ""
}

// fill puts a draft into a field's value. A text that is {{cost}} and nothing
// else becomes a number, which fields of numbers need.
func fill(value any, d ticket.Draft) any {
	switch v := value.(type) {
	case string:
		if m := placeholder.FindStringSubmatch(v); m != nil && m[0] == v && m[1] == "cost" {
			return minutes(d)
		}
		return placeholder.ReplaceAllStringFunc(v, func(word string) string {
			return templates[placeholder.FindStringSubmatch(word)[1]](d)
		})
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = fill(inner, d)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			out[key] = fill(inner, d)
		}
		return out
	}
	return value
}
