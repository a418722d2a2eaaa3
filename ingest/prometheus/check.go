package prometheus

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/prom"
)

// Check implements [ingest.Source].
func (s *Source) Check(ctx context.Context) []ingest.Check {
	hasty := *s
	hasty.client = s.client.Hasty()
	return hasty.check(ctx)
}

func (s *Source) check(ctx context.Context) []ingest.Check {
	st, err := s.client.Status(ctx)
	if err == nil && st.Version == "" {
		// Some servers do not tell. Nor does whatever else answers at a wrong address.
		_, err = s.client.Instant(ctx, "vector(1)", s.client.Now())
	}
	if err != nil {
		return []ingest.Check{{Subject: "server", Detail: said(ctx, err), Remedy: "check base_url and the credentials"}}
	}
	checks := []ingest.Check{
		{Subject: "server", OK: true, Detail: strings.TrimSpace("answers " + version(st))},
		s.checkRetention(st),
	}
	if skew, ok := s.client.Skew(); ok && skew.Abs() > time.Minute {
		checks = append(checks, ingest.Check{
			Subject: "clock", Detail: fmt.Sprintf("this machine is %s off the server's clock", skew.Abs().Round(time.Second)),
			Remedy: "set the machine's clock; syncs go by the server's meanwhile",
		})
	}
	looks := s.checkLookBack(ctx)
	if len(s.slos) == 0 && len(looks) == 0 {
		checks = append(checks, ingest.Check{
			Subject: "SLOs", Detail: "none is counted here, and no chart is looked at",
			Remedy: fmt.Sprintf("name %q as the data source of an SLO, or list dashboards or queries", s.cfg.Name),
		})
	}
	for _, o := range s.slos {
		if ctx.Err() != nil {
			break
		}
		checks = append(checks, s.checkSLO(ctx, o))
	}
	return append(checks, looks...)
}

func said(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return "not asked: " + ctx.Err().Error()
	}
	return opsreview.ErrorMessage(err)
}

func version(st prom.Status) string {
	if st.Version == "" {
		return "and does not say its version"
	}
	return "with version " + st.Version
}

// checkRetention compares how much history there is with how much is wanted.
// Less is no fault: the store keeps what has been read.
func (s *Source) checkRetention(st prom.Status) ingest.Check {
	c := ingest.Check{Subject: "history", OK: true}
	keeps, ok := retention(st.Retention)
	switch {
	case !ok:
		c.Detail = "the server does not say how much it keeps"
	case keeps < s.spans.backfill:
		c.Detail = fmt.Sprintf("the server keeps %s; the first sync would read %s, and reads what is there", st.Retention, days(s.spans.backfill))
	default:
		c.Detail = fmt.Sprintf("the server keeps %s; the first sync reads %s", st.Retention, days(s.spans.backfill))
	}
	return c
}

func days(d time.Duration) string {
	if d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}

var retentionForm = regexp.MustCompile(`^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?`)

// retention reads Prometheus's own words, such as "15d" or "1y2w or 5GB".
func retention(text string) (time.Duration, bool) {
	m := retentionForm.FindStringSubmatch(text)
	var total time.Duration
	for i, unit := range []time.Duration{365 * day, 7 * day, day, time.Hour} {
		if n, err := strconv.Atoi(m[i+1]); err == nil && n < 100_000 {
			total += time.Duration(n) * unit
		}
	}
	return total, total > 0
}

// checkSLO asks whether an SLO's queries have anything to count at present.
func (s *Source) checkSLO(ctx context.Context, o opsreview.SLO) ingest.Check {
	c := ingest.Check{Subject: o.Name, Remedy: "correct the query; see docs/prometheus.md"}
	pl, err := newPlan(o)
	if err != nil {
		c.Detail = opsreview.ErrorMessage(err)
		return c
	}
	type part struct{ name, text, how string }
	parts := []part{{"value", pl.value, "one value a minute"}}
	if pl.value == "" {
		parts = nil
		for role, q := range pl.questions() {
			if q != nil {
				parts = append(parts, part{roleNames[role], q.text, q.String()})
			}
		}
	}
	var seen []string
	for _, q := range parts {
		all, err := s.client.Instant(ctx, q.text, s.client.Now().Add(-s.spans.delay))
		if err != nil {
			c.Detail = q.name + ": " + said(ctx, err)
			return c
		}
		// Errors may never have happened: their counters are born with the first.
		if len(all) == 0 && q.name != roleNames[badRole] {
			c.Detail = q.name + ": the query has no series at present"
			c.Remedy = "check that the metric is scraped and that its labels are right"
			return c
		}
		seen = append(seen, fmt.Sprintf("%s: %d series of %s", q.name, len(all), q.how))
	}
	return ingest.Check{Subject: o.Name, OK: true, Detail: strings.Join(seen, "; ")}
}
