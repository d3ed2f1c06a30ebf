package sandbox_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
	"example.org/compute-pipeline/gohost/sandbox"
)

func TestCompileFillsTheCache(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := gohost.WithCacheDir(t.TempDir())
	compile := func() gohost.Compiled {
		c, err := gohost.Compile(ctx, module(t, "echo"), dir)
		require.NoError(t, err)
		return c
	}
	first := compile()
	require.False(t, first.Cached)
	estimate, err := gohost.EstimateCompile(ctx, module(t, "echo"))
	require.NoError(t, err)
	require.Equal(t, estimate, first.Estimate)
	require.Equal(t, len(module(t, "echo")), estimate.CoreSize)
	require.Equal(t, gohost.Compiled{Estimate: estimate, Cached: true}, compile())
	log := loadLog(t, "echo", dir, outside)
	require.NotContains(t, log, checkedAndRewritten)
	require.NotContains(t, log, compiledOutside)
}

// Each part that is missing or damaged is made anew.
func TestCompileMendsTheCache(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := t.TempDir()
	compile := func() bool {
		c, err := gohost.Compile(ctx, module(t, "echo"), gohost.WithCacheDir(dir))
		require.NoError(t, err)
		return c.Cached
	}
	require.False(t, compile())
	for _, part := range []string{"prepared", "compiled", "wazero-*"} {
		files, err := filepath.Glob(filepath.Join(dir, part, "*"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			require.NoError(t, os.Truncate(file, 10))
		}
		require.False(t, compile(), part)
		require.True(t, compile(), part)
	}
}

func TestCompileRejectsWhatLoadRejects(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := t.TempDir()
	for name, class := range map[string]error{"table_bomb": gohost.ErrLimit, "wasi": gohost.ErrContract} {
		_, err := gohost.Compile(ctx, module(t, name), gohost.WithCacheDir(dir))
		require.ErrorIs(t, err, class)
		require.ErrorContains(t, err, "gohost.Compile of module ")
		_, estimated := gohost.EstimateCompile(ctx, module(t, name))
		require.ErrorIs(t, estimated, class)
	}
	require.Empty(t, cached(t, dir))
	for _, opts := range [][]gohost.Option{
		{},
		{gohost.WithCacheDir(dir), gohost.WithInterpreter()},
		{gohost.WithCacheDir(dir), gohost.WithDebugInfo()},
		{gohost.WithCacheDir(dir), gohost.WithCodeOffsets()},
	} {
		_, err := gohost.Compile(ctx, module(t, "echo"), opts...)
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
		require.ErrorContains(t, err, "Compile needs WithCacheDir")
	}
}

// Load does without a directory that cannot be written to; Compile has nothing else to do.
func TestCompileFailsWhereItCannotWrite(t *testing.T) {
	compilertest.NeedProcesses(t)
	for _, part := range []string{"prepared", "compiled"} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, part), nil, 0o600))
		_, err := gohost.Compile(ctx, module(t, "echo"), gohost.WithCacheDir(dir))
		require.ErrorContains(t, err, "the cache directory "+dir)
		require.NotErrorIs(t, err, gohost.ErrInvalidInput)
	}
}

func TestLimitsOfCompilingFollowFromTheEstimate(t *testing.T) {
	estimate := sandbox.CompileEstimate{Time: time.Minute, Memory: 400 << 20}
	within := sandbox.Within(sandbox.CompileProcess{}, estimate)
	assert.Equal(t, sandbox.CompileProcess{MemoryMiB: 64 + 500, CPUTime: 11 * time.Minute, Timeout: 11 * time.Minute}, within)
	within = sandbox.Within(sandbox.CompileProcess{}, sandbox.CompileEstimate{})
	assert.Equal(t, sandbox.CompileProcess{MemoryMiB: 64, CPUTime: time.Minute, Timeout: 5 * time.Minute}, within)
	given := sandbox.CompileProcess{MemoryMiB: 100, CPUTime: time.Second, Timeout: time.Second}
	assert.Equal(t, given, sandbox.Within(given, estimate))
}

func TestEstimatesAsText(t *testing.T) {
	e := sandbox.CompileEstimate{
		Time: 9060 * time.Millisecond, MaxTime: 67540 * time.Millisecond, Memory: 744<<20 - 1, MaxMemory: 1 << 30,
	}
	assert.Equal(t, "9.1 s and 744 MiB (limits: 67.5 s and 1024 MiB)", e.String())
	e.Time, e.Memory = 999*time.Microsecond, 1
	assert.Equal(t, "1 ms and 1 MiB (limits: 67.5 s and 1024 MiB)", e.String())
}

// A module that is trusted is not bounded.
func TestAModuleWithDebugInfoHasNoEstimate(t *testing.T) {
	e, err := gohost.EstimateCompile(ctx, module(t, "echo"), gohost.WithDebugInfo())
	require.NoError(t, err)
	require.Equal(t, gohost.CompileEstimate{CoreSize: len(module(t, "echo"))}, e)
}
