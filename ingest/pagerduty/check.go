package pagerduty

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/rest"
)

// A probe is one question of a check.
type probe struct {
	subject string
	path    string
	key     string
	query   url.Values
	remedy  string // where the answer itself names none
	missing string // what is missing without it
}

func probes(now time.Time) []probe {
	week := url.Values{
		"since": {now.Add(-7 * daily).Format(time.RFC3339)}, "until": {now.Format(time.RFC3339)},
		"time_zone": {"UTC"}, "limit": {"1"}, "total": {"true"},
	}
	few := url.Values{"limit": {"1"}}
	return []probe{
		{"log entries", "/log_entries", "log_entries", week, "", "nothing can be synced without them"},
		{"incidents", "/incidents", "incidents", week, "", "open incidents and daily counts cannot be compared"},
		{"users", "/users", "users", few, "", "names and time zones are unknown"},
		{"teams", "/teams", "teams", few, "teams need a plan that has them", "teams are unknown"},
		{"services", "/services", "services", few, "", "names of services are unknown"},
		{"escalation policies", "/escalation_policies", "escalation_policies", few, "", "escalation chains are unknown"},
		{"priorities", "/priorities", "priorities", few, "priorities need a plan that has them", "priorities are unknown"},
		{"on-calls", "/oncalls", "oncalls", few, "", "who was on call is unknown"},
		{"layer-based schedules", "/schedules", "schedules", few, "", "shifts of schedules outside escalation policies are missing"},
		{"shift-based schedules", "/v3/schedules", "schedules", few, "", "shifts of shift-based schedules outside escalation policies are missing"},
	}
}

// Check implements [ingest.Source].
func (s *Source) Check(ctx context.Context) []ingest.Check {
	var checks []ingest.Check
	_, _ = s.get(ctx, "/abilities", nil) // for the server's clock; the probes tell the rest
	p := &puller{Source: s}
	for _, pr := range probes(s.client.Now().UTC()) {
		checks = append(checks, s.probe(ctx, p, pr))
		if ctx.Err() != nil {
			return checks
		}
	}
	checks = append(checks, p.checkAnalytics(ctx))
	if skew, ok := s.client.Skew(); ok && (skew > time.Minute || skew < -time.Minute) {
		checks = append(checks, ingest.Check{
			Subject: "clock", Detail: fmt.Sprintf("this machine is %s off PagerDuty's clock", skew.Abs().Round(time.Second)),
			Remedy: "set the machine's clock; syncs go by PagerDuty's meanwhile",
		})
	}
	return checks
}

func (s *Source) probe(ctx context.Context, p *puller, pr probe) ingest.Check {
	q := url.Values{}
	for k, v := range pr.query {
		q[k] = v
	}
	if pr.path == "/log_entries" || pr.path == "/incidents" {
		q = p.teamQuery(q)
	}
	body, err := s.get(ctx, pr.path, q)
	if err == nil {
		var l listing
		if l, err = readListing(pr.path, pr.key, body); err == nil {
			return ingest.Check{Subject: pr.subject, OK: true, Detail: seen(l)}
		}
	}
	return failed(pr.subject, pr.missing, pr.remedy, err, s.cfg.baseURL())
}

// seen says what an answer showed.
func seen(l listing) string {
	switch {
	case l.total >= 0:
		return fmt.Sprintf("%d in the last 7 days", l.total)
	case len(l.rows) == 0:
		return "readable; there are none"
	}
	return "readable"
}

func failed(subject, missing, remedy string, err error, base string) ingest.Check {
	c := ingest.Check{Subject: subject, Detail: opsreview.ErrorMessage(err) + ": " + missing}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		c.Detail = "not asked: " + err.Error()
	}
	switch status := rest.Status(err); {
	case status == http.StatusUnauthorized:
		c.Remedy = unauthorized(base)
	case status == http.StatusPaymentRequired:
		c.Remedy = cmp.Or(remedy, "the account's plan does not have this")
	case status == http.StatusForbidden:
		c.Remedy = "give the API key read access, or use an account-level read-only key"
	case opsreview.ErrorCode(err) == opsreview.Unavailable:
		c.Remedy = "try again later; see https://status.pagerduty.com"
	default:
		c.Remedy = cmp.Or(remedy, "ask PagerDuty's support with this answer")
	}
	return c
}

// checkAnalytics asks for one analytics row. The endpoint wants a key that may
// write although it only reads, so that many keys are refused.
func (p *puller) checkAnalytics(ctx context.Context) ingest.Check {
	now := p.client.Now().UTC()
	_, _, err := p.analyticsPage(ctx, now.Add(-time.Hour), "")
	if err == nil {
		return ingest.Check{Subject: "analytics", OK: true, Detail: "readable; used to find changes of old incidents"}
	}
	c := failed("analytics", "changes of incidents older than a week are found hourly instead, while they are open", "", err, p.cfg.baseURL())
	if rest.Status(err) == http.StatusForbidden || rest.Status(err) == http.StatusPaymentRequired {
		c.Remedy = "none is needed; a key with the scope analytics.write would add it"
	}
	return c
}
