package prom_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/telemetry/internal/metrics"
	"example.org/compute-pipeline/gohost/telemetry/prom"
)

var ctx = context.Background()

// setUp returns a registry whose plugin "a" has a memory of 1 MiB and a breaker that
// opens after one failure.
func setUp(t *testing.T) (*plugin.Registry[gohost.Functions], *plugin.Plugin[gohost.Functions], func() map[string]*dto.MetricFamily) {
	t.Helper()
	m := prom.New()
	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithHooks(m.Hooks()))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, reg.Close(ctx)) })
	m.Observe(reg)
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(m))
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}))
	t.Cleanup(server.Close)

	limits := plugin.Limits{Fuel: 1_000_000, MaxInstances: 2, Breaker: plugin.BreakerLimits{Failures: 1}}
	_, err = reg.Load(ctx, "a", plugin.Embedded(), plugin.WithLimits(limits))
	require.NoError(t, err)
	p, err := reg.Plugin("a")
	require.NoError(t, err)
	return reg, p, func() map[string]*dto.MetricFamily {
		t.Helper()
		response, err := http.Get(server.URL)
		require.NoError(t, err)
		defer response.Body.Close()
		require.Equal(t, http.StatusOK, response.StatusCode)
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(response.Body)
		require.NoError(t, err)
		return families
	}
}

// with returns the only metric of a family with the labels "name=value".
func with(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) *dto.Metric {
	t.Helper()
	family := families["compute_pipeline_"+name]
	require.NotNil(t, family, name)
	var found []*dto.Metric
	for _, m := range family.Metric {
		has := map[string]bool{}
		for _, l := range m.Label {
			has[l.GetName()+"="+l.GetValue()] = true
		}
		all := true
		for _, l := range labels {
			all = all && has[l]
		}
		if all {
			found = append(found, m)
		}
	}
	require.Len(t, found, 1, "%s%v", name, labels)
	return found[0]
}

func TestMetricsReportEventsAndState(t *testing.T) {
	reg, p, scrape := setUp(t)
	for range 3 {
		_, err := p.Binding().ComputeAggregate(plugin.WithWork(ctx, "points", 1), []gohost.Datapoint{{Value: 1}})
		require.NoError(t, err)
	}
	_, err := p.Binding().ValidateStream(ctx, []byte("[]"))
	require.Error(t, err)
	_, err = p.Binding().ProcessBatch(ctx, make([]byte, 3))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	_, err = reg.Load(ctx, "a", plugin.Bytes([]byte("no module")))
	require.ErrorIs(t, err, gohost.ErrContract)
	_, err = reg.Load(ctx, "a", plugin.Embedded(), plugin.WithSHA256(strings.Repeat("0", 64)))
	require.ErrorIs(t, err, plugin.ErrHash)

	f := scrape()
	ok := with(t, f, "call_duration_seconds", "plugin=a", "function=compute-aggregate", "outcome=ok").Histogram
	assert.EqualValues(t, 3, ok.GetSampleCount())
	assert.Greater(t, ok.GetSampleSum(), 0.0)
	with(t, f, "call_duration_seconds", "function=validate-stream", "outcome=guest_error")
	with(t, f, "call_duration_seconds", "function=process-batch", "outcome=invalid_input")
	assert.EqualValues(t, 4, with(t, f, "call_wait_seconds", "plugin=a").Histogram.GetSampleCount())
	assert.EqualValues(t, 1, with(t, f, "loads_total", "result=ok").Counter.GetValue())
	assert.EqualValues(t, 1, with(t, f, "loads_total", "result=contract").Counter.GetValue())
	assert.EqualValues(t, 1, with(t, f, "loads_total", "result=hash").Counter.GetValue())
	assert.EqualValues(t, 1, with(t, f, "activations_total", "plugin=a", "rollback=false").Counter.GetValue())
	assert.EqualValues(t, 1, with(t, f, "plugin_info", "version="+gohost.EngineHash(), "source=embedded", "signed_by=").Gauge.GetValue())
	version := "version=" + gohost.EngineHash()
	assert.EqualValues(t, 3, with(t, f, "version_calls_total", version, "outcome=ok").Counter.GetValue())
	assert.EqualValues(t, 1, with(t, f, "version_calls_total", version, "outcome=invalid_input").Counter.GetValue())
	assert.EqualValues(t, 3, with(t, f, "version_work_total", version, "unit=points").Counter.GetValue())
	assert.Positive(t, with(t, f, "version_duration_seconds_total", version).Counter.GetValue())
	with(t, f, "version_fuel_total", version)
	assert.EqualValues(t, 1, with(t, f, "breaker_state", "state=closed").Gauge.GetValue())
	assert.EqualValues(t, 0, with(t, f, "breaker_state", "state=open").Gauge.GetValue())
	assert.EqualValues(t, 1, with(t, f, "instances", "state=idle").Gauge.GetValue())
	assert.EqualValues(t, 0, with(t, f, "instances", "state=busy").Gauge.GetValue())
	assert.EqualValues(t, 2, with(t, f, "instances_max").Gauge.GetValue())
	assert.EqualValues(t, 0, with(t, f, "calls_running").Gauge.GetValue())
	assert.EqualValues(t, 1, with(t, f, "versions").Gauge.GetValue())
	assert.GreaterOrEqual(t, with(t, f, "memory_bytes").Gauge.GetValue(), 65536.0)

	_, err = p.Binding().ValidateChecksum(ctx, make([]byte, 8<<20), 0)
	require.ErrorIs(t, err, gohost.ErrLimit)
	_, err = p.Binding().ValidateChecksum(ctx, nil, 0)
	require.ErrorIs(t, err, plugin.ErrOpen)
	f = scrape()
	assert.EqualValues(t, 1, with(t, f, "breaker_transitions_total", "to=open").Counter.GetValue())
	assert.EqualValues(t, 1, with(t, f, "breaker_state", "state=open").Gauge.GetValue())
	assert.EqualValues(t, 1, with(t, f, "instances_discarded_total").Counter.GetValue())
	for _, m := range metrics.All {
		require.Contains(t, f, m.Prometheus())
		assert.Equal(t, m.Help, f[m.Prometheus()].GetHelp())
		assert.Equal(t, strings.ToUpper(string(m.Kind)), f[m.Prometheus()].GetType().String())
	}
	assert.Len(t, f, len(metrics.All))
	with(t, f, "call_duration_seconds", "function=validate-checksum", "outcome=limit")
	with(t, f, "call_duration_seconds", "function=validate-checksum", "outcome=open")

	require.NoError(t, reg.Unload(ctx, "a"))
	assert.Empty(t, scrape(), "a plugin that is gone has no series")
}

