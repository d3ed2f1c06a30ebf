package golden_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/golden/lists"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
)

func loadLists(t testing.TB, opts ...sandbox.Option) *lists.Bench {
	t.Helper()
	wasm, err := os.ReadFile("testdata/lists.wasm")
	require.NoError(t, err)
	module := start(t, lists.Binding(), wasm, append(opts, sandbox.WithMaxInstances(1))...)
	t.Cleanup(func() { assert.NoError(t, module.Close(ctx)) })
	return module
}

// Calls allocate only what they return.
func TestAllocations(t *testing.T) {
	module := loadLists(t)
	points := make([]lists.Point, 1000)
	strings := []string{"one", "two", "three"}
	nested := make([]lists.Nested, 1000)
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		want float64
		call func()
	}{
		"a number":  {0, func() { _, err := module.Next(ctx, 1); check(err) }},
		"a list in": {0, func() { check(module.TakePoints(ctx, points)) }},
		"a list out, append": {0, func() {
			check(module.TakePoints(ctx, points))
			_, err := module.AppendGivePoints(ctx, points[:0])
			check(err)
		}},
		"a list out":  {1, func() { check(module.TakePoints(ctx, points)); _, err := module.GivePoints(ctx); check(err) }},
		"strings out": {2, func() { check(module.TakeStrings(ctx, strings)); _, err := module.GiveStrings(ctx); check(err) }},
		"strings out, append": {1, func() {
			check(module.TakeStrings(ctx, strings))
			_, err := module.AppendGiveStrings(ctx, strings[:0])
			check(err)
		}},
		"records": {1, func() { check(module.TakeNested(ctx, nested)); _, err := module.GiveNested(ctx); check(err) }},
	} {
		assert.Equal(t, test.want, testing.AllocsPerRun(20, test.call), name)
	}
}

// BenchmarkElements reports the time of an element of a list, in and out: the shortest,
// since the mean says little on a machine that does other things too.
func BenchmarkElements(b *testing.B) {
	const n = 10_000
	module := loadLists(b)
	points, nested := make([]lists.Point, n), make([]lists.Nested, n)
	strings, named, shapes := make([]string, n), make([]lists.Named, n), make([]lists.Shape, n)
	for i := range n {
		points[i] = lists.Point{X: float64(i), Y: 1}
		nested[i] = lists.Nested{ID: uint64(i), Inner: lists.Inner{Number: 1, Half: wit.Some[uint16](2)}, OK: true}
		strings[i] = "string " + strconv.Itoa(i)
		named[i] = lists.Named{ID: uint64(i), Name: strings[i]}
		shapes[i] = []lists.Shape{lists.ShapeCircle{Value: 1}, lists.ShapeNone{}}[i%2]
	}
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			least := time.Hour
			for b.Loop() {
				began := time.Now()
				if err := f(); err != nil {
					b.Fatal(err)
				}
				least = min(least, time.Since(began))
			}
			b.ReportMetric(float64(least.Nanoseconds())/n, "min-ns/element")
		})
	}
	run("points/in", func() error { return module.TakePoints(ctx, points) })
	run("points/out", func() (err error) { points, err = module.AppendGivePoints(ctx, points[:0]); return err })
	run("nested/in", func() error { return module.TakeNested(ctx, nested) })
	run("nested/out", func() (err error) { nested, err = module.GiveNested(ctx); return err })
	run("strings/in", func() error { return module.TakeStrings(ctx, strings) })
	run("strings/out", func() (err error) { strings, err = module.AppendGiveStrings(ctx, strings[:0]); return err })
	run("named/in", func() error { return module.TakeNamed(ctx, named) })
	run("named/out", func() (err error) { named, err = module.GiveNamed(ctx); return err })
	run("shapes/in", func() error { return module.TakeShapes(ctx, shapes) })
	run("shapes/out", func() (err error) { shapes, err = module.GiveShapes(ctx); return err })
}

// BenchmarkCall compares a call without lists with wazero's own.
func BenchmarkCall(b *testing.B) {
	module := loadLists(b)
	b.Run("bound", func(b *testing.B) {
		fastest(b, func() error {
			_, err := module.Next(ctx, 1)
			return err
		})
	})
	b.Run("wazero", func(b *testing.B) {
		wasm, err := os.ReadFile("testdata/lists.wasm")
		require.NoError(b, err)
		r := wazero.NewRuntime(ctx)
		defer r.Close(ctx)
		m, err := r.Instantiate(ctx, wasm)
		require.NoError(b, err)
		next := m.ExportedFunction("test:lists/lists@0.1.0#next")
		stack := []uint64{1}
		fastest(b, func() error {
			stack[0] = 1
			return next.CallWithStack(ctx, stack)
		})
	})
}

// fastest reports the time of a call: that of the fastest thousand.
func fastest(b *testing.B, call func() error) {
	b.ReportAllocs()
	least := time.Hour
	for b.Loop() {
		began := time.Now()
		for range 1000 {
			if err := call(); err != nil {
				b.Fatal(err)
			}
		}
		least = min(least, time.Since(began))
	}
	b.ReportMetric(float64(least.Nanoseconds())/1000, "min-ns/call")
}
