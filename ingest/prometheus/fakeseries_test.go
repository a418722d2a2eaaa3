package prometheus_test

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A line is a series of the fake's that has a value at any time, NaN for none.
type line struct {
	labels map[string]string
	at     func(t time.Time) float64
}

// namedLine is a line with a label.
func namedLine(name string, at func(t time.Time) float64) line {
	return line{map[string]string{"instance": name}, at}
}

// wave is a value that goes around a level once a day.
func wave(level float64) func(time.Time) float64 {
	return func(t time.Time) float64 {
		return level * (1 + 0.5*math.Sin(2*math.Pi*float64(t.Unix()%86400)/86400))
	}
}

// during is a value that is there only from one time to before another.
func during(from, to time.Time, at func(time.Time) float64) func(time.Time) float64 {
	return func(t time.Time) float64 {
		if t.Before(from) || !t.Before(to) {
			return math.NaN()
		}
		return at(t)
	}
}

// draw answers a question for values at even steps. Where a line has no value
// the answer has none, as for a series that is stale.
func (f *fake) draw(w http.ResponseWriter, lines []line, start, end, step int64) {
	if n := int((end-start)/step+1) * len(lines); f.most > 0 && n > f.most {
		refuse(w, "execution", "query processing would load too many samples into memory in query execution")
		return
	}
	rows := []any{}
	for _, l := range lines {
		var values []any
		for at := start; at <= end; at += step {
			v := l.at(time.UnixMilli(at).UTC())
			if math.IsNaN(v) || (!f.until.IsZero() && at > f.until.UnixMilli()) {
				continue
			}
			values = append(values, []any{float64(at) / 1000, strconv.FormatFloat(v, 'g', -1, 64)})
		}
		if len(values) > 0 {
			rows = append(rows, map[string]any{"metric": l.labels, "values": values})
		}
	}
	f.say(w, map[string]any{"resultType": "matrix", "result": rows})
}

// list answers what is known of series and rules.
func (f *fake) list(w http.ResponseWriter, r *http.Request) {
	label, isLabel := strings.CutPrefix(strings.TrimSuffix(r.URL.Path, "/values"), "/api/v1/label/")
	match := strings.Join(r.Form["match[]"], " ")
	switch {
	case isLabel:
		values, ok := f.labels[match+" "+label]
		if !ok && match != "" {
			refuse(w, "bad_data", "nobody knows "+match)
			return
		}
		f.say(w, values)
	case r.URL.Path == "/api/v1/labels":
		f.say(w, slices.Sorted(maps.Keys(map[string]bool{"job": true, "instance": true})))
	case r.URL.Path == "/api/v1/series":
		f.say(w, []map[string]string{{"__name__": "up", "job": "vault", "instance": match}})
	case r.URL.Path == "/api/v1/metadata":
		answer := map[string][]map[string]string{}
		if kind := f.declared[r.Form.Get("metric")]; kind != "" {
			answer[r.Form.Get("metric")] = []map[string]string{{"type": kind}}
		}
		f.say(w, answer)
	case r.URL.Path == "/api/v1/rules" && f.rules != "" && r.Form.Get("type") == "alert":
		fmt.Fprintf(w, `{"status":"success","data":{"groups":%s}}`, f.rules)
	default:
		http.NotFound(w, r)
	}
}
