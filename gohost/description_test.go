package gohost_test

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
)

func ExampleDescribe() {
	wasm, err := os.ReadFile("testdata/imports_function.wasm")
	if err != nil {
		log.Fatal(err)
	}
	d, err := gohost.Describe(context.Background(), wasm)
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
	d, err := gohost.Describe(ctx, wasm)
	require.NoError(t, err)
	assert.Equal(t, gohost.Component, d.Kind)
	assert.Equal(t, len(wasm), d.Size)
	assert.Equal(t, []gohost.InterfaceDescription{
		{Name: "org:analytics/metrics", Version: "0.1.0", Functions: []string{"compute-aggregate", "validate-stream"}},
		{Name: "org:compute/pipeline", Version: "0.1.0", Functions: []string{"process-batch", "validate-checksum"}},
	}, d.Interfaces)
	assert.Equal(t, []gohost.ExternDescription{
		{Name: "org:analytics/metrics@0.1.0", Kind: "instance"},
		{Name: "org:compute/pipeline@0.1.0", Kind: "instance"},
	}, d.Exports)
	assert.Empty(t, d.Imports)
	require.Len(t, d.Modules, 1)
	assert.Equal(t, gohost.CoreModule, d.Modules[0].Kind)
	assert.Equal(t, []gohost.LimitsDescription{{Minimum: 1}}, d.Modules[0].Memories)
	assert.Len(t, d.Modules[0].Exports, 10)
	require.Len(t, d.Components, 2)
	assert.Len(t, d.Components[0].Imports, 3)
}

// A description is read from JSON and can be written as JSON without a loss.
func TestDescriptionAsJSON(t *testing.T) {
	d, err := gohost.Describe(ctx, module(t, "table_grows"))
	require.NoError(t, err)
	require.NotEmpty(t, d.Tables)
	text, err := json.Marshal(d)
	require.NoError(t, err)
	var again gohost.Description
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, d, again)
}

func TestBytesThatCannotBeDescribed(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "not a valid WebAssembly module: ",
		"\x00asm\x01\x00\x00\x00\x01\x7f": "not a valid WebAssembly module: ",
		"\x00asm\x0d\x00\x01\x00\x0b\x03\x01\x07\x00": "not a valid component: a name of an unknown kind, 0x07",
	} {
		_, err := gohost.Describe(ctx, []byte(text))
		require.ErrorIs(t, err, gohost.ErrModule)
		assert.ErrorContains(t, err, want)
	}
	_, err := gohost.Describe(ctx, make([]byte, 33<<20))
	require.ErrorIs(t, err, gohost.ErrLimit)
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = gohost.Describe(canceled, module(t, "echo"))
	require.ErrorIs(t, err, context.Canceled)
}
