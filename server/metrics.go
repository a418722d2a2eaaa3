package server

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"opsreview"
)

// scrapeTimeout bounds how long one scrape asks the database.
const scrapeTimeout = 2 * time.Second

// The results of a sync, as they are counted.
const (
	syncOK      = "ok"
	syncFailed  = "failed"
	syncStopped = "stopped" // whoever waited went away, or the server stopped
)

// metrics are what the server counts. Its labels are few by construction:
// methods of the API, codes, configured sources, teams and SLOs, classes of hours and
// outcomes; never anything that a page says.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	webhooks *prometheus.CounterVec
	syncs    *prometheus.CounterVec
	syncTime *prometheus.HistogramVec
	newPages *prometheus.CounterVec

	mu          sync.Mutex
	lastSuccess map[string]time.Time // by source, since the server began
}

func newMetrics(version string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "opsreview_grpc_request_duration_seconds", Help: "Time that requests took, by method and status code. Streams count when they end.",
			Buckets: []float64{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60},
		}, []string{"method", "code"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "opsreview_grpc_requests_in_flight", Help: "Requests that are being answered, by method.",
		}, []string{"method"}),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opsreview_webhook_calls_total", Help: "Webhooks that arrived, by source and result.",
		}, []string{"source", "result"}),
		syncs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opsreview_source_syncs_total", Help: "Syncs that ended, by source and result.",
		}, []string{"source", "result"}),
		syncTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "opsreview_source_sync_duration_seconds", Help: "Time that syncs took, by source.",
			Buckets: []float64{0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200},
		}, []string{"source"}),
		newPages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "opsreview_source_new_pages_total", Help: "Pages that syncs and webhooks saw for the first time, by source.",
		}, []string{"source"}),
		lastSuccess: map[string]time.Time{},
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "opsreview_build_info", Help: "Always 1; the labels say which build runs.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.inFlight, m.webhooks, m.syncs, m.syncTime, m.newPages, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// synced counts a sync that ended.
func (m *metrics) synced(source string, took time.Duration, at time.Time, saved opsreview.Saved, result string) {
	m.syncs.WithLabelValues(source, result).Inc()
	m.syncTime.WithLabelValues(source).Observe(took.Seconds())
	m.newPages.WithLabelValues(source).Add(float64(saved.Pages))
	if result == syncOK {
		m.mu.Lock()
		m.lastSuccess[source] = at
		m.mu.Unlock()
	}
}

// success returns when the source was last synced well: what the server saw,
// else what the database says of the last sync. It is zero if neither knows.
func (m *metrics) success(h opsreview.SourceHealth) time.Time {
	m.mu.Lock()
	at := m.lastSuccess[h.Name]
	m.mu.Unlock()
	if h.LastError == "" && !h.StartedAt.IsZero() && h.EndedAt.After(at) {
		return h.EndedAt
	}
	return at
}

// methodName is the name of a method as a label: "opsreview.v1.PageService/ListPages".
func methodName(full string) string { return strings.TrimPrefix(full, "/") }

// describe makes a metric's description.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// What is read from the database at each scrape.
var (
	databaseUp    = describe("opsreview_database_up", "Whether the database answers: 1 if it does, 0 if not.")
	databaseBytes = describe("opsreview_database_bytes", "The size of the database file.")
	databaseLog   = describe("opsreview_database_log_bytes", "The size of the write-ahead log beside the database.")

	sourcePages   = describe("opsreview_source_pages", "Pages that are stored, by source.", "source")
	sourceEvents  = describe("opsreview_source_events", "Events that are stored, by source.", "source")
	sourceSegs    = describe("opsreview_source_segments", "Segments of SLOs that are stored, by source.", "source")
	sourceSeries  = describe("opsreview_source_series", "Series of charts that are stored, by source.", "source")
	sourceRejects = describe("opsreview_source_rejects", "Items that could not be read and are kept, by source.", "source")
	sourceSuspect = describe("opsreview_source_suspect_windows", "Windows that could not be read whole, by source.", "source")
	sourceFailing = describe("opsreview_source_last_sync_failed", "Whether the last sync that ended failed: 1 if it did, 0 if not.", "source")
	sourceSynced  = describe("opsreview_source_synced_to_timestamp_seconds", "Everything of the source before is stored, but for suspect windows.", "source")
	sourceSuccess = describe("opsreview_source_last_success_timestamp_seconds", "When the source was last synced well. Absent if that is not known.", "source")

	webhookAt = describe("opsreview_webhook_last_accepted_timestamp_seconds", "When a webhook of the source was last accepted, since the server began.", "source")
)

// A stateCollector tells how the database and the sources are, at the moment of
// the scrape. It asks nothing that costs more with a longer history.
type stateCollector struct{ server *Server }

// Describe implements prometheus.Collector.
func (c stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		databaseUp, databaseBytes, databaseLog, sourcePages, sourceEvents, sourceSegs, sourceRejects, sourceSuspect,
		sourceFailing, sourceSynced, sourceSuccess, webhookAt,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c stateCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for name, r := range c.server.receivers {
		if _, at := r.state(); !at.IsZero() {
			gauge(webhookAt, seconds(at), name)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	db := c.server.opts.DB
	status, err := db.Status(ctx)
	if err != nil {
		gauge(databaseUp, 0)
		return
	}
	sources, err := db.Sources(ctx)
	if err != nil {
		gauge(databaseUp, 0)
		return
	}
	gauge(databaseUp, 1)
	gauge(databaseBytes, float64(status.Bytes))
	gauge(databaseLog, float64(status.LogBytes))
	for _, h := range sources {
		gauge(sourcePages, float64(h.Pages), h.Name)
		gauge(sourceEvents, float64(h.Events), h.Name)
		gauge(sourceSegs, float64(h.Segments), h.Name)
		gauge(sourceSeries, float64(h.Series), h.Name)
		gauge(sourceRejects, float64(h.Rejects), h.Name)
		gauge(sourceSuspect, float64(len(h.Suspect)), h.Name)
		gauge(sourceFailing, bit(h.LastError != ""), h.Name)
		if !h.SyncedTo.IsZero() {
			gauge(sourceSynced, seconds(h.SyncedTo), h.Name)
		}
		if at := c.server.metrics.success(h); !at.IsZero() {
			gauge(sourceSuccess, seconds(at), h.Name)
		}
	}
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// seconds is a time as Prometheus writes it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
