package storetest

import (
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/store"
)

var incidentTests = map[string]func(*testing.T, Store){
	"an incident is read as its source knows it":               testIncidentWhole,
	"an earlier look at an incident changes nothing":           testIncidentLooks,
	"incidents are found by reference, window and name":        testIncidentFilter,
	"an incident that makes no sense is refused":               testIncidentInvalid,
	"an incident that is entered gets a name":                  testCreateIncident,
	"an incident that is entered twice by mistake is one":      testCreateIncidentOnce,
	"links of incidents are history":                           testLinks,
	"of severity, detector and postmortem the latest counts":   testLinksOfOne,
	"links are made all or none, and once":                     testLinksAllOrNone,
	"a link that makes no sense is refused":                    testLinkInvalid,
	"a link outlasts what the source says of its incident":     testLinkOutlasts,
	"what is linked to an incident is told of those asked for": testLinksOfSome,
}

// declared returns an incident with every field set.
func declared(id string) opsreview.Incident {
	return opsreview.Incident{
		Ref: ref(id), Number: "INC-17", Title: `"Vault" was sealed`, Summary: "Nobody had the key.\n", Status: "closed", Severity: "SEV1",
		DetectedBy: opsreview.DetectedByCustomer, URL: "https://example.com/17", Postmortem: "https://example.com/pm",
		Services: []string{"vault", "pd/S1"}, Teams: []string{"secrets"}, Pages: []opsreview.Ref{ref("Q1"), {Source: "am", ID: "a/b"}},
		FollowUps: []opsreview.FollowUp{{Key: "OPS-12", Title: "Keep a key", URL: "https://example.com/OPS-12", Done: true}, {Key: "OPS-13"}},
		Commander: "Ada", DeclaredAt: hour(3), StartedAt: hour(1), DetectedAt: hour(2), AcknowledgedAt: hour(2.5), MitigatedAt: hour(4),
		ResolvedAt: hour(5), UpdatedAt: hour(9),
	}
}

func saveIncidents(t *testing.T, st Store, incidents ...opsreview.Incident) int {
	t.Helper()
	return save(t, st, "pd", opsreview.Batch{Incidents: incidents}).Incidents
}

func incidents(t *testing.T, st Store, f store.IncidentFilter) []opsreview.Incident {
	t.Helper()
	return must(st.Incidents(t.Context(), f))(t)
}

func testIncidentWhole(t *testing.T, st Store) {
	bare := opsreview.Incident{Ref: ref("I2")}
	same(t, "saved", 2, saveIncidents(t, st, declared("I1"), bare))
	same(t, "incidents", []opsreview.Incident{bare, declared("I1")}, incidents(t, st, store.IncidentFilter{}))
	same(t, "saved again", 0, saveIncidents(t, st, declared("I1"), bare))
	changed := declared("I1")
	changed.FollowUps, changed.MitigatedAt, changed.Pages = nil, time.Time{}, nil
	same(t, "changed", 1, saveIncidents(t, st, changed))
	same(t, "incidents", []opsreview.Incident{bare, changed}, incidents(t, st, store.IncidentFilter{}))
}

func testIncidentLooks(t *testing.T, st Store) {
	saveIncidents(t, st, declared("I1"))
	early, late, undated := declared("I1"), declared("I1"), declared("I1")
	early.UpdatedAt, early.Title = hour(8), "early"
	same(t, "an earlier look", 0, saveIncidents(t, st, early))
	late.UpdatedAt, late.Title = hour(10), "late"
	same(t, "a later look", 1, saveIncidents(t, st, late))
	undated.UpdatedAt, undated.Title = time.Time{}, "undated"
	same(t, "a look at no time", 1, saveIncidents(t, st, undated))
	same(t, "incidents", []opsreview.Incident{undated}, incidents(t, st, store.IncidentFilter{}))
}

