package wasi2

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/granted"
)

func TestReadingFiles(t *testing.T) {
	g := newGuest(t, t.Context(), granted.Config{Files: tree()})
	root := g.root()
	assert.ElementsMatch(t, []string{"a.txt", "empty", "long", "sub", "none", "größe"}, g.names(root))
	sub := g.mustOpen(root, "sub")
	assert.ElementsMatch(t, []string{"b.txt", "deep"}, g.names(sub))
	assert.Equal(t, g.names(sub), g.names(sub), "each stream is of its own")

	fd := g.mustOpen(sub, "deep/../b.txt")
	for _, test := range []struct {
		n, offset uint64
		want      string
		end       uint8
	}{
		{3, 0, "bel", 0},
		{math.MaxUint64, 3, "ow", 0},
		{10, 5, "", 1},
		{0, 0, "", 1},
	} {
		g.method("descriptor", "read", fd, test.n, test.offset, atResult)
		require.Zero(t, g.u8(atResult))
		assert.Equal(t, test.want, g.list(atResult+4))
		assert.Equal(t, test.end, g.u8(atResult+12))
	}
	g.method("descriptor", "read", fd, 1, 1<<63, atResult)
	assert.Equal(t, []byte{1, byte(invalid)}, []byte{g.u8(atResult), g.u8(atResult + 4)})

	// A stream goes on where it was, and without its descriptor.
	g.method("descriptor", "read-via-stream", fd, 1, atResult)
	require.Zero(t, g.u8(atResult))
	stream := uint64(g.u32(atResult + 4))
	g.drop("filesystem/types", "descriptor", fd)
	for _, want := range []string{"el", "ow"} {
		g.method("input-stream", "blocking-read", stream, 2, atResult)
		require.Zero(t, g.u8(atResult))
		assert.Equal(t, want, g.list(atResult+4))
	}
	g.method("input-stream", "read", stream, 0, atResult)
	assert.Zero(t, g.u8(atResult))
	g.method("input-stream", "read", stream, 2, atResult)
	assert.Equal(t, []byte{1, 1}, []byte{g.u8(atResult), g.u8(atResult + 4)}, "closed")
	g.method("descriptor", "read-via-stream", g.mustOpen(root, "long"), math.MaxUint64, atResult)
	g.method("input-stream", "read", uint64(g.u32(atResult+4)), 2, atResult)
	assert.Equal(t, []byte{1, 1}, []byte{g.u8(atResult), g.u8(atResult + 4)}, "closed")
}

func TestReadingALongFile(t *testing.T) {
	files := tree()
	g := newGuest(t, t.Context(), granted.Config{Files: files, Stdout: &strings.Builder{}})
	long := g.mustOpen(g.root(), "long")
	g.method("descriptor", "read-via-stream", long, 0, atResult)
	stream := uint64(g.u32(atResult + 4))
	var got strings.Builder
	for {
		g.method("input-stream", "read", stream, math.MaxUint64, atResult)
		if g.u8(atResult) == 1 {
			break
		}
		require.LessOrEqual(t, g.u32(atResult+8), uint32(granted.Chunk))
		got.WriteString(g.list(atResult + 4))
	}
	assert.Equal(t, string(files["long"].Data), got.String())

	g.method("descriptor", "read-via-stream", long, 0, atResult)
	stream = uint64(g.u32(atResult + 4))
	g.method("input-stream", "skip", stream, 100, atResult)
	assert.EqualValues(t, 100, g.u64(atResult+8))
	out := g.call("cli/stdout#get-stdout")
	g.method("output-stream", "splice", out, stream, 16, atResult)
	assert.EqualValues(t, 16, g.u64(atResult+8))
	assert.Equal(t, "456789abcdef0123", g.host.Stdout.(*strings.Builder).String())
}

