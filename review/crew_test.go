package review_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

func TestCrew(t *testing.T) {
	other := opsreview.Responder{Ref: opsreview.Ref{Source: "og", ID: "U1"}, Name: "Ada L.", Email: "ada@example.com"}
	people := []opsreview.Responder{responder("ada", "UTC"), other, responder("bob", "UTC"), responder("cem", "UTC"), responder("dee", "UTC")}
	inWeek := week().Start.Add(10 * time.Hour)
	ours := map[opsreview.Ref]opsreview.Service{ref("vault"): {Ref: ref("vault"), Name: "Vault", Policy: "PP"}}
	elsewhere := func(p opsreview.Page) opsreview.Page { p.Service = ref("billing"); return p }
	tests := map[string]struct {
		pages   []opsreview.Page
		shifts  []opsreview.Shift
		members []string
		want    []opsreview.Ref
	}{
		"whom the team's pages notified, under all references": {
			pages: []opsreview.Page{page("P1", inWeek, notify(0, opsreview.SMS, "ada"))},
			want:  []opsreview.Ref{other.Ref, ref("ada")},
		},
		"not whom pages of others notified": {
			pages: []opsreview.Page{elsewhere(page("P1", inWeek, notify(0, opsreview.SMS, "bob")))},
		},
		"not whom the team's pages notified before the window": {
			pages: []opsreview.Page{page("P1", week().Start.Add(-time.Minute), notify(0, opsreview.SMS, "bob"))},
		},
		"who acknowledged the team's page without being notified": {
			pages: []opsreview.Page{page("P1", inWeek, ack(0, "cem"), resolve(time.Hour, person("cem")))},
			want:  []opsreview.Ref{ref("cem")},
		},
		"who was on call for the team's services and heard nothing": {
			shifts: []opsreview.Shift{
				{Responder: ref("dee"), PolicyID: "PP", Start: inWeek, End: inWeek.Add(time.Hour)},
				{Responder: ref("bob"), PolicyID: "other", Start: inWeek, End: inWeek.Add(time.Hour)},
			},
			want: []opsreview.Ref{ref("dee")},
		},
		"configured members without a page, in any case": {
			members: []string{"BOB", "nobody"},
			want:    []opsreview.Ref{ref("bob")},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(org(), people, tt.pages...)
			in.Team, in.Services, in.Shifts = "secrets", ours, tt.shifts
			in.Org.Teams = []opsreview.OrgTeam{{Name: "secrets", Members: tt.members}}
			if diff := cmp.Diff(tt.want, review.Crew(in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A review of everybody has no team's services, but monitors are of services
// all the same.
func TestMonitorCosts_NamesServicesOfEverybody(t *testing.T) {
	in := input(org(), everybody(), page("P1", week().Start.Add(10*time.Hour)))
	in.Services = nil
	in.AllServices = map[opsreview.Ref]opsreview.Service{ref("vault"): {Ref: ref("vault"), Name: "Vault"}}
	if got := review.MonitorCosts(in)[0].ServiceName; got != "Vault" {
		t.Errorf("the service is called %q, want Vault", got)
	}
}
