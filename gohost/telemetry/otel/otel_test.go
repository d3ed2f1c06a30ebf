package otel_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/telemetry/internal/metrics"
	"example.org/compute-pipeline/gohost/telemetry/otel"
)

var ctx = context.Background()

type world struct {
	t      *testing.T
	reg    *plugin.Registry[gohost.Functions]
	plugin *plugin.Plugin[gohost.Functions]
	reader *sdkmetric.ManualReader
	spans  *tracetest.SpanRecorder
	tracer *sdktrace.TracerProvider
	tel    *otel.Telemetry
}

func setUp(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, reader: sdkmetric.NewManualReader(), spans: tracetest.NewSpanRecorder()}
	w.tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(w.spans))
	var err error
	w.tel, err = otel.New(otel.WithTracerProvider(w.tracer),
		otel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.reader))))
	require.NoError(t, err)
	w.reg, err = plugin.NewRegistry(gohost.Binding(), plugin.WithHooks(w.tel.Hooks()))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.reg.Close(ctx)) })
	require.NoError(t, w.tel.Observe(w.reg))
	limits := plugin.Limits{Fuel: 1_000_000, MaxInstances: 2, Breaker: plugin.BreakerLimits{Failures: 1}}
	_, err = w.reg.Load(ctx, "a", plugin.Embedded(), plugin.WithLimits(limits))
	require.NoError(t, err)
	w.plugin, err = w.reg.Plugin("a")
	require.NoError(t, err)
	return w
}

// point is the value of a metric for one set of attributes.
type point struct {
	value float64
	count uint64 // of a histogram
}

// collect returns all metrics, by name and attributes.
func (w *world) collect() map[string]map[attribute.Distinct]point {
	w.t.Helper()
	var data metricdata.ResourceMetrics
	require.NoError(w.t, w.reader.Collect(ctx, &data))
	all := map[string]map[attribute.Distinct]point{}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			name, ok := strings.CutPrefix(m.Name, "compute_pipeline.")
			require.True(w.t, ok, m.Name)
			points := map[attribute.Distinct]point{}
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					points[p.Attributes.Equivalent()] = point{value: float64(p.Value)}
				}
			case metricdata.Sum[float64]:
				for _, p := range d.DataPoints {
					points[p.Attributes.Equivalent()] = point{value: p.Value}
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					points[p.Attributes.Equivalent()] = point{p.Sum, p.Count}
				}
			case metricdata.Histogram[int64]:
				for _, p := range d.DataPoints {
					points[p.Attributes.Equivalent()] = point{float64(p.Sum), p.Count}
				}
			default:
				w.t.Fatalf("%s is a %T", name, d)
			}
			all[name] = points
		}
	}
	return all
}

func of(kv ...attribute.KeyValue) attribute.Distinct {
	set := attribute.NewSet(append(kv, otel.PluginKey.String("a"))...)
	return set.Equivalent()
}

