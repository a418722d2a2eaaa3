package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"opsreview"
	"opsreview/ingest"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// send opens an import and sends a file in pieces of a few bytes, which break
// lines and characters anywhere.
func send(tb testing.TB, a *api, h *pb.ImportHeader, text string) pb.IngestService_ImportFileClient {
	tb.Helper()
	stream := must(a.ingests.ImportFile(tb.Context()))(tb)
	sendPart(stream, &pb.ImportFileRequest{Part: &pb.ImportFileRequest_Header{Header: h}})
	for size := max(7, len(text)/50); len(text) > 0; {
		n := min(size, len(text))
		sendPart(stream, data(text[:n]))
		text = text[n:]
	}
	if err := stream.CloseSend(); err != nil {
		tb.Fatal(err)
	}
	return stream
}

// sendPart ignores the error of a stream that the server has ended: Recv tells
// why.
func sendPart(stream pb.IngestService_ImportFileClient, part *pb.ImportFileRequest) {
	_ = stream.Send(part)
}

func data(text string) *pb.ImportFileRequest {
	return &pb.ImportFileRequest{Part: &pb.ImportFileRequest_Data{Data: []byte(text)}}
}

// importFile imports a file and returns what the server said of it in all.
func importFile(tb testing.TB, a *api, h *pb.ImportHeader, text string) (last *pb.ImportFileResponse, problems []*pb.ImportProblem, err error) {
	tb.Helper()
	all, err := drain(send(tb, a, h, text))
	for _, msg := range all {
		problems = append(problems, msg.GetProblems()...)
		last = msg
	}
	return last, problems, err
}

// lines are a file with two pages and, if bad, two lines that cannot be read.
func lines(bad bool) string {
	var b strings.Builder
	b.WriteString(`{"kind":"triggered","page":"1","at":"2026-11-10T02:00:00Z","title":"ünïcode","service":"db","service_name":"Database"}` + "\n")
	if bad {
		b.WriteString("{nonsense\n")
	}
	b.WriteString(`{"kind":"notified","page":"1","at":"2026-11-10T02:00:01Z","responders":["ada@example.com"],"channel":"sms"}` + "\n\n")
	if bad {
		b.WriteString(`{"kind":"triggered","page":"2","at":"2026-11-10T03:00:00"}` + "\n")
	}
	b.WriteString(`{"kind":"triggered","page":"3","at":"2026-11-10T04:00:00+01:00"}`)
	return b.String()
}

func header(change ...func(*pb.ImportHeader)) *pb.ImportHeader {
	h := &pb.ImportHeader{Format: "jsonl", Source: "own", File: "pages.jsonl"}
	for _, c := range change {
		c(h)
	}
	return h
}

func stored(tb testing.TB, a *api, source string) opsreview.SourceHealth {
	tb.Helper()
	return must(a.db.Source(tb.Context(), source))(tb)
}