func testIncidentFilter(t *testing.T, st Store) {
	lasting := func(id, number string, from, to float64) opsreview.Incident {
		i := opsreview.Incident{Ref: ref(id), Number: number, StartedAt: hour(from)}
		if to > 0 {
			i.ResolvedAt = hour(to)
		}
		return i
	}
	entered := opsreview.Incident{Ref: ref("entered"), DeclaredAt: hour(12)}
	saveIncidents(t, st, lasting("before", "INC-1", 1, 10), lasting("across", "INC-2", 2, 11), lasting("within", "INC-3", 11, 12),
		lasting("after", "INC-4", 20, 21), lasting("open", "INC-5", 3, 0), entered, opsreview.Incident{Ref: ref("timeless")})
	window := opsreview.Window{Start: hour(10), End: hour(20)}
	for name, tt := range map[string]struct {
		filter store.IncidentFilter
		want   string // in order
	}{
		"all":                                {store.IncidentFilter{}, "timeless before across open within entered after"},
		"those that touch a window":          {store.IncidentFilter{Window: window}, "across open within entered"},
		"those that ended since":             {store.IncidentFilter{Window: opsreview.Window{Start: hour(11)}}, "open within entered after"},
		"those that began before":            {store.IncidentFilter{Window: opsreview.Window{End: hour(3)}}, "before across"},
		"an empty window":                    {store.IncidentFilter{Window: opsreview.Window{Start: hour(11), End: hour(11)}}, "open"},
		"by reference":                       {store.IncidentFilter{Refs: []opsreview.Ref{ref("open"), ref("gone"), ref("after")}}, "open after"},
		"none":                               {store.IncidentFilter{Refs: []opsreview.Ref{}}, ""},
		"by name":                            {store.IncidentFilter{Name: "pd/within"}, "within"},
		"by number, in any case":             {store.IncidentFilter{Name: "inc-3"}, "within"},
		"by the beginning of its id":         {store.IncidentFilter{Name: "a"}, "across after"},
		"a wildcard is a letter like others": {store.IncidentFilter{Name: "%"}, ""},
		"by name in a window":                {store.IncidentFilter{Name: "a", Window: window}, "across"},
	} {
		var got []string
		for _, i := range incidents(t, st, tt.filter) {
			got = append(got, i.ID)
		}
		same(t, name, strings.Fields(tt.want), got)
	}
}

func testIncidentInvalid(t *testing.T, st Store) {
	for name, spoil := range map[string]func(*opsreview.Incident){
		"another source's":          func(i *opsreview.Incident) { i.Source = "am" },
		"no name":                   func(i *opsreview.Incident) { i.ID = "" },
		"an unknown detector":       func(i *opsreview.Incident) { i.DetectedBy = "luck" },
		"a page of no source":       func(i *opsreview.Incident) { i.Pages = []opsreview.Ref{{ID: "Q1"}} },
		"a page without a name":     func(i *opsreview.Incident) { i.Pages = []opsreview.Ref{{Source: "pd"}} },
		"too many pages":            func(i *opsreview.Incident) { i.Pages = make([]opsreview.Ref, 1001) },
		"too many follow-ups":       func(i *opsreview.Incident) { i.FollowUps = make([]opsreview.FollowUp, 1001) },
		"a follow-up of no name":    func(i *opsreview.Incident) { i.FollowUps = []opsreview.FollowUp{{Title: "something"}} },
		"a title that is too long":  func(i *opsreview.Incident) { i.Title = strings.Repeat("é", 20_001) },
		"a service that is no text": func(i *opsreview.Incident) { i.Services = []string{"a\xff"} },
	} {
		bad := declared("I2")
		spoil(&bad)
		_, err := st.SaveBatch(t.Context(), "pd", opsreview.Batch{Incidents: []opsreview.Incident{declared("I1"), bad}})
		if opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "incidents", nil, incidents(t, st, store.IncidentFilter{}))
}

