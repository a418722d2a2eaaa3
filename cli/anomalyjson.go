package cli

import (
	"fmt"
	"math"
	"strings"
	"time"

	pb "opsreview/proto/opsreview/v1"
)

// lookBackJSON is what anomaly list -o json prints.
type lookBackJSON struct {
	Window          windowJSON    `json:"window"`
	TimeZone        string        `json:"time_zone"`
	Anomalies       []anomalyJSON `json:"anomalies"`
	MoreUnexplained int32         `json:"more_unexplained"`
	MoreOthers      int32         `json:"more_others"`
	Dismissed       int32         `json:"dismissed"`
	Charts          int32         `json:"charts"`
	Series          int32         `json:"series"`
	Skipped         []gapJSON     `json:"skipped"`
}

type anomalyJSON struct {
	ID        string               `json:"id"`
	Chart     chartJSON            `json:"chart"`
	Window    windowJSON           `json:"window"`
	Ongoing   bool                 `json:"ongoing"`
	Kind      string               `json:"kind"`
	Direction string               `json:"direction,omitempty"`
	Score     *float64             `json:"score,omitempty"`
	Text      string               `json:"text"`
	Context   string               `json:"context"`
	Pages     []string             `json:"pages"`
	Because   []string             `json:"because"`
	State     string               `json:"state"`
	Decision  *anomalyDecisionJSON `json:"decision,omitempty"`
	Again     string               `json:"again,omitempty"`
	Series    []anomalySeriesJSON  `json:"series"`
	Plots     []plotJSON           `json:"plots,omitempty"`
}

type anomalySeriesJSON struct {
	Name         string            `json:"name"`
	Labels       map[string]string `json:"labels"`
	Window       windowJSON        `json:"window"`
	Kind         string            `json:"kind"`
	Direction    string            `json:"direction,omitempty"`
	PeakAt       *time.Time        `json:"peak_at,omitempty"`
	Value        *float64          `json:"value,omitempty"`
	Usual        *float64          `json:"usual,omitempty"`
	Low          *float64          `json:"low,omitempty"`
	High         *float64          `json:"high,omitempty"`
	Score        *float64          `json:"score,omitempty"`
	SinceSeconds *float64          `json:"since_seconds,omitempty"`
	Record       bool              `json:"record"`
	Text         string            `json:"text"`
}

type plotJSON struct {
	Series string          `json:"series"`
	Window windowJSON      `json:"window"`
	Mark   windowJSON      `json:"mark"`
	Points []plotPointJSON `json:"points"`
}

type plotPointJSON struct {
	At   *time.Time `json:"at"`
	Min  *float64   `json:"min,omitempty"`
	Max  *float64   `json:"max,omitempty"`
	Low  *float64   `json:"low,omitempty"`
	High *float64   `json:"high,omitempty"`
}

type anomalyDecisionJSON struct {
	ID        string     `json:"id"`
	Chart     string     `json:"chart"`
	Window    windowJSON `json:"window"`
	Anomaly   string     `json:"anomaly"`
	Text      string     `json:"text"`
	Verdict   string     `json:"verdict"`
	Reason    string     `json:"reason,omitempty"`
	Author    string     `json:"author"`
	DecidedAt *time.Time `json:"decided_at"`
	Until     *time.Time `json:"until,omitempty"`
}

// anomalyShowJSON is what anomaly show -o json prints.
type anomalyShowJSON struct {
	Anomaly   anomalyJSON           `json:"anomaly"`
	Decisions []anomalyDecisionJSON `json:"decisions"`
	TimeZone  string                `json:"time_zone"`
}

// anomalyDecidedJSON is what anomaly dismiss, accept and reopen print with
// -o json.
type anomalyDecidedJSON struct {
	Anomaly  anomalyJSON         `json:"anomaly"`
	Decision anomalyDecisionJSON `json:"decision"`
}