func TestImportFile(t *testing.T) {
	strict := func(h *pb.ImportHeader) { h.Strict = true }
	trial := func(h *pb.ImportHeader) { h.ValidateOnly = true }
	whole := &pb.Saved{NewPages: 2, Events: 3, Responders: 1, Services: 1}
	tests := map[string]struct {
		header   *pb.ImportHeader
		text     string
		saved    *pb.Saved
		problems []int32 // their lines
		pages    int     // in the store afterwards
	}{
		"good lines are kept and bad ones named": {header(), lines(true), whole, []int32{2, 5}, 2},
		"strictly, a good file is imported":      {header(strict), lines(false), whole, nil, 2},
		"strictly, a bad line undoes all":        {header(strict), lines(true), &pb.Saved{}, []int32{2, 5}, 0},
		"a trial says what is wrong":             {header(trial), lines(true), &pb.Saved{}, []int32{2, 5}, 0},
		"a strict trial saves nothing":           {header(trial, strict), lines(false), &pb.Saved{}, nil, 0},
		"an empty file is no mistake":            {header(), "", &pb.Saved{}, nil, 0},
		"an empty file is none strictly either":  {header(strict), "", &pb.Saved{}, nil, 0},
		"CSV": {
			header(func(h *pb.ImportHeader) { h.Format = "csv" }),
			"kind,page,at,responders,channel\ntriggered,1,2026-11-10T02:00:00Z,,\nnotified,1,2026-11-10T02:00:01Z,ada,sms\nexploded,1,2026-11-10T02:00:01Z,,\n",
			&pb.Saved{NewPages: 1, Events: 2, Responders: 1},
			[]int32{4},
			1,
		},
		"PagerDuty": {
			header(func(h *pb.ImportHeader) { h.Format = "pagerduty" }),
			`{"incidents":[{"id":"PI1","type":"incident","incident_number":7,"title":"disk full","status":"resolved","urgency":"high",
				"created_at":"2026-11-10T02:00:00Z","updated_at":"2026-11-10T03:00:00Z","resolved_at":"2026-11-10T03:00:00Z",
				"service":{"id":"PS1","type":"service_reference","summary":"Database"}}]}`,
			&pb.Saved{NewPages: 1, Services: 1}, nil, 1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := openServer(t)
			last, problems, err := importFile(t, a, tt.header, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.saved, last.GetSaved(), protocmp.Transform()); diff != "" {
				t.Errorf("saved (-want +got):\n%s", diff)
			}
			var at []int32
			for _, p := range problems {
				if at = append(at, p.GetLine()); p.GetFile() != "pages.jsonl" || p.GetReason() == "" {
					t.Errorf("problem %v", p)
				}
			}
			if diff := cmp.Diff(tt.problems, at); diff != "" {
				t.Errorf("problems in lines (-want +got):\n%s", diff)
			}
			if !last.GetFinished() || last.GetReadBytes() != int64(len(tt.text)) {
				t.Errorf("finished %t after %d of %d bytes", last.GetFinished(), last.GetReadBytes(), len(tt.text))
			}
			if n := stored(t, a, "own").Pages; n != tt.pages {
				t.Errorf("%d pages are stored, want %d", n, tt.pages)
			}
			again, _, err := importFile(t, a, tt.header, tt.text)
			if err != nil || !proto.Equal(&pb.Saved{}, again.GetSaved()) && tt.pages > 0 {
				t.Errorf("importing again saved %v, %v", again.GetSaved(), err)
			}
		})
	}
}

func TestImportFile_Refuses(t *testing.T) {
	a := openServer(t)
	first := func(part *pb.ImportFileRequest) func(pb.IngestService_ImportFileClient) {
		return func(s pb.IngestService_ImportFileClient) { sendPart(s, part) }
	}
	of := func(change func(*pb.ImportHeader)) *pb.ImportFileRequest {
		return &pb.ImportFileRequest{Part: &pb.ImportFileRequest_Header{Header: header(change)}}
	}
	tests := map[string]func(pb.IngestService_ImportFileClient){
		"nothing at all":           func(pb.IngestService_ImportFileClient) {},
		"an empty message":         first(&pb.ImportFileRequest{}),
		"data without a header":    first(data(lines(false))),
		"an unknown format":        first(of(func(h *pb.ImportHeader) { h.Format = "xml" })),
		"no format":                first(of(func(h *pb.ImportHeader) { h.Format = "" })),
		"no source":                first(of(func(h *pb.ImportHeader) { h.Source = "" })),
		"a source that is no name": first(of(func(h *pb.ImportHeader) { h.Source = "../own" })),
		"a header amid the file": func(s pb.IngestService_ImportFileClient) {
			first(of(func(*pb.ImportHeader) {}))(s)
			first(of(func(*pb.ImportHeader) {}))(s)
		},
		"a strict header amid it": func(s pb.IngestService_ImportFileClient) {
			first(of(func(h *pb.ImportHeader) { h.Strict = true }))(s)
			first(of(func(*pb.ImportHeader) {}))(s)
		},
		"a compressed file": func(s pb.IngestService_ImportFileClient) {
			first(of(func(*pb.ImportHeader) {}))(s)
			sendPart(s, data("\x1f\x8b\x08 and so on"))
		},
		"CSV without column names": func(s pb.IngestService_ImportFileClient) {
			first(of(func(h *pb.ImportHeader) { h.Format = "csv" }))(s)
			sendPart(s, data("1,2\n3,4\n"))
		},
		"JSON that ends in a brace": func(s pb.IngestService_ImportFileClient) {
			first(of(func(h *pb.ImportHeader) { h.Format = "pagerduty" }))(s)
			sendPart(s, data(`{"incidents":[{`))
		},
	}
	for name, fill := range tests {
		t.Run(name, func(t *testing.T) {
			stream := must(a.ingests.ImportFile(t.Context()))(t)
			fill(stream)
			if err := stream.CloseSend(); err != nil {
				t.Fatal(err)
			}
			_, err := drain(stream)
			wantCode(t, codes.InvalidArgument, err)
		})
	}
	if log := a.log.String(); strings.Contains(log, "request failed") {
		t.Errorf("a client's mistake is in the operator's log: %s", log)
	}
}

