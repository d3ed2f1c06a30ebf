package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// contract is the WIT of the engine, and generated what is generated for it.
const (
	contract  = "../../../wit"
	generated = "../../../tests/bindings/engine"
)

func TestBind(t *testing.T) {
	out := filepath.Join(t.TempDir(), "some where", "engine")
	res := pipeline(t, "", "bind", contract, "--world", "compute-pipeline", "--out", out)
	require.Equal(t, outcome{out: out + ": package engine, 4 files\n"}, res)
	entries, err := os.ReadDir(generated)
	require.NoError(t, err)
	command := 0
	for _, entry := range entries {
		want := string(readFile(t, filepath.Join(generated, entry.Name())))
		got := string(readFile(t, filepath.Join(out, entry.Name())))
		for line := range strings.Lines(got) {
			if strings.HasPrefix(line, "//go:generate pipeline bind ") {
				got = strings.Replace(got, line+"\n", "", 1)
				assert.True(t, strings.HasSuffix(line, " --world compute-pipeline --out .\n"), line)
				command++
			}
		}
		assert.Equal(t, want, got, entry.Name())
	}
	require.Equal(t, 1, command)

	// Again, over what is there.
	require.Equal(t, res, pipeline(t, "", "bind", contract, "--world", "compute-pipeline", "--out", out))
}

// The line for go generate makes the same package again.
func TestTheLineForGoGenerate(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("$a b.wit", []byte("package a:b;\nworld w { import f: func(); @unstable(feature = x) export g: func(); }"), 0o600))
	res := pipeline(t, "", "bind", "$a b.wit", "--features", "x,y", "--out", "some/dir", "--package", "other")
	require.Equal(t, outcome{out: "some/dir: package other, 3 files\n"}, res)
	files, err := filepath.Glob("some/dir/*_gen.go")
	require.NoError(t, err)
	var all string
	for _, file := range files {
		all += string(readFile(t, file))
	}
	require.Contains(t, all, "\n//go:generate pipeline bind \"../../${DOLLAR}a b.wit\" --features x,y --out . --package other\n")
	require.Contains(t, all, "package other\n")
}

func TestBindOfWhatCannotBeBound(t *testing.T) {
	stream := tempFile(t, "s.wit", []byte("package a:b;\nworld w {\n  export f: func() -> stream<u8>;\n}"))
	module := tempFile(t, "m.wasm", readFile(t, smallModule))
	foreign := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(foreign, "types_gen.go"), []byte("package b\n"), 0o600))
	for name, test := range map[string]struct {
		args   []string
		status int
		err    string
	}{
		"refused":         {[]string{stream, "--out", "x"}, exitData, "pipeline: " + stream + ":3:23: a stream needs the asynchronous part of the component model"},
		"no such file":    {[]string{"none", "--out", "x"}, exitUsage, "pipeline: none: no such file or directory\n"},
		"no such world":   {[]string{contract, "--world", "w", "--out", "x"}, exitData, "world.wit: the package org:compute-pipeline@0.1.0 has no world w; it has compute-pipeline"},
		"a core module":   {[]string{module, "--out", "x"}, exitData, "this is a core module, which does not say what its WIT is"},
		"no directory":    {[]string{contract}, exitUsage, "missing flags: --out=DIR"},
		"not a name":      {[]string{contract, "--out", "a-b"}, exitUsage, "pipeline: \"a-b\" cannot be the name of a Go package: give one with --package\n"},
		"a name for none": {[]string{contract, "--out", "x", "--package", "main"}, exitUsage, "\"main\" cannot be the name"},
		"by hand":         {[]string{contract, "--out", foreign, "--package", "p"}, exitData, "types_gen.go was not generated, and is not overwritten"},
	} {
		t.Run(name, func(t *testing.T) {
			res := pipeline(t, "", append([]string{"bind"}, test.args...)...)
			assert.Equal(t, test.status, res.status, res.err)
			assert.Contains(t, res.err, test.err)
			assert.Empty(t, res.out)
			require.NoDirExists(t, "x")
		})
	}
}

func TestBindOfAComponent(t *testing.T) {
	out := filepath.Join(t.TempDir(), "engine")
	res := pipeline(t, "", "bind", "../../testdata/component.wasm", "--world", "engine", "--out", out)
	require.Equal(t, 0, res.status, res.err)
	require.Contains(t, string(readFile(t, filepath.Join(out, "types_gen.go"))), "implement the WIT world root:component/engine.\n")
}
