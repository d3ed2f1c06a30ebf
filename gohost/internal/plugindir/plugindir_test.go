package plugindir_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/plugindir"
	"example.org/compute-pipeline/gohost/plugin"
)

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
}

func TestFilesBelongToPlugins(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.wasm", "a.wasm.sig", "a.manifest", "a.manifest.sig", "a.json"} {
		put(t, dir, name, "")
		assert.Equal(t, "a", plugindir.NameOf(filepath.Join(dir, name)))
	}
	put(t, dir, ".hidden.wasm", "")
	put(t, dir, "b.json", "")
	names, err := plugindir.Names(dir)
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, names)
	assert.Empty(t, plugindir.NameOf("README"))
}

func TestEachFileIsAChange(t *testing.T) {
	dir := t.TempDir()
	before, err := plugindir.Stat(dir, "a")
	require.NoError(t, err)
	for _, name := range []string{"a.wasm", "a.wasm.sig", "a.manifest", "a.manifest.sig", "a.json"} {
		put(t, dir, name, "1")
		now, err := plugindir.Stat(dir, "a")
		require.NoError(t, err)
		assert.False(t, now.Same(before), name)
		assert.True(t, now.Same(now), name)
		require.NoError(t, os.Chtimes(filepath.Join(dir, name), time.Time{}, time.Unix(1, 0)))
		before, err = plugindir.Stat(dir, "a")
		require.NoError(t, err)
		assert.False(t, before.Same(now), name)
	}
}

func TestAManifestAndItsSignatureAreThereBothOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	base := filepath.Join(dir, "a")
	signatures, err := plugindir.ReadSignatures(base)
	require.NoError(t, err)
	assert.Equal(t, plugindir.Signatures{}, signatures)
	put(t, dir, "a.manifest.sig", "")
	_, err = plugindir.ReadSignatures(base)
	require.ErrorIs(t, err, plugin.ErrManifest)
	require.ErrorIs(t, err, fs.ErrNotExist)
	put(t, dir, "a.manifest", "text")
	signatures, err = plugindir.ReadSignatures(base)
	require.NoError(t, err)
	assert.Equal(t, plugindir.Signatures{Manifest: []byte("text"), ManifestSignature: []byte{}}, signatures, "an empty file is one")
	require.NoError(t, os.Remove(base+".manifest.sig"))
	_, err = plugindir.ReadSignatures(base)
	require.ErrorIs(t, err, plugin.ErrManifest)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestSettingsBesideAModule(t *testing.T) {
	dir := t.TempDir()
	settings, err := plugindir.ReadSettings(dir, "a")
	require.NoError(t, err)
	assert.Nil(t, settings)
	put(t, dir, "a.json", `{"memory": 1}`)
	_, err = plugindir.ReadSettings(dir, "a")
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	put(t, dir, "a.json", `{"memory_mib": 3}`)
	options, err := plugindir.Options(dir, "a", filepath.Join(dir, "a"))
	require.NoError(t, err)
	assert.Len(t, options, 1)
	put(t, dir, "a.json", `{"grants": ["clock"]}`)
	options, err = plugindir.Options(dir, "a", filepath.Join(dir, "a"))
	require.NoError(t, err)
	assert.Len(t, options, 2)
	_, err = plugindir.Read(filepath.Join(dir, "a.json"), 3)
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
}

// The operator's guide shows a file of settings.
func TestTheGuidesExample(t *testing.T) {
	guide, err := os.ReadFile("../../../docs/plugins.md")
	require.NoError(t, err)
	_, example, found := strings.Cut(string(guide), "\n    {\"max_instances\"")
	require.True(t, found)
	example, _, found = strings.Cut(example, "\n\n")
	require.True(t, found)
	dir := t.TempDir()
	put(t, dir, "p.json", `{"max_instances"`+example)
	settings, err := plugindir.ReadSettings(dir, "p")
	require.NoError(t, err)
	assert.Equal(t, 4, settings.Limits.MaxInstances)
	assert.Equal(t, 1500*time.Millisecond, settings.Limits.CallTimeout)
	assert.EqualValues(t, plugin.Unlimited, settings.Limits.DrainTimeout)
	assert.Len(t, settings.Grants, 1)
}
