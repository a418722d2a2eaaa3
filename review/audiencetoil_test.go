package review_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/review"
	"opsreview/toil"
)

// toiled is a review whose ledger has minutes of a task by each of some people:
// "Ada: rotate 40".
func toiled(t *testing.T, logged ...string) review.Review {
	t.Helper()
	start := time.Date(2026, 11, 9, 9, 0, 0, 0, time.UTC)
	in := toil.Input{
		Window: opsreview.Window{Start: start.Add(-9 * time.Hour), End: start.AddDate(0, 0, 6).Add(15 * time.Hour)}, Now: start.AddDate(0, 0, 10), Zone: time.UTC,
	}
	for i, text := range logged {
		var name, task string
		var minutes int
		if _, err := fmt.Sscanf(strings.Replace(text, ":", " ", 1), "%s %s %d", &name, &task, &minutes); err != nil {
			t.Fatal(err)
		}
		in.Entries = append(in.Entries, opsreview.ToilEntry{
			ID: fmt.Sprint(i), Source: "manual", Person: name + "@example.com", Task: task, Category: "of " + task,
			At: start.Add(time.Duration(i) * time.Hour), Spent: time.Duration(minutes) * time.Minute,
		})
	}
	r := toil.Prepare(in)
	return review.Review{Toil: &r, Findings: toil.FindingsOf(r, "secrets")}
}

func TestAudience_ToilOfFewIsLeftOut(t *testing.T) {
	of := func(names, task string, minutes int) []string {
		var all []string
		for _, name := range strings.Fields(names) {
			all = append(all, fmt.Sprintf("%s: %s %d", name, task, minutes))
		}
		return all
	}
	tests := map[string]struct {
		logged []string
		want   string // tasks that are told
	}{
		"three others hide each other":                    {of("Ada Cem Dee", "rotate", 40), "rotate"},
		"one's own is told":                               {slices.Concat(of("Ada Cem Dee", "rotate", 40), of("Bob", "renew", 10)), "rotate renew"},
		"two others' and one's own is not":                {slices.Concat(of("Ada Cem Dee", "rotate", 40), of("Ada Cem Bob", "renew", 10), of("Ada Cem Dee", "clean", 5)), "rotate"},
		"one's is not, nor what the sum would tell it by": {slices.Concat(of("Ada Cem Dee", "rotate", 40), of("Ada Cem Dee", "clean", 30), of("Ada", "renew", 10)), "rotate"},
		"three who did one thing each tell of none":       {[]string{"Ada: rotate 40", "Cem: renew 10", "Dee: clean 5"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := toiled(t, tt.logged...)
			before := fmt.Sprintf("%+v", *r.Toil)
			told := seeing("Bob").Review(r)
			if told.Toil == nil {
				t.Fatalf("no toil is told: %q", told.Withheld)
			}
			var tasks, categories []string
			for _, task := range told.Toil.Tasks {
				tasks = append(tasks, task.Key)
			}
			for _, sum := range told.Toil.Categories {
				categories = append(categories, strings.TrimPrefix(sum.Key, "of "))
			}
			if got := strings.Join(tasks, " "); got != tt.want || strings.Join(categories, " ") != tt.want {
				t.Errorf("tasks %q, categories %q, want %q", got, categories, tt.want)
			}
			if text := fmt.Sprintf("%+v", told); strings.Contains(text, "Ada") {
				t.Errorf("Ada is told of: %s", text)
			}
			if told.Toil.Spent != r.Toil.Spent || (len(tasks) < len(r.Toil.Tasks)) != strings.Contains(told.Toil.Method, "left out") {
				t.Errorf("spent %v, %s", told.Toil.Spent, told.Toil.Method)
			}
			if fmt.Sprintf("%+v", *r.Toil) != before {
				t.Error("the ledger that was given has changed")
			}
			if all := (review.Audience{}).Review(r).Toil; len(all.Tasks) != len(r.Toil.Tasks) || all.Withheld != 0 {
				t.Errorf("who sees everybody is not told everything: %+v", all)
			}
		})
	}
}

func TestAudience_FindingsOfWithheldTasksGoWithThem(t *testing.T) {
	r := toiled(t, "Ada: rotate 50", "Ada: rotate 50", "Cem: clean 5", "Dee: clean 5", "Eve: clean 5")
	if len(r.Findings) != 1 {
		t.Fatalf("findings %v", r.Findings)
	}
	if told := seeing("Bob").Review(r).Findings; len(told) != 0 {
		t.Errorf("what Ada's task takes is told: %v", told)
	}
	if told := seeing("Ada").Review(r).Findings; len(told) != 1 {
		t.Errorf("Ada is not told of her own: %v", told)
	}
}

func TestAudience_WeeksOfOneAreLeftOutWithTheirTrend(t *testing.T) {
	r := toiled(t, "Ada: rotate 40", "Cem: rotate 40", "Dee: rotate 40")
	r.Toil.Weeks[0].By, r.Toil.Weeks[0].Spent = []string{"Ada@example.com"}, time.Hour
	told := seeing("Bob").Review(r).Toil
	if len(told.Weeks) != len(r.Toil.Weeks)-1 || !strings.HasPrefix(told.Trend, "withheld") {
		t.Errorf("%d weeks of %d, trend %q", len(told.Weeks), len(r.Toil.Weeks), told.Trend)
	}
}

func TestAudience_OverheadOfOneIsLeftOut(t *testing.T) {
	r := toiled(t, "Ada: rotate 40", "Cem: rotate 40", "Dee: rotate 40", "Eve: rotate 40")
	r.Toil.Overhead, r.Toil.Dropped = time.Hour, time.Minute
	r.Toil.Lines = append(r.Toil.Lines, toil.Line{Person: "Ada@example.com", Overhead: true, Spent: time.Hour, Dropped: time.Minute})
	if told := seeing("Bob").Review(r).Toil; told.Overhead != 0 || told.Dropped != 0 {
		t.Errorf("%v of overhead and %v dropped are told", told.Overhead, told.Dropped)
	}
	if told := seeing("Ada").Review(r).Toil; told.Overhead == 0 || told.Dropped == 0 {
		t.Error("Ada is not told of her own")
	}
}
