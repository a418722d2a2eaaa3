package server

import (
	"context"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	"opsreview"
	"opsreview/ingest"
)

// tracerName names the part of the program that the spans are of.
const tracerName = "opsreview/server"

// traceRequests gives each request a span that joins the caller's trace, except
// the probes of health. Without a provider it does nothing.
func traceRequests(provider trace.TracerProvider) grpc.ServerOption {
	if provider == nil {
		return grpc.EmptyServerOption{}
	}
	return grpc.StatsHandler(otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(provider),
		otelgrpc.WithMeterProvider(noop.NewMeterProvider()), // Prometheus has the metrics
		otelgrpc.WithPropagators(propagation.TraceContext{}),
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return info.FullMethodName != healthCheck }),
	))
}

// healthCheck is the method that probes call all day.
const healthCheck = "/grpc.health.v1.Health/Check"

// traceTask begins the trace of something that nobody outside has asked for, so
// that the log of it bears the trace's ID. It returns how to end it.
func traceTask(ctx context.Context, provider trace.TracerProvider, name string) (context.Context, func()) {
	if provider == nil {
		return ctx, func() {}
	}
	ctx, span := provider.Tracer(tracerName).Start(ctx, name, trace.WithNewRoot())
	return ctx, func() { span.End() }
}

// traceSync begins the span of a sync. It returns the store that the sync is to
// use, which has a span for each batch that is saved, and how to end the span.
func traceSync(ctx context.Context, provider trace.TracerProvider, db ingest.Store, source string) (context.Context, ingest.Store, func(result string, saved opsreview.Saved)) {
	if provider == nil {
		return ctx, db, func(string, opsreview.Saved) {}
	}
	tracer := provider.Tracer(tracerName)
	ctx, span := tracer.Start(ctx, "sync", trace.WithAttributes(attribute.String("opsreview.source", source)))
	return ctx, tracedStore{db, tracer}, func(result string, saved opsreview.Saved) {
		span.SetAttributes(attribute.String("opsreview.result", result), attribute.Int("opsreview.new_pages", saved.Pages), attribute.Int("opsreview.events", saved.Events))
		if result == syncFailed {
			span.SetStatus(codes.Error, "the sync failed") // the log says why
		}
		span.End()
	}
}

// A tracedStore is a store that has a span for each batch that is saved.
type tracedStore struct {
	ingest.Store
	tracer trace.Tracer
}

// SaveBatch implements ingest.Store.
func (s tracedStore) SaveBatch(ctx context.Context, source string, b opsreview.Batch) (opsreview.Saved, error) {
	ctx, span := s.tracer.Start(ctx, "save batch", trace.WithAttributes(
		attribute.Int("opsreview.pages", len(b.Pages)), attribute.Int("opsreview.raw_items", len(b.Raw))))
	defer span.End()
	saved, err := s.Store.SaveBatch(ctx, source, b)
	if err != nil {
		span.SetStatus(codes.Error, "the batch was not saved")
	}
	return saved, err
}
