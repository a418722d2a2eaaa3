package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"opsreview"
	"opsreview/policy"
	"opsreview/store"
)

const (
	source       = "pd"
	teams        = 4
	services     = 8 // two of each team
	people       = 20
	monitors     = 40
	pagesPerWeek = 1000
	lastPage     = 1_000_000 // the number of the page after the last one of every history
	batchPages   = 1000
)

// historyEnd is a Monday. Histories of every length end there and have the
// same last pages, so that a review of their last week computes the same.
var historyEnd = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)

func now() time.Time { return historyEnd.Add(9 * time.Hour) }

// mix returns a number that looks random and is the same for the same n
// (splitmix64).
func mix(n int) uint64 {
	z := uint64(n)*0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func triggeredAt(n int) time.Time {
	return historyEnd.Add(time.Duration(n-lastPage) * (7 * 24 * time.Hour / pagesPerWeek))
}

// page returns page number n: four to six events, of one of 40 monitors, sent
// to one or two of 20 people. Its id is not in the order of time, as vendors'
// ids are not.
func page(n int) opsreview.Page {
	h := mix(n)
	at, service := triggeredAt(n), int(h%services)
	first := service%teams + teams*int(h>>8%(people/teams)) // one of the team's people
	second := (first + teams) % people
	id := fmt.Sprintf("Q%013X", h>>12)
	who := func(i int) string { return fmt.Sprintf("P%05d", i) }
	ack := at.Add(4 * time.Minute)
	p := opsreview.Page{
		Ref: opsreview.Ref{Source: source, ID: id}, Number: fmt.Sprint(n), URL: "https://example.com/incidents/" + id,
		Title:   fmt.Sprintf("Vault read latency on vault-%d is above 500 ms", h>>16%90),
		Service: opsreview.Ref{Source: source, ID: serviceID(service)}, Policy: "Secrets",
		Urgency: opsreview.HighUrgency, Reported: string(opsreview.Finished),
		Attributes: map[string]string{"alertname": fmt.Sprintf("VaultReadLatency%d", h>>24%monitors), "host": "vault.example.com"},
		CreatedAt:  at, EndedAt: at.Add(30 * time.Minute), UpdatedAt: at.Add(30 * time.Minute),
	}
	add := func(kind opsreview.EventKind, at time.Time, by opsreview.Agent, channel opsreview.Channel, responders ...string) {
		p.Events = append(p.Events, opsreview.Event{
			ID: fmt.Sprintf("R%s%d", id[1:], len(p.Events)), At: at, Kind: kind, By: by, Channel: channel, Responders: responders,
		})
	}
	add(opsreview.Triggered, at, opsreview.Agent{Kind: opsreview.Integration, ID: serviceID(service)}, "api")
	add(opsreview.Notified, at.Add(time.Second), opsreview.Agent{}, opsreview.Push, who(first))
	if h>>32%8 == 0 { // Nobody answered.
		add(opsreview.Escalated, at.Add(5*time.Minute), opsreview.Agent{Kind: opsreview.Timer}, "", who(second))
		add(opsreview.Notified, at.Add(5*time.Minute+time.Second), opsreview.Agent{}, opsreview.Phone, who(second))
		first, ack = second, at.Add(8*time.Minute)
	}
	person := opsreview.Agent{Kind: opsreview.Person, ID: who(first), Name: "Somebody Fictional"}
	add(opsreview.Acknowledged, ack, person, opsreview.Push)
	add(opsreview.Resolved, at.Add(30*time.Minute), person, "website")
	return p
}

func serviceID(i int) string { return fmt.Sprintf("PSVC%d", i) }

func teamName(i int) string { return fmt.Sprintf("team-%d", i%teams) }

// pages returns the pages from one number up to another.
func pages(from, to int) []opsreview.Page {
	all := make([]opsreview.Page, 0, to-from)
	for n := from; n < to; n++ {
		all = append(all, page(n))
	}
	return all
}

// pageBatch is a batch of nothing but pages.
func pageBatch(from, to int) opsreview.Batch { return opsreview.Batch{Pages: pages(from, to)} }

// historyBatch adds to the pages what a review uses beside them: labels on
// every fourth, and a shift of each team where a week begins.
func historyBatch(from, to int) opsreview.Batch {
	b := pageBatch(from, to)
	for i, p := range b.Pages {
		n := from + i
		if n%4 == 0 {
			b.Labels = append(b.Labels, opsreview.Label{
				Page: p.Ref, Verdict: opsreview.NotActionable, Cause: "self_resolved", Author: "somebody", At: p.EndedAt,
			})
		}
		if n%pagesPerWeek == 0 {
			b.Shifts = append(b.Shifts, shifts(n/pagesPerWeek, triggeredAt(n))...)
		}
	}
	return b
}

func shifts(week int, start time.Time) []opsreview.Shift {
	var all []opsreview.Shift
	for t := range teams {
		all = append(all, opsreview.Shift{
			Responder: opsreview.Ref{Source: source, ID: fmt.Sprintf("P%05d", (t+teams*week)%people)},
			Schedule:  teamName(t), ScheduleID: fmt.Sprintf("S%d", t), PolicyID: fmt.Sprintf("E%d", t), Level: 1,
			Start: start, End: start.AddDate(0, 0, 7), ObservedAt: start.AddDate(0, 0, 8),
		})
	}
	return all
}

// organisation is the reference data: teams, services and people in four zones.
func organisation() opsreview.Batch {
	var b opsreview.Batch
	ref := func(id string) opsreview.Ref { return opsreview.Ref{Source: source, ID: id} }
	for i := range teams {
		b.Teams = append(b.Teams, opsreview.Team{Ref: ref(fmt.Sprintf("T%d", i)), Name: teamName(i)})
	}
	for i := range services {
		b.Services = append(b.Services, opsreview.Service{Ref: ref(serviceID(i)), Name: serviceID(i), Teams: []string{fmt.Sprintf("T%d", i%teams)}})
	}
	zones := []string{"Europe/Berlin", "America/Chicago", "Asia/Kolkata", "Australia/Sydney"}
	for i := range people {
		b.Responders = append(b.Responders, opsreview.Responder{
			Ref: ref(fmt.Sprintf("P%05d", i)), Name: fmt.Sprintf("Responder %d", i), TimeZone: zones[i/teams%len(zones)],
		})
	}
	return b
}

// org is what the program knows without a configuration.
func org() opsreview.Org {
	d := policy.Default()
	return opsreview.Org{Vocabulary: d.Vocabulary, Policy: d.Policy, Monitors: d.Monitors}
}

// open opens a database in the run's directory.
func (b *bench) open(ctx context.Context, name string) (*store.DB, error) {
	return store.Open(ctx, b.path(name), store.Options{Monitors: org().Monitors, Version: "bench"})
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// build makes a database of the last n pages.
func (b *bench) build(ctx context.Context, name string, n int) (*store.DB, error) {
	b.say("building a history of %d pages", n)
	db, err := b.open(ctx, name)
	if err != nil {
		return nil, err
	}
	if _, err := db.SaveBatch(ctx, source, organisation()); err != nil {
		return nil, err
	}
	for from := lastPage - n; from < lastPage; from += batchPages {
		if _, err := db.SaveBatch(ctx, source, historyBatch(from, min(from+batchPages, lastPage))); err != nil {
			return nil, err
		}
	}
	return db, nil
}
