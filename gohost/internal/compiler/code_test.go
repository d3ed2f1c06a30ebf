package compiler

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
)

// loaded loads a module, runs it, and frees it.
func loaded(t *testing.T, c Cache, config wazero.RuntimeConfig, wasm []byte) (unusable error) {
	t.Helper()
	code, unusable, err := c.Load(t.Context(), config, wasm)
	require.NoError(t, err)
	one := func() uint64 { return 1 }
	_, err = code.Runtime.NewHostModuleBuilder("m").NewFunctionBuilder().WithFunc(one).Export("f").Instantiate(t.Context())
	require.NoError(t, err)
	module, err := code.Runtime.InstantiateModule(t.Context(), code.Module, wazero.NewModuleConfig())
	require.NoError(t, err)
	_, err = module.ExportedFunction("run").Call(t.Context())
	require.NoError(t, err)
	require.NoError(t, code.Close(t.Context()))
	return unusable
}

// state returns the files below a directory.
func state(t *testing.T, dir string) map[string]os.FileInfo {
	t.Helper()
	all := map[string]os.FileInfo{}
	for _, file := range everyFile(t, dir) {
		info, err := os.Stat(file)
		require.NoError(t, err)
		all[file] = info
	}
	return all
}

func TestCodeIsCompiledOnce(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	require.NoError(t, loaded(t, c, Config(), bomb(10)))
	before := state(t, c.Dir)
	require.Len(t, before, 2, "the code and its entry")
	require.NoError(t, loaded(t, c, Config(), bomb(10)))
	for file, info := range state(t, c.Dir) {
		assert.True(t, os.SameFile(info, before[file]), "%s was written again", file)
	}
	// Code that ends with its context is other code: neither replaces the other.
	closing := c
	closing.CloseOnDone = true
	for range 2 {
		require.NoError(t, loaded(t, closing, Config().WithCloseOnContextDone(true), bomb(10)))
		require.NoError(t, loaded(t, c, Config(), bomb(10)))
	}
	after := state(t, c.Dir)
	require.Len(t, after, 4)
	for file, info := range before {
		assert.True(t, os.SameFile(info, after[file]), "%s was written again", file)
	}
}

func TestDamagedCodeIsCompiledAnew(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	require.NoError(t, loaded(t, c, Config(), bomb(10)))
	for _, file := range everyFile(t, c.Dir) {
		whole, err := os.ReadFile(file)
		require.NoError(t, err)
		changed := bytes.Clone(whole)
		changed[len(changed)/2] ^= 1
		for name, damaged := range map[string][]byte{"empty": {}, "cut": whole[:len(whole)-1], "changed": changed} {
			require.NoError(t, os.WriteFile(file, damaged, 0o600))
			require.NoError(t, loaded(t, c, Config(), bomb(10)), "%s: %s", file, name)
			mended, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, whole, mended, "%s: %s", file, name)
		}
	}
}

func TestACacheThatCannotBeUsedIsDoneWithout(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Error(t, loaded(t, Cache{Dir: file}, Config(), bomb(10)))
	require.NoError(t, loaded(t, Cache{}, Config(), bomb(10)))

	c := Cache{Dir: t.TempDir()}
	require.NoError(t, os.WriteFile(filepath.Join(c.Dir, indexDir), nil, 0o600))
	require.Error(t, loaded(t, c, Config(), bomb(10)))
	require.Empty(t, names(c.Dir, handoverStart))

	c = Cache{Dir: t.TempDir()}
	require.NoError(t, loaded(t, c, wazero.NewRuntimeConfigInterpreter(), bomb(10)), "it has no code to keep")
	require.Empty(t, everyFile(t, c.Dir))

	_, unusable, err := Cache{Dir: t.TempDir()}.Load(t.Context(), Config(), []byte("no module"))
	require.Error(t, err)
	require.Error(t, unusable)
}

// codeOf returns the file with the code that was written last.
func codeOf(t *testing.T, c Cache, known map[string]os.FileInfo) (file string) {
	t.Helper()
	for _, f := range codeFiles(t, c.Dir) {
		if known[f] == nil {
			require.Empty(t, file)
			file = f
		}
	}
	return file
}

func TestCodeThatWasNotUsedForTheLongestTimeGoes(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	var files []string
	total := int64(0)
	for i := range 3 {
		known := state(t, c.Dir)
		require.NoError(t, loaded(t, c, Config(), bomb(10+i)))
		files = append(files, codeOf(t, c, known))
		info, err := os.Stat(files[i])
		require.NoError(t, err)
		total += info.Size()
		old := time.Now().Add(time.Duration(i-10) * 24 * time.Hour)
		require.NoError(t, os.Chtimes(files[i], old, old))
	}
	require.True(t, c.Has(bomb(10)), "its use is noted")
	leftover := filepath.Join(filepath.Dir(files[0]), "code.123.tmp")
	require.NoError(t, os.WriteFile(leftover, nil, 0o600))
	recent := filepath.Join(filepath.Dir(files[0]), "code.124.tmp")
	require.NoError(t, os.WriteFile(recent, nil, 0o600))
	old := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(leftover, old, old))

	c.Max = total + 100 // room for three: the fourth is one too many
	require.NoError(t, loaded(t, c, Config(), bomb(13)))
	assert.FileExists(t, files[0])
	assert.NoFileExists(t, files[1])
	assert.FileExists(t, files[2])
	assert.NoFileExists(t, leftover)
	assert.FileExists(t, recent)
	require.False(t, c.Has(bomb(11)))
	for _, n := range []int{10, 12, 13} {
		require.True(t, c.Has(bomb(n)))
	}
	index, err := os.ReadDir(filepath.Join(c.Dir, indexDir))
	require.NoError(t, err)
	require.Len(t, index, 3, "the entry of what went is gone")

	c.Max = 1 // what was added stays all the same
	require.NoError(t, loaded(t, c, Config(), bomb(11)))
	require.True(t, c.Has(bomb(11)))
	require.Len(t, everyFile(t, c.Dir), 3, "the code, its entry, and what somebody may write")
}
