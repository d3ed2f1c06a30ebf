package wasi2

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/granted"
	"example.org/compute-pipeline/gohost/internal/wasi"
)

// calls exports each function that can be granted.
//
//go:embed testdata/calls.wasm
var calls []byte

var le = binary.LittleEndian

// Places in the guest's memory.
const (
	atResult = 1024
	atData   = 4096
	heap     = 1 << 20
	memory   = 64 << 16
)

// guest is an instance of calls.
type guest struct {
	t      testing.TB
	in     *cabi.Instance
	module api.Module
	host   *wasi.Host
	ctx    context.Context
}

// newGuest starts a guest, which is in a call with the context.
func newGuest(t testing.TB, ctx context.Context, config granted.Config) *guest {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { assert.NoError(t, r.Close(context.Background())) })
	for _, i := range Interfaces() {
		require.NoError(t, cabi.Instantiate(t.Context(), r, i.Name+"@0.2.0", i.HostFunctions()))
	}
	g := &guest{t: t, in: cabi.NewInstance(nil), host: wasi.NewHost(config)}
	g.in.Imports = true
	g.begin(ctx)
	var err error
	g.module, err = r.Instantiate(g.ctx, calls)
	require.NoError(t, err)
	g.in.Bind(g.module)
	t.Cleanup(func() { assert.NoError(t, g.close()) })
	return g
}

// begin begins a call.
func (g *guest) begin(ctx context.Context) { g.ctx = g.in.Within(g.host.Within(ctx)) }

// close closes the guest, as package sandbox does.
func (g *guest) close() error {
	if err := g.host.Close(); err != nil {
		return err
	}
	return g.in.Close(context.Background())
}

// try calls a function.
func (g *guest) try(name string, args ...uint64) (uint64, error) {
	g.t.Helper()
	f := g.module.ExportedFunction(name)
	require.NotNil(g.t, f, name)
	g.module.ExportedGlobal("next").(api.MutableGlobal).Set(heap)
	results, err := f.Call(g.ctx, args...)
	if len(results) == 0 {
		return 0, err
	}
	return results[0], err
}

// call calls a function that does not end the guest.
func (g *guest) call(name string, args ...uint64) uint64 {
	g.t.Helper()
	result, err := g.try(name, args...)
	require.NoError(g.t, err, name)
	return result
}

// method calls a function of a resource.
func (g *guest) method(resource, name string, args ...uint64) uint64 {
	g.t.Helper()
	for _, i := range Interfaces() {
		for _, f := range i.Functions {
			if f.Name == "[method]"+resource+"."+name {
				return g.call(strings.TrimPrefix(i.Name, "wasi:")+"#"+f.Name, args...)
			}
		}
	}
	require.Fail(g.t, "no method", "%s.%s", resource, name)
	return 0
}

func (g *guest) drop(iface, resource string, handle uint64) {
	g.t.Helper()
	g.call(iface+"#[resource-drop]"+resource, handle)
}

// violation calls a function that ends the guest, and returns why.
func (g *guest) violation(name string, args ...uint64) string {
	g.t.Helper()
	_, err := g.try(name, args...)
	var violation *cabi.Violation
	require.ErrorAs(g.t, err, &violation, name)
	return violation.Detail
}

func (g *guest) put(at uint32, data []byte) { require.True(g.t, g.module.Memory().Write(at, data)) }

func (g *guest) bytes(at, n uint32) []byte {
	g.t.Helper()
	data, ok := g.module.Memory().Read(at, n)
	require.True(g.t, ok)
	return bytes.Clone(data)
}

func (g *guest) u8(at uint32) uint8   { return g.bytes(at, 1)[0] }
func (g *guest) u32(at uint32) uint32 { return le.Uint32(g.bytes(at, 4)) }
func (g *guest) u64(at uint32) uint64 { return le.Uint64(g.bytes(at, 8)) }

// list returns the bytes of a list or string, whose address and length are at an address.
func (g *guest) list(at uint32) string { return string(g.bytes(g.u32(at), g.u32(at+4))) }

// text puts a text into memory, and returns its address and length.
func (g *guest) text(s string) (ptr, n uint64) {
	g.put(atData, []byte(s))
	return atData, uint64(len(s))
}

// root returns the descriptor of "/".
func (g *guest) root() uint64 {
	g.t.Helper()
	g.call("filesystem/preopens#get-directories", atResult)
	require.EqualValues(g.t, 1, g.u32(atResult+4))
	at := g.u32(atResult)
	assert.Equal(g.t, "/", g.list(at+4))
	return uint64(g.u32(at))
}

// open opens a path below a descriptor, and returns a descriptor or an error.
func (g *guest) open(dir uint64, path string, openFlags, flags uint64) (uint64, code) {
	g.t.Helper()
	ptr, n := g.text(path)
	g.method("descriptor", "open-at", dir, 1, ptr, n, openFlags, flags, atResult)
	if g.u8(atResult) == 1 {
		return 0, code(g.u8(atResult + 4))
	}
	return uint64(g.u32(atResult + 4)), 0
}

// mustOpen opens a path that is there.
func (g *guest) mustOpen(dir uint64, path string) uint64 {
	g.t.Helper()
	fd, failed := g.open(dir, path, 0, flagRead)
	require.Zero(g.t, failed, path)
	return fd
}

// names lists a directory.
func (g *guest) names(fd uint64) (names []string) {
	g.t.Helper()
	g.method("descriptor", "read-directory", fd, atResult)
	require.Zero(g.t, g.u8(atResult))
	stream := uint64(g.u32(atResult + 4))
	for {
		g.method("directory-entry-stream", "read-directory-entry", stream, atResult)
		require.Zero(g.t, g.u8(atResult))
		if g.u8(atResult+4) == 0 {
			break
		}
		names = append(names, g.list(atResult+12))
	}
	g.drop("filesystem/types", "directory-entry-stream", stream)
	return names
}

// tree is a file system with what there can be in one.
func tree() fstest.MapFS {
	when := time.Unix(1_600_000_000, 123456789)
	return fstest.MapFS{
		"a.txt":         {Data: []byte("good day, all"), ModTime: when, Mode: 0o644},
		"empty":         {ModTime: when},
		"long":          {Data: bytes.Repeat([]byte("0123456789abcdef"), 10_000), ModTime: when},
		"sub/b.txt":     {Data: []byte("below"), ModTime: when},
		"sub/deep/er/c": {Data: []byte("far below"), ModTime: when},
		"none":          {Mode: fs.ModeDir | 0o755, ModTime: when},
		"größe":         {Data: []byte("ü"), ModTime: when},
	}
}
