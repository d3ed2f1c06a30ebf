package sandbox_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// wasmModule writes a module of the sections, each with its id first.
func wasmModule(sections ...[]byte) []byte {
	wasm := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range sections {
		wasm = append(binary.AppendUvarint(append(wasm, s[0]), uint64(len(s)-1)), s[1:]...)
	}
	return wasm
}

func section(id byte, parts ...any) []byte {
	s := []byte{id}
	for _, part := range parts {
		switch part := part.(type) {
		case int:
			s = binary.AppendUvarint(s, uint64(part))
		case string: // a name
			s = append(binary.AppendUvarint(s, uint64(len(part))), part...)
		case []byte:
			s = append(s, part...)
		}
	}
	return s
}

// Each name that a module imports an interface under becomes a module of its runtime.
func TestAnInterfaceIsImportedUnderFewNames(t *testing.T) {
	load := func(names int) error {
		imports := []any{names}
		for i := range names {
			imports = append(imports, fmt.Sprintf("test:evolves/log@1.0.%d", i), "log", []byte{0, 0})
		}
		run := []byte{0x20, 0, 0x10, byte(names - 1), 0x20, 0, 0x41, 1, 0x6a, 0x0b} // logs its argument, and adds 1
		return newEvolving("1.0.0").run(t, wasmModule(
			section(1, 3, []byte{0x60, 1, 0x7f, 0, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 0}),
			section(2, imports...),
			section(3, 2, []byte{1, 2}),
			section(5, []byte{1, 0, 1}),
			section(7, 3, "memory", []byte{2, 0}, "test:evolves/api@1.0.0#run", []byte{0, byte(names)},
				"test:evolves/api@1.0.0#stop", []byte{0, byte(names + 1)}),
			section(10, 2, len(run)+1, []byte{0}, run, 2, []byte{0, 0x0b}),
		))
	}
	require.NoError(t, load(8))
	for _, names := range []int{9, 100} {
		err := load(names)
		require.ErrorIs(t, err, sandbox.ErrContract)
		require.ErrorContains(t, err, `it imports "test:evolves/log" under more than 8 versions`)
	}
}

// Starts that fail must not use up the limit of the heap.
func TestAStartThatFailsReleasesTheHeap(t *testing.T) {
	// _initialize passes 100 MiB to an import.
	wasm := wasmModule(
		section(1, 2, []byte{0x60, 2, 0x7f, 0x7f, 0, 0x60, 0, 0}),
		section(2, 1, "$root", "f", []byte{0, 0}),
		section(3, 2, []byte{1, 1}),
		section(5, []byte{1, 0}, 1700),
		section(7, 3, "memory", []byte{2, 0}, "_initialize", []byte{0, 1}, "g", []byte{0, 2}),
		section(10, 2,
			13, []byte{0, 0x41, 0x80, 0x80, 4, 0x41, 0x80, 0x80, 0x80, 0x32, 0x10, 0, 0x0b},
			2, []byte{0, 0x0b}),
	)
	contract := &sandbox.Contract{
		World: "w", Runtime: 1,
		Exports: []sandbox.Interface{{Functions: []sandbox.Function{{Name: "g", Type: "func()"}}}},
		Imports: []sandbox.Interface{{Functions: []sandbox.Function{{Name: "f", Params: "ii", Type: "func(a: list<u8>)"}}}},
	}
	fails := false
	host := []cabi.HostFunction{{Name: "f", Params: "ii", Call: func(c *cabi.Call) {
		c.PopBytes(nil)
		if fails {
			c.HostError(errors.New("no"))
		}
	}}}
	m, err := sandbox.Load(ctx, wasm, contract, host, sandbox.WithCallsPerInstance(1))
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close(ctx)) }()
	call := func() error { return m.Call(ctx, 0, func(c *cabi.Call) error { c.Invoke(); return nil }) }
	require.NoError(t, call())
	fails = true
	for range 12 {
		require.ErrorIs(t, call(), sandbox.ErrHost)
	}
	fails = false
	require.NoError(t, call())
	require.Zero(t, m.Stats().ResultBytes)
}

// A destructor that only calls an import calls itself; one that is an import is refused.
func TestADestructorThatDrops(t *testing.T) {
	r := &cabi.ResourceType{Interface: "a:b/c", Name: "r", Exported: true}
	load := func(destructor byte) (*sandbox.Module, error) {
		wasm := wasmModule(
			section(1, 3, []byte{0x60, 1, 0x7f, 1, 0x7f, 0x60, 1, 0x7f, 0, 0x60, 0, 0}),
			section(2, 2, "[export]a:b/c", "[resource-new]r", []byte{0, 0}, "[export]a:b/c", "[resource-drop]r", []byte{0, 1}),
			section(3, 2, []byte{2, 1}),
			section(7, 2, "a:b/c#g", []byte{0, 2}, "a:b/c#[dtor]r", []byte{0, destructor}),
			// new(2), new(3), drop(1): the destructor drops handle 2, whose drops handle 3.
			section(10, 2,
				16, []byte{0, 0x41, 2, 0x10, 0, 0x1a, 0x41, 3, 0x10, 0, 0x1a, 0x41, 1, 0x10, 1, 0x0b},
				6, []byte{0, 0x20, 0, 0x10, 1, 0x0b}),
		)
		contract := &sandbox.Contract{World: "w", Runtime: 1, Exports: []sandbox.Interface{{
			Name: "a:b/c", Functions: []sandbox.Function{{Name: "g", Type: "func()"}}, Resources: []string{"r"},
		}}}
		return sandbox.Load(ctx, wasm, contract, r.Functions())
	}
	_, err := load(1)
	require.ErrorIs(t, err, sandbox.ErrContract)
	require.ErrorContains(t, err, `its export "a:b/c#[dtor]r" is a function that it imports`)

	m, err := load(3)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close(ctx)) }()
	err = m.Call(ctx, 0, func(c *cabi.Call) error { c.Invoke(); return nil })
	require.ErrorIs(t, err, sandbox.ErrABI, "the guest's fault, not the host's")
}

