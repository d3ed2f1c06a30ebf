package plugin_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

var ctx = context.Background()

// cacheDir is shared by all tests: the same modules are loaded again and again.
var cacheDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "plugin-test") })

func TestMain(m *testing.M) {
	gohost.CompilerMain()
	code := m.Run()
	if dir, err := cacheDir(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// engine is the real thing: the core module of the build, which imports nothing.
func engine(t testing.TB) []byte {
	t.Helper()
	wasm, err := os.ReadFile("testdata/engine.core.wasm")
	require.NoError(t, err)
	return wasm
}

// edition is the same module with other bytes: it says what it is in one more
// custom section.
func edition(wasm []byte, name string) []byte {
	body := append(append([]byte{7}, "edition"...), name...)
	out := append(append([]byte{}, wasm...), 0)
	return append(binary.AppendUvarint(out, uint64(len(body))), body...)
}

// echo returns a module in which the first byte of a batch decides: 1 traps, 2 never ends,
// 3 uses all memory. It does not compute statistics, so it needs a registry without
// self-test.
func echo(t testing.TB) []byte { return testModule(t, "echo") }

func testModule(t testing.TB, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../testdata/" + name + ".wasm")
	require.NoError(t, err)
	return wasm
}

const (
	doEcho = 0
	doTrap = 1
	doLoop = 2
)

func batch(do byte) []byte { return append([]byte{do}, make([]byte, 15)...) }

func hashOf(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return hex.EncodeToString(sum[:])
}

// untested switches the self-test off.
var untested = plugin.WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error { return nil })

func newRegistry(t testing.TB, opts ...plugin.Option) *plugin.Registry[gohost.Functions] {
	t.Helper()
	dir, err := cacheDir()
	require.NoError(t, err)
	reg, err := plugin.NewRegistry(gohost.Binding(), append([]plugin.Option{plugin.WithCacheDir(dir)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		assert.NoError(t, reg.Close(limited))
	})
	return reg
}

// load loads, which must succeed, and returns the plugin.
func load(t testing.TB, reg *plugin.Registry[gohost.Functions], name string, wasm []byte, opts ...plugin.LoadOption) *plugin.Plugin[gohost.Functions] {
	t.Helper()
	_, err := reg.Load(ctx, name, plugin.Bytes(wasm), opts...)
	require.NoError(t, err)
	p, err := reg.Plugin(name)
	require.NoError(t, err)
	return p
}

func values(values ...float64) []gohost.Datapoint {
	points := make([]gohost.Datapoint, len(values))
	for i, v := range values {
		points[i] = gohost.Datapoint{Timestamp: uint64(i), Value: v}
	}
	return points
}

// serves checks that the plugin is the given version, and returns correct results.
func serves(t testing.TB, reg *plugin.Registry[gohost.Functions], name string, wasm []byte) {
	t.Helper()
	p, err := reg.Plugin(name)
	require.NoError(t, err)
	require.Equal(t, hashOf(wasm), p.Version().Hash)
	agg, err := p.Binding().ComputeAggregate(ctx, values(1, 2, 6))
	require.NoError(t, err)
	require.Equal(t, gohost.Aggregate{Mean: 3, Variance: 14.0 / 3, Sum: 9}, agg)
}

// begun waits until so many calls of the plugin run.
func begun(t testing.TB, p *plugin.Plugin[gohost.Functions], n int) {
	t.Helper()
	require.Eventually(t, func() bool { return p.Stats().Running == n }, time.Minute, time.Millisecond)
}

// nothingLeft returns a check that no goroutine and no memory was left behind.
func nothingLeft(t *testing.T) func() {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	return func() {
		t.Helper()
		// One more is the goroutine that asks.
		require.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+1 }, time.Minute, 10*time.Millisecond)
		runtime.GC()
		runtime.GC() // what finalizers let go of
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(4<<20), "bytes of heap more than at the start")
	}
}
