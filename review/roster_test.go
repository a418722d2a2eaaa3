package review_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

func TestNewRoster(t *testing.T) {
	responder := func(source, id, name, email, zone string) opsreview.Responder {
		return opsreview.Responder{Ref: opsreview.Ref{Source: source, ID: id}, Name: name, Email: email, TimeZone: zone}
	}
	gone := func(r opsreview.Responder) opsreview.Responder { r.Deleted = true; return r }
	type who struct {
		Key, Name, Zone string
		Refs            string
		Deleted         bool
	}
	ada := opsreview.OrgResponder{Name: "Ada", Emails: []string{"ada@example.com", "ada@old.example.com"}, TimeZone: "Europe/Berlin"}
	tests := map[string]struct {
		config     []opsreview.OrgResponder
		responders []opsreview.Responder
		want       []who
	}{
		"one address in two sources is one person": {
			responders: []opsreview.Responder{responder("pd", "A", "Ada L", "ada@example.com", "Asia/Kolkata"), responder("goalert", "1", "ada", "Ada@Example.com", "")},
			want:       []who{{"ada@example.com", "ada", "Asia/Kolkata", "goalert/1 pd/A", false}},
		},
		"any of the configured addresses joins": {
			config:     []opsreview.OrgResponder{ada},
			responders: []opsreview.Responder{responder("pd", "A", "A. L.", "ada@old.example.com", "Asia/Kolkata"), responder("goalert", "1", "al", "ada@example.com", "")},
			want:       []who{{"ada@example.com", "Ada", "Europe/Berlin", "goalert/1 pd/A", false}},
		},
		"the exact name joins, upper and lower case being the same": {
			config:     []opsreview.OrgResponder{ada},
			responders: []opsreview.Responder{responder("pd", "A", "ADA", "", "")},
			want:       []who{{"ada@example.com", "Ada", "Europe/Berlin", "pd/A", false}},
		},
		"a name that two accounts of one source bear joins nobody": {
			config:     []opsreview.OrgResponder{ada},
			responders: []opsreview.Responder{responder("pd", "A", "Ada", "a1@example.com", ""), responder("pd", "B", "Ada", "a2@example.com", "")},
			want:       []who{{"a1@example.com", "Ada", "", "pd/A", false}, {"a2@example.com", "Ada", "", "pd/B", false}},
		},
		"without an address everybody is alone": {
			responders: []opsreview.Responder{responder("pd", "A", "Ada", "", "UTC"), responder("goalert", "1", "Ada", "", "UTC")},
			want:       []who{{"goalert/1", "Ada", "UTC", "goalert/1", false}, {"pd/A", "Ada", "UTC", "pd/A", false}},
		},
		"somebody mentioned by name only is the account of that name": {
			responders: []opsreview.Responder{responder("pd", "name:Ada", "Ada", "", ""), responder("pd", "A", "Ada", "", "UTC"), responder("goalert", "1", "Ada", "", "UTC")},
			want:       []who{{"goalert/1", "Ada", "UTC", "goalert/1", false}, {"pd/A", "Ada", "UTC", "pd/A pd/name:Ada", false}},
		},
		"somebody mentioned by a name that two accounts bear stays alone": {
			responders: []opsreview.Responder{responder("pd", "name:Ada", "Ada", "", ""), responder("pd", "A", "Ada", "", "UTC"), responder("pd", "B", "Ada", "", "UTC")},
			want:       []who{{"pd/A", "Ada", "UTC", "pd/A", false}, {"pd/B", "Ada", "UTC", "pd/B", false}, {"pd/name:Ada", "Ada", "", "pd/name:Ada", false}},
		},
		"a configured zone that nobody knows is no reason to guess": {
			config:     []opsreview.OrgResponder{{Name: "Ada", TimeZone: "Mars/Olympus"}},
			responders: []opsreview.Responder{responder("pd", "A", "Ada", "", "Europe/Berlin")},
			want:       []who{{"pd/A", "Ada", "", "pd/A", false}},
		},
		"what a source says today wins over what it said once": {
			responders: []opsreview.Responder{gone(responder("pd", "A", "Ada", "ada@example.com", "Europe/Berlin")), responder("pd", "B", "Ada", "ada@example.com", "Asia/Kolkata")},
			want:       []who{{"ada@example.com", "Ada", "Asia/Kolkata", "pd/A pd/B", false}},
		},
		"who is listed nowhere any more is deleted": {
			responders: []opsreview.Responder{gone(responder("pd", "A", "Ada", "", ""))},
			want:       []who{{"pd/A", "Ada", "", "pd/A", true}},
		},
		"who has no name is named by the ID": {
			responders: []opsreview.Responder{responder("pd", "A", "", "", "")},
			want:       []who{{"pd/A", "A", "", "pd/A", false}},
		},
		"a configured person whom no source knows is not in the roster": {
			config: []opsreview.OrgResponder{ada},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := org()
			o.Responders = tt.config
			var got []who
			roster := review.NewRoster(o, tt.responders, "")
			for _, p := range roster.Persons() {
				w := who{Key: p.Key, Name: p.Name, Deleted: p.Deleted}
				if p.Zone != nil {
					w.Zone = p.Zone.String()
				} else if len(roster.Gaps(p)) == 0 {
					t.Errorf("%s has no zone and no gap says so", p.Name)
				}
				var refs []string
				for _, r := range p.Refs {
					refs = append(refs, r.String())
					if back := roster.Person(r); back.Key != p.Key {
						t.Errorf("%s names %s, want %s", r, back.Key, p.Key)
					}
				}
				w.Refs = strings.Join(refs, " ")
				got = append(got, w)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRoster_HoursArePersonsThenTeamsThenPolicys(t *testing.T) {
	teams, own := hours(), hours()
	teams.SleepStart, own.SleepStart = 21*60, 20*60
	o := org()
	o.Teams = []opsreview.OrgTeam{{Name: "Secrets", Hours: &teams}}
	o.Responders = []opsreview.OrgResponder{{Name: "ada", Hours: &own}}
	roster := review.NewRoster(o, everybody(), "secrets")
	if h := roster.Person(ref("ada")).Hours; h.SleepStart != 20*60 {
		t.Errorf("ada sleeps from minute %d, want her own 1200", h.SleepStart)
	}
	if h := roster.Person(ref("bob")).Hours; h.SleepStart != 21*60 {
		t.Errorf("bob sleeps from minute %d, want the team's 1260", h.SleepStart)
	}
	if p := roster.Person(ref("nobody")); p.Name != "nobody" || p.Zone != nil || p.Hours.SleepStart != 21*60 || len(roster.Gaps(p)) != 1 {
		t.Errorf("an unlisted responder is %+v", p)
	}
	if h := review.NewRoster(o, everybody(), "").Person(ref("bob")).Hours; h.SleepStart != 22*60 {
		t.Errorf("without a team bob sleeps from minute %d, want the policy's 1320", h.SleepStart)
	}
}

func TestTeamServices(t *testing.T) {
	service := func(source, id, name string, teams ...string) opsreview.Service {
		return opsreview.Service{Ref: opsreview.Ref{Source: source, ID: id}, Name: name, Teams: teams}
	}
	services := []opsreview.Service{
		service("pd", "S1", "Vault", "T1"), service("pd", "S2", "Consul", "T1", "T2"), service("pd", "S3", "Billing", "T2"), service("goalert", "S1", "vault", "T1"),
	}
	teams := []opsreview.Team{{Ref: opsreview.Ref{Source: "pd", ID: "T1"}, Name: "Secrets"}, {Ref: opsreview.Ref{Source: "pd", ID: "T2"}, Name: "Money"}}
	o := opsreview.Org{Teams: []opsreview.OrgTeam{{Name: "Core", Services: []string{"VAULT", "pd/S3"}}, {Name: "Money", TimeZone: "Asia/Tokyo"}}}
	tests := map[string]struct {
		team string
		want []string
	}{
		"a configured team has what it names":            {"core", []string{"goalert/S1", "pd/S1", "pd/S3"}},
		"a source's team has what says so":               {"secrets", []string{"pd/S1", "pd/S2"}},
		"a configured team that names none asks sources": {"MONEY", []string{"pd/S2", "pd/S3"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := review.TeamServices(o, tt.team, services, teams)
			if err != nil {
				t.Fatal(err)
			}
			var refs []string
			for _, s := range services {
				if _, ok := got[s.Ref]; ok {
					refs = append(refs, s.Ref.String())
				}
			}
			if diff := cmp.Diff(strings.Join(tt.want, " "), strings.Join(sorted(refs), " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got, err := review.TeamServices(o, "", services, teams); got != nil || err != nil {
		t.Errorf("everybody's services are %v, %v, want nil", got, err)
	}
	_, err := review.TeamServices(o, "nobody", services, teams)
	if opsreview.ErrorCode(err) != opsreview.NotFound || opsreview.ErrorMessage(err) != `there is no team "nobody": known teams are Core, Money, Secrets` {
		t.Errorf("an unknown team: %v", err)
	}
}

func TestTeamZone(t *testing.T) {
	o := opsreview.Org{Teams: []opsreview.OrgTeam{{Name: "a", TimeZone: "Asia/Tokyo"}, {Name: "b"}, {Name: "c", TimeZone: "Mars/Olympus"}}}
	tests := map[string]struct {
		team, want string
		code       opsreview.Code
	}{
		"the configured zone":            {"A", "Asia/Tokyo", ""},
		"none configured is UTC":         {"b", "UTC", ""},
		"a source's team is UTC":         {"x", "UTC", ""},
		"a zone that cannot be loaded":   {"c", "", opsreview.Invalid},
		"everybody's weeks begin in UTC": {"", "UTC", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			z, err := review.TeamZone(o, tt.team)
			if opsreview.ErrorCode(err) != tt.code || err == nil && z.String() != tt.want {
				t.Errorf("zone %v, error %v", z, err)
			}
		})
	}
}

func TestHolidaysAreOffHoursByThePersonsCalendar(t *testing.T) {
	tests := map[string]struct {
		calendar, at string
		want         opsreview.HoursClass
	}{
		"a national holiday":                      {"DE", "2026-05-14T10:00:00+02:00", opsreview.OffHours}, // Ascension Day
		"a Thursday without a calendar":           {"", "2026-05-14T10:00:00+02:00", opsreview.BusinessHours},
		"sleep is sleep on a holiday too":         {"DE", "2026-05-14T23:00:00+02:00", opsreview.SleepHours},
		"a region's holiday in the region":        {"DE-BY", "2026-01-06T10:00:00+01:00", opsreview.OffHours}, // Epiphany
		"a region's holiday in the next":          {"DE-HH", "2026-01-06T10:00:00+01:00", opsreview.BusinessHours},
		"another country's holiday":               {"DE", "2026-11-26T10:00:00+01:00", opsreview.BusinessHours}, // Thanksgiving
		"a holiday's stand-in: Friday for 4 July": {"US", "2026-07-03T10:00:00+02:00", opsreview.OffHours},
		"small letters will do":                   {"us", "2026-11-26T10:00:00+01:00", opsreview.OffHours},
		"an unknown calendar has no holidays":     {"GB-XYZ", "2026-12-25T10:00:00+01:00", opsreview.BusinessHours},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			start, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			o := org()
			o.Responders = []opsreview.OrgResponder{{Name: "ada", TimeZone: "Europe/Berlin", Holidays: tt.calendar}}
			roster := review.NewRoster(o, everybody(), "")
			got := review.Interruptions([]opsreview.Page{page("P1", start, notify(0, opsreview.SMS, "ada"))}, roster)
			if len(got) != 1 || got[0].Class != tt.want {
				t.Errorf("got %+v, want class %s", got, tt.want)
			}
			if unknown := review.CheckCalendar(tt.calendar) != nil; unknown != (len(roster.Gaps(roster.Person(ref("ada")))) > 0) {
				t.Error("an unknown calendar and only that is a gap")
			}
		})
	}
}

func TestCheckCalendar(t *testing.T) {
	err := review.CheckCalendar("XX")
	if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), "DE-BY") {
		t.Errorf("an unknown calendar: %v", err)
	}
	for _, name := range review.Calendars() {
		if err := review.CheckCalendar(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
