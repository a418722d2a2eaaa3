package grafana

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/rest"
)

// Check implements [ingest.Source].
func (s *Source) Check(ctx context.Context) []ingest.Check {
	hasty := &Source{cfg: s.cfg, client: s.client.Hasty()}
	return hasty.check(ctx)
}

func (s *Source) check(ctx context.Context) []ingest.Check {
	server, answers := s.checkServer(ctx)
	checks := []ingest.Check{server}
	if !answers {
		return checks
	}
	all, err := s.search(ctx)
	if err != nil {
		return append(checks, ingest.Check{Subject: "token", Detail: said(ctx, err), Remedy: "make a token for a service account with the role Viewer, and put it where the configuration says"})
	}
	checks = append(checks, ingest.Check{Subject: "token", OK: true, Detail: "is accepted"})
	chosen := slices.DeleteFunc(slices.Clone(all), func(f listed) bool { return !s.cfg.chooses(f) })
	checks = append(checks, s.checkChoice(all, chosen))
	checks = append(checks, s.missing(all)...)
	if len(chosen) > 0 {
		checks = append(checks, s.checkOne(ctx, chosen[0]))
	}
	return checks
}

// checkServer asks for Grafana's health, which needs no token.
func (s *Source) checkServer(ctx context.Context) (ingest.Check, bool) {
	resp, err := s.client.Do(ctx, rest.Request{Path: "/api/health", Check: isJSON})
	if err != nil {
		return ingest.Check{Subject: "server", Detail: said(ctx, err), Remedy: "check base_url: it is where people open Grafana, with its path if it has one"}, false
	}
	var health struct {
		Database string `json:"database"`
		Version  string `json:"version"`
	}
	if err := json.Unmarshal(resp.Body, &health); err != nil || health.Database == "" {
		return ingest.Check{Subject: "server", Detail: "what answers is not Grafana", Remedy: "check base_url: it is where people open Grafana, with its path if it has one"}, false
	}
	detail := "answers, and does not say its version"
	if health.Version != "" {
		detail = "answers with version " + health.Version
	}
	return ingest.Check{Subject: "server", OK: true, Detail: detail}, true
}

func (s *Source) checkChoice(all, chosen []listed) ingest.Check {
	c := ingest.Check{Subject: "dashboards", OK: true, Detail: fmt.Sprintf("the token sees %d, of which %d are chosen", len(all), len(chosen))}
	switch {
	case len(all) == 0:
		c.OK, c.Detail = false, "the token sees none"
		c.Remedy = "give the token's service account the role Viewer, or the permission to see the folders in question"
	case len(chosen) == 0:
		c.OK, c.Remedy = false, "correct folders and tags"
	case len(chosen) > mostDashboards:
		c.OK, c.Remedy = false, fmt.Sprintf("choose at most %d by folders or tags", mostDashboards)
	}
	return c
}

// missing tells of folders and tags that no dashboard has.
func (s *Source) missing(all []listed) []ingest.Check {
	var checks []ingest.Check
	lacks := func(kind, name string, one Config) {
		if len(all) > 0 && !slices.ContainsFunc(all, one.chooses) {
			checks = append(checks, ingest.Check{
				Subject: kind + " " + name, Detail: "no dashboard that the token sees has it",
				Remedy: "correct the name, or let the token's service account see the folder",
			})
		}
	}
	for _, f := range s.cfg.Folders {
		lacks("folder", f, Config{Folders: []string{f}})
	}
	for _, tag := range s.cfg.Tags {
		lacks("tag", tag, Config{Tags: []string{tag}})
	}
	return checks
}

// checkOne reads one dashboard: to see that it is there is not to see it.
func (s *Source) checkOne(ctx context.Context, f listed) ingest.Check {
	c := ingest.Check{Subject: "reading", Remedy: "give the token's service account the permission dashboards:read"}
	resp, err := s.client.Do(ctx, rest.Request{Path: "/api/dashboards/uid/" + url.PathEscape(f.UID), Check: isJSON})
	if err != nil {
		c.Detail = said(ctx, err)
		return c
	}
	d, err := s.dashboard(f.UID, resp.Body)
	if err != nil {
		c.Detail, c.Remedy = opsreview.ErrorMessage(err), "save the dashboard once more in Grafana, and report it if that does not help"
		return c
	}
	panels := "panels"
	if len(d.Panels) == 1 {
		panels = "panel"
	}
	return ingest.Check{Subject: "reading", OK: true, Detail: fmt.Sprintf("%q has %d %s", strings.TrimSpace(d.Title), len(d.Panels), panels)}
}

func said(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return "not asked: " + ctx.Err().Error()
	}
	return opsreview.ErrorMessage(err)
}
