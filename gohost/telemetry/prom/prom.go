// Package prom exports metrics of plugins to Prometheus. Package telemetry lists them.
package prom

import (
	"context"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/telemetry"
)

const namespace = "compute_pipeline"

// nativeFactor is the max ratio of the widths of neighbouring buckets in the native
// histogram of durations.
const nativeFactor = 1.1

// Metrics is a prometheus.Collector for a registry of plugins:
//
//	m := prom.New()
//	reg, err := plugin.NewRegistry(plugin.WithHooks(m.Hooks()))
//	…
//	m.Observe(reg)
//	prometheus.MustRegister(m)
type Metrics struct {
	registry atomic.Pointer[plugin.Registry]

	duration, wait, fuel      *prometheus.HistogramVec
	loads, activations, trips *prometheus.CounterVec
	running, state, instances *prometheus.Desc
	max, discarded, memory    *prometheus.Desc
	versions, info            *prometheus.Desc
}

// New returns the metrics. [Metrics.Hooks] fills the counters and histograms,
// [Metrics.Observe] adds the gauges.
func New() *Metrics {
	histogram := func(name, help string, buckets []float64, native float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: name, Help: help, Buckets: buckets, NativeHistogramBucketFactor: native,
		}, append([]string{"plugin"}, labels...))
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: name, Help: help,
		}, append([]string{"plugin"}, labels...))
	}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(namespace+"_"+name, help, append([]string{"plugin"}, labels...), nil)
	}
	return &Metrics{
		duration:    histogram("call_duration_seconds", "How long calls took, waiting included.", telemetry.DurationBuckets, nativeFactor, "function", "outcome"),
		wait:        histogram("call_wait_seconds", "How long calls waited for an instance.", telemetry.DurationBuckets, 0),
		fuel:        histogram("call_fuel", "The fuel that calls used, about one unit an instruction.", telemetry.FuelBuckets, 0, "function"),
		loads:       counter("loads_total", "Loads of modules, by what became of them.", "result"),
		activations: counter("activations_total", "Versions that became the active one.", "rollback"),
		trips:       counter("breaker_transitions_total", "Changes of circuit breakers, by the state they went to.", "to"),
		running:     desc("calls_running", "Calls that have begun and not ended."),
		state:       desc("breaker_state", "1 for the state that the circuit breaker is in.", "state"),
		instances:   desc("instances", "Instances of the active version.", "state"),
		max:         desc("instances_max", "How many instances there may be."),
		discarded:   desc("instances_discarded_total", "Instances closed after a failure, of the active version."),
		memory:      desc("memory_bytes", "Linear memory of the instances of all versions."),
		versions:    desc("versions", "Versions that are kept."),
		info:        desc("plugin_info", "1 for the active version.", "version", "signed_by", "source"),
	}
}

// Hooks returns the hooks that fill the metrics. Pass them to plugin.WithHooks.
func (m *Metrics) Hooks() plugin.Hooks {
	return plugin.Hooks{
		OnLoad: func(e plugin.LoadEvent) {
			m.loads.WithLabelValues(e.Plugin, telemetry.LoadResult(e)).Inc()
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
	if e.Outcome == plugin.OutcomeOpen || e.Outcome == plugin.OutcomeInvalid {
		return // it never had an instance
	}
	m.wait.WithLabelValues(e.Plugin).Observe(e.Wait.Seconds())
	if e.Fuel > 0 {
		m.fuel.WithLabelValues(e.Plugin, e.Function).Observe(float64(e.Fuel))
	}
}

// forget drops the series of a removed plugin, so that short-lived names do not fill
// the memory.
func (m *Metrics) forget(name string) {
	of := prometheus.Labels{"plugin": name}
	for _, v := range []interface {
		DeletePartialMatch(prometheus.Labels) int
	}{m.duration, m.wait, m.fuel, m.loads, m.activations, m.trips} {
		v.DeletePartialMatch(of)
	}
}

// CallDurations returns the histogram call_duration_seconds, for programs that show
// it. It has native buckets too, each 9 % wide.
func (m *Metrics) CallDurations() prometheus.Collector { return m.duration }

// Observe sets the registry whose state [Metrics.Collect] reports.
func (m *Metrics) Observe(reg *plugin.Registry) { m.registry.Store(reg) }

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.collectors() {
		c.Describe(ch)
	}
	for _, d := range []*prometheus.Desc{
		m.running, m.state, m.instances, m.max, m.discarded, m.memory, m.versions, m.info,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range m.collectors() {
		c.Collect(ch)
	}
	reg := m.registry.Load()
	if reg == nil {
		return
	}
	for _, st := range reg.List() {
		m.collect(ch, st)
	}
}

func (m *Metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.duration, m.wait, m.fuel, m.loads, m.activations, m.trips}
}

// collect reports the current state of one plugin.
func (m *Metrics) collect(ch chan<- prometheus.Metric, st plugin.Status) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{st.Name}, labels...)...)
	}
	gauge(m.running, float64(st.Stats.Running))
	gauge(m.versions, float64(len(st.Versions)))
	for _, state := range telemetry.States {
		is := 0.0
		if state == st.Breaker.State {
			is = 1
		}
		gauge(m.state, is, string(state))
	}
	memory := int64(0)
	for _, v := range st.Versions {
		memory += v.Stats.Engine.MemoryBytes
	}
	gauge(m.memory, float64(memory))
	if st.Active.Number == 0 {
		return // no version is active yet
	}
	engine := st.Active.Stats.Engine
	gauge(m.info, 1, st.Active.Hash, st.Active.SignedBy, st.Active.Source)
	gauge(m.instances, float64(engine.IdleInstances), "idle")
	gauge(m.instances, float64(max(0, engine.Instances-engine.IdleInstances)), "busy")
	gauge(m.max, float64(engine.MaxInstances))
	ch <- prometheus.MustNewConstMetric(m.discarded, prometheus.CounterValue, float64(engine.InstancesDiscarded), st.Name)
}
