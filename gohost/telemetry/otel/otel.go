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
	"example.org/compute-pipeline/gohost/telemetry/internal/metrics"
)

const scope = "example.org/compute-pipeline/gohost/telemetry/otel"

// Attributes of metrics and spans.
const (
	PluginKey   = attribute.Key(metrics.Prefix + "plugin")
	VersionKey  = attribute.Key(metrics.Prefix + "version") // the module's SHA-256
	FunctionKey = attribute.Key(metrics.Prefix + "function")
	OutcomeKey  = attribute.Key(metrics.Prefix + "outcome") // a plugin.Outcome
	ResultKey   = attribute.Key(metrics.Prefix + "result")  // of a load
	RollbackKey = attribute.Key(metrics.Prefix + "rollback")
	StateKey    = attribute.Key(metrics.Prefix + "state")
	UnitKey     = attribute.Key(metrics.Prefix + "unit") // of work
	FuelKey     = attribute.Key(metrics.Prefix + "fuel")
	WaitKey     = attribute.Key(metrics.Prefix + "wait") // in seconds
)

// Telemetry records metrics and spans for a registry of plugins:
//
//	tel, err := otel.New()
//	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithHooks(tel.Hooks()))
//	err = tel.Observe(reg)
//	defer tel.Close()
type Telemetry struct {
	meter  metric.Meter
	tracer trace.Tracer

	duration, wait            metric.Float64Histogram
	fuel                      metric.Int64Histogram
	loads, activations, trips metric.Int64Counter

	state         map[*metrics.Metric]metric.Observable // of metrics.OfState
	registrations []metric.Registration
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
	t := &Telemetry{meter: o.meters.Meter(scope), tracer: o.tracers.Tracer(scope), state: make(map[*metrics.Metric]metric.Observable)}
	var errs [7]error
	t.duration, errs[0] = t.meter.Float64Histogram(histogram(metrics.CallDuration))
	t.wait, errs[1] = t.meter.Float64Histogram(histogram(metrics.CallWait))
	t.fuel, errs[2] = t.meter.Int64Histogram(histogram(metrics.CallFuel))
	t.loads, errs[3] = t.meter.Int64Counter(instrument(metrics.Loads))
	t.activations, errs[4] = t.meter.Int64Counter(instrument(metrics.Activations))
	t.trips, errs[5] = t.meter.Int64Counter(instrument(metrics.BreakerTransitions))
	for _, d := range metrics.OfState {
		var err error
		switch {
		case d.Unit == "s":
			t.state[d], err = t.meter.Float64ObservableCounter(instrument(d))
		case d.Kind == metrics.Counter:
			t.state[d], err = t.meter.Int64ObservableCounter(instrument(d))
		default:
			t.state[d], err = t.meter.Int64ObservableUpDownCounter(instrument(d))
		}
		errs[6] = errors.Join(errs[6], err)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("otel.New: %w", err)
	}
	return t, nil
}

// instrument returns the arguments that create an instrument.
func instrument(d *metrics.Metric) (name string, unit, description metric.InstrumentOption) {
	return metrics.Prefix + d.Name, metric.WithUnit(d.Unit), metric.WithDescription(d.Help)
}

// histogram returns the arguments that create a histogram.
func histogram(d *metrics.Metric) (name string, unit, description metric.InstrumentOption, bounds metric.HistogramOption) {
	name, unit, description = instrument(d)
	return name, unit, description, metric.WithExplicitBucketBoundaries(d.Buckets...)
}

// Hooks returns the hooks that record calls and events. Pass them to
// plugin.WithHooks.
func (t *Telemetry) Hooks() plugin.Hooks {
	ctx := context.Background()
	return plugin.Hooks{
		OnLoad: func(e plugin.LoadEvent) {
			t.loads.Add(ctx, 1, metric.WithAttributes(PluginKey.String(e.Plugin), ResultKey.String(metrics.LoadResult(e))))
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
	if metrics.Waited(e) {
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

// Observe adds the state of a registry, a *plugin.Registry, to each collection of
// metrics. It may be called for several registries.
func (t *Telemetry) Observe(reg interface{ List() []plugin.Status }) error {
	var state []metric.Observable
	for _, o := range t.state {
		state = append(state, o)
	}
	r, err := t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, st := range reg.List() {
			metrics.Observe(st, func(d *metrics.Metric, value float64, labels ...string) {
				with := metric.WithAttributes(attributes(st.Name, d, labels)...)
				switch of := t.state[d].(type) {
				case metric.Float64Observable:
					o.ObserveFloat64(of, value, with)
				case metric.Int64Observable:
					o.ObserveInt64(of, int64(min(value, 1<<62)), with)
				}
			})
		}
		return nil
	}, state...)
	if err != nil {
		return fmt.Errorf("otel: observe the registry: %w", err)
	}
	t.registrations = append(t.registrations, r)
	return nil
}

// attributes returns the attributes of a value, without the labels that are only in
// Prometheus.
func attributes(name string, d *metrics.Metric, labels []string) []attribute.KeyValue {
	all := []attribute.KeyValue{PluginKey.String(name)}
	for i, label := range d.Labels {
		if key := attribute.Key(metrics.Prefix + label); key == StateKey || key == VersionKey || key == OutcomeKey || key == UnitKey {
			all = append(all, key.String(labels[i]))
		}
	}
	return all
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
