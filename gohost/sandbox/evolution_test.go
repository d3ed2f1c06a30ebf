package sandbox_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// evolving is a host of testdata/evolves.wat.
type evolving struct {
	sandbox.Contract
	functions []cabi.HostFunction
	logged    []uint32
}

func newEvolving(version string) *evolving {
	h := &evolving{Contract: sandbox.Contract{
		World: "test:evolves/world", Runtime: cabi.Version1,
		Exports: []sandbox.Interface{{
			Name: "test:evolves/api", Version: version,
			Functions: []sandbox.Function{
				{Name: "run", Params: "i", Results: "i", Type: "func(n: u32) -> u32"},
				{Name: "stop", Type: "func()"},
			},
		}},
		Imports: []sandbox.Interface{{
			Name: "test:evolves/log", Version: version, Resources: []string{"sink"},
			Functions: []sandbox.Function{
				{Name: "log", Params: "i", Type: "func(n: u32)"},
				{Name: "[constructor]sink", Params: "i", Results: "i", Type: "func(n: u32) -> own<resource>"},
			},
		}},
	}}
	sink := &cabi.ResourceType{Interface: "test:evolves/log", Version: version, Name: "sink"}
	function := func(name, results string, call func(*cabi.Call)) cabi.HostFunction {
		return cabi.HostFunction{Interface: "test:evolves/log", Version: version, Name: name, Params: "i", Results: results, Call: call}
	}
	h.functions = append(sink.Functions(),
		function("log", "", func(c *cabi.Call) { h.logged = append(h.logged, c.PopU32()) }),
		function("[constructor]sink", "i", func(c *cabi.Call) { c.PushU32(c.LowerOwn(sink, c.PopU32())) }))
	return h
}

// run loads the guest and calls its first function.
func (h *evolving) run(t *testing.T, wasm []byte) error {
	t.Helper()
	m, err := sandbox.Load(ctx, wasm, &h.Contract, h.functions)
	if err != nil {
		return err
	}
	// What was loaded works: nothing is found out in a call.
	require.NoError(t, m.Call(ctx, 0, func(c *cabi.Call) error {
		c.PushU32(41)
		c.Invoke()
		assert.Equal(t, uint32(42), c.PopU32())
		return nil
	}))
	assert.Equal(t, []uint32{41}, h.logged)
	return m.Close(ctx)
}

// guestVersion is the version of the interfaces in testdata/evolves.wat.
const guestVersion = "1.0.0-rc.1"

// evolves calls test with the guest as a core module and as a component, which have
// another version of the interfaces in place of guestVersion.
func evolves(t *testing.T, version string, test func(t *testing.T, wasm []byte)) {
	t.Helper()
	require.Len(t, version, len(guestVersion), "names keep their lengths")
	for _, form := range []string{"evolves_core", "evolves"} {
		wasm, err := os.ReadFile("testdata/" + form + ".wasm")
		require.NoError(t, err)
		t.Run(form+" "+version, func(t *testing.T) {
			test(t, bytes.ReplaceAll(wasm, []byte(guestVersion), []byte(version)))
		})
	}
}

func TestHostsAndGuestsOfDifferentVersions(t *testing.T) {
	for _, test := range []struct {
		host, guest string
		accepted    bool
	}{
		{"1.0.0", "1.0.100000", true},
		{"1.1.0", "1.0.100000", true},
		{"1.0.0", "1.10.10000", true},
		{"2.0.0", "1.0.100000", false},
		{"1.0.0", "2.0.100000", false},
		{"1.0.0", "0.1.100000", false},
		{"0.1.0", "0.1.100000", true},
		{"0.1.200000", "0.1.100000", true},
		{"0.2.0", "0.1.100000", false},
		{"0.1.0", "0.2.100000", false},
		{"0.0.100000", "0.0.100000", true},
		{"0.0.100001", "0.0.100000", false},
		{"1.0.0-rc.1", "1.0.0-rc.1", true},
		{"1.0.0-rc.2", "1.0.0-rc.1", false},
		{"1.0.0", "1.0.0-rc.1", false},
		{"1.0.0-rc.1", "1.0.100000", false},
	} {
		evolves(t, test.guest, func(t *testing.T, wasm []byte) {
			err := newEvolving(test.host).run(t, wasm)
			if test.accepted {
				require.NoError(t, err, test.host)
				return
			}
			require.ErrorIs(t, err, sandbox.ErrContract, test.host)
			assert.ErrorContains(t, err, "and this host knows ", test.host)
		})
	}
}

func TestWhatAVersionHasAddedOrChanged(t *testing.T) {
	api := func(h *evolving) *sandbox.Interface { return &h.Exports[0] }
	log := func(h *evolving) *sandbox.Interface { return &h.Imports[0] }
	for name, test := range map[string]struct {
		change func(*evolving)
		// Parts of the error of a core module and a component, or nothing where the
		// guest is accepted.
		core, component string
	}{
		"the guest exports more": {
			change: func(h *evolving) { api(h).Functions = api(h).Functions[:1] },
		},
		"the guest exports less": {
			change: func(h *evolving) {
				api(h).Functions = append(api(h).Functions, sandbox.Function{Name: "pause", Type: "func()"})
			},
			core:      `it does not export "test:evolves/api@1.0.100000#pause"`,
			component: `the component does not export "test:evolves/api@1.0.100000#pause"`,
		},
		"the guest imports less": {
			change: func(h *evolving) {
				log(h).Functions = append(log(h).Functions, sandbox.Function{Name: "warn", Type: "func()"})
			},
		},
		"the guest imports more": {
			change:    func(h *evolving) { log(h).Functions = log(h).Functions[1:] },
			core:      `it imports the function "test:evolves/log@1.0.100000" "log", which this host does not have`,
			component: `it imports the function "test:evolves/log@1.0.100000" "log", which this host does not have`,
		},
		"the guest imports a resource": {
			change:    func(h *evolving) { log(h).Resources = nil },
			core:      `"[resource-drop]sink", which this host does not have`,
			component: `"[resource-drop]sink", which this host does not have`,
		},
		"an import of another core type": {
			change: func(h *evolving) {
				log(h).Functions[0] = sandbox.Function{Name: "log", Params: "I", Type: "func(n: u64)"}
			},
			core:      `with the type (func (param i32)), not (func (param i64))`,
			component: `a function of the type func(n: u32), not func(n: u64)`,
		},
		// A core module does not tell types that are the same core values.
		"an export of another type": {
			change:    func(h *evolving) { api(h).Functions[0].Type = "func(n: s32) -> u32" },
			component: `"test:evolves/api@1.0.100000#run" has the type func(n: u32) -> u32, not func(n: s32) -> u32`,
		},
		"an export of another parameter": {
			change:    func(h *evolving) { api(h).Functions[0].Type = "func(count: u32) -> u32" },
			component: `has the type func(n: u32) -> u32, not func(count: u32) -> u32`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			evolves(t, "1.0.100000", func(t *testing.T, wasm []byte) {
				h := newEvolving("1.1.0")
				test.change(h)
				want := test.core
				if wasm[4] == 0x0d {
					want = test.component
				}
				err := h.run(t, wasm)
				if want == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, sandbox.ErrContract)
				assert.ErrorContains(t, err, want)
			})
		})
	}
}