func testCreateIncident(t *testing.T, st Store) {
	given := declared("")
	given.Ref = opsreview.Ref{}
	given.StartedAt = given.StartedAt.Add(time.Microsecond)
	got := must(st.CreateIncident(t.Context(), nil, given))(t)
	if got.Source != store.ManualSource || !strings.HasPrefix(got.ID, "i-") {
		t.Errorf("it is named %q", got.Ref)
	}
	want := declared("")
	want.Ref = got.Ref
	same(t, "created", want, got)
	same(t, "incidents", []opsreview.Incident{want}, incidents(t, st, store.IncidentFilter{Refs: []opsreview.Ref{got.Ref}}))
	given.Number = "inc-17"
	_, err := st.CreateIncident(t.Context(), nil, given)
	wantCode(t, err, opsreview.Conflict)
	given.Number = ""
	must(st.CreateIncident(t.Context(), nil, given))(t)
	if other := must(st.CreateIncident(t.Context(), nil, given))(t); other.Ref == got.Ref {
		t.Errorf("two incidents are named %q", got.Ref)
	}
	_, err = st.CreateIncident(t.Context(), nil, want)
	wantCode(t, err, opsreview.Invalid)
	given.Title = " "
	_, err = st.CreateIncident(t.Context(), nil, given)
	wantCode(t, err, opsreview.Invalid)
}

// asked returns a request that may be repeated.
func asked(id, content string) *store.Request {
	return &store.Request{ID: id, Method: "test", Content: []byte(content), At: hour(1)}
}

func testCreateIncidentOnce(t *testing.T, st Store) {
	i := opsreview.Incident{Title: "Vault was sealed", Services: []string{"vault"}, DeclaredAt: hour(1)}
	first := must(st.CreateIncident(t.Context(), asked("r1", "a"), i))(t)
	i.DeclaredAt, i.Services = hour(2), []string{"of the repetition"} // What changes from one attempt to the next.
	same(t, "the answer", first, must(st.CreateIncident(t.Context(), asked("r1", "a"), i))(t))
	same(t, "incidents", []opsreview.Incident{first}, incidents(t, st, store.IncidentFilter{}))
	_, err := st.CreateIncident(t.Context(), asked("r1", "b"), i)
	wantCode(t, err, opsreview.Conflict)
}

func link(id string, kind opsreview.LinkKind, target string, at time.Time) opsreview.IncidentLink {
	return opsreview.IncidentLink{Incident: ref(id), Kind: kind, Target: target, Author: "ada", At: at}
}

func links(t *testing.T, st Store, refs ...opsreview.Ref) []opsreview.IncidentLink {
	t.Helper()
	return must(st.IncidentLinks(t.Context(), refs))(t)
}

func testLinks(t *testing.T, st Store) {
	saveIncidents(t, st, declared("I1"))
	page, ticket := link("I1", opsreview.LinkPage, "pd/Q9", hour(1)), link("I1", opsreview.LinkTicket, "OPS-14", hour(2))
	mustDo(t, st.LinkIncident(t.Context(), nil, []opsreview.IncidentLink{page, ticket}))
	again := page
	again.Author, again.At = "bob", hour(3)
	mustDo(t, st.LinkIncident(t.Context(), nil, []opsreview.IncidentLink{again}))
	same(t, "links", []opsreview.IncidentLink{page, ticket}, links(t, st, ref("I1")))

	mustDo(t, st.UnlinkIncident(t.Context(), page, "bob", hour(4)))
	wantCode(t, st.UnlinkIncident(t.Context(), page, "bob", hour(5)), opsreview.NotFound)
	wantCode(t, st.UnlinkIncident(t.Context(), ticket, "", hour(5)), opsreview.Invalid)
	page.WithdrawnBy, page.WithdrawnAt = "bob", hour(4)
	mustDo(t, st.LinkIncident(t.Context(), nil, []opsreview.IncidentLink{again}))
	same(t, "history", []opsreview.IncidentLink{page, ticket, again}, links(t, st, ref("I1")))
}

func testLinksOfOne(t *testing.T, st Store) {
	saveIncidents(t, st, declared("I1"))
	for _, tt := range []struct {
		kind          opsreview.LinkKind
		first, second string
	}{
		{opsreview.LinkSeverity, "SEV2", "SEV1"},
		{opsreview.LinkDetectedBy, "alert", "person"},
		{opsreview.LinkPostmortem, "https://example.com/1", "https://example.com/2"},
	} {
		mustDo(t, st.LinkIncident(t.Context(), nil, []opsreview.IncidentLink{link("I1", tt.kind, tt.first, hour(1))}))
		mustDo(t, st.LinkIncident(t.Context(), nil, []opsreview.IncidentLink{link("I1", tt.kind, tt.second, hour(2))}))
		mustDo(t, st.LinkIncident(t.Context(), nil, []opsreview.IncidentLink{link("I1", tt.kind, tt.second, hour(3))}))
	}
	force := map[opsreview.LinkKind]string{}
	all := links(t, st, ref("I1"))
	for _, l := range all {
		if l.WithdrawnBy == "" {
			force[l.Kind] = l.Target
		} else if l.WithdrawnBy != "ada" || !l.WithdrawnAt.Equal(hour(2)) {
			t.Errorf("the link before was taken back by %s at %s", l.WithdrawnBy, l.WithdrawnAt)
		}
	}
	same(t, "history", 6, len(all))
	same(t, "in force", map[opsreview.LinkKind]string{
		opsreview.LinkSeverity: "SEV1", opsreview.LinkDetectedBy: "person", opsreview.LinkPostmortem: "https://example.com/2",
	}, force)
}

