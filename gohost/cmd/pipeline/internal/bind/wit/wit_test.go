package wit

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// The same file is what the crate's own test expects of the native parser.
func TestDescribe(t *testing.T) {
	got, err := Describe(t.Context(), "testdata/filter", Options{World: "plugin"})
	require.NoError(t, err)
	compiled, err := Describe(t.Context(), "testdata/filter", Options{World: "plugin", Many: true})
	require.NoError(t, err)
	require.Equal(t, string(got), string(compiled))
	const golden = "testdata/filter.json"
	if *update {
		var indented bytes.Buffer
		require.NoError(t, json.Indent(&indented, got, "", "  "))
		require.NoError(t, os.WriteFile(golden, append(indented.Bytes(), '\n'), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, want))
	assert.Equal(t, compact.String(), string(got))
	for _, world := range []string{"ex:filter/plugin", "ex:filter/plugin@1.2.0"} {
		again, err := Describe(t.Context(), "testdata/filter/", Options{World: world})
		require.NoError(t, err)
		assert.Equal(t, string(got), string(again), world)
	}
}

func TestFeatures(t *testing.T) {
	without, err := Describe(t.Context(), "testdata/filter", Options{World: "only-gated"})
	require.NoError(t, err)
	assert.NotContains(t, string(without), `"gated"`)
	with, err := Describe(t.Context(), "testdata/filter", Options{World: "only-gated", Features: []string{"later", "other"}})
	require.NoError(t, err)
	assert.Contains(t, string(with), `"gated"`)
}

func TestRefusals(t *testing.T) {
	const asynchronous = " needs the asynchronous part of the component model, which the host does not implement "
	for _, test := range []struct {
		world, err string
	}{
		{"refused-stream", ":52:29: a stream" + asynchronous + "(function numbers of the world)"},
		{"refused-future", ":56:34: a future" + asynchronous + "(interface later)"},
		{"refused-async", ":61:10: an async function" + asynchronous + "(function later of the world)"},
		{"refused-error-context", ":64:28: an error-context" + asynchronous + "(function failed of the world)"},
		{"refused-size", ":67:26: a value of this type has more than 1048576 bytes (function large of the world)"},
		{"", ": the package ex:filter@1.2.0 has several worlds, of which one must be named: plugin, refused-stream,"},
		{"nothing", ": the package ex:filter@1.2.0 has no world nothing; it has plugin, "},
		{"ex:other/plugin", ": unknown package `ex:other`"},
		{"ex:filter/", ": failed to parse world specifier"},
	} {
		_, err := Describe(t.Context(), "testdata/filter", Options{World: test.world})
		var failure *Error
		require.ErrorAs(t, err, &failure, test.world)
		assert.Contains(t, err.Error(), filepath.FromSlash("testdata/filter/filter.wit")+test.err)
	}
}

// write writes files into a new directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, contents := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(contents), 0o600))
	}
	return dir
}

func TestErrorsHaveTheirPlace(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		err   string
	}{
		"syntax":        {map[string]string{"a.wit": "package a:b;\nworld w {\n  import f func();\n}"}, "a.wit:3:12: expected ';', found keyword `func`"},
		"no such type":  {map[string]string{"a.wit": "package a:b;\nworld w { import f: func(x: y); }"}, "a.wit:2:29: name `y` does not exist"},
		"second file":   {map[string]string{"a.wit": "package a:b;", "b.wit": "\n\n  interface"}, "b.wit:3:12: expected an identifier or string, found eof"},
		"not UTF-8":     {map[string]string{"a.wit": "package a:b;\n// \xff"}, "a.wit:2:4: the text is not UTF-8"},
		"dependency":    {map[string]string{"a.wit": "package a:b;", "deps/c/d.wit": "package c:d;\ntype"}, "deps/c/d.wit:2:1: expected "},
		"missing":       {map[string]string{"a.wit": "package a:b;\nworld w { import c:d/e; }"}, "a.wit:2:18: package 'c:d' not found"},
		"cycle":         {map[string]string{"a.wit": "package a:b;\nworld w { import c:d/e; }", "deps/c.wit": "package c:d;\ninterface e { use g:h/i.{t}; }", "deps/g.wit": "package g:h;\ninterface i { use c:d/e.{t}; }"}, "g.wit:2:19: package `c:d` creates a dependency cycle"},
		"itself":        {map[string]string{"a.wit": "package a:b;\ninterface i { type a = b; type b = a; }\nworld w { import i; }"}, "a.wit:2:24: type `b` depends on itself"},
		"twice":         {map[string]string{"a.wit": "package a:b;\nworld w {}", "deps/c.wit": "package c:d;", "deps/e.wit": "package c:d;"}, "e.wit:1:9: package `c:d` is defined in two different locations"},
		"accessor":      {map[string]string{"a.wit": "package a:b;\nworld w { import p: get() -> u32; }"}, "a.wit:2:18: getters and setters are not supported"},
		"another name":  {map[string]string{"a.wit": "package a:b;\ninterface i {}\nworld w { import p: i; }"}, "a.wit:2:11: the interface i under another name, p, is not supported"},
		"no world":      {map[string]string{"a.wit": "package a:b;"}, "the package a:b has no world"},
		"no files":      {map[string]string{"a.txt": "package a:b;"}, "there are no .wit files in this directory"},
		"no files in d": {map[string]string{"a.wit": "package a:b;", "deps/d/x": ""}, "d: there are no .wit files in this directory"},
		"text form":     {map[string]string{"a.wit": "package a:b;", "deps/d.wat": "(component)"}, "d.wat: WebAssembly in text form cannot be read"},
		"core module":   {map[string]string{"a.wit": "package a:b;", "deps/d.wasm": "\x00asm\x01\x00\x00\x00"}, "d.wasm: this is a core module, which does not say what its WIT is"},
		"bad component": {map[string]string{"a.wit": "package a:b;", "deps/d.wasm": "\x00asm\x0d\x00\x01\x00\x07"}, "d.wasm: unexpected end-of-file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Describe(t.Context(), write(t, test.files), Options{})
			require.ErrorContains(t, err, test.err)
		})
	}
}

func TestThePathDoesNotMatter(t *testing.T) {
	const text = "package a:b;\nworld w { import f: func(); }"
	dir := write(t, map[string]string{"w.wit": text})
	one, err := Describe(t.Context(), dir, Options{})
	require.NoError(t, err)
	two, err := Describe(t.Context(), filepath.Join(dir, "w.wit"), Options{World: "w"})
	require.NoError(t, err)
	assert.Equal(t, string(one), string(two))
	_, err = Describe(t.Context(), filepath.Join(dir, "v.wit"), Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestItEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Describe(ctx, "testdata/filter", Options{World: "plugin"})
	require.ErrorIs(t, err, context.Canceled)
	assert.True(t, strings.HasPrefix(err.Error(), "testdata"), err)
}
