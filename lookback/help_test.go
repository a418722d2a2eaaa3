package lookback_test

import (
	"testing"
	"time"

	"opsreview"
	"opsreview/anomaly"
	"opsreview/lookback"
)

// at returns a time of the fortnight under review, which begins on Monday
// 2 November 2026: day 0 is that Monday.
func at(day int, clock string) time.Time {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 11, 2+day, t.Hour(), t.Minute(), 0, 0, time.UTC)
}

func between(day int, from, to string) opsreview.Window {
	return opsreview.Window{Start: at(day, from), End: at(day, to)}
}

var fortnight = opsreview.Window{Start: at(0, "00:00"), End: at(14, "00:00")}

// weird makes a window of a kind.
func weird(kind anomaly.Kind, w opsreview.Window, score float64) anomaly.Window {
	return anomaly.Window{Start: w.Start, End: w.End, Kind: kind, Direction: anomaly.Up, Peak: w.Start, Score: score, Text: "was 9, usual 1–2"}
}

func spike(w opsreview.Window, score float64) anomaly.Window { return weird(anomaly.Spike, w, score) }

// found is what looking at one series of a chart found.
func found(chart, name string, windows ...anomaly.Window) lookback.Found {
	s := opsreview.Series{Key: chart + "/" + name, Chart: chart, Name: name}
	return lookback.Found{Series: opsreview.SeriesState{Series: s}, Result: anomaly.Result{Windows: windows}}
}

// chart makes a chart of the service Vault.
func chart(key string) opsreview.Chart {
	return opsreview.Chart{Key: key, Title: key, Service: "vault", Source: "prom"}
}

// input is a look back at what was found, in charts of Vault.
func input(all ...lookback.Found) lookback.Input {
	in := lookback.Input{
		Window: fortnight, Now: at(14, "09:00"), Zone: time.UTC, Found: all,
		Services: map[opsreview.Ref]opsreview.Service{{Source: "pd", ID: "v"}: {Ref: opsreview.Ref{Source: "pd", ID: "v"}, Name: "Vault"}},
	}
	seen := map[string]bool{}
	for _, f := range all {
		if key := f.Series.Chart; !seen[key] {
			seen[key] = true
			in.Charts = append(in.Charts, chart(key))
		}
	}
	return in
}

// page is a page of Vault that began at a time.
func page(id string, t time.Time) opsreview.Page {
	return opsreview.Page{Ref: opsreview.Ref{Source: "pd", ID: id}, Title: "disk full", Service: opsreview.Ref{Source: "pd", ID: "v"}, TriggeredAt: t}
}

// only returns the one open anomaly of a report.
func only(tb testing.TB, r lookback.Report) lookback.Anomaly {
	tb.Helper()
	if len(r.Anomalies) != 1 {
		tb.Fatalf("%d anomalies, want 1: %+v", len(r.Anomalies), r.Anomalies)
	}
	return r.Anomalies[0]
}
