package sandbox_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/sandbox"
)

func TestGrantsFromText(t *testing.T) {
	dir := t.TempDir()
	texts := []string{"clock", "random", "random=seed:0", "random=seed:18446744073709551615", "output", "files=" + dir}
	for i, text := range texts {
		one, err := sandbox.ParseGrant(text)
		require.NoError(t, err, text)
		assert.Equal(t, text, one.String())
		for j, other := range texts {
			again, err := sandbox.ParseGrant(other)
			require.NoError(t, err)
			assert.Equal(t, i == j, one.Equal(again), "%s and %s", text, other)
		}
	}
	clock, err := sandbox.ParseGrant("clock")
	require.NoError(t, err)
	assert.True(t, clock.Equal(sandbox.GrantClock()))
	mine := sandbox.GrantFiles(os.DirFS(dir))
	assert.Equal(t, "files", mine.String())
	assert.False(t, mine.Equal(mine), "nobody knows whether file systems are equal")
	assert.False(t, sandbox.Grant{}.Equal(sandbox.Grant{}))
}

func TestTextsThatAreNoGrant(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for text, want := range map[string]string{
		"":                                 "the grants are clock, random, random=seed:NUMBER, output, files=DIRECTORY",
		"Clock":                            `there is no grant "Clock"`,
		"clock=utc":                        `there is no grant "clock=utc"`,
		"files":                            `there is no grant "files"`,
		"random=7":                         "expected random=seed:NUMBER",
		"random=seed:":                     "expected random=seed:NUMBER",
		"random=seed:-1":                   "expected random=seed:NUMBER",
		"random=seed:18446744073709551616": "expected random=seed:NUMBER",
		"files=":                           "name is empty",
		"files=" + file:                    "not a directory",
		"files=" + file + ".missing":       "no such file",
	} {
		_, err := sandbox.ParseGrant(text)
		require.ErrorIs(t, err, sandbox.ErrInvalidInput, text)
		assert.ErrorContains(t, err, want, text)
	}
}

// A directory by its name is as safe as an os.Root, and is looked up for each file.
func TestDirectoryThatIsGrantedByText(t *testing.T) {
	outside, dir := t.TempDir(), filepath.Join(t.TempDir(), "data")
	write := func(path, text string) {
		t.Helper()
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write(filepath.Join(outside, "secret"), "a secret")
	write(filepath.Join(dir, "greeting"), "bonjour!")
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "link")))
	fsys := sandbox.Directory(dir)

	text, err := fs.ReadFile(fsys, "greeting")
	require.NoError(t, err)
	assert.Equal(t, "bonjour!", string(text))
	for _, name := range []string{"link", "../data/greeting", filepath.Join(outside, "secret"), "missing"} {
		_, err = fsys.Open(name)
		require.Error(t, err, name)
		_, err = fs.Stat(fsys, name)
		require.Error(t, err, name)
	}

	require.NoError(t, os.Rename(dir, dir+".old"))
	_, err = fsys.Open("greeting")
	require.ErrorIs(t, err, fs.ErrNotExist)
	write(filepath.Join(dir, "greeting"), "hello")
	text, err = fs.ReadFile(fsys, "greeting")
	require.NoError(t, err)
	assert.Equal(t, "hello", string(text))
}

func TestGrantsForImports(t *testing.T) {
	imported := func(names ...string) (list []sandbox.ImportedFunction) {
		for _, name := range names {
			module, function, newer := strings.Cut(name, "#")
			if !newer {
				module, function = "wasi_snapshot_preview1", name
			}
			require.True(t, sandbox.IsGrantable(module))
			list = append(list, sandbox.ImportedFunction{Module: module, Name: function})
		}
		return list
	}
	for _, c := range []struct {
		functions, want []string
		ok              bool
	}{
		{nil, nil, true},
		{[]string{"proc_exit"}, []string{"random=seed:0"}, true},
		{[]string{"proc_exit", "clock_time_get"}, []string{"clock"}, true},
		{[]string{"random_get", "fd_write", "clock_res_get", "fd_write"}, []string{"clock", "output", "random"}, true},
		{[]string{"fd_write", "path_open"}, []string{"files=DIRECTORY"}, true},
		{[]string{"clock_time_get", "sock_send"}, []string{"clock"}, false},

		{[]string{"wasi:io/poll@0.2.6#poll", "wasi:cli/terminal-input@0.2.0#[resource-drop]terminal-input"}, []string{"random=seed:0"}, true},
		{[]string{"wasi:cli/stdout@0.2.0#get-stdout", "wasi:random/insecure-seed@0.2.4#insecure-seed"}, []string{"output", "random"}, true},
		{[]string{"wasi:filesystem/types@0.2.0#[resource-drop]descriptor"}, []string{"output"}, true},
		{[]string{"wasi:filesystem/types@0.2.0#[method]descriptor.open-at", "wasi:cli/stderr@0.2.0#get-stderr"}, []string{"files=DIRECTORY"}, true},
		{[]string{"wasi:clocks/wall-clock@0.2.0#now", "wasi:http/types@0.2.0#x", "wasi:io/poll@0.2.0#[resource-drop]x"}, []string{"clock"}, false},
	} {
		got, ok := sandbox.GrantsFor(imported(c.functions...))
		assert.Equal(t, c.ok, ok, c.functions)
		assert.Equal(t, c.want, got, c.functions)
	}
	assert.False(t, sandbox.IsGrantable("env"))
	// What it says is enough to load the module.
	wasm := module(t, "wasi")
	require.Error(t, gohost.Check(t.Context(), wasm))
	var grants []sandbox.Grant
	for _, text := range []string{"clock", "files=" + t.TempDir(), "random"} {
		grant, err := sandbox.ParseGrant(text)
		require.NoError(t, err)
		grants = append(grants, grant)
	}
	require.NoError(t, gohost.Check(t.Context(), wasm, gohost.WithGrants(grants...)))
}
