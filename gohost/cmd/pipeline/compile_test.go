package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

const (
	echoFile   = "../../testdata/echo.wasm"
	wasiFile   = "../../testdata/wasi.wasm"
	filterWIT  = "../../../examples/filter/wit"
	filterFile = "../../../examples/filter/redact.wasm"
)

func TestWhatWasCompiledAheadIsLoaded(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := filepath.Join(t.TempDir(), "cache")
	const estimate = `estimated at \d+ ms and \d+ MiB \(limits: 3\.\d s and 1024 MiB\)\n`
	compile := func(want string) {
		res := pipeline(t, "", "compile", echoFile, wasiFile, "--cache", dir, "--grant", "clock,random,files=.")
		require.Equal(t, 0, res.status, res.err)
		require.Empty(t, res.err)
		require.Regexp(t, "^"+echoFile+": "+want+"; "+estimate+wasiFile+": "+want+"; "+estimate+"$", res.out)
	}
	compile(`compiled in \d+\.\d s`)
	compile("is there already")
	before := names(t, dir)
	require.GreaterOrEqual(t, len(before), 2*3, "of each module the code, an entry for it and the rewritten module")

	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	grants := gohost.WithGrants(gohost.GrantClock(), gohost.GrantSeededRandom(7), gohost.GrantFiles(os.DirFS(t.TempDir())))
	for _, opts := range [][]gohost.Option{nil, {gohost.WithCompileProcess(gohost.CompileProcess{})}} {
		eng, err := gohost.Load(t.Context(), readFile(t, wasiFile), append(opts, gohost.WithCacheDir(dir), gohost.WithLogger(logger), grants)...)
		require.NoError(t, err)
		require.NoError(t, eng.Close(t.Context()))
	}
	require.NotContains(t, log.String(), "checked and rewritten")
	require.NotContains(t, log.String(), "compiled in a process")
	require.Equal(t, before, names(t, dir), "nothing was added")
}

func TestManyProcessesCompileIntoOneDirectory(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := t.TempDir()
	var processes sync.WaitGroup
	for range 3 {
		processes.Go(func() {
			out, err := program(t, "compile", echoFile, wasiFile, "--cache-dir", dir, "--grant", "clock,random,files=.").CombinedOutput()
			assert.NoError(t, err, "%s", out)
		})
	}
	processes.Wait()
	res := pipeline(t, "", "compile", echoFile, wasiFile, "--cache-dir", dir, "--grant", "clock,random,files=.")
	require.Equal(t, 2, strings.Count(res.out, "is there already"), "%s%s", res.out, res.err)
	// Of three modules, with that of prepare, the code and its entry; of two the module that
	// was rewritten. Nothing half is left.
	require.Len(t, names(t, dir), 3+3+2)
}

// names lists the files below a directory.
func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	}))
	return names
}

func TestCompileForAnotherContract(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := t.TempDir()
	res := pipeline(t, "", "compile", filterFile, "--cache-dir", dir, "--wit", filterWIT)
	require.Equal(t, 0, res.status, res.err)
	require.Contains(t, res.out, filterFile+": compiled in ")
	res = pipeline(t, "", "compile", filterFile, "--cache-dir", dir)
	require.Equal(t, 1, res.status)
	require.Contains(t, res.err, "pipeline: "+filterFile+": contract not met: ")
	require.Equal(t, outcome{status: 2, err: "pipeline: --world and --features need --wit\n"},
		pipeline(t, "", "compile", filterFile, "--cache-dir", dir, "--world", "plugin"))
}

func TestARefusedModuleDoesNotKeepOthersFromBeingCompiled(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := t.TempDir()
	bomb, none := "../../testdata/table_bomb.wasm", filepath.Join(dir, "none.wasm")
	res := pipeline(t, "", "compile", bomb, none, echoFile, "--cache-dir", dir)
	require.Equal(t, 1, res.status)
	require.Equal(t, "pipeline: "+bomb+": limit reached: its tables start with more than 131072 entries\n"+
		"pipeline: "+none+": cannot be read: no such file or directory\n", res.err)
	require.Regexp(t, "^"+echoFile+": compiled in [^\n]*\n$", res.out)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	require.Equal(t, 1, execute(ended, []string{"compile", bomb, echoFile, "--cache-dir", dir}, streams{out: &out, err: &errs}))
	require.Equal(t, "pipeline: context canceled\n", errs.String())
}

// To fill the directory is what the command is for.
func TestCompileIntoADirectoryThatCannotBeUsed(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "prepared")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	res := pipeline(t, "", "compile", echoFile, "--cache-dir", dir)
	require.Equal(t, 1, res.status)
	require.Contains(t, res.err, "pipeline: "+echoFile+": the cache directory "+dir+": mkdir "+file+": not a directory")
	for want, args := range map[string][]string{
		"not a directory":                    {"--cache-dir", file},
		"WithCompileProcess: MemoryMiB is 1": {"--cache-dir", dir, "--compile-memory", "1"},
		"Timeout is -1s":                     {"--cache-dir", dir, "--compile-timeout=-1s"},
		"exclude each other":                 {"--cache-dir", dir, "--grant", "clock", "--import-none"},
	} {
		res := pipeline(t, "", append([]string{"compile", echoFile}, args...)...)
		require.Equal(t, 2, res.status, want)
		require.Contains(t, res.err, want)
	}
}

func TestTheTimeForCompilingCanBeLimited(t *testing.T) {
	compilertest.NeedProcesses(t)
	res := pipeline(t, "", "compile", engineFile, "--cache-dir", t.TempDir(), "--compile-timeout", "1ns")
	require.Equal(t, 1, res.status)
	require.Equal(t, "pipeline: "+engineFile+": limit reached: out of time: 1ns have passed\n", res.err)
}
