package compiler

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

// compileInto compiles a module and takes it over into the cache.
func compileInto(t *testing.T, c Cache, wasm []byte) {
	t.Helper()
	dir, err := c.Handover(time.Hour)
	require.NoError(t, err)
	_, err = Run(t.Context(), dir, wasm, generous)
	require.NoError(t, err)
	require.NoError(t, c.Keep(dir, wasm))
	require.NoError(t, os.RemoveAll(dir))
}

// everyFile lists the files below a directory.
func everyFile(t *testing.T, dir string) (files []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	return files
}

func TestTheCacheKnowsWhatIsInIt(t *testing.T) {
	compilertest.NeedProcesses(t)
	c := Cache{Dir: t.TempDir()}
	require.False(t, c.Has(bomb(10)))
	compileInto(t, c, bomb(10))
	require.True(t, c.Has(bomb(10)))
	require.False(t, c.Has(bomb(11)))
	require.NoError(t, mapped(t, c.Dir, bomb(10)))
	require.Len(t, everyFile(t, c.Dir), 2, "the code and the entry")
}

func TestDamageInTheCacheIsSeenAndMended(t *testing.T) {
	compilertest.NeedProcesses(t)
	c, wasm := Cache{Dir: t.TempDir()}, bomb(10)
	compileInto(t, c, wasm)
	for _, file := range everyFile(t, c.Dir) {
		whole, err := os.ReadFile(file)
		require.NoError(t, err)
		changed := append([]byte{}, whole...)
		changed[len(changed)/2] ^= 1
		for name, damaged := range map[string][]byte{
			"empty": {}, "cut": whole[:len(whole)-1], "longer": append(append([]byte{}, whole...), 0), "changed": changed,
		} {
			require.NoError(t, os.WriteFile(file, damaged, 0o600))
			assert.False(t, c.Has(wasm), "%s: %s", file, name)
			compileInto(t, c, wasm)
			assert.True(t, c.Has(wasm), "%s: %s", file, name)
		}
		require.NoError(t, os.Remove(file))
		assert.False(t, c.Has(wasm), file)
		require.NoError(t, os.Mkdir(file, 0o700))
		assert.False(t, c.Has(wasm), file)
		require.NoError(t, os.Remove(file))
		compileInto(t, c, wasm)
	}
}

func TestEntriesOfTheIndexAreRead(t *testing.T) {
	key := strings.Repeat("0a", 32)
	good := entry{file: "wazero-v1.12.0-amd64-linux/" + key, size: 12, check: 0xabc}
	got, ok := parseEntry([]byte(good.String()))
	require.True(t, ok)
	require.Equal(t, good, got)
	for _, bad := range []string{
		"", "\n", good.String()[:20], good.String() + "x",
		"../" + good.String(), "wazero-../../etc/" + key + " 1 00000000\n", "wazero-..\\x/" + key + " 1 00000000\n",
		"wazero-../" + key + " 1 00000000\n", "wazero-v/" + key + " 99999999999999999999 00000000\n", "wazero-v/" + key + " 1 0\n",
	} {
		_, ok := parseEntry([]byte(bad))
		assert.False(t, ok, "%q", bad)
	}
}

// Eight at a time fill one directory with two modules, and what is there is right
// at each moment.
func TestManyHostsFillOneCache(t *testing.T) {
	compilertest.NeedProcesses(t)
	c := Cache{Dir: t.TempDir()}
	var hosts sync.WaitGroup
	for i := range 8 {
		hosts.Go(func() {
			for round := range 3 {
				wasm := bomb(10 + (i+round)%2)
				compileInto(t, c, wasm)
				assert.NoError(t, mapped(t, c.Dir, wasm))
			}
		})
	}
	hosts.Wait()
	require.True(t, c.Has(bomb(10)))
	require.True(t, c.Has(bomb(11)))
	require.Len(t, everyFile(t, c.Dir), 4)
	require.Empty(t, names(c.Dir, handoverStart))
}

func TestWhatWasNotCompiledIsNotKept(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	dir, err := c.Handover(time.Hour)
	require.NoError(t, err)
	require.ErrorIs(t, c.Keep(dir, nil), errNoCode)
	odd := filepath.Join(dir, "wazero-v")
	require.NoError(t, os.Mkdir(odd, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(odd, "code.tmp"), nil, 0o600))
	require.ErrorContains(t, c.Keep(dir, nil), "unexpected name")
	require.NoError(t, os.WriteFile(filepath.Join(odd, "more"), nil, 0o600))
	require.ErrorContains(t, c.Keep(dir, nil), "found 2")
	_, err = Cache{Dir: filepath.Join(dir, "none")}.Handover(time.Hour)
	require.ErrorIs(t, err, ErrDirectory)
}

func TestDirectoriesOfKilledHostsAreRemoved(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	old, err := c.Handover(time.Minute)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(old, "half"), nil, 0o600))
	recent, err := c.Handover(time.Minute)
	require.NoError(t, err)
	for dir, age := range map[string]time.Duration{old: time.Hour + time.Minute + time.Second, recent: time.Hour} {
		require.NoError(t, os.Chtimes(dir, time.Time{}, time.Now().Add(-age)))
	}
	_, err = c.Handover(time.Minute)
	require.NoError(t, err)
	require.NoDirExists(t, old)
	require.DirExists(t, recent)
}

func TestAHandoverIsPrivate(t *testing.T) {
	for _, c := range []Cache{{Dir: t.TempDir()}, {}} {
		dir, err := c.Handover(time.Minute)
		require.NoError(t, err)
		info, err := os.Stat(dir)
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
		}
		require.NoError(t, os.RemoveAll(dir))
	}
}
