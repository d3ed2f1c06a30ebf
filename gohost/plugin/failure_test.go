package plugin_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

func TestFailedLoadsLeaveTheOldOneServing(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	_, stranger, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	var failures []plugin.LoadEvent
	reg := newRegistry(t, plugin.WithPublicKeys(public), plugin.WithRequireSignature(),
		plugin.WithHooks(plugin.Hooks{OnLoad: func(e plugin.LoadEvent) {
			if e.Err != nil {
				failures = append(failures, e)
			}
		}}))
	first := engine(t)
	signed := func(wasm []byte) plugin.LoadOption { return plugin.WithSignature(ed25519.Sign(private, wasm)) }
	p := load(t, reg, "a", first, signed(first))

	second := edition(first, "second")
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	bytes := func(name string) (plugin.Source, plugin.LoadOption) {
		wasm := testModule(t, name)
		return plugin.Bytes(wasm), signed(wasm)
	}
	damaged := edition(second[:len(second)/2], "cut")
	small := plugin.WithLimits(plugin.Limits{MaxModuleBytes: 1000})

	for _, test := range []struct {
		name   string
		ctx    context.Context
		src    plugin.Source
		opts   []plugin.LoadOption
		is     error
		phrase string
	}{
		{name: "no signature", src: plugin.Bytes(second), is: plugin.ErrSignature, phrase: "there is none"},
		{name: "signature of other bytes", src: plugin.Bytes(second), opts: []plugin.LoadOption{signed(first)}, is: plugin.ErrSignature},
		{
			name: "signature of a stranger", src: plugin.Bytes(second), is: plugin.ErrSignature, phrase: "none of 1 keys made it",
			opts: []plugin.LoadOption{plugin.WithSignature(ed25519.Sign(stranger, second))},
		},
		{
			name: "no signature at all", src: plugin.Bytes(second), is: plugin.ErrSignature, phrase: "3 bytes; expected the 64",
			opts: []plugin.LoadOption{plugin.WithSignature([]byte("sig"))},
		},
		{name: "empty signature", src: plugin.Bytes(second), opts: []plugin.LoadOption{plugin.WithSignature(nil)}, is: plugin.ErrSignature},
		{
			name: "wrong hash", src: plugin.Bytes(second), is: plugin.ErrHash, phrase: "; expected " + hashOf(first),
			opts: []plugin.LoadOption{signed(second), plugin.WithSHA256(strings.ToUpper(hashOf(first)))},
		},
		{name: "hash that is none", src: plugin.Bytes(second), opts: []plugin.LoadOption{plugin.WithSHA256("abc")}, is: gohost.ErrInvalidInput, phrase: `SHA256("abc")`},
		{name: "too large", src: plugin.Bytes(second), opts: []plugin.LoadOption{signed(second), small}, is: gohost.ErrLimit, phrase: "1000 bytes"},
		{name: "too large a file", src: plugin.File("testdata/engine.core.wasm"), opts: []plugin.LoadOption{small}, is: gohost.ErrLimit},
		{name: "file of endless bytes", src: plugin.FS(endless{}, "a"), opts: []plugin.LoadOption{small}, is: gohost.ErrLimit},
		{name: "no file", src: plugin.File(filepath.Join(dir, "none.wasm")), is: fs.ErrNotExist},
		{name: "a directory", src: plugin.File(dir), is: gohost.ErrInvalidInput, phrase: "not a regular file"},
		{name: "a pipe that nobody writes to", src: plugin.File(pipe), is: gohost.ErrInvalidInput, phrase: "not a regular file"},
		{name: "a file that cannot be read", src: plugin.FS(broken{}, "a"), is: errBroken},
		{name: "no source", src: plugin.Source{}, is: gohost.ErrInvalidInput},
		{name: "a nil option", src: plugin.Bytes(second), opts: []plugin.LoadOption{nil}, is: gohost.ErrInvalidInput},
		{name: "no module", src: plugin.Bytes(damaged), opts: []plugin.LoadOption{signed(damaged)}, is: gohost.ErrContract},
		{
			name: "bad limits", src: plugin.Bytes(second), is: gohost.ErrInvalidInput, phrase: "Limits.MemoryMiB is -1",
			opts: []plugin.LoadOption{signed(second), plugin.WithLimits(plugin.Limits{MemoryMiB: -1})},
		},
		{
			name: "bad grants", src: plugin.Bytes(second), is: gohost.ErrInvalidInput,
			opts: []plugin.LoadOption{signed(second), plugin.WithGrants(gohost.Grant{})},
		},
		{name: "context that has ended", ctx: canceled, src: plugin.Bytes(second), opts: []plugin.LoadOption{signed(second)}, is: context.Canceled},
	} {
		if test.ctx == nil {
			test.ctx = ctx
		}
		failures = nil
		_, err := reg.Load(test.ctx, "a", test.src, test.opts...)
		require.ErrorIs(t, err, test.is, test.name)
		assert.ErrorContains(t, err, test.phrase, test.name)
		assert.ErrorContains(t, err, `plugin "a"`, test.name)
		require.Len(t, failures, 1, test.name)
		assert.ErrorIs(t, failures[0].Err, test.is, test.name)
		serves(t, reg, "a", first)
	}
	for name, is := range map[string]error{
		"no_realloc": gohost.ErrContract, "wrong_type": gohost.ErrContract, "imports_function": gohost.ErrContract,
		"start_traps": gohost.ErrTrap, "table_bomb": gohost.ErrLimit,
		"echo": plugin.ErrSelfTest, "select": plugin.ErrSelfTest,
	} {
		src, sig := bytes(name)
		_, err := reg.Load(ctx, "a", src, sig)
		require.ErrorIs(t, err, is, name)
		require.ErrorIs(t, mustStatus(t, reg, "a").LoadError, is, name)
		serves(t, reg, "a", first)
	}
	require.Len(t, p.Versions(), 1)

	_, err = reg.Load(ctx, "a", plugin.Bytes(second), signed(second), plugin.WithSHA256(strings.ToUpper(hashOf(second))))
	require.NoError(t, err)
	serves(t, reg, "a", second)
	st := mustStatus(t, reg, "a")
	assert.NoError(t, st.LoadError)
	assert.Equal(t, plugin.KeyID(public), st.Active.SignedBy)
}

