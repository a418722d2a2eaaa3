package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "opsreview/proto/opsreview/v1"
)

var weirdDay = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)

func hours(from, to float64) *pb.Window {
	at := func(h float64) *timestamppb.Timestamp {
		return timestamppb.New(weirdDay.Add(time.Duration(h * float64(time.Hour))))
	}
	return &pb.Window{StartTime: at(from), EndTime: at(to)}
}

// weirdLookBack has an unexplained anomaly and a paged one, on charts that
// strangers named.
func weirdLookBack(text string) *pb.LookBack {
	chart := &pb.Chart{
		Key: "vault/4", Title: text, Dashboard: text, Row: text, Unit: "s", Service: text, Url: text, Source: text,
		Queries: []*pb.ChartQuery{{Name: text, Text: text}}, Also: []string{text},
	}
	series := &pb.AnomalySeries{Name: text, Window: hours(3, 3.5), Kind: "spike", Value: 0.61, Usual: 0.15, Low: 0.12, High: 0.18, Score: 11.25, Text: text}
	lost := &pb.AnomalySeries{Name: text, Window: hours(3, 4), Kind: "vanished", Value: math.NaN(), Score: math.Inf(1)}
	return &pb.LookBack{
		Window: hours(-24*13, 24), TimeZone: "Europe/Berlin", MoreUnexplained: 1, MoreOthers: 3, Dismissed: 2, Charts: 4, Series: 11,
		Anomalies: []*pb.Anomaly{
			{
				Id: "a-3f9c12d07b21", Chart: chart, Window: hours(3, 3.5), Kind: "spike", Text: text, Context: "unexplained", State: "open",
				Again: text, Series: []*pb.AnomalySeries{series, lost}, Plots: []*pb.Plot{weirdPlot(text)},
			},
			{
				Id: "a-77aa12d07b21", Chart: chart, Window: hours(9, 24), Ongoing: true, Kind: "flat", Text: "flat at 0 since 10:00", Context: "paged",
				State: "accepted", Because: []string{text}, Pages: []string{"pd/" + text},
			},
		},
		Skipped: []*pb.Gap{{Subject: text, Text: text}, {Subject: "x", Text: "y"}},
	}
}

// weirdPlot is flat but for a spike, with a gap in what is known.
func weirdPlot(text string) *pb.Plot {
	p := &pb.Plot{Series: text, Window: hours(-21, 27), Mark: hours(3, 3.5)}
	number := func(x float64) *float64 { return &x }
	for i := range 96 {
		point := &pb.PlotPoint{Time: timestamppb.New(weirdDay.Add(time.Duration(i)*30*time.Minute - 21*time.Hour)), Low: number(0.12), High: number(0.18)}
		switch {
		case i == 48:
			point.Min, point.Max = number(0.15), number(0.61)
		case i < 60 || i > 64:
			point.Min, point.Max = number(0.14), number(0.16)
		}
		p.Points = append(p.Points, point)
	}
	return p
}

// told is what fn prints on a terminal of a width.
func told(width int, fn func(a *app)) string {
	var out bytes.Buffer
	fn(&app{stdout: &out, columns: width, env: func(string) string { return "" }})
	return out.String()
}

func weirdFlags() lookFlags { return lookFlags{scope: scopeFlags{team: "secrets"}, back: "14d"} }

func TestAnomalies_ListIsReadable(t *testing.T) {
	got := told(100, func(a *app) {
		if err := a.printAnomalies(weirdLookBack("Read latency p99"), weirdFlags(), asTable); err != nil {
			t.Error(err)
		}
	})
	golden(t, "anomaly_list.txt", got)
}

func TestAnomalies_ShowDraws(t *testing.T) {
	l := weirdLookBack("Read latency p99")
	resp := &pb.GetAnomalyResponse{Anomaly: l.GetAnomalies()[0], TimeZone: "Europe/Berlin", Decisions: []*pb.AnomalyDecision{{
		Id: "1", Chart: "vault/4", Window: hours(-100, -99), Anomaly: "a-1", Text: "3 times the usual", Verdict: pb.AnomalyVerdict_ANOMALY_VERDICT_DISMISSED,
		Reason: "the backup", Author: "ada", DecideTime: timestamppb.New(weirdDay), UntilTime: timestamppb.New(weirdDay.Add(48 * time.Hour)),
	}}}
	pages := []*pb.Page{{Name: "pd/Q1", Title: "Vault is slow", Url: "https://pd.example/Q1", TriggerTime: timestamppb.New(weirdDay)}, {Name: "pd/gone"}}
	golden(t, "anomaly_show.txt", told(100, func(a *app) { a.printAnomaly(resp, pages, weirdFlags()) }))
}

func TestAnomalies_ReviewSaysThemInShort(t *testing.T) {
	r := &pb.Review{Team: "secrets", TimeZone: "Europe/Berlin", LookBack: weirdLookBack("Read latency p99")}
	golden(t, "anomaly_review.txt", told(100, func(a *app) { a.printReviewLookBack(r.GetLookBack(), r, frameOf(hours(-24*6, 24), "Europe/Berlin")) }))
	if got := told(100, func(a *app) { a.printReviewLookBack(nil, r, frame{}) }); got != "" {
		t.Errorf("where no chart is looked at the review says %q", got)
	}
}

