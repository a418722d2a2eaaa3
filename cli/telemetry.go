package cli

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"opsreview"
	"opsreview/config"
	"opsreview/server"
)

// flushTimeout is how long the last spans may take to reach the collector.
const flushTimeout = 5 * time.Second

// A telemetry is how serve is called by vendors and watched by operators.
type telemetry struct {
	app   *app
	http  string                      // where webhooks, metrics and health are served; "" for nowhere
	flush func(context.Context) error // sends the spans that wait; nil where there are none
}

// configure changes a server into one that is watched as the configuration and
// the flags say.
func (t *telemetry) configure(cfg config.Config, o *server.Options) error {
	t.http = cmp.Or(t.http, cfg.Server.HTTP)
	if t.http != "" {
		if _, _, err := net.SplitHostPort(t.http); err != nil {
			return usagef("%q is not an address: write host:port, such as 127.0.0.1:7475", t.http)
		}
		if missing := cfg.Server.Missing(); missing != "" && !config.Loopback(t.http) {
			return usagef("%q is open to others than this machine, which takes %s in the configuration: add that, or serve HTTP on loopback, such as 127.0.0.1:7475", t.http, missing)
		}
	}
	return t.trace(cfg.Server.OTLPEndpoint, o)
}

// trace makes what sends spans to a collector, if the configuration or the
// environment names one. Without, nothing of it costs anything.
func (t *telemetry) trace(endpoint string, o *server.Options) error {
	env := t.app.env
	named := cmp.Or(endpoint, env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), env("OTEL_EXPORTER_OTLP_ENDPOINT"))
	if named == "" || strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") {
		return nil
	}
	var options []otlptracegrpc.Option
	if endpoint != "" {
		options = append(options, otlptracegrpc.WithEndpointURL(endpoint))
	}
	ctx := context.Background() // it connects later, and waits for nothing
	exporter, err := otlptracegrpc.New(ctx, options...)
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "traces cannot be sent to %s: %v", named, err)
	}
	what, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "opsreview"), attribute.String("service.version", version())), resource.WithFromEnv())
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "OTEL_RESOURCE_ATTRIBUTES: %v", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { o.Log.Warn("traces cannot be sent", "err", err) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(what))
	o.Tracing, t.flush = provider, provider.Shutdown
	return nil
}

// listen opens the listener of HTTP, nil if nothing is served there.
func (t *telemetry) listen(ctx context.Context) (net.Listener, error) {
	if t.http == "" {
		return nil, nil //nolint:nilnil // nobody has asked for one
	}
	var lc net.ListenConfig
	lis, err := lc.Listen(ctx, "tcp", t.http)
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Unavailable, "cannot listen on %s: %v", t.http, err)
	}
	return lis, nil
}

// close sends the last spans.
func (t *telemetry) close(ctx context.Context) {
	if t.flush == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	_ = t.flush(ctx) // the log tells of spans that could not be sent
}

// A traceHandler adds the ID of the trace to the lines that are logged within
// one.
type traceHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h traceHandler) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h traceHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traceHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h traceHandler) WithGroup(name string) slog.Handler {
	return traceHandler{h.Handler.WithGroup(name)}
}
