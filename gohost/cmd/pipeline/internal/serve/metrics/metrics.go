// Package metrics exports the metrics of the service to Prometheus.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/telemetry/prom"
)

// Metrics are the metrics of one service. Their labels have few values: routes, not
// paths, and the tenants of the file.
type Metrics struct {
	// Plugins has the metrics of plugins, which package telemetry documents.
	Plugins *prom.Metrics
	// Latencies has quantiles of the durations of their calls.
	Latencies *Latencies

	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	refused  *prometheus.CounterVec
	inFlight prometheus.Gauge
}

// New returns the metrics of a service, including those of the Go runtime and of the
// process.
func New() *Metrics {
	m := &Metrics{
		Plugins:  prom.New(),
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "compute_pipeline_http_requests_total", Help: "Responses.",
		}, []string{"route", "status", "tenant"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "compute_pipeline_http_request_seconds", Help: "Time from the end of a request's header to the end of its response.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16),
		}, []string{"route"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "compute_pipeline_http_refused_total", Help: "Requests that were rejected before an operation, by the code of the problem.",
		}, []string{"tenant", "code"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "compute_pipeline_http_requests_in_flight", Help: "Requests without a complete response.",
		}),
	}
	durations := prometheus.NewRegistry()
	durations.MustRegister(m.Plugins.CallDurations())
	m.Latencies = &Latencies{durations: durations}
	m.registry.MustRegister(m.Plugins, m.requests, m.seconds, m.refused, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Hooks returns the hooks that fill the metrics of plugins.
func (m *Metrics) Hooks() plugin.Hooks {
	hooks := m.Plugins.Hooks()
	onCall := hooks.OnCall
	hooks.OnCall = func(ctx context.Context, call plugin.CallEvent) {
		m.Latencies.advance(call.Start.Add(call.Duration)) // first, because the call belongs to the new window
		onCall(ctx, call)
	}
	return hooks
}

// Gates adds the usage of the gates of a service.
func (m *Metrics) Gates(control *admission.Control) {
	for name, gate := range map[string]*admission.Gate{"arriving": control.Arriving, "computing": control.Computing, "operator": control.Operator} {
		for _, g := range []struct {
			name, help string
			value      func() float64
		}{
			{"requests", "Requests that are past a gate of the service.", func() float64 { now, _ := gate.Usage(); return float64(now.Slots) }},
			{"waiting", "Requests that wait at a gate of the service.", func() float64 { now, _ := gate.Usage(); return float64(now.Waiting) }},
			{"bytes", "Max memory that requests past a gate of the service use.", func() float64 { now, _ := gate.Usage(); return float64(now.Bytes) }},
			{"limit_bytes", "Limit of the memory of requests past a gate of the service.", func() float64 { return float64(gate.Limits().Bytes) }},
		} {
			m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "compute_pipeline_gate_" + g.name, Help: g.help, ConstLabels: prometheus.Labels{"gate": name},
			}, g.value))
		}
	}
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Begin counts a request in flight.
func (m *Metrics) Begin() { m.inFlight.Inc() }

// End counts its response.
func (m *Metrics) End(route, tenant string, status int, took time.Duration) {
	m.inFlight.Dec()
	m.requests.WithLabelValues(route, strconv.Itoa(status), tenant).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// Refused counts a request that was rejected before an operation.
func (m *Metrics) Refused(tenant, code string) { m.refused.WithLabelValues(tenant, code).Inc() }
