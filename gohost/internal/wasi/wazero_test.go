package wasi

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"

	"example.org/compute-pipeline/gohost/internal/granted"
)

// calls exports each function that can be granted.
//
//go:embed testdata/calls.wasm
var calls []byte

const memorySize = 8 << 16

// instant is what clocks say.
var instant = granted.Began.Add(12345678901 * time.Nanosecond)

// tree is a file system with what there can be in one.
func tree() fstest.MapFS {
	when := time.Unix(1_600_000_000, 123456789)
	long := bytes.Repeat([]byte("0123456789abcdef"), 10_000)
	files := fstest.MapFS{
		"a.txt":           {Data: []byte("good day, all"), ModTime: when, Mode: 0o644},
		"empty":           {ModTime: when},
		"long":            {Data: long, ModTime: when},
		"sub/b.txt":       {Data: []byte("below"), ModTime: when},
		"sub/deep/er/c":   {Data: []byte("far below"), ModTime: when},
		"none":            {Mode: fs.ModeDir | 0o755, ModTime: when},
		"name with space": {Data: []byte("x"), ModTime: when},
		"größe":           {Data: []byte("ü"), ModTime: when},
	}
	for i := range 40 {
		files[fmt.Sprintf("many/%d-%s", i, strings.Repeat("n", i))] = &fstest.MapFile{ModTime: when}
	}
	return files
}

// guest is an instance of calls.
type guest struct {
	t      testing.TB
	module api.Module
	ctx    context.Context
}

func newRuntime(t testing.TB) wazero.Runtime {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { assert.NoError(t, r.Close(context.Background())) })
	return r
}

// ours is a guest of this package.
func ours(t testing.TB, config Config) (*guest, *Host) {
	t.Helper()
	r := newRuntime(t)
	require.NoError(t, Instantiate(t.Context(), r))
	h := NewHost(config)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	g := &guest{t: t, ctx: h.Within(t.Context())}
	var err error
	g.module, err = r.Instantiate(g.ctx, calls)
	require.NoError(t, err)
	return g, h
}

// theirs is a guest of wazero's implementation.
func theirs(t testing.TB, config Config) *guest {
	t.Helper()
	r := newRuntime(t)
	_, err := wasi_snapshot_preview1.Instantiate(t.Context(), r)
	require.NoError(t, err)
	mc := wazero.NewModuleConfig().WithRandSource(config.Random).
		WithWalltime(func() (int64, int32) { return config.Now().Unix(), int32(config.Now().Nanosecond()) }, 1000).
		WithNanotime(func() int64 { return int64(config.Now().Sub(granted.Began)) }, 1).
		WithStdout(config.Stdout).WithStderr(config.Stderr)
	if config.Files != nil {
		mc = mc.WithFSConfig(wazero.NewFSConfig().WithFSMount(config.Files, "/"))
	}
	g := &guest{t: t, ctx: t.Context()}
	g.module, err = r.InstantiateWithConfig(g.ctx, calls, mc)
	require.NoError(t, err)
	return g
}

// call calls a function and returns its errno.
func (g *guest) call(name string, args ...uint64) errno {
	g.t.Helper()
	results, err := g.module.ExportedFunction(name).Call(g.ctx, args...)
	require.NoError(g.t, err, name)
	return errno(results[0])
}

func (g *guest) put(ptr uint32, bytes []byte) {
	g.t.Helper()
	require.True(g.t, g.module.Memory().Write(ptr, bytes))
}

func (g *guest) memory() []byte {
	bytes, ok := g.module.Memory().Read(0, memorySize)
	require.True(g.t, ok)
	return bytes
}

// pair are a guest of this package and one of wazero's implementation, which do
// the same.
type pair struct {
	t            testing.TB
	ours, theirs *guest
	output       [2]bytes.Buffer
}

func newPair(t testing.TB, files func() fs.FS) *pair {
	t.Helper()
	p := &pair{t: t}
	config := func(i int) Config {
		return Config{
			Stdout: &p.output[i],
			Now:    func() time.Time { return instant },
			Random: rand.NewChaCha8([32]byte{1}),
			Files:  files(),
		}
	}
	p.ours, _ = ours(t, config(0))
	p.theirs = theirs(t, config(1))
	return p
}

