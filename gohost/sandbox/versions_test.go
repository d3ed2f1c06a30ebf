package sandbox_test

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// versioned is one version of the interfaces of testdata/versions.wat.
type versioned struct {
	version string
	r       *cabi.ResourceType
	logged  []uint32
}

func newVersioned(version string) *versioned {
	return &versioned{version: version, r: &cabi.ResourceType{Interface: "test:two/api", Version: version, Name: "r", Exported: true}}
}

func (v *versioned) exports() sandbox.Interface {
	return sandbox.Interface{
		Name: "test:two/api", Version: v.version, Resources: []string{"r"},
		Functions: []sandbox.Function{
			{Name: "run", Results: "i", Type: "func() -> u32"},
			{Name: "[constructor]r", Results: "i", Type: "func() -> own<resource>"},
		},
	}
}

func (v *versioned) imports() sandbox.Interface {
	return sandbox.Interface{
		Name: "test:two/log", Version: v.version,
		Functions: []sandbox.Function{{Name: "log", Params: "i", Type: "func(n: u32)"}},
	}
}

func (v *versioned) functions() []cabi.HostFunction {
	log := cabi.HostFunction{Interface: "test:two/log", Version: v.version, Name: "log", Params: "i", Call: func(c *cabi.Call) {
		v.logged = append(v.logged, c.PopU32())
	}}
	return append(v.r.Functions(), log)
}

// check calls the functions of the version, which is i-th in the contract.
func (v *versioned) check(t *testing.T, m *sandbox.Module, i int, number uint32) {
	t.Helper()
	require.NoError(t, m.Call(ctx, 2*i, func(c *cabi.Call) error {
		c.Invoke()
		assert.Equal(t, number, c.PopU32())
		return nil
	}))
	var r *cabi.Handle
	require.NoError(t, m.Call(ctx, 2*i+1, func(c *cabi.Call) error {
		c.Invoke()
		r = c.LiftHandle(v.r, c.PopU32())
		return nil
	}))
	require.NoError(t, sandbox.Drop(ctx, r))
	assert.Equal(t, []uint32{number, 10 + number}, v.logged, "%s", v.version)
}

func twoVersions(t *testing.T, versions ...*versioned) (contract *sandbox.Contract, functions []cabi.HostFunction) {
	t.Helper()
	contract = &sandbox.Contract{World: "test:two/world", Runtime: cabi.Version1}
	for _, v := range versions {
		contract.Exports = append(contract.Exports, v.exports())
		contract.Imports = append(contract.Imports, v.imports())
		functions = append(functions, v.functions()...)
	}
	return contract, functions
}

func readVersions(t *testing.T) []byte {
	t.Helper()
	wasm, err := os.ReadFile("testdata/versions.wasm")
	require.NoError(t, err)
	return wasm
}

// Each version of an interface is called and implemented by the same version, in whatever
// order the contract has them.
func TestTwoVersionsOfAnInterfaceInOneWorld(t *testing.T) {
	for _, order := range [][]string{{"0.2.1", "0.2.3"}, {"0.2.3", "0.2.1"}} {
		versions := []*versioned{newVersioned(order[0]), newVersioned(order[1])}
		contract, functions := twoVersions(t, versions...)
		m, err := sandbox.Load(ctx, readVersions(t), contract, functions)
		require.NoError(t, err, order)
		for i, v := range versions {
			v.check(t, m, i, uint32(v.version[len(v.version)-1]-'0'))
		}
		require.NoError(t, m.Close(ctx))
	}
}

// The newest version is called where the host's is not there, and the guest's imports are
// those of the host's newest. The guest's own resources are of the version that is called.
func TestOneVersionInPlaceOfAnother(t *testing.T) {
	for _, host := range []string{"0.2.0", "0.2.2", "0.2.9"} {
		v := newVersioned(host)
		contract, functions := twoVersions(t, v)
		m, err := sandbox.Load(ctx, readVersions(t), contract, functions)
		require.NoError(t, err, host)
		v.check(t, m, 0, 3)
		require.NoError(t, m.Close(ctx))
	}
	// 0.2.4 is 0.2.1 to a host that has 0.2.3 itself, and so are its resources, although
	// 0.2.3 is newer.
	guest := bytes.ReplaceAll(readVersions(t), []byte("0.2.1"), []byte("0.2.4"))
	versions := []*versioned{newVersioned("0.2.1"), newVersioned("0.2.3")}
	contract, functions := twoVersions(t, versions...)
	m, err := sandbox.Load(ctx, guest, contract, functions)
	require.NoError(t, err)
	defer m.Close(ctx)
	require.NoError(t, m.Call(ctx, 1, func(c *cabi.Call) error {
		c.Invoke()
		c.LiftHandle(versions[0].r, c.PopU32())
		return nil
	}))

	// Resources of two versions cannot come from one export.
	guest = bytes.ReplaceAll(readVersions(t), []byte("api@0.2.1"), []byte("xyz@0.2.1"))
	_, err = sandbox.Load(ctx, guest, contract, functions)
	require.ErrorIs(t, err, sandbox.ErrContract)
	assert.ErrorContains(t, err, "it exports the interface test:two/api@0.2.3 in place of two versions")
}

// A module may import a function as often as it likes: the program's is added once.
func TestAFunctionThatIsImportedManyTimes(t *testing.T) {
	v := newVersioned("0.2.3")
	contract, functions := twoVersions(t, v)
	contract.Exports = nil
	m, err := sandbox.Load(ctx, manyImports(60_000), contract, functions)
	require.NoError(t, err)
	require.NoError(t, m.Close(ctx))
	_, err = sandbox.Load(ctx, manyImports(1<<16+1), contract, functions)
	require.ErrorIs(t, err, sandbox.ErrLimit)
	assert.ErrorContains(t, err, "its elements, segments, globals, imports and exports are 65538 together")

	functions = slices.DeleteFunc(functions, func(f cabi.HostFunction) bool { return f.Name == "log" })
	_, err = sandbox.Load(ctx, manyImports(1), contract, functions)
	require.ErrorIs(t, err, sandbox.ErrContract)
	assert.ErrorContains(t, err, `it imports the function "test:two/log@0.2.3" "log", which the program does not implement`)
}

// manyImports is a module that imports a function so many times, and exports its memory.
func manyImports(count int) []byte {
	sized := func(contents ...[]byte) []byte {
		all := slices.Concat(contents...)
		return append(leb(len(all)), all...)
	}
	one := slices.Concat(sized([]byte("test:two/log@0.2.3")), sized([]byte("log")), []byte{0, 0})
	return slices.Concat(
		[]byte("\x00asm\x01\x00\x00\x00"),
		[]byte{1}, sized([]byte{1, 0x60, 1, 0x7f, 0}),
		[]byte{2}, sized(leb(count), bytes.Repeat(one, count)),
		[]byte{5}, sized([]byte{1, 0, 1}),
		[]byte{7}, sized([]byte{1}, sized([]byte("memory")), []byte{2, 0}),
	)
}

// leb is a number as modules have it.
func leb(n int) (encoded []byte) {
	for ; n >= 0x80; n >>= 7 {
		encoded = append(encoded, byte(n)|0x80)
	}
	return append(encoded, byte(n))
}
