package storetest

import (
	"testing"

	"opsreview"
)

var orgTests = map[string]func(*testing.T, Store){
	"a mention blanks nothing":                     testMention,
	"what is not listed any more is deleted":       testListed,
	"reference data of every kind comes back":      testKinds,
	"responders of another source stay unaffected": testListedElsewhere,
	"who was only named is not gone":               testListedByNameOnly,
}

func ada() opsreview.Responder {
	return opsreview.Responder{
		Ref: ref("P1"), Name: "Ada", Email: "ada@example.com", TimeZone: "Europe/Berlin",
		Teams: []string{"T1", "T2"}, Channels: []opsreview.Channel{opsreview.SMS, opsreview.Push},
	}
}

func testMention(t *testing.T, st Store) {
	mention := opsreview.Responder{Ref: ref("P1"), Name: "Ada"}
	same(t, "saved", 1, save(t, st, "pd", opsreview.Batch{Responders: []opsreview.Responder{mention, mention}}).Responders)
	same(t, "saved", 1, save(t, st, "pd", opsreview.Batch{Responders: []opsreview.Responder{mention, ada(), mention}}).Responders)
	same(t, "saved", 0, save(t, st, "pd", opsreview.Batch{Responders: []opsreview.Responder{mention}}).Responders)
	same(t, "responders", []opsreview.Responder{ada()}, must(st.Responders(t.Context()))(t))
}

func testListed(t *testing.T, st Store) {
	bob := opsreview.Responder{Ref: ref("P2"), Name: "Bob"}
	list := func(all ...opsreview.Responder) int {
		return save(t, st, "pd", opsreview.Batch{Responders: all, Listed: []string{"responders"}}).Responders
	}
	same(t, "both", 2, list(ada(), bob))
	same(t, "one goes", 1, list(ada()))
	bob.Deleted = true
	same(t, "responders", []opsreview.Responder{ada(), bob}, must(st.Responders(t.Context()))(t))
	// An old page still mentions him, which does not bring him back.
	mention := opsreview.Responder{Ref: ref("P2"), Name: "Bob"}
	same(t, "mentioned", 0, save(t, st, "pd", opsreview.Batch{Responders: []opsreview.Responder{mention}}).Responders)
	bob.Deleted = false
	same(t, "back", 1, list(ada(), bob))
	same(t, "the same list", 0, list(ada(), bob))
	same(t, "an empty list", 2, list())
}

func testKinds(t *testing.T, st Store) {
	b := opsreview.Batch{
		Teams:    []opsreview.Team{{Ref: ref("X"), Name: "Secrets"}},
		Services: []opsreview.Service{{Ref: ref("X"), Name: "vault", Teams: []string{"X"}, Policy: "E1"}},
		Policies: []opsreview.EscalationPolicy{{Ref: ref("X"), Name: "Primary", Teams: []string{"X"}, Levels: 3}},
		Priorities: []opsreview.Priority{
			{Ref: ref("A"), Name: "P1", Order: 4}, {Ref: ref("B"), Name: "P5", Order: 0},
		},
		Listed: []string{"teams", "services", "policies"},
	}
	save(t, st, "pd", b)
	same(t, "teams", b.Teams, must(st.Teams(t.Context()))(t))
	same(t, "services", b.Services, must(st.Services(t.Context()))(t))
	same(t, "policies", b.Policies, must(st.Policies(t.Context()))(t))
	same(t, "priorities", []opsreview.Priority{b.Priorities[1], b.Priorities[0]}, must(st.Priorities(t.Context()))(t))
	save(t, st, "pd", opsreview.Batch{Listed: b.Listed})
	same(t, "a team that went", true, must(st.Teams(t.Context()))(t)[0].Deleted)
	same(t, "a service that went", true, must(st.Services(t.Context()))(t)[0].Deleted)
	same(t, "a policy that went", true, must(st.Policies(t.Context()))(t)[0].Deleted)
}

func testListedByNameOnly(t *testing.T, st Store) {
	named := opsreview.Responder{Ref: ref(opsreview.NamedOnly + "Ada"), Name: "Ada"}
	save(t, st, "pd", opsreview.Batch{Responders: []opsreview.Responder{named}})
	save(t, st, "pd", opsreview.Batch{Responders: []opsreview.Responder{{Ref: ref("P1"), Name: "Ada"}}, Listed: []string{"responders"}})
	for _, r := range must(st.Responders(t.Context()))(t) {
		if r.Deleted {
			t.Errorf("%s is deleted: nobody who was only named is in a list of accounts", r.Ref)
		}
	}
}

func testListedElsewhere(t *testing.T, st Store) {
	save(t, st, "pd", opsreview.Batch{Responders: []opsreview.Responder{ada()}})
	save(t, st, "og", opsreview.Batch{Listed: []string{"responders"}})
	same(t, "responders", []opsreview.Responder{ada()}, must(st.Responders(t.Context()))(t))
}
