package prepare

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var some = Prepared{Wasm: []byte("prepared"), Report: Report{CoreSize: 7}}

// entries lists the files of a cache.
func entries(t *testing.T, c Cache) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.Dir, preparedDir, "*"))
	require.NoError(t, err)
	return files
}

func TestTheCacheHasWhatWasPut(t *testing.T) {
	c, o := Cache{Dir: filepath.Join(t.TempDir(), "made")}, Options{Contract: []byte("a contract"), Meter: true}
	cost := &Cost{Time: 1, Memory: 2, Kept: 1 << 40}
	for _, prepared := range []Prepared{{Wasm: []byte{}}, some, {Wasm: []byte("again"), Report: Report{3, cost, cost}}} {
		require.NoError(t, c.Put([]byte("module"), o, prepared))
		got, ok := c.Get([]byte("module"), o)
		require.True(t, ok)
		require.Equal(t, prepared, got)
	}
	require.Len(t, entries(t, c), 1)
}

// Whatever determines what Prepare returns determines the entry.
func TestEntriesAreOfOneModuleAndContract(t *testing.T) {
	c, o := Cache{Dir: t.TempDir()}, Options{Contract: []byte("a contract"), Meter: true}
	require.NoError(t, c.Put([]byte("module"), o, some))
	for name, get := range map[string]struct {
		module  string
		options Options
	}{
		"another module":   {"modulf", o},
		"another contract": {"module", Options{Contract: []byte("b contract"), Meter: true}},
		"unmetered":        {"module", Options{Contract: o.Contract}},
		"a moved border":   {"tmodule", Options{Contract: []byte("a contrac"), Meter: true}},
	} {
		_, ok := c.Get([]byte(get.module), get.options)
		assert.False(t, ok, name)
	}
	// As of another version of the prepare module.
	k := newKey([]byte("module"), o)
	other := self
	t.Cleanup(func() { self = other })
	self = func() (h [32]byte) { return h }
	assert.NotEqual(t, k, newKey([]byte("module"), o))
}

func TestADamagedEntryIsMadeAnew(t *testing.T) {
	c, o, module := Cache{Dir: t.TempDir()}, Options{Meter: true}, []byte("module")
	put := func() string {
		require.NoError(t, c.Put(module, o, some))
		return c.path(newKey(module, o))
	}
	file := put()
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	damaged := map[string][]byte{"empty": {}, "header only": whole[:headerLen], "longer": append(bytes.Clone(whole), 0)}
	for at := range whole {
		changed := bytes.Clone(whole)
		changed[at] ^= 1
		damaged["changed"] = changed
		damaged["cut"] = whole[:at]
		for name, text := range damaged {
			require.NoError(t, os.WriteFile(file, text, 0o600))
			_, ok := c.Get(module, o)
			assert.False(t, ok, "%s at %d", name, at)
		}
	}
	put()
	_, ok := c.Get(module, o)
	require.True(t, ok)

	// The entry of another module, under this one's name.
	require.NoError(t, c.Put([]byte("other"), o, some))
	require.NoError(t, os.Rename(c.path(newKey([]byte("other"), o)), file))
	_, ok = c.Get(module, o)
	require.False(t, ok)
}

func TestManyProcessesFillOneCache(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	large := Prepared{Wasm: bytes.Repeat([]byte("prepared"), 1<<14)}
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for round := range 8 {
				module := []byte{byte(i+round) % 2}
				assert.NoError(t, c.Put(module, Options{}, large))
				got, ok := c.Get(module, Options{})
				assert.True(t, ok)
				assert.Equal(t, large, got)
			}
		})
	}
	writers.Wait()
	require.Len(t, entries(t, c), 2)
}

func TestEntriesThatWereNotUsedGoFirst(t *testing.T) {
	c := Cache{Dir: t.TempDir(), max: int64(3 * (headerLen + 40))}
	old := time.Now().Add(-10 * usedEvery)
	for _, module := range []string{"a", "b", "c"} {
		require.NoError(t, c.Put([]byte(module), Options{}, Prepared{Wasm: make([]byte, 10)}))
		require.NoError(t, os.Chtimes(c.path(newKey([]byte(module), Options{})), old, old))
		old = old.Add(usedEvery)
	}
	has := func(module string) bool {
		_, err := os.Stat(c.path(newKey([]byte(module), Options{})))
		return err == nil
	}
	_, ok := c.Get([]byte("a"), Options{}) // used now
	require.True(t, ok)
	require.NoError(t, c.Put([]byte("d"), Options{}, Prepared{Wasm: make([]byte, 10)}))
	for module, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		assert.Equal(t, want, has(module), module)
	}
	// One that is larger than all that may be there stays alone, even if its time is behind.
	future := time.Now().Add(time.Hour)
	require.NoError(t, os.Chtimes(c.path(newKey([]byte("a"), Options{})), future, future))
	require.NoError(t, c.Put([]byte("large"), Options{}, Prepared{Wasm: make([]byte, 1000)}))
	require.Equal(t, []string{c.path(newKey([]byte("large"), Options{}))}, entries(t, c))
}

func TestWhatKilledProcessesLeftIsRemoved(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	require.NoError(t, c.Put([]byte("a"), Options{}, Prepared{}))
	dir := filepath.Join(c.Dir, preparedDir)
	for name, age := range map[string]time.Duration{"old": staleAfter + time.Minute, "new": staleAfter - time.Minute} {
		file := filepath.Join(dir, writing+name)
		require.NoError(t, os.WriteFile(file, []byte("half"), 0o600))
		require.NoError(t, os.Chtimes(file, time.Time{}, time.Now().Add(-age)))
	}
	require.NoError(t, c.Put([]byte("b"), Options{}, Prepared{}))
	require.NoFileExists(t, filepath.Join(dir, writing+"old"))
	require.FileExists(t, filepath.Join(dir, writing+"new"))
}
