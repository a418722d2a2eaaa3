package review_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

// said labels a page of a monitor, so many hours into the week.
func said(p opsreview.Page, monitor string, hour int, author string, verdict opsreview.Verdict, cause string) opsreview.Page {
	p.Monitor = monitor
	p.Label = opsreview.Label{Page: p.Ref, Verdict: verdict, Cause: cause, Author: author, At: week().Start.Add(time.Duration(hour) * time.Hour)}
	return p
}

func TestDisputes(t *testing.T) {
	noon := week().Start.Add(12 * time.Hour)
	p1, p2, p3 := page("P1", noon), page("P2", noon), page("P3", noon)
	elsewhere := page("P4", noon)
	elsewhere.Service = ref("mail")
	tests := map[string]struct {
		pages []opsreview.Page
		want  []string
	}{
		"people who say the same do not disagree": {
			pages: []opsreview.Page{said(p1, "m", 1, "ada", yes, "capacity"), said(p2, "m", 2, "bob", yes, "capacity")},
		},
		"different verdicts do": {
			pages: []opsreview.Page{said(p1, "m", 2, "ada", yes, ""), said(p2, "m", 1, "bob", no, "")},
			want:  []string{"m verdict: bob P2, ada P1"},
		},
		"different causes do": {
			pages: []opsreview.Page{said(p1, "m", 1, "ada", no, "duplicate"), said(p2, "m", 2, "bob", no, "check_faulty")},
			want:  []string{"m cause: ada P1, bob P2"},
		},
		"a cause that is left out contradicts none": {
			pages: []opsreview.Page{said(p1, "m", 1, "ada", no, ""), said(p2, "m", 2, "bob", no, "check_faulty")},
		},
		"a renamed cause is the same": {
			pages: []opsreview.Page{said(p1, "m", 1, "ada", no, "flap"), said(p2, "m", 2, "bob", no, "flapping")},
		},
		"one person who sees two pages differently does not": {
			pages: []opsreview.Page{said(p1, "m", 1, "ada", no, ""), said(p2, "m", 2, "ada", yes, "")},
		},
		"two monitors are two things": {
			pages: []opsreview.Page{said(p1, "m", 1, "ada", no, ""), said(p2, "n", 2, "bob", yes, "")},
		},
		"a page of another team's service does not count": {
			pages: []opsreview.Page{said(p1, "m", 1, "ada", no, ""), said(elsewhere, "m", 2, "bob", yes, "")},
		},
		"a page outside the window does not count": {
			pages: []opsreview.Page{said(p1, "m", 1, "ada", no, ""), said(page("P5", week().End), "m", 2, "bob", yes, "")},
		},
		"verdicts come before causes, then most labels": {
			pages: []opsreview.Page{
				said(p1, "a", 1, "ada", no, "duplicate"), said(p2, "a", 2, "bob", no, "check_faulty"), said(p3, "a", 3, "bob", no, "check_faulty"),
				said(page("Q1", noon), "b", 1, "ada", no, ""), said(page("Q2", noon), "b", 2, "bob", yes, ""),
			},
			want: []string{"b verdict: ada Q1, bob Q2", "a cause: ada P1, bob P2, bob P3"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(org(), nil, tt.pages...)
			in.Services = map[opsreview.Ref]opsreview.Service{ref("vault"): {Ref: ref("vault")}}
			in.Org.Vocabulary.Causes = []opsreview.Cause{{ID: "flapping", Verdict: no, Was: []string{"flap"}}}
			var got []string
			for _, d := range review.Disputes(in) {
				text := d.Monitor.ID + " cause:"
				if d.Verdict {
					text = d.Monitor.ID + " verdict:"
				}
				for i, l := range d.Labels {
					if i > 0 {
						text += ","
					}
					text += fmt.Sprintf(" %s %s", l.Author, l.Page.ID)
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLateChanges(t *testing.T) {
	label := func(hour int, author string, verdict opsreview.Verdict) opsreview.Label {
		return said(page("P1", week().Start), "m", hour, author, verdict, "").Label
	}
	withdrawn := label(60, "bob", "")
	withdrawn.Withdrawn = true
	tests := map[string]struct {
		labels []opsreview.Label
		want   []string
	}{
		"a first label is no change":              {[]opsreview.Label{label(60, "ada", yes)}, nil},
		"a change before is not late":             {[]opsreview.Label{label(10, "ada", yes), label(20, "bob", no)}, nil},
		"a change at that very time is not":       {[]opsreview.Label{label(10, "ada", yes), label(48, "bob", no)}, nil},
		"a change after is":                       {[]opsreview.Label{label(60, "bob", no), label(10, "ada", yes)}, []string{"ada actionable, bob not_actionable"}},
		"taking a label back is a change":         {[]opsreview.Label{label(10, "ada", yes), withdrawn}, []string{"ada actionable, bob "}},
		"each change is told":                     {[]opsreview.Label{label(10, "ada", yes), label(60, "bob", no), label(70, "cem", yes)}, []string{"ada actionable, bob not_actionable", "bob not_actionable, cem actionable"}},
		"labelling again what was taken back not": {[]opsreview.Label{label(10, "ada", yes), withdrawn, label(70, "cem", yes)}, []string{"ada actionable, bob "}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(org(), nil, page("P1", week().Start))
			in.Labels = tt.labels
			var got []string
			for _, c := range review.LateChanges(in, week().Start.Add(48*time.Hour)) {
				got = append(got, fmt.Sprintf("%s %s, %s %s", c.Before.Author, c.Before.Verdict, c.After.Author, c.After.Verdict))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
