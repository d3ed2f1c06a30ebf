package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// eachMerged loads a component of testdata/merge, whose core modules become one, on the
// compiler and on the interpreter.
func eachMerged(t *testing.T, name string, contract *sandbox.Contract, imports []cabi.HostFunction, test func(t *testing.T, m *sandbox.Module)) {
	wasm, err := os.ReadFile(filepath.Join("testdata", "merge", name+".wasm"))
	require.NoError(t, err)
	for engine, opts := range map[string][]sandbox.Option{"compiler": nil, "interpreter": {sandbox.WithInterpreter()}} {
		t.Run(engine, func(t *testing.T) {
			m, err := sandbox.Load(ctx, wasm, contract, imports, opts...)
			require.NoError(t, err)
			test(t, m)
			assert.NoError(t, m.Close(ctx))
		})
	}
}

// Each component says in its text what its function returns.
func TestCoreModulesOfAComponentBecomeOne(t *testing.T) {
	contract := &sandbox.Contract{World: "test:merge/world", Runtime: cabi.Version1, Exports: []sandbox.Interface{{
		Functions: []sandbox.Function{{Name: "run", Params: "i", Results: "i", Type: "func(n: u32) -> u32"}},
	}}}
	for name, expected := range map[string]func(n uint32) uint32{
		"shared":  func(n uint32) uint32 { return 3*n + 7 + 1025 + n + 100 },
		"starts":  func(n uint32) uint32 { return n + 210 + 3 + 5 + 1000 },
		"twice":   func(n uint32) uint32 { return n + 6 + 50 },
		"aliases": func(n uint32) uint32 { return n + 1 + 20 + 300 + 4000 },
		"linked":  func(n uint32) uint32 { return 2*n + 7 + n + 7 + 1000 },
	} {
		t.Run(name, func(t *testing.T) {
			eachMerged(t, name, contract, nil, func(t *testing.T, m *sandbox.Module) {
				require.NoError(t, m.Call(ctx, 0, func(c *cabi.Call) error {
					c.PushU32(5)
					c.Invoke()
					assert.Equal(t, expected(5), c.PopU32())
					return nil
				}))
			})
		})
	}
}

// The host has one function that makes room in memory, and the component has three.
func TestEachImportMakesRoomInItsOwnWay(t *testing.T) {
	contract := &sandbox.Contract{
		World: "test:merge/reallocs", Runtime: cabi.Version1,
		Exports: []sandbox.Interface{{
			Functions: []sandbox.Function{{Name: "run", Params: "ii", Results: "i", Type: "func(text: string) -> u32"}},
		}},
		Imports: []sandbox.Interface{{
			Functions: []sandbox.Function{{Name: "get", Params: "i", Type: "func() -> string"}},
		}},
	}
	get := cabi.HostFunction{Name: "get", Params: "i", Call: func(c *cabi.Call) {
		if c.Lifted() {
			c.StoreString(c.PopArea(8, 4), "from the host")
		}
	}}
	eachMerged(t, "reallocs", contract, []cabi.HostFunction{get}, func(t *testing.T, m *sandbox.Module) {
		for range 2 {
			require.NoError(t, m.Call(ctx, 0, func(c *cabi.Call) error {
				c.PushString("to the guest")
				c.Invoke()
				assert.Equal(t, uint32(4096+256+512), c.PopU32())
				return nil
			}))
		}
	})
}