func testLinksAllOrNone(t *testing.T, st Store) {
	saveIncidents(t, st, declared("I1"))
	good, gone := link("I1", opsreview.LinkService, "vault", hour(1)), link("I2", opsreview.LinkService, "vault", hour(1))
	wantCode(t, st.LinkIncident(t.Context(), asked("r1", "a"), []opsreview.IncidentLink{good, gone}), opsreview.NotFound)
	same(t, "none", nil, links(t, st, ref("I1")))
	mustDo(t, st.LinkIncident(t.Context(), asked("r1", "a"), []opsreview.IncidentLink{good}))
	mustDo(t, st.UnlinkIncident(t.Context(), good, "ada", hour(2)))
	mustDo(t, st.LinkIncident(t.Context(), asked("r1", "a"), []opsreview.IncidentLink{good}))
	same(t, "links", 1, len(links(t, st, ref("I1"))))
	wantCode(t, st.LinkIncident(t.Context(), asked("r1", "b"), []opsreview.IncidentLink{good}), opsreview.Conflict)
}

func testLinkInvalid(t *testing.T, st Store) {
	saveIncidents(t, st, declared("I1"))
	for name, l := range map[string]opsreview.IncidentLink{
		"an unknown kind":         link("I1", "rumour", "x", hour(1)),
		"nothing to link":         link("I1", opsreview.LinkTicket, " ", hour(1)),
		"no time":                 link("I1", opsreview.LinkTicket, "OPS-1", time.Time{}),
		"no author":               {Incident: ref("I1"), Kind: opsreview.LinkTicket, Target: "OPS-1", At: hour(1)},
		"a page that is none":     link("I1", opsreview.LinkPage, "Q1", hour(1)),
		"a detector that is none": link("I1", opsreview.LinkDetectedBy, "luck", hour(1)),
		"a text that is too long": link("I1", opsreview.LinkTicket, strings.Repeat("x", 20_001), hour(1)),
	} {
		if err := st.LinkIncident(t.Context(), nil, []opsreview.IncidentLink{l}); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	same(t, "links", nil, must(st.IncidentLinks(t.Context(), nil))(t))
}

func testLinkOutlasts(t *testing.T, st Store) {
	saveIncidents(t, st, declared("I1"))
	l := link("I1", opsreview.LinkSeverity, "SEV0", hour(1))
	mustDo(t, st.LinkIncident(t.Context(), nil, []opsreview.IncidentLink{l}))
	later := declared("I1")
	later.Severity, later.UpdatedAt = "SEV3", hour(20)
	saveIncidents(t, st, later)
	same(t, "links", []opsreview.IncidentLink{l}, links(t, st, ref("I1")))
}

func testLinksOfSome(t *testing.T, st Store) {
	saveIncidents(t, st, declared("I1"), declared("I2"))
	first, second := link("I1", opsreview.LinkService, "vault", hour(1)), link("I2", opsreview.LinkService, "vault", hour(2))
	mustDo(t, st.LinkIncident(t.Context(), nil, []opsreview.IncidentLink{first, second}))
	same(t, "of one", []opsreview.IncidentLink{second}, links(t, st, ref("I2"), ref("gone")))
	same(t, "of none", nil, must(st.IncidentLinks(t.Context(), []opsreview.Ref{}))(t))
	same(t, "of all", []opsreview.IncidentLink{first, second}, must(st.IncidentLinks(t.Context(), nil))(t))
}