type chartJSON struct {
	Key       string           `json:"key"`
	Title     string           `json:"title"`
	Dashboard string           `json:"dashboard,omitempty"`
	Row       string           `json:"row,omitempty"`
	URL       string           `json:"url,omitempty"`
	Unit      string           `json:"unit,omitempty"`
	Service   string           `json:"service,omitempty"`
	Team      string           `json:"team,omitempty"`
	Source    string           `json:"source,omitempty"`
	Queries   []chartQueryJSON `json:"queries"`
	Also      []string         `json:"also"`
	Skipped   string           `json:"skipped,omitempty"`
	LeftOut   int32            `json:"left_out"`
	Series    *int32           `json:"series,omitempty"` // of dashboard charts only
}

type chartQueryJSON struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// orNoLookBack is a look back as JSON, an empty one where nothing is looked at.
func orNoLookBack(l *pb.LookBack) lookBackJSON {
	if out := lookBackToJSON(l); out != nil {
		return *out
	}
	return lookBackJSON{Anomalies: []anomalyJSON{}, Skipped: []gapJSON{}}
}

// lookBackToJSON is nil where nothing is looked at.
func lookBackToJSON(l *pb.LookBack) *lookBackJSON {
	if l == nil {
		return nil
	}
	out := &lookBackJSON{
		Window: windowToJSON(l.GetWindow()), TimeZone: l.GetTimeZone(), Anomalies: []anomalyJSON{}, MoreUnexplained: l.GetMoreUnexplained(),
		MoreOthers: l.GetMoreOthers(), Dismissed: l.GetDismissed(), Charts: l.GetCharts(), Series: l.GetSeries(), Skipped: gapsToJSON(l.GetSkipped()),
	}
	for _, x := range l.GetAnomalies() {
		out.Anomalies = append(out.Anomalies, anomalyToJSON(x))
	}
	return out
}

func anomalyToJSON(x *pb.Anomaly) anomalyJSON {
	out := anomalyJSON{
		ID: x.GetId(), Chart: chartToJSON(x.GetChart()), Window: windowToJSON(x.GetWindow()), Ongoing: x.GetOngoing(), Kind: x.GetKind(),
		Direction: x.GetDirection(), Score: jsonNumber(x.GetScore()), Text: x.GetText(), Context: x.GetContext(),
		Pages: append([]string{}, x.GetPages()...), Because: append([]string{}, x.GetBecause()...), State: x.GetState(), Again: x.GetAgain(),
		Series: []anomalySeriesJSON{},
	}
	if x.GetDecision() != nil {
		d := anomalyDecisionToJSON(x.GetDecision())
		out.Decision = &d
	}
	for _, s := range x.GetSeries() {
		out.Series = append(out.Series, anomalySeriesToJSON(s))
	}
	for _, p := range x.GetPlots() {
		out.Plots = append(out.Plots, plotToJSON(p))
	}
	return out
}

func anomalySeriesToJSON(s *pb.AnomalySeries) anomalySeriesJSON {
	out := anomalySeriesJSON{
		Name: s.GetName(), Labels: s.GetLabels(), Window: windowToJSON(s.GetWindow()), Kind: s.GetKind(), Direction: s.GetDirection(),
		PeakAt: jsonTime(s.GetPeakTime()), Value: jsonNumber(s.GetValue()), Usual: jsonNumber(s.GetUsual()), Low: jsonNumber(s.GetLow()),
		High: jsonNumber(s.GetHigh()), Score: jsonNumber(s.GetScore()), SinceSeconds: jsonSeconds(s.GetSince()), Record: s.GetRecord(), Text: s.GetText(),
	}
	if out.Labels == nil {
		out.Labels = map[string]string{}
	}
	return out
}

