package hostile

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// A name section carries no meaning, so nothing in it may keep a module from
// running, nor hurt the host, which reads the names of functions for its stack
// traces. Validation does not look into it.
func TestNameSectionsThatLie(t *testing.T) {
	sub := func(id byte, contents ...[]byte) []byte { return section(id, contents...) }
	name := func(s string) []byte { return sized([]byte(s)) }
	const billions = 1<<32 - 1
	claim := sub(1, u32(billions))
	plain := withoutCustom(t, base(t))
	for what, contents := range map[string][]byte{
		"nothing":                        {},
		"an unknown subsection":          sub(77, []byte("x")),
		"a size beyond the section":      {1, 100, 0},
		"a size that is no number":       {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"four billion functions":         claim,
		"four billion functions, no end": sub(1, u32(billions), u32(0), name("f"), u32(1), name("g")),
		"four billion locals":            sub(2, u32(1), u32(0), u32(billions)),
		"locals of four billion":         sub(2, u32(billions)),
		"claims behind a module name":    sub(0, name("m"), claim),
		"claims behind a short name":     append(sub(0, name("m"), make([]byte, 100)), claim...),
		"a module name that is longer":   sub(0, u32(1000)),
		"a module name not UTF-8":        sub(0, name("\xff")),
		"a function name not UTF-8":      sub(1, u32(1), u32(0), name("\xff\xfe")),
		"a function far away":            sub(1, u32(1), u32(billions), name("far")),
		"functions twice":                sub(1, u32(2), u32(0), name("one"), u32(0), name("other")),
		"functions backwards":            sub(1, u32(3), u32(4), name("d"), u32(2), name("b"), u32(0), name("z")),
		"subsections twice":              slices.Concat(sub(1, u32(1), u32(0), name("one")), sub(1, u32(1), u32(1), name("two"))),
		"a name of a megabyte":           sub(1, u32(1), u32(3), name(string(bytes.Repeat([]byte("n"), 1<<20)))),
		"ten megabytes of names":         sub(1, tenMegabytesOfNames()),
		"ten megabytes of local names":   sub(2, u32(1), u32(0), tenMegabytesOfNames()),
		"control characters":             sub(1, u32(1), u32(3), name("\x1b[2J\r\nlevel=ERROR forged")),
	} {
		t.Run(what, func(t *testing.T) {
			leavesNothing(t, func() {
				assert.True(t, exercise(t, append(bytes.Clone(plain), custom("name", contents)...), what, compiler, interpreter))
			})
		})
	}
	twice := append(custom("name", sub(1, u32(1), u32(3), name("f"))), custom("name", sub(0, name("m")))...)
	assert.True(t, exercise(t, append(bytes.Clone(plain), twice...), "two name sections", compiler))
	first := slices.Concat([]byte(preamble), custom("name", claim), plain[len(preamble):])
	assert.True(t, exercise(t, first, "a name section before all others", compiler))
}

func TestOtherCustomSectionsThatLie(t *testing.T) {
	for _, name := range []string{"", "producers", "target_features", "linking", "reloc.CODE", "dylink.0", ".debug_info", "component-type:x", "compute-pipeline:fuel"} {
		for what, contents := range map[string][]byte{
			"nothing": nil, "billions": u32(1<<32 - 1), "junk": bytes.Repeat([]byte{0xff}, 1000), "a megabyte": make([]byte, 1<<20),
		} {
			assert.True(t, exercise(t, append(base(t), custom(name, contents)...), name+" with "+what, compiler))
		}
	}
	assert.False(t, exercise(t, append(base(t), section(customSection, sized([]byte("\xff")))...), "a name that is not UTF-8", compiler))
	assert.False(t, exercise(t, append(base(t), section(customSection, u32(9), []byte("short"))...), "a name beyond the section", compiler))
}

// Names are in stack traces, which are for people to read.
func TestNamesInStackTraces(t *testing.T) {
	wasm := withoutCustom(t, read(t, "call/traps_unreachable"))
	huge := string(bytes.Repeat([]byte("n"), 1<<20))
	names := section(1, u32(1), u32(3), sized([]byte(huge)))
	eng, err := gohost.Load(t.Context(), append(wasm, custom("name", names)...))
	if !assert.NoError(t, err) {
		return
	}
	defer eng.Close(t.Context())
	_, err = fnBatch.hostile(t.Context(), eng)
	var trap *gohost.TrapError
	if assert.ErrorAs(t, err, &trap) {
		assert.NotEmpty(t, trap.Stack)
		assert.Less(t, len(trap.Stack), 1<<16)
		assert.Less(t, len(trap.Error()), 1<<10)
	}
}

// withoutCustom is a module without its custom sections.
func withoutCustom(t testing.TB, wasm []byte) []byte {
	out := []byte(preamble)
	for _, p := range parts(t, wasm) {
		if p.id != customSection {
			out = append(out, section(p.id, p.contents)...)
		}
	}
	return out
}

// tenMegabytesOfNames is a name map of five million empty names.
func tenMegabytesOfNames() []byte {
	const n = 3_500_000
	names := u32(n)
	for i := range n {
		names = append(append(names, u32(i)...), 0)
	}
	return names
}

// Names are the module's to choose: they must not grow an error without bound,
// nor be printed as they are.
func TestNamesOfExportsInErrors(t *testing.T) {
	var all []export
	for _, e := range exports(t, base(t)) {
		if !strings.HasPrefix(e.name, "org:analytics") {
			all = append(all, e)
		}
	}
	for i := range 1000 {
		all = append(all, export{fmt.Sprintf("org:analytics/metrics@0.%d.%s\x1b[2J\n#f", i+2, strings.Repeat("9", 1000)), 0, 0})
	}
	_, err := gohost.Load(context.Background(), withExports(t, base(t), all))
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.Less(t, len(err.Error()), 10_000)
	assert.NotContains(t, err.Error(), "\x1b")
	assert.NotContains(t, err.Error(), "\n")
}