func TestMetadata(t *testing.T) {
	g := newGuest(t, t.Context(), granted.Config{Files: tree()})
	root := g.root()
	for path, want := range map[string]struct{ typ, size uint64 }{
		"a.txt": {regularFile, 13}, "sub": {directory, 0}, "sub/deep/er/c": {regularFile, 9}, ".": {directory, 0},
	} {
		ptr, n := g.text(path)
		g.put(atResult, make([]byte, 104)) // what pads the result is not written
		g.method("descriptor", "stat-at", root, 0, ptr, n, atResult)
		at := g.bytes(atResult, 104)
		require.Zero(t, at[0], path)
		fd := g.mustOpen(root, path)
		g.put(atResult, make([]byte, 104))
		g.method("descriptor", "stat", fd, atResult)
		assert.Equal(t, at, g.bytes(atResult, 104), path)
		assert.EqualValues(t, want.typ, at[8], path)
		assert.Equal(t, want.size, le.Uint64(at[24:]), path)
		if path == "a.txt" {
			for time := 32; time < 104; time += 24 {
				assert.EqualValues(t, 1, at[time])
				assert.EqualValues(t, 1_600_000_000, le.Uint64(at[time+8:]))
				assert.EqualValues(t, 123456789, le.Uint32(at[time+16:]))
			}
		}
		g.method("descriptor", "get-type", fd, atResult)
		assert.Equal(t, []byte{0, byte(want.typ)}, g.bytes(atResult, 2), path)
		g.method("descriptor", "get-flags", fd, atResult)
		assert.Equal(t, []byte{0, flagRead}, g.bytes(atResult, 2), path)

		g.method("descriptor", "metadata-hash", fd, atResult)
		hash := g.bytes(atResult, 24)
		require.Zero(t, hash[0])
		ptr, n = g.text(path)
		g.method("descriptor", "metadata-hash-at", root, 1, ptr, n, atResult)
		assert.Equal(t, hash, g.bytes(atResult, 24), path)
		assert.EqualValues(t, 1, g.method("descriptor", "is-same-object", fd, g.mustOpen(root, path)))
		g.drop("filesystem/types", "descriptor", fd)
	}
	assert.Zero(t, g.method("descriptor", "is-same-object", root, g.mustOpen(root, "sub")))
	// A file system without numbers of files, and a time before 1970.
	g = newGuest(t, t.Context(), granted.Config{Files: fstest.MapFS{"old": {}}})
	g.method("descriptor", "stat", g.mustOpen(g.root(), "old"), atResult)
	assert.Zero(t, g.u8(atResult+32))
}

// Paths lead nowhere else.
func TestPaths(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "inside")
	require.NoError(t, os.MkdirAll(filepath.Join(inside, "sub"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(inside, "file"), []byte("file"), 0o600))
	for name, to := range map[string]string{
		"out": "../secret", "absolute": filepath.Join(dir, "secret"), "up": "..", "loop": "loop", "in": "file", "insub": "sub/../file",
	} {
		require.NoError(t, os.Symlink(to, filepath.Join(inside, name)))
	}
	root, err := os.OpenRoot(inside)
	require.NoError(t, err)
	defer root.Close()
	g := newGuest(t, t.Context(), granted.Config{Files: root.FS()})
	top := g.root()
	sub := g.mustOpen(top, "sub")
	file := g.mustOpen(top, "file")
	for _, test := range []struct {
		dir  uint64
		path string
		want []code
	}{
		{top, "", []code{noEntry}},
		{top, "/", []code{notPermitted}},
		{top, "/file", []code{notPermitted}},
		{top, "..", []code{notPermitted}},
		{top, "../secret", []code{notPermitted}},
		{top, "sub/../../secret", []code{notPermitted}},
		{sub, "../file", []code{notPermitted}},
		{top, "./sub/.././../inside/file", []code{notPermitted}},
		{top, "out", []code{notPermitted, io_}},
		{top, "absolute", []code{notPermitted, io_}},
		{top, "up/secret", []code{notPermitted, io_}},
		{top, "loop", []code{loop, io_}},
		{top, "file\x00", []code{invalid}},
		{top, "nothing", []code{noEntry}},
		{top, "file/x", []code{notDirectory}},
		{top, "file/", []code{notDirectory}},
		{top, "nothing/", []code{noEntry}},
		{file, "x", []code{notDirectory}},
		{file, ".", []code{notDirectory}},
		{top, strings.Repeat("n", granted.MaxPath+1), []code{nameTooLong}},
		{top, strings.Repeat("n", 1<<20), []code{nameTooLong}},
		{top, strings.Repeat("a/", granted.MaxPath/2), []code{noEntry}},
	} {
		for _, name := range []string{"open-at", "stat-at", "metadata-hash-at", "readlink-at"} {
			ptr, n := g.text(test.path)
			args := map[string][]uint64{
				"open-at": {test.dir, 1, ptr, n, 0, flagRead, atResult}, "readlink-at": {test.dir, ptr, n, atResult},
			}[name]
			if args == nil {
				args = []uint64{test.dir, 1, ptr, n, atResult}
			}
			g.method("descriptor", name, args...)
			require.EqualValues(t, 1, g.u8(atResult), "%s %.50q", name, test.path)
			offset := uint32(4)
			if len(args) == 5 {
				offset = 8
			}
			assert.Contains(t, test.want, code(g.u8(atResult+offset)), "%s %.50q", name, test.path)
		}
	}
	// Links within are followed, and none is seen as one.
	for _, path := range []string{"in", "insub", "sub/../file", "./file", "sub//.././file"} {
		g.method("descriptor", "read", g.mustOpen(top, path), 10, 0, atResult)
		assert.Equal(t, "file", g.list(atResult+4), path)
		ptr, n := g.text(path)
		g.method("descriptor", "readlink-at", top, ptr, n, atResult)
		assert.Equal(t, []byte{1, byte(invalid)}, []byte{g.u8(atResult), g.u8(atResult + 4)}, path)
	}
	assert.EqualValues(t, 1, g.method("descriptor", "is-same-object", g.mustOpen(top, "in"), file))
	ptr, n := g.text("in\xff")
	assert.Contains(t, g.violation("filesystem/types#[method]descriptor.stat-at", top, 0, ptr, n, atResult), "UTF-8")
}

