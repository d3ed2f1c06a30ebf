// Package telemetry holds what its packages prom (Prometheus metrics) and otel
// (OpenTelemetry metrics and traces) share. Both get their data from the hooks of a
// plugin.Registry, and use corresponding names:
//
//	Prometheus                                  OpenTelemetry
//	compute_pipeline_call_duration_seconds      compute_pipeline.call.duration
//	compute_pipeline_call_wait_seconds          compute_pipeline.call.wait
//	compute_pipeline_call_fuel                  compute_pipeline.call.fuel
//	compute_pipeline_calls_running              compute_pipeline.calls.running
//	compute_pipeline_loads_total                compute_pipeline.loads
//	compute_pipeline_activations_total          compute_pipeline.activations
//	compute_pipeline_breaker_transitions_total  compute_pipeline.breaker.transitions
//	compute_pipeline_breaker_state              compute_pipeline.breaker.state
//	compute_pipeline_instances                  compute_pipeline.instances
//	compute_pipeline_instances_max              compute_pipeline.instances.max
//	compute_pipeline_instances_discarded_total  compute_pipeline.instances.discarded
//	compute_pipeline_memory_bytes               compute_pipeline.memory
//	compute_pipeline_versions                   compute_pipeline.versions
//	compute_pipeline_plugin_info                compute_pipeline.plugin.info
//
// Each has the label plugin; those of calls also function and outcome (a
// plugin.Outcome). Only plugin_info has a version's hash as a label, so that the
// number of series does not grow with every release.
//
// It is a Go module of its own, so that programs without it do not get its
// dependencies.
package telemetry

import (
	"errors"

	"example.org/compute-pipeline/gohost/plugin"
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
	case errors.Is(e.Err, plugin.ErrSelfTest):
		return "self_test"
	}
	return plugin.OutcomeOf(e.Err).String()
}

// States are the states of a circuit breaker. The metric of the current state is 1.
var States = []plugin.BreakerState{plugin.BreakerClosed, plugin.BreakerHalfOpen, plugin.BreakerOpen}

// DurationBuckets are the bounds of histograms of seconds: from a call with a few
// points, which takes less than a microsecond, to the default timeout.
var DurationBuckets = []float64{1e-6, 5e-6, 25e-6, 100e-6, 500e-6, 2e-3, 10e-3, 50e-3, 0.2, 1, 5, 10}

// FuelBuckets are the bounds of the histogram of fuel.
var FuelBuckets = []float64{1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10}
