package kit_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/kit"
	"example.org/compute-pipeline/gohost/sandbox"
)

// withResources is a contract with resources of the guest and of the host.
func withResources() *sandbox.Contract {
	const counter, bucket = "[export]test:kit/counters#counter", "test:kit/store#bucket"
	return &sandbox.Contract{
		World: "test:kit/resources", Runtime: 1,
		Exports: []sandbox.Interface{{
			Name: "test:kit/counters", Resources: []string{"counter"},
			Functions: []sandbox.Function{
				{Name: "[constructor]counter", Params: "i", Results: "i", Type: "func(start: u32) -> own<resource>", Handles: []string{counter}},
				{Name: "[method]counter.value", Params: "i", Results: "i", Type: "func(self: borrow<resource>) -> u32", Handles: []string{counter}},
				{Name: "[static]counter.merge", Params: "iii", Results: "i", Type: "func(a: own<resource>, b: option<own<resource>>) -> own<resource>", Handles: []string{counter, counter, counter}},
				{Name: "take", Params: "i", Results: "i", Type: "func(bucket: own<resource>) -> u32", Handles: []string{bucket}},
				{Name: "look", Params: "i", Results: "i", Type: "func(bucket: borrow<resource>) -> u32", Handles: []string{bucket}},
				{Name: "fetch", Params: "i", Results: "i", Type: "func(n: u32) -> own<resource>", Handles: []string{bucket}},
			},
		}},
		Imports: []sandbox.Interface{{
			Name: "test:kit/store", Resources: []string{"bucket"},
			Functions: []sandbox.Function{
				{Name: "[constructor]bucket", Params: "i", Results: "i", Type: "func(n: u32) -> own<resource>", Handles: []string{bucket}},
				{Name: "[method]bucket.get", Params: "i", Results: "i", Type: "func(self: borrow<resource>) -> u32", Handles: []string{bucket}},
			},
		}},
	}
}

// checkResources judges the module of resources.wat in a mode.
func checkResources(t *testing.T, mode byte, opts ...kit.Option) *kit.Report {
	t.Helper()
	wasm := read(t, "testdata/resources.wasm")
	before := []byte{0x41, 0xe1, 0x3c} // i32.const 7777
	require.Equal(t, 1, bytes.Count(wasm, before))
	wasm = bytes.Replace(wasm, before, []byte{0x41, 0x80 | mode, 0}, 1)
	report, err := kit.Check(t.Context(), wasm, append([]kit.Option{kit.WithContract(withResources()), kit.WithFuel(20_000_000)}, opts...)...)
	require.NoError(t, err)
	return report
}

func TestFunctionsOfResourcesAreCalled(t *testing.T) {
	report := checkResources(t, 0)
	assert.True(t, report.Passed, textOf(t, report))
	text := textOf(t, report)
	assert.Contains(t, text, "\n  ok    random arguments           180 calls\n")
	assert.Contains(t, text, "\n  ok    memory over 10,000 calls   60,000 calls\n")
	assert.Contains(t, text, "\n  ok    functions that return      6 functions\n")
	kit.Run(t, read(t, "testdata/resources.wasm"), kit.WithContract(withResources()))
}

func TestBrokenRulesOfResources(t *testing.T) {
	for mode, want := range map[byte][2]string{ // the check, and what it says
		1: {"leaks", "the handles that it has grew from 2,500 to 10,000 in 7,500 calls"},
		2: {"leaks", "call  [static]counter.merge(a: counter by [constructor]counter(start: "},
		3: {"abi", "when the resources that it made were dropped"},
		4: {"abi", "the guest kept 1 handles that it had borrowed for the call"},
	} {
		report := checkResources(t, mode)
		assert.Contains(t, failed(report), want[0], mode)
		assert.Contains(t, textOf(t, report), want[1])
	}
}

// What cannot be made is said, and is no fault of the functions that need it.
func TestAResourceThatIsNotMade(t *testing.T) {
	report := checkResources(t, 5)
	assert.True(t, report.Passed, textOf(t, report))
	assert.Contains(t, textOf(t, report), "30 trapped, 60 without a resource, which was not made")
	assert.Contains(t, textOf(t, report), "no call of [constructor]counter did")
}

// The program's imports take the place of the kit's.
func TestImportsOfTheProgram(t *testing.T) {
	contract := &sandbox.Contract{
		World: "test:kit/asks", Runtime: 1,
		Exports: []sandbox.Interface{{Functions: []sandbox.Function{{Name: "f", Results: "I", Type: "func() -> u64"}}}},
		Imports: []sandbox.Interface{{Name: "test:kit/host", Functions: []sandbox.Function{{Name: "now", Results: "I", Type: "func() -> u64"}}}},
	}
	vectors := kit.WithVectors([]byte(`{"format": 2, "cases": [{"id": "x", "call": "f", "args": [], "want": {"value": "1234567"}}]}`))
	wasm := read(t, "testdata/asks.wasm")
	now := cabi.HostFunction{Interface: "test:kit/host", Name: "now", Results: "I", Call: func(c *cabi.Call) { c.PushU64(1234567) }}
	report, err := kit.Check(t.Context(), wasm, kit.WithContract(contract), vectors, kit.WithImports([]cabi.HostFunction{now}))
	require.NoError(t, err)
	assert.True(t, report.Passed, textOf(t, report))
	report, err = kit.Check(t.Context(), wasm, kit.WithContract(contract), vectors)
	require.NoError(t, err)
	assert.Equal(t, []string{"vectors"}, failed(report), "the kit's answer is another one, and always the same")
}

// The kit cannot make resources that only the program's imports know.
func TestResourcesOfTheProgram(t *testing.T) {
	bucket := &cabi.ResourceType{Interface: "test:kit/store", Name: "bucket"}
	report := checkResources(t, 0, kit.WithImports(append(bucket.Functions(), cabi.HostFunction{
		Interface: "test:kit/store", Name: "[method]bucket.get", Params: "i", Results: "i", Call: func(c *cabi.Call) { c.PushI32(0) },
	})))
	text := textOf(t, report)
	assert.Contains(t, text, "without 3 functions: take passes a bucket, which only the program's imports know")
	assert.True(t, report.Passed, text)
}

// A contract that does not say which resources its handles are of is judged by the rest.
func TestHandlesWithoutResources(t *testing.T) {
	contract := withResources()
	for i := range contract.Exports[0].Functions {
		contract.Exports[0].Functions[i].Handles = nil
	}
	contract.Exports[0].Functions[0].Handles = []string{"test:kit/other#thing"}
	report, err := kit.Check(t.Context(), read(t, "testdata/resources.wasm"), kit.WithContract(contract))
	require.NoError(t, err)
	assert.Equal(t, []string{"returns"}, failed(report))
	assert.Contains(t, textOf(t, report), `without 6 functions: the contract has no resource "test:kit/other#thing"`)
}
