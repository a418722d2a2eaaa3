package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

func TestLabelHistory(t *testing.T) {
	db := openDB(t)
	ref := func(id string) opsreview.Ref { return opsreview.Ref{Source: "pd", ID: id} }
	label := func(id, author string, at time.Time, v opsreview.Verdict) opsreview.Label {
		return opsreview.Label{Page: ref(id), Author: author, At: at, Verdict: v, Withdrawn: v == ""}
	}
	labels := []opsreview.Label{
		label("Q1", "ada", at(0, "10:00:00"), opsreview.Actionable),
		label("Q1", "bob", at(0, "11:00:00"), opsreview.NotActionable),
		label("Q1", "bob", at(0, "12:00:00"), ""),
		label("Q2", "ada", at(0, "09:00:00"), opsreview.Actionable),
		label("Q3", "ada", at(0, "09:00:00"), opsreview.Actionable),
	}
	save(t, db, "pd", opsreview.Batch{Labels: labels})
	tests := map[string]struct {
		pages []opsreview.Ref
		want  []opsreview.Label
	}{
		"no pages have no labels":                        {},
		"a page that nobody labelled has none":           {pages: []opsreview.Ref{ref("Q9")}},
		"withdrawals are history, oldest first":          {pages: []opsreview.Ref{ref("Q1")}, want: labels[:3]},
		"pages come by reference, each once":             {pages: []opsreview.Ref{ref("Q2"), ref("Q1"), ref("Q2")}, want: labels[:4]},
		"the same id at another source is another page":  {pages: []opsreview.Ref{{Source: "og", ID: "Q1"}}},
		"an id that would break a query is only unknown": {pages: []opsreview.Ref{ref(`"]]') --`)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := db.LabelHistory(t.Context(), tt.pages)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCarried(t *testing.T) {
	db := openDB(t)
	page := func(id string, events ...opsreview.Event) opsreview.Page {
		for i := range events {
			events[i].ID = string(rune('a' + i))
		}
		return opsreview.Page{Ref: opsreview.Ref{Source: "pd", ID: id}, Events: events}
	}
	trigger := func(at time.Time) opsreview.Event { return opsreview.Event{Kind: opsreview.Triggered, At: at} }
	ack := func(at time.Time) opsreview.Event {
		return opsreview.Event{Kind: opsreview.Acknowledged, At: at, By: opsreview.Agent{Kind: opsreview.Person, ID: "P1"}}
	}
	resolve := func(at time.Time) opsreview.Event { return opsreview.Event{Kind: opsreview.Resolved, At: at} }
	since, start := at(-7, "00:00:00"), at(0, "00:00:00")
	before, after := start.Add(-time.Hour), start.Add(time.Hour)
	save(t, db, "pd", opsreview.Batch{Pages: []opsreview.Page{
		page("still-open", trigger(before), ack(before)),
		page("ended-later", trigger(since), ack(before), resolve(after)),
		page("ended-at-once", trigger(before), ack(before), resolve(start)),
		page("unanswered", trigger(before)),
		page("began-later", trigger(start), ack(after)),
		page("too-old", trigger(since.Add(-time.Millisecond)), ack(before)),
	}})
	got, err := db.Carried(t.Context(), since, start)
	if err != nil {
		t.Fatal(err)
	}
	want := []opsreview.Ref{{Source: "pd", ID: "ended-later"}, {Source: "pd", ID: "still-open"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
