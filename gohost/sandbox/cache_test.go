package sandbox_test

import (
	"bytes"
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

// checkedAndRewritten is what the log says of a module that the prepare module has read.
const checkedAndRewritten = "checked and rewritten"

// loadLog loads a module and returns what was logged.
func loadLog(t *testing.T, name string, opts ...gohost.Option) string {
	t.Helper()
	var log bytes.Buffer
	eng, err := gohost.Load(ctx, module(t, name), append(opts, logInto(&log))...)
	require.NoError(t, err)
	require.NoError(t, eng.Close(ctx))
	return log.String()
}

// cached lists the files of a cache directory with rewritten modules.
func cached(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "prepared", "*"))
	require.NoError(t, err)
	return files
}

func TestAModuleInTheCacheIsNeitherCheckedNorCompiledAgain(t *testing.T) {
	compilertest.NeedProcesses(t)
	dir := gohost.WithCacheDir(t.TempDir())
	first := loadLog(t, "component", dir, outside)
	require.Contains(t, first, checkedAndRewritten)
	require.Contains(t, first, compiledOutside)
	second := loadLog(t, "component", dir, outside)
	require.NotContains(t, second, checkedAndRewritten)
	require.NotContains(t, second, compiledOutside)
	// The same code, for a host that compiles here.
	require.NotContains(t, loadLog(t, "component", dir), checkedAndRewritten)
	require.Contains(t, loadLog(t, "echo", dir), checkedAndRewritten, "another module")
	_, err := load(t, "echo", dir).ProcessBatch(ctx, batch(0))
	require.NoError(t, err)
	require.Contains(t, loadLog(t, "echo", dir, gohost.WithInterpreter()), checkedAndRewritten, "the interpreter has no cache")
	require.Contains(t, loadLog(t, "echo"), checkedAndRewritten, "no cache")
}

// A module without metering is another one.
func TestAModuleWithDebugInfoIsAnotherEntry(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		loadLog(t, "echo", gohost.WithCacheDir(dir))
		loadLog(t, "echo", gohost.WithCacheDir(dir), gohost.WithDebugInfo())
	}
	require.Len(t, cached(t, dir), 2)
}

func TestTheCacheGrantsNothing(t *testing.T) {
	dir := gohost.WithCacheDir(t.TempDir())
	wasm := module(t, "wasi")
	granted := gohost.WithGrants(gohost.GrantClock(), gohost.GrantSeededRandom(1), gohost.GrantFiles(os.DirFS(".")))
	for range 2 {
		eng, err := gohost.Load(ctx, wasm, dir, granted)
		require.NoError(t, err)
		require.NoError(t, eng.Close(ctx))
		_, err = gohost.Load(ctx, wasm, dir)
		require.ErrorIs(t, err, gohost.ErrContract)
	}
	_, err := gohost.Load(ctx, wasm, dir, gohost.WithGrants(gohost.GrantClock()))
	require.ErrorIs(t, err, gohost.ErrContract)
	assert.NotContains(t, err.Error(), "clock_time_get")
}

func TestADamagedEntryIsCheckedAndRewrittenAgain(t *testing.T) {
	dir := t.TempDir()
	loadLog(t, "echo", gohost.WithCacheDir(dir))
	files := cached(t, dir)
	require.Len(t, files, 1)
	whole, err := os.ReadFile(files[0])
	require.NoError(t, err)
	changed := bytes.Clone(whole)
	changed[len(changed)/2] ^= 1
	for name, damaged := range map[string][]byte{"cut": whole[:len(whole)/2], "changed": changed, "empty": {}} {
		require.NoError(t, os.WriteFile(files[0], damaged, 0o600))
		require.Contains(t, loadLog(t, "echo", gohost.WithCacheDir(dir)), checkedAndRewritten, name)
		mended, err := os.ReadFile(files[0])
		require.NoError(t, err)
		require.Equal(t, whole, mended, name)
	}
}

func TestManyLoadsFillOneCache(t *testing.T) {
	dir := t.TempDir()
	var loads sync.WaitGroup
	for i := range 4 {
		loads.Go(func() {
			for range 2 {
				loadLog(t, []string{"echo", "component"}[i%2], gohost.WithCacheDir(dir))
			}
		})
	}
	loads.Wait()
	require.Len(t, cached(t, dir), 2)
	require.NotContains(t, loadLog(t, "echo", gohost.WithCacheDir(dir)), checkedAndRewritten)
}

// What is refused is refused each time, and nothing of it is kept.
func TestARefusedModuleIsNotKept(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		_, err := gohost.Load(ctx, module(t, "table_bomb"), gohost.WithCacheDir(dir))
		require.ErrorIs(t, err, gohost.ErrLimit)
	}
	require.Empty(t, cached(t, dir))
}

func TestADirectoryOfEntriesThatCannotBeMadeIsDoneWithout(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prepared"), nil, 0o600))
	for range 2 {
		log := loadLog(t, "echo", gohost.WithCacheDir(dir))
		require.Equal(t, 1, strings.Count(log, "the cache directory cannot be used"), log)
	}
}
