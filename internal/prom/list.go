package prom

import (
	"context"
	"net/url"
	"time"

	"opsreview"
)

// A Listing asks for what is known of the series that matchers select, in a
// stretch of time.
type Listing struct {
	Match      []string // selectors; none means all series
	Start, End time.Time
}

func (l Listing) form() url.Values {
	form := url.Values{"start": {stamp(l.Start)}, "end": {stamp(l.End)}}
	if len(l.Match) > 0 {
		form["match[]"] = l.Match
	}
	return form
}

// LabelValues returns the values that a label has. It returns an Invalid error
// if the server refuses the label or the selectors, and an Unavailable one if
// it does not answer.
func (c *Client) LabelValues(ctx context.Context, label string, l Listing) ([]string, error) {
	var values []string
	err := c.get(ctx, "/api/v1/label/"+url.PathEscape(label)+"/values", l.form(), &values)
	if opsreview.ErrorCode(err) != opsreview.NotFound || len(l.Match) == 0 {
		return values, err
	}
	// Some servers know the values of all series only: take them from the series.
	all, err := c.Select(ctx, l)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, labels := range all {
		if v := labels[label]; v != "" && !seen[v] {
			seen[v] = true
			values = append(values, v)
		}
	}
	return values, nil
}

// LabelNames returns the names of labels. Its errors are those of
// [Client.LabelValues].
func (c *Client) LabelNames(ctx context.Context, l Listing) ([]string, error) {
	var names []string
	err := c.get(ctx, "/api/v1/labels", l.form(), &names)
	return names, err
}

// Select returns the labels of the series that a listing selects. Its errors
// are those of [Client.LabelValues].
func (c *Client) Select(ctx context.Context, l Listing) ([]map[string]string, error) {
	var all []map[string]string
	err := c.ask(ctx, "/api/v1/series", l.form(), &all)
	return all, err
}

// Kinds returns the types that targets declare a metric to be: "counter",
// "gauge". Servers that do not tell answer with none.
func (c *Client) Kinds(ctx context.Context, metric string) ([]string, error) {
	var known map[string][]struct {
		Type string `json:"type"`
	}
	err := c.get(ctx, "/api/v1/metadata", url.Values{"metric": {metric}}, &known)
	if code := opsreview.ErrorCode(err); code == opsreview.NotFound || code == opsreview.Invalid {
		return nil, ctx.Err()
	}
	var kinds []string
	for _, m := range known[metric] {
		kinds = append(kinds, m.Type)
	}
	return kinds, err
}

// A Rule is an alerting rule as the server runs it.
type Rule struct {
	Group       string
	Name        string
	Query       string
	For         time.Duration
	Labels      map[string]string
	Annotations map[string]string
}

// AlertRules returns the alerting rules that the server runs, in its order. It
// returns a NotFound error if the server has no such list.
func (c *Client) AlertRules(ctx context.Context) ([]Rule, error) {
	var answer struct {
		Groups []struct {
			Name  string `json:"name"`
			Rules []struct {
				Type        string            `json:"type"`
				Name        string            `json:"name"`
				Query       string            `json:"query"`
				Duration    float64           `json:"duration"` // in seconds
				Labels      map[string]string `json:"labels"`
				Annotations map[string]string `json:"annotations"`
			} `json:"rules"`
		} `json:"groups"`
	}
	if err := c.get(ctx, "/api/v1/rules", url.Values{"type": {"alert"}}, &answer); err != nil {
		return nil, err
	}
	var rules []Rule
	for _, g := range answer.Groups {
		for _, r := range g.Rules {
			if r.Type != "alerting" { // some servers do not know the parameter
				continue
			}
			wait := time.Duration(min(max(r.Duration, 0), mostWait.Seconds()) * float64(time.Second))
			rules = append(rules, Rule{g.Name, r.Name, r.Query, wait, r.Labels, r.Annotations})
		}
	}
	return rules, nil
}

// mostWait bounds what a rule is read to wait before it fires.
const mostWait = 10 * 365 * 24 * time.Hour
