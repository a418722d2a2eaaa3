package prometheus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"opsreview"
	"opsreview/dashboard"
	"opsreview/internal/prom"
)

// mostValues bounds how many values a variable may have.
const mostValues = 5000

// An asker answers the query variables of dashboards, each question once.
type asker struct {
	client  *prom.Client
	listing prom.Listing // the stretch of time that is asked about
	known   map[string]answered
	fatal   error // the first error that is about the server and not about a question
}

type answered struct {
	values []string
	err    error
}

// values answers as [dashboard.Values] does. A server that does not answer at
// all is kept in fatal.
func (a *asker) values(ctx context.Context) dashboard.Values {
	return func(v opsreview.Variable, query string) ([]string, error) {
		if a.fatal != nil {
			return nil, opsreview.Wrapf(a.fatal, opsreview.Invalid, "the server does not answer")
		}
		was, ok := a.known[query]
		if !ok {
			was.values, was.err = a.ask(ctx, query)
			if opsreview.ErrorCode(was.err) == opsreview.NotFound {
				was.err = opsreview.Wrapf(was.err, opsreview.Invalid, "the server cannot tell: %s", opsreview.ErrorMessage(was.err))
			}
			if was.err == nil && len(was.values) > mostValues {
				was.err = opsreview.Errorf(opsreview.Invalid, "variable %q has %d values, more than %d", v.Name, len(was.values), mostValues)
			}
			a.known[query] = was
		}
		if was.err != nil && fatal(ctx, was.err) {
			a.fatal = was.err
			return nil, opsreview.Wrapf(was.err, opsreview.Invalid, "the server does not answer")
		}
		return slices.Clone(was.values), was.err
	}
}

// ask asks one of the questions that Grafana has for Prometheus, or lists the
// series of a selector.
func (a *asker) ask(ctx context.Context, query string) ([]string, error) {
	query = strings.TrimSpace(query)
	name, inside, ok := strings.Cut(query, "(")
	if ok = ok && strings.HasSuffix(inside, ")"); ok {
		inside = strings.TrimSpace(strings.TrimSuffix(inside, ")"))
		switch strings.TrimSpace(name) {
		case "label_values":
			return a.labelValues(ctx, inside)
		case "label_names":
			return a.sorted(a.client.LabelNames(ctx, a.matching(inside)))
		case "metrics":
			return a.metrics(ctx, inside)
		case "query_result":
			return a.result(ctx, inside)
		}
	}
	if query == "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "the variable has no query")
	}
	all, err := a.client.Select(ctx, a.matching(query))
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(all))
	for i, labels := range all {
		texts[i] = selectorOf(labels)
	}
	return a.sorted(texts, nil)
}

// matching is a question about the series of a selector, of all if it is "".
func (a *asker) matching(selector string) prom.Listing {
	l := a.listing
	if selector != "" {
		l.Match = []string{selector}
	}
	return l
}

// labelValues answers label_values(label) and label_values(selector, label).
func (a *asker) labelValues(ctx context.Context, inside string) ([]string, error) {
	selector, label := "", inside
	if i := strings.LastIndexByte(inside, ','); i >= 0 {
		selector, label = strings.TrimSpace(inside[:i]), strings.TrimSpace(inside[i+1:])
	}
	label = strings.Trim(label, `"'`)
	if !isLabel(label) {
		return nil, opsreview.Errorf(opsreview.Invalid, "%q is not a label to ask the values of", label)
	}
	return a.sorted(a.client.LabelValues(ctx, label, a.matching(selector)))
}

// metrics answers metrics(regex).
func (a *asker) metrics(ctx context.Context, regex string) ([]string, error) {
	selector := fmt.Sprintf("{__name__=~%s}", strconv.Quote(".*(?:"+strings.Trim(regex, `"'`)+").*"))
	return a.sorted(a.client.LabelValues(ctx, "__name__", a.matching(selector)))
}

// result answers query_result(query): each series with its value and its time,
// as Grafana writes it.
func (a *asker) result(ctx context.Context, query string) ([]string, error) {
	all, err := a.client.Instant(ctx, query, a.listing.End)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, s := range all {
		if len(s.Samples) == 0 {
			continue
		}
		last := s.Samples[len(s.Samples)-1]
		texts = append(texts, fmt.Sprintf("%s %s %d", selectorOf(s.Labels), strconv.FormatFloat(last.Value, 'g', -1, 64), last.At.UnixMilli()))
	}
	return texts, nil
}

func (a *asker) sorted(values []string, err error) ([]string, error) {
	slices.Sort(values)
	return slices.Compact(values), err
}

// selectorOf writes labels as a selector: up{job="vault"}.
func selectorOf(labels map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if name != "__name__" {
			parts = append(parts, name+"="+strconv.Quote(labels[name]))
		}
	}
	if len(parts) == 0 && labels["__name__"] != "" {
		return labels["__name__"]
	}
	return labels["__name__"] + "{" + strings.Join(parts, ", ") + "}"
}

// isLabel reports whether text can be the name of a label.
func isLabel(text string) bool {
	for i, r := range text {
		letter := r == '_' || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return text != ""
}