func (p *pair) put(ptr uint32, bytes []byte) {
	p.ours.put(ptr, bytes)
	p.theirs.put(ptr, bytes)
}

// call calls a function of both, whose answers and effects must be the same.
func (p *pair) call(name string, args ...uint64) errno {
	p.t.Helper()
	got, want := p.ours.call(name, args...), p.theirs.call(name, args...)
	assert.Equal(p.t, want, got, "%s%x", name, args)
	p.sameMemory("%s%x", name, args)
	assert.Equal(p.t, p.output[1].String(), p.output[0].String(), "%s%x", name, args)
	return got
}

func (p *pair) sameMemory(format string, args ...any) {
	p.t.Helper()
	a, b := p.ours.memory(), p.theirs.memory()
	// As strings, which nothing writes: the race detector notes nothing for their bytes. With
	// slices, it is busy with these for nearly all of its time.
	if unsafe.String(unsafe.SliceData(a), len(a)) == unsafe.String(unsafe.SliceData(b), len(b)) {
		return
	}
	at := 0
	for a[at] == b[at] {
		at++
	}
	p.t.Errorf("%s: memory differs at %d: %x, wazero %x", fmt.Sprintf(format, args...), at, a[at:at+16], b[at:at+16])
}

// Places in the guest's memory.
const (
	atPath   = 1000
	atList   = 8000
	atResult = 16000
	atData   = 32000
)

// list puts a list of buffers and returns its parameters.
func (p *pair) list(vectors ...[2]uint32) (ptr, count uint64) {
	var list []byte
	for _, v := range vectors {
		list = binary.LittleEndian.AppendUint32(list, v[0])
		list = binary.LittleEndian.AppendUint32(list, v[1])
	}
	p.put(atList, list)
	return atList, uint64(len(vectors))
}

// open opens a path below a directory, and returns its descriptor.
func (p *pair) open(dir uint64, path string, flags uint64) (uint64, errno) {
	p.t.Helper()
	p.put(atPath, []byte(path))
	p.put(atResult, make([]byte, 8))
	no := p.call("path_open", dir, 1, atPath, uint64(len(path)), flags, rightRead, 0, 0, atResult)
	fd, ok := p.ours.module.Memory().ReadUint32Le(atResult)
	require.True(p.t, ok)
	return uint64(fd), no
}

func mapFS() fs.FS { return tree() }

// pointers are where results may go, and may not.
var pointers = []uint64{0, 1, atResult, memorySize - 64, memorySize - 24, memorySize - 8, memorySize - 7, memorySize - 4, memorySize - 3, memorySize, memorySize + 1, 1<<32 - 8, 1<<32 - 1}

var descriptors = []uint64{0, 1, 2, 3, 4, 5, 63, 64, 67, 1000, 1<<31 - 1, 1 << 31, 1<<32 - 1}

func TestResultsGoWhereWazeroPutsThem(t *testing.T) {
	p := newPair(t, mapFS)
	for _, ptr := range pointers {
		for _, other := range pointers {
			p.call("args_get", ptr, other)
			p.call("args_sizes_get", ptr, other)
			p.call("environ_get", ptr, other)
			p.call("environ_sizes_get", ptr, other)
		}
		for _, clock := range []uint64{0, 1, 2, 3, 4, 1<<32 - 1} {
			p.call("clock_res_get", clock, ptr)
			p.call("clock_time_get", clock, 1, ptr)
		}
		for _, n := range []uint64{0, 1, 3, 4, 24, 100, 70_000, memorySize, 1<<32 - 1} {
			p.call("random_get", ptr, n)
		}
		for _, fd := range descriptors[3:] {
			p.call("fd_prestat_get", fd, ptr)
			for _, n := range []uint64{0, 1, 2, 1<<32 - 1} {
				p.call("fd_prestat_dir_name", fd, ptr, n)
			}
		}
		for _, fd := range descriptors {
			p.call("fd_fdstat_get", fd, ptr)
			p.call("fd_filestat_get", fd, ptr)
			p.call("fd_tell", fd, ptr)
			p.call("fd_seek", fd, 0, 1, ptr)
		}
	}
	assert.Equal(t, success, p.call("sched_yield"))
}

