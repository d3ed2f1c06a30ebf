package wasi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/granted"
)

// open opens a path below "/".
func (g *guest) open(path string) (uint64, errno) {
	g.t.Helper()
	g.put(atPath, []byte(path))
	no := g.call("path_open", 3, 1, atPath, uint64(len(path)), 0, rightRead, 0, 0, atResult)
	fd, _ := g.module.Memory().ReadUint32Le(atResult)
	return uint64(fd), no
}

// read reads n bytes to atData.
func (g *guest) read(fd uint64, n uint32) (string, errno) {
	g.t.Helper()
	g.put(atList, binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, atData), n))
	no := g.call("fd_read", fd, atList, 1, atResult)
	got, _ := g.module.Memory().ReadUint32Le(atResult)
	bytes, _ := g.module.Memory().Read(atData, got)
	return string(bytes), no
}

// list reads a directory with a buffer of some size, and returns its names by
// their cookies.
func (g *guest) list(fd uint64, size uint32) (names []string) {
	g.t.Helper()
	for cookie := uint64(0); ; {
		require.Equal(g.t, success, g.call("fd_readdir", fd, atData, uint64(size), cookie, atResult))
		used, _ := g.module.Memory().ReadUint32Le(atResult)
		listed, _ := g.module.Memory().Read(atData, used)
		for len(listed) >= direntSize {
			n := direntSize + int(binary.LittleEndian.Uint32(listed[16:]))
			if n > len(listed) {
				break
			}
			names = append(names, string(listed[direntSize:n]))
			cookie = binary.LittleEndian.Uint64(listed)
			require.EqualValues(g.t, len(names), cookie)
			listed = listed[n:]
		}
		if used < size {
			return names
		}
	}
}

// pieces is a file system whose files come a byte at a time, and fail where they
// should.
type pieces struct {
	fstest.MapFS
	failAt int
}

type pieceFile struct {
	fs.File
	left int
}

var errBroken = errors.New("broken")

func (p pieces) Open(name string) (fs.File, error) {
	f, err := p.MapFS.Open(name)
	if err != nil || name == "." {
		return f, err
	}
	return &pieceFile{f, p.failAt}, nil
}

func (f *pieceFile) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, errBroken
	}
	f.left--
	return f.File.Read(p[:1])
}

func TestNobodySeesInWhatPiecesAFileComes(t *testing.T) {
	g, _ := ours(t, Config{Files: pieces{tree(), -1}})
	fd, no := g.open("a.txt")
	require.Equal(t, success, no)
	for _, want := range []string{"good", " day", ", al", "l", ""} {
		got, no := g.read(fd, 4)
		assert.Equal(t, success, no)
		assert.Equal(t, want, got)
	}
	broken, _ := ours(t, Config{Files: pieces{tree(), 5}})
	fd, no = broken.open("a.txt")
	require.Equal(t, success, no)
	got, no := broken.read(fd, 4)
	assert.Equal(t, success, no)
	assert.Equal(t, "good", got)
	_, no = broken.read(fd, 4)
	assert.Equal(t, io_, no)

	// Nor does one wait for what never comes.
	stuck, _ := ours(t, Config{Files: nothing{tree()}, Random: nothing{}})
	fd, no = stuck.open("a.txt")
	require.Equal(t, success, no)
	_, no = stuck.read(fd, 4)
	assert.Equal(t, io_, no)
	assert.Equal(t, io_, stuck.call("random_get", 0, 4))
}

// nothing has files, and is a source whose reads give nothing.
type nothing struct{ fstest.MapFS }

type nothingFile struct{ fs.File }

func (n nothing) Open(name string) (fs.File, error) {
	f, err := n.MapFS.Open(name)
	if name == "." {
		return f, err
	}
	return nothingFile{f}, err
}

func (nothing) Read([]byte) (int, error) { return 0, nil }

func (nothingFile) Read([]byte) (int, error) { return 0, nil }