// Nothing can be changed, whatever a guest asks for.
func TestFilesAreReadOnly(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), []byte("as it was"), 0o600))
	g := newGuest(t, t.Context(), granted.Config{Files: os.DirFS(dir)})
	root := g.root()
	file := g.mustOpen(root, "file")
	for _, flags := range [][2]uint64{
		{openCreate, 0},
		{openExclusive, 0},
		{openTruncate, 0},
		{0, flagWrite},
		{0, flagRead | flagWrite},
		{0, flagMutateDirectory},
		{openCreate | openDirectory, 0},
		{15, 63},
	} {
		for _, path := range []string{"file", "new", "."} {
			_, failed := g.open(root, path, flags[0], flags[1])
			assert.Equal(t, readOnlyFiles, failed, "%s %v", path, flags)
		}
	}
	_, failed := g.open(root, "file", openDirectory, flagRead)
	assert.Equal(t, notDirectory, failed)
	refused := 0
	for _, i := range Interfaces() {
		for _, f := range i.Functions {
			offset, isRefused := map[string]uint32{
				"write-via-stream": 4, "append-via-stream": 4, "write": 8, "sync": 1, "sync-data": 1, "set-size": 1, "set-times": 1,
				"create-directory-at": 1, "set-times-at": 1, "link-at": 1, "remove-directory-at": 1, "rename-at": 1, "symlink-at": 1,
				"unlink-file-at": 1,
			}[strings.TrimPrefix(f.Name, "[method]descriptor.")]
			if !isRefused {
				continue
			}
			refused++
			args := make([]uint64, len(f.Params))
			args[0], args[len(args)-1] = file, atResult
			g.call("filesystem/types#"+f.Name, args...)
			assert.EqualValues(t, 1, g.u8(atResult), f.Name)
			assert.Equal(t, readOnlyFiles, code(g.u8(atResult+offset)), f.Name)
		}
	}
	assert.Equal(t, 14, refused)
	g.method("descriptor", "advise", file, 0, 0, 5, atResult)
	assert.Zero(t, g.u8(atResult))
	g.method("descriptor", "advise", root, 0, 0, 0, atResult)
	assert.EqualValues(t, 1, g.u8(atResult))
	assert.Contains(t, g.violation("filesystem/types#[method]descriptor.advise", file, 0, 0, 6, atResult), "is no case of advice")

	// A directory is no file, and a file no directory.
	g.method("descriptor", "read", root, 1, 0, atResult)
	assert.Equal(t, isDirectory, code(g.u8(atResult+4)))
	g.method("descriptor", "read-via-stream", root, 0, atResult)
	assert.Equal(t, isDirectory, code(g.u8(atResult+4)))
	g.method("descriptor", "read-directory", file, atResult)
	assert.Equal(t, notDirectory, code(g.u8(atResult+4)))

	data, err := os.ReadFile(filepath.Join(dir, "file"))
	require.NoError(t, err)
	assert.Equal(t, "as it was", string(data))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

