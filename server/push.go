package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"opsreview"
	"opsreview/ingest"
	pb "opsreview/proto/opsreview/v1"
)

// maxPushed is how many events one request may push.
const maxPushed = 10_000

// pushFormat is the format whose importer reads pushed events: an event means
// the same whether it is pushed or stands in a file, down to the id that is
// made for one without.
const pushFormat = "jsonl"

func (s *ingestService) PushEvents(ctx context.Context, req *pb.PushEventsRequest) (*pb.PushEventsResponse, error) {
	if n := len(req.GetEvents()); n == 0 || n > maxPushed {
		return nil, opsreview.Errorf(opsreview.Invalid, "push between 1 and %d events, not %d", maxPushed, n)
	}
	importer, err := s.importer(&pb.ImportHeader{Format: pushFormat, Source: req.GetSource()})
	if err != nil {
		return nil, err
	}
	r, err := request(req, s.now())
	if err != nil {
		return nil, err
	}
	var sink pushSink
	lines, err := sink.linesOf(req.GetEvents())
	if err != nil {
		return nil, err
	}
	if err := importer.Import(ctx, req.GetSource(), ingest.File{Name: "events", R: lines}, &sink); err != nil {
		return nil, err
	}
	if err := sink.err(); err != nil {
		return nil, err
	}
	if req.GetValidateOnly() {
		return &pb.PushEventsResponse{}, nil
	}
	saved, err := s.db.SaveBatchOnce(ctx, r, req.GetSource(), sink.batch)
	if err != nil {
		return nil, err
	}
	return &pb.PushEventsResponse{Saved: savedToProto(saved)}, nil
}

// A pushLine is an event as the jsonl format writes it: docs/import.md.
type pushLine struct {
	Kind        string            `json:"kind"`
	Page        string            `json:"page"`
	ID          string            `json:"id,omitempty"`
	At          string            `json:"at,omitempty"`
	Responders  []string          `json:"responders,omitempty"`
	Channel     string            `json:"channel,omitempty"`
	By          string            `json:"by,omitempty"`
	ByKind      string            `json:"by_kind,omitempty"`
	Text        string            `json:"text,omitempty"`
	Until       string            `json:"until,omitempty"`
	Title       string            `json:"title,omitempty"`
	Number      string            `json:"number,omitempty"`
	URL         string            `json:"url,omitempty"`
	Service     string            `json:"service,omitempty"`
	ServiceName string            `json:"service_name,omitempty"`
	Urgency     string            `json:"urgency,omitempty"`
	Priority    string            `json:"priority,omitempty"`
	Severity    string            `json:"severity,omitempty"`
	Runbook     string            `json:"runbook,omitempty"`
	Attributes  map[string]string `json:"attributes,omitempty"`
}

// otherLines are the kinds of line of the jsonl format that say nothing of a
// page.
var otherLines = []string{"responder", "team", "service", "shift", "label"}

// linesOf writes the events one a line, so that line n is event n-1. What can
// be no event of a page is a problem, and its line is empty.
func (s *pushSink) linesOf(events []*pb.PageEvent) (*bytes.Buffer, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	for i, e := range events {
		if slices.Contains(otherLines, e.GetKind()) {
			s.problems = append(s.problems, pushProblem{i, fmt.Sprintf("a %s is no event of a page", e.GetKind())})
			buf.WriteByte('\n')
			continue
		}
		err := enc.Encode(pushLine{
			Kind: e.GetKind(), Page: e.GetPage(), ID: e.GetId(), At: lineTime(e.GetTime()), Responders: e.GetResponders(),
			Channel: e.GetChannel(), By: e.GetBy(), ByKind: e.GetByKind(), Text: e.GetText(), Until: lineTime(e.GetUntilTime()),
			Title: e.GetTitle(), Number: e.GetNumber(), URL: e.GetUrl(), Service: e.GetService(), ServiceName: e.GetServiceDisplayName(),
			Urgency: e.GetUrgency(), Priority: e.GetPriority(), Severity: e.GetSeverity(), Runbook: e.GetRunbook(), Attributes: e.GetAttributes(),
		})
		if err != nil {
			return nil, opsreview.Wrapf(err, opsreview.Invalid, "events[%d] cannot be read", i)
		}
	}
	return &buf, nil
}

func lineTime(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format(time.RFC3339Nano)
}

// A pushSink collects what an importer reads into one batch.
type pushSink struct {
	batch    opsreview.Batch
	problems []pushProblem
}

// A pushProblem is what is wrong with one event.
type pushProblem struct {
	event  int // 0 is the first
	reason string
}

// Save implements ingest.Sink.
func (s *pushSink) Save(_ context.Context, b opsreview.Batch) error {
	s.batch.Pages = append(s.batch.Pages, b.Pages...)
	s.batch.Responders = append(s.batch.Responders, b.Responders...)
	s.batch.Services = append(s.batch.Services, b.Services...)
	return nil
}

// Problem implements ingest.Sink.
func (s *pushSink) Problem(p ingest.Problem) error {
	s.problems = append(s.problems, pushProblem{p.Line - 1, p.Reason})
	return nil
}

// mostPushProblems is how many problems one error names.
const mostPushProblems = 20

// err is an Invalid error that names the events that are wrong, nil if none is.
func (s *pushSink) err() error {
	n := len(s.problems)
	if n == 0 {
		return nil
	}
	slices.SortStableFunc(s.problems, func(a, b pushProblem) int { return cmp.Compare(a.event, b.event) })
	texts := make([]string, min(n, mostPushProblems))
	for i := range texts {
		texts[i] = fmt.Sprintf("events[%d]: %s", s.problems[i].event, s.problems[i].reason)
	}
	text := strings.Join(texts, "; ")
	if n > mostPushProblems {
		text += fmt.Sprintf("; and %d more", n-mostPushProblems)
	}
	return opsreview.Errorf(opsreview.Invalid, "%s", text)
}
