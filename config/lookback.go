package config

import (
	"time"

	"opsreview/anomaly"
	"opsreview/lookback"
)

// A LookBack says how far and how closely series are looked at.
type LookBack struct {
	Span      Duration `yaml:"span"`       // how much of the time before the end of a review
	History   Duration `yaml:"history"`    // how far back series are read, Span included
	Most      int      `yaml:"most"`       // anomalies that a review shows; the rest is counted
	Threshold float64  `yaml:"threshold"`  // the score from which a window counts
	MaxSeries int      `yaml:"max_series"` // of one chart
	Step      Duration `yaml:"step"`       // between two values
}

const (
	day = 24 * time.Hour

	minSpan, maxSpan    = day, 35 * day
	maxHistory          = 100 * day // what is older is not stored
	mostMost            = 1000
	minScore, maxScore  = 1, 1000
	mostSeries          = 1000
	minStep, coarseStep = 15 * time.Second, 5 * time.Minute
)

func defaultLookBack() LookBack {
	return LookBack{
		Span: Duration(lookback.DefaultSpan), History: Duration(lookback.DefaultHistory), Most: lookback.DefaultMost,
		Threshold: anomaly.DefaultThreshold, MaxSeries: 20, Step: Duration(time.Minute),
	}
}

// Settings are what the look back itself needs.
func (l LookBack) Settings() lookback.Settings {
	return lookback.Settings{Span: time.Duration(l.Span), History: time.Duration(l.History), Most: l.Most, Threshold: l.Threshold}
}

func (l LookBack) problems() []problem {
	var problems []problem
	check := func(field string, ok bool, text string) {
		if !ok {
			problems = append(problems, problem{"look_back." + field, text})
		}
	}
	span, history, step := time.Duration(l.Span), time.Duration(l.History), time.Duration(l.Step)
	check("span", span >= minSpan && span <= maxSpan, "must be between 1d and 35d")
	check("history", history >= span && history <= maxHistory, "must be at least the span, and at most 100d")
	check("most", l.Most >= 1 && l.Most <= mostMost, "must be between 1 and 1000")
	check("threshold", l.Threshold >= minScore && l.Threshold <= maxScore, "must be between 1 and 1000")
	check("max_series", l.MaxSeries >= 1 && l.MaxSeries <= mostSeries, "must be between 1 and 1000")
	check("step", step >= minStep && step <= coarseStep && coarseStep%step == 0, "must be between 15s and 5m, and go into 5m without a rest")
	return problems
}
