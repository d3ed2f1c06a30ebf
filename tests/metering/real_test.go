package metering

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// driver makes calls of a module and keeps what was seen of them.
type driver struct {
	ctx      context.Context
	machine  *machine
	instance api.Module
	tank     api.MutableGlobal
	history  history
}

// call returns the first result, or 0.
func (d *driver) call(function string, args ...uint64) uint64 {
	d.machine.fuel.granted = 0
	f := d.instance.ExportedFunction(function)
	results, err := f.Call(d.ctx, args...)
	o := observation{results: defined(results, f.Definition().ResultTypes()), err: kind(err, true), memory: checksum(d.instance, true)}
	d.history.observations = append(d.history.observations, o)
	var left int64
	if d.tank != nil {
		left = int64(d.tank.Get())
		d.tank.Set(0)
	}
	d.history.fuel = append(d.history.fuel, d.machine.fuel.used(left))
	if len(results) == 0 {
		return 0
	}
	return results[0]
}

func (d *driver) write(at uint64, data []byte) { d.instance.Memory().Write(uint32(at), data) }

// enginePath is the engine as it was before metering, from the workspace's root.
const enginePath = "gohost/plugin/testdata/engine.core.wasm"

// reals are modules that compilers made, with what they are driven by.
var reals = []struct {
	name, path string
	// metered modules are committed as such: there is no base to compare with.
	metered bool
	drive   func(t *testing.T, d *driver)
}{
	{"engine", enginePath, false, driveEngine},
	{"prepare", "gohost/internal/prepare/prepare.wasm", true, drivePrepare},
}

func driveEngine(_ *testing.T, d *driver) {
	random := rand.New(rand.NewPCG(1, 2))
	var packed, text []byte
	text = append(text, '[')
	for i := range 3000 {
		value := (random.Float64() - 0.5) * math.Exp2(float64(random.IntN(200)))
		packed = binary.LittleEndian.AppendUint64(packed, random.Uint64N(5000))
		packed = binary.LittleEndian.AppendUint64(packed, math.Float64bits(value))
		if i > 0 {
			text = append(text, ',')
		}
		text = fmt.Appendf(text, `{"timestamp":%d,"value":%v}`, i, value)
	}
	text = append(text, ']')
	list := func(data []byte, size uint64) []uint64 {
		at := d.call("cabi_realloc", 0, 0, 8, uint64(len(data)))
		d.write(at, data)
		return []uint64{at, uint64(len(data)) / size}
	}
	on := func(function string, args ...uint64) {
		result := d.call(function, args...)
		if d.instance.ExportedFunction("cabi_post_"+function) != nil {
			d.call("cabi_post_"+function, result)
		}
	}
	on("org:analytics/metrics@0.1.0#compute-aggregate", list(packed, 16)...)
	on("org:analytics/metrics@0.1.0#compute-aggregate", list(nil, 16)...)
	on("org:analytics/metrics@0.1.0#validate-stream", list(text, 1)...)
	on("org:analytics/metrics@0.1.0#validate-stream", list(text[:len(text)/2], 1)...)
	on("org:compute/pipeline@0.1.0#process-batch", list(packed, 1)...)
	on("org:compute/pipeline@0.1.0#validate-checksum", append(list(text, 1), 7)...)
	on("org:compute-pipeline/summary@0.1.0#fold", append(list(nil, 1), list(packed, 16)...)...)
	// A length that is no multiple of 16 is a panic.
	d.call("org:compute/pipeline@0.1.0#process-batch", list(packed[:99], 1)...)
}

func drivePrepare(t *testing.T, d *driver) {
	module := readFile(t, filepath.Join("..", "..", "gohost", "testdata", "echo.wasm"))
	contract := readFile(t, filepath.Join("..", "..", "wit", "contract.txt"))
	for _, input := range [][]byte{module, module[:len(module)/2], nil} {
		for _, function := range []string{"describe", "check"} {
			d.write(d.call("input", uint64(len(input))), input)
			d.write(d.call("contract", uint64(len(contract))), contract)
			d.call(function)
			d.call("output")
		}
		d.write(d.call("input", uint64(len(input))), input)
		d.write(d.call("contract", uint64(len(contract))), contract)
		d.call("prepare", 1)
		d.call("output")
	}
}

func TestMeteringChangesNothingElseOfRealModules(t *testing.T) {
	compiler := newMachine(t, wazero.NewRuntimeConfigCompiler().WithMemoryLimitPages(realMemoryPages))
	interpreter := newMachine(t, wazero.NewRuntimeConfigInterpreter().WithMemoryLimitPages(realMemoryPages))
	for _, real := range reals {
		t.Run(real.name, func(t *testing.T) {
			wasm := readFile(t, filepath.Join(root, real.path))
			rewritten := wasm
			if !real.metered {
				rewritten = metered(t, wasm)
			}
			drive := func(m *machine, wasm []byte, slice int64) history {
				t.Helper()
				m.fuel = &fuel{slice: slice, budget: noBudget}
				compiled, err := m.runtime.CompileModule(t.Context(), wasm)
				require.NoError(t, err)
				instance, err := m.runtime.InstantiateModule(t.Context(), compiled, wazero.NewModuleConfig().WithName(""))
				require.NoError(t, err)
				defer compiled.Close(t.Context())
				d := &driver{ctx: t.Context(), machine: m, instance: instance}
				d.tank, _ = instance.ExportedGlobal(reserved).(api.MutableGlobal)
				real.drive(t, d)
				return d.history
			}
			base := drive(compiler, wasm, plenty)
			full := drive(compiler, rewritten, plenty)
			calls := make([]call, len(base.observations))
			require.NoError(t, same(calls, base, full))
			for _, slice := range []int64{50, 100_000} {
				sliced := drive(compiler, rewritten, slice)
				require.NoError(t, same(calls, base, sliced), "slices of %d", slice)
				require.NoError(t, sameFuel(calls, full, sliced), "slices of %d", slice)
			}
			interpreted := drive(interpreter, rewritten, 100_000)
			require.NoError(t, same(calls, base, interpreted))
			require.NoError(t, sameFuel(calls, full, interpreted))
			assert.NotContains(t, full.fuel, int64(0))
			t.Logf("%d bytes to %d; %d calls, fuel %v", len(wasm), len(rewritten), len(full.fuel), full.fuel)
		})
	}
}

func TestStackTracesNameTheSameFunctions(t *testing.T) {
	wasm := readFile(t, filepath.Join(root, enginePath))
	require.True(t, bytes.Contains(wasm, []byte("\x04name")), "a module with names")
	compiler := newMachine(t, wazero.NewRuntimeConfigCompiler().WithMemoryLimitPages(realMemoryPages))
	compiled, err := compiler.runtime.CompileModule(t.Context(), metered(t, wasm))
	require.NoError(t, err)
	instance, err := compiler.runtime.InstantiateModule(t.Context(), compiled, wazero.NewModuleConfig().WithName(""))
	require.NoError(t, err)
	_, err = instance.ExportedFunction("org:compute/pipeline@0.1.0#process-batch").Call(t.Context(), 8, 99)
	require.ErrorContains(t, err, "process-batch")
	require.NotContains(t, err.Error(), ".$")
}
