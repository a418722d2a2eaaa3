package meeting_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/meeting"
)

func TestChoose(t *testing.T) {
	who := func(person string, weeksAgo, times int) meeting.Candidate {
		c := meeting.Candidate{Person: person, Name: person, Times: times}
		if weeksAgo > 0 {
			c.Last = week.Start.AddDate(0, 0, -7*weeksAgo)
		}
		return c
	}
	away := func(c meeting.Candidate) meeting.Candidate {
		c.Away = true
		return c
	}
	tests := map[string]struct {
		all  []meeting.Candidate
		want []string // who may present, whatever the seed
		lead []string // who may lead
	}{
		"one is both":                              {all: []meeting.Candidate{who("ada", 1, 4)}, want: []string{"ada"}, lead: []string{"ada"}},
		"of two each has a part":                   {all: []meeting.Candidate{who("ada", 0, 0), who("bob", 0, 0)}, want: []string{"ada", "bob"}, lead: []string{"ada", "bob"}},
		"who presented last does not present":      {all: []meeting.Candidate{who("ada", 1, 1), who("bob", 2, 1), who("cem", 0, 0)}, want: []string{"bob", "cem"}, lead: []string{"bob", "cem"}},
		"who is away has no part":                  {all: []meeting.Candidate{away(who("ada", 0, 0)), who("bob", 1, 1), who("cem", 3, 1)}, want: []string{"cem"}, lead: []string{"bob"}},
		"whose turn it was while the last is away": {all: []meeting.Candidate{away(who("ada", 1, 1)), who("bob", 2, 1), who("cem", 3, 1)}, want: []string{"bob", "cem"}, lead: []string{"bob", "cem"}},
		"where all were last, all may":             {all: []meeting.Candidate{who("ada", 1, 1), who("bob", 1, 1)}, want: []string{"ada", "bob"}, lead: []string{"ada", "bob"}},
		"somebody twice is one":                    {all: []meeting.Candidate{who("ada", 0, 0), who("ada", 0, 0)}, want: []string{"ada"}, lead: []string{"ada"}},
		"many times are not never":                 {all: []meeting.Candidate{who("ada", 0, 99), who("bob", 1, 1)}, want: []string{"ada"}, lead: []string{"bob"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			present, lead := map[string]bool{}, map[string]bool{}
			for seed := range 200 {
				p, err := meeting.Choose(tt.all, fmt.Sprint(seed))
				if err != nil {
					t.Fatal(err)
				}
				present[p.Presenter], lead[p.Facilitator] = true, true
				if len(tt.all) > 2 && p.Presenter == p.Facilitator {
					t.Fatalf("%s has both parts", p.Presenter)
				}
			}
			if diff := cmp.Diff([][]string{tt.want, tt.lead}, [][]string{keys(present), keys(lead)}); diff != "" {
				t.Errorf("presenting and leading (-want +got):\n%s", diff)
			}
		})
	}
	for _, nobody := range [][]meeting.Candidate{nil, {away(who("ada", 0, 0))}} {
		if _, err := meeting.Choose(nobody, "x"); opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("nobody was picked with the error %v", err)
		}
	}
}

func keys(m map[string]bool) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// What a seed picks is written down: another version, or another machine, that
// picks somebody else has broken what people were told.
func TestChoose_TheSamePeopleForEver(t *testing.T) {
	all := []meeting.Candidate{
		{Person: "ada", Last: week.Start.AddDate(0, 0, -7), Times: 3},
		{Person: "bob", Last: week.Start.AddDate(0, 0, -14), Times: 2},
		{Person: "cem"},
		{Person: "dora", Last: week.Start.AddDate(0, 0, -35), Times: 1},
	}
	want := meeting.Pick{Presenter: "cem", Facilitator: "dora", Seed: "secrets/2026-W46", Weights: []meeting.Weight{
		{Person: "cem", Weight: 4, Why: "has never presented"},
		{Person: "dora", Weight: 1.5, Why: "2 others have presented since 2026-10-04"},
		{Person: "bob", Weight: 0.5, Why: "1 other has presented since 2026-10-25"},
		{Person: "ada", Weight: 0, Why: "was the last one"},
	}}
	for range 3 {
		got, err := meeting.Choose(all, "secrets/2026-W46")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		slices.Reverse(all)
	}
}

func TestChoose_OddsAreTheWeights(t *testing.T) {
	all := []meeting.Candidate{{Person: "ada"}, {Person: "bob", Last: week.Start.AddDate(0, 0, -14)}, {Person: "cem", Last: week.Start, Times: 1}}
	const n = 6000
	count := map[string]int{}
	for seed := range n {
		p, err := meeting.Choose(all, fmt.Sprint("seed ", seed))
		if err != nil {
			t.Fatal(err)
		}
		count[p.Presenter]++
	}
	// Ada weighs 3, Bob 2 and Cem, the last one, nothing; 4 standard deviations.
	if far := math.Abs(float64(count["ada"]) - 0.6*n); far > 4*math.Sqrt(n*0.6*0.4) || count["cem"] > 0 {
		t.Errorf("of %d picks they got %v", n, count)
	}
}

// Over a year of reviews everybody presents about as often, and nobody twice
// running.
func TestChoose_IsFairOverTime(t *testing.T) {
	for run := range 20 {
		all := []meeting.Candidate{{Person: "ada"}, {Person: "bob"}, {Person: "cem"}, {Person: "dora"}, {Person: "eve"}}
		var history []int
		count := make([]int, len(all))
		for n := range 50 {
			p, err := meeting.Choose(all, fmt.Sprint(run, "/", n))
			if err != nil {
				t.Fatal(err)
			}
			who := slices.IndexFunc(all, func(c meeting.Candidate) bool { return c.Person == p.Presenter })
			if n > 0 && history[n-1] == who {
				t.Fatalf("%s presented twice running", p.Presenter)
			}
			history = append(history, who)
			count[who]++
			all[who].Last = week.Start.AddDate(0, 0, 7*n)
			for i := range all {
				all[i].Times = 0
				for _, h := range history[max(0, n-11):] {
					if h == i {
						all[i].Times++
					}
				}
			}
		}
		if least, most := slices.Min(count), slices.Max(count); least < 5 || most > 15 {
			t.Errorf("in 50 reviews five people presented %v times", count)
		}
	}
}
