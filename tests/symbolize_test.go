package tests

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/symbols"
	"example.org/compute-pipeline/tests/internal/tool"
)

// lineOf returns the number of the only line of a source with a text in it.
func lineOf(t *testing.T, file, text string) int {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	found := 0
	for i, line := range strings.Split(string(source), "\n") {
		if strings.Contains(line, text) {
			require.Zero(t, found, "%s has %q twice", file, text)
			found = i + 1
		}
	}
	require.NotZero(t, found, "%s has no %q", file, text)
	return found
}

// panicking returns the frames that the trace of the engine has when process-batch is given a
// length that no batch has: where the panic is in the source, and the export that was called.
func panicking(t *testing.T) []string {
	const file = "guest/src/batch.rs"
	return []string{
		fmt.Sprintf("compute_pipeline::batch::process_batch at /compute-pipeline/%s:%d:", file, lineOf(t, "../"+file, "assert!(")),
		fmt.Sprintf("::process_batch at /compute-pipeline/guest/src/lib.rs:%d:", lineOf(t, "../guest/src/lib.rs", "batch::process_batch(")),
		"\torg:compute/pipeline@0.1.0#process-batch at /compute-pipeline/guest/src/lib.rs:",
	}
}

// symbolsOf returns the symbols that were built with the engine.
func symbolsOf(t *testing.T) *symbols.Symbols { return readSymbols(t, "symbols") }

// readSymbols reads symbols from a file of the build.
func readSymbols(t *testing.T, name string) *symbols.Symbols {
	t.Helper()
	wasm, err := os.ReadFile("../dist/compute-pipeline." + name + ".wasm")
	require.NoError(t, err)
	s, err := symbols.Read(wasm)
	require.NoError(t, err)
	return s
}

// annotated returns a trace of the file with what the symbols say of it.
func annotated(t *testing.T, s *symbols.Symbols, file, trace string) (string, symbols.Summary) {
	t.Helper()
	targets := symbols.Targets{Host: s.PathOf}
	if file != "" {
		wasm, err := os.ReadFile(file)
		require.NoError(t, err)
		codes, err := symbols.Codes(wasm)
		require.NoError(t, err)
		require.NotEmpty(t, codes)
		path, err := s.Path(codes[0].ID)
		require.NoError(t, err, file)
		// The others of a component only lead to functions of the first.
		targets.File = []symbols.Target{{Code: codes[0], Path: path}}
	}
	var out bytes.Buffer
	summary, err := targets.Annotate(&out, strings.NewReader(trace))
	require.NoError(t, err)
	return out.String(), summary
}

func assertFrames(t *testing.T, want []string, trace string, summary symbols.Summary) {
	t.Helper()
	require.NoError(t, summary.Mismatch, trace)
	assert.Equal(t, summary.Frames, summary.Resolved, trace)
	at := 0
	for _, frame := range want {
		found := strings.Index(trace[at:], frame)
		require.GreaterOrEqual(t, found, 0, "%q is not behind byte %d of\n%s", frame, at, trace)
		at += found
	}
}

var engines = map[string]string{
	"the core module":       "../dist/compute-pipeline.core.wasm",
	"the module with DWARF": "../dist/compute-pipeline.core.debug.wasm",
	"the metered module":    "../dist/compute-pipeline.metered.wasm",
	"the component":         "../dist/compute-pipeline.component.wasm",
}

func TestTracesOfWasmtimeNameSourceLines(t *testing.T) {
	for name, file := range engines {
		t.Run(name, func(t *testing.T) {
			s := symbolsOf(t)
			if name == "the component" {
				s = readSymbols(t, "component.symbols")
			}
			trace, summary := annotated(t, s, file, string(tool.Wasmtime.Run(t, "trace", file)))
			assertFrames(t, panicking(t), trace, summary)
		})
	}
}

