package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/inspect"
)

// engineFile is the core module of the engine: what the Go library embeds,
// before it is metered.
const engineFile = "../../plugin/testdata/engine.core.wasm"

// withoutSummary is the embedded engine with the summary interface renamed: a
// module that meets the contract without the optional part.
func withoutSummary(t *testing.T) []byte {
	t.Helper()
	wasm := readFile(t, engineFile)
	old, hidden := []byte("org:compute-pipeline/summary@"), []byte("org:compute-pipeline/another@")
	require.Equal(t, len(old), len(hidden))
	require.NotZero(t, bytes.Count(wasm, old))
	return bytes.ReplaceAll(wasm, old, hidden)
}

func TestInspectOfTheEngine(t *testing.T) {
	res := pipeline(t, "", "inspect", engineFile)
	require.Equal(t, 0, res.status, res.err)
	for _, want := range []string{
		engineFile + ": core module, ",
		"WIT interfaces\n  org:analytics/metrics@0.1.0: compute-aggregate, validate-stream\n  org:compute-pipeline/summary@0.1.0: finish, fold, merge\n  org:compute/pipeline@0.1.0: process-batch, validate-checksum\n",
		"\nimports: none\n",
		"function \"org:analytics/metrics@0.1.0#compute-aggregate\" (func (param i32 i32) (result i32))\n",
		"memory \"memory\" (memory ",
		"\nmemories\n  128 KiB at the start, no limit of its own\n",
		"\n  simd\n",
		"\nmade by\n  language: \"Rust\" \"\"\n",
		"\n  code ",
		"contract: OK",
	} {
		require.Contains(t, res.out, want)
	}
	require.Contains(t, res.out, fmt.Sprintf("\nSHA-256 %x\n", sha256.Sum256(readFile(t, engineFile))))
	version := pipeline(t, "", "--version").out
	require.Contains(t, version, fmt.Sprintf("engine SHA-256 %x\n", sha256.Sum256(readFile(t, "../../engine.wasm"))))
}

func TestInspectOfAModuleThatBreaksTheContract(t *testing.T) {
	// (module (import "env" "f" (func (param i64))) (memory 1 2) (export "memory" (memory 0)))
	wasm := []byte("\x00asm\x01\x00\x00\x00" +
		"\x01\x05\x01\x60\x01\x7e\x00" +
		"\x02\x09\x01\x03env\x01f\x00\x00" +
		"\x05\x04\x01\x01\x01\x02" +
		"\x07\x0a\x01\x06memory\x02\x00" +
		"\x00\x06\x04note!")
	path := tempFile(t, "bad.wasm", wasm)
	res := pipeline(t, "", "inspect", path)
	require.Equal(t, 1, res.status)
	require.Equal(t, "pipeline: "+path+": the Go host cannot load this file\n", res.err)
	for _, want := range []string{
		"bad.wasm: core module, 52 bytes\n",
		"\nWIT interfaces: none\n",
		"\nimports\n  function \"env\" \"f\" (func (param i64))\n",
		"\nexports\n  memory \"memory\" (memory 1 2)\n",
		"\nmemories\n  64 KiB at the start, at most 128 KiB\n",
		"\nWebAssembly features: none\n",
		"\n  custom \"note\"                6 bytes\n",
		"\ncontract: not met, the Go host cannot load it\n",
		"\n  it imports the function \"env\" \"f\", which is not granted\n",
		"\n  it does not export \"cabi_realloc\"\n",
		"\n  it does not export the interface org:analytics/metrics@0.1.x and 0.2.x\n",
	} {
		require.Contains(t, res.out, want)
	}
}

func TestInspectOfAComponent(t *testing.T) {
	const component = "../../testdata/component.wasm"
	res := pipeline(t, "", "inspect", component)
	require.Equal(t, 0, res.status, res.err)
	for _, want := range []string{
		component + ": component, ",
		"\nWIT interfaces\n  org:analytics/metrics@0.1.0: compute-aggregate, validate-stream\n",
		"\nimports: none\n",
		"\nexports\n  instance \"org:analytics/metrics@0.1.0\"\n",
		"\n  canonical function ",
		"contract: OK",
		"\ncore module: 492 bytes\ncompiling: estimated at ",
	} {
		require.Contains(t, res.out, want)
	}
}

