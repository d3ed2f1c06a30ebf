package hostile

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.org/compute-pipeline/gohost"
)

// Small modules that are valid and take wazero's compiler seconds to minutes, or
// memory by the gigabyte. Each is refused before wazero sees it, with what it takes
// too much of.
func TestCompileBombs(t *testing.T) {
	const (
		time   = "limit reached: the module would take too long to compile: "
		memory = "limit reached: the module would take too much memory to compile: "
		kept   = "limit reached: the module would keep too much memory once it is compiled: "
	)
	end := []byte{0x0b}
	repeat := func(n int, code ...byte) []byte { return bytes.Repeat(code, n) }
	each := func(n int, code func(i int) []byte) (all []byte) {
		for i := range n {
			all = append(all, code(i)...)
		}
		return all
	}
	// locals of type i32, each set to something, then the body, then all read.
	locals := func(n int, body ...[]byte) []byte {
		return functions(t, 1,
			u32(1), u32(n), []byte{0x7f},
			each(n, func(i int) []byte { return slices.Concat([]byte{0x41, 0, 0x28, 2, 0, 0x21}, u32(i)) }),
			slices.Concat(body...),
			each(n, func(i int) []byte { return slices.Concat([]byte{0x41, 0, 0x20}, u32(i), []byte{0x36, 2, 0}) }),
			end)
	}
	global := []byte{0x7f, 1, 0x41, 0, 0x0b}
	withGlobals := func(wasm []byte, n int) []byte {
		old := []byte{0}
		for _, p := range parts(t, wasm) {
			if p.id == globalSection {
				old = p.contents
			}
		}
		return with(t, wasm, globalSection, more(t, old, n, bytes.Repeat(global, n)))
	}
	// A block with 1,000 results that each target of a table of branches leaves.
	types := contents(t, functions(t, 1, u32(0), end), typeSection)
	largeTarget := with(t, functions(t, 1,
		u32(0), []byte{0x02, types[0]}, repeat(1000, 0x42, 0), []byte{0x41, 0, 0x0e}, times(200_000, 0), []byte{0, 0x0b}, repeat(1000, 0x1a), end),
		typeSection, more(t, types, 1, slices.Concat([]byte{0x60, 0}, times(1000, 0x7e))))
	for what, bomb := range map[string]struct {
		wasm []byte
		text string
	}{
		"targets with a large type":             {largeTarget, "limit reached: module too large: reading it takes too long for its size: "},
		"nested loops that locals pass through": {locals(500, repeat(500, 0x03, 0x40), repeat(500, 0x41, 0, 0x0d, 0, 0x0b)), time},
		"loops in a row that locals pass through": {
			locals(1_000, repeat(1_000, 0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b)), time,
		},
		"fills of a table that locals pass through": {
			with(t, locals(1_000, repeat(1_000, 0x41, 0, 0xd0, 0x70, 0x41, 0, 0xfc, 17, 0)), tableSection, []byte{1, 0x70, 0, 10}), time,
		},
		"ends of nested blocks": {
			functions(t, 1, u32(1), u32(1), []byte{0x7f}, repeat(20_000, 0x02, 0x40), repeat(20_000, 0x20, 0, 0x0d, 0, 0x0b), end), time,
		},
		"conversions": {
			functions(t, 1, u32(0), []byte{0x41, 1}, repeat(500_000, 0xb7, 0xaa), []byte{0x1a}, end), time,
		},
		"fewer conversions":    {functions(t, 1, u32(0), []byte{0x41, 1}, repeat(60_000, 0xb7, 0xaa), []byte{0x1a}, end), memory},
		"divisions":            {functions(t, 1, u32(0), []byte{0x41, 1}, repeat(1_000_000, 0x41, 3, 0x6d), []byte{0x1a}, end), time},
		"loads":                {functions(t, 1, u32(0), []byte{0x41, 1}, repeat(100_000, 0x28, 2, 0), []byte{0x1a}, end), memory},
		"calls among globals":  {withGlobals(functions(t, 1, u32(0), repeat(2_000, 0x10, 5), end), 2_000), memory},
		"values across calls":  {functions(t, 1, u32(0), repeat(20_000, 0x41, 0, 0x28, 2, 0), repeat(20_000, 0x10, 5), repeat(20_000, 0x1a), end), time},
		"functions by globals": {withGlobals(functions(t, 160_000, u32(0), end), 62_000), time},
		"functions by types": {
			with(t, functions(t, 50_000, u32(0), end), typeSection,
				more(t, contents(t, functions(t, 1, u32(0), end), typeSection), 200_000, repeat(200_000, 0x60, 0, 0))), time,
		},
		"many functions":     {functions(t, 350_000, u32(0), end), kept},
		"locals by the byte": {functions(t, 3_000, u32(1), u32(50_000), []byte{0x7e}, end), time},
	} {
		t.Run(what, func(t *testing.T) {
			leavesNothing(t, func() {
				within(t, forever, func(ctx context.Context) {
					_, err := gohost.Load(ctx, bomb.wasm)
					assert.Equal(t, is(gohost.ErrLimit), classesOf(err), "%v", err)
					assert.ErrorContains(t, err, bomb.text)
				})
			})
		})
	}
}