// A module whose first load fails leaves no plugin behind.
func TestAPluginThatNeverLoadedIsNone(t *testing.T) {
	reg := newRegistry(t)
	_, err := reg.Load(ctx, "a", plugin.Bytes(echo(t)))
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	_, err = reg.Plugin("a")
	require.ErrorIs(t, err, plugin.ErrNotFound)
	assert.Empty(t, reg.List())
	require.ErrorIs(t, reg.Unload(ctx, "a"), plugin.ErrNotFound)
}

func TestNames(t *testing.T) {
	reg := newRegistry(t)
	for _, name := range []string{"", ".", "..", ".a", "-a", "a/b", "a b", "ä", "a\x00", strings.Repeat("a", 65)} {
		_, err := reg.Load(ctx, name, plugin.Bytes(engine(t)))
		require.ErrorIs(t, err, gohost.ErrInvalidInput, name)
	}
	for _, name := range []string{"a", "A-b_c.9", strings.Repeat("a", 64)} {
		require.NoError(t, plugin.CheckName(name))
	}
}

// endless is a file system of one file, which says it is small and never ends.
type endless struct{}

func (endless) Open(string) (fs.File, error) { return &endlessFile{}, nil }

type endlessFile struct{ read int }

func (f *endlessFile) Stat() (fs.FileInfo, error) {
	return fs.Stat(fstest.MapFS{"a": {Mode: 0o600}}, "a")
}
func (f *endlessFile) Close() error { return nil }

func (f *endlessFile) Read(p []byte) (int, error) {
	if f.read += len(p); f.read > 1<<20 {
		panic("more was read than the limit allows")
	}
	return len(p), nil
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: errBroken}
}

