// Package metrics counts what the service does, for Prometheus.
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

// Metrics are those of one service. Their labels have few values: routes, not
// paths, and tenants of the file.
type Metrics struct {
	// Plugins are those of the plugins: package telemetry lists them.
	Plugins *prom.Metrics
	// Latencies are quantiles of their calls.
	Latencies *Latencies

	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	refused  *prometheus.CounterVec
	inFlight prometheus.Gauge
}

// New makes the metrics of a service, with those of the Go runtime and of the
// process.
func New() *Metrics {
	m := &Metrics{
		Plugins:  prom.New(),
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "compute_pipeline_http_requests_total", Help: "Requests that were answered.",
		}, []string{"route", "status", "tenant"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "compute_pipeline_http_request_seconds", Help: "Time from the head of a request to the end of its answer.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 16),
		}, []string{"route"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "compute_pipeline_http_refused_total", Help: "Requests that were turned away at the door, by the code of the problem.",
		}, []string{"tenant", "code"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "compute_pipeline_http_requests_in_flight", Help: "Requests that are being answered.",
		}),
	}
	durations := prometheus.NewRegistry()
	durations.MustRegister(m.Plugins.CallDurations())
	m.Latencies = &Latencies{durations: durations}
	m.registry.MustRegister(m.Plugins, m.requests, m.seconds, m.refused, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Hooks feed the metrics of the plugins.
func (m *Metrics) Hooks() plugin.Hooks {
	hooks := m.Plugins.Hooks()
	onCall := hooks.OnCall
	hooks.OnCall = func(ctx context.Context, call plugin.CallEvent) {
		m.Latencies.advance(call.Start.Add(call.Duration)) // first: the call is of the new window
		onCall(ctx, call)
	}
	return hooks
}

// Gates shows what is taken of the gates of a service, and waited for.
func (m *Metrics) Gates(control *admission.Control) {
	for name, gate := range map[string]*admission.Gate{"arriving": control.Arriving, "computing": control.Computing, "operator": control.Operator} {
		for _, g := range []struct {
			name, help string
			value      func() float64
		}{
			{"requests", "Requests that are past a gate of the service.", func() float64 { now, _ := gate.Usage(); return float64(now.Slots) }},
			{"waiting", "Requests that wait at a gate of the service.", func() float64 { now, _ := gate.Usage(); return float64(now.Waiting) }},
			{"bytes", "Memory that requests past a gate of the service hold at the most.", func() float64 { now, _ := gate.Usage(); return float64(now.Bytes) }},
			{"limit_bytes", "Memory that a gate of the service has to give.", func() float64 { return float64(gate.Limits().Bytes) }},
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

// Begin counts a request that is being answered.
func (m *Metrics) Begin() { m.inFlight.Inc() }

// End counts it as answered.
func (m *Metrics) End(route, tenant string, status int, took time.Duration) {
	m.inFlight.Dec()
	m.requests.WithLabelValues(route, strconv.Itoa(status), tenant).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// Refused counts a request that was turned away.
func (m *Metrics) Refused(tenant, code string) { m.refused.WithLabelValues(tenant, code).Inc() }
