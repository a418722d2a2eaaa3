package review_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"opsreview"
	"opsreview/review"
)

// The week that most tests look at: 2026-W46, Monday 9 November.
func week() opsreview.Window {
	start := time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)
	return opsreview.Window{Start: start, End: start.AddDate(0, 0, 7)}
}

func hours() opsreview.Hours {
	return opsreview.Hours{
		Days:          []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		BusinessStart: 8 * 60, BusinessEnd: 18 * 60, SleepStart: 22 * 60, SleepEnd: 8 * 60,
	}
}

func org(limits ...opsreview.Limit) opsreview.Org {
	return opsreview.Org{Policy: opsreview.Policy{Hours: hours(), Limits: limits, EngagedCap: 6 * time.Hour}}
}

func responder(id, zone string) opsreview.Responder {
	return opsreview.Responder{Ref: ref(id), Name: id, Email: id + "@example.com", TimeZone: zone}
}

func ref(id string) opsreview.Ref { return opsreview.Ref{Source: "pd", ID: id} }

func person(id string) opsreview.Agent {
	return opsreview.Agent{Kind: opsreview.Person, ID: id, Name: id}
}

var (
	timer       = opsreview.Agent{Kind: opsreview.Timer}
	integration = opsreview.Agent{Kind: opsreview.Integration}
)

// An ev is an event as tests write it: so long after the page's trigger.
type ev struct {
	after time.Duration
	kind  opsreview.EventKind
	by    opsreview.Agent
	to    []string
	over  opsreview.Channel
}

func notify(after time.Duration, over opsreview.Channel, to ...string) ev {
	return ev{after: after, kind: opsreview.Notified, to: to, over: over}
}

func ack(after time.Duration, id string) ev {
	return ev{after: after, kind: opsreview.Acknowledged, by: person(id)}
}

func resolve(after time.Duration, by opsreview.Agent) ev {
	return ev{after: after, kind: opsreview.Resolved, by: by}
}

// page makes a settled page that was triggered at start.
func page(id string, start time.Time, events ...ev) opsreview.Page {
	p := opsreview.Page{
		Ref: ref(id), Title: "page " + id, Service: ref("vault"), Monitor: "m-" + id, Urgency: opsreview.HighUrgency,
		Events: []opsreview.Event{{ID: id + "-0", At: start, Kind: opsreview.Triggered, By: integration}},
	}
	for i, e := range events {
		p.Events = append(p.Events, opsreview.Event{
			ID: fmt.Sprintf("%s-%d", id, i+1), At: start.Add(e.after), Kind: e.kind, By: e.by, Responders: e.to, Channel: e.over,
		})
	}
	p.Settle()
	return p
}

// input is a review's input over the week with a long history.
func input(o opsreview.Org, responders []opsreview.Responder, pages ...opsreview.Page) review.Input {
	return review.Input{
		Window: week(), Now: week().End.Add(time.Hour), Zone: time.UTC, Pages: pages, Org: o,
		Responders: responders, DataSince: week().Start.AddDate(-1, 0, 0),
	}
}

// loadOf returns the load of the person of that name.
func loadOf(t testing.TB, in review.Input, name string) review.Load {
	t.Helper()
	for _, l := range review.Loads(in) {
		if l.Person.Name == name {
			return l
		}
	}
	t.Fatalf("there is no load of %s", name)
	return review.Load{}
}

// randomPages makes n pages of two weeks around the window, from a fixed seed.
func randomPages(seed uint64, n int) []opsreview.Page {
	r := rand.New(rand.NewPCG(seed, 1))
	people := []string{"ada", "bob", "cem", "dee"}
	channels := []opsreview.Channel{opsreview.SMS, opsreview.Phone, opsreview.Push, opsreview.Email}
	var pages []opsreview.Page
	for i := range n {
		start := week().Start.AddDate(0, 0, -3).Add(time.Duration(r.IntN(13*24*3600)) * time.Second)
		who := people[r.IntN(len(people))]
		var events []ev
		for range r.IntN(5) {
			events = append(events, notify(time.Duration(r.IntN(200))*time.Second, channels[r.IntN(len(channels))], people[r.IntN(len(people))]))
		}
		if r.IntN(3) > 0 {
			events = append(events, ack(time.Duration(30+r.IntN(900))*time.Second, who))
		}
		if r.IntN(5) > 0 {
			events = append(events, resolve(time.Duration(1000+r.IntN(40000))*time.Second, integration))
		}
		p := page(fmt.Sprintf("P%04d", i), start, events...)
		p.Monitor = fmt.Sprintf("m-%d", i%7)
		pages = append(pages, p)
	}
	return pages
}

func everybody() []opsreview.Responder {
	return []opsreview.Responder{
		responder("ada", "Europe/Berlin"), responder("bob", "Asia/Kolkata"),
		responder("cem", "America/Chicago"), responder("dee", "Pacific/Auckland"),
	}
}
