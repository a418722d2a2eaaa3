package opsreview_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
)

var (
	ada   = opsreview.Agent{Kind: opsreview.Person, ID: "PADA", Name: "Ada"}
	robot = opsreview.Agent{Kind: opsreview.Automation, ID: "PBOT"}
	alert = opsreview.Agent{Kind: opsreview.Integration}
)

// minute returns a time on the day of the tests.
func minute(n int) time.Time {
	return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
}

// event returns an event with an ID made of its kind and minute.
func event(n int, kind opsreview.EventKind, by opsreview.Agent) opsreview.Event {
	return opsreview.Event{ID: fmt.Sprintf("%s-%d", kind, n), At: minute(n), Kind: kind, By: by}
}

func TestPage_Settle(t *testing.T) {
	const never = -1
	tests := map[string]struct {
		page   opsreview.Page
		status opsreview.Status
		trig   int
		acked  int
		end    int
		by     opsreview.Agent
	}{
		"a page of which nothing is known is open": {
			status: opsreview.Open, trig: never, acked: never, end: never,
		},
		"a triggered page is open": {
			page:   opsreview.Page{Events: []opsreview.Event{event(0, opsreview.Triggered, alert)}},
			status: opsreview.Open, trig: 0, acked: never, end: never,
		},
		"an acknowledgement by a person counts": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(3, opsreview.Acknowledged, ada), event(5, opsreview.Acknowledged, ada),
			}},
			status: opsreview.Acked, trig: 0, acked: 3, end: never,
		},
		"an acknowledgement by a program does not make anybody quick": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(1, opsreview.Acknowledged, robot), event(9, opsreview.Acknowledged, ada),
			}},
			status: opsreview.Acked, trig: 0, acked: 9, end: never,
		},
		"an acknowledgement that times out leaves the page open": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(3, opsreview.Acknowledged, ada), event(33, opsreview.Unacknowledged, opsreview.Agent{}),
			}},
			status: opsreview.Open, trig: 0, acked: 3, end: never,
		},
		"a trigger while open is a re-trigger": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(3, opsreview.Acknowledged, ada), event(4, opsreview.Triggered, alert),
			}},
			status: opsreview.Acked, trig: 0, acked: 3, end: never,
		},
		"who resolved it is known": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(8, opsreview.Resolved, ada),
			}},
			status: opsreview.Finished, trig: 0, acked: never, end: 8, by: ada,
		},
		"a page that was merged has ended": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(2, opsreview.Merged, ada), event(8, opsreview.Resolved, alert),
			}},
			status: opsreview.Finished, trig: 0, acked: never, end: 2, by: ada,
		},
		"a late note does not reopen": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(8, opsreview.Resolved, ada),
				event(9, opsreview.Noted, ada), event(9, opsreview.Notified, opsreview.Agent{}),
			}},
			status: opsreview.Finished, trig: 0, acked: never, end: 8, by: ada,
		},
		"a trigger after the end reopens": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(8, opsreview.Resolved, alert), event(20, opsreview.Triggered, alert),
			}},
			status: opsreview.Open, trig: 0, acked: never, end: never,
		},
		"the last end counts": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(8, opsreview.Resolved, alert),
				event(20, opsreview.Reopened, ada), event(30, opsreview.Resolved, ada),
			}},
			status: opsreview.Finished, trig: 0, acked: never, end: 30, by: ada,
		},
		"what happened in one instant is read in the order of things": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Resolved, ada), event(0, opsreview.Acknowledged, ada), event(0, opsreview.Triggered, alert),
			}},
			status: opsreview.Finished, trig: 0, acked: 0, end: 0, by: ada,
		},
		"the summary's beginning stands in for a trigger not seen yet": {
			page: opsreview.Page{
				CreatedAt: minute(0),
				Events:    []opsreview.Event{event(3, opsreview.Acknowledged, ada)},
			},
			status: opsreview.Acked, trig: 0, acked: 3, end: never,
		},
		"the summary's beginning wins over a re-trigger": {
			page: opsreview.Page{
				CreatedAt: minute(0),
				Events:    []opsreview.Event{event(5, opsreview.Triggered, alert)},
			},
			status: opsreview.Open, trig: 0, acked: never, end: never,
		},
		"without either, the first event begins the page": {
			page:   opsreview.Page{Events: []opsreview.Event{event(3, opsreview.Acknowledged, ada)}},
			status: opsreview.Acked, trig: 3, acked: 3, end: never,
		},
		"a re-trigger whose trigger was never seen does not begin the page": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(3, opsreview.Acknowledged, ada), event(20, opsreview.Triggered, alert),
			}},
			status: opsreview.Acked, trig: 3, acked: 3, end: never,
		},
		"the summary's end stands in for a resolution nobody logged": {
			page: opsreview.Page{
				Reported: "resolved", CreatedAt: minute(0), EndedAt: minute(9),
				Events: []opsreview.Event{event(0, opsreview.Triggered, alert)},
			},
			status: opsreview.Finished, trig: 0, acked: never, end: 9,
		},
		"an end of a page that is not resolved is none": {
			page: opsreview.Page{
				Reported: "acknowledged", CreatedAt: minute(0), EndedAt: minute(9),
				Events: []opsreview.Event{event(0, opsreview.Triggered, alert)},
			},
			status: opsreview.Open, trig: 0, acked: never, end: never,
		},
		"an old summary does not end a page that was reopened since": {
			page: opsreview.Page{
				Reported: "resolved", CreatedAt: minute(0), EndedAt: minute(9),
				Events: []opsreview.Event{
					event(0, opsreview.Triggered, alert), event(9, opsreview.Resolved, ada), event(20, opsreview.Reopened, ada),
				},
			},
			status: opsreview.Open, trig: 0, acked: never, end: never,
		},
		"a status that nobody knows counts as open": {
			page: opsreview.Page{
				Reported: "contemplated", CreatedAt: minute(0), EndedAt: minute(9),
			},
			status: opsreview.Open, trig: 0, acked: never, end: never,
		},
	}
	at := func(n int) time.Time {
		if n == never {
			return time.Time{}
		}
		return minute(n)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := tt.page
			got.Settle()
			want := tt.page
			want.Events = got.Events
			want.Status, want.ResolvedBy = tt.status, tt.by
			want.TriggeredAt, want.AcknowledgedAt, want.ResolvedAt = at(tt.trig), at(tt.acked), at(tt.end)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPage_SettleForgetsWhatWasDerivedBefore(t *testing.T) {
	p := opsreview.Page{
		Status: opsreview.Finished, TriggeredAt: minute(-9), AcknowledgedAt: minute(-8), ResolvedAt: minute(-7), ResolvedBy: ada,
		Events: []opsreview.Event{event(0, opsreview.Triggered, alert)},
	}
	p.Settle()
	want := opsreview.Page{Status: opsreview.Open, TriggeredAt: minute(0), Events: p.Events}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
}

func TestPage_SettleDropsRepeatedEvents(t *testing.T) {
	e := event(0, opsreview.Triggered, alert)
	unnamed := opsreview.Event{At: minute(1), Kind: opsreview.Noted}
	p := opsreview.Page{Events: []opsreview.Event{e, unnamed, e, unnamed, e}}
	p.Settle()
	if diff := cmp.Diff([]opsreview.Event{e, unnamed, unnamed}, p.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestPage_Spells(t *testing.T) {
	now := minute(60)
	tests := map[string]struct {
		page opsreview.Page
		want []opsreview.Window
	}{
		"an open page lasts until now": {
			page: opsreview.Page{Events: []opsreview.Event{event(0, opsreview.Triggered, alert)}},
			want: []opsreview.Window{{Start: minute(0), End: minute(60)}},
		},
		"a resolved page has one spell": {
			page: opsreview.Page{Events: []opsreview.Event{event(0, opsreview.Triggered, alert), event(8, opsreview.Resolved, ada)}},
			want: []opsreview.Window{{Start: minute(0), End: minute(8)}},
		},
		"a reopened page has two": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(8, opsreview.Resolved, ada),
				event(20, opsreview.Reopened, ada), event(30, opsreview.Resolved, ada),
			}},
			want: []opsreview.Window{{Start: minute(0), End: minute(8)}, {Start: minute(20), End: minute(30)}},
		},
		"a page that was reopened and is open lasts until now": {
			page: opsreview.Page{Events: []opsreview.Event{
				event(0, opsreview.Triggered, alert), event(8, opsreview.Resolved, alert), event(20, opsreview.Triggered, alert),
			}},
			want: []opsreview.Window{{Start: minute(0), End: minute(8)}, {Start: minute(20), End: minute(60)}},
		},
		"a resolution from the summary ends the spell": {
			page: opsreview.Page{
				Reported: "resolved", EndedAt: minute(9),
				Events: []opsreview.Event{event(0, opsreview.Triggered, alert)},
			},
			want: []opsreview.Window{{Start: minute(0), End: minute(9)}},
		},
		"a page that ended as it began has none": {
			page: opsreview.Page{Events: []opsreview.Event{event(0, opsreview.Triggered, alert), event(0, opsreview.Resolved, alert)}},
		},
		"an end whose beginning is not known is no spell": {
			page: opsreview.Page{Events: []opsreview.Event{event(0, opsreview.Resolved, alert), event(8, opsreview.Triggered, alert)}},
			want: []opsreview.Window{{Start: minute(8), End: minute(60)}},
		},
		"a page of the future has none yet": {
			page: opsreview.Page{Events: []opsreview.Event{event(61, opsreview.Triggered, alert)}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.page.Settle()
			if diff := cmp.Diff(tt.want, tt.page.Spells(now)); diff != "" {
				t.Errorf("spells (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever happened, the order in which it was told and how often it was told
// do not matter, settling twice is settling once, and the page is open in
// intervals that follow one another.
func TestPage_SettleIsAFunctionOfTheFacts(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 1))
		events := randomEvents(rng)
		want := opsreview.Page{Events: slices.Clone(events)}
		want.Settle()

		got := opsreview.Page{Events: append(slices.Clone(events), events[:rng.IntN(len(events))]...)}
		rng.Shuffle(len(got.Events), func(i, j int) { got.Events[i], got.Events[j] = got.Events[j], got.Events[i] })
		got.Settle()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: told in another order (-want +got):\n%s", seed, diff)
		}
		got.Settle()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: settled twice (-want +got):\n%s", seed, diff)
		}
		checkSpells(t, seed, got)
	}
}

func checkSpells(t *testing.T, seed uint64, p opsreview.Page) {
	t.Helper()
	now := minute(1000)
	spells := p.Spells(now)
	last := p.TriggeredAt
	for _, w := range spells {
		if w.Validate() != nil || w.Start.Before(last) {
			t.Fatalf("seed %d: spells %v do not follow one another from %v", seed, spells, p.TriggeredAt)
		}
		last = w.End
	}
	if open := p.Status != opsreview.Finished; open != (last.Equal(now) && len(spells) > 0) {
		t.Fatalf("seed %d: a page that is %s has spells until %v", seed, p.Status, last)
	}
}

// randomEvents returns up to twenty events within ten minutes, so that many
// share an instant.
func randomEvents(rng *rand.Rand) []opsreview.Event {
	kinds, agents := opsreview.EventKinds(), []opsreview.Agent{ada, robot, alert, {}}
	events := make([]opsreview.Event, 1+rng.IntN(20))
	for i := range events {
		events[i] = event(rng.IntN(10), kinds[rng.IntN(len(kinds))], agents[rng.IntN(len(agents))])
		events[i].ID = fmt.Sprint("e", i)
	}
	return events
}

// A note and the source's own mention of it are one event, whichever was
// ingested first.
func TestPage_SettleDropsEchoesOfNotes(t *testing.T) {
	base := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	note := func(id string, seconds int, author, text string) opsreview.Event {
		return opsreview.Event{ID: id, At: base.Add(time.Duration(seconds) * time.Second), Kind: opsreview.Noted, By: opsreview.Agent{Kind: opsreview.Person, ID: author}, Text: text}
	}
	tests := map[string]struct {
		notes []opsreview.Event
		want  []string
	}{
		"a mention before its note":                        {[]opsreview.Event{note("m", 0, "U1", ""), note("n", 5, "U1", "hm")}, []string{"n"}},
		"a mention after its note":                         {[]opsreview.Event{note("n", 0, "U1", "hm"), note("m", 5, "U1", "")}, []string{"n"}},
		"a mention with the text":                          {[]opsreview.Event{note("m", 0, "U1", "hm"), note("n", 2, "U1", "hm")}, []string{"m"}},
		"two texts in one second are two notes":            {[]opsreview.Event{note("a", 0, "U1", "hm"), note("b", 0, "U1", "oh")}, []string{"a", "b"}},
		"another author's note is no mention":              {[]opsreview.Event{note("a", 0, "U1", "hm"), note("b", 0, "U2", "")}, []string{"a", "b"}},
		"six seconds are too many":                         {[]opsreview.Event{note("a", 0, "U1", "hm"), note("b", 6, "U1", "")}, []string{"a", "b"}},
		"a mention without its note stays":                 {[]opsreview.Event{note("m", 0, "U1", "")}, []string{"m"}},
		"mentions alone stay":                              {[]opsreview.Event{note("m", 0, "U1", ""), note("o", 1, "U1", "")}, []string{"m", "o"}},
		"authors who have no ID are compared by name":      {[]opsreview.Event{{ID: "m", At: base, Kind: opsreview.Noted, By: opsreview.Agent{Name: "bot"}}, {ID: "n", At: base, Kind: opsreview.Noted, By: opsreview.Agent{Name: "tob"}, Text: "x"}}, []string{"m", "n"}},
		"three of one text in a row are the first of them": {[]opsreview.Event{note("a", 0, "U1", "hm"), note("b", 4, "U1", "hm"), note("c", 8, "U1", "hm")}, []string{"a"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for shift := range tt.notes {
				p := opsreview.Page{Events: append(slices.Clone(tt.notes[shift:]), tt.notes[:shift]...)}
				p.Settle()
				var got []string
				for _, e := range p.Events {
					got = append(got, e.ID)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("from %d on the notes are %v, want %v", shift, got, tt.want)
				}
				p.Settle()
				if len(p.Events) != len(tt.want) {
					t.Errorf("settling again left %d events", len(p.Events))
				}
			}
		})
	}
}
