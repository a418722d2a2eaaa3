package review_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/incident"
	"opsreview/policy"
	"opsreview/review"
)

func TestTeamIncidents(t *testing.T) {
	vault, consul := opsreview.Ref{Source: "pd", ID: "V"}, opsreview.Ref{Source: "pd", ID: "C"}
	own := map[opsreview.Ref]opsreview.Service{vault: {Ref: vault, Name: "Vault"}}
	pages := map[opsreview.Ref]opsreview.Page{
		{Source: "pd", ID: "P1"}: {Ref: opsreview.Ref{Source: "pd", ID: "P1"}, Service: vault},
		{Source: "pd", ID: "P2"}: {Ref: opsreview.Ref{Source: "pd", ID: "P2"}, Service: consul},
	}
	org := opsreview.Org{Teams: []opsreview.OrgTeam{{Name: "secrets", Services: []string{"vault"}}}}
	tests := map[string]struct {
		incident opsreview.Incident
		team     string
		want     bool
	}{
		"one that names the team is the team's":           {incident: opsreview.Incident{Teams: []string{"Secrets"}}, team: "secrets", want: true},
		"one that names its service is":                   {incident: opsreview.Incident{Services: []string{"VAULT"}}, team: "secrets", want: true},
		"one that names its service by reference is":      {incident: opsreview.Incident{Services: []string{"pd/V"}}, team: "secrets", want: true},
		"one that owns a page of its service is":          {incident: opsreview.Incident{Pages: []opsreview.Ref{{Source: "pd", ID: "P1"}}}, team: "secrets", want: true},
		"one that owns a page of another's is not":        {incident: opsreview.Incident{Pages: []opsreview.Ref{{Source: "pd", ID: "P2"}}}, team: "secrets"},
		"one that names nothing is not":                   {team: "secrets"},
		"one that names nothing is in everybody's review": {want: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := review.TeamIncidents(org, tt.team, own, []opsreview.Incident{tt.incident}, pages)
			if (len(got) == 1) != tt.want {
				t.Errorf("it is the team's: %v, want %v", len(got) == 1, tt.want)
			}
		})
	}
}

func TestPrepare_IncidentsBecomeFindings(t *testing.T) {
	start := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	w := opsreview.Window{Start: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)}
	vault := opsreview.Ref{Source: "pd", ID: "V"}
	services := map[opsreview.Ref]opsreview.Service{vault: {Ref: vault, Name: "Vault"}}
	in := review.Input{
		Team: "secrets", Window: w, Now: w.End.Add(30 * 24 * time.Hour), Zone: time.UTC, Services: services, AllServices: services,
		Org: opsreview.Org{Policy: policy.Default().Policy, Teams: []opsreview.OrgTeam{{Name: "secrets", Services: []string{"vault"}}}},
		Incidents: &incident.Input{
			Window: w, Now: w.End.Add(30 * 24 * time.Hour), Services: services,
			Incidents: []opsreview.Incident{{
				Ref: opsreview.Ref{Source: "rootly", ID: "a"}, Number: "INC-1", Severity: "SEV1", Services: []string{"vault"},
				StartedAt: start, ResolvedAt: start.Add(time.Hour),
			}},
		},
	}
	want := []opsreview.Finding{{
		Key: "incident_unfinished:rootly/a", Kind: opsreview.IncidentUnfinished, Category: opsreview.FollowUpWork, Team: "secrets", Service: "Vault",
		Title: "Incident INC-1 left neither a postmortem nor a follow-up", Subject: "rootly/a",
		Evidence: []string{"It has no postmortem and no follow-up 43 days after its resolution.", "Its severity is SEV1.", "It took 1h00m to resolve."},
		Remedy:   "Write its postmortem, file a ticket for what must change, and link both: opsreview incident link.",
	}}
	if diff := cmp.Diff(want, review.Prepare(in).Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
