package dashboard

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"opsreview"
)

// everything is how Grafana writes that all values are chosen.
const everything = "$__all"

// autoInterval begins the value of an interval that follows the width of the
// screen.
const autoInterval = "$__auto"

// builtIn are Grafana's own variables that a query can be asked with. Grafana
// derives them from the width of the screen and the range that is shown; here
// they fit series of one value a minute, whose rates are taken over five, as
// four scrapes of a minute and one more need.
var builtIn = map[string]string{
	"__rate_interval":    "5m",
	"__rate_interval_ms": "300000",
	"__interval":         "1m",
	"__interval_ms":      "60000",
	"__range":            "1h",
	"__range_s":          "3600",
	"__range_ms":         "3600000",
}

// A resolver finds out what the variables of a dashboard stand for, each when it
// is needed first.
type resolver struct {
	dashboard opsreview.Dashboard
	scope     Scope
	values    Values
	known     map[string]resolved
	open      []string // the variables that are being resolved
}

type resolved struct {
	value value
	err   error
}

// find implements [lookup].
func (r *resolver) find(name string) (value, error) {
	if text, ok := builtIn[name]; ok {
		return value{values: []string{text}}, nil
	}
	if name == "__dashboard" {
		return value{values: []string{r.dashboard.Title}}, nil
	}
	if slices.Contains(r.open, name) {
		return value{}, opsreview.Errorf(opsreview.Invalid, "the variable $%s depends on itself", name)
	}
	if have, ok := r.known[name]; ok {
		return have.value, have.err
	}
	r.open = append(r.open, name)
	v, err := r.resolve(name)
	r.open = r.open[:len(r.open)-1]
	if len(r.open) == 0 || err == nil { // within a circle the reason depends on where it was entered
		r.known[name] = resolved{v, err}
	}
	return v, err
}

func (r *resolver) resolve(name string) (value, error) {
	v, ok := r.variable(name)
	override, fixed := r.scope.Variables[name]
	switch {
	case !ok && fixed && override != everything:
		return value{values: []string{override}}, nil
	case !ok && strings.HasPrefix(name, "__"):
		return value{}, opsreview.Errorf(opsreview.Invalid, "Grafana's own $%s depends on what is shown, and cannot be resolved", name)
	case !ok:
		return value{}, opsreview.Errorf(opsreview.NotFound, "the dashboard has no variable $%s", name)
	case fixed:
		v.Current = []string{override}
		if override != everything {
			return value{values: v.Current, many: v.Multi || v.IncludeAll}, nil
		}
	}
	if slices.Contains(v.Current, everything) && v.AllValue != "" {
		return value{all: true, regex: v.AllValue, many: true}, nil // nobody needs to be asked
	}
	options, err := r.options(v)
	return choose(v, options, err)
}

func (r *resolver) variable(name string) (opsreview.Variable, bool) {
	i := slices.IndexFunc(r.dashboard.Variables, func(v opsreview.Variable) bool { return v.Name == name })
	if i < 0 {
		return opsreview.Variable{}, false
	}
	return r.dashboard.Variables[i], true
}

// options are the values that there are to choose from.
func (r *resolver) options(v opsreview.Variable) ([]string, error) {
	switch v.Type {
	case "query":
		return r.ask(v)
	case "constant":
		return []string{v.Query}, nil
	case "textbox", "switch":
		return []string{cmp.Or(first(v.Current), v.Query)}, nil
	case "datasource":
		return []string{cmp.Or(first(v.Current), v.Query)}, nil
	case "custom", "interval":
		if v.Query != "" {
			return listed(v.Query), nil
		}
		fallthrough
	default:
		if options := without(v.Options, everything); len(options) > 0 {
			return options, nil
		}
	}
	return nil, opsreview.Errorf(opsreview.Invalid, "the variable $%s has no values in the dashboard", v.Name)
}

