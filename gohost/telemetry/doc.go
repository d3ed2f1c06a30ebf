// Package telemetry documents the metrics that its packages prom (Prometheus) and otel
// (OpenTelemetry, with traces too) export. Both get events from the hooks of a
// plugin.Registry, and read its state at each collection.
//
//	Prometheus                                       OpenTelemetry                         kind       labels
//	compute_pipeline_call_duration_seconds           compute_pipeline.call.duration        histogram  plugin function outcome
//	compute_pipeline_call_wait_seconds               compute_pipeline.call.wait            histogram  plugin
//	compute_pipeline_call_fuel                       compute_pipeline.call.fuel            histogram  plugin function
//	compute_pipeline_loads_total                     compute_pipeline.loads                counter    plugin result
//	compute_pipeline_activations_total               compute_pipeline.activations          counter    plugin rollback
//	compute_pipeline_breaker_transitions_total       compute_pipeline.breaker.transitions  counter    plugin to
//	compute_pipeline_calls_running                   compute_pipeline.calls.running        gauge      plugin
//	compute_pipeline_breaker_state                   compute_pipeline.breaker.state        gauge      plugin state
//	compute_pipeline_instances                       compute_pipeline.instances            gauge      plugin state
//	compute_pipeline_instances_max                   compute_pipeline.instances.max        gauge      plugin
//	compute_pipeline_instances_discarded_total       compute_pipeline.instances.discarded  counter    plugin
//	compute_pipeline_memory_bytes                    compute_pipeline.memory               gauge      plugin
//	compute_pipeline_versions                        compute_pipeline.versions             gauge      plugin
//	compute_pipeline_version_calls_total             compute_pipeline.version.calls        counter    plugin version outcome
//	compute_pipeline_version_duration_seconds_total  compute_pipeline.version.duration     counter    plugin version
//	compute_pipeline_version_fuel_total              compute_pipeline.version.fuel         counter    plugin version
//	compute_pipeline_version_work_total              compute_pipeline.version.work         counter    plugin version unit
//	compute_pipeline_plugin_info                     compute_pipeline.plugin.info          gauge      plugin version signed_by source
//
// An outcome is a plugin.Outcome. Labels have hashes of versions only while a registry keeps
// these, so that the number of series does not grow with every release. The series of version
// compare two versions of a model: calls and errors by kind, time, fuel and work. What a call works
// on is for its caller to say, with plugin.WithWork: one token for each call that returns
// one, or the bytes of an input.
//
// In OpenTelemetry the names of attributes begin with compute_pipeline. as well. Instead
// of "to" the attribute is state, and plugin.info has only plugin and version. A gauge is
// an UpDownCounter.
//
// Telemetry is a Go module of its own, so that programs without it do not download its
// dependencies.
package telemetry
