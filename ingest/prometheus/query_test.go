package prometheus

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

func TestAsk(t *testing.T) {
	tests := map[string]struct {
		text    string
		counter bool
		want    question
	}{
		"a counter is read as it was scraped":       {text: `http_requests{job="x"}`, counter: true, want: question{text: `http_requests{job="x"}`}},
		"a name tells a counter too":                {text: `http_requests_total`, want: question{text: `http_requests_total`}},
		"so does a bucket's":                        {text: `latency_bucket{le="0.5"}`, want: question{text: `latency_bucket{le="0.5"}`}},
		"a rate is of a counter":                    {text: `rate(hits[5m])`, want: question{text: `hits`}},
		"sums and rates are taken off":              {text: `sum by (job) (increase(hits{a!="b",c=~"5.."}[1h]))`, want: question{text: `hits{a!="b",c=~"5.."}`}},
		"a sum of counters is its counters":         {text: `sum(hits)`, counter: true, want: question{text: `hits`}},
		"nothing is no error":                       {text: `sum(rate(errors[5m])) or vector(0)`, want: question{text: `errors`}},
		"a placeholder stands for a range":          {text: `sum(rate(hits[{{.window}}]))`, want: question{text: `hits`}},
		"Grafana's too":                             {text: `sum(rate(hits[$__rate_interval]))`, want: question{text: `hits`}},
		"a name beyond the old alphabet is a label": {text: `{"http.requests",a="b"}`, counter: true, want: question{text: `{__name__="http.requests",a="b"}`}},
		"two rates are not one counter":             {text: `sum(rate(a[5m])) - sum(rate(b[5m]))`, want: question{text: `sum(rate(a[5m])) - sum(rate(b[5m]))`, form: perSecond}},
		"an increase has a span":                    {text: `sum(increase(a[10m])) * 2`, want: question{text: `sum(increase(a[10m])) * 2`, form: perSpan, span: 10 * time.Minute}},
		"a maximum of counters is not their sum":    {text: `max(hits_total)`, counter: true, want: question{text: `max(hits_total)`, form: aggregated}},
		"another time is not this one":              {text: `hits_total offset 1h`, counter: true, want: question{text: `hits_total offset 1h`, form: aggregated}},
		"a gauge of events is one a minute":         {text: `events_last_minute`, want: question{text: `events_last_minute`, form: perStep}},
		"something else than nothing is something":  {text: `sum(rate(errors[5m])) or vector(1)`, want: question{text: `sum(rate(errors[5m])) or vector(1)`, form: perSecond}},
		"a rate of a subquery is taken as it comes": {text: `sum(rate(hits[5m:1m]))`, want: question{text: `sum(rate(hits[5m:1m]))`, form: perSecond}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ask(opsreview.Query{Text: tt.text}, tt.counter)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(question{})); diff != "" {
				t.Errorf("question (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewPlan_Refuses(t *testing.T) {
	q := func(text string) *opsreview.Query { return &opsreview.Query{Text: text} }
	tests := map[string]opsreview.Indicator{
		"what is no PromQL":          {Good: q("sum(("), Total: q("b_total")},
		"no query at all":            {Good: q(" "), Total: q("b_total")},
		"one query of a ratio":       {Good: q("a_total")},
		"a total alone":              {Total: q("a_total")},
		"a threshold that is broken": {Threshold: q("}")},
		"an empty indicator":         {},
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := newPlan(opsreview.SLO{Indicator: in})
			if opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Errorf("the answer is %v, want an Invalid error", err)
			}
		})
	}
}

func TestApproximate(t *testing.T) {
	q := func(text string) *opsreview.Query { return &opsreview.Query{Text: text} }
	tests := map[string]struct {
		in   opsreview.Indicator
		want bool
	}{
		"counters are exact":                        {opsreview.Indicator{Bad: q("rate(a[5m])"), Total: q("b_total")}, false},
		"one aggregate makes it approximate":        {opsreview.Indicator{Bad: q("rate(a[5m]) * 2"), Total: q("b_total")}, true},
		"a ready ratio is an aggregate":             {opsreview.Indicator{Raw: q("job:errors:ratio")}, true},
		"a threshold is what it is":                 {opsreview.Indicator{Threshold: q("max(x) > 3")}, false},
		"what cannot be read is not counted at all": {opsreview.Indicator{Bad: q("((")}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Approximate(opsreview.SLO{Indicator: tt.in}); got != tt.want {
				t.Errorf("Approximate is %v, want %v", got, tt.want)
			}
		})
	}
}

func FuzzAsk(f *testing.F) {
	f.Add(`sum(rate(hits[{{.window}}])) or vector(0)`, true)
	f.Add(`increase(x[5m:])`, false)
	f.Fuzz(func(t *testing.T, text string, counter bool) {
		q, err := ask(opsreview.Query{Text: text}, counter)
		if err != nil || q.form != raw {
			return
		}
		again, err := ask(opsreview.Query{Text: q.text}, true)
		if err != nil || again != q {
			t.Errorf("the selector %q of %q is read as %+v, %v", q.text, text, again, err)
		}
	})
}
