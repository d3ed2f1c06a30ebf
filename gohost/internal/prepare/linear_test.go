package prepare

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vector returns the bytes of n elements behind their number.
func vector(n int, element func(i int) []byte) []byte {
	all := binary.AppendUvarint(nil, uint64(n))
	for i := range n {
		all = append(all, element(i)...)
	}
	return all
}

// named returns a name with its length, and more after it.
func named(name string, more ...byte) []byte {
	return append(appendSized(nil, []byte(name)), more...)
}

// sections returns the preamble of a component or core module, and sections by their ids.
func sections(preamble string, contents ...[]byte) []byte {
	all := []byte(preamble)
	for _, section := range contents {
		all = appendSized(append(all, section[0]), section[1:])
	}
	return all
}

// section returns a section as [sections] takes it.
func section(id byte, contents ...[]byte) []byte {
	return append([]byte{id}, slices.Concat(contents...)...)
}

const (
	componentPreamble = "\x00asm\x0d\x00\x01\x00"
	modulePreamble    = "\x00asm\x01\x00\x00\x00"
)

// manyImportsOfOneType returns a component with n imports of an instance type of n resources.
func manyImportsOfOneType(n int) []byte {
	instance := vector(n, func(i int) []byte {
		return append([]byte{4, 0}, named(fmt.Sprintf("t%d", i), 3, 1)...)
	})
	imports := vector(n, func(i int) []byte {
		return append([]byte{0}, named(fmt.Sprintf("a:b/c%d", i), 5, 0)...)
	})
	return sections(componentPreamble, section(7, []byte{1, 0x42}, instance), section(10, imports))
}

// manyDropsAndExports returns a component of core modules with n functions that drop a
// resource, and with n exports.
func manyDropsAndExports(n int) []byte {
	name := func(i int) string { return fmt.Sprintf("f%d", i) }
	ofType := func(i int) []byte { return append(named("m"), named(name(i), 0, 0)...) }
	core := sections(modulePreamble, section(1, []byte{1, 0x60, 1, 0x7f, 0}), section(2, vector(n, ofType)))
	drop := func(int) []byte { return []byte{3, 0} }
	function := func(i int) []byte {
		return named(name(i), append([]byte{0}, binary.AppendUvarint(nil, uint64(i))...)...)
	}
	export := func(i int) []byte { return append([]byte{0}, named(fmt.Sprintf("x%d", i), 3, 0, 0)...) }
	instance := append([]byte{0, 0, 1}, named("m", 0x12, 0)...)
	return sections(componentPreamble,
		section(7, []byte{1, 0x3f, 0x7f, 0}), // a resource, as an i32
		section(8, vector(n, drop)),
		section(1, core),
		section(2, []byte{3, 1}, vector(n, function), instance, instance),
		section(5, []byte{1, 1, 1, 0}, named("thing", 3, 0)),
		section(11, vector(n, export)),
		section(11, []byte{1, 0}, named("ex:a/things@1.0.0", 5, 0, 0)))
}

// Twice the component takes about twice the work, which is counted in fuel: a scan for each
// of many takes four times as much.
func TestCheckingIsLinear(t *testing.T) {
	const contract = "export\tex:a/things\t1.0.0\trequired\nfunction\trun\ti\ti\tfunc(n: u32) -> u32\nresource\tthing\n"
	sandbox := newSandbox(t)
	for name, test := range map[string]struct {
		component func(n int) []byte
		problem   string
	}{
		"imports of one large type":     {manyImportsOfOneType, "the component has no instance of a core module"},
		"resources beside many exports": {manyDropsAndExports, `the component does not export "ex:a/things@1.0.0#run"`},
	} {
		t.Run(name, func(t *testing.T) {
			fuel := func(n int) float64 {
				var used uint64
				problems, err := sandbox.run(t.Context(), "check", test.component(n), []byte(contract), func(r *run) (err error) {
					used, err = r.meter.End()
					return err
				})
				require.NoError(t, err)
				require.Equal(t, test.problem, string(problems))
				return float64(used)
			}
			once, twice := fuel(8_000), fuel(16_000)
			assert.Less(t, twice/once, 2.4, "%.0f and %.0f units", once, twice)
		})
	}
}
