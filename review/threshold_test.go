package review_test

import (
	order "cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/review"
)

// titled makes one page per title, an hour apart.
func titled(titles ...string) []opsreview.Page {
	var pages []opsreview.Page
	for i, title := range titles {
		p := page(fmt.Sprintf("T%d", i), week().Start.Add(time.Duration(i)*time.Hour), resolve(7*time.Minute, integration))
		p.Title = title
		pages = append(pages, p)
	}
	return pages
}

// valued makes one page per value of an attribute.
func valued(name string, values ...string) []opsreview.Page {
	pages := titled(make([]string, len(values))...)
	for i, v := range values {
		pages[i].Attributes = map[string]string{name: v}
		pages[i].Title = "queue too long"
	}
	return pages
}

func TestWhatIfs_Thresholds(t *testing.T) {
	tests := map[string]struct {
		pages []opsreview.Page
		want  []string // settings and pages avoided, the mildest first
	}{
		"the number that varies is the value, the fixed one is the threshold": {
			pages: titled("Disk above 90 % (91 %)", "Disk above 90 % (93 %)", "Disk above 90 % (92 %)"),
			want:  []string{"above 91 % 1", "above 92 % 2"},
		},
		"a number in a name is no value": {
			pages: titled("Disk above 90 % on db-1 (91 %)", "Disk above 90 % on db-2 (91 %)"),
		},
		"nor is a date, a time, a number of an incident or a version": {
			pages: titled("late since 2026-11-09 10:30 #1 v1.2 by job/7", "late since 2026-11-10 11:31 #2 v1.3 by job/8"),
		},
		"what is left is bad when it is little": {
			pages: titled("6 connections left of 400", "17 connections left of 400", "10 connections left of 400"),
			want:  []string{"below 17 connections 1", "below 10 connections 2"},
		},
		"what expires in days is too": {
			pages: titled("expires in 14 days", "expires in 12 days"),
			want:  []string{"below 14 days 1"},
		},
		"what has lasted for minutes is bad when it is much": {
			pages: titled("has run for 95 minutes", "has run for 110 minutes"),
			want:  []string{"above 95 minutes 1"},
		},
		"a plain word wins over a hint": {
			pages: titled("free memory above 90 MB", "free memory above 91 MB"),
			want:  []string{"above 90 MB 1"},
		},
		"where no word says it the fixed number of the same unit does": {
			pages: titled("p99 710 ms (500 ms)", "p99 840 ms (500 ms)"),
			want:  []string{"above 710 ms 1"},
		},
		"where nothing says it both sides are tried": {
			pages: titled("checkout answers 20 % with 502", "checkout answers 5 % with 502", "checkout answers 9 % with 502"),
			want:  []string{"above 9 % 2", "below 9 % 2"},
		},
		"of two numbers that vary the one with a unit counts": {
			pages: titled("try 1: queue over 90 jobs", "try 2: queue over 95 jobs"),
			want:  []string{"above 90 jobs 1"},
		},
		"of two with units neither does": {
			pages: titled("over 1 ms and 2 s", "over 3 ms and 4 s"),
		},
		"titles of another form show no value": {
			pages: titled("queue over 90 jobs", "queue over 95 jobs", "queue is stuck"),
			want:  []string{"above 90 jobs 1"},
		},
		"few values are none": {
			pages: titled("a", "b", "c", "queue over 90 jobs", "d", "queue over 95 jobs"),
		},
		"a decimal comma is not read": {
			pages: titled("queue over 9,5 jobs", "queue over 9,7 jobs"),
		},
		"an attribute that holds a value is taken first": {
			pages: valued("current_value", "91.5", "93", "92"),
			want:  []string{"above 91.5 1", "above 92 2"},
		},
		"one that is named otherwise is none": {
			pages: valued("pid", "91", "93"),
		},
		"another unit is no value": {
			pages: valued("value", "91 ms", "93 ms", "1 s"),
			want:  []string{"above 91 ms 1"},
		},
		"of many values the quartiles are tried": {
			pages: titled("over 1 job", "over 2 job", "over 3 job", "over 4 job", "over 5 job", "over 6 job", "over 7 job", "over 8 job"),
			want:  []string{"above 3 job 3", "above 5 job 5", "above 7 job 7"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			all := slices.DeleteFunc(review.WhatIfs(history(tt.pages...)), func(w review.WhatIf) bool { return w.Kind != review.HigherThreshold })
			slices.SortFunc(all, func(a, b review.WhatIf) int {
				return order.Or(order.Compare(a.Avoided, b.Avoided), order.Compare(a.Setting, b.Setting))
			})
			var got []string
			for _, w := range all {
				got = append(got, fmt.Sprintf("%s %d", w.Setting, w.Avoided))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIfs_AThresholdThatSparesEveryRealPageIsTried(t *testing.T) {
	var titles []string
	for i := range 40 {
		titles = append(titles, fmt.Sprintf("queue over %d jobs", 100+i))
	}
	pages := titled(titles...)
	pages[7] = as(pages[7], yes, "capacity")
	w := whatIf(t, history(pages...), "above 106 jobs")
	if w.Avoided != 7 || w.Lost != 0 || !w.Safe {
		t.Error(effect(w))
	}
	if w := whatIf(t, history(pages...), "above 110 jobs"); w.Lost != 1 || w.Safe {
		t.Error(effect(w))
	}
}

func TestWhatIfs_WithoutASideNothingIsProposed(t *testing.T) {
	all := review.WhatIfs(history(titled("20 % with 502", "5 % with 502", "9 % with 502")...))
	for _, w := range all {
		if w.Kind == review.HigherThreshold && w.Safe {
			t.Errorf("%s is safe", w.Setting)
		}
	}
}
