package hostile

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.org/compute-pipeline/gohost"
)

// Components of several core modules that are connected as none is, or that have much of
// something that costs little to write. Each is refused for what is wrong with it.
func TestMergeAttacks(t *testing.T) {
	ofType := section(typeSection, []byte{1, 0x60, 0, 0})
	function := slices.Concat(ofType, section(functionSection, []byte{1, 0}))
	body := section(codeSection, []byte{1, 2, 0, 0x0b})
	global := section(globalSection, []byte{1, 0x7f, 0, 0x41, 0, 0x0b}) // more than connects others
	// A core module that exports a function under this name, and one that imports it n times.
	exports := func(as string) []byte {
		return coreModule(function, global, section(exportSection, []byte{1}, name(as), []byte{0, 0}), body)
	}
	imports := func(n int, as string) []byte {
		return coreModule(ofType, section(importSection, times(n, slices.Concat(name("m"), name(as), []byte{0, 0})...)), global)
	}
	// An instance of a core module that is given these core instances as "m".
	given := func(module int, instances ...int) []byte {
		arguments := u32(len(instances))
		for _, instance := range instances {
			arguments = slices.Concat(arguments, name("m"), []byte{0x12}, u32(instance))
		}
		return section(componentInstances, []byte{1, 0}, u32(module), arguments)
	}
	alias := func(instance int, as string) []byte {
		return section(componentAliases, []byte{1, 0, 0, 1}, u32(instance), name(as))
	}
	// A bundle of the core function with this number under some names.
	bundle := func(function int, names ...string) []byte {
		all := u32(len(names))
		for _, as := range names {
			all = slices.Concat(all, name(as), []byte{0}, u32(function))
		}
		return section(componentInstances, []byte{1, 1}, all)
	}
	long := strings.Repeat("n", 100_000) // none may be longer
	table := func(entries int) []byte {
		return coreModule(section(tableSection, []byte{1, 0x70, 0}, u32(entries)), global)
	}
	memory := func(pages int) []byte {
		return coreModule(section(memorySection, []byte{1, 0}, u32(pages)), global, section(exportSection, []byte{1}, name("m"), []byte{2, 0}))
	}
	// (i32.const 1), n times, and the sum of all.
	sum := func(n int) []byte {
		value := slices.Concat(bytes.Repeat([]byte{0x41, 1}, n), bytes.Repeat([]byte{0x6a}, n-1), []byte{0x0b})
		return coreModule(section(globalSection, []byte{1, 0x7f, 0}, value))
	}
	types := coreModule(section(typeSection, times(200_000, 0x60, 0, 0)), global)

	// What is wrong with the core module that comes out of merging.
	const merged = `it exports no memory called "memory"`
	for what, attack := range map[string]struct {
		wasm    []byte
		classes []error
		text    string
	}{
		"an instance that is given to itself": {
			component(exports("f"), imports(1, "f"), given(1, 0)), is(gohost.ErrContract, gohost.ErrModule), "there is no core instance 0",
		},
		"instances in a circle": {
			component(imports(1, "f"), imports(1, "f"), given(0, 1), given(1, 0)), is(gohost.ErrContract, gohost.ErrModule), "there is no core instance 1",
		},
		"a core module after the last": {
			component(coreModule(), coreModule(), instances(1, 2)), is(gohost.ErrContract, gohost.ErrModule), "there is no core module 2",
		},
		// No component may have these. The host takes one of the two.
		"a name that is given twice": {
			component(exports("f"), imports(1, "f"), instances(2, 0), given(1, 0, 1)), is(gohost.ErrContract), merged,
		},
		"a bundle with a name twice": {
			component(exports("f"), imports(1, "f"), instances(1, 0), alias(0, "f"), bundle(0, "f", "f"), given(1, 1)), is(gohost.ErrContract), merged,
		},
		"an alias of what is not there": {
			component(exports("f"), imports(1, "f"), instances(1, 0), alias(0, "g"), bundle(0, "f"), given(1, 1)), is(gohost.ErrContract),
			"core instance 1 has no function of that name",
		},
		"empty names": {
			component(exports(""), imports(1, ""), instances(1, 0), alias(0, ""), bundle(0, ""), given(1, 1)), is(gohost.ErrContract), merged,
		},
		"many imports of a long name": {
			component(exports(long), imports(100_000, ""), instances(1, 0), alias(0, long), bundle(0, ""), given(1, 1)), is(gohost.ErrContract), merged,
		},
		"a function that is a memory": {
			component(memory(1), imports(1, "m"), instances(1, 0), given(1, 0)), is(gohost.ErrContract), "core instance 0 has no function of that name",
		},
		"large tables": {
			component(table(100_000), table(100_000), instances(1, 0), instances(1, 1)), is(gohost.ErrContract), merged,
		},
		"two memories": {
			component(sum(1), memory(1), instances(1, 0), instances(2, 1)), is(gohost.ErrContract), "memories of their own",
		},
		"long sums": {component(sum(200_000), sum(200_000), instances(1, 0), instances(1, 1)), is(gohost.ErrContract), merged},
		"many types": {
			component(types, types, types, types, instances(1, 0), instances(1, 1), instances(1, 2), instances(1, 3)), is(gohost.ErrContract), merged,
		},
	} {
		t.Run(what, func(t *testing.T) {
			leavesNothing(t, func() {
				within(t, forever, func(ctx context.Context) {
					_, err := gohost.Load(ctx, attack.wasm)
					assert.Equal(t, attack.classes, classesOf(err), "%v", err)
					assert.ErrorContains(t, err, attack.text)
				})
			})
		})
	}
}
