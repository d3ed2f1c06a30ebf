package sandbox_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
	"example.org/compute-pipeline/gohost/sandbox"
)

// outside compiles in a process, with bounds that no module of the tests meets.
var outside = gohost.WithCompileProcess(gohost.CompileProcess{MemoryMiB: 8192, CPUTime: time.Hour, Timeout: time.Hour})

// logInto has an engine log into a buffer. Where it says compiledOutside a
// process was started.
func logInto(log *bytes.Buffer) gohost.Option {
	return gohost.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
}

const compiledOutside = "compiled in a process"

// tempDir has temporary files go to a directory of the test's own, which must be
// empty in the end.
func tempDir(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	})
}

func TestCompiledInAProcessIsTheSame(t *testing.T) {
	compilertest.NeedProcesses(t)
	tempDir(t)
	points := []gohost.Datapoint{{Timestamp: 1, Value: 1.5}, {Timestamp: 2, Value: -3}, {Timestamp: 3, Value: 0.1}}
	wasm, err := os.ReadFile("../plugin/testdata/engine.core.wasm")
	require.NoError(t, err)
	want, err := newEngine(t).ComputeAggregate(ctx, points)
	require.NoError(t, err)
	for name, opts := range map[string][]gohost.Option{"without a cache": nil, "with a cache": {gohost.WithCacheDir(t.TempDir())}} {
		for _, round := range []string{"first", "second"} {
			var log bytes.Buffer
			eng, err := gohost.Load(ctx, wasm, append(opts, outside, logInto(&log))...)
			require.NoError(t, err)
			got, err := eng.ComputeAggregate(ctx, points)
			require.NoError(t, err)
			assert.Equal(t, want, got)
			require.NoError(t, eng.Close(ctx))
			started := strings.Contains(log.String(), compiledOutside)
			assert.Equal(t, opts == nil || round == "first", started, "%s, %s load:\n%s", name, round, &log)
		}
	}
}

func TestAFaultyCompileCacheIsMended(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := t.TempDir()
	loadLog := func() string {
		var log bytes.Buffer
		eng, err := gohost.Load(ctx, module(t, "echo"), gohost.WithCacheDir(dir), outside, logInto(&log))
		require.NoError(t, err)
		_, err = eng.ProcessBatch(ctx, batch(0))
		require.NoError(t, err)
		require.NoError(t, eng.Close(ctx))
		return log.String()
	}
	require.Contains(t, loadLog(), compiledOutside)
	require.NotContains(t, loadLog(), compiledOutside)
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	for _, file := range files {
		require.NoError(t, os.Truncate(file, 20))
	}
	require.Contains(t, loadLog(), compiledOutside)
	require.NotContains(t, loadLog(), compiledOutside)
	// Code that is there and whole, but of another module: as if the processor
	// were another one.
	entries, err := filepath.Glob(filepath.Join(dir, "compiled", "*"))
	require.NoError(t, err)
	require.Len(t, entries, 1)
	code, err := filepath.Glob(filepath.Join(dir, "wazero-*", "*"))
	require.NoError(t, err)
	text, err := os.ReadFile(entries[0])
	require.NoError(t, err)
	own, _, _ := strings.Cut(string(text), " ")
	moved := strings.Repeat("ab", 32)
	for _, file := range code {
		if strings.HasSuffix(filepath.ToSlash(file), own) {
			require.NoError(t, os.Rename(file, filepath.Join(filepath.Dir(file), moved)))
		}
	}
	require.NoError(t, os.WriteFile(entries[0], []byte(strings.Replace(string(text), filepath.Base(own), moved, 1)), 0o600))
	require.Contains(t, loadLog(), compiledOutside)
	require.NotContains(t, loadLog(), compiledOutside)
}

func TestACacheThatCannotBeWrittenToIsDoneWithout(t *testing.T) {
	compilertest.NeedProcesses(t)
	tempDir(t)
	// CompilePrepared does not make the directory, as Load does.
	var log bytes.Buffer
	require.NoError(t, sandbox.CompilePrepared(ctx, bomb(10), gohost.WithCacheDir(filepath.Join(t.TempDir(), "none")), outside, logInto(&log)))
	require.Contains(t, log.String(), "the cache directory cannot be used")

	// The code comes through, and cannot be kept.
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "compiled"), nil, 0o600))
	log.Reset()
	require.NoError(t, sandbox.CompilePrepared(ctx, bomb(10), gohost.WithCacheDir(dir), outside, logInto(&log)))
	require.Contains(t, log.String(), "the cache directory cannot be used")
	left, err := filepath.Glob(filepath.Join(dir, "compiling-*"))
	require.NoError(t, err)
	require.Empty(t, left)

	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	t.Setenv("TMP", filepath.Join(t.TempDir(), "none"))
	err = sandbox.CompilePrepared(ctx, bomb(10), outside)
	require.ErrorIs(t, err, gohost.ErrCompileProcess)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// bomb is a module of one function with n values that live across n calls.