func TestAnomalies_EmptyListsSayWhatToDo(t *testing.T) {
	tests := map[string]struct {
		look *pb.LookBack
		want string
	}{
		"nothing looks weird": {
			look: &pb.LookBack{Window: hours(0, 24), TimeZone: "UTC", Charts: 4, Series: 11},
			want: "nothing looks weird; 11 series of 4 charts looked at",
		},
		"nothing is looked at": {look: &pb.LookBack{Window: hours(0, 24), TimeZone: "UTC"}, want: "docs/anomalies.md"},
		"there is no look back": {
			want: "no chart is looked at",
		},
		"everything is skipped": {
			look: &pb.LookBack{Window: hours(0, 24), TimeZone: "UTC", Skipped: []*pb.Gap{{Subject: "vault/4", Text: "a Loki query"}}},
			want: "not looked at: vault/4: a Loki query",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := told(100, func(a *app) { _ = a.printAnomalies(tt.look, lookFlags{}, asTable) })
			if !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q in it", got, tt.want)
			}
			asText := told(100, func(a *app) { _ = a.printAnomalies(tt.look, lookFlags{}, asJSON) })
			if !json.Valid([]byte(asText)) || !strings.Contains(asText, `"anomalies": []`) {
				t.Errorf("as JSON it is %s", asText)
			}
		})
	}
}

// TestAnomalies_StrangersTextsStayText prints everything with hostile texts at
// several widths: no line is too wide, and nothing harms a terminal.
func TestAnomalies_StrangersTextsStayText(t *testing.T) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			l := weirdLookBack(text)
			resp := &pb.GetAnomalyResponse{Anomaly: l.GetAnomalies()[0], TimeZone: "UTC", Decisions: []*pb.AnomalyDecision{{Reason: text, Author: text, Text: text, Chart: text, Anomaly: "a-1"}}}
			for _, width := range []int{80, 100, 200} {
				for what, fn := range map[string]func(a *app){
					"list":   func(a *app) { _ = a.printAnomalies(l, lookFlags{}, asTable) },
					"json":   func(a *app) { _ = a.printAnomalies(l, lookFlags{}, asJSON) },
					"csv":    func(a *app) { _ = a.printAnomalies(l, lookFlags{}, asCSV) },
					"show":   func(a *app) { a.printAnomaly(resp, []*pb.Page{{Name: "pd/1", Title: text, Url: text}}, lookFlags{}) },
					"review": func(a *app) { a.printReviewLookBack(l, &pb.Review{}, frame{zone: time.UTC}) },
					"charts": func(a *app) { _ = a.printCharts([]*pb.Chart{resp.GetAnomaly().GetChart(), {Skipped: text}}, asTable) },
					"boards": func(a *app) {
						_ = a.printDashboards([]*pb.Dashboard{{Uid: text, Title: text, Folder: text, Origin: text}}, asTable)
					},
					"decisions": func(a *app) { _ = a.printDecisions(resp.GetDecisions(), false, asTable) },
				} {
					for line := range strings.Lines(told(width, fn)) {
						line = strings.TrimSuffix(line, "\n")
						if clean(line) != line {
							t.Errorf("%s has a line that harms: %q", what, line)
						}
						if w := ansi.StringWidth(line); what != "json" && what != "csv" && w > width && !strings.Contains(line, "opsreview anomaly") {
							t.Errorf("%s at %d has a line of %d cells: %s", what, width, w, line)
						}
					}
				}
			}
		})
	}
}

func TestAnomalies_UntilTakesASpanOrATime(t *testing.T) {
	now := func() time.Time { return weirdDay }
	tests := map[string]struct {
		text, want string
		fails      bool
	}{
		"nothing stays nothing":             {},
		"a span begins now":                 {text: "14d", want: "2026-03-24T00:00:00Z"},
		"hours do too":                      {text: "36h", want: "2026-03-11T12:00:00Z"},
		"a date is the server's to read":    {text: "2026-12-01", want: "2026-12-01"},
		"a time is too":                     {text: "2026-12-01T08:00:00+01:00", want: "2026-12-01T08:00:00+01:00"},
		"a span that is none is told apart": {text: "soond", fails: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := untilOf(tt.text, now)
			if got != tt.want || (err != nil) != tt.fails {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestAnomalies_DecisionsSayHowToTakeThemBack(t *testing.T) {
	x := weirdLookBack("Read latency p99").GetAnomalies()[0]
	for verdict, want := range map[pb.AnomalyVerdict]string{
		pb.AnomalyVerdict_ANOMALY_VERDICT_DISMISSED: "to take it back: opsreview anomaly reopen a-3f9c12d07b21 --team secrets --look-back 14d\n",
		pb.AnomalyVerdict_ANOMALY_VERDICT_ACCEPTED:  "opsreview finding list --team secrets shows it\n",
		pb.AnomalyVerdict_ANOMALY_VERDICT_REOPENED:  "it is open again: opsreview anomaly show a-3f9c12d07b21 --team secrets",
	} {
		got := told(100, func(a *app) {
			a.printDecided(&pb.DecideAnomalyResponse{Anomaly: x, Decision: &pb.AnomalyDecision{Verdict: verdict}}, decideFlags{lookFlags: weirdFlags()})
		})
		if !strings.Contains(got, want) {
			t.Errorf("%s says %q, want %q in it", verdict, got, want)
		}
	}
}

func TestAnomalies_DismissalNeedsAReason(t *testing.T) {
	r := run(t, t.TempDir(), weirdDay, "anomaly", "dismiss", "a-1")
	if r.status != exitUsage || !strings.Contains(r.stderr, "say why: --reason TEXT") {
		t.Errorf("exit status %d: %s", r.status, r.stderr)
	}
}