// A word that was renamed is imported as it is called today; one that nobody
// knows is a problem.
func TestImportFile_LabelsSpeakTheVocabulary(t *testing.T) {
	label := func(cause string) string {
		return `{"kind":"label","page":"1","at":"2026-11-10T09:00:00Z","author":"bob","verdict":"not_actionable","cause":"` + cause + `"}` + "\n"
	}
	tests := map[string]struct {
		text     string
		strict   bool
		problems int
		want     string // the cause in force
	}{
		"a renamed word":                {lines(false) + "\n" + label("doubled"), false, 0, "duplicate"},
		"a renamed word, strictly":      {lines(false) + "\n" + label("doubled"), true, 0, "duplicate"},
		"an unknown word":               {lines(false) + "\n" + label("weather"), false, 1, ""},
		"an unknown word strictly ends": {lines(false) + "\n" + label("weather"), true, 1, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := openServer(t, func(o *server.Options) {
				o.Org.Vocabulary.Causes = []opsreview.Cause{{ID: "duplicate", Verdict: opsreview.NotActionable, Was: []string{"doubled"}}}
			})
			_, problems, err := importFile(t, a, header(func(h *pb.ImportHeader) { h.Strict = tt.strict }), tt.text)
			if err != nil || len(problems) != tt.problems {
				t.Fatalf("problems %v, %v", problems, err)
			}
			labels := must(a.db.Labels(t.Context(), opsreview.Ref{Source: "own", ID: "1"}))(t)
			if tt.want == "" && len(labels) > 0 || tt.want != "" && (len(labels) != 1 || labels[0].Cause != tt.want) {
				t.Errorf("labels %v", labels)
			}
		})
	}
}

func TestImportFile_ManyProblemsComeInSeveralMessages(t *testing.T) {
	a := openServer(t)
	const n = 1001
	for _, strict := range []bool{false, true} {
		last, problems, err := importFile(t, a, header(func(h *pb.ImportHeader) { h.Strict = strict }), strings.Repeat("nonsense\n", n))
		if err != nil || len(problems) != n || !last.GetFinished() {
			t.Errorf("strict %t: %d problems, want %d; %v", strict, len(problems), n, err)
		}
	}
}

// The problems of a file whose rest cannot be read are told all the same.
func TestImportFile_AnEarlyEndTellsWhatWasFound(t *testing.T) {
	a := openServer(t)
	text := `{"incidents":[{"id":"","type":"incident","created_at":"2026-11-10T02:00:00Z"},` +
		`{"id":"PI1","type":"incident","title":"t","status":"triggered","created_at":"2026-11-10T02:00:00Z"},{`
	last, problems, err := importFile(t, a, header(func(h *pb.ImportHeader) { h.Format = "pagerduty" }), text)
	wantCode(t, codes.InvalidArgument, err)
	if len(problems) != 1 || last.GetFinished() || last.GetSaved().GetNewPages() != 1 || stored(t, a, "own").Pages != 1 {
		t.Errorf("%d problems, %v", len(problems), last)
	}
}

// What one importer pushes and another finds in a file is one event.
func TestImportFile_AndPushEventsMeanTheSame(t *testing.T) {
	a := openServer(t)
	must(a.ingests.PushEvents(t.Context(), &pb.PushEventsRequest{Source: "own", Events: pushed()}))(t)
	text := `{"kind":"triggered","page":"7","at":"2026-11-10T03:00:00+01:00"}
{"kind":"notified","page":"7","at":"2026-11-10T02:00:00.123Z","responders":["ada@example.com"],"channel":"sms"}
{"kind":"acknowledged","page":"7","at":"2026-11-10T02:01:00Z","by":"ada@example.com","by_kind":"person"}
{"kind":"snoozed","page":"7","at":"2026-11-10T02:02:00Z","until":"2026-11-10T03:00:00Z"}
{"kind":"resolved","page":"7","at":"2026-11-10T03:00:00Z","by_kind":"timer"}
`
	last, problems, err := importFile(t, a, header(), text)
	if err != nil || len(problems) > 0 || last.GetSaved().GetEvents() != 0 || last.GetSaved().GetNewPages() != 0 {
		t.Errorf("the file brought %v, %v, %v", last.GetSaved(), problems, err)
	}
}

