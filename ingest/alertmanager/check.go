package alertmanager

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/prom"
)

// Check implements [ingest.Source].
func (s *Source) Check(ctx context.Context) []ingest.Check {
	var checks []ingest.Check
	if s.cfg.WebhookTokenFile != "" {
		c := ingest.Check{Subject: "webhook token", OK: true, Detail: "can be read"}
		if _, err := readTokens(s.cfg.WebhookTokenFile); err != nil {
			c = ingest.Check{Subject: c.Subject, Detail: opsreview.ErrorMessage(err), Remedy: "put the token into the file of webhook_token_file, and make it readable"}
		}
		checks = append(checks, c)
	}
	if s.client == nil {
		return append(checks, ingest.Check{Subject: "history", OK: true, Detail: "none is read: there is no prometheus_url, so that alerts count from their first call on"})
	}
	hasty := *s // somebody waits for the answer
	hasty.client = s.client.Hasty()
	return append(checks, hasty.checkHistory(ctx)...)
}

func (s *Source) checkHistory(ctx context.Context) []ingest.Check {
	var checks []ingest.Check
	st, err := s.client.Status(ctx)
	if err != nil {
		return append(checks, ingest.Check{Subject: "history", Detail: said(ctx, err), Remedy: "check prometheus_url and its credentials"})
	}
	checks = append(checks, ingest.Check{Subject: "history", OK: true, Detail: described(st)})
	if skew, ok := s.client.Skew(); ok && skew.Abs() > time.Minute {
		checks = append(checks, ingest.Check{
			Subject: "clock", Detail: fmt.Sprintf("this machine is %s off the server's clock", skew.Abs().Round(time.Second)),
			Remedy: "set the machine's clock; syncs go by the server's meanwhile",
		})
	}
	return append(checks, s.checkGlobal(ctx), s.checkAlerts(ctx))
}

func described(st prom.Status) string {
	words := []string{"Prometheus answers"}
	if st.Version != "" {
		words = append(words, "with version "+st.Version)
	}
	if st.Retention != "" {
		words = append(words, "and keeps "+st.Retention)
	}
	return strings.Join(words, " ")
}

func (s *Source) checkGlobal(ctx context.Context) ingest.Check {
	if err := s.checkLabels(ctx); err != nil {
		return ingest.Check{Subject: "external labels", Detail: said(ctx, err), Remedy: "write it in the source's configuration, else each alert becomes two pages"}
	}
	return ingest.Check{Subject: "external labels", OK: true, Detail: "{" + wordsOf(s.cfg.ExternalLabels) + "}"}
}

// checkAlerts asks whether the rules leave samples. That no alert fires is no
// fault.
func (s *Source) checkAlerts(ctx context.Context) ingest.Check {
	c := ingest.Check{Subject: "alerts", Remedy: "check that prometheus_url is the server that evaluates the alerting rules"}
	all, err := s.client.Instant(ctx, `ALERTS{alertstate="firing"}`, s.client.Now().Add(-delay))
	if err != nil {
		c.Detail = said(ctx, err)
		return c
	}
	paging := len(s.tracksOf(all))
	return ingest.Check{Subject: c.Subject, OK: true, Detail: fmt.Sprintf("%d fire at present, of which %d page by match", len(all), paging)}
}

func said(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return "not asked: " + ctx.Err().Error()
	}
	return opsreview.ErrorMessage(err)
}

// global is what a server's configuration says that changes alerts.
type global struct {
	ExternalLabels map[string]string `yaml:"external_labels"`
	QueryOffset    string            `yaml:"rule_query_offset"`
}

// global reads the server's configuration. Servers that only speak the same
// API have none, which is no error.
func (s *Source) global(ctx context.Context) (global, error) {
	text, err := s.client.Config(ctx)
	if err != nil {
		return global{}, err
	}
	var in struct {
		Global global `yaml:"global"`
	}
	if yaml.Unmarshal([]byte(text), &in) != nil {
		return global{}, nil // it is in nobody's form that is known
	}
	return in.Global, nil
}
