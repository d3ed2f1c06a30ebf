package gohost_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/compiler"
	"example.org/compute-pipeline/gohost/internal/fuel"
)

// compare times f against base. The machine is shared and noisy, so the two
// take turns, and what counts is the median of the ratios of neighbours, which
// is reported as x/base.
func compare(b *testing.B, base, f func()) {
	b.Helper()
	// Enough of each for the clock, and for the noise within a round.
	repeat := func(f func()) int {
		f()
		start, n := time.Now(), 0
		for ; time.Since(start) < 2*time.Millisecond; n++ {
			f()
		}
		return max(n, 1)
	}
	timed := func(f func(), n int) float64 {
		start := time.Now()
		for range n {
			f()
		}
		return float64(time.Since(start).Nanoseconds()) / float64(n)
	}
	begin := time.Now()
	nf, nb := repeat(f), repeat(base)
	// A pair of long calls has fewer rounds, but always an odd number.
	rounds := min(61, max(11, int(8*time.Second/time.Since(begin))|1))
	var ratios, times, bases []float64
	for range rounds {
		tb, tf := timed(base, nb), timed(f, nf)
		ratios, times, bases = append(ratios, tf/tb), append(times, tf), append(bases, tb)
	}
	median := func(v []float64) float64 { slices.Sort(v); return v[len(v)/2] }
	b.ResetTimer()
	for range b.N {
		f()
	}
	b.ReportMetric(median(times), "median-ns")
	b.ReportMetric(median(bases), "base-ns")
	b.ReportMetric(median(ratios), "x/base")
}

func check(b *testing.B, err error) {
	if err != nil {
		b.Fatal(err)
	}
}

// plainGo is what one would write without this library: two passes, in
// doubles, so rounded at every step.
func plainGo(points []gohost.Datapoint) gohost.Aggregate {
	var sum float64
	for i := range points {
		sum += points[i].Value
	}
	mean := sum / float64(len(points))
	var squares float64
	for i := range points {
		d := points[i].Value - mean
		squares += d * d
	}
	return gohost.Aggregate{Mean: mean, Variance: squares / float64(len(points)), Sum: sum}
}

var sink gohost.Aggregate

// temperatures are n points that look like measurements.
func temperatures(n int) []gohost.Datapoint {
	r := rand.New(rand.NewPCG(1, 2))
	points := make([]gohost.Datapoint, n)
	for i := range points {
		points[i] = gohost.Datapoint{Timestamp: 1262304000 + 3600*uint64(i), Value: float64(int(520+100*r.NormFloat64())) / 10}
	}
	return points
}

func BenchmarkComputeAggregate(b *testing.B) {
	eng := newEngine(b)
	for _, n := range []int{1, 10, 100, 300, 2048, 8192, 10_000, 100_000, 1_000_000} {
		points := temperatures(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			compare(b, func() { sink = plainGo(points) }, func() {
				agg, err := eng.ComputeAggregate(ctx, points)
				check(b, err)
				sink = agg
			})
		})
	}
}

// Data that does not fit the fast grid: lognormal, and any bits at all.
func BenchmarkComputeAggregateUnusual(b *testing.B) {
	eng := newEngine(b)
	r := rand.New(rand.NewPCG(3, 4))
	gaussian, anyBits := temperatures(100_000), temperatures(100_000)
	for i := range gaussian {
		gaussian[i].Value = r.NormFloat64()
		anyBits[i].Value = float64(r.Int64()) * float64(r.Uint64()) / float64(1+r.Uint32())
	}
	for name, points := range map[string][]gohost.Datapoint{"normal": gaussian, "wide": anyBits} {
		b.Run(name, func(b *testing.B) {
			compare(b, func() { sink = plainGo(points) }, func() {
				_, err := eng.ComputeAggregate(ctx, points)
				check(b, err)
			})
		})
	}
}

func BenchmarkFold(b *testing.B) {
	eng := newEngine(b)
	for _, n := range []int{1, 100, 512, 2048, 8192} {
		points := temperatures(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			var state []byte
			compare(b, func() { sink = plainGo(points) }, func() {
				var err error
				state, err = eng.AppendFold(ctx, state[:0], state, points)
				check(b, err)
			})
		})
	}
}

// What the library adds to the calls of the sandbox themselves: the base is
// realloc, compute-aggregate and post-return by way of wazero, without a pool,
// without checks and without a copy.
func BenchmarkCallOverhead(b *testing.B) {
	eng := newEngine(b)
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	require.NoError(b, fuel.Instantiate(ctx, r))
	module, err := r.Instantiate(ctx, gohost.EngineWasm())
	require.NoError(b, err)
	// Enough for all calls: nobody accounts for them.
	module.ExportedGlobal(fuel.GlobalExport).(api.MutableGlobal).Set(1 << 62)
	const name = "org:analytics/metrics@0.1.0#compute-aggregate"
	realloc, function := module.ExportedFunction("cabi_realloc"), module.ExportedFunction(name)
	post := module.ExportedFunction("cabi_post_" + name)
	points := temperatures(1)
	stack := make([]uint64, 4)
	b.ReportAllocs()
	compare(b, func() {
		stack[0], stack[1], stack[2], stack[3] = 0, 0, 8, 16
		check(b, realloc.CallWithStack(ctx, stack))
		stack[1] = 1
		check(b, function.CallWithStack(ctx, stack))
		check(b, post.CallWithStack(ctx, stack))
	}, func() {
		_, err := eng.ComputeAggregate(ctx, points)
		check(b, err)
	})
}