func TestDescriptorsAreTakenAsByWazero(t *testing.T) {
	p := newPair(t, mapFS)
	file, no := p.open(3, "a.txt", 0)
	require.Equal(t, success, no)
	require.EqualValues(t, 4, file)
	dir, no := p.open(3, "sub", openDirectory)
	require.Equal(t, success, no)
	for _, fd := range append([]uint64{file, dir}, descriptors...) {
		for flags := range uint64(64) {
			p.call("fd_fdstat_set_flags", fd, flags)
		}
		for _, advice := range []uint64{0, 5, 6, 255, 256, 1 << 31} {
			p.call("fd_advise", fd, 0, 1<<63, advice)
		}
		p.call("fd_fdstat_get", fd, atResult)
		p.call("fd_filestat_get", fd, atResult)
		for _, whence := range []uint64{0, 1, 2, 3, 1<<32 - 1} {
			for _, offset := range []int64{0, 1, 5, 13, 14, 1 << 40, -1, -13, -1 << 63, 1<<63 - 1} {
				p.call("fd_seek", fd, uint64(offset), whence, atResult)
				p.call("fd_tell", fd, atResult)
			}
		}
		for _, list := range [][][2]uint32{{}, {{atData, 0}}, {{atData, 4}}, {{atData, 4}, {atData + 2, 4}}} {
			ptr, count := p.list(list...)
			p.call("fd_read", fd, ptr, count, atResult)
			if fd != dir { // see below
				p.call("fd_pread", fd, ptr, count, 2, atResult)
			}
			p.call("fd_write", fd, ptr, count, atResult)
		}
	}
	// Closed ones are taken again, the lowest first.
	for _, fd := range []uint64{4, 4, 1, 1, 3, 3, 0, 1<<32 - 1} {
		p.call("fd_close", fd)
		p.call("fd_fdstat_get", fd, atResult)
		p.call("fd_write", fd, atList, 0, atResult)
	}
	for range 5 {
		p.open(dir, "b.txt", 0)
	}
	ptr, count := p.list([2]uint32{atData, 3})
	for fd := range uint64(10) {
		p.call("fd_write", fd, ptr, count, atResult)
		p.call("fd_read", fd, ptr, count, atResult)
		p.call("fd_prestat_get", max(fd, 3), atResult)
		p.call("fd_close", fd)
	}
}

func TestFilesAreReadAsByWazero(t *testing.T) {
	p := newPair(t, mapFS)
	for _, path := range []string{"a.txt", "empty", "long"} {
		fd, no := p.open(3, path, 0)
		require.Equal(t, success, no)
		for _, list := range [][][2]uint32{
			{},
			{{atData, 1}},
			{{atData, 2}, {1<<32 - 1, 0}, {atData + 100, 3}},
			{{atData, 200_000}},
			{{atData, 70_000}, {atData + 65_536, 70_000}},
			{{memorySize - 4, 4}},
			{{memorySize - 4, 5}},
			{{atResult - 2, 4}}, // the result comes last
			{{0, memorySize}},   // over the list and the result
		} {
			for _, offset := range []uint64{0, 1, 12, 13, 14, 159_999, 160_000, 1 << 40, 1 << 63, 1<<64 - 1} {
				ptr, count := p.list(list...)
				p.call("fd_seek", fd, offset, 0, atResult+8)
				p.call("fd_read", fd, ptr, count, atResult)
				ptr, count = p.list(list...)
				p.call("fd_pread", fd, ptr, count, offset, atResult)
				p.call("fd_tell", fd, atResult)
			}
		}
		for _, ptr := range pointers {
			list, count := p.list([2]uint32{atData, 4})
			p.call("fd_read", fd, list, count, ptr)
			p.call("fd_read", fd, ptr, 1, atResult)
			p.call("fd_pread", fd, list, count, 3, ptr)
		}
		p.call("fd_close", fd)
	}
}