// counted counts what is open.
type counted struct {
	fstest.MapFS
	open int
}

type countedFile struct {
	fs.ReadDirFile
	fs     *counted
	closed bool
}

func (c *counted) Open(name string) (fs.File, error) {
	f, err := c.MapFS.Open(name)
	if err != nil {
		return nil, err
	}
	c.open++
	dir, ok := f.(fs.ReadDirFile)
	if !ok {
		dir = notDir{f}
	}
	return &countedFile{dir, c, false}, nil
}

type notDir struct{ fs.File }

func (notDir) ReadDir(int) ([]fs.DirEntry, error) { return nil, fs.ErrInvalid }

func (f *countedFile) Close() error {
	if f.closed {
		return errors.New("closed twice")
	}
	f.closed = true
	f.fs.open--
	return f.ReadDirFile.Close()
}

func TestOpenFilesAreBoundedAndClosed(t *testing.T) {
	files := &counted{MapFS: tree()}
	g := newGuest(t, t.Context(), granted.Config{Files: files})
	root := g.root()
	var fds []uint64
	for i := range granted.MaxOpenFiles {
		fds = append(fds, g.mustOpen(root, []string{"a.txt", "sub"}[i%2]))
	}
	for range 3 {
		_, failed := g.open(root, "a.txt", 0, flagRead)
		assert.Equal(t, insufficientMemory, failed)
		g.method("descriptor", "read-directory", root, atResult)
		assert.Equal(t, insufficientMemory, code(g.u8(atResult+4)))
	}
	assert.Equal(t, granted.MaxOpenFiles+1, files.open, "and the root")
	// What a stream reads stays open, and counts.
	g.method("descriptor", "read-via-stream", fds[0], 0, atResult)
	stream := uint64(g.u32(atResult + 4))
	g.drop("filesystem/types", "descriptor", fds[0])
	_, failed := g.open(root, "a.txt", 0, flagRead)
	assert.Equal(t, insufficientMemory, failed)
	g.drop("io/streams", "input-stream", stream)
	g.method("descriptor", "read-directory", root, atResult)
	assert.Zero(t, g.u8(atResult))
	assert.Equal(t, granted.MaxOpenFiles+1, files.open)
	require.NoError(t, g.close())
	assert.Zero(t, files.open)
	require.NoError(t, g.close())
}

func TestALargeDirectoryIsListedWhole(t *testing.T) {
	files := fstest.MapFS{}
	var want []string
	for i := range 1000 {
		want = append(want, fmt.Sprintf("file-%05d", i))
		files[want[i]] = &fstest.MapFile{}
	}
	g := newGuest(t, t.Context(), granted.Config{Files: files})
	got := g.names(g.root())
	slices.Sort(got)
	assert.Equal(t, want, got)
}

func TestANameThatIsNoString(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have no such names")
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "\xff"), nil, 0o600))
	g := newGuest(t, t.Context(), granted.Config{Files: os.DirFS(dir)})
	g.method("descriptor", "read-directory", g.root(), atResult)
	stream := uint64(g.u32(atResult + 4))
	g.method("directory-entry-stream", "read-directory-entry", stream, atResult)
	assert.Equal(t, []byte{1, byte(illegalBytes)}, []byte{g.u8(atResult), g.u8(atResult + 4)})
	g.method("directory-entry-stream", "read-directory-entry", stream, atResult)
	assert.Equal(t, []byte{0, 0}, []byte{g.u8(atResult), g.u8(atResult + 4)}, "the end")
}

