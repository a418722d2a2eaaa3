package lookback

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"opsreview"
	"opsreview/anomaly"
)

const (
	// detector goes up when package anomaly finds anything else in the same
	// series, so that what it found before is looked for again.
	detector = 2

	// bodyVersion goes up when bodies are written in another form.
	bodyVersion = 1
)

// A View says how a series is looked at.
type View struct {
	Window opsreview.Window // the part under review
	Until  time.Time        // up to when the series would be known if it had values; zero for its last one
	Zone   *time.Location   // whose clock days are of; nil means UTC
	Set    Settings
}

// ViewOf returns a view that has the same scans for a while: it takes in whole
// hours around the window, and Prepare leaves out what lies beyond. Until is up
// to when the source was asked.
func ViewOf(w opsreview.Window, until time.Time, zone *time.Location, set Settings) View {
	wide := opsreview.Window{Start: w.Start.Truncate(time.Hour), End: w.End.Truncate(time.Hour)}
	if wide.End.Before(w.End) {
		wide.End = wide.End.Add(time.Hour)
	}
	return View{Window: wide, Until: until, Zone: zone, Set: set}
}

// Sees reports whether a series has anything to do with the part under review:
// one that ended before was missed then, or by nobody.
func (v View) Sees(s opsreview.SeriesState) bool {
	return !s.Last.IsZero() && !s.Last.Before(v.Window.Start) && s.First.Before(v.Window.End)
}

// nothingStored is why a series, or a chart, is not looked at.
const nothingStored = "nothing is stored of this time"

// threshold is the score from which a window counts.
func (v View) threshold() float64 {
	if v.Set.Threshold > 0 {
		return v.Set.Threshold
	}
	return anomaly.DefaultThreshold
}

// Scan looks at one series over the part under review. The body is for the
// store; Of names what it was made from, so that a stored body with the same
// name can be read instead. The points may be longer than the window: what is
// before is history.
func Scan(s opsreview.SeriesState, p opsreview.Points, v View) (anomaly.Result, opsreview.Scan) {
	found := anomaly.Result{Skipped: nothingStored}
	if p.Step > 0 && len(p.Values) > 0 {
		series := seriesOf(s.Series, until(p, v.Until), v.Zone)
		found = anomaly.Detect(series, v.Window.Start, v.Window.End, anomaly.Options{Threshold: v.threshold()})
	}
	for i := range found.Windows {
		w := &found.Windows[i]
		w.Start, w.End, w.Peak = w.Start.UTC(), w.End.UTC(), w.Peak.UTC()
	}
	body, err := json.Marshal(bodyOf(found))
	if err != nil { // Nothing in a body can fail; without one it is looked at again.
		body = nil
	}
	return found, opsreview.Scan{Series: s.Key, Window: v.Window, Of: ScanOf(s, v), Body: body}
}

// ScanOf names what Scan would make its result from, without looking.
func ScanOf(s opsreview.SeriesState, v View) string {
	return fmt.Sprintf("detector %d.%d, threshold %g, zone %s, history %s, until %d, version %d",
		detector, bodyVersion, v.threshold(), zoneOf(v.Zone), v.Set.HistoryOrDefault(), v.Until.UnixMilli(), s.Version)
}

func zoneOf(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}

func seriesOf(s opsreview.Series, p opsreview.Points, zone *time.Location) anomaly.Series {
	return anomaly.Series{Start: p.Start, Step: p.Step, Values: p.Values, Counter: s.Counter, Zone: zone}
}

// mostAdded bounds how far points are stretched, in values.
const mostAdded = 1 << 20

// until stretches points to a time up to which they would be known if there were
// any: a series without values at its end has vanished.
func until(p opsreview.Points, end time.Time) opsreview.Points {
	if p.Step <= 0 || !p.End().Before(end) {
		return p
	}
	missing := min(int(end.Sub(p.End())/p.Step), mostAdded)
	values := make([]float64, len(p.Values), len(p.Values)+missing)
	copy(values, p.Values)
	for range missing {
		values = append(values, math.NaN())
	}
	p.Values = values
	return p
}

// SpanOrDefault is how long the part under review is.
func (s Settings) SpanOrDefault() time.Duration {
	if s.Span > 0 {
		return s.Span
	}
	return DefaultSpan
}

// HistoryOrDefault is how far back series are read, the part under review
// included.
func (s Settings) HistoryOrDefault() time.Duration {
	if s.History > 0 {
		return max(s.History, s.SpanOrDefault())
	}
	return max(DefaultHistory, s.SpanOrDefault())
}

// MostOrDefault is how many anomalies a review shows at most.
func (s Settings) MostOrDefault() int {
	if s.Most > 0 {
		return s.Most
	}
	return DefaultMost
}

// A body is a result as it is stored.
type body struct {
	Version int          `json:"v"`
	Skipped string       `json:"skipped,omitempty"`
	Windows []bodyWindow `json:"windows,omitempty"`
}

type bodyWindow struct {
	Start     time.Time         `json:"start"`
	End       time.Time         `json:"end"`
	Ongoing   bool              `json:"ongoing,omitempty"`
	Kind      anomaly.Kind      `json:"kind"`
	Direction anomaly.Direction `json:"direction,omitempty"`
	Peak      time.Time         `json:"peak"`
	Value     number            `json:"value"`
	Usual     number            `json:"usual"`
	Low       number            `json:"low"`
	High      number            `json:"high"`
	Score     number            `json:"score"`
	Since     time.Duration     `json:"since,omitempty"`
	Record    bool              `json:"record,omitempty"`
	Like      int               `json:"like,omitempty"`
	Text      string            `json:"text"`
}

// A number is written as null where it is none: what vanished has no value.
// Infinities, which no measurement is, are none either.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(data []byte) error {
	v := math.NaN()
	if string(data) != "null" {
		if err := json.Unmarshal(data, &v); err != nil {
			return err
		}
	}
	*n = number(v)
	return nil
}

func bodyOf(r anomaly.Result) body {
	b := body{Version: bodyVersion, Skipped: r.Skipped}
	for _, w := range r.Windows {
		b.Windows = append(b.Windows, bodyWindow{
			Start: w.Start, End: w.End, Ongoing: w.Ongoing, Kind: w.Kind, Direction: w.Direction, Peak: w.Peak,
			Value: number(w.Value), Usual: number(w.Usual), Low: number(w.Low), High: number(w.High), Score: number(w.Score),
			Since: w.Since, Record: w.Record, Like: w.Like, Text: w.Text,
		})
	}
	return b
}

// ReadScan reads what an earlier Scan found, and reports whether it could.
func ReadScan(s opsreview.Scan) (anomaly.Result, bool) {
	var b body
	if err := json.Unmarshal(s.Body, &b); err != nil || b.Version != bodyVersion {
		return anomaly.Result{}, false
	}
	r := anomaly.Result{Skipped: b.Skipped}
	for _, w := range b.Windows {
		r.Windows = append(r.Windows, anomaly.Window{
			Start: w.Start, End: w.End, Ongoing: w.Ongoing, Kind: w.Kind, Direction: w.Direction, Peak: w.Peak,
			Value: float64(w.Value), Usual: float64(w.Usual), Low: float64(w.Low), High: float64(w.High), Score: float64(w.Score),
			Since: w.Since, Record: w.Record, Like: w.Like, Text: w.Text,
		})
	}
	return r, true
}