func TestOutputIsWrittenAsByWazero(t *testing.T) {
	p := newPair(t, mapFS)
	p.put(atData, []byte("one\ntwo\n\nthree"))
	for _, fd := range []uint64{1, 2, 0, 3, 4} {
		for _, list := range [][][2]uint32{
			{},
			{{atData, 0}},
			{{atData, 14}},
			{{atData, 5}, {atData + 2, 9}, {atData, 0}, {atData, 1}},
			{{atData, 200_000}},
			{{memorySize - 4, 5}},
			{{memorySize, 1}},
		} {
			ptr, count := p.list(list...)
			p.call("fd_write", fd, ptr, count, atResult)
		}
		for _, ptr := range pointers {
			list, count := p.list([2]uint32{atData, 4})
			p.call("fd_write", fd, list, count, ptr)
			p.call("fd_write", fd, ptr, 1, atResult)
		}
	}
}

var paths = []string{
	"", ".", "..", "/", "//", "./", "a.txt", "/a.txt", "./a.txt", "a.txt/", "a.txt/x", "a.txt/..", "nothing", "nothing/a.txt",
	"sub", "sub/", "sub/.", "sub/..", "sub/../a.txt", "sub//b.txt", "sub/b.txt", "../a.txt", "sub/../../a.txt", "sub/deep/er/c",
	"none", "none/x", "name with space", "größe", "gr\xf6\xdfe", "a.txt\x00", "\x00", "a\\b", "many", "empty", strings.Repeat("x", 300),
	strings.Repeat("sub/../", 500) + "a.txt", strings.Repeat("a", 4092), strings.Repeat("./", 2045) + "a.txt",
}

func TestPathsAreTakenAsByWazero(t *testing.T) {
	p := newPair(t, mapFS)
	sub, no := p.open(3, "sub", openDirectory)
	require.Equal(t, success, no)
	root, no := p.open(3, ".", 0)
	require.Equal(t, success, no)
	file, no := p.open(3, "a.txt", 0)
	require.Equal(t, success, no)
	for _, dir := range []uint64{3, sub, root, file, 1, 60} {
		for _, path := range paths {
			p.put(atPath, []byte(path))
			n := uint64(len(path))
			for _, follow := range []uint64{0, 1} {
				p.call("path_filestat_get", dir, follow, atPath, n, atResult)
			}
			p.call("path_readlink", dir, atPath, n, atData, 100, atResult)
			p.call("path_readlink", dir, atPath, n, atData, 0, atResult)
			for flags := range uint64(16) {
				for _, rights := range []uint64{0, rightRead, rightWrite, rightRead | rightWrite, 1<<64 - 1} {
					for _, fdFlags := range []uint64{0, flagAppend, flagNonblock | flagSync} {
						no := p.call("path_open", dir, 1, atPath, n, flags, rights, 0, fdFlags, atResult)
						if no == success {
							fd, _ := p.ours.module.Memory().ReadUint32Le(atResult)
							p.call("fd_filestat_get", uint64(fd), atData)
							require.Equal(t, success, p.call("fd_close", uint64(fd)))
						}
					}
				}
			}
		}
		for _, ptr := range pointers {
			p.put(atPath, []byte("a.txt"))
			p.call("path_filestat_get", dir, 0, atPath, 5, ptr)
			p.call("path_open", dir, 0, atPath, 5, 0, rightRead, 0, 0, ptr)
			p.call("path_open", dir, 0, ptr, 5, 0, rightRead, 0, 0, atResult)
			p.call("path_filestat_get", dir, 0, ptr, 4, atResult)
			p.call("path_readlink", dir, ptr, 4, atData, 100, atResult)
			// What could be opened, but not told, is closed again.
			fd, _ := p.open(3, "a.txt", 0)
			p.call("fd_close", fd)
		}
	}
}

