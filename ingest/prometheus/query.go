package prometheus

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"opsreview"
)

// A form is how events are counted from a query.
type form int

const (
	// raw: the query is counters as they were scraped, which are subtracted here.
	raw form = iota
	// aggregated: its values are counters that the server has added up.
	aggregated
	// perSecond: its values are rates.
	perSecond
	// perSpan: its values are events of a span of time.
	perSpan
	// perStep: its values are events of a minute.
	perStep
)

// A question is a query and how events are counted from it.
type question struct {
	text string // the selector if form is raw, else the whole query
	form form
	span time.Duration // for perSpan
}

// placeholder is what stands for a range in the queries of other tools:
// {{.window}}, $__rate_interval.
var placeholder = regexp.MustCompile(`\[\s*(\{\{[^{}]*\}\}|\$\{?\w+\}?)\s*\]`)

// counterName tells counters by the endings that are customary for them.
var counterName = regexp.MustCompile(`_(total|count|bucket)$`)

// ask reads a query of a ratio. Where it is counters, perhaps wrapped in rates
// and sums, the counters themselves are asked for: their resets and gaps can be
// seen only before they are added up. It returns an Invalid error for what is
// no PromQL.
func ask(q opsreview.Query, counter bool) (question, error) {
	text := placeholder.ReplaceAllString(q.Text, "[5m]")
	expr, err := parse(text)
	if err != nil {
		return question{}, err
	}
	if selector, wrapped := unwrap(expr); selector != nil && (wrapped || counter || counterName.MatchString(selector.Name)) {
		return question{text: selector.String(), form: raw}, nil
	}
	out := question{text: text, form: perStep}
	if counter {
		out.form = aggregated
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		call, ok := node.(*parser.Call)
		if !ok {
			return nil
		}
		switch call.Func.Name {
		case "rate", "irate":
			out.form = perSecond
		case "increase":
			if m, ok := call.Args[0].(*parser.MatrixSelector); ok && out.form != perSecond {
				out.form, out.span = perSpan, m.Range
			}
		}
		return nil
	})
	return out, nil
}

// parse reads PromQL.
func parse(text string) (parser.Expr, error) {
	if strings.TrimSpace(text) == "" {
		return nil, opsreview.Errorf(opsreview.Invalid, "there is no query")
	}
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Invalid, "the query %q is no PromQL: %v", text, err)
	}
	return expr, nil
}

// unwrap returns the selector of counters that expr adds up, nil if there is
// more to it. Wrapped tells that a rate or an increase was around it, so that
// it must be a counter.
func unwrap(expr parser.Expr) (selector *parser.VectorSelector, wrapped bool) {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return unwrap(e.Expr)
	case *parser.AggregateExpr:
		if e.Op == parser.SUM {
			return unwrap(e.Expr)
		}
	case *parser.Call:
		if name := e.Func.Name; name != "rate" && name != "increase" && name != "irate" {
			return nil, false
		}
		if m, ok := e.Args[0].(*parser.MatrixSelector); ok {
			return plain(m.VectorSelector), true
		}
	case *parser.BinaryExpr:
		if e.Op == parser.LOR && isZero(e.RHS) {
			return unwrap(e.LHS)
		}
	case *parser.VectorSelector:
		return plain(e), false
	}
	return nil, false
}

// plain returns a selector of the present, nil for one of another time.
func plain(expr parser.Expr) *parser.VectorSelector {
	v, ok := expr.(*parser.VectorSelector)
	if !ok || v.OriginalOffset != 0 || v.OriginalOffsetExpr != nil || v.Timestamp != nil || v.StartOrEnd != 0 || v.Anchored || v.Smoothed {
		return nil
	}
	return v
}

// isZero reports whether expr is vector(0): the customary way to say that
// nothing is no error.
func isZero(expr parser.Expr) bool {
	call, ok := expr.(*parser.Call)
	if !ok || call.Func.Name != "vector" {
		return false
	}
	n, ok := call.Args[0].(*parser.NumberLiteral)
	return ok && n.Val == 0
}

// A plan is what to ask for one SLO. Either value is set, or total with good or
// bad, or good and bad.
type plan struct {
	slo              opsreview.SLO
	good, bad, total *question
	value            string // a threshold's or a ready ratio's query
}

// newPlan reads the queries of an SLO. It returns an Invalid error that says
// what is wrong with them.
func newPlan(o opsreview.SLO) (plan, error) {
	p, in := plan{slo: o}, o.Indicator
	for name, q := range map[string]*opsreview.Query{"threshold": in.Threshold, "raw": in.Raw} {
		if q == nil {
			continue
		}
		p.value = placeholder.ReplaceAllString(q.Text, "[5m]")
		if _, err := parse(p.value); err != nil {
			return p, named(name, err)
		}
		return p, nil
	}
	for _, part := range []struct {
		name string
		q    *opsreview.Query
		into **question
	}{{"good", in.Good, &p.good}, {"bad", in.Bad, &p.bad}, {"total", in.Total, &p.total}} {
		if part.q == nil {
			continue
		}
		q, err := ask(*part.q, in.Counter)
		if err != nil {
			return p, named(part.name, err)
		}
		*part.into = &q
	}
	if (p.good == nil && p.bad == nil) || (p.total == nil && (p.good == nil || p.bad == nil)) {
		return p, opsreview.Errorf(opsreview.Invalid, "the indicator has not two of the queries good, bad and total")
	}
	return p, nil
}

// named says which query an error is about, unless it is about the server.
func named(part string, err error) error {
	if opsreview.ErrorCode(err) != opsreview.Invalid {
		return err
	}
	return opsreview.Wrapf(err, opsreview.Invalid, "%s: %s", part, opsreview.ErrorMessage(err))
}

// questions are the plan's queries in the order of the roles.
func (p plan) questions() [roles]*question { return [roles]*question{p.total, p.good, p.bad} }

// The roles of a ratio's queries.
const (
	totalRole = iota
	goodRole
	badRole
	roles
)

var roleNames = [roles]string{"total", "good", "bad"}

// Approximate reports whether an SLO can only be counted from an aggregate, so
// that what resets and gaps hide is not in it. An SLO whose queries cannot be
// read is not counted at all.
func Approximate(o opsreview.SLO) bool {
	if o.Indicator.Threshold != nil {
		return false
	}
	p, err := newPlan(o)
	if err != nil {
		return false
	}
	for _, q := range p.questions() {
		if q != nil && q.form != raw {
			return true
		}
	}
	return p.value != ""
}

// String says how the events are counted, for people.
func (q question) String() string {
	switch q.form {
	case raw:
		return "counters as they were scraped"
	case aggregated:
		return "an aggregated counter, approximate"
	case perSecond:
		return "a rate, approximate"
	case perSpan:
		return fmt.Sprintf("an increase over %s, approximate", q.span)
	}
	return "events of each minute, approximate"
}
