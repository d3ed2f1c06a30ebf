// Package metrics defines the metrics of plugins for Prometheus and OpenTelemetry.
package metrics

import (
	"errors"
	"strings"

	"example.org/compute-pipeline/gohost/plugin"
)

// Kind is the kind of a metric.
type Kind string

// Kinds of metrics. In OpenTelemetry a gauge is an UpDownCounter.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Metric describes a metric.
type Metric struct {
	Name    string // in OpenTelemetry, without Prefix
	Kind    Kind
	Unit    string // in OpenTelemetry
	Help    string
	Labels  []string  // in Prometheus, after "plugin"
	Buckets []float64 // of a histogram
}

// Prefix begins the names of metrics and attributes in OpenTelemetry.
const Prefix = "compute_pipeline."

// Prometheus returns the metric's name in Prometheus. By OpenTelemetry's rules it ends with
// the unit, and that of a counter with _total.
func (m *Metric) Prometheus() string {
	name := strings.ReplaceAll(Prefix+m.Name, ".", "_")
	name += map[string]string{"s": "_seconds", "By": "_bytes"}[m.Unit]
	if m.Kind == Counter {
		name += "_total"
	}
	return name
}

// Metrics of events, which hooks record.
var (
	CallDuration       = &Metric{"call.duration", Histogram, "s", "Duration of calls, including the wait for an instance.", []string{"function", "outcome"}, durations}
	CallWait           = &Metric{"call.wait", Histogram, "s", "Time that calls waited for an instance.", nil, durations}
	CallFuel           = &Metric{"call.fuel", Histogram, "{unit}", "Fuel that calls used, about one unit per instruction.", []string{"function"}, fuel}
	Loads              = &Metric{"loads", Counter, "{load}", "Loads of modules, by result.", []string{"result"}, nil}
	Activations        = &Metric{"activations", Counter, "{activation}", "Activations of versions.", []string{"rollback"}, nil}
	BreakerTransitions = &Metric{"breaker.transitions", Counter, "{transition}", "Changes of circuit breakers, by new state.", []string{"to"}, nil}
)

// Metrics of the state of a registry, which Observe reads.
var (
	CallsRunning       = &Metric{"calls.running", Gauge, "{call}", "Calls that are running.", nil, nil}
	BreakerState       = &Metric{"breaker.state", Gauge, "1", "1 for the circuit breaker's state, 0 for other states.", []string{"state"}, nil}
	Instances          = &Metric{"instances", Gauge, "{instance}", "Instances of the active version.", []string{"state"}, nil}
	InstancesMax       = &Metric{"instances.max", Gauge, "{instance}", "Max number of instances of the active version.", nil, nil}
	InstancesDiscarded = &Metric{"instances.discarded", Counter, "{instance}", "Instances of the active version that were closed after a failure.", nil, nil}
	Memory             = &Metric{"memory", Gauge, "By", "Linear memory of the instances of all versions.", nil, nil}
	Versions           = &Metric{"versions", Gauge, "{version}", "Versions that are kept.", nil, nil}
	PluginInfo         = &Metric{"plugin.info", Gauge, "1", "1 for the active version.", []string{"version", "signed_by", "source"}, nil}
)

// OfState and All list the metrics in the order of the documentation.
var (
	OfState = []*Metric{CallsRunning, BreakerState, Instances, InstancesMax, InstancesDiscarded, Memory, Versions, PluginInfo}
	All     = append([]*Metric{CallDuration, CallWait, CallFuel, Loads, Activations, BreakerTransitions}, OfState...)
)

// Bounds of the buckets of histograms. Durations begin with a call with a few points,
// which takes less than a microsecond, and end with the default timeout.
var (
	durations = []float64{1e-6, 5e-6, 25e-6, 100e-6, 500e-6, 2e-3, 10e-3, 50e-3, 0.2, 1, 5, 10}
	fuel      = []float64{1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10}
)

// LoadResult returns the result of a load as one word.
func LoadResult(e plugin.LoadEvent) string {
	switch {
	case e.Err == nil && e.Unchanged:
		return "unchanged"
	case errors.Is(e.Err, plugin.ErrHash):
		return "hash"
	case errors.Is(e.Err, plugin.ErrSignature):
		return "signature"
	case errors.Is(e.Err, plugin.ErrGrade):
		return "grade"
	case errors.Is(e.Err, plugin.ErrSelfTest):
		return "self_test"
	}
	return plugin.OutcomeOf(e.Err).String()
}

// Waited reports whether a call came as far as waiting for an instance.
func Waited(e plugin.CallEvent) bool {
	return e.Outcome != plugin.OutcomeOpen && e.Outcome != plugin.OutcomeInvalid
}

// Observe calls report with each value of a metric in OfState for one plugin. The labels
// are those of the metric.
func Observe(st plugin.Status, report func(m *Metric, value int64, labels ...string)) {
	report(CallsRunning, int64(st.Stats.Running))
	report(Versions, int64(len(st.Versions)))
	for _, state := range []plugin.BreakerState{plugin.BreakerClosed, plugin.BreakerHalfOpen, plugin.BreakerOpen} {
		is := int64(0)
		if state == st.Breaker.State {
			is = 1
		}
		report(BreakerState, is, string(state))
	}
	memory := int64(0)
	for _, v := range st.Versions {
		memory += v.Stats.Engine.MemoryBytes
	}
	report(Memory, memory)
	if st.Active.Number == 0 {
		return // no version is active yet
	}
	engine := st.Active.Stats.Engine
	report(PluginInfo, 1, st.Active.Hash, st.Active.SignedBy, st.Active.Source)
	report(Instances, int64(engine.IdleInstances), "idle")
	report(Instances, int64(max(0, engine.Instances-engine.IdleInstances)), "busy")
	report(InstancesMax, int64(engine.MaxInstances))
	report(InstancesDiscarded, int64(engine.InstancesDiscarded))
}
