package inspect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/inspect"
)

// module is one of the modules in gohost/testdata.
func module(t *testing.T, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../testdata/" + name + ".wasm")
	require.NoError(t, err)
	return wasm
}

func ExampleDescribe() {
	wasm, err := os.ReadFile("../testdata/imports_function.wasm")
	if err != nil {
		log.Fatal(err)
	}
	d, err := inspect.Describe(context.Background(), wasm)
	if err != nil {
		log.Fatal(err)
	}
	for _, i := range d.Imports {
		fmt.Println("imports", i.Module, i.Name, i.Type)
	}
	for _, i := range d.Interfaces {
		fmt.Println("implements", i.Name, i.Version, i.Functions)
	}
	// Output:
	// imports env clock (func (result i64))
	// implements org:analytics/metrics 0.1.0 [compute-aggregate validate-stream]
	// implements org:compute/pipeline 0.1.0 [process-batch validate-checksum]
}

func TestDescriptionOfAComponent(t *testing.T) {
	wasm := module(t, "component")
	d, err := inspect.Describe(t.Context(), wasm)
	require.NoError(t, err)
	assert.Equal(t, inspect.Component, d.Kind)
	assert.Equal(t, len(wasm), d.Size)
	assert.Equal(t, []inspect.Interface{
		{Name: "org:analytics/metrics", Version: "0.1.0", Functions: []string{"compute-aggregate", "validate-stream"}},
		{Name: "org:compute/pipeline", Version: "0.1.0", Functions: []string{"process-batch", "validate-checksum"}},
	}, d.Interfaces)
	assert.Equal(t, []inspect.Extern{
		{Name: "org:analytics/metrics@0.1.0", Kind: "instance"},
		{Name: "org:compute/pipeline@0.1.0", Kind: "instance"},
	}, d.Exports)
	assert.Empty(t, d.Imports)
	require.Len(t, d.Modules, 1)
	assert.Equal(t, inspect.CoreModule, d.Modules[0].Kind)
	assert.Equal(t, []inspect.Limits{{Minimum: 1}}, d.Modules[0].Memories)
	assert.Len(t, d.Modules[0].Exports, 10)
	require.Len(t, d.Components, 2)
	assert.Len(t, d.Components[0].Imports, 3)
}

// A description is read from JSON and can be written as JSON without a loss.
func TestDescriptionAsJSON(t *testing.T) {
	d, err := inspect.Describe(t.Context(), module(t, "table_grows"))
	require.NoError(t, err)
	require.NotEmpty(t, d.Tables)
	text, err := json.Marshal(d)
	require.NoError(t, err)
	var again inspect.Description
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, d, again)
}

func TestBytesThatCannotBeDescribed(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "not a valid WebAssembly module: ",
		"\x00asm\x01\x00\x00\x00\x01\x7f": "not a valid WebAssembly module: ",
		"\x00asm\x0d\x00\x01\x00\x0b\x03\x01\x07\x00": "not a valid component: a name of an unknown kind, 0x07",
	} {
		_, err := inspect.Describe(t.Context(), []byte(text))
		require.ErrorIs(t, err, gohost.ErrModule)
		assert.ErrorContains(t, err, want)
	}
	_, err := inspect.Describe(t.Context(), make([]byte, 33<<20))
	var limit *gohost.LimitError
	require.ErrorAs(t, err, &limit)
	assert.Equal(t, gohost.LimitModuleSize, limit.Which)
	assert.EqualValues(t, 32<<20, limit.Max)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = inspect.Describe(canceled, module(t, "echo"))
	require.ErrorIs(t, err, context.Canceled)
}