func TestSources(t *testing.T) {
	reg := newRegistry(t)
	wasm := engine(t)
	path := filepath.Join(t.TempDir(), "a.wasm")
	require.NoError(t, os.WriteFile(path, wasm, 0o600))
	for name, test := range map[string]struct {
		src  plugin.Source
		want string
	}{
		"bytes":    {plugin.Bytes(wasm), "bytes"},
		"file":     {plugin.File(path), path},
		"fs":       {plugin.FS(fstest.MapFS{"x/a.wasm": {Data: wasm}}, "x/a.wasm"), "x/a.wasm"},
		"embedded": {plugin.Embedded(), "embedded"},
	} {
		v, err := reg.Load(ctx, name, test.src)
		require.NoError(t, err)
		assert.Equal(t, test.want, v.Source)
		p, err := reg.Plugin(name)
		require.NoError(t, err)
		stat, err := p.Binding().Fold(ctx, nil, values(1, 2))
		require.NoError(t, err)
		sum, err := p.Binding().Finish(ctx, stat)
		require.NoError(t, err)
		assert.Equal(t, 3.0, sum.Sum)
	}
	list := reg.List()
	require.Len(t, list, 4)
	assert.Equal(t, "bytes", list[0].Name, "in the order of the names")
	assert.Equal(t, gohost.EngineHash(), list[1].Active.Hash)
}

func TestTheEmbeddedEngineNeedsNoSignature(t *testing.T) {
	public, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	reg := newRegistry(t, plugin.WithPublicKeys(public), plugin.WithRequireSignature())
	_, err = reg.Load(ctx, "engine", plugin.Embedded())
	require.NoError(t, err)
	_, err = reg.Load(ctx, "engine", plugin.Embedded(), plugin.WithSHA256(hashOf(nil)))
	require.ErrorIs(t, err, plugin.ErrHash)
}

func TestBadOptionsOfARegistry(t *testing.T) {
	for phrase, opt := range map[string]plugin.Option{
		"WithCacheDir":         plugin.WithCacheDir(""),
		"WithLogger":           plugin.WithLogger(nil),
		"WithCompilers(0)":     plugin.WithCompilers(0),
		"WithHistory(-1)":      plugin.WithHistory(-1),
		"WithPublicKeys":       plugin.WithPublicKeys(make(ed25519.PublicKey, 5)),
		"WithRequireSignature": plugin.WithRequireSignature(),
		"WithRequireManifest":  plugin.WithRequireManifest(),
		"WithGrades needs":     plugin.WithGrades("stable"),
		`WithGrades: "Stable"`: plugin.WithGrades("Stable"),
		"WithGate":             plugin.WithGate(nil),
		"WithCommit":           plugin.WithCommit(nil),
		"WithRequireGrade":     plugin.WithRequireGrade("beta"),
		"WithSelfTest":         plugin.WithSelfTest[gohost.Functions](0, nil),
		"WithLoadTimeout":      plugin.WithLoadTimeout(0),
		"MemoryMiB is 1":       plugin.WithCompileProcess(gohost.CompileProcess{MemoryMiB: 1}),
		"an Option is nil":     nil,
	} {
		_, err := plugin.NewRegistry(gohost.Binding(), opt)
		require.ErrorIs(t, err, gohost.ErrInvalidInput, phrase)
		assert.ErrorContains(t, err, phrase)
	}
	_, err := plugin.NewRegistry(gohost.Binding(), plugin.WithoutCache(), plugin.WithCacheDir(t.TempDir()))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	require.ErrorContains(t, err, "WithoutCache and WithCacheDir exclude each other")
	_, err = plugin.NewRegistry(gohost.Binding(), plugin.WithDefaultLimits(plugin.Limits{DrainTimeout: -time.Second}))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	assert.ErrorContains(t, err, "WithDefaultLimits: invalid input: Limits.DrainTimeout is -1s")
}
