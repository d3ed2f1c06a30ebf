package wazy_test

import (
	"context"
	_ "embed"
	"slices"
	"testing"
	"time"

	"github.com/samyfodil/wazy"
	"github.com/samyfodil/wazy/component"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/bench/wazy/records"
)

// recordsWasm is a component with the world of records.wit.
//
//go:embed records.wasm
var recordsWasm []byte

// count is the number of records that are passed.
const count = 10_000

var ctx = context.Background()

// hosts are the two hosts, each with an instance of the guest. Both run compiled code.
type hosts struct {
	ours *records.Records
	wazy *component.Instance
}

func start(tb testing.TB) hosts {
	tb.Helper()
	ours, err := records.Load(ctx, recordsWasm)
	require.NoError(tb, err)
	runtime := wazy.NewRuntimeWithConfig(ctx, wazy.NewRuntimeConfigCompiler())
	theirs, err := component.Instantiate(ctx, runtime, recordsWasm)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		require.NoError(tb, ours.Close(ctx))
		require.NoError(tb, theirs.Close(ctx))
		require.NoError(tb, runtime.Close(ctx))
	})
	return hosts{ours, theirs}
}

// points returns the same list for both: wazy takes and returns records as lists of
// values.
func points() (typed []records.Point, values []component.Value) {
	for i := range uint64(count) {
		p := records.Point{Timestamp: i, Value: float64(i) / 2}
		typed = append(typed, p)
		values = append(values, []component.Value{p.Timestamp, p.Value})
	}
	return typed, values
}

// The two hosts pass the same records in both directions.
func TestHostsAgree(t *testing.T) {
	h := start(t)
	typed, values := points()

	got, err := h.ours.Consume(ctx, typed)
	require.NoError(t, err)
	theirs, err := h.wazy.Call(ctx, "consume", values)
	require.NoError(t, err)
	require.Equal(t, []component.Value{got}, theirs)
	require.InDelta(t, typed[count-1].Value, got, 0)

	list, err := h.ours.Produce(ctx, count)
	require.NoError(t, err)
	require.Equal(t, typed, list)
	theirs, err = h.wazy.Call(ctx, "produce", uint32(count))
	require.NoError(t, err)
	require.Equal(t, []component.Value{values}, theirs)
}

// BenchmarkWazy passes 10,000 records of a u64 and an f64 to and from the guest. wazy is
// given its arguments ready, and nothing is done with its results: what a program would
// add to make records of its own of them is left out.
func BenchmarkWazy(b *testing.B) {
	h := start(b)
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	b.Run("list-in", func(b *testing.B) {
		// Here, so that they are garbage for the others: while they live, the collector
		// marks them in the time of both hosts.
		typed, values := points()
		compare(b, func() {
			_, err := h.ours.Consume(ctx, typed)
			check(err)
		}, func() {
			_, err := h.wazy.Call(ctx, "consume", values)
			check(err)
		})
	})
	produced := func(b *testing.B, ours func()) {
		compare(b, ours, func() {
			_, err := h.wazy.Call(ctx, "produce", uint32(count))
			check(err)
		})
	}
	b.Run("list-out", func(b *testing.B) {
		produced(b, func() {
			_, err := h.ours.Produce(ctx, count)
			check(err)
		})
	})
	room := make([]records.Point, 0, count)
	b.Run("list-out-into-room", func(b *testing.B) {
		produced(b, func() {
			_, err := h.ours.AppendProduce(ctx, room, count)
			check(err)
		})
	})
}

// compare reports the median times of the two, which take turns, for each record, and
// the ratio of the medians.
func compare(b *testing.B, ours, theirs func()) {
	b.Helper()
	const rounds = 61
	timed := func(f func(), n int) float64 {
		began := time.Now()
		for range n {
			f()
		}
		return float64(time.Since(began).Nanoseconds()) / float64(n) / count
	}
	// A round takes about as long for both.
	ours()
	theirs()
	n := max(1, int(timed(theirs, 3)/timed(ours, 3)))
	var own, other []float64
	for range rounds {
		own, other = append(own, timed(ours, n)), append(other, timed(theirs, 1))
	}
	b.ResetTimer()
	for range b.N {
		ours()
	}
	slices.Sort(own)
	slices.Sort(other)
	b.ReportMetric(own[rounds/2], "ns/record")
	b.ReportMetric(other[rounds/2], "wazy-ns/record")
	b.ReportMetric(other[rounds/2]/own[rounds/2], "times-faster")
}
