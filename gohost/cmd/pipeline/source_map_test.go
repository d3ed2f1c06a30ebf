package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type sourceMap struct {
	Sources        []string
	SourcesContent []*string
	Mappings       string
}

// mapIn reads the source map in a module that was written for another.
func mapIn(t *testing.T, written, module string) (m sourceMap) {
	t.Helper()
	section, ok := bytes.CutPrefix(readFile(t, written), readFile(t, module))
	require.True(t, ok, "it begins with the module")
	_, text, ok := strings.Cut(string(section), "data:application/json;base64,")
	require.True(t, ok)
	data, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &m))
	return m
}

func TestSourceMap(t *testing.T) {
	dir := t.TempDir()
	text := "the source"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "places.c"), []byte(text), 0o600))
	out := filepath.Join(dir, "debug.wasm")
	require.Equal(t, outcome{}, pipeline(t, "", "symbolize", "--module", placesFile, "--source-map", out, "--source", "/places="+dir))
	m := mapIn(t, out, placesFile)
	assert.Equal(t, []string{"file:///places/places.c"}, m.Sources)
	assert.Equal(t, []*string{&text}, m.SourcesContent)
	assert.NotEmpty(t, m.Mappings)

	without := filepath.Join(dir, "without.wasm")
	require.Equal(t, outcome{}, pipeline(t, "", "symbolize", "--module", placesFile, "--source-map", without))
	withoutText := m
	withoutText.SourcesContent = []*string{nil}
	assert.Equal(t, withoutText, mapIn(t, without, placesFile))
}

// What cannot be embedded is told, and the map is written without it.
func TestSourceMapWithoutSources(t *testing.T) {
	for name, lay := range map[string]struct {
		source func(file string) error
		reason string
	}{
		"missing":            {func(string) error { return nil }, "file does not exist"},
		"a pipe":             {func(file string) error { return syscall.Mkfifo(file, 0o600) }, "not a regular file"},
		"a directory":        {func(file string) error { return os.Mkdir(file, 0o700) }, "not a regular file"},
		"a link to the host": {func(file string) error { return os.Symlink("/etc/hostname", file) }, "escapes from parent"},
		"endless": {func(file string) error {
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(file, 1<<40)
		}, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, lay.source(filepath.Join(dir, "places.c")))
			out := filepath.Join(t.TempDir(), "debug.wasm")
			got := pipeline(t, "", "symbolize", "--module", placesFile, "--source-map", out, "--source", "/places="+dir)
			require.Zero(t, got.status, got.err)
			assert.Contains(t, got.err, "1 of 1 files are not embedded: /places/places.c: ")
			assert.Contains(t, got.err, lay.reason)
			m := mapIn(t, out, placesFile)
			assert.Equal(t, []string{"file:///places/places.c"}, m.Sources)
			assert.Equal(t, []*string{nil}, m.SourcesContent)
		})
	}
}

func TestSourceMapsThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "debug.wasm")
	mapped := filepath.Join(t.TempDir(), "mapped.wasm")
	require.Equal(t, outcome{}, pipeline(t, "", "symbolize", "--module", placesFile, "--source-map", mapped))
	const failed, bad = 1, 2
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no module":        {nil, bad, "--source-map needs --module"},
		"no symbols":       {[]string{"--module", tempFile(t, "stripped.wasm", stripped(t))}, bad, "no symbols"},
		"cut off":          {[]string{"--module", tempFile(t, "cut.wasm", stripped(t)[:100])}, failed, "cut.wasm: "},
		"other symbols":    {[]string{"--module", "../../engine.wasm", "--symbols", placesFile}, failed, "of another build"},
		"bad sources":      {[]string{"--module", placesFile, "--source", "x"}, bad, "--source x is not PREFIX=DIR"},
		"no directory":     {[]string{"--module", placesFile, "--source", "/places=" + filepath.Join(dir, "none")}, bad, "no such file"},
		"other prefix":     {[]string{"--module", placesFile, "--source", "/place=" + dir}, failed, "no path in the debug information begins with /place/"},
		"a trace":          {[]string{"trace.txt", "--module", placesFile}, bad, "--source-map reads no trace"},
		"a map already":    {[]string{"--module", mapped}, failed, "it already has a source map"},
		"the module":       {[]string{"--module", mapped, "--source-map", mapped}, bad, "is the module itself"},
		"nowhere to write": {[]string{"--module", placesFile, "--source-map", filepath.Join(dir, "none", "debug.wasm")}, failed, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			got := pipeline(t, "", append([]string{"symbolize", "--source-map", out}, c.args...)...)
			assert.Equal(t, c.status, got.status)
			assert.Contains(t, got.err, c.says)
			assert.NoFileExists(t, out)
		})
	}
	got := pipeline(t, "", "symbolize", "--module", placesFile, "--source", "/places="+dir)
	assert.Equal(t, outcome{status: bad, err: got.err}, got)
	assert.Contains(t, got.err, "--source needs --source-map")
}