// Each buffer's size gives another cut of the same listing.
func TestDirectoriesAreListedAsByWazero(t *testing.T) {
	for _, dir := range []string{".", "many", "sub", "none"} {
		p := newPair(t, mapFS)
		fd, no := p.open(3, dir, openDirectory)
		require.Equal(t, success, no)
		for _, size := range []uint64{0, 23, 24, 25, 26, 48, 50, 51, 63, 64, 100, 1000, 4096, 60_000} {
			cookie := uint64(0)
			for range 100 {
				p.put(atData, make([]byte, 60_000))
				if p.call("fd_readdir", fd, atData, size, cookie, atResult) != success {
					break
				}
				p.call("fd_readdir", fd, atData, size, cookie, atResult) // again
				used, _ := p.ours.module.Memory().ReadUint32Le(atResult)
				listed, _ := p.ours.module.Memory().Read(atData, used)
				next := cookie
				for len(listed) >= direntSize {
					n := direntSize + int(binary.LittleEndian.Uint32(listed[16:]))
					if n > len(listed) {
						break
					}
					next = binary.LittleEndian.Uint64(listed)
					listed = listed[n:]
				}
				if next == cookie { // the end, or no room for one entry
					break
				}
				cookie = next
			}
			p.call("fd_readdir", fd, atData, 1000, 0, atResult) // from the start
		}
		p.call("fd_readdir", fd, atData, 4096, 1000, atResult) // beyond the end
		p.call("fd_readdir", fd, atData, 4096, 1<<64-1, atResult)
		p.call("fd_readdir", fd, memorySize, 4096, 0, atResult)
		p.call("fd_readdir", fd, atData, 100, 0, memorySize-3)
		for _, other := range []uint64{0, 1, 3, 60} {
			p.call("fd_readdir", other, atData, 4096, 0, atResult)
		}
	}
}

// Directories of the system, whose files can do more than those of a MapFS.
func TestARootIsReadAsByWazero(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.txt"), []byte("good day, all"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), nil, 0))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o700))
	require.NoError(t, os.Symlink("a.txt", filepath.Join(dir, "link")))
	require.NoError(t, os.Symlink("link2", filepath.Join(dir, "link2")))
	require.NoError(t, os.Symlink("/etc", filepath.Join(dir, "out")))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	p := newPair(t, func() fs.FS { return root.FS() })
	for _, path := range []string{"a.txt", "sub", "link", "link2", "out", "out/passwd", "nothing", "a.txt/x", "../x", "secret", "a\x00b", strings.Repeat("y", 300)} {
		fd, no := p.open(3, path, 0)
		if no != success {
			continue
		}
		for _, offset := range []uint64{0, 5, 13, 100, 1 << 63} {
			list, count := p.list([2]uint32{atData, 4}, [2]uint32{atData + 10, 100})
			p.call("fd_pread", fd, list, count, offset, atResult)
			p.call("fd_seek", fd, offset, 0, atResult)
			p.call("fd_read", fd, list, count, atResult)
		}
		p.call("fd_seek", fd, 1<<64-3, 2, atResult)
		p.call("fd_close", fd)
	}
	fd, no := p.open(3, "out/passwd", 0)
	assert.NotEqual(t, success, no, "%d", fd)
}

func TestWithoutFilesThereIsNoDirectory(t *testing.T) {
	p := newPair(t, func() fs.FS { return nil })
	for _, fd := range descriptors[3:] {
		p.call("fd_prestat_get", fd, atResult)
		p.call("path_open", fd, 0, atPath, 1, 0, 0, 0, 0, atResult)
		p.call("fd_close", fd)
	}
}

func TestExitIsWazeros(t *testing.T) {
	for _, code := range []uint32{0, 1, 3, 1<<32 - 1, 0xefffffff} {
		o, _ := ours(t, Config{})
		for _, g := range []*guest{o, theirs(t, Config{})} {
			_, err := g.module.ExportedFunction("proc_exit").Call(g.ctx, uint64(code))
			var exit *sys.ExitError
			require.ErrorAs(t, err, &exit)
			assert.Equal(t, code, exit.ExitCode())
			assert.True(t, g.module.IsClosed())
		}
	}
}

