package sandbox_test

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// The strings of a list are lowered by a module of the host's, which calls the guest's
// realloc: it is metered and limited there as anywhere.
func TestReallocOfManyStrings(t *testing.T) {
	wasm, err := os.ReadFile("testdata/texts.wasm")
	require.NoError(t, err)
	contract := &sandbox.Contract{World: "w", Runtime: 1, Exports: []sandbox.Interface{{Functions: []sandbox.Function{
		{Name: "last", Params: "ii", Results: "i", Type: "func(a: list<string>) -> u32"},
	}}}}
	for name, opts := range map[string][]sandbox.Option{"compiler": nil, "interpreter": {sandbox.WithInterpreter()}} {
		t.Run(name, func(t *testing.T) {
			m, err := sandbox.Load(ctx, wasm, contract, nil, append(opts, sandbox.WithFuel(1_000_000), sandbox.WithMemoryLimit(2), sandbox.WithMaxInstances(1))...)
			require.NoError(t, err)
			last := func(texts []string) (at uint32, err error) {
				err = m.Call(ctx, 0, func(c *cabi.Call) error {
					c.PushStrings(texts)
					c.Invoke()
					at = c.PopU32()
					return nil
				})
				return at, err
			}
			few, many := slices.Repeat([]string{"texts"}, 4), slices.Repeat([]string{"texts"}, 100)
			one := func(s string) []string { return append(slices.Clone(many), s) }

			at, err := last(many)
			require.NoError(t, err)
			assert.EqualValues(t, 1024+100*8+99*8, at)
			used := m.Stats().FuelUsed
			for range 25 {
				_, err = last(few)
				require.NoError(t, err)
			}
			assert.Greater(t, m.Stats().FuelUsed, 2*used-used/20, "together they use the fuel that they use alone")

			_, err = last(one("7 bytes"))
			require.ErrorIs(t, err, sandbox.ErrLimit)
			limit := (*sandbox.LimitError)(nil)
			require.ErrorAs(t, err, &limit)
			assert.Equal(t, sandbox.LimitFuel, limit.Which)

			// Memory grows while strings are lowered, up to the limit.
			at, err = last(append(one("9 bytes.."), one("9 bytes..")...))
			require.NoError(t, err)
			assert.EqualValues(t, 2<<16, at)
			assert.EqualValues(t, 3<<16, m.Stats().MemoryBytes)
			_, err = last(slices.Repeat([]string{"9 bytes.."}, 40))
			require.ErrorAs(t, err, &limit)
			assert.Equal(t, sandbox.LimitMemory, limit.Which)

			require.NoError(t, m.Close(ctx))
			assert.Zero(t, m.Stats().MemoryBytes)
			assert.Zero(t, m.Stats().Instances)
		})
	}
}