func bomb(n int) []byte {
	section := func(id byte, content []byte) []byte {
		return append(binary.AppendUvarint([]byte{id}, uint64(len(content))), content...)
	}
	body := append([]byte{0x00}, bytes.Repeat([]byte{0x10, 0x00}, n)...) // no locals; call 0
	body = append(body, bytes.Repeat([]byte{0x85}, n-1)...)              // i64.xor
	body = append(body, 0x0b)                                            // end
	wasm := append([]byte("\x00asm\x01\x00\x00\x00"), section(1, []byte("\x01\x60\x00\x01\x7e"))...)
	wasm = append(wasm, section(2, []byte("\x01\x01m\x01f\x00\x00"))...)
	wasm = append(wasm, section(3, []byte("\x01\x00"))...)
	return append(wasm, section(10, append(binary.AppendUvarint([]byte{0x01}, uint64(len(body))), body...))...)
}

func TestACompileBombEndsOnlyItsProcess(t *testing.T) {
	compilertest.NeedProcesses(t)
	tempDir(t)
	small := gohost.WithCompileProcess(gohost.CompileProcess{MemoryMiB: 64})
	dir := t.TempDir()
	wasm := bomb(80_000) // 240 KB, which need more than 128 MiB
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, opts := range [][]gohost.Option{{small}, {small, gohost.WithCacheDir(dir)}} {
		err := sandbox.CompilePrepared(ctx, wasm, opts...)
		var limit *gohost.LimitError
		require.ErrorAs(t, err, &limit)
		require.Equal(t, gohost.LimitCompileMemory, limit.Which)
		require.EqualValues(t, 64<<20, limit.Max)
		require.EqualError(t, err, "limit reached: out of memory: compiling needs more than 64 MiB")
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20))
	require.Empty(t, filesBelow(t, dir), "nothing is left of it")
	// A module that needs less is loaded as ever.
	eng := load(t, "echo", small, gohost.WithCacheDir(dir))
	_, err := eng.ProcessBatch(ctx, batch(0))
	require.NoError(t, err)
}

func filesBelow(t *testing.T, dir string) (files []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	return files
}

func TestLoadEndsWithItsContextWhileItCompiles(t *testing.T) {
	compilertest.NeedProcesses(t)
	tempDir(t)
	// Ended in the middle of compiling: a million calls take minutes.
	limited, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	err := sandbox.CompilePrepared(limited, bomb(1_000_000), outside)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, gohost.ErrLimit)

	err = sandbox.CompilePrepared(ctx, bomb(1_000_000), gohost.WithCompileProcess(gohost.CompileProcess{Timeout: 50 * time.Millisecond}))
	require.ErrorIs(t, err, gohost.ErrLimit)
	require.ErrorContains(t, err, "50ms have passed")
}

func TestAModuleThatTheCompilerRefuses(t *testing.T) {
	compilertest.NeedProcesses(t)
	err := sandbox.CompilePrepared(ctx, []byte("\x00asm\x01\x00\x00\x00\x0a\x01\x01"), outside)
	require.ErrorIs(t, err, gohost.ErrModule)
	require.ErrorContains(t, err, "invalid module: the compiler refused it: ")
}

func TestCompileProcessOptions(t *testing.T) {
	for want, p := range map[string]gohost.CompileProcess{
		"MemoryMiB is 63":                 {MemoryMiB: 63},
		"MemoryMiB is -1":                 {MemoryMiB: -1},
		"from 64 to 1048576 are possible": {MemoryMiB: 1<<20 + 1},
		"CPUTime is 1ms":                  {CPUTime: time.Millisecond},
		"Timeout is -1s":                  {Timeout: -time.Second},
	} {
		_, err := gohost.Load(ctx, module(t, "echo"), gohost.WithCompileProcess(p))
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
		assert.ErrorContains(t, err, "WithCompileProcess: ")
		assert.ErrorContains(t, err, want)
	}
}

func TestAProgramMustCallCompilerMain(t *testing.T) {
	compilertest.NeedProcesses(t)
	program := exec.CommandContext(ctx, os.Args[0])
	program.Env = append(os.Environ(), asForgetful+"=1")
	out, err := program.Output()
	require.NoError(t, err)
	require.Equal(t, "sandbox.Load of module e3b0c44298fc: invalid input: WithCompileProcess: the program's main function must call CompilerMain first", string(out))
}

// What is not compiled outside needs no process.
func TestOnlyUntrustedCodeIsCompiledInAProcess(t *testing.T) {
	var log bytes.Buffer
	newEngine(t, outside, logInto(&log))
	load(t, "echo", outside, gohost.WithInterpreter(), logInto(&log))
	load(t, "echo", outside, gohost.WithDebugInfo(), logInto(&log))
	require.NotContains(t, log.String(), compiledOutside)
}

func TestTheCacheDirectoryMustBePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no permission bits for groups and others")
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777))
	_, err := gohost.New(ctx, gohost.WithCacheDir(dir))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	require.ErrorContains(t, err, "all users can write to it (mode 0777)")
	require.NoError(t, os.Chmod(dir, 0o770))
	var log bytes.Buffer
	newEngine(t, gohost.WithCacheDir(dir), logInto(&log))
	require.Contains(t, log.String(), "its group can write to it")
}
