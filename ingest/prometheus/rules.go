package prometheus

import (
	"context"
	"strings"

	"opsreview"
	"opsreview/hygiene"
	"opsreview/internal/prom"
)

// rules saves the alerting rules that the server runs, if they have changed. A
// server that does not tell them has none.
func (p *puller) rules(ctx context.Context) error {
	if p.cfg.Rules != nil && !*p.cfg.Rules {
		return p.saveRules(ctx, nil)
	}
	all, err := p.client.AlertRules(ctx)
	if code := opsreview.ErrorCode(err); code == opsreview.NotFound || code == opsreview.Invalid {
		return ctx.Err() // others than Prometheus, and those that let nobody look
	}
	if err != nil {
		return err
	}
	return p.saveRules(ctx, definitions(all, p.cfg.Name, strings.TrimSuffix(p.cfg.BaseURL, "/")+"/alerts"))
}

func (p *puller) saveRules(ctx context.Context, defs []opsreview.MonitorDefinition) error {
	hash := ""
	if len(defs) > 0 {
		hash = hashed(defs)
	}
	if hash == p.st.Rules {
		return nil
	}
	p.st.Rules = hash
	return p.session.Save(ctx, opsreview.Batch{Definitions: defs, Listed: []string{"definitions"}, Cursor: p.st.encode()})
}

// definitions returns rules as the same definitions that a file of them would
// be read as.
func definitions(all []prom.Rule, source, origin string) []opsreview.MonitorDefinition {
	defs := make([]opsreview.MonitorDefinition, 0, len(all))
	for _, r := range all {
		d := hygiene.PrometheusRule{
			Group: r.Group, Alert: r.Name, Query: r.Query, Waits: r.For > 0, Labels: r.Labels, Annotations: r.Annotations,
		}.Definition()
		d.Source, d.Origin = source, origin
		defs = append(defs, d)
	}
	hygiene.Distinguish(defs)
	return defs
}
