package hostile

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// BenchmarkOvershoot measures how long after its deadline a call comes back whose
// guest does what costs the system time: it grows, touches memory for the first time,
// leaves much to be taken back, or is slow to start. The deadlines are such that they
// pass in every part of it. Use it with -benchtime 200x.
func BenchmarkOvershoot(b *testing.B) {
	modules := map[string][]byte{
		"grows page by page": read(b, "call/grows_page_by_page"),
		"touches all memory": read(b, "call/touches_all_memory"),
		"touches each page":  read(b, "call/touches_each_page"),
		"starts large":       large(b)["data of 16 MiB"],
		"starts with tables": large(b)["16384 elements"],
		"loops":              read(b, "call/loops"),
	}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		b.Run(name, func(b *testing.B) {
			eng, err := gohost.Load(b.Context(), modules[name], gohost.WithMaxInstances(1), gohost.WithMemoryLimit(512),
				gohost.WithCallsPerInstance(1))
			require.NoError(b, err)
			defer eng.Close(context.Background())
			var over []time.Duration
			for b.Loop() {
				deadline := time.Now().Add(time.Duration(rand.IntN(100_000)) * time.Microsecond)
				ctx, cancel := context.WithDeadline(b.Context(), deadline)
				_, err := eng.ProcessBatch(ctx, twoPacked)
				if errors.Is(err, context.DeadlineExceeded) {
					over = append(over, time.Since(deadline))
				}
				cancel()
			}
			if len(over) > 0 {
				report(b, over)
			}
			b.ReportMetric(float64(len(over)), "stopped")
		})
	}
}