// ask finds out the values of a query variable.
func (r *resolver) ask(v opsreview.Variable) ([]string, error) {
	query, err := interpolate(v.Query, r.find)
	if err != nil {
		return nil, err
	}
	if r.values == nil {
		return nil, opsreview.Errorf(opsreview.Invalid, "the variable $%s: nobody can be asked for its values", v.Name)
	}
	options, err := r.values(v, query)
	if err != nil {
		return nil, opsreview.Errorf(opsreview.Invalid, "the variable $%s: %s", v.Name, opsreview.ErrorMessage(err))
	}
	pattern, err := substitute(v.Regex, r.find, func(v value, _ string) (string, error) { return formatted(v, "regex", plainForm) })
	if err != nil {
		return nil, err
	}
	if options, err = filtered(options, pattern); err != nil {
		return nil, opsreview.Errorf(opsreview.Invalid, "the variable $%s: %s", v.Name, opsreview.ErrorMessage(err))
	}
	return options, nil
}

// choose does what Grafana does when a dashboard is opened: it keeps what was
// chosen as far as it is still there, else takes all, else the first. A variable
// of which there are no values at all is the empty text. Where the values cannot
// be known, what was chosen has to do.
func choose(v opsreview.Variable, options []string, unknown error) (value, error) {
	out := value{many: v.Multi || v.IncludeAll}
	chosen := without(v.Current, "")
	if v.Type == "interval" && strings.HasPrefix(first(chosen), autoInterval) {
		return value{values: []string{builtIn["__rate_interval"]}}, nil
	}
	if unknown != nil {
		out.values = without(chosen, everything)
		if len(out.values) == 0 || slices.Contains(chosen, everything) {
			return value{}, unknown
		}
		return out, nil
	}
	there := slices.DeleteFunc(slices.Clone(chosen), func(s string) bool { return !slices.Contains(options, s) })
	switch {
	case slices.Contains(chosen, everything), len(there) == 0 && v.IncludeAll:
		out.all, out.regex, out.values = true, v.AllValue, options
	case len(there) > 0:
		out.values = there
	case len(options) > 0:
		out.values = options[:1]
	}
	if len(out.values) == 0 {
		out.values = []string{""}
	}
	return out, nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func without(list []string, unwanted string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == unwanted })
}

// listed reads the values of a custom variable: "a, b, one : 1". A comma that
// belongs to a value has a backslash before it.
func listed(text string) []string {
	var all []string
	const comma = "\x00"
	for item := range strings.SplitSeq(strings.ReplaceAll(text, `\,`, comma), ",") {
		item = strings.TrimSpace(strings.ReplaceAll(item, comma, ","))
		if _, after, ok := strings.Cut(item, " : "); ok {
			item = strings.TrimSpace(after)
		}
		if item != "" {
			all = append(all, item)
		}
	}
	return all
}

// filtered keeps the values that match a pattern, or what its group captures of
// them. Grafana writes patterns as /pattern/ with flags after it, or bare.
func filtered(values []string, pattern string) ([]string, error) {
	values = without(values, "")
	if pattern == "" {
		return unique(values), nil
	}
	if end := strings.LastIndexByte(pattern, '/'); pattern[0] == '/' && end > 0 {
		flags := pattern[end+1:]
		pattern = pattern[1:end]
		if strings.Contains(flags, "i") {
			pattern = "(?i)" + pattern
		}
	}
	re, err := regexp.Compile(strings.ReplaceAll(pattern, `\/`, "/"))
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Invalid, "its pattern %q cannot be read here", pattern)
	}
	group := re.SubexpIndex("value")
	if group < 0 {
		group = min(re.NumSubexp(), 1)
	}
	var all []string
	for _, s := range values {
		if m := re.FindStringSubmatch(s); m != nil && m[group] != "" {
			all = append(all, m[group])
		}
	}
	return unique(all), nil
}

// unique drops what is there already.
func unique(list []string) []string {
	there := map[string]bool{}
	return slices.DeleteFunc(list, func(s string) bool {
		seen := there[s]
		there[s] = true
		return seen
	})
}

// newResolver returns a resolver of a dashboard's variables.
func newResolver(d opsreview.Dashboard, s Scope, values Values) *resolver {
	s.Variables = maps.Clone(s.Variables)
	return &resolver{dashboard: d, scope: s, values: values, known: map[string]resolved{}}
}
