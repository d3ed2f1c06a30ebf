package tests

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/tests/bindings/engine"
)

// BenchmarkBindings compares the generated bindings with the engine's own, which are
// written by hand, on the same module. The two take turns; x/hand is the median of the
// ratios of neighbours.
func BenchmarkBindings(b *testing.B) {
	ctx := context.Background()
	wasm, err := os.ReadFile(corePath)
	require.NoError(b, err)
	hand, err := gohost.Load(ctx, wasm, gohost.WithMaxInstances(1))
	require.NoError(b, err)
	defer hand.Close(ctx)
	bound, err := engine.Load(ctx, wasm, gohost.WithMaxInstances(1))
	require.NoError(b, err)
	defer bound.Close(ctx)

	random := rand.New(rand.NewPCG(1, 2))
	points := make([]gohost.Datapoint, 8192)
	for i := range points {
		points[i] = gohost.Datapoint{Timestamp: uint64(i), Value: random.NormFloat64()}
	}
	raw := []byte("[" + strings.Repeat(`{"timestamp":1700000000,"value":12.5},`, 999) + `{"timestamp":1,"value":2}]`)
	text := string(raw)
	batch := pack(points)
	state, err := hand.Fold(ctx, nil, points)
	require.NoError(b, err)
	var dst []byte
	var boundPoints []engine.Datapoint
	var handPoints []gohost.Datapoint
	var numbers []float64
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name        string
		hand, bound func()
	}{
		{"compute-aggregate/1", func() {
			_, err := hand.ComputeAggregate(ctx, points[:1])
			check(err)
		}, func() {
			numbers, err = bound.AppendComputeAggregate(ctx, numbers[:0], datapoints(points[:1]))
			check(err)
		}},
		{"compute-aggregate/8192", func() {
			_, err := hand.ComputeAggregate(ctx, points)
			check(err)
		}, func() {
			numbers, err = bound.AppendComputeAggregate(ctx, numbers[:0], datapoints(points))
			check(err)
		}},
		{"validate-stream/1000", func() {
			handPoints, err = hand.AppendValidated(ctx, handPoints[:0], raw)
			check(err)
		}, func() {
			boundPoints, err = bound.AppendValidateStream(ctx, boundPoints[:0], text)
			check(err)
		}},
		{"process-batch/8192", func() {
			dst, err = hand.AppendProcessed(ctx, dst[:0], batch)
			check(err)
		}, func() {
			dst, err = bound.AppendProcessBatch(ctx, dst[:0], batch)
			check(err)
		}},
		{"validate-checksum/1", func() {
			_, err := hand.ValidateChecksum(ctx, batch[:1], 7)
			check(err)
		}, func() {
			_, err := bound.ValidateChecksum(ctx, batch[:1], 7)
			check(err)
		}},
		{"validate-checksum/131072", func() {
			_, err := hand.ValidateChecksum(ctx, batch, 7)
			check(err)
		}, func() {
			_, err := bound.ValidateChecksum(ctx, batch, 7)
			check(err)
		}},
		{"fold/1", func() {
			dst, err = hand.AppendFold(ctx, dst[:0], state, points[:1])
			check(err)
		}, func() {
			dst, err = bound.AppendFold(ctx, dst[:0], state, datapoints(points[:1]))
			check(err)
		}},
		{"fold/8192", func() {
			dst, err = hand.AppendFold(ctx, dst[:0], state, points)
			check(err)
		}, func() {
			dst, err = bound.AppendFold(ctx, dst[:0], state, datapoints(points))
			check(err)
		}},
		{"merge", func() {
			dst, err = hand.AppendMerge(ctx, dst[:0], state, state)
			check(err)
		}, func() {
			dst, err = bound.AppendMerge(ctx, dst[:0], state, state)
			check(err)
		}},
		{"finish", func() {
			_, err := hand.Finish(ctx, state)
			check(err)
		}, func() {
			_, err := bound.Finish(ctx, state)
			check(err)
		}},
	} {
		b.Run(c.name, func(b *testing.B) { takeTurns(b, c.hand, c.bound) })
	}
}

// takeTurns reports the median of the ratios of f to base.
func takeTurns(b *testing.B, base, f func()) {
	b.Helper()
	const rounds = 61
	base()
	b.ReportAllocs()
	n, began := 0, time.Now()
	for ; time.Since(began) < time.Millisecond; n++ {
		f()
	}
	timed := func(f func()) float64 {
		began := time.Now()
		for range n {
			f()
		}
		return float64(time.Since(began).Nanoseconds()) / float64(n)
	}
	var ratios, times []float64
	for range rounds {
		first := timed(base)
		times = append(times, timed(f))
		ratios = append(ratios, times[len(times)-1]/first)
	}
	b.ResetTimer()
	for range b.N {
		f()
	}
	slices.Sort(ratios)
	slices.Sort(times)
	b.ReportMetric(times[rounds/2], "median-ns")
	b.ReportMetric(ratios[rounds/2], "x/hand")
}