func TestALargeDirectoryIsListedWhole(t *testing.T) {
	const entries = 10_000
	files := fstest.MapFS{}
	want := []string{".", ".."}
	for i := range entries {
		name := fmt.Sprintf("file-%05d", i)
		files["big/"+name] = &fstest.MapFile{}
		want = append(want, name)
	}
	g, h := ours(t, Config{Files: files})
	fd, no := g.open("big")
	require.Equal(t, success, no)
	for _, size := range []uint32{64, 100, 4096, 65_536, 480_000} {
		assert.Equal(t, want, g.list(fd, size), size)
		assert.LessOrEqual(t, cap(h.files.entries[fd].list.entries), 2*granted.EntriesAtOnce, "no more is kept")
	}
	// Any place that was read is found again, near or far, forwards or back.
	for _, cookie := range []uint64{10_001, 0, 5_000, 4_999, 255, 256, 257, 258, 9_999, 1, 2, 10_001} {
		require.Equal(t, success, g.call("fd_readdir", fd, atData, 100, cookie, atResult))
		if cookie == 0 { // which begins anew
			g.list(fd, 65_536)
			continue
		}
		name, _ := g.module.Memory().Read(atData+direntSize, uint32(len(want[cookie])))
		assert.Equal(t, want[cookie], string(name), cookie)
		g.list(fd, 65_536)
	}
	require.Equal(t, success, g.call("fd_readdir", fd, atData, 100, 10_002, atResult), "the end")
	require.Equal(t, noent, g.call("fd_readdir", fd, atData, 100, 10_003, atResult), "beyond it")
}

// counted counts what is open.
type counted struct {
	fstest.MapFS
	open int
}

type countedFile struct {
	fs.File
	fs     *counted
	closed bool
}

func (c *counted) Open(name string) (fs.File, error) {
	f, err := c.MapFS.Open(name)
	if err != nil {
		return nil, err
	}
	c.open++
	return &countedFile{f, c, false}, nil
}

func (f *countedFile) ReadDir(n int) ([]fs.DirEntry, error) {
	return f.File.(fs.ReadDirFile).ReadDir(n)
}

func (f *countedFile) Close() error {
	if f.closed {
		return errors.New("closed twice")
	}
	f.closed = true
	f.fs.open--
	return f.File.Close()
}

func TestOpenFilesAreBoundedAndClosed(t *testing.T) {
	files := &counted{MapFS: tree()}
	g, h := ours(t, Config{Files: files})
	for i := range 64 {
		fd, no := g.open([]string{"a.txt", "many"}[i%2])
		require.Equal(t, success, no)
		require.EqualValues(t, 4+i, fd)
	}
	for range 3 {
		_, no := g.open("a.txt")
		assert.Equal(t, mfile, no)
	}
	assert.Equal(t, 65, files.open, "and the root")
	for fd := uint64(5); fd < 68; fd += 2 {
		g.list(fd, 100)
		g.list(fd, 100)
	}
	assert.Equal(t, 65, files.open)
	require.Equal(t, success, g.call("fd_close", 10))
	fd, no := g.open("a.txt")
	assert.Equal(t, success, no)
	assert.EqualValues(t, 10, fd)
	_, no = g.open("a.txt")
	assert.Equal(t, mfile, no)
	for range 100 { // what could not be told where it is
		g.call("fd_close", 10)
		require.Equal(t, fault, g.call("path_open", 3, 0, atPath, 5, 0, rightRead, 0, 0, memorySize))
		require.Equal(t, notdir, g.call("path_open", 3, 0, atPath, 5, openDirectory, rightRead, 0, 0, atResult))
	}
	assert.Equal(t, 64, files.open)
	require.NoError(t, h.Close())
	assert.Zero(t, files.open)
	require.NoError(t, h.Close())
}

func TestOnlyFilesAndDirectoriesAreOpened(t *testing.T) {
	g, _ := ours(t, Config{Files: fstest.MapFS{
		"device": {Mode: fs.ModeDevice}, "socket": {Mode: fs.ModeSocket}, "odd": {Mode: fs.ModeIrregular}, "file": {},
	}})
	for _, name := range []string{"device", "socket", "odd"} {
		_, no := g.open(name)
		assert.Equal(t, acces, no, name)
	}
	_, no := g.open("file")
	assert.Equal(t, success, no)
}

