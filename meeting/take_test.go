package meeting_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/lookback"
	"opsreview/meeting"
	"opsreview/review"
	"opsreview/slo"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// The file is what reviews that were closed with version 1 have kept: it may
// gain fields, and must be read for ever.
func TestEncode_Golden(t *testing.T) {
	b, err := meeting.Encode(snapshot(t))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "snapshot.v1.json", append(bytes.ReplaceAll(b, []byte(`,"`), []byte(",\n\"")), '\n'))
}

func TestDecode_ReadsWhatEncodeWrote(t *testing.T) {
	s := snapshot(t)
	b, err := meeting.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := meeting.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, err := meeting.Encode(got)
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("the same snapshot was written in two ways: %v", err)
	}
}

func TestDecode(t *testing.T) {
	tests := map[string]struct {
		text string
		want opsreview.Code // "" for a snapshot
	}{
		"nothing is no snapshot":                          {"", opsreview.Invalid},
		"null is no snapshot":                             {"null", opsreview.Invalid},
		"a list is no snapshot":                           {"[]", opsreview.Invalid},
		"an object without a version is no snapshot":      {"{}", opsreview.Invalid},
		"version 0 is no snapshot":                        {`{"version": 0}`, opsreview.Invalid},
		"half a snapshot is none":                         {`{"version": 1, "pages": [{"page":`, opsreview.Invalid},
		"a snapshot with something after it is none":      {`{"version": 1} {}`, opsreview.Invalid},
		"a field of another type is no snapshot":          {`{"version": 1, "pages": 3}`, opsreview.Invalid},
		"a newer one is told to be newer":                 {`{"version": 2, "pages": []}`, opsreview.Conflict},
		"a newer one is told so whatever its form":        {`{"version": 99, "pages": {"other": "form"}}`, opsreview.Conflict},
		"the least of version 1 is read":                  {`{"version": 1}`, ""},
		"an unknown field of the same version is let be":  {`{"version": 1, "later": [1]}`, ""},
		"white space around it does not matter":           {" \n{\"version\": 1}\n", ""},
		"a number that the program does not know is kept": {`{"version": 1, "numbers": {"x": {"value": 1}}}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := meeting.Decode([]byte(tt.text)); opsreview.ErrorCode(err) != tt.want {
				t.Errorf("the error is %v, want the code %q", err, tt.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	b, err := meeting.Encode(meeting.Take(facts()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := meeting.Decode(b)
		if err != nil {
			return
		}
		if _, err := meeting.Encode(s); err != nil {
			t.Fatal(err)
		}
		meeting.AgendaOf(meeting.Minutes{Snapshot: s, Open: meeting.Gate(meeting.GateInput{Snapshot: s}), Changes: meeting.Diff(meeting.Snapshot{}, s)})
	})
}

func TestTake(t *testing.T) {
	tests := map[string]struct {
		change func(*meeting.Facts)
		check  func(meeting.Snapshot) bool
	}{
		"pages stand in order of their trigger": {
			check: func(s meeting.Snapshot) bool {
				return slices.Equal(pageNames(s), []string{"pd/P1", "pd/P2", "pd/P3"})
			},
		},
		"a page that comes twice is there once": {
			change: func(f *meeting.Facts) { f.Pages = append(f.Pages, f.Pages[0]) },
			check:  func(s meeting.Snapshot) bool { return len(s.Pages) == 3 },
		},
		"a page that is not among the monitors' is another team's": {
			change: func(f *meeting.Facts) { f.Pages = append(f.Pages, page("X", 5)) },
			check:  func(s meeting.Snapshot) bool { return len(s.Pages) == 3 },
		},
		"a label that was taken back is none": {
			change: func(f *meeting.Facts) { f.Pages[0].Label.Withdrawn = true },
			check: func(s meeting.Snapshot) bool {
				return s.Pages[1].Outcome == "unlabelled" && s.Pages[1].By == "" && s.Pages[1].Cause == ""
			},
		},
		"a person without a zone has no broken nights, rather than none": {
			check: func(s meeting.Snapshot) bool {
				return *s.Loads[0].BrokenNights == 1 && s.Loads[1].BrokenNights == nil
			},
		},
		"a breach is named by its limit and the person": {
			check: func(s meeting.Snapshot) bool { return s.Loads[0].Breaches[0].Key == "pages_per_shift:ada@example.com" },
		},
		"a budget without data burned nothing that is known": {
			check: func(s meeting.Snapshot) bool { return s.Budgets[2].Thirty == nil && *s.Budgets[1].Thirty == 1.2 },
		},
		"a budget that is none at all leaves no infinity behind": {
			change: func(f *meeting.Facts) {
				f.Review.Budget.Standings = []slo.Standing{standing("x", math.Inf(1), slo.Overspent), standing("y", math.NaN(), slo.OK)}
			},
			check: func(s meeting.Snapshot) bool {
				_, err := meeting.Encode(s)
				return err == nil && s.Budgets[0].Thirty == nil && s.Budgets[1].Seven == nil
			},
		},
		"what nobody asked for is absent": {
			change: func(f *meeting.Facts) {
				f.Review.Budget, f.Review.Toil, f.Review.Incidents, f.Review.LookBack = nil, nil, nil, nil
			},
			check: func(s meeting.Snapshot) bool {
				for _, id := range []string{"burned_30d", "slos_overspent", "toil", "toil_share", "incidents", "anomalies"} {
					if _, ok := s.Numbers[id]; ok {
						return false
					}
				}
				return s.Toil == nil && s.Incidents == nil
			},
		},
		"a week without pages has no share of anything": {
			change: func(f *meeting.Facts) { f.Review.Headline, f.Review.Monitors = review.Headline{}, nil },
			check: func(s meeting.Snapshot) bool {
				_, coverage := s.Numbers["coverage"]
				_, noise := s.Numbers["noise_share"]
				_, ack := s.Numbers["time_to_acknowledge"]
				return s.Numbers["pages"].Value == 0 && !coverage && !noise && !ack && s.Pages != nil
			},
		},
		"dismissed anomalies are kept and not counted": {
			check: func(s meeting.Snapshot) bool { return len(s.Anomalies) == 2 && s.Numbers["anomalies"].Value == 1 },
		},
		"tickets count in the window in which they were filed and closed": {
			check: func(s meeting.Snapshot) bool {
				return s.Numbers["tickets_opened"].Value == 1 && s.Numbers["tickets_closed"].Value == 1
			},
		},
		"a ticket that is in two lists counts once": {
			change: func(f *meeting.Facts) {
				f.Review.Closed[0].Ticket = f.Tickets[1]
			},
			check: func(s meeting.Snapshot) bool { return s.Numbers["tickets_closed"].Value == 1 },
		},
		"a finding has the latest of its tickets": {
			change: func(f *meeting.Facts) {
				old := f.Tickets[0]
				old.RemoteKey, f.Tickets[0].Generation = "OPS-1", 2
				f.Tickets = append(f.Tickets, old)
			},
			check: func(s meeting.Snapshot) bool { return s.Findings[0].Ticket == "OPS-12" },
		},
		"every number has the version of its definition": {
			check: func(s meeting.Snapshot) bool {
				for id := range s.Numbers {
					if m, ok := meeting.MeasureOf(id); !ok || s.Definitions[id] != m.Version {
						return false
					}
				}
				return len(s.Numbers) == len(s.Definitions)
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := facts()
			if tt.change != nil {
				tt.change(&f)
			}
			if s := meeting.Take(f); !tt.check(s) {
				t.Errorf("the snapshot is %+v", s)
			}
		})
	}
}

func pageNames(s meeting.Snapshot) []string {
	var names []string
	for _, p := range s.Pages {
		names = append(names, p.Page)
	}
	return names
}

func TestTake_FactsAreNamedWithoutDecisions(t *testing.T) {
	want := snapshot(t).Facts
	tests := map[string]struct {
		change func(*meeting.Facts)
		other  bool
	}{
		"another label is another decision":  {change: func(f *meeting.Facts) { f.Pages[0] = label(f.Pages[0], opsreview.Actionable, "capacity", "Bob") }},
		"the order of pages does not matter": {change: func(f *meeting.Facts) { slices.Reverse(f.Pages) }},
		"when it was taken does not matter":  {change: func(f *meeting.Facts) { f.At = f.At.AddDate(0, 0, 1) }},
		"a zone is how a time is written": {change: func(f *meeting.Facts) {
			f.Pages[0].TriggeredAt = f.Pages[0].TriggeredAt.In(time.FixedZone("x", 3600))
		}},
		"when the source last touched a page does not matter": {change: func(f *meeting.Facts) { f.Pages[0].UpdatedAt = at(900) }},
		"a ticket is a decision":                              {change: func(f *meeting.Facts) { f.Tickets, f.Review.Closed = nil, nil }},
		"a dismissed anomaly is one still": {change: func(f *meeting.Facts) {
			l := f.Review.LookBack
			f.Review.LookBack = &lookback.Report{Series: 4, Dismissed: append(l.Dismissed, l.Anomalies...)}
		}},
		"toil of pages depends on labels":         {change: func(f *meeting.Facts) { f.Review.Toil.Lines = f.Review.Toil.Lines[:1] }},
		"a severity that people linked is theirs": {change: func(f *meeting.Facts) { f.Review.Incidents.Cases[0].Incident.Severity = "SEV4" }},
		"another limit is another policy":         {change: func(f *meeting.Facts) { f.Review.Loads[0].Breaches = nil; slices.Reverse(f.Review.Loads) }},

		"another page is another fact": {other: true, change: func(f *meeting.Facts) {
			f.Pages = append(f.Pages, page("P4", 60))
			f.Review.Monitors[0].Pages = append(f.Review.Monitors[0].Pages, ref("P4"))
		}},
		"a note that came late is another fact": {other: true, change: func(f *meeting.Facts) {
			f.Pages[0].Events = append(f.Pages[0].Events, opsreview.Event{At: at(31), Kind: opsreview.Noted, Text: "done"})
		}},
		"another title is another fact":        {other: true, change: func(f *meeting.Facts) { f.Pages[0].Title = "x" }},
		"toil that was logged is another fact": {other: true, change: func(f *meeting.Facts) { f.Review.Toil.Lines[0].Spent *= 2 }},
		"more bad events are other facts":      {other: true, change: func(f *meeting.Facts) { f.Review.Budget.Standings[0].Month.Bad++ }},
		"an incident's end is another fact":    {other: true, change: func(f *meeting.Facts) { f.Review.Incidents.Cases[0].Incident.ResolvedAt = at(9) }},
		"another window is other facts":        {other: true, change: func(f *meeting.Facts) { f.Review.Window.End = at(100) }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := facts()
			tt.change(&f)
			if got := meeting.Take(f).Facts; (got != want) != tt.other {
				t.Errorf("the facts are named %s, and were %s", got, want)
			}
		})
	}
}

func TestNumbers_ReadWell(t *testing.T) {
	of := func(v, of float64, unit string) meeting.Number { return meeting.Number{Value: v, Of: &of, Unit: unit} }
	tests := map[string]string{
		meeting.Number{Value: 14, Unit: "pages"}.String():     "14",
		of(160, 219, "pages").String():                        "73.1 % (160 of 219)",
		of(1, 2, "pages").String():                            "50 % (1 of 2)",
		of(90, 4800, "min").String():                          "1.9 % (1h30m of 80h)",
		meeting.Number{Value: 0.8315, Unit: "share"}.String(): "83.2 %",
		meeting.PercentText(0):                                "0 %",
		meeting.PercentText(0.00001):                          "< 0.1 %",
		meeting.PercentText(1.369):                            "136.9 %",
		meeting.MinutesText(0):                                "0m",
		meeting.MinutesText(0.2):                              "< 1m",
		meeting.MinutesText(59.7):                             "1h",
		meeting.MinutesText(65):                               "1h05m",
	}
	for got, want := range tests {
		if got != want {
			t.Errorf("it reads %q, want %q", got, want)
		}
	}
}

func TestMeasures_AreNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range meeting.Measures() {
		if seen[m.ID] || m.ID != strings.ToLower(m.ID) || m.Name == "" || m.Version < 1 || !slices.Contains(meeting.Sections(), m.Section) {
			t.Errorf("the measure %+v is not whole, or is there twice", m)
		}
		seen[m.ID] = true
	}
}
