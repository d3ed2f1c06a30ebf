package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNewPlugin(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sensors")
	res := pipeline(t, "", "new", "plugin", "--lang", "c", dir)
	require.Equal(t, outcome{out: dir + ": a plugin in c, 10 files; see " + filepath.Join(dir, "README.md") + "\n"}, res)
	require.FileExists(t, filepath.Join(dir, "plugin.c"))

	res = pipeline(t, "", "new", "plugin", "--lang", "go", dir)
	require.Equal(t, outcome{status: 2, err: "pipeline: " + dir + ": the directory is not empty\n"}, res)
	require.NoFileExists(t, filepath.Join(dir, "main.go"))

	res = pipeline(t, "", "new", "plugin", "--lang", "cobol", dir)
	require.Equal(t, 2, res.status)
	require.Contains(t, res.err, "--lang must be one of")
	res = pipeline(t, "", "new", "plugin", dir)
	require.Equal(t, 2, res.status)

	file := filepath.Join(dir, "README.md")
	res = pipeline(t, "", "new", "plugin", "--lang", "c", file)
	require.Equal(t, outcome{status: 1, err: "pipeline: " + file + ": not a directory\n"}, res)
	res = pipeline(t, "", "new", "plugin", "--lang", "c", filepath.Join(dir, "no", "such"))
	require.Equal(t, 1, res.status)
	_, err := os.Stat(filepath.Join(dir, "no"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestNewPluginOfAnotherContract(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "discount")
	const filter = "../../../examples/filter/wit"
	for flags, want := range map[string]string{
		"--lang assemblyscript --wit " + filter:           "there is no plugin of another contract in assemblyscript; --lang is one of c, go, js, rust, typescript with --wit",
		"--lang rust --world plugin":                      "--world needs --wit",
		"--lang rust --wit ../../testdata/component.wasm": "is not text: give its .wit files",
		"--lang rust --wit no-such-directory":             "no-such-directory: no such file or directory",
	} {
		res := pipeline(t, "", append([]string{"new", "plugin", dir}, strings.Fields(flags)...)...)
		require.Equal(t, 2, res.status, flags)
		require.Contains(t, res.err, want)
	}
	res := pipeline(t, "", "new", "plugin", dir, "--lang", "rust", "--wit", filter, "--world", "no-such")
	require.Equal(t, 1, res.status)
	require.NoDirExists(t, dir)

	res = pipeline(t, "", "new", "plugin", dir, "--lang", "rust", "--wit", filter, "--world", "plugin")
	require.Equal(t, 0, res.status, res.err)
	require.Equal(t, readFile(t, filter+"/filter.wit"), readFile(t, filepath.Join(dir, "wit/filter.wit")))
	require.Contains(t, string(readFile(t, filepath.Join(dir, "src/lib.rs"))), "\nimpl exports::ex::filter::filter::Guest for Plugin {\n")

	// A package and one that it depends on.
	dir = filepath.Join(t.TempDir(), "engine")
	res = pipeline(t, "", "new", "plugin", dir, "--lang", "rust", "--wit", "../../../wit", "--world", "compute-pipeline")
	require.Equal(t, 0, res.status, res.err)
	require.FileExists(t, filepath.Join(dir, "wit/deps/compute/compute.wit"))
}
