package hostile

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// Sections of a component.
const (
	componentModule    = 1
	componentInstances = 2
	componentAliases   = 6
)

// component returns a component of these sections.
func component(sections ...[]byte) []byte {
	return append([]byte("\x00asm\x0d\x00\x01\x00"), slices.Concat(sections...)...)
}

// coreModule returns a section with a core module of these sections.
func coreModule(sections ...[]byte) []byte {
	return section(componentModule, []byte("\x00asm\x01\x00\x00\x00"), slices.Concat(sections...))
}

// instances returns a section with n instances of the core module with this number.
func instances(n, module int) []byte {
	return section(componentInstances, times(n, 0, byte(module), 0))
}

// name returns a name with its length.
func name(text string) []byte { return sized([]byte(text)) }

// Components whose core modules become a module that costs more than the component says, or
// that take long to merge. Each is refused before that.
func TestMergeBombs(t *testing.T) {
	ofType := section(typeSection, []byte{1, 0x60, 0, 0})
	bodies := func(n int) []byte {
		return slices.Concat(ofType, section(functionSection, times(n, 0)), section(codeSection, times(n, 2, 0, 0x0b)))
	}
	// A core module that exports a function, and that export passed on by n bundles.
	chain := func(n int) []byte {
		sections := [][]byte{
			coreModule(ofType, section(functionSection, []byte{1, 0}),
				section(exportSection, []byte{1}, name("f"), []byte{0, 0}), section(codeSection, []byte{1, 2, 0, 0x0b})),
			instances(1, 0),
		}
		for i := range n {
			sections = append(sections,
				section(componentAliases, []byte{1, 0, 0, 1}, u32(i), name("f")),
				section(componentInstances, []byte{1, 1, 1}, name("f"), []byte{0}, u32(i)))
		}
		return slices.Concat(sections...)
	}
	// A core module that imports it n times, and its instance, given the last bundle.
	user := func(n, bundles int) []byte {
		function := slices.Concat(name("m"), name("f"), []byte{0, 0})
		return slices.Concat(coreModule(ofType, section(importSection, times(n, function...)), section(memorySection, []byte{1, 0, 1})),
			section(componentInstances, []byte{1, 0, 1, 1}, name("m"), []byte{0x12}, u32(bundles)))
	}
	data := section(dataSection, []byte{1, 1}, times(1_000_000, 0))
	globals := section(globalSection, times(40_000, 0x7f, 0, 0x41, 0, 0x0b))
	for what, bomb := range map[string]struct {
		wasm  []byte
		limit gohost.Limit
		text  string
	}{
		"copies of a large core module": {
			component(coreModule(data), instances(200, 0)), gohost.LimitMergedSize,
			"the instances of its core modules would have more than ",
		},
		"instances of a small core module": {
			component(coreModule(), coreModule(data), instances(100_000, 0)), gohost.LimitInstances,
			"the component has more than 256 instances of core modules",
		},
		"functions of several core modules": {
			component(coreModule(bodies(70_000)), coreModule(bodies(70_000)), instances(1, 0), instances(1, 1)), gohost.LimitFunctions,
			"the core modules of the component have more than 131072 functions together",
		},
		"a long chain of aliases": {
			component(chain(100_000), user(100_000, 100_000)), gohost.LimitAliases,
			`"f" passes through more than 64 core instances`,
		},
		"globals of several core modules": {
			component(coreModule(globals), instances(2, 0)), gohost.LimitStart,
			"the elements, segments and globals of its core modules are more than 65536 together",
		},
	} {
		t.Run(what, func(t *testing.T) {
			leavesNothing(t, func() {
				within(t, forever, func(ctx context.Context) {
					_, err := gohost.Load(ctx, bomb.wasm)
					assert.Equal(t, is(gohost.ErrLimit), classesOf(err), "%v", err)
					assert.ErrorContains(t, err, bomb.text)
					var limit *gohost.LimitError
					require.True(t, errors.As(err, &limit))
					assert.Equal(t, bomb.limit, limit.Which)
				})
			})
		})
	}
	t.Run("many imports through many bundles", func(t *testing.T) {
		within(t, forever, func(ctx context.Context) {
			_, err := gohost.Load(ctx, component(chain(60), user(100_000, 60)))
			require.ErrorIs(t, err, gohost.ErrContract)
			assert.ErrorContains(t, err, `it does not export "cabi_realloc"`)
		})
	})
}