func TestTracesOfNodeNameSourceLines(t *testing.T) {
	s := symbolsOf(t)
	for name, file := range engines {
		if name == "the component" {
			continue // jco runs the module in it, which has the same code: tests/typescript
		}
		t.Run(name, func(t *testing.T) {
			output, err := exec.CommandContext(t.Context(), "node", "node/trace.js", file).Output()
			require.NoError(t, err)
			trace, summary := annotated(t, s, file, string(output))
			assertFrames(t, panicking(t), trace, summary)
		})
	}
}

// hostTrace returns the stack of the panic in an engine.
func hostTrace(t *testing.T, eng *gohost.Engine) string {
	t.Helper()
	defer func() { require.NoError(t, eng.Close(context.Background())) }()
	_, err := eng.ValidateStream(t.Context(), append([]byte{'['}, bytes.Repeat([]byte(`{"timestamp":1,"value":2},`), 26_000)...))
	var trap *gohost.TrapError
	require.ErrorAs(t, err, &trap)
	return trap.Stack
}

func TestTracesOfGoNameSourceLines(t *testing.T) {
	s := symbolsOf(t)
	wasm, err := os.ReadFile("../dist/compute-pipeline.core.wasm")
	require.NoError(t, err)
	validate := "compute_pipeline::validate::validate_stream at /compute-pipeline/guest/src/validate/"
	want := []string{
		"compute_pipeline::validate::records::grow at /compute-pipeline/guest/src/validate/records.rs:",
		validate, "\torg:analytics/metrics@0.2.0#validate-stream at /compute-pipeline/guest/src/lib.rs:",
	}
	for name, opts := range map[string][]gohost.Option{"compiler": nil, "interpreter": {gohost.WithInterpreter()}} {
		opts := append(opts, gohost.WithMemoryLimit(1), gohost.WithCodeOffsets())
		t.Run(name, func(t *testing.T) {
			eng, err := gohost.New(t.Context(), opts...)
			require.NoError(t, err)
			embedded := hostTrace(t, eng)
			eng, err = gohost.Load(t.Context(), wasm, opts...)
			require.NoError(t, err)
			for _, trace := range []string{embedded, hostTrace(t, eng)} {
				trace, summary := annotated(t, s, "", trace)
				assertFrames(t, want, trace, summary)
			}
		})
	}
}

// Without offsets, a trace names the lines where its functions begin.
func TestTracesOfGoWithoutOffsetsNameFunctions(t *testing.T) {
	eng, err := gohost.New(t.Context(), gohost.WithMemoryLimit(1))
	require.NoError(t, err)
	trace, summary := annotated(t, symbolsOf(t), "../dist/compute-pipeline.metered.wasm", hostTrace(t, eng))
	assertFrames(t, []string{
		fmt.Sprintf("compute_pipeline::validate::validate_stream, which begins at /compute-pipeline/guest/src/validate/mod.rs:%d",
			lineOf(t, "../guest/src/validate/mod.rs", "pub fn validate_stream(")),
	}, trace, summary)
}

// A plugin of another contract or build has its own debug information: what gohost makes of
// it is found again.
func TestTracesOfAPluginWithDebugInformation(t *testing.T) {
	file := filepath.Join("..", "dist", "compute-pipeline.core.debug.wasm")
	wasm, err := os.ReadFile(file)
	require.NoError(t, err)
	s, err := symbols.Read(wasm)
	require.NoError(t, err)
	trace, summary := annotated(t, s, file, string(tool.Wasmtime.Run(t, "trace", file)))
	assertFrames(t, panicking(t), trace, summary)

	_, err = s.PathOf("000000000000")
	require.ErrorIs(t, err, symbols.ErrMismatch)
	metered, err := os.ReadFile(engines["the metered module"])
	require.NoError(t, err)
	codes, err := symbols.Codes(metered)
	require.NoError(t, err)
	_, err = s.Path(codes[0].ID)
	require.ErrorIs(t, err, symbols.ErrMismatch, "these symbols have no map of the metered code")
}
