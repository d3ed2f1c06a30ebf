package metering

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
)

// hostSlice is the slice that gohost grants at a time.
const hostSlice = 100_000

// BenchmarkOvershoot measures how long after its deadline a call ends that
// would not end by itself, for every shape of such a module. Use it with
// -benchtime 200x.
func BenchmarkOvershoot(b *testing.B) {
	const allowed = 20 * time.Millisecond
	m := newCompiler(b)
	m.refuel = stopAtDeadline
	modules := endless(b)
	var all []time.Duration
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		if name == "start-indirect" || strings.Contains(name, "recursion") && name != "recursion-tree" {
			continue // ends in a stack overflow long before
		}
		b.Run(name, func(b *testing.B) {
			compiled, err := m.runtime.CompileModule(b.Context(), modules[name])
			require.NoError(b, err)
			over := make([]time.Duration, 0, b.N)
			for b.Loop() {
				deadline := time.Now().Add(allowed)
				ctx, cancel := context.WithDeadline(b.Context(), deadline)
				m.fuel = &fuel{slice: hostSlice, budget: noBudget}
				err := m.begin(ctx, compiled)
				over = append(over, time.Since(deadline))
				cancel()
				require.ErrorIs(b, err, context.DeadlineExceeded)
			}
			all = append(all, over...)
			report(b, over)
		})
	}
	b.Run("all", func(b *testing.B) {
		for b.Loop() { //nolint:revive // what was measured above is reported
		}
		report(b, all)
	})
}

// report shows durations by their median, 99th percentile and largest.
func report(b *testing.B, durations []time.Duration) {
	b.Helper()
	slices.Sort(durations)
	at := func(share float64) float64 {
		return durations[int(share*float64(len(durations)-1))].Seconds() * 1e3
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(at(0.5), "ms-median")
	b.ReportMetric(at(0.99), "ms-p99")
	b.ReportMetric(at(1), "ms-max")
}

// BenchmarkGarbageCollection measures what a garbage collection takes while
// something else computes for a second: nothing, a loop in Go, a metered guest,
// and one that is not metered, which nothing can stop.
func BenchmarkGarbageCollection(b *testing.B) {
	const second = time.Second
	m := newCompiler(b)
	m.refuel = stopAtDeadline
	// (func (export "run") (local i64) counts up to n.)
	counting := func(n int) []byte {
		return program([]byte{1, 1, 0x7e}, []byte{opLoop, void, opLocalGet, 0, opI64Const, 1, 0x7c, 0x22, 0, opI64Const},
			signed(n), []byte{0x53, opBrIf, 0, opEnd})
	}
	const steps = 3_000_000_000 // about a second
	compile := func(wasm []byte) wazero.CompiledModule {
		compiled, err := m.runtime.CompileModule(b.Context(), wasm)
		require.NoError(b, err)
		return compiled
	}
	rewritten, original := compile(metered(b, counting(100*steps))), compile(counting(steps))
	guest := func(compiled wazero.CompiledModule) func(context.Context) {
		return func(ctx context.Context) { _ = m.begin(ctx, compiled) }
	}
	for _, load := range []struct {
		name    string
		compute func(context.Context)
	}{
		{"idle", func(ctx context.Context) { <-ctx.Done() }},
		{"go", func(ctx context.Context) {
			deadline, _ := ctx.Deadline()
			for n := 0; n%1000 != 0 || time.Now().Before(deadline); n++ {
				sink += n
			}
		}},
		{"metered", guest(rewritten)},
		{"unmetered", guest(original)},
	} {
		b.Run(load.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				ctx, cancel := context.WithTimeout(b.Context(), second)
				m.fuel = &fuel{slice: hostSlice, budget: noBudget}
				done := make(chan struct{})
				go func() {
					defer close(done)
					load.compute(ctx)
				}()
				for running := true; running; {
					time.Sleep(20 * time.Millisecond)
					start := time.Now()
					runtime.GC()
					took = append(took, time.Since(start))
					select {
					case <-done:
						running = false
					default:
					}
				}
				cancel()
			}
			report(b, took)
		})
	}
}

// sink keeps the loop in Go from being left out.
var sink int
