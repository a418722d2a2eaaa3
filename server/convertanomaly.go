package server

import (
	"math"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"opsreview"
	"opsreview/hygiene"
	"opsreview/lookback"
	pb "opsreview/proto/opsreview/v1"
)

// lookBackToProto converts what a look back found, with the plots at hand.
func lookBackToProto(r lookback.Report, zone *time.Location, plots map[string][]lookback.Plot) *pb.LookBack {
	out := &pb.LookBack{
		Window: windowToProto(r.Window), TimeZone: zone.String(), Dismissed: int32(len(r.Dismissed)),
		Charts: int32(r.Charts), Series: int32(r.Series),
	}
	for _, a := range r.Anomalies {
		out.Anomalies = append(out.Anomalies, anomalyToProto(a, plots[a.ID]))
	}
	for _, a := range r.More {
		if a.Context == lookback.Unexplained {
			out.MoreUnexplained++
		} else {
			out.MoreOthers++
		}
	}
	for _, s := range r.Skipped {
		out.Skipped = append(out.Skipped, &pb.Gap{Subject: s.Subject, Text: s.Text})
	}
	return out
}

func anomalyToProto(a lookback.Anomaly, plots []lookback.Plot) *pb.Anomaly {
	out := &pb.Anomaly{
		Id: a.ID, Chart: chartToProto(a.Chart), Window: windowToProto(a.Window), Ongoing: a.Ongoing, Kind: string(a.Kind),
		Score: a.Score, Text: a.Text, Context: string(a.Context), Pages: refsToProto(a.Pages), Because: a.Because,
		State: string(a.State), Again: a.Again,
	}
	if a.State != lookback.Open {
		out.Decision = decisionToProto(a.Decision)
	}
	for i, m := range a.Series {
		if i == 0 {
			out.Direction = string(m.Window.Direction)
		}
		out.Series = append(out.Series, memberToProto(m))
	}
	for _, p := range plots {
		out.Plots = append(out.Plots, plotToProto(p))
	}
	return out
}

func memberToProto(m lookback.Member) *pb.AnomalySeries {
	w := m.Window
	out := &pb.AnomalySeries{
		Name: m.Series.Name, Labels: m.Series.Labels, Window: windowToProto(opsreview.Window{Start: w.Start, End: w.End}),
		Kind: string(w.Kind), Direction: string(w.Direction), PeakTime: timeToProto(w.Peak),
		Value: w.Value, Usual: w.Usual, Low: w.Low, High: w.High, Score: w.Score, Record: w.Record, Text: w.Text,
	}
	if w.Since > 0 {
		out.Since = durationpb.New(w.Since)
	}
	return out
}

func plotToProto(p lookback.Plot) *pb.Plot {
	out := &pb.Plot{Series: p.Series.Name, Window: windowToProto(opsreview.Window{Start: p.Start, End: p.End}), Mark: windowToProto(p.Mark)}
	for _, c := range p.Points {
		out.Points = append(out.Points, &pb.PlotPoint{
			Time: timeToProto(c.At), Min: ifKnown(c.Min), Max: ifKnown(c.Max), Low: ifKnown(c.Low), High: ifKnown(c.High),
		})
	}
	return out
}

// ifKnown is nil for what is no number.
func ifKnown(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return proto.Float64(v)
}

var anomalyVerdictToProto = map[opsreview.AnomalyVerdict]pb.AnomalyVerdict{
	opsreview.AnomalyDismissed: pb.AnomalyVerdict_ANOMALY_VERDICT_DISMISSED,
	opsreview.AnomalyAccepted:  pb.AnomalyVerdict_ANOMALY_VERDICT_ACCEPTED,
	opsreview.AnomalyReopened:  pb.AnomalyVerdict_ANOMALY_VERDICT_REOPENED,
}

// anomalyVerdictFromProto returns "" for what is no verdict.
func anomalyVerdictFromProto(v pb.AnomalyVerdict) opsreview.AnomalyVerdict {
	for verdict, as := range anomalyVerdictToProto {
		if as == v {
			return verdict
		}
	}
	return ""
}

func decisionToProto(d opsreview.AnomalyDecision) *pb.AnomalyDecision {
	return &pb.AnomalyDecision{
		Id: d.ID, Chart: d.Chart, Window: windowToProto(d.Window), Anomaly: d.Anomaly, Text: d.Text,
		Verdict: anomalyVerdictToProto[d.Verdict], Reason: d.Reason, Author: d.Author,
		DecideTime: timeToProto(d.At), UntilTime: timeToProto(d.Until),
	}
}

func decisionsToProto(decisions []opsreview.AnomalyDecision) []*pb.AnomalyDecision {
	out := make([]*pb.AnomalyDecision, len(decisions))
	for i, d := range decisions {
		out[i] = decisionToProto(d)
	}
	return out
}

func chartToProto(c opsreview.Chart) *pb.Chart {
	out := &pb.Chart{
		Key: c.Key, Title: c.Title, Dashboard: c.Dashboard, Row: c.Row, Url: c.URL, Unit: c.Unit, Service: c.Service, Team: c.Team,
		Source: c.Source, Also: c.Also, Skipped: c.Skipped, LeftOut: int32(c.LeftOut),
	}
	for _, q := range c.Queries {
		out.Queries = append(out.Queries, &pb.ChartQuery{Name: q.Name, Text: q.Text})
	}
	return out
}

func problemsToProto(problems []hygiene.Problem) []*pb.LintProblem {
	out := make([]*pb.LintProblem, len(problems))
	for i, p := range problems {
		out[i] = &pb.LintProblem{
			Rule: p.Rule, Severity: string(p.Severity), Kind: p.Kind, Subject: p.Subject, Id: p.ID, Origin: p.Origin,
			Text: p.Text, Remedy: p.Remedy,
		}
	}
	return out
}
