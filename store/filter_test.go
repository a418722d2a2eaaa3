package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/store"
)

// Brief pages are the same pages in the same order, with less of each.
func TestPages_Brief(t *testing.T) {
	db := openDB(t)
	b := history("pd", 0, 60)
	for i, p := range b.Pages[:30] {
		b.Labels = append(b.Labels, opsreview.Label{
			Page: p.Ref, Verdict: opsreview.NotActionable, Cause: "duplicate", Flags: []string{"runbook_missing"},
			Author: "ada", At: at(1, "09:00:00"), Minutes: i,
		})
		if i%3 == 0 {
			b.Labels = append(b.Labels, opsreview.Label{Page: p.Ref, Author: "bob", At: at(1, "10:00:00"), Withdrawn: true})
		}
	}
	save(t, db, "pd", b)
	for name, f := range map[string]store.PageFilter{
		"everything": {},
		"some services in a window, latest first": {
			Window:     opsreview.Window{Start: at(0, "01:00:00"), End: at(0, "08:00:00")},
			Services:   []opsreview.Ref{{Source: "pd", ID: "PSVC1"}, {Source: "pd", ID: "PSVC2"}},
			Descending: true,
		},
		"labelled ones":   {Labelled: store.Labelled},
		"unlabelled ones": {Labelled: store.Unlabelled, Limit: 20},
	} {
		t.Run(name, func(t *testing.T) {
			whole, err := db.Pages(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			f.Brief = true
			brief, err := db.Pages(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			var want []opsreview.Page
			for _, p := range whole {
				want = append(want, opsreview.Page{
					Ref: p.Ref, Service: p.Service, Monitor: p.Monitor, TriggeredAt: p.TriggeredAt, ResolvedAt: p.ResolvedAt,
					ResolvedBy: opsreview.Agent{Kind: p.ResolvedBy.Kind}, Label: p.Label,
				})
			}
			if diff := cmp.Diff(want, brief); diff != "" || len(want) < 5 {
				t.Errorf("%d pages (-want +got):\n%s", len(want), diff)
			}
		})
	}
}

// A page that is excepted is not read, whatever else the filter says.
func TestPages_Except(t *testing.T) {
	db := openDB(t)
	save(t, db, "pd", history("pd", 0, 40))
	for name, tt := range map[string]struct {
		except []opsreview.Ref
		want   int
	}{
		"none":                        {nil, 40},
		"an empty list is none":       {[]opsreview.Ref{}, 40},
		"two of them":                 {[]opsreview.Ref{numbered("pd", 3).Ref, numbered("pd", 5).Ref}, 38},
		"those of another source":     {[]opsreview.Ref{numbered("og", 3).Ref}, 40},
		"one that was never stored":   {[]opsreview.Ref{{Source: "pd", ID: "QX"}}, 40},
		"one of them, and it is once": {[]opsreview.Ref{numbered("pd", 3).Ref, numbered("pd", 3).Ref}, 39},
	} {
		t.Run(name, func(t *testing.T) {
			pages, err := db.Pages(t.Context(), store.PageFilter{Except: tt.except})
			if err != nil || len(pages) != tt.want {
				t.Errorf("%d pages, want %d: %v", len(pages), tt.want, err)
			}
		})
	}
}

// Every page is of some services or of others, and of no other of none.
func TestPages_Others(t *testing.T) {
	db := openDB(t)
	save(t, db, "pd", history("pd", 0, 40))
	for name, services := range map[string][]opsreview.Ref{
		"of two services":  {{Source: "pd", ID: "PSVC1"}, {Source: "pd", ID: "PSVC2"}},
		"of none":          {},
		"of another's own": {{Source: "og", ID: "PSVC1"}},
	} {
		t.Run(name, func(t *testing.T) {
			count := func(f store.PageFilter) int {
				t.Helper()
				pages, err := db.Pages(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				return len(pages)
			}
			these, others := count(store.PageFilter{Services: services}), count(store.PageFilter{Others: services})
			both := count(store.PageFilter{Services: services, Others: services})
			if these+others != 40 || both != 0 {
				t.Errorf("%d pages of these services, %d of others, %d of both", these, others, both)
			}
		})
	}
}

// A page is open until it is resolved; one that began since has been open, even
// if it ended before it began.
func TestPages_OpenAfter(t *testing.T) {
	db := openDB(t)
	open := func(id string, from, to time.Time) opsreview.Page {
		p := opsreview.Page{Ref: opsreview.Ref{Source: "pd", ID: id}, CreatedAt: from, UpdatedAt: from}
		p.Events = []opsreview.Event{{ID: id + "-a", At: from, Kind: opsreview.Triggered}}
		if !to.IsZero() {
			p.Reported, p.EndedAt = string(opsreview.Finished), to
		}
		return p
	}
	noon := at(1, "12:00:00")
	save(t, db, "pd", opsreview.Batch{Pages: []opsreview.Page{
		open("ended", at(1, "08:00:00"), at(1, "09:00:00")),
		open("just", at(1, "08:30:00"), noon),
		open("over", at(1, "09:00:00"), noon.Add(time.Millisecond)),
		open("still", at(1, "10:00:00"), time.Time{}),
		open("since", at(1, "12:30:00"), at(1, "12:30:00")),
		open("later", at(1, "14:00:00"), time.Time{}),
		open("older", at(0, "23:00:00"), time.Time{}),
	}})
	pages, err := db.Pages(t.Context(), store.PageFilter{
		Window: opsreview.Window{Start: at(1, "00:00:00"), End: at(1, "14:00:00")}, OpenAfter: noon,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range pages {
		got = append(got, p.ID)
	}
	if diff := cmp.Diff([]string{"over", "still", "since"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