func BenchmarkValidateStream(b *testing.B) {
	eng := newEngine(b)
	points := temperatures(200_000)
	var compact bytes.Buffer
	compact.WriteByte('[')
	for i, p := range points {
		if i > 0 {
			compact.WriteByte(',')
		}
		fmt.Fprintf(&compact, `{"timestamp":%d,"value":%v}`, p.Timestamp, p.Value)
	}
	compact.WriteByte(']')
	var indented bytes.Buffer
	require.NoError(b, json.Indent(&indented, compact.Bytes(), "", "  "))
	unusual := bytes.ReplaceAll(compact.Bytes(), []byte(`,"value"`), []byte(`,"unit":"F","value"`))
	changing := []byte("[")
	for i, p := range points {
		changing = fmt.Appendf(changing, `{"sensor":"hall %d","timestamp":%d,"sequence":%d,"value":%v,"valid":%t},`, i%17, p.Timestamp, i, p.Value, i%11 > 0)
	}
	changing[len(changing)-1] = ']'
	for _, text := range []struct {
		name string
		raw  []byte
	}{{"compact", compact.Bytes()}, {"indented", indented.Bytes()}, {"other-fields", unusual}, {"changing-fields", changing}} {
		b.Run(text.name, func(b *testing.B) {
			b.SetBytes(int64(len(text.raw)))
			b.ReportAllocs()
			dst := make([]gohost.Datapoint, 0, len(points))
			compare(b, func() {
				decoded := make([]gohost.Datapoint, 0, len(points))
				check(b, json.Unmarshal(text.raw, &decoded))
			}, func() {
				var err error
				dst, err = eng.AppendValidated(ctx, dst[:0], text.raw)
				check(b, err)
			})
		})
	}
}

// The base is what one would write in Go: a stable sort of structs, then the last of
// each timestamp, into a slice that is there.
func BenchmarkProcessBatch(b *testing.B) {
	eng := newEngine(b)
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{100, 10_000, 1_000_000} {
		sorted := temperatures(n)
		shuffled := slices.Clone(sorted)
		r.Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		kinds := []struct {
			name   string
			points []gohost.Datapoint
		}{{"sorted", sorted}, {"shuffled", shuffled}}
		for _, kind := range kinds {
			b.Run(fmt.Sprintf("%s/%d", kind.name, n), func(b *testing.B) {
				var batch []byte
				for _, p := range kind.points {
					batch = binary.LittleEndian.AppendUint64(batch, p.Timestamp)
					batch = binary.LittleEndian.AppendUint64(batch, math.Float64bits(p.Value))
				}
				b.SetBytes(int64(len(batch)))
				var plain []gohost.Datapoint
				var out []byte
				compare(b, func() {
					plain = append(plain[:0], kind.points...)
					plain = sortedLast(plain)
				}, func() {
					var err error
					out, err = eng.AppendProcessed(ctx, out[:0], batch)
					check(b, err)
				})
			})
		}
	}
}

func sortedLast(points []gohost.Datapoint) []gohost.Datapoint {
	slices.SortStableFunc(points, func(a, b gohost.Datapoint) int { return cmp.Compare(a.Timestamp, b.Timestamp) })
	last := points[:0]
	for i, p := range points {
		if i+1 == len(points) || points[i+1].Timestamp != p.Timestamp {
			last = append(last, p)
		}
	}
	return last
}

func BenchmarkValidateChecksum(b *testing.B) {
	eng := newEngine(b)
	data := make([]byte, 1<<20)
	b.SetBytes(int64(len(data)))
	compare(b, func() { _ = crc32.ChecksumIEEE(data) }, func() {
		_, err := eng.ValidateChecksum(ctx, data, 0)
		check(b, err)
	})
}

func BenchmarkNew(b *testing.B) {
	start := func(b *testing.B, opts ...gohost.Option) {
		for range b.N {
			eng, err := gohost.New(ctx, opts...)
			check(b, err)
			check(b, eng.Close(ctx))
		}
	}
	b.Run("cold", func(b *testing.B) { start(b) })
	b.Run("cached", func(b *testing.B) {
		dir := b.TempDir()
		eng, err := gohost.New(ctx, gohost.WithCacheDir(dir))
		check(b, err)
		check(b, eng.Close(ctx))
		b.ResetTimer()
		start(b, gohost.WithCacheDir(dir))
	})
	b.Run("interpreter", func(b *testing.B) { start(b, gohost.WithInterpreter()) })
}

// An instance by itself, of a module that is compiled already.
func BenchmarkInstance(b *testing.B) {
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	require.NoError(b, fuel.Instantiate(ctx, r))
	compiled, err := r.CompileModule(ctx, gohost.EngineWasm())
	require.NoError(b, err)
	b.ReportAllocs()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	for range b.N {
		module, err := r.InstantiateModule(ctx, compiled, compiler.Instances)
		check(b, err)
		check(b, module.Close(ctx))
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N), "bytes/instance")
}