func plotToJSON(p *pb.Plot) plotJSON {
	out := plotJSON{Series: p.GetSeries(), Window: windowToJSON(p.GetWindow()), Mark: windowToJSON(p.GetMark()), Points: make([]plotPointJSON, len(p.GetPoints()))}
	for i, point := range p.GetPoints() {
		out.Points[i] = plotPointJSON{
			At: jsonTime(point.GetTime()), Min: knownNumber(point.Min), Max: knownNumber(point.Max), Low: knownNumber(point.Low), High: knownNumber(point.High),
		}
	}
	return out
}

func anomalyDecisionToJSON(d *pb.AnomalyDecision) anomalyDecisionJSON {
	return anomalyDecisionJSON{
		ID: d.GetId(), Chart: d.GetChart(), Window: windowToJSON(d.GetWindow()), Anomaly: d.GetAnomaly(), Text: d.GetText(),
		Verdict: enumWord(d.GetVerdict().String(), "ANOMALY_VERDICT_"), Reason: d.GetReason(), Author: d.GetAuthor(),
		DecidedAt: jsonTime(d.GetDecideTime()), Until: jsonTime(d.GetUntilTime()),
	}
}

func anomalyDecisionsToJSON(all []*pb.AnomalyDecision) []anomalyDecisionJSON {
	out := make([]anomalyDecisionJSON, len(all))
	for i, d := range all {
		out[i] = anomalyDecisionToJSON(d)
	}
	return out
}

func chartToJSON(c *pb.Chart) chartJSON {
	out := chartJSON{
		Key: c.GetKey(), Title: c.GetTitle(), Dashboard: c.GetDashboard(), Row: c.GetRow(), URL: c.GetUrl(), Unit: c.GetUnit(), Service: c.GetService(),
		Team: c.GetTeam(), Source: c.GetSource(), Queries: []chartQueryJSON{}, Also: append([]string{}, c.GetAlso()...), Skipped: c.GetSkipped(),
		LeftOut: c.GetLeftOut(),
	}
	for _, q := range c.GetQueries() {
		out.Queries = append(out.Queries, chartQueryJSON{Name: q.GetName(), Text: q.GetText()})
	}
	return out
}

// jsonNumber is a number, absent where it is none.
func jsonNumber(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// knownNumber is a number that may be unknown.
func knownNumber(x *float64) *float64 {
	if x == nil {
		return nil
	}
	return jsonNumber(*x)
}

var anomalyCSVHead = []string{
	"id", "start", "end", "ongoing", "chart", "title", "dashboard", "service", "kind", "direction", "text", "context", "state", "series", "pages", "because",
}

// anomalyCSV is one row of anomaly list -o csv.
func anomalyCSV(x *pb.Anomaly) []string {
	c, w := x.GetChart(), x.GetWindow()
	var names []string
	for _, s := range x.GetSeries() {
		names = append(names, s.GetName())
	}
	return []string{
		x.GetId(), auditTime(w.GetStartTime().AsTime()), auditTime(w.GetEndTime().AsTime()), fmt.Sprint(x.GetOngoing()), c.GetKey(), c.GetTitle(),
		c.GetDashboard(), c.GetService(), x.GetKind(), x.GetDirection(), x.GetText(), x.GetContext(), x.GetState(), strings.Join(names, "; "),
		strings.Join(x.GetPages(), " "), strings.Join(x.GetBecause(), " "),
	}
}

// decisionCSV is one row of anomaly decisions -o csv.
func decisionCSV(d *pb.AnomalyDecision) []string {
	until := ""
	if d.GetUntilTime() != nil {
		until = auditTime(d.GetUntilTime().AsTime())
	}
	w := d.GetWindow()
	return []string{
		d.GetId(), auditTime(d.GetDecideTime().AsTime()), enumWord(d.GetVerdict().String(), "ANOMALY_VERDICT_"), d.GetChart(), d.GetAnomaly(),
		auditTime(w.GetStartTime().AsTime()), auditTime(w.GetEndTime().AsTime()), d.GetText(), d.GetReason(), d.GetAuthor(), until,
	}
}