func TestInspectSaysWhatCompilingTakes(t *testing.T) {
	res := pipeline(t, "", "inspect", engineFile)
	require.Equal(t, 0, res.status, res.err)
	require.Regexp(t, `\ncompiling: estimated at \d+ ms and \d+ MiB \(limits: 3\.9 s and 1024 MiB\)\n$`, res.out)
}

// A module is judged by the world that it declares.
func TestInspectByADeclaredContract(t *testing.T) {
	res := pipeline(t, "", "inspect", magikaFile)
	require.Equal(t, 0, res.status, res.err)
	require.Contains(t, res.out, "\ncontract: OK, a Go host of org:inference/classifier@")
	require.NotContains(t, res.out, "org:analytics")
}

func TestInspectByAnotherContract(t *testing.T) {
	res := pipeline(t, "", "inspect", filterFile, "--wit", filterWIT)
	require.Equal(t, 0, res.status, res.err)
	require.Regexp(t, `\ncontract: OK, a Go host of ex:filter/plugin@1\.0\.0 can load it\ncompiling: estimated at [^\n]*\n$`, res.out)
	res = pipeline(t, "", "inspect", filterFile)
	require.Equal(t, 1, res.status)
	require.Contains(t, res.out, "\ncontract: not met, the Go host cannot load it\n")
	res = pipeline(t, "", "inspect", engineFile, "--wit", filterWIT)
	require.Equal(t, 1, res.status)
	require.Contains(t, res.out, "it does not export")
	require.Equal(t, 2, pipeline(t, "", "inspect", filterFile, "--world", "plugin").status)
}

func TestInspectOfAComponentOfSeveralCoreModules(t *testing.T) {
	const component = "../../sandbox/testdata/merge/shared.wasm"
	res := pipeline(t, "", "inspect", component, "--wit", component, "--world", "shared")
	require.Equal(t, 0, res.status, res.err)
	require.Regexp(t, `\ncontract: OK, a Go host of root:component/shared can load it\ncore module: \d+ bytes, merged from 3\ncompiling: `, res.out)
}

func TestInspectAsJSON(t *testing.T) {
	inspected := func(status int, args ...string) (i inspection) {
		res := pipeline(t, "", append([]string{"inspect", "-o", "json"}, args...)...)
		require.Equal(t, status, res.status, res.err)
		decoder := json.NewDecoder(strings.NewReader(res.out))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&i))
		require.Equal(t, 1, i.Format)
		require.Equal(t, args[0], i.File)
		require.Equal(t, fmt.Sprintf("%x", sha256.Sum256(readFile(t, args[0]))), i.SHA256)
		require.Equal(t, i.Verdict.Loads, status == 0)
		return i
	}
	const component, wasi = "../../testdata/component.wasm", "../../testdata/wasi.wasm"
	i := inspected(0, component)
	require.Equal(t, inspect.Component, i.Contents.Kind)
	require.Len(t, i.Contents.Modules, 1)
	require.Equal(t, i.Contents.Modules[0].Size, i.Verdict.Compiling.CoreSize)
	require.Less(t, i.Verdict.Compiling.Memory, i.Verdict.Compiling.MaxMemory)
	require.Equal(t, &claimedGrade{Grade: "stable"}, i.Verdict.Grade)
	require.Nil(t, i.Verdict.Reasons)
	require.Equal(t, gohost.Binding().Contract.World, i.Verdict.World)

	i = inspected(1, wasi)
	require.NotEmpty(t, i.Verdict.Reasons)
	require.Nil(t, i.Verdict.Compiling)
	require.Equal(t, &neededGrants{Grants: []string{"clock", "files=DIRECTORY", "random"}, Suffice: true}, i.Verdict.Needed)

	i = inspected(0, "../../engine.wasm")
	require.True(t, i.Verdict.Embedded)
	require.Equal(t, &claimedGrade{Grade: "exact"}, i.Verdict.Grade)
}

