package server_test

import (
	"slices"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

func TestTracing_ASyncIsOneTrace(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	src := newFakeSource("pd")
	a := openServer(t, withSources(src), func(o *server.Options) { o.Tracing = trace.NewTracerProvider(trace.WithSyncer(spans)) })
	must(a.health.Check(t.Context(), &healthpb.HealthCheckRequest{}))(t)
	stream := must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{}))(t)
	p := <-src.pulls
	p.save <- opsreview.Batch{Pages: []opsreview.Page{page("Q1", "vault", now)}, Cursor: "c1"}
	p.end <- opsreview.Errorf(opsreview.Unavailable, "down")
	_, _ = drain(stream) // it ends with the source's error
	stop(t, a)
	var names []string
	for _, s := range spans.GetSpans() {
		names = append(names, s.Name)
		if s.SpanContext.TraceID() != spans.GetSpans()[0].SpanContext.TraceID() {
			t.Errorf("%s is of another trace", s.Name)
		}
		for _, attr := range s.Attributes {
			if attr.Value.AsString() == "disk full on vault" {
				t.Errorf("%s tells a page's title", s.Name)
			}
		}
	}
	slices.Sort(names)
	if want := []string{"opsreview.v1.SourceService/SyncSources", "save batch", "sync"}; !slices.Equal(names, want) {
		t.Errorf("spans %v, want %v", names, want)
	}
}
