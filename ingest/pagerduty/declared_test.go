package pagerduty

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

func TestDeclared(t *testing.T) {
	major := `{"id":"Q1","type":"incident","incident_number":7,"title":"Vault is down","status":"triggered","created_at":"2026-03-02T10:00:00Z",
		"updated_at":"2026-03-02T10:01:00Z","priority":{"id":"PR1","type":"priority_reference","summary":"P1"},
		"incident_type":{"name":"major_incident"},"service":{"id":"S1","type":"service_reference","summary":"vault"}}`
	over := `{"id":"Q1","type":"incident","incident_number":7,"title":"Vault is down","status":"resolved","created_at":"2026-03-02T10:00:00Z",
		"updated_at":"2026-03-02T11:00:00Z","resolved_at":"2026-03-02T11:00:00Z","priority":{"id":"PR1","type":"priority_reference","summary":"P1"},
		"incident_type":{"name":"major_incident"},"service":{"id":"S1","type":"service_reference","summary":"vault"}}`
	small := `{"id":"Q2","type":"incident","incident_number":8,"title":"Disk full","status":"triggered","created_at":"2026-03-02T10:00:00Z","updated_at":"2026-03-02T10:01:00Z"}`
	want := opsreview.Incident{
		Ref: opsreview.Ref{Source: "pd", ID: "Q1"}, Number: "7", Title: "Vault is down", Status: "resolved", Severity: "P1", Services: []string{"pd/S1"},
		Pages: []opsreview.Ref{{Source: "pd", ID: "Q1"}}, DeclaredAt: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
		ResolvedAt: time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC), UpdatedAt: time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC),
	}
	tests := map[string]struct {
		declared *Declared
		want     []opsreview.Incident
	}{
		"none by default":             {},
		"one of a priority":           {&Declared{Priorities: []string{"p1", "P2"}}, []opsreview.Incident{want}},
		"one of a type":               {&Declared{Types: []string{"major_incident"}}, []opsreview.Incident{want}},
		"none of another priority":    {&Declared{Priorities: []string{"P2"}}, nil},
		"none without what is wanted": {&Declared{Types: []string{"security"}}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFacts("pd", at)
			f.declared = tt.declared
			for _, raw := range []string{over, major, small} { // the older look comes last
				if err := f.item("incident", []byte(raw)); err != nil {
					t.Fatal(err)
				}
			}
			b := f.done()
			if diff := cmp.Diff(tt.want, b.Incidents); diff != "" {
				t.Errorf("declared incidents (-want +got):\n%s", diff)
			}
			if len(b.Pages) != 2 {
				t.Errorf("%d pages, want 2: a declared incident is a page too", len(b.Pages))
			}
			if err := f.item("incident", []byte(over)); err != nil || len(f.done().Incidents) != len(tt.want) {
				t.Errorf("after a batch others are declared: %v", err)
			}
		})
	}
}

func TestDeclared_Validate(t *testing.T) {
	for name, tt := range map[string]struct {
		declared *Declared
		ok       bool
	}{
		"nothing":       {nil, true},
		"a priority":    {&Declared{Priorities: []string{"P1"}}, true},
		"empty lists":   {&Declared{}, false},
		"an empty name": {&Declared{Types: []string{" "}}, false},
	} {
		c := Config{Name: "pd", TokenFile: "/run/token", Incidents: tt.declared}
		if err := c.Validate(); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