// A guest has so many handles, of all kinds together, and no more.
func TestHandlesAreBounded(t *testing.T) {
	g := newGuest(t, t.Context(), granted.Config{})
	stream := g.call("cli/stdout#get-stdout")
	for range granted.MaxHandles - 1 {
		g.method("output-stream", "subscribe", stream)
	}
	for _, name := range []string{"cli/stdout#get-stdout", "cli/stdin#get-stdin", "sockets/instance-network#instance-network"} {
		_, err := g.try(name)
		var limit *cabi.LimitError
		require.ErrorAs(t, err, &limit)
		assert.EqualValues(t, granted.MaxHandles, limit.Max)
	}
	g.drop("io/poll", "pollable", stream+1)
	last := g.call("cli/stdin#get-stdin")
	_, err := g.try("cli/stdout#get-stdout")
	require.Error(t, err)
	for range 10_000 { // and uses them again
		g.drop("io/streams", "input-stream", last)
		last = g.call("cli/stdin#get-stdin")
	}
}

// Handles that are not there, were dropped, or are of something else.
func TestHandlesThatAreWrong(t *testing.T) {
	g := newGuest(t, t.Context(), granted.Config{Files: tree()})
	root := g.root()
	handles := map[string]uint64{
		"descriptor": root, "input-stream": g.call("cli/stdin#get-stdin"), "output-stream": g.call("cli/stdout#get-stdout"),
		"network": g.call("sockets/instance-network#instance-network"),
	}
	handles["pollable"] = g.method("output-stream", "subscribe", handles["output-stream"])
	g.method("descriptor", "read-directory", root, atResult)
	handles["directory-entry-stream"] = uint64(g.u32(atResult + 4))
	dropped := g.mustOpen(root, "a.txt")
	g.drop("filesystem/types", "descriptor", dropped)
	tried := 0
	for _, i := range Interfaces() {
		iface := strings.TrimPrefix(i.Name, "wasi:")
		for _, f := range i.Functions {
			resource, isMethod := strings.CutPrefix(f.Name, "[method]")
			resource, _, _ = strings.Cut(resource, ".")
			if !isMethod {
				continue
			}
			args := make([]uint64, len(f.Params))
			args[len(args)-1] = atResult
			wrong := []uint64{0, dropped, 999, math.MaxUint32}
			for other, handle := range handles {
				if other != resource {
					wrong = append(wrong, handle)
				}
			}
			for _, args[0] = range wrong {
				assert.Contains(t, g.violation(iface+"#"+f.Name, args...), "handle", f.Name)
				tried++
			}
		}
		for _, r := range i.Resources {
			for _, handle := range []uint64{0, dropped, 999, math.MaxUint32} {
				assert.Contains(t, g.violation(iface+"#[resource-drop]"+r, handle), "handle", r)
			}
		}
	}
	assert.Greater(t, tried, 800)
}

// Results that are outside of memory, lists that end there, and too many to wait for.
func TestPlacesThatAreWrong(t *testing.T) {
	g := newGuest(t, t.Context(), granted.Config{Files: tree()})
	root, stream := g.root(), g.call("cli/stdout#get-stdout")
	for _, i := range Interfaces() {
		iface := strings.TrimPrefix(i.Name, "wasi:")
		for _, f := range i.Functions {
			if iface != "filesystem/types" || f.Results != "" || !strings.HasPrefix(f.Name, "[method]descriptor.") {
				continue
			}
			args := make([]uint64, len(f.Params))
			args[0] = root
			for _, at := range []uint64{memory, memory - 1, math.MaxUint32} {
				args[len(args)-1] = at
				assert.Contains(t, g.violation(iface+"#"+f.Name, args...), "address", f.Name)
			}
		}
	}
	assert.Contains(t, g.violation("io/streams#[method]output-stream.write", stream, memory, 1, atResult), "outside")
	assert.Contains(t, g.violation("io/streams#[method]output-stream.write", stream, 0, math.MaxUint32, atResult), "written at once")
	for _, n := range []uint64{0, granted.MaxSubscriptions + 1, 1_000_000, math.MaxUint32} {
		assert.Contains(t, g.violation("io/poll#poll", 0, n, atResult), "pollables")
	}
	assert.Contains(t, g.violation("io/poll#poll", memory-4, 2, atResult), "outside")
	pollable := g.method("output-stream", "subscribe", stream)
	g.put(atData, slices.Repeat(le.AppendUint32(nil, uint32(pollable)), granted.MaxSubscriptions))
	g.call("io/poll#poll", atData, granted.MaxSubscriptions, atResult)
	assert.EqualValues(t, granted.MaxSubscriptions, g.u32(atResult+4), "one may be there many times")
}
