// Package otel exports metrics and traces of plugins to OpenTelemetry. Package
// telemetry lists the metrics.
//
// Each call is a span, a child of the span in the caller's context, with the plugin,
// version, function, outcome, fuel and wait as attributes.
package otel

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/telemetry"
)

const (
	scope  = "example.org/compute-pipeline/gohost/telemetry/otel"
	prefix = "compute_pipeline."
)

// Attributes of metrics and spans.
const (
	PluginKey   = attribute.Key(prefix + "plugin")
	VersionKey  = attribute.Key(prefix + "version") // the module's SHA-256
	FunctionKey = attribute.Key(prefix + "function")
	OutcomeKey  = attribute.Key(prefix + "outcome") // a plugin.Outcome
	ResultKey   = attribute.Key(prefix + "result")  // of a load
	RollbackKey = attribute.Key(prefix + "rollback")
	StateKey    = attribute.Key(prefix + "state")
	FuelKey     = attribute.Key(prefix + "fuel")
	WaitKey     = attribute.Key(prefix + "wait") // in seconds
)

// Telemetry records metrics and spans for a registry of plugins:
//
//	tel, err := otel.New()
//	reg, err := plugin.NewRegistry(plugin.WithHooks(tel.Hooks()))
//	err = tel.Observe(reg)
//	defer tel.Close()
type Telemetry struct {
	meter  metric.Meter
	tracer trace.Tracer

	duration, wait            metric.Float64Histogram
	fuel                      metric.Int64Histogram
	loads, activations, trips metric.Int64Counter

	running, state, instances, max metric.Int64ObservableUpDownCounter
	memory, versions, info         metric.Int64ObservableUpDownCounter
	discarded                      metric.Int64ObservableCounter
	registrations                  []metric.Registration
}

// Option configures a [Telemetry] in [New].
type Option func(*options)

type options struct {
	meters  metric.MeterProvider
	tracers trace.TracerProvider
}

// WithMeterProvider sets the provider for metrics. The default is the global one.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(o *options) { o.meters = p }
}

// WithTracerProvider sets the provider for spans. The default is the global one.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(o *options) { o.tracers = p }
}

// New returns a Telemetry with all its instruments.
func New(opts ...Option) (*Telemetry, error) {
	o := options{meters: otel.GetMeterProvider(), tracers: otel.GetTracerProvider()}
	for _, opt := range opts {
		opt(&o)
	}
	t := &Telemetry{meter: o.meters.Meter(scope), tracer: o.tracers.Tracer(scope)}
	m := maker{meter: t.meter}
	t.duration = m.seconds("call.duration", "How long calls took, waiting included.")
	t.wait = m.seconds("call.wait", "How long calls waited for an instance.")
	t.fuel = m.fuel("call.fuel", "The fuel that calls used, about one unit an instruction.")
	t.loads = m.counter("loads", "{load}", "Loads of modules, by what became of them.")
	t.activations = m.counter("activations", "{activation}", "Versions that became the active one.")
	t.trips = m.counter("breaker.transitions", "{transition}", "Changes of circuit breakers, by the state they went to.")
	t.running = m.now("calls.running", "{call}", "Calls that have begun and not ended.")
	t.state = m.now("breaker.state", "1", "1 for the state that the circuit breaker is in.")
	t.instances = m.now("instances", "{instance}", "Instances of the active version.")
	t.max = m.now("instances.max", "{instance}", "How many instances there may be.")
	t.memory = m.now("memory", "By", "Linear memory of the instances of all versions.")
	t.versions = m.now("versions", "{version}", "Versions that are kept.")
	t.info = m.now("plugin.info", "1", "1 for the active version.")
	t.discarded = m.total("instances.discarded", "{instance}", "Instances closed after a failure, of the active version.")
	if m.err != nil {
		return nil, fmt.Errorf("otel.New: %w", m.err)
	}
	return t, nil
}

// maker creates instruments and collects errors.
type maker struct {
	meter metric.Meter
	err   error
}

func (m *maker) seconds(name, description string) metric.Float64Histogram {
	h, err := m.meter.Float64Histogram(prefix+name, metric.WithUnit("s"), metric.WithDescription(description),
		metric.WithExplicitBucketBoundaries(telemetry.DurationBuckets...))
	m.err = errors.Join(m.err, err)
	return h
}

func (m *maker) fuel(name, description string) metric.Int64Histogram {
	h, err := m.meter.Int64Histogram(prefix+name, metric.WithUnit("{unit}"), metric.WithDescription(description),
		metric.WithExplicitBucketBoundaries(telemetry.FuelBuckets...))
	m.err = errors.Join(m.err, err)
	return h
}

func (m *maker) counter(name, unit, description string) metric.Int64Counter {
	c, err := m.meter.Int64Counter(prefix+name, metric.WithUnit(unit), metric.WithDescription(description))
	m.err = errors.Join(m.err, err)
	return c
}

