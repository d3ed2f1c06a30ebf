package hostile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// large are modules that have as much of something as may take long when an instance
// starts: before its first metered instruction.
func large(t testing.TB) map[string][]byte {
	repeat := func(n int, code ...byte) []byte { return bytes.Repeat(code, n) }
	table := func(n int) []byte {
		return with(t, base(t), tableSection, u32(1), []byte{0x70, 0}, u32(n))
	}
	all := map[string][]byte{
		"nothing": base(t),
		"data of 16 MiB": with(t, with(t, base(t), memorySection, u32(1), []byte{0}, u32(300)), dataSection,
			more(t, contents(t, base(t), dataSection), 1, []byte{0, 0x41, 0x80, 0x80, 4, 0x0b}, sized(make([]byte, 16<<20)))),
		"memory of 255 MiB": with(t, base(t), memorySection, u32(1), []byte{0}, u32(255*16)),
		"90000 data segments": with(t, base(t), dataSection,
			more(t, contents(t, base(t), dataSection), 90_000, repeat(90_000, 0, 0x41, 0, 0x0b, 1, 0))),
		"330000 imports": with(t, base(t), importSection, u32(330_000), repeat(330_000, 1, 'm', 1, 'f', 0, 0)),
	}
	for _, n := range []int{1 << 14, 1 << 16, 1 << 17, 1 << 18, 1 << 20} {
		if wasm := table(n); n < 1<<20 {
			all[fmt.Sprintf("table of %d", n)] = wasm
		}
		all[fmt.Sprintf("%d elements", n)] = with(t, table(n), elementSection, u32(1), []byte{0, 0x41, 0, 0x0b}, times(n, 0))
		all[fmt.Sprintf("%d passive elements", n)] = with(t, base(t), elementSection, u32(1), []byte{1, 0}, times(n, 0))
	}
	for _, n := range []int{1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 900_000} {
		all[fmt.Sprintf("%d globals", n)] = with(t, base(t), globalSection, u32(n), repeat(n, 0x7e, 1, 0x42, 0, 0x0b))
	}
	for _, n := range []int{1 << 12, 1 << 14, 1 << 16} {
		all[fmt.Sprintf("%d segments of elements", n)] = with(t, table(1), elementSection, u32(n), repeat(n, 1, 0, 1, 0))
		all[fmt.Sprintf("%d active segments", n)] = with(t, table(1), elementSection, u32(n), repeat(n, 0, 0x41, 0, 0x0b, 1, 0))
		all[fmt.Sprintf("%d exports", n)] = with(t, base(t), exportSection, more(t, contents(t, base(t), exportSection), n, names(n)...))
		all[fmt.Sprintf("%d functions", n)] = functions(t, n, u32(0), []byte{0x0b})
	}
	return all
}

func names(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = export{fmt.Sprint("export ", i), 0, 0}.bytes()
	}
	return list
}

// BenchmarkStart measures what a call takes that has to start its instance. Use it
// with -benchtime 50x.
func BenchmarkStart(b *testing.B) {
	all := large(b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.Run(name, func(b *testing.B) {
			eng, err := gohost.Load(b.Context(), all[name], gohost.WithMaxInstances(1), gohost.WithCallsPerInstance(1))
			if errors.Is(err, gohost.ErrLimit) {
				b.Skip("no instance can be started: ", err)
			}
			require.NoError(b, err)
			defer eng.Close(context.Background())
			var took []time.Duration
			for b.Loop() {
				begin := time.Now()
				_, err := eng.ValidateChecksum(b.Context(), nil, 0)
				took = append(took, time.Since(begin))
				require.NoError(b, err)
			}
			report(b, took)
		})
	}
}

// report shows durations by their median, 99th percentile and largest.
func report(b *testing.B, durations []time.Duration) {
	b.Helper()
	slices.Sort(durations)
	at := func(share float64) float64 {
		return durations[int(share*float64(len(durations)-1))].Seconds() * 1e3
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(at(0), "ms-min")
	b.ReportMetric(at(0.5), "ms-median")
	b.ReportMetric(at(0.99), "ms-p99")
	b.ReportMetric(at(1), "ms-max")
}
