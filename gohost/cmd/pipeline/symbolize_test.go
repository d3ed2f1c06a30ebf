package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/dynamic"
	"example.org/compute-pipeline/gohost/sandbox"
)

// placesFile is a module with debug information that implements placesWIT.
const (
	placesFile = "../../symbols/testdata/places.dwarf4.wasm"
	placesWIT  = "package test:places;\nworld places { export run: func(a: s32, b: s32) -> s32; }\n"
)

// placesTrace is a trace of Node, in which it divides by 0.
const placesTrace = `RuntimeError: divide by zero
    at work (wasm://wasm/4735dfa2:wasm-function[1]:0x95)
    at file:///srv/places.mjs:3:24
`

// placesFrames is what the source says of it.
const placesFrames = `		divide at /places/places.c:6:12 (inlined)
		twice at /places/places.c:10:10 (inlined)
		work at /places/places.c:15:10
`

func annotatedPlaces() string {
	return strings.Replace(placesTrace, "0x95)\n", "0x95)\n"+placesFrames, 1)
}

func TestSymbolize(t *testing.T) {
	trace := tempFile(t, "trace.txt", []byte(placesTrace))
	require.Equal(t, outcome{out: annotatedPlaces()}, pipeline(t, "", "symbolize", trace, "--module", placesFile))
	require.Equal(t, outcome{out: annotatedPlaces()}, pipeline(t, placesTrace, "symbolize", "--module", placesFile))
}

// stripped returns a module without its debug information.
func stripped(t *testing.T) []byte {
	const debugInformation = 157 // behind the code
	return readFile(t, placesFile)[:debugInformation]
}

func TestSymbolizeFindsSymbolsBesideTheModule(t *testing.T) {
	module := tempFile(t, "places.wasm", stripped(t))
	dir := filepath.Dir(module)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.symbols.wasm"), []byte("no module"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.symbols.wasm"), readFile(t, "../../symbols/testdata/places.dwarf5.wasm"), 0o600))
	require.Equal(t, outcome{out: annotatedPlaces()}, pipeline(t, placesTrace, "symbolize", "--module", module))
}

func TestSymbolizeRefusesWhatDoesNotFit(t *testing.T) {
	module := tempFile(t, "places.wasm", stripped(t))
	other := tempFile(t, "other.wasm", readFile(t, engineFile))
	text := tempFile(t, "text", []byte("text"))
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"nothing":            {nil, 2, "no symbols: give a module with debug information, by --symbols"},
		"no symbols":         {[]string{"--module", module}, 2, "no symbols"},
		"no file":            {[]string{"--module", module + "x"}, 2, "no such file"},
		"a directory":        {[]string{"--module", filepath.Dir(module)}, 2, "not a regular file"},
		"no trace":           {[]string{module + "x", "--module", placesFile}, 2, "no such file"},
		"symbols of another": {[]string{"--module", other, "--symbols", placesFile}, 1, "the symbols are of another build: they know nothing of the code "},
		"no debug":           {[]string{"--module", placesFile, "--symbols", module}, 1, "no debug information"},
		"no module":          {[]string{"--module", text, "--symbols", placesFile}, 1, "neither a core module nor a component"},
		"no module either":   {[]string{"--symbols", text}, 1, "neither a core module nor a component"},
		"offsets in a file":  {[]string{"--symbols", placesFile}, 1, "is in no function of the module"},
	} {
		res := pipeline(t, placesTrace, append([]string{"symbolize"}, c.args...)...)
		assert.Equal(t, c.status, res.status, name)
		assert.Contains(t, res.err, c.want, name)
		assert.NotContains(t, res.out, "places.c", name)
	}
	res := pipeline(t, "text", "symbolize", "--module", placesFile)
	assert.Equal(t, outcome{status: 1, out: "text\n", err: "pipeline: the trace has no frame of WebAssembly\n"}, res)
}

// A plugin that gohost hardens and meters, with its debug information or with a file of that.
func TestSymbolizeTracesOfPlugins(t *testing.T) {
	wit := tempFile(t, "places.wit", []byte(placesWIT))
	contract, err := (&witFlags{WIT: wit}).contract(t.Context())
	require.NoError(t, err)
	run, err := dynamic.ParseFunction("func(a: s32, b: s32) -> s32")
	require.NoError(t, err)
	module := tempFile(t, "places.wasm", stripped(t))
	for name, opt := range map[string]sandbox.Option{"compiler": sandbox.WithMaxInstances(1), "interpreter": gohost.WithInterpreter()} {
		m, err := sandbox.Load(t.Context(), stripped(t), contract, nil, opt, sandbox.WithCodeOffsets())
		require.NoError(t, err, name)
		_, err = run.Call(t.Context(), m, nil, 0, []any{int32(3), int32(0)})
		var trap *sandbox.TrapError
		require.ErrorAs(t, err, &trap, name)
		require.NoError(t, m.Close(context.Background()))
		require.Contains(t, trap.Stack, ": code ", name)

		res := pipeline(t, trap.Stack, "symbolize", "--module", module, "--symbols", placesFile, "--wit", wit)
		require.Equal(t, 0, res.status, res.err)
		assert.Contains(t, res.out, placesFrames, name)
		assert.Contains(t, res.out, "\t\trun at /places/places.c:19:10\n", name)

		res = pipeline(t, trap.Stack, "symbolize", "--symbols", placesFile)
		assert.Equal(t, 1, res.status)
		assert.Contains(t, res.err, "give the module that ran, by --module")
		res = pipeline(t, trap.Stack, "symbolize", "--module", placesFile)
		assert.Equal(t, 1, res.status)
		assert.Contains(t, res.err, "contract not met", "the engine's contract")
		other := fmt.Sprintf("%s: code 0123456789ab\n", strings.SplitN(trap.Stack, ": code ", 2)[0])
		res = pipeline(t, other, "symbolize", "--module", placesFile, "--wit", wit)
		assert.Equal(t, 1, res.status)
		assert.Contains(t, res.err, "and the trace is of the code 0123456789ab")
	}
}

func TestSymbolizeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := (&symbolizeCommand{Trace: "-", Module: placesFile}).Run(ctx, streams{in: strings.NewReader(placesTrace), out: new(strings.Builder)})
	require.ErrorIs(t, err, context.Canceled)
}
