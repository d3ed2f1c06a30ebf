package hostile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// What granted functions take, and what they cost: a unit of fuel should be about
// a nanosecond, and not many. Including the guest's own work around each call, of
// some 1,200 units.
func BenchmarkGrantedFunctions(b *testing.B) {
	dir := b.TempDir()
	require.NoError(b, os.WriteFile(filepath.Join(dir, "large"), make([]byte, 4<<20), 0o600))
	require.NoError(b, os.MkdirAll(filepath.Join(dir, "dir", "a", "a", "a", "a", "a", "a", "a", "a"), 0o700))
	for i := range 1000 {
		require.NoError(b, os.WriteFile(filepath.Join(dir, "dir", fmt.Sprint(i)), nil, 0o600))
	}
	root, err := os.OpenRoot(dir)
	require.NoError(b, err)
	defer root.Close()
	lines := slices.Repeat([]byte("\n"), 16<<10)
	for _, bench := range []struct {
		name string
		wasiCall
	}{
		{"sched_yield", wasiCall{function: "sched_yield"}},
		{"clock_time_get", wasiCall{function: "clock_time_get", args: []uint64{1, 0, 2048}}},
		{"poll_oneoff/1", wasiCall{function: "poll_oneoff", args: []uint64{room, room + 48, 1, 2048}, data: make([]byte, 48)}},
		{"poll_oneoff/1024", wasiCall{function: "poll_oneoff", args: []uint64{room, room + 1024*48, 1024, 2048}, data: make([]byte, 1024*48)}},
		{"random_get/64KiB", wasiCall{function: "random_get", args: []uint64{room, 64 << 10}}},
		{"fd_pread/64KiB", wasiCall{function: "fd_pread", args: []uint64{4, room, 1, 0, 2048}, data: words(room+100, 64<<10)}},
		{"fd_pread/1024x1B", wasiCall{function: "fd_pread", args: []uint64{4, room, 1024, 0, 2048}, data: slices.Repeat(words(room+9000, 1), 1024)}},
		{"fd_seek", wasiCall{function: "fd_seek", args: []uint64{4, 0, 0, 2048}}},
		{"fd_filestat_get", wasiCall{function: "fd_filestat_get", args: []uint64{4, 2048}}},
		{"fd_readdir/1000", wasiCall{function: "fd_readdir", args: []uint64{5, room, 64 << 10, 0, 2048}}},
		{"fd_readdir/100B", wasiCall{function: "fd_readdir", args: []uint64{5, room, 100, 0, 2048}}},
		{"fd_write/64KiB", wasiCall{function: "fd_write", args: []uint64{1, room, 1, 2048}, data: words(room+100, 64<<10)}},
		{"fd_write/1024x1B", wasiCall{function: "fd_write", args: []uint64{1, room, 1024, 2048}, data: slices.Repeat(words(room+9000, 1), 1024)}},
		{"fd_write/16Klines", wasiCall{function: "fd_write", args: []uint64{1, room, 1, 2048}, data: append(words(room+8, 16<<10), lines...)}},
		{"path_filestat_get/1", wasiCall{function: "path_filestat_get", args: []uint64{3, 0, room, 5, 2048}, data: []byte("large")}},
		{"path_filestat_get/9", wasiCall{function: "path_filestat_get", args: []uint64{3, 0, room, 19, 2048}, data: []byte("dir/a/a/a/a/a/a/a/a")}},
		{"path_open/1", wasiCall{function: "path_open", args: []uint64{3, 0, room, 5, 0, 0, 0, 0, all1}, data: []byte("large")}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var fuel uint64
			eng, err := gohost.Load(b.Context(), read(b, "wasi/calls"), gohost.WithMaxInstances(1),
				gohost.WithObserver(func(_ context.Context, call gohost.CallInfo) { fuel = call.Fuel }),
				gohost.WithGrants(gohost.GrantClock(), gohost.GrantOutput(gohost.OutputLimits{}),
					gohost.GrantFiles(root.FS()), gohost.GrantRandom(nil)))
			require.NoError(b, err)
			defer eng.Close(context.Background())
			for _, path := range []string{"large", "dir"} {
				open := wasiCall{function: "path_open", args: []uint64{3, 0, room, uint64(len(path)), 0, 0, 0, 0, 2048}, data: []byte(path), times: 1}
				_, _, err := open.run(b, b.Context(), eng)
				require.NoError(b, err)
			}
			bench.times = uint32(b.N)
			b.ResetTimer()
			_, _, err = bench.run(b, b.Context(), eng)
			b.StopTimer()
			require.NoError(b, err)
			units := float64(fuel) / float64(b.N)
			b.ReportMetric(units, "units/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/units, "ns/unit")
		})
	}
}