func TestMetricsReportEventsAndState(t *testing.T) {
	w := setUp(t)
	for range 3 {
		_, err := w.plugin.Binding().ComputeAggregate(plugin.WithWork(ctx, "points", 1), []gohost.Datapoint{{Value: 1}})
		require.NoError(t, err)
	}
	_, err := w.reg.Load(ctx, "a", plugin.Bytes([]byte("no module")))
	require.Error(t, err)

	all := w.collect()
	function, outcome := otel.FunctionKey.String("compute-aggregate"), otel.OutcomeKey.String("ok")
	assert.EqualValues(t, 3, all["call.duration"][of(function, outcome)].count)
	assert.EqualValues(t, 3, all["call.wait"][of()].count)
	version := otel.VersionKey.String(gohost.EngineHash())
	assert.EqualValues(t, 3, all["version.calls"][of(version, outcome)].value)
	assert.EqualValues(t, 3, all["version.work"][of(version, otel.UnitKey.String("points"))].value)
	assert.Positive(t, all["version.duration"][of(version)].value)
	assert.Contains(t, all["version.fuel"], of(version))
	assert.EqualValues(t, 1, all["loads"][of(otel.ResultKey.String("ok"))].value)
	assert.EqualValues(t, 1, all["loads"][of(otel.ResultKey.String("contract"))].value)
	assert.EqualValues(t, 1, all["activations"][of(otel.RollbackKey.Bool(false))].value)
	state := otel.StateKey.String
	assert.EqualValues(t, 1, all["breaker.state"][of(state("closed"))].value)
	assert.EqualValues(t, 1, all["instances"][of(state("idle"))].value)
	assert.Contains(t, all["instances"], of(state("busy")))
	assert.EqualValues(t, 2, all["instances.max"][of()].value)
	assert.EqualValues(t, 1, all["versions"][of()].value)
	assert.Contains(t, all["calls.running"], of())
	assert.GreaterOrEqual(t, all["memory"][of()].value, 65536.0)
	assert.EqualValues(t, 1, all["plugin.info"][of(otel.VersionKey.String(gohost.EngineHash()))].value)

	_, err = w.plugin.Binding().ValidateChecksum(ctx, make([]byte, 8<<20), 0)
	require.ErrorIs(t, err, gohost.ErrLimit)
	all = w.collect()
	assert.EqualValues(t, 1, all["breaker.transitions"][of(state("open"))].value)
	assert.EqualValues(t, 1, all["breaker.state"][of(state("open"))].value)
	assert.EqualValues(t, 0, all["breaker.state"][of(state("closed"))].value)
	assert.EqualValues(t, 1, all["instances.discarded"][of()].value)

	for _, m := range metrics.All {
		assert.Contains(t, all, m.Name)
	}
	assert.Len(t, all, len(metrics.All))

	require.NoError(t, w.tel.Close())
	assert.NotContains(t, w.collect(), "versions")
}

func TestFuelIsMeasured(t *testing.T) {
	w := setUp(t)
	w.tel.Hooks().OnCall(ctx, plugin.CallEvent{Plugin: "a", Function: "fold", Outcome: plugin.OutcomeOK, Fuel: 12345})
	fuel := w.collect()["call.fuel"][of(otel.FunctionKey.String("fold"))]
	assert.Equal(t, point{12345, 1}, fuel)
}

func TestCallsAreSpansOfTheirCallers(t *testing.T) {
	w := setUp(t)
	outer, parent := w.tracer.Tracer("test").Start(ctx, "request")
	before := time.Now()
	_, err := w.plugin.Binding().ComputeAggregate(outer, []gohost.Datapoint{{Value: 1}})
	require.NoError(t, err)
	after := time.Now()
	_, err = w.plugin.Binding().ValidateStream(outer, []byte("[]"))
	require.Error(t, err)
	parent.End()

	spans := w.spans.Ended()
	require.Len(t, spans, 3)
	ok, failed := spans[0], spans[1]
	assert.Equal(t, "compute-aggregate", ok.Name())
	assert.Equal(t, parent.SpanContext().SpanID(), ok.Parent().SpanID())
	assert.Equal(t, parent.SpanContext().TraceID(), ok.SpanContext().TraceID())
	assert.Equal(t, codes.Unset, ok.Status().Code)
	assert.False(t, ok.StartTime().Before(before) || ok.EndTime().After(after) || ok.EndTime().Before(ok.StartTime()))
	has := map[attribute.Key]attribute.Value{}
	for _, kv := range ok.Attributes() {
		has[kv.Key] = kv.Value
	}
	assert.Equal(t, "a", has[otel.PluginKey].AsString())
	assert.Equal(t, "ok", has[otel.OutcomeKey].AsString())
	assert.Equal(t, gohost.EngineHash(), has[otel.VersionKey].AsString())
	assert.Contains(t, has, otel.FuelKey)
	assert.Contains(t, has, otel.WaitKey)

	assert.Equal(t, "validate-stream", failed.Name())
	assert.Equal(t, codes.Error, failed.Status().Code)
	assert.Contains(t, failed.Status().Description, "Empty dataset")
}