// The end of a call is seen before each chunk, without a meter too.
func TestAFunctionEndsWithItsCall(t *testing.T) {
	const chunks = memorySize / granted.Chunk
	for _, test := range []struct {
		name  string
		looks int
		args  []uint64
	}{
		{"fd_read", 2 + 2*chunks, []uint64{4, atList, 1, 0}}, // of a whole buffer
		{"fd_pread", 2 + chunks, []uint64{4, atList, 1, 0, 0}},
		{"fd_write", 2 + chunks, []uint64{1, atList, 1, 0}},
		{"random_get", 1 + 2*chunks, []uint64{0, memorySize}},
		{"fd_readdir", 1 + 1 + 17, []uint64{5, 0, memorySize, 0, 0}}, // a look at the directory, 1,000 entries 64 at a time, the end
		{"path_open", 1 + 1 + 2, []uint64{3, 0, atPath, 8, 0, 0, 0, 0, 0}},
		{"path_filestat_get", 1 + 1 + 1, []uint64{3, 0, atPath, 8, 0}},
		{"fd_filestat_get", 1 + 1, []uint64{3, 0}},
		{"fd_seek", 1 + 1, []uint64{4, 0, 0, 0}},
		{"fd_close", 1 + 1, []uint64{4}},
		{"poll_oneoff", 1 + 1 + 2 + 1, []uint64{atData, 0, 1, 0}}, // of a wait of two pieces
		{"sched_yield", 1, nil},
	} {
		call := func(looks int) (int, error) {
			files := fstest.MapFS{"file": {Data: make([]byte, 2*memorySize)}}
			for i := range 1000 {
				files[fmt.Sprintf("dir/%d", i)] = &fstest.MapFile{}
			}
			g, h := ours(t, Config{Files: files, Random: zeros{}, Stdout: ends{}, Now: time.Now})
			for _, path := range []string{"file", "dir"} {
				_, no := g.open(path)
				require.Equal(t, success, no)
			}
			g.put(atPath, []byte("dir/../."))
			g.put(atData, onClock(1, monotonic, uint64(granted.LongestWait)+1, 0))
			g.put(atList, binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 0), memorySize))
			ended := &endsAfter{Context: t.Context(), looks: looks}
			_, err := g.module.ExportedFunction(test.name).Call(h.Within(ended), test.args...)
			return looks - ended.looks, err
		}
		looks, err := call(1 << 30)
		require.NoError(t, err, test.name)
		assert.Equal(t, test.looks, looks, test.name)
		for n := range looks {
			_, err := call(n)
			var stopped *fuel.Stopped
			require.ErrorAs(t, err, &stopped, "%s after %d looks", test.name, n)
			require.ErrorIs(t, stopped, context.Canceled)
		}
	}
}

// ends takes what is written, which here has no lines.
type ends struct{}

func (ends) Write(p []byte) (int, error) { return len(p), nil }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// endsAfter is a context that ends once it was looked at so many times.
type endsAfter struct {
	context.Context
	looks int
}

func (e *endsAfter) Err() error {
	if e.looks--; e.looks < 0 {
		return context.Canceled
	}
	return nil
}

func TestWhatIsNotThereAnswersSo(t *testing.T) {
	g, _ := ours(t, Config{})
	assert.Equal(t, nosys, g.call("clock_time_get", 0, 0, 0))
	assert.Equal(t, nosys, g.call("clock_res_get", 0, 0))
	assert.Equal(t, nosys, g.call("random_get", 0, 1))
	assert.Equal(t, badf, g.call("path_open", 3, 0, 0, 1, 0, 0, 0, 0, 0))
}

func TestAHostIsFoundThroughOtherContexts(t *testing.T) {
	g, h := ours(t, Config{Now: time.Now})
	type key struct{}
	g.ctx = context.WithValue(h.Within(context.WithValue(t.Context(), key{}, "outer")), key{}, "inner")
	assert.Same(t, h, fromContext(g.ctx))
	assert.Equal(t, "outer", h.Value(key{}))
	assert.Equal(t, success, g.call("clock_time_get", 0, 0, 0))
	g.ctx = t.Context()
	_, err := g.module.ExportedFunction("sched_yield").Call(g.ctx)
	require.ErrorContains(t, err, "a call without a host")
}