func (m *maker) now(name, unit, description string) metric.Int64ObservableUpDownCounter {
	c, err := m.meter.Int64ObservableUpDownCounter(prefix+name, metric.WithUnit(unit), metric.WithDescription(description))
	m.err = errors.Join(m.err, err)
	return c
}

func (m *maker) total(name, unit, description string) metric.Int64ObservableCounter {
	c, err := m.meter.Int64ObservableCounter(prefix+name, metric.WithUnit(unit), metric.WithDescription(description))
	m.err = errors.Join(m.err, err)
	return c
}

// Hooks returns the hooks that record calls and events. Pass them to
// plugin.WithHooks.
func (t *Telemetry) Hooks() plugin.Hooks {
	ctx := context.Background()
	return plugin.Hooks{
		OnLoad: func(e plugin.LoadEvent) {
			t.loads.Add(ctx, 1, metric.WithAttributes(PluginKey.String(e.Plugin), ResultKey.String(telemetry.LoadResult(e))))
		},
		OnActivate: func(e plugin.ActivateEvent) {
			t.activations.Add(ctx, 1, metric.WithAttributes(PluginKey.String(e.Plugin), RollbackKey.Bool(e.Rollback)))
		},
		OnBreaker: func(e plugin.BreakerEvent) {
			t.trips.Add(ctx, 1, metric.WithAttributes(PluginKey.String(e.Plugin), StateKey.String(string(e.To))))
		},
		OnCall: t.onCall,
	}
}

func (t *Telemetry) onCall(ctx context.Context, e plugin.CallEvent) {
	name, function := PluginKey.String(e.Plugin), FunctionKey.String(e.Function)
	outcome := OutcomeKey.String(e.Outcome.String())
	t.duration.Record(ctx, e.Duration.Seconds(), metric.WithAttributes(name, function, outcome))
	if e.Outcome != plugin.OutcomeOpen && e.Outcome != plugin.OutcomeInvalid { // otherwise it never had an instance
		t.wait.Record(ctx, e.Wait.Seconds(), metric.WithAttributes(name))
	}
	if e.Fuel > 0 {
		t.fuel.Record(ctx, int64(min(e.Fuel, 1<<63-1)), metric.WithAttributes(name, function))
	}
	// The guest starts no spans of its own, so the call's span can start late.
	_, span := t.tracer.Start(ctx, e.Function, trace.WithTimestamp(e.Start), trace.WithAttributes(
		name, function, outcome, VersionKey.String(e.Version),
		FuelKey.Int64(int64(min(e.Fuel, 1<<63-1))), WaitKey.Float64(e.Wait.Seconds())))
	if e.Err != nil {
		span.SetStatus(codes.Error, e.Err.Error())
	}
	span.End(trace.WithTimestamp(e.Start.Add(e.Duration)))
}

// Observe adds the state of a registry to each collection of metrics. It may be called
// for several registries.
func (t *Telemetry) Observe(reg *plugin.Registry) error {
	r, err := t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, st := range reg.List() {
			t.observe(o, st)
		}
		return nil
	}, t.running, t.state, t.instances, t.max, t.memory, t.versions, t.info, t.discarded)
	if err != nil {
		return fmt.Errorf("otel: observe the registry: %w", err)
	}
	t.registrations = append(t.registrations, r)
	return nil
}

// observe records the current state of one plugin.
func (t *Telemetry) observe(o metric.Observer, st plugin.Status) {
	name := PluginKey.String(st.Name)
	tell := func(c metric.Int64Observable, value int64, attributes ...attribute.KeyValue) {
		o.ObserveInt64(c, value, metric.WithAttributes(append(attributes, name)...))
	}
	tell(t.running, int64(st.Stats.Running))
	tell(t.versions, int64(len(st.Versions)))
	for _, state := range telemetry.States {
		is := int64(0)
		if state == st.Breaker.State {
			is = 1
		}
		tell(t.state, is, StateKey.String(string(state)))
	}
	memory := int64(0)
	for _, v := range st.Versions {
		memory += v.Stats.Engine.MemoryBytes
	}
	tell(t.memory, memory)
	if st.Active.Number == 0 {
		return // no version is active yet
	}
	engine := st.Active.Stats.Engine
	tell(t.info, 1, VersionKey.String(st.Active.Hash))
	tell(t.instances, int64(engine.IdleInstances), StateKey.String("idle"))
	tell(t.instances, int64(max(0, engine.Instances-engine.IdleInstances)), StateKey.String("busy"))
	tell(t.max, int64(engine.MaxInstances))
	tell(t.discarded, int64(engine.InstancesDiscarded))
}

// Close undoes Observe. It must not run at the same time as Observe.
func (t *Telemetry) Close() error {
	var err error
	for _, r := range t.registrations {
		err = errors.Join(err, r.Unregister())
	}
	t.registrations = nil
	return err
}
