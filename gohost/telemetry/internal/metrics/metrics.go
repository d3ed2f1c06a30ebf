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
	VersionCalls       = &Metric{"version.calls", Counter, "{call}", "Calls of the versions that are kept.", []string{"version", "outcome"}, nil}
	VersionDuration    = &Metric{"version.duration", Counter, "s", "Duration of these calls, including the wait for an instance.", []string{"version"}, nil}
	VersionFuel        = &Metric{"version.fuel", Counter, "{unit}", "Fuel that these calls used.", []string{"version"}, nil}
	VersionWork        = &Metric{"version.work", Counter, "{item}", "What the successful ones worked on, as their callers say: bytes, points or tokens.", []string{"version", "unit"}, nil}
	PluginInfo         = &Metric{"plugin.info", Gauge, "1", "1 for the active version.", []string{"version", "signed_by", "source"}, nil}
)

// OfState and All list the metrics in the order of the documentation.
var (
	OfState = []*Metric{CallsRunning, BreakerState, Instances, InstancesMax, InstancesDiscarded, Memory, Versions, VersionCalls, VersionDuration, VersionFuel, VersionWork, PluginInfo}
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
func Observe(st plugin.Status, report func(m *Metric, value float64, labels ...string)) {
	report(CallsRunning, float64(st.Stats.Running))
	report(Versions, float64(len(st.Versions)))
	for _, state := range []plugin.BreakerState{plugin.BreakerClosed, plugin.BreakerHalfOpen, plugin.BreakerOpen} {
		is := 0.0
		if state == st.Breaker.State {
			is = 1
		}
		report(BreakerState, is, string(state))
	}
	memory := int64(0)
	for _, v := range st.Versions {
		memory += v.Stats.Engine.MemoryBytes
	}
	report(Memory, float64(memory))
	for hash, stats := range byHash(st.Versions) {
		for outcome, calls := range stats.Outcomes {
			report(VersionCalls, float64(calls), hash, outcome.String())
		}
		report(VersionDuration, stats.Duration.Seconds(), hash)
		report(VersionFuel, float64(stats.Fuel), hash)
		for unit, count := range stats.Work {
			report(VersionWork, float64(count), hash, unit)
		}
	}
	if st.Active.Number == 0 {
		return // no version is active yet
	}
	engine := st.Active.Stats.Engine
	report(PluginInfo, 1, st.Active.Hash, st.Active.SignedBy, st.Active.Source)
	report(Instances, float64(engine.IdleInstances), "idle")
	report(Instances, float64(max(0, engine.Instances-engine.IdleInstances)), "busy")
	report(InstancesMax, float64(engine.MaxInstances))
	report(InstancesDiscarded, float64(engine.InstancesDiscarded))
}

// byHash returns the statistics of versions by their hash, which two versions with other limits
// share.
func byHash(versions []plugin.Version) map[string]plugin.Stats {
	all := map[string]plugin.Stats{}
	for _, v := range versions {
		sum, ok := all[v.Hash]
		if !ok {
			sum.Outcomes, sum.Work = map[plugin.Outcome]uint64{}, map[string]uint64{}
		}
		for outcome, calls := range v.Stats.Outcomes {
			sum.Outcomes[outcome] += calls
		}
		for unit, count := range v.Stats.Work {
			sum.Work[unit] += count
		}
		sum.Duration += v.Stats.Duration
		sum.Fuel += v.Stats.Fuel
		all[v.Hash] = sum
	}
	return all
}