// A resource can reach a function of an interface that its module lacks.
func TestAResourceForAFunctionThatIsNotThere(t *testing.T) {
	r := &cabi.ResourceType{Interface: "a:b/c", Name: "r", Exported: true}
	wasm := wasmModule(
		section(1, 2, []byte{0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f}),
		section(2, 1, "[export]a:b/c", "[resource-new]r", []byte{0, 0}),
		section(3, 1, []byte{1}),
		section(7, 1, "a:b/c#make", []byte{0, 1}),
		section(10, 1, 6, []byte{0, 0x41, 7, 0x10, 0, 0x0b}),
	)
	contract := &sandbox.Contract{World: "w", Runtime: 1, Exports: []sandbox.Interface{
		{Name: "a:b/c", Functions: []sandbox.Function{{Name: "make", Results: "i", Type: "func() -> own<resource>"}}, Resources: []string{"r"}},
		{Name: "a:b/d", Optional: true, Functions: []sandbox.Function{{Name: "use", Params: "i", Type: "func(a: borrow<resource>)"}}},
	}}
	m, err := sandbox.Load(ctx, wasm, contract, r.Functions())
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close(ctx)) }()
	var h *cabi.Handle
	require.NoError(t, m.Call(ctx, 0, func(c *cabi.Call) error {
		c.Invoke()
		h = c.LiftHandle(r, c.PopU32())
		return nil
	}))
	err = sandbox.CallWith(ctx, m, h, 1, func(c *cabi.Call) error {
		c.PushU32(c.LowerBorrowedHandle(r, h))
		c.Invoke()
		return nil
	})
	require.ErrorIs(t, err, sandbox.ErrNotExported)
	require.NoError(t, sandbox.Drop(ctx, h), "the resource is still there")
}

// Each function that is called has a call stack, which does not shrink: so a contract with
// many functions has only some at a time.
func TestFewFunctionsHaveStacks(t *testing.T) {
	const n = 3*sandbox.MaxBound + 1
	var functions []sandbox.Function
	types, exports, codes := []any{n}, []any{n}, []any{n}
	for i := range n {
		name := fmt.Sprintf("f%d", i)
		functions = append(functions, sandbox.Function{Name: name, Results: "i", Type: "func() -> u32"})
		types = append(types, 0)
		exports = append(exports, name, []byte{0, byte(i)})
		codes = append(codes, 4, []byte{0, 0x41, byte(i), 0x0b})
	}
	wasm := wasmModule(section(1, 1, []byte{0x60, 0, 1, 0x7f}), section(3, types...), section(7, exports...), section(10, codes...))
	contract := &sandbox.Contract{World: "w", Runtime: 1, Exports: []sandbox.Interface{{Functions: functions}}}
	m, err := sandbox.Load(ctx, wasm, contract, nil, sandbox.WithMaxInstances(1))
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close(ctx)) }()
	for want := range sandbox.MaxBound {
		require.NoError(t, m.Use(ctx, 0, func(ctx context.Context, in *sandbox.Instance) error {
			require.Equal(t, want, in.Bound())
			return in.Call(ctx, want).Done()
		}))
	}
	for i := range 4 * n {
		function := i * 5 % n
		require.NoError(t, m.Use(ctx, function, func(ctx context.Context, in *sandbox.Instance) error {
			c := in.Call(ctx, function)
			c.Invoke()
			require.EqualValues(t, function, c.PopU32())
			require.Equal(t, sandbox.MaxBound, in.Bound())
			return c.Done()
		}))
	}
}

// A destructor has no post-return, whatever the module exports.
func TestADestructorHasNoPostReturn(t *testing.T) {
	r := &cabi.ResourceType{Interface: "a:b/c", Name: "r", Exported: true}
	wasm := wasmModule(
		section(1, 3, []byte{0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 0}),
		section(2, 1, "[export]a:b/c", "[resource-new]r", []byte{0, 0}),
		section(3, 3, []byte{1, 2, 2}),
		section(7, 3, "a:b/c#make", []byte{0, 1}, "a:b/c#[dtor]r", []byte{0, 2}, "cabi_post_a:b/c#[dtor]r", []byte{0, 3}),
		section(10, 3, 6, []byte{0, 0x41, 7, 0x10, 0, 0x0b}, 2, []byte{0, 0x0b}, 3, []byte{0, 0, 0x0b}),
	)
	contract := &sandbox.Contract{World: "w", Runtime: 1, Exports: []sandbox.Interface{{
		Name: "a:b/c", Functions: []sandbox.Function{{Name: "make", Results: "i", Type: "func() -> own<resource>"}}, Resources: []string{"r"},
	}}}
	m, err := sandbox.Load(ctx, wasm, contract, r.Functions())
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close(ctx)) }()
	var h *cabi.Handle
	require.NoError(t, m.Call(ctx, 0, func(c *cabi.Call) error {
		c.Invoke()
		h = c.LiftHandle(r, c.PopU32())
		return nil
	}))
	require.NoError(t, sandbox.Drop(ctx, h))
}
