package metering

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

const (
	// reserved is the module of the import and the name of the global by which
	// a metered module and its host share fuel.
	reserved = "compute-pipeline:fuel"
	// memoryPages bounds the memory of a module: 4 MiB for generated ones, 1 GiB
	// for real ones.
	memoryPages, realMemoryPages = 1 << 6, 1 << 14
)

// errBudget ends a call that has used up its budget.
var errBudget = errors.New("fuel used up")

// fuel is what a host grants during one call.
type fuel struct {
	// slice is granted at a time.
	slice int64
	// budget bounds what is granted together; noBudget does not.
	budget  int64
	granted int64
}

const (
	noBudget = math.MaxInt64
	// plenty is a slice that is never used up.
	plenty = 1 << 50
)

func (f *fuel) refuel() int64 {
	n := min(f.slice, f.budget-f.granted)
	if n <= 0 {
		panic(errBudget)
	}
	f.granted += n
	return n
}

// used is what was used when so much is left. It may be more than was granted:
// the last charges of a call are not followed by a look at the fuel.
func (f *fuel) used(left int64) int64 { return f.granted - left }

// machine runs modules, one at a time, in a runtime of its own, and provides
// what they may import.
type machine struct {
	runtime wazero.Runtime
	shared  wazero.CompiledModule
	// fuel is that of the call under way.
	fuel *fuel
	// refuel, if set, is asked before the fuel.
	refuel func(context.Context)
	// notes is a hash of all the host functions were called with.
	notes uint64
}

func newMachine(t testing.TB, config wazero.RuntimeConfig) *machine {
	t.Helper()
	ctx := t.Context()
	m := &machine{
		runtime: wazero.NewRuntimeWithConfig(ctx, config),
		fuel:    &fuel{slice: plenty, budget: noBudget},
	}
	t.Cleanup(func() { require.NoError(t, m.runtime.Close(context.WithoutCancel(ctx))) })

	_, err := m.runtime.NewHostModuleBuilder(reserved).NewFunctionBuilder().
		WithGoFunction(api.GoFunc(func(ctx context.Context, stack []uint64) {
			if m.refuel != nil {
				m.refuel(ctx)
			}
			stack[0] = uint64(m.fuel.refuel())
		}), nil, []api.ValueType{api.ValueTypeI64}).Export("refuel").Instantiate(ctx)
	require.NoError(t, err)

	const i32, i64 = api.ValueTypeI32, api.ValueTypeI64
	// The upper half of a 32-bit argument may hold anything.
	host := m.runtime.NewHostModuleBuilder("host")
	export := func(name string, params, results []api.ValueType, f func(context.Context, api.Module, []uint64)) {
		host.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(f), params, results).Export(name)
	}
	export("mix", []api.ValueType{i32, i64}, []api.ValueType{i64},
		func(_ context.Context, _ api.Module, stack []uint64) {
			m.note(uint64(uint32(stack[0])) ^ stack[1]<<1)
			stack[0] = m.notes
		})
	export("note", []api.ValueType{i64}, nil,
		func(_ context.Context, _ api.Module, stack []uint64) { m.note(stack[0]) })
	export("swap", []api.ValueType{i32, i64}, []api.ValueType{i64, i32},
		func(_ context.Context, _ api.Module, stack []uint64) {
			number := uint64(uint32(stack[0]))
			m.note(number)
			stack[0], stack[1] = stack[1], number
		})
	export("reenter", []api.ValueType{i32}, []api.ValueType{i64},
		func(ctx context.Context, caller api.Module, stack []uint64) {
			number := uint64(uint32(stack[0]))
			m.note(number)
			leaf := caller.ExportedFunction("leaf")
			if leaf == nil {
				stack[0] = m.notes
				return
			}
			results, err := leaf.Call(ctx, number)
			if err != nil {
				panic(err)
			}
			stack[0] = results[0]
		})
	_, err = host.Instantiate(ctx)
	require.NoError(t, err)
	m.shared, err = m.runtime.CompileModule(ctx, readFile(t, filepath.Join("testdata", "shared.wasm")))
	require.NoError(t, err)
	return m
}

func newCompiler(t testing.TB) *machine {
	t.Helper()
	return newMachine(t, wazero.NewRuntimeConfigCompiler().WithMemoryLimitPages(memoryPages))
}

func newInterpreter(t testing.TB) *machine {
	t.Helper()
	return newMachine(t, wazero.NewRuntimeConfigInterpreter().WithMemoryLimitPages(memoryPages))
}

func (m *machine) note(value uint64) {
	m.notes = (m.notes ^ value) * 0x2545f4914f6cdd1d
}