func TestInspectOfAComponentThatImports(t *testing.T) {
	// (component (import "a:b/c" (instance)) (import "d" (func)))
	wasm := []byte("\x00asm\x0d\x00\x01\x00" +
		"\x07\x07\x02\x42\x00\x40\x00\x01\x00" +
		"\x0a\x0f\x02\x00\x05a:b/c\x05\x00\x00\x01d\x01\x01")
	path := tempFile(t, "c.wasm", wasm)
	res := pipeline(t, "", "inspect", path)
	require.Equal(t, 1, res.status, res.err)
	require.Contains(t, res.out, "c.wasm: component, ")
	require.Contains(t, res.out, "\nWIT interfaces\n  imported a:b/c\n")
	require.Contains(t, res.out, "\nimports\n  instance \"a:b/c\"\n  function \"d\"\n")
	// An instance without functions gives nothing.
	require.NotContains(t, res.out, "imports the instance")
	require.Contains(t, res.out, "\n  the component imports the function \"d\", which is not granted\n")
	require.Contains(t, res.out, "\n  the component has no instance of a core module\n")
}

func TestInspectOfOtherFiles(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "not a valid WebAssembly module: unexpected end",
		"hello":                               "not a valid WebAssembly module: magic header not detected",
		"\x00asm\x02\x00\x00\x00":             "not a valid WebAssembly module: unknown binary version",
		"\x00asm\x01\x00\x00\x00\x01\x7f":     "not a valid WebAssembly module: unexpected end-of-file (at offset 0xa)",
		"\x00asm\x01\x00\x00\x00\x00\x01\x05": "(at offset 0xb)",
		"\x00asm\x0d\x00\x01\x00\x0b\x01\x05": "not a valid component: unexpected end (at offset 0xb)",
	} {
		res := pipeline(t, "", "inspect", tempFile(t, "x", []byte(text)))
		require.Equal(t, 1, res.status)
		require.Empty(t, res.out)
		require.Contains(t, res.err, want)
	}
}

// What is in a name does not reach the terminal as it is.
func TestNamesAreShownPlainly(t *testing.T) {
	// (module (func (export "a:b/c#\1b[31m")))
	wasm := []byte("\x00asm\x01\x00\x00\x00" + "\x01\x04\x01\x60\x00\x00" + "\x03\x02\x01\x00" +
		"\x07\x0f\x01\x0ba:b/c#\x1b[31m\x00\x00" + "\x0a\x04\x01\x02\x00\x0b")
	res := pipeline(t, "", "inspect", tempFile(t, "x.wasm", wasm))
	require.Equal(t, 1, res.status, res.err)
	require.Contains(t, res.out, `a:b/c: "\x1b[31m"`)
	require.NotContains(t, res.out, "\x1b")
}

func TestAnotherModuleCanDoTheWork(t *testing.T) {
	want := string(readFile(t, "testdata/points.table"))
	plugin := tempFile(t, "plugin.wasm", readFile(t, engineFile))
	require.Equal(t, outcome{out: want}, pipeline(t, "", "run", "testdata/points.json", "--module", plugin))

	lesser := tempFile(t, "lesser.wasm", withoutSummary(t))
	note := "note: " + lesser + " does not export the summary interface, so it cannot fold: the whole input is held in memory\n"
	for _, format := range formats {
		require.Equal(t, outcome{out: want, err: note}, pipeline(t, "", "run", "testdata/points."+format, "--module", lesser))
	}

	bad := tempFile(t, "bad.wasm", []byte("\x00asm\x01\x00\x00\x00"))
	res := pipeline(t, "", "run", "testdata/points.json", "--module", bad)
	require.Equal(t, 1, res.status)
	require.Contains(t, res.err, "pipeline: "+bad+": gohost.Load of module 93a44bbb96c7: contract not met: it exports no memory called \"memory\"")
}

func TestTheInterpreterGivesTheSameBits(t *testing.T) {
	compiled := pipeline(t, "", "run", "testdata/points.json", "-o", "json")
	interpreted := pipeline(t, "", "run", "testdata/points.json", "-o", "json", "--interpreter")
	require.Equal(t, 0, compiled.status)
	require.Equal(t, compiled, interpreted)
}

func TestTheCacheDirectoryIsUsed(t *testing.T) {
	dir := t.TempDir()
	require.Equal(t, 0, pipeline(t, "", "run", "testdata/points.json", "--cache-dir", dir).status)
	require.NotEmpty(t, files(t, dir))
}
