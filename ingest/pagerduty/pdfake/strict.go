package pdfake

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// parameters are the query parameters of each path that this program asks. The
// real API ignores others in silence, which hides misprints; the fake refuses
// them. A test compares the list with the vendor's contract.
var parameters = []struct {
	path  *regexp.Regexp
	names string
}{
	{path("/incidents"), "date_range incident_key include[] limit offset service_ids[] since sort_by statuses[] team_ids[] time_zone total until urgencies[] user_ids[]"},
	{path("/incidents/*"), "include[]"},
	{path("/incidents/*/log_entries"), "include[] is_overview limit offset since time_zone total until"},
	{path("/incidents/*/alerts"), "alert_key include[] limit offset sort_by statuses[] total"},
	{path("/incidents/*/notes"), ""},
	{path("/log_entries"), "include[] is_overview limit offset since team_ids[] time_zone total until"},
	{path("/oncalls"), "earliest escalation_policy_ids[] include[] limit offset schedule_ids[] since time_zone total until user_ids[]"},
	{path("/schedules"), "include[] include_next_oncall_for_user limit offset query since team_ids[] time_zone total until"},
	{path("/schedules/*"), "include_next_oncall_for_user overflow since time_zone until"},
	{path("/v3/schedules"), "limit offset query team_ids[] total"},
	{path("/v3/schedules/*"), "include[] overflow since time_zone until"},
	{path("/services"), "include[] limit name offset query sort_by team_ids[] time_zone total"},
	{path("/teams"), "limit offset query total"},
	{path("/users"), "include[] limit offset query team_ids[] total"},
	{path("/users/*"), "include[]"},
	{path("/escalation_policies"), "include[] limit offset query sort_by team_ids[] total user_ids[]"},
	{path("/priorities"), "limit offset total"},
	{path("/analytics/raw/incidents"), ""},
	{path("/abilities"), ""},
}

func path(form string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(form, "*", "[^/]+") + "$")
}

// Known reports whether a path has a query parameter of that name.
func Known(path, name string) bool {
	for _, p := range parameters {
		if p.path.MatchString(path) {
			return slices.Contains(strings.Fields(p.names), name)
		}
	}
	return false
}

// unknown returns the name of a query parameter that the request's path does
// not have, "" if there is none.
func unknown(r *http.Request) string {
	for name := range r.URL.Query() {
		if !Known(r.URL.Path, name) {
			return name
		}
	}
	return ""
}
