// Package prom exports metrics of plugins to Prometheus. Package telemetry lists them.
package prom

import (
	"context"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/telemetry/internal/metrics"
)

// nativeFactor is the max ratio of the widths of neighbouring buckets in the native
// histogram of durations.
const nativeFactor = 1.1

// Metrics is a prometheus.Collector for a registry of plugins:
//
//	m := prom.New()
//	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithHooks(m.Hooks()))
//	…
//	m.Observe(reg)
//	prometheus.MustRegister(m)
type Metrics struct {
	list atomic.Pointer[func() []plugin.Status] // nil until Observe

	duration, wait, fuel      *prometheus.HistogramVec
	loads, activations, trips *prometheus.CounterVec
	state                     map[*metrics.Metric]*prometheus.Desc // of metrics.OfState
}

// New returns the metrics. [Metrics.Hooks] fills the histograms and counters of events,
// [Metrics.Observe] adds the metrics of the registry's state.
func New() *Metrics {
	m := &Metrics{
		duration:    histogram(metrics.CallDuration, nativeFactor),
		wait:        histogram(metrics.CallWait, 0),
		fuel:        histogram(metrics.CallFuel, 0),
		loads:       counter(metrics.Loads),
		activations: counter(metrics.Activations),
		trips:       counter(metrics.BreakerTransitions),
		state:       make(map[*metrics.Metric]*prometheus.Desc),
	}
	for _, d := range metrics.OfState {
		m.state[d] = prometheus.NewDesc(d.Prometheus(), d.Help, labels(d), nil)
	}
	return m
}

func labels(d *metrics.Metric) []string { return append([]string{"plugin"}, d.Labels...) }

func histogram(d *metrics.Metric, native float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: d.Prometheus(), Help: d.Help, Buckets: d.Buckets, NativeHistogramBucketFactor: native,
	}, labels(d))
}

func counter(d *metrics.Metric) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.Prometheus(), Help: d.Help}, labels(d))
}

// Hooks returns the hooks that fill the metrics. Pass them to plugin.WithHooks.
func (m *Metrics) Hooks() plugin.Hooks {
	return plugin.Hooks{
		OnLoad: func(e plugin.LoadEvent) {
			m.loads.WithLabelValues(e.Plugin, metrics.LoadResult(e)).Inc()
		},
		OnActivate: func(e plugin.ActivateEvent) {
			m.activations.WithLabelValues(e.Plugin, strconv.FormatBool(e.Rollback)).Inc()
		},
		OnBreaker: func(e plugin.BreakerEvent) {
			m.trips.WithLabelValues(e.Plugin, string(e.To)).Inc()
		},
		OnUnload: func(e plugin.UnloadEvent) { m.forget(e.Plugin) },
		OnCall:   m.onCall,
	}
}

func (m *Metrics) onCall(_ context.Context, e plugin.CallEvent) {
	m.duration.WithLabelValues(e.Plugin, e.Function, e.Outcome.String()).Observe(e.Duration.Seconds())
	if metrics.Waited(e) {
		m.wait.WithLabelValues(e.Plugin).Observe(e.Wait.Seconds())
	}
	if e.Fuel > 0 {
		m.fuel.WithLabelValues(e.Plugin, e.Function).Observe(float64(e.Fuel))
	}
}

// forget drops the series of a removed plugin, so that short-lived names do not fill
// the memory.
func (m *Metrics) forget(name string) {
	for _, v := range m.ofEvents() {
		v.DeletePartialMatch(prometheus.Labels{"plugin": name})
	}
}

// CallDurations returns the histogram call_duration_seconds, for programs that show
// it. It has native buckets too, each 9 % wide.
func (m *Metrics) CallDurations() prometheus.Collector { return m.duration }

// Observe sets the registry, a *plugin.Registry, whose state [Metrics.Collect] reports.
func (m *Metrics) Observe(reg interface{ List() []plugin.Status }) {
	list := reg.List
	m.list.Store(&list)
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.ofEvents() {
		c.Describe(ch)
	}
	for _, d := range m.state {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range m.ofEvents() {
		c.Collect(ch)
	}
	list := m.list.Load()
	if list == nil {
		return
	}
	for _, st := range (*list)() {
		metrics.Observe(st, func(d *metrics.Metric, value float64, labels ...string) {
			kind := prometheus.GaugeValue
			if d.Kind == metrics.Counter {
				kind = prometheus.CounterValue
			}
			ch <- prometheus.MustNewConstMetric(m.state[d], kind, value, append([]string{st.Name}, labels...)...)
		})
	}
}

type vector interface {
	prometheus.Collector
	DeletePartialMatch(prometheus.Labels) int
}

func (m *Metrics) ofEvents() []vector {
	return []vector{m.duration, m.wait, m.fuel, m.loads, m.activations, m.trips}
}