func TestFuelIsMeasured(t *testing.T) {
	m := prom.New()
	m.Hooks().OnCall(ctx, plugin.CallEvent{Plugin: "a", Function: "fold", Outcome: plugin.OutcomeOK, Fuel: 12345})
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(m))
	gathered, err := registry.Gather()
	require.NoError(t, err)
	families := map[string]*dto.MetricFamily{}
	for _, f := range gathered {
		families[f.GetName()] = f
	}
	fuel := with(t, families, "call_fuel", "plugin=a", "function=fold").Histogram
	assert.EqualValues(t, 12345, fuel.GetSampleSum())
}

func TestRollbacksHaveALabelOfTheirOwn(t *testing.T) {
	reg, p, scrape := setUp(t)
	_, err := reg.Load(ctx, "a", plugin.Embedded(), plugin.WithLimits(plugin.Limits{MemoryMiB: 2}))
	require.NoError(t, err)
	_, err = reg.Rollback(ctx, "a")
	require.NoError(t, err)
	assert.Equal(t, 1, p.Version().Number)
	f := scrape()
	assert.EqualValues(t, 2, with(t, f, "activations_total", "rollback=false").Counter.GetValue())
	assert.EqualValues(t, 1, with(t, f, "activations_total", "rollback=true").Counter.GetValue())
	assert.EqualValues(t, 2, with(t, f, "versions").Gauge.GetValue())
}

// Names and help texts follow the conventions of Prometheus.
func TestLint(t *testing.T) {
	_, p, scrape := setUp(t)
	_, err := p.Binding().ComputeAggregate(ctx, nil)
	require.NoError(t, err)
	var families []*dto.MetricFamily
	for _, f := range scrape() {
		families = append(families, f)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)
}

func ExampleNew() {
	ctx := context.Background()
	m := prom.New()
	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithHooks(m.Hooks()))
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)
	m.Observe(reg)
	registry := prometheus.NewRegistry()
	registry.MustRegister(m)
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer server.Close()

	if _, err := reg.Load(ctx, "stats", plugin.Embedded()); err != nil {
		log.Fatal(err)
	}
	response, err := http.Get(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	for _, metric := range families["compute_pipeline_breaker_state"].Metric {
		fmt.Fprintln(os.Stdout, metric.Label[0].GetValue(), metric.Label[1].GetValue(), metric.Gauge.GetValue())
	}
	// Output:
	// stats closed 1
	// stats half-open 0
	// stats open 0
}
