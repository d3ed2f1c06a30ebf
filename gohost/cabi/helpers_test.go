package cabi

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

type point struct {
	Timestamp uint64
	Value     float64
}

var (
	points  = NewPlainList(16, 8, loadPoint, storePoint)
	numbers = NewPlainList(8, 8, (*Call).LoadF64, (*Call).StoreF64)
)

func loadPoint(c *Call, at uint32) point { return point{c.LoadU64(at), c.LoadF64(at + 8)} }

func storePoint(c *Call, at uint32, p point) {
	c.StoreU64(at, p.Timestamp)
	c.StoreF64(at+8, p.Value)
}

func popBytes(c *Call, dst []byte) []byte { return c.LoadBytes(c.PopArea(8, 4), dst) }

func popNumbers(c *Call, dst []float64) []float64 { return numbers.Load(c, c.PopArea(8, 4), dst) }

// start runs a module of testdata; `make testdata` builds them from their
// text.
func start(t testing.TB, name string) *Instance {
	t.Helper()
	return startWith(t, wazero.NewRuntimeConfig(), name)
}

func startWith(t testing.TB, config wazero.RuntimeConfig, name string) *Instance {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join("testdata", name+".wasm"))
	require.NoError(t, err)
	return startModule(t, config, wasm)
}

func startModule(t testing.TB, config wazero.RuntimeConfig, wasm []byte) *Instance {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, config)
	t.Cleanup(func() { assert.NoError(t, r.Close(ctx)) })
	module, err := r.Instantiate(ctx, wasm)
	require.NoError(t, err)
	in := NewInstance(module)
	in.Reallocs = NewReallocs(r)
	return in
}

// call lowers argument and calls the function.
func call(t *testing.T, in *Instance, function string, argument []byte) *Call {
	t.Helper()
	f := in.Func(function)
	require.NotNil(t, f)
	c := in.Call(context.Background(), f)
	c.PushBytes(argument)
	c.Invoke()
	return c
}

// words is the memory of some u32, as a guest writes it.
func words(w ...uint32) []byte {
	var b []byte
	for _, v := range w {
		b = le.AppendUint32(b, v)
	}
	return b
}

func global(in *Instance, name string) uint32 {
	return uint32(in.module.ExportedGlobal(name).Get())
}

func setGlobal(in *Instance, name string, v uint32) {
	in.module.ExportedGlobal(name).(api.MutableGlobal).Set(uint64(v))
}

// argumentAt is where echo.wat puts the first argument.
const argumentAt = 1024
