package server

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
)

var statusToProto = map[opsreview.Status]pb.PageStatus{
	opsreview.Open:     pb.PageStatus_PAGE_STATUS_TRIGGERED,
	opsreview.Acked:    pb.PageStatus_PAGE_STATUS_ACKNOWLEDGED,
	opsreview.Finished: pb.PageStatus_PAGE_STATUS_RESOLVED,
}

var verdictToProto = map[opsreview.Verdict]pb.Verdict{
	opsreview.Actionable:    pb.Verdict_VERDICT_ACTIONABLE,
	opsreview.NotActionable: pb.Verdict_VERDICT_NOT_ACTIONABLE,
}

var answerToProto = map[opsreview.Answer]pb.Answer{
	opsreview.Yes: pb.Answer_ANSWER_YES,
	opsreview.No:  pb.Answer_ANSWER_NO,
}

// inverse returns the table read the other way.
func inverse[K, V comparable](m map[K]V) map[V]K {
	out := make(map[V]K, len(m))
	for k, v := range m {
		out[v] = k
	}
	return out
}

var (
	statusFromProto  = inverse(statusToProto)
	verdictFromProto = inverse(verdictToProto)
	answerFromProto  = inverse(answerToProto)
)

func labelToProto(l opsreview.Label) *pb.Label {
	if l.Verdict == "" && !l.Withdrawn {
		return nil
	}
	return &pb.Label{
		Verdict:   verdictToProto[l.Verdict],
		Cause:     l.Cause,
		Flags:     l.Flags,
		Actioned:  answerToProto[l.Actioned],
		Note:      l.Note,
		Minutes:   int32(l.Minutes),
		Author:    l.Author,
		LabelTime: timeToProto(l.At),
		Withdrawn: l.Withdrawn,
	}
}

// labelFromProto returns an Invalid error for a verdict or an answer that this
// program does not know.
func labelFromProto(l *pb.Label) (opsreview.Label, error) {
	verdict, err := enumFromProto("verdict", verdictFromProto, l.GetVerdict())
	if err != nil {
		return opsreview.Label{}, err
	}
	actioned, err := enumFromProto("answer", answerFromProto, l.GetActioned())
	return opsreview.Label{
		Verdict:  verdict,
		Cause:    l.GetCause(),
		Flags:    l.GetFlags(),
		Actioned: actioned,
		Note:     l.GetNote(),
		Minutes:  int(l.GetMinutes()),
		Author:   l.GetAuthor(),
	}, err
}

// enumFromProto returns what e stands for, the zero value where it is
// unspecified. It returns an Invalid error for a value that the table lacks: a
// newer client's filter must not select everything.
func enumFromProto[E ~int32, V any](what string, table map[E]V, e E) (v V, err error) {
	v, ok := table[e]
	if !ok && e != 0 {
		err = opsreview.Errorf(opsreview.Invalid, "there is no %s number %d", what, e)
	}
	return v, err
}

// A pageView is a page with what is needed to show it.
type pageView struct {
	page     opsreview.Page
	service  string
	cost     review.PageCost
	outcome  review.Outcome
	evidence string

	suggestion *pb.Suggestion // nil if no rule speaks
}

func pageToProto(v pageView, roster review.Roster) *pb.Page {
	p := v.page
	out := &pb.Page{
		Name:               p.Ref.String(),
		Number:             p.Number,
		Url:                p.URL,
		Title:              p.Title,
		Service:            p.Service.String(),
		ServiceDisplayName: v.service,
		EscalationPolicy:   p.Policy,
		Monitor:            p.Monitor,
		Urgency:            string(p.Urgency),
		Priority:           p.Priority,
		Severity:           p.Severity,
		Runbook:            p.Runbook,
		Attributes:         p.Attributes,
		Status:             statusToProto[p.Status],
		TriggerTime:        timeToProto(p.TriggeredAt),
		AcknowledgeTime:    timeToProto(p.AcknowledgedAt),
		ResolveTime:        timeToProto(p.ResolvedAt),
		ResolvedBy:         agentToProto(p.ResolvedBy, p.Source, roster),
		Label:              labelToProto(p.Label),
		Outcome:            string(v.outcome),
		ActedEvidence:      v.evidence,
		Suggestion:         v.suggestion,
		Cost: &pb.PageCost{
			Interruptions: interruptionsToProto(v.cost.Interruptions),
			Notified:      notifiedNames(p, roster),
			Engaged:       durationpb.New(v.cost.Engaged),
		},
	}
	if p.MergedInto != "" {
		out.MergedInto = opsreview.Ref{Source: p.Source, ID: p.MergedInto}.String()
	}
	return out
}

// notifiedNames lists the people whom the page notified, in that order.
func notifiedNames(p opsreview.Page, roster review.Roster) []string {
	var names []string
	seen := map[string]bool{}
	for _, e := range p.Events {
		if e.Kind != opsreview.Notified {
			continue
		}
		for _, id := range e.Responders {
			person := roster.Person(opsreview.Ref{Source: p.Source, ID: id})
			if !seen[person.Key] {
				seen[person.Key] = true
				names = append(names, person.Name)
			}
		}
	}
	return names
}

func agentToProto(a opsreview.Agent, source string, roster review.Roster) *pb.Agent {
	if a == (opsreview.Agent{}) {
		return nil
	}
	out := &pb.Agent{Kind: string(a.Kind), DisplayName: a.Name}
	if a.ID != "" && (a.Kind == opsreview.Person || a.Kind == opsreview.Automation) {
		ref := opsreview.Ref{Source: source, ID: a.ID}
		out.Responder = ref.String()
		out.DisplayName = roster.Person(ref).Name
	}
	return out
}

func eventToProto(e opsreview.Event, source string, roster review.Roster) *pb.Event {
	out := &pb.Event{
		Id:        e.ID,
		Time:      timeToProto(e.At),
		Kind:      string(e.Kind),
		By:        agentToProto(e.By, source, roster),
		Channel:   string(e.Channel),
		Text:      e.Text,
		UntilTime: timeToProto(e.Until),
	}
	for _, id := range e.Responders {
		out.Responders = append(out.Responders, responderToProto(opsreview.Ref{Source: source, ID: id}, e.At, roster))
	}
	return out
}

func responderToProto(ref opsreview.Ref, at time.Time, roster review.Roster) *pb.EventResponder {
	p := roster.Person(ref)
	out := &pb.EventResponder{Name: ref.String(), DisplayName: p.Name, Hours: string(p.Class(at))}
	if p.Zone != nil {
		out.TimeZone = p.Zone.String()
	}
	return out
}

func assignmentToProto(a review.Assignment, roster review.Roster) *pb.Assignment {
	out := &pb.Assignment{
		Responder: responderToProto(a.Responder, a.BeganAt, roster),
		StartTime: timeToProto(a.BeganAt),
		EndTime:   timeToProto(a.EndedAt),
		TimedOut:  a.Fate == review.TimedOut,
	}
	if d, ok := a.TimeToAcknowledge(); ok {
		out.TimeToAcknowledge = durationpb.New(d)
	}
	return out
}