// stepImporter saves one page, tells that it did, and then reads on.
type stepImporter struct{ saved chan struct{} }

// Import implements ingest.Importer.
func (im stepImporter) Import(ctx context.Context, source string, f ingest.File, sink ingest.Sink) error {
	if err := sink.Save(ctx, opsreview.Batch{Pages: []opsreview.Page{{Ref: opsreview.Ref{Source: source, ID: "1"}, CreatedAt: now}}}); err != nil {
		return err
	}
	im.saved <- struct{}{}
	_, err := io.Copy(io.Discard, f.R)
	return fmt.Errorf("read %s: %w", f.Name, err)
}

func TestImportFile_ACancelledImportKeepsWhatItSaved(t *testing.T) {
	step := stepImporter{saved: make(chan struct{}, 1)}
	a := openServer(t, func(o *server.Options) { o.Importers["step"] = step })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream := must(a.ingests.ImportFile(ctx))(t)
	sendPart(stream, &pb.ImportFileRequest{Part: &pb.ImportFileRequest_Header{Header: header(func(h *pb.ImportHeader) { h.Format = "step" })}})
	<-step.saved
	cancel()
	_, err := drain(stream)
	wantCode(t, codes.Canceled, err)
	stop(t, a) // The handler has ended when the server has.
	if n := stored(t, a, "own").Pages; n != 1 {
		t.Errorf("%d pages are stored, want the 1 that was saved", n)
	}
	if problems := must(a.db.Check(t.Context()))(t); len(problems) > 0 {
		t.Errorf("the database is damaged: %v", problems)
	}
	if log := a.log.String(); log != "" {
		t.Errorf("a client that went away is logged: %s", log)
	}
}

// A strict import whose client stops in the middle has saved nothing, and
// others can write while it is waited for.
func TestImportFile_AStrictImportThatWaitsForItsClientHoldsUpNobody(t *testing.T) {
	a := openServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream := must(a.ingests.ImportFile(ctx))(t)
	sendPart(stream, &pb.ImportFileRequest{Part: &pb.ImportFileRequest_Header{Header: header(func(h *pb.ImportHeader) { h.Strict = true })}})
	sendPart(stream, data(lines(false)))
	soon, done := context.WithTimeout(t.Context(), 20*time.Second)
	defer done()
	must(a.ingests.PushEvents(soon, &pb.PushEventsRequest{Source: "other", Events: pushed()}))(t)
	cancel()
	_, err := drain(stream)
	wantCode(t, codes.Canceled, err)
	stop(t, a)
	if n := stored(t, a, "own").Pages; n != 0 {
		t.Errorf("%d pages are stored, want none", n)
	}
}

func TestImportFile_AMessageOverTheLimitIsRefused(t *testing.T) {
	a := openServer(t)
	stream := must(a.ingests.ImportFile(t.Context()))(t)
	sendPart(stream, &pb.ImportFileRequest{Part: &pb.ImportFileRequest_Header{Header: header()}})
	sendPart(stream, &pb.ImportFileRequest{Part: &pb.ImportFileRequest_Data{Data: bytes.Repeat([]byte("x"), server.MaxMessage)}})
	_, err := drain(stream)
	wantCode(t, codes.ResourceExhausted, err)
	_, err = a.ingests.PushEvents(t.Context(), &pb.PushEventsRequest{Source: "own", Events: []*pb.PageEvent{
		event("1", "noted", now, func(e *pb.PageEvent) { e.Text = strings.Repeat("x", server.MaxMessage) }),
	}})
	wantCode(t, codes.ResourceExhausted, err)
	must(a.teams.ListTeams(t.Context(), &pb.ListTeamsRequest{}))(t)
}