// Where the two are meant to differ: the same calls, and both answers.
func TestWhereWazeroAnswersOtherwise(t *testing.T) {
	differ := func(why string, want, wazeros errno, call func(g *guest) errno) {
		t.Helper()
		p := newPair(t, mapFS)
		for i, g := range []*guest{p.ours, p.theirs} {
			for _, path := range []string{"a.txt", "many"} {
				g.put(atPath, []byte(path))
				require.Equal(t, success, g.call("path_open", 3, 0, atPath, uint64(len(path)), 0, rightRead, 0, 0, atResult))
			}
			assert.Equal(t, []errno{want, wazeros}[i], call(g), "%s: %d", why, i)
		}
	}
	put := func(g *guest, vectors ...uint32) {
		var list []byte
		for _, v := range vectors {
			list = binary.LittleEndian.AppendUint32(list, v)
		}
		g.put(atList, list)
	}
	differ("a list of more buffers than POSIX asks for", inval, success, func(g *guest) errno {
		g.put(atList, make([]byte, 1025*8))
		return g.call("fd_write", 1, atList, 1025, atResult)
	})
	differ("a path that is longer than a system takes", nametoolong, noent, func(g *guest) errno {
		g.put(atData, bytes.Repeat([]byte("a"), 4097))
		return g.call("path_filestat_get", 3, 0, atData, 4097, atResult)
	})
	differ("the same, and cleaned it would be short", nametoolong, success, func(g *guest) errno {
		g.put(atData, append(bytes.Repeat([]byte("./"), 2046), "a.txt"...))
		return g.call("path_filestat_get", 3, 0, atData, 2046*2+5, atResult)
	})
	differ("a bad buffer behind the end of the file", fault, success, func(g *guest) errno {
		put(g, atData, 100, memorySize, 1)
		return g.call("fd_read", 4, atList, 2, atResult)
	})
	differ("more in one call than the result can say", inval, success, func(g *guest) errno {
		_, ok := g.module.Memory().Grow(64)
		require.True(t, ok)
		var list []uint32
		for range 1024 {
			list = append(list, 0, 4<<20)
		}
		put(g, list...)
		return g.call("fd_write", 2, atList, 1024, atResult)
	})
	differ("an empty buffer that is nowhere", success, fault, func(g *guest) errno {
		put(g, 1<<32-1, 0)
		return g.call("fd_write", 1, atList, 1, atResult)
	})
	differ("a stream is no directory that was opened before", badf, success, func(g *guest) errno {
		return g.call("fd_prestat_get", 1, atResult)
	})
	differ("a directory is a directory, opened before or not", isdir, badf, func(g *guest) errno {
		put(g, atData, 1)
		return g.call("fd_pread", 5, atList, 1, 0, atResult)
	})
	differ("room for a listing that is not all there", fault, success, func(g *guest) errno {
		return g.call("fd_readdir", 5, memorySize-4096, 4097, 0, atResult)
	})
	differ("an older part of a directory", success, noent, func(g *guest) errno {
		for cookie := range uint64(10) {
			require.Equal(t, success, g.call("fd_readdir", 5, atData, 100, cookie*3, atResult))
		}
		return g.call("fd_readdir", 5, atData, 100, 3, atResult)
	})
}

// A list that lies where its first buffer is filled: wazero then reads on with
// what was in the file.
func TestAListIsReadBeforeItsBuffersAreFilled(t *testing.T) {
	for _, test := range []struct {
		new  func() *guest
		want errno
	}{
		{func() *guest { g, _ := ours(t, Config{Files: tree()}); return g }, success},
		{func() *guest { return theirs(t, Config{Files: tree(), Now: time.Now}) }, fault},
	} {
		g := test.new()
		g.put(atPath, []byte("long"))
		require.Equal(t, success, g.call("path_open", 3, 0, atPath, 4, 0, rightRead, 0, 0, atResult))
		list := binary.LittleEndian.AppendUint32(nil, atList)
		for _, v := range []uint32{16, atData, 5} {
			list = binary.LittleEndian.AppendUint32(list, v)
		}
		g.put(atList, list)
		assert.Equal(t, test.want, g.call("fd_read", 4, atList, 2, atResult))
	}
}
