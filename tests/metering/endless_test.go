package metering

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/tests/internal/tool"
)

// endless are the modules of testdata whose function run, or whose start
// function, would not end in a lifetime.
func endless(t testing.TB) map[string][]byte {
	t.Helper()
	dir, modules := t.TempDir(), map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join("testdata", "endless", "*.wasm"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".wasm")
		in, err := filepath.Abs(path)
		require.NoError(t, err)
		out := filepath.Join(dir, name)
		tool.Prepare.Run(t, "meter", in, out)
		modules[name] = readFile(t, out)
	}
	return modules
}

func TestNothingRunsOnWithoutFuel(t *testing.T) {
	modules := endless(t)
	for _, engine := range []struct {
		name string
		new  func(testing.TB) *machine
		// budgets are below what recursion takes to use up the stack.
		budgets []int64
	}{
		{"compiler", newCompiler, []int64{1, 999, 100_000}},
		{"interpreter", newInterpreter, []int64{1, 999}},
	} {
		m := engine.new(t)
		for name, wasm := range modules {
			t.Run(engine.name+"/"+name, func(t *testing.T) {
				compiled, err := m.runtime.CompileModule(t.Context(), wasm)
				require.NoError(t, err)
				for _, budget := range engine.budgets {
					m.fuel = &fuel{slice: 100, budget: budget}
					err = m.begin(t.Context(), compiled)
					require.ErrorIs(t, err, errBudget, "budget %d", budget)
					assert.Equal(t, budget, m.fuel.granted)
				}
			})
		}
	}
}

func TestNothingRunsOnAfterItsDeadline(t *testing.T) {
	m := newCompiler(t)
	m.refuel = stopAtDeadline
	for name, wasm := range endless(t) {
		t.Run(name, func(t *testing.T) {
			compiled, err := m.runtime.CompileModule(t.Context(), wasm)
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			m.fuel = &fuel{slice: 100_000, budget: noBudget}
			err = m.begin(ctx, compiled)
			if errors.Is(err, context.DeadlineExceeded) {
				return
			}
			// What never comes back may fill the stack first.
			require.True(t, strings.Contains(name, "recursion") || name == "start-indirect")
			require.ErrorContains(t, err, exhausted)
		})
	}
}

// exhausted is the function in which a module traps that goes too deep.
const exhausted = reserved + ".stack-exhausted"

// A stack has an end on every machine, whatever fuel there is, and long before
// wazero's own.
func TestRecursionHasAnEnd(t *testing.T) {
	endsOtherwise := []string{
		"recursion-tree", // is not deep
		"recursion-host", // a stack of its own for each call of the host's
	}
	m := newCompiler(t)
	for name, wasm := range endless(t) {
		if !strings.Contains(name, "recursion") || slices.Contains(endsOtherwise, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			compiled, err := m.runtime.CompileModule(t.Context(), wasm)
			require.NoError(t, err)
			var granted []int64
			for _, slice := range []int64{1, 1000} {
				m.fuel = &fuel{slice: slice, budget: noBudget}
				err := m.begin(t.Context(), compiled)
				require.ErrorContains(t, err, exhausted)
				granted = append(granted, m.fuel.granted)
			}
			// After as many calls.
			assert.InDelta(t, granted[0], granted[1], 1000)
		})
	}
}

func TestDeepRecursionStillWorks(t *testing.T) {
	m := newCompiler(t)
	compiled, err := m.runtime.CompileModule(t.Context(), metered(t, readFile(t, filepath.Join("testdata", "deep.wasm"))))
	require.NoError(t, err)
	m.fuel = &fuel{slice: 1000, budget: noBudget}
	instance, err := m.runtime.InstantiateModule(t.Context(), compiled, wazero.NewModuleConfig())
	require.NoError(t, err)
	// Ten times: all that was added to the depth is taken away again, whatever
	// the way out.
	for range 10 {
		results, err := instance.ExportedFunction("sum").Call(t.Context(), 5000)
		require.NoError(t, err)
		assert.Equal(t, uint64(5000*5001/2), results[0])
	}
	_, err = instance.ExportedFunction("sum").Call(t.Context(), 1_000_000)
	require.ErrorContains(t, err, exhausted)
}

// stopAtDeadline ends a call whose time is up. The timer of the context may be
// late, so the clock is asked too.
func stopAtDeadline(ctx context.Context) {
	if err := ctx.Err(); err != nil {
		panic(err)
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		panic(context.DeadlineExceeded)
	}
}

// begin starts an instance, calls its function run and closes it.
func (m *machine) begin(ctx context.Context, compiled wazero.CompiledModule) error {
	instance, err := m.runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return err
	}
	defer instance.Close(context.WithoutCancel(ctx))
	_, err = instance.ExportedFunction("run").Call(ctx)
	return err
}
