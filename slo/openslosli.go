package slo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"opsreview"
	"opsreview/internal/yamltree"
)

// An indicator is what an SLI document says. What is good of a threshold stands
// in the objectives.
type indicator = opsreview.Indicator

// findIndicator reads the indicator that stands in an SLO or an objective, or
// the one that it refers to; nil if there is none or it cannot be used.
func (l *library) findIndicator(o *object, v2 bool) *indicator {
	key, refKey := o.named(v2, "indicator", "sli"), o.named(v2, "indicatorRef", "sliRef")
	ref := o.text(refKey)
	if inline := o.child(key); inline != nil {
		if ref != "" {
			o.warn(refKey, "is ignored beside %s", key)
		}
		// The name of an indicator that stands in its SLO means nothing.
		inline.ignore("metadata", "apiVersion", "kind")
		spec := inline.child("spec")
		if spec == nil {
			inline.fail("spec", "is missing")
			return nil
		}
		inline.done()
		spec.ignore("description")
		i := l.readIndicator(spec, v2)
		spec.done()
		return i
	}
	if ref == "" {
		return nil
	}
	i, ok := l.indicators[ref]
	switch {
	case !ok:
		o.fail(refKey, "there is no SLI %s among the documents", yamltree.Quote(ref))
	case i == nil:
		o.fail(refKey, "the SLI %s cannot be used", yamltree.Quote(ref))
	}
	return i
}

// readIndicator reads the spec of an SLI, nil if it cannot be used.
func (l *library) readIndicator(spec *object, v2 bool) *indicator {
	before := l.fatal
	ratio := spec.child("ratioMetric")
	threshold := spec.child("thresholdMetric")
	var i indicator
	switch {
	case l.fatal > before:
	case ratio == nil && threshold == nil:
		spec.fail("", "a ratioMetric or a thresholdMetric is missing")
	case ratio != nil && threshold != nil:
		spec.fail("thresholdMetric", "there is a ratioMetric too: choose one")
	case ratio != nil:
		i = l.readRatio(ratio, v2)
	default:
		i.Threshold = l.readMetric(threshold, v2)
		threshold.done()
	}
	if l.fatal > before {
		return nil
	}
	return &i
}

// readRatio reads a ratioMetric: good or bad of total, or a ready ratio.
func (l *library) readRatio(o *object, v2 bool) indicator {
	query := func(key string) *opsreview.Query {
		m := o.child(key)
		if m == nil {
			return nil
		}
		q := l.readMetric(m, v2)
		m.done()
		return q
	}
	counter, said := o.boolean("counter")
	i := indicator{Good: query("good"), Bad: query("bad"), Total: query("total"), Raw: query("raw"), Counter: counter}
	rawType := o.text("rawType")
	counted := i.Good != nil || i.Bad != nil || i.Total != nil
	switch {
	case i.Raw != nil && counted:
		o.fail("raw", "is a ready ratio and does not go together with good, bad and total")
	case i.Raw != nil:
		i.Counter = false
		if i.RawFailure = rawType == "failure"; !i.RawFailure && rawType != "success" {
			o.fail("rawType", "want success or failure: what the ratio is of")
		}
	case i.Total == nil:
		o.fail("total", "is missing")
	case i.Good == nil && i.Bad == nil:
		o.fail("", "good or bad is missing")
	case i.Good != nil && i.Bad != nil:
		o.warn("bad", "is ignored beside good")
		i.Bad = nil
	}
	if counted && !said {
		o.warn("counter", "is missing: write true where the queries are of counters that only grow, and false elsewhere")
	}
	if i.Raw == nil && rawType != "" {
		o.warn("rawType", "is ignored without raw")
	}
	o.done()
	return i
}

// readMetric reads where a metric comes from. Version 1 wraps it in a
// metricSource.
func (l *library) readMetric(o *object, v2 bool) *opsreview.Query {
	ms, refKey := o, "dataSourceRef"
	if wrapped := o.child("metricSource"); wrapped != nil {
		if v2 {
			o.warn("metricSource", "is not in version 2 of OpenSLO: it is read nevertheless")
		}
		ms, refKey = wrapped, "metricSourceRef"
		defer wrapped.done()
	} else if !v2 {
		o.warn("metricSource", "is missing")
	}
	q := &opsreview.Query{DataSource: ms.text(refKey)}
	if refKey == "metricSourceRef" {
		q.Type = ms.text("type")
	} else if inline := ms.child(o.dataSourceKey()); inline != nil {
		q.Type = inline.text("type")
	}
	if q.DataSource != "" {
		named, ok := l.dataSources[q.DataSource]
		switch {
		case !ok:
			ms.warn(refKey, "there is no DataSource %s among the documents: the source of that name in the configuration is meant", yamltree.Quote(q.DataSource))
		case q.Type == "":
			q.Type = named
		case q.Type != named:
			ms.warn(refKey, "the DataSource %s is of type %s: that is taken", yamltree.Quote(q.DataSource), yamltree.Quote(named))
			q.Type = named
		}
	}
	q.Text = readQuery(ms, q.Type)
	return q
}

// dataSourceKey is the name that a data source which stands in its metric goes
// by: the drafts of version 2 use both.
func (o *object) dataSourceKey() string {
	if o.has("dataSource") {
		return "dataSource"
	}
	return "dataSourceSpec"
}

// queryKeys are the keys by which vendors call the query of a metric's spec.
var queryKeys = []string{"query", "promql", "expr"}

// maxQuery bounds the text that is handed to the parser of PromQL.
const maxQuery = 16 << 10

// readQuery finds the query in the spec of a metric, whose other keys are the
// vendor's business.
func readQuery(o *object, vendor string) string {
	spec := o.child("spec")
	if spec == nil {
		o.warn("spec", "is missing: nothing can be asked without a query")
		return ""
	}
	for _, key := range queryKeys {
		if !spec.has(key) {
			continue
		}
		text := strings.TrimSpace(spec.text(key))
		switch {
		case len(text) > maxQuery:
			spec.fail(key, "has more than %d kB", maxQuery>>10)
		case text == "":
		case strings.EqualFold(vendor, "prometheus") && !strings.Contains(text, "{{") && !strings.Contains(text, "$__"):
			// Variables of templates are the source's business.
			if _, err := parser.NewParser(parser.Options{}).ParseExpr(text); err != nil {
				spec.warn(key, "is not PromQL: %s", promError(err))
			}
		}
		return text
	}
	o.warn("spec", "has no query that is known: write it as query")
	return ""
}

// promError says where an expression of PromQL is wrong, and why.
func promError(err error) string {
	var all parser.ParseErrors
	if errors.As(err, &all) && len(all) > 0 && all[0].Err != nil {
		return fmt.Sprintf("%s, at character %d", yamltree.Sentence(all[0].Err.Error()), all[0].PositionRange.Start+1)
	}
	return yamltree.Sentence(err.Error())
}

// readThreshold adds what an objective says is good to an indicator.
func readThreshold(o *object, i indicator) indicator {
	op := o.text("op")
	value, said := o.number("value")
	if i.Threshold == nil {
		if op != "" {
			o.warn("op", "is ignored: it is for a thresholdMetric")
		}
		if said {
			o.warn("value", "is ignored: it is for a thresholdMetric")
		}
		return i
	}
	if !slices.Contains([]string{"lte", "gte", "lt", "gt"}, op) {
		o.fail("op", "want lte, gte, lt or gt: which values are good")
	}
	if o.get("value") == nil {
		o.fail("value", "is missing: the value that a good one is compared with")
	}
	i.Op, i.Value = op, value
	return i
}
