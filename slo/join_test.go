package slo

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

func TestJoin(t *testing.T) {
	slos := []opsreview.SLO{
		{Name: "vault/availability", Service: "vault"},
		{Name: "vault/availability/2", Service: "vault"},
		{Name: "vault/latency", Service: "vault", Match: []opsreview.PageMatch{
			{{Name: "alertname", Op: "=~", Value: "Vault.*"}, {Name: "severity", Op: "!=", Value: "info"}},
			{{Name: "check", Op: "=", Value: "latency"}},
		}},
		{Name: "consul/availability", Service: "Consul"},
		{Name: "api/errors", Service: "pd/PAPI", Match: []opsreview.PageMatch{{}, {{Name: "a", Op: "=~", Value: "("}}}},
		{Name: "web/0a1b", Service: "pd/PWEB"},
		{Name: "gate/api/v1/errors", Service: "gate", Match: []opsreview.PageMatch{{}}},
		{Name: "gate/api/v1/errors/2", Service: "gate", Match: []opsreview.PageMatch{{}}},
		{Name: "gate/region/3", Service: "gate", Match: []opsreview.PageMatch{{}}},
	}
	consul := opsreview.Service{Ref: opsreview.Ref{Source: "pd", ID: "P1"}, Name: "consul"}
	type about struct {
		Rule JoinRule
		SLOs []string
	}
	tests := map[string]struct {
		attributes map[string]string
		service    opsreview.Service
		want       about
	}{
		"Sloth's id names the service and the SLO, with all its objectives": {
			attributes: map[string]string{"sloth_id": "vault-availability"}, service: consul,
			want: about{ByLabels, []string{"vault/availability", "vault/availability/2"}},
		},
		"Sloth's service and SLO name it too": {
			attributes: map[string]string{"sloth_service": "vault", "sloth_slo": "latency"},
			want:       about{ByLabels, []string{"vault/latency"}},
		},
		"another service's SLO of that name is not meant": {
			attributes: map[string]string{"sloth_service": "etcd", "sloth_slo": "latency"},
		},
		"Pyrra's label names the document": {
			attributes: map[string]string{"slo": "latency"}, want: about{ByLabels, []string{"vault/latency"}},
		},
		"Pyrra's namespace chooses among services": {
			attributes: map[string]string{"slo": "availability", "namespace": "consul"}, want: about{ByLabels, []string{"consul/availability"}},
		},
		"a page's own service chooses among services": {
			attributes: map[string]string{"slo": "availability", "namespace": "prod"}, service: consul,
			want: about{ByLabels, []string{"consul/availability"}},
		},
		"where nothing chooses it is about each of that name": {
			attributes: map[string]string{"slo": "availability"},
			want:       about{ByLabels, []string{"vault/availability", "vault/availability/2", "consul/availability"}},
		},
		"the whole name is a name": {
			attributes: map[string]string{"slo": "vault/availability/2"}, want: about{ByLabels, []string{"vault/availability/2"}},
		},
		"beside Sloth's labels the label slo means something else": {
			attributes: map[string]string{"slo": "latency", "sloth_id": "etcd-latency"},
		},
		"a label that names no SLO leaves it to the next rule": {
			attributes: map[string]string{"slo": "true"}, service: consul, want: about{ByService, []string{"consul/availability"}},
		},
		"Grafana's identifier counts if an SLO is named so": {
			attributes: map[string]string{"grafana_slo_uuid": "0a1b"}, want: about{ByLabels, []string{"web/0a1b"}},
		},
		"a document's name may have slashes": {
			attributes: map[string]string{"sloth_service": "gate", "sloth_slo": "api/v1/errors"},
			want:       about{ByLabels, []string{"gate/api/v1/errors", "gate/api/v1/errors/2"}},
		},
		"and end like that of a further objective": {
			attributes: map[string]string{"slo": "region/3"}, want: about{ByLabels, []string{"gate/region/3"}},
		},
		"all conditions of a match must hold": {
			attributes: map[string]string{"alertname": "VaultSlow", "severity": "page"}, want: about{ByMatch, []string{"vault/latency"}},
		},
		"one that does not hold is enough": {
			attributes: map[string]string{"alertname": "VaultSlow", "severity": "info"},
		},
		"an expression must match the whole value": {
			attributes: map[string]string{"alertname": "MyVaultSlow"},
		},
		"an attribute that is missing is empty": {
			attributes: map[string]string{"alertname": "Vault"}, want: about{ByMatch, []string{"vault/latency"}},
		},
		"any of the matches will do, and comes before the service": {
			attributes: map[string]string{"check": "latency"}, service: consul, want: about{ByMatch, []string{"vault/latency"}},
		},
		"services are compared without regard to case, and SLOs with conditions are left out": {
			service: opsreview.Service{Ref: opsreview.Ref{Source: "pd", ID: "P2"}, Name: "VAULT"},
			want:    about{ByService, []string{"vault/availability", "vault/availability/2"}},
		},
		"a service may be named by its reference": {
			service: opsreview.Service{Ref: opsreview.Ref{Source: "pd", ID: "PWEB"}}, want: about{ByService, []string{"web/0a1b"}},
		},
		"a page of another service is about none": {
			service: opsreview.Service{Ref: opsreview.Ref{Source: "pd", ID: "P3"}, Name: "etcd"},
		},
		"a page without a service is about none": {},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := opsreview.Page{Service: tt.service.Ref, Attributes: tt.attributes}
			rule, found := newJoiner(slos).join(&p, tt.service)
			got := about{Rule: rule}
			for _, i := range found {
				got.SLOs = append(got.SLOs, slos[i].Name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("join (-want +got)\n%s", diff)
			}
		})
	}
}

func TestLagOf(t *testing.T) {
	tests := map[string]struct {
		long []string
		want time.Duration
	}{
		"an hour where no alert says":          {want: time.Hour},
		"what the alert says":                  {long: []string{"30m"}, want: 30 * time.Minute},
		"the longest of all":                   {long: []string{"1h", "1h30m", "5m"}, want: 90 * time.Minute},
		"six hours at most":                    {long: []string{"3d"}, want: 6 * time.Hour},
		"milliseconds are no minutes":          {long: []string{"1h500ms"}, want: time.Hour + 500*time.Millisecond},
		"what is no duration says nothing":     {long: []string{"long", "1x", "5", "h", "-1h", "1 h"}, want: time.Hour},
		"zero says nothing":                    {long: []string{"0s"}, want: time.Hour},
		"more than can be counted is too long": {long: []string{"999999999999y999999999999y"}, want: 6 * time.Hour},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var calls []joined
			for _, long := range tt.long {
				calls = append(calls, joined{call: &call{page: &opsreview.Page{Attributes: map[string]string{"long": long}}}})
			}
			if got := lagOf(calls); got != tt.want {
				t.Errorf("lag = %s, want %s", got, tt.want)
			}
		})
	}
}
