package hostile

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// granted are all functions that can be granted, in the order of calls.wat.
var granted = []string{
	"args_get", "args_sizes_get", "clock_res_get", "clock_time_get", "environ_get", "environ_sizes_get",
	"fd_advise", "fd_close", "fd_fdstat_get", "fd_fdstat_set_flags", "fd_filestat_get", "fd_pread",
	"fd_prestat_dir_name", "fd_prestat_get", "fd_read", "fd_readdir", "fd_seek", "fd_tell", "fd_write",
	"path_filestat_get", "path_open", "path_readlink", "poll_oneoff", "proc_exit", "random_get", "sched_yield",
}

// room is where a call may have its data, in the memory of calls.wat.
const room = 131072

// wasiCall is a call of a granted function by calls.wat.
type wasiCall struct {
	function string
	args     []uint64
	times    uint32 // 0: for ever
	grow     uint32 // pages
	data     []byte // at room
}

func (c wasiCall) batch(t testing.TB) []byte {
	t.Helper()
	number := slices.Index(granted, c.function)
	require.GreaterOrEqual(t, number, 0, c.function)
	b := binary.LittleEndian.AppendUint32(nil, uint32(number))
	b = binary.LittleEndian.AppendUint32(b, c.times)
	for i := range 9 {
		var arg uint64
		if i < len(c.args) {
			arg = c.args[i]
		}
		b = binary.LittleEndian.AppendUint64(b, arg)
	}
	b = binary.LittleEndian.AppendUint32(b, c.grow)
	b = binary.LittleEndian.AppendUint32(b, room)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(c.data)))
	b = append(binary.LittleEndian.AppendUint32(b, 0), c.data...)
	return append(b, make([]byte, (16-len(b)%16)%16)...)
}

func (c wasiCall) run(t testing.TB, ctx context.Context, eng *gohost.Engine) (errno, done uint32, err error) {
	t.Helper()
	out, err := eng.ProcessBatch(ctx, c.batch(t))
	if err != nil {
		return 0, 0, err
	}
	return binary.LittleEndian.Uint32(out), binary.LittleEndian.Uint32(out[4:]), nil
}

// words are data of 32 bits each.
func words(w ...uint32) (data []byte) {
	for _, v := range w {
		data = binary.LittleEndian.AppendUint32(data, v)
	}
	return data
}

// files are what hostile modules are granted: a small file, a large one, a
// directory of a thousand.
func files() fstest.MapFS {
	fsys := fstest.MapFS{"greeting.txt": {Data: []byte("good day, all")}, "large": {Data: make([]byte, 4<<20)}}
	for i := range 1000 {
		fsys[fmt.Sprintf("dir/%d", i)] = &fstest.MapFile{}
	}
	return fsys
}

// counting counts what is asked of a file system and of a source of random
// numbers.
type counting struct {
	fs.FS
	opens, bytes, entries, random int
}

type countingFile struct {
	fs.File
	c *counting
}

func (c *counting) Open(name string) (fs.File, error) {
	c.opens++
	f, err := c.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return &countingFile{f, c}, nil
}

func (f *countingFile) Read(p []byte) (int, error) {
	f.c.bytes += len(p)
	return f.File.Read(p)
}

func (f *countingFile) ReadAt(p []byte, at int64) (int, error) {
	f.c.bytes += len(p)
	return f.File.(io.ReaderAt).ReadAt(p, at)
}

func (f *countingFile) Seek(at int64, whence int) (int64, error) {
	return f.File.(io.Seeker).Seek(at, whence)
}

func (f *countingFile) ReadDir(n int) ([]fs.DirEntry, error) {
	f.c.entries += n
	return f.File.(fs.ReadDirFile).ReadDir(n)
}

type countingRandom struct{ c *counting }

func (r countingRandom) Read(p []byte) (int, error) {
	r.c.random += len(p)
	clear(p)
	return len(p), nil
}

// grants are all that there are.
func grants(c *counting) gohost.Option {
	return gohost.WithGrants(gohost.GrantClock(), gohost.GrantOutput(gohost.OutputLimits{}),
		gohost.GrantFiles(c), gohost.GrantRandom(countingRandom{c}))
}

// wasiModule loads a module of the corpus with all grants.
func wasiModule(t testing.TB, name string, opts ...gohost.Option) (*gohost.Engine, *counting, error) {
	t.Helper()
	c := &counting{FS: files()}
	eng, err := gohost.Load(context.Background(), read(t, "wasi/"+name), append(slices.Clone(opts), grants(c), gohost.WithMaxInstances(1))...)
	if eng != nil {
		t.Cleanup(func() { assert.NoError(t, eng.Close(context.Background())) })
	}
	return eng, c, err
}

// Numbers of errors, as WASI preview 1 has them.
const (
	ok          = 0
	badf        = 8
	fault       = 21
	inval       = 28
	isdir       = 31
	mfile       = 33
	nametoolong = 37
	noent       = 44
	nosys       = 52
	notdir      = 54
	perm        = 63
)

const (
	all1  = 1<<32 - 1
	all64 = 1<<64 - 1
)

// badArguments are calls with arguments that no honest guest has, and the errno
// that comes of them.
var badArguments = []struct {
	wasiCall
	errno uint32
}{
	{wasiCall{function: "args_get", args: []uint64{all1, 0}}, fault},
	{wasiCall{function: "args_get", args: []uint64{0, all1}}, fault},
	{wasiCall{function: "args_sizes_get", args: []uint64{all1 - 2, 0}}, fault},
	{wasiCall{function: "args_sizes_get", args: []uint64{0, 4<<16 - 3}}, fault},
	{wasiCall{function: "environ_get", args: []uint64{all1, all1}}, fault},
	{wasiCall{function: "environ_sizes_get", args: []uint64{all1, all1}}, fault},
	{wasiCall{function: "clock_res_get", args: []uint64{0, all1 - 6}}, fault},
	{wasiCall{function: "clock_res_get", args: []uint64{all1, 0}}, inval},
	{wasiCall{function: "clock_time_get", args: []uint64{1, all64, 4<<16 - 7}}, fault},
	{wasiCall{function: "clock_time_get", args: []uint64{2, 0, 0}}, inval},
	{wasiCall{function: "fd_advise", args: []uint64{all1, all64, all64, 0}}, badf},
	{wasiCall{function: "fd_advise", args: []uint64{3, all64, all64, 77}}, inval},
	{wasiCall{function: "fd_close", args: []uint64{all1}}, badf},
	{wasiCall{function: "fd_close", args: []uint64{1 << 31}}, badf},
	{wasiCall{function: "fd_fdstat_get", args: []uint64{3, all1 - 22}}, fault},
	{wasiCall{function: "fd_fdstat_get", args: []uint64{4, 0}}, badf},
	{wasiCall{function: "fd_fdstat_set_flags", args: []uint64{all1, 4}}, badf},
	{wasiCall{function: "fd_fdstat_set_flags", args: []uint64{1, all1}}, inval},
	{wasiCall{function: "fd_filestat_get", args: []uint64{0, 4<<16 - 63}}, fault},
	{wasiCall{function: "fd_filestat_get", args: []uint64{1 << 30, 0}}, badf},
	{wasiCall{function: "fd_pread", args: []uint64{all1, 0, 0, 0, 0}}, badf},
	{wasiCall{function: "fd_pread", args: []uint64{0, room, 1 << 29, 0, 0}}, inval}, // times 8 it is 2^32
	{wasiCall{function: "fd_pread", args: []uint64{0, room, 1, 0, 0}, data: words(all1, 2)}, fault},
	{wasiCall{function: "fd_pread", args: []uint64{3, room, 1, all64, 0}, data: words(0, 1)}, isdir},
	{wasiCall{function: "fd_prestat_dir_name", args: []uint64{3, 0, all1}}, nametoolong},
	{wasiCall{function: "fd_prestat_dir_name", args: []uint64{3, all1, 1}}, fault},
	{wasiCall{function: "fd_prestat_dir_name", args: []uint64{all1, 0, 0}}, badf},
	{wasiCall{function: "fd_prestat_get", args: []uint64{3, all1 - 6}}, fault},
	{wasiCall{function: "fd_prestat_get", args: []uint64{0, 0}}, badf},
	{wasiCall{function: "fd_read", args: []uint64{1, room, 1, 0}, data: words(0, 1)}, badf},
	{wasiCall{function: "fd_read", args: []uint64{0, all1 - 6, 1, 0}}, fault},
	{wasiCall{function: "fd_read", args: []uint64{0, 8, all1, 0}}, inval},
	{wasiCall{function: "fd_read", args: []uint64{0, 8, 1025, 0}}, inval},
	{wasiCall{function: "fd_read", args: []uint64{0, room, 2, 0}, data: words(0, all1, 1, all1)}, fault},
	{wasiCall{function: "fd_readdir", args: []uint64{3, 0, 23, 0, 0}}, inval},
	{wasiCall{function: "fd_readdir", args: []uint64{3, 0, all1, 0, 0}}, fault},
	{wasiCall{function: "fd_readdir", args: []uint64{3, all1, 24, 0, 0}}, fault},
	{wasiCall{function: "fd_readdir", args: []uint64{3, room, 100, all64, 0}}, noent},
	{wasiCall{function: "fd_readdir", args: []uint64{3, room, 100, 1 << 63, 0}}, noent},
	{wasiCall{function: "fd_readdir", args: []uint64{3, room, 100, 0, all1}}, fault},
	{wasiCall{function: "fd_readdir", args: []uint64{1, 0, 100, 0, 0}}, badf},
	{wasiCall{function: "fd_seek", args: []uint64{1, all64, 0, 0}}, nosys},
	{wasiCall{function: "fd_seek", args: []uint64{3, all64, all1, 0}}, isdir},
	{wasiCall{function: "fd_tell", args: []uint64{all1, 0}}, badf},
	{wasiCall{function: "fd_write", args: []uint64{1, room, 1, all1 - 2}, data: words(0, 1)}, fault},
	{wasiCall{function: "fd_write", args: []uint64{1, all1 - 6, 1, 0}}, fault},
	{wasiCall{function: "fd_write", args: []uint64{1, room, 1, 0}, data: words(all1, 2)}, fault},
	{wasiCall{function: "fd_write", args: []uint64{1, 0, 1 << 29, 0}}, inval},
	{wasiCall{function: "fd_write", args: []uint64{3, room, 1, 0}, data: words(0, 1)}, isdir},
	{wasiCall{function: "fd_write", args: []uint64{0, room, 1, 0}, data: words(0, 1)}, badf},
	{wasiCall{function: "path_filestat_get", args: []uint64{3, 0, all1, 1, 0}}, fault},
	{wasiCall{function: "path_filestat_get", args: []uint64{3, 0, 0, all1, 0}}, nametoolong},
	{wasiCall{function: "path_filestat_get", args: []uint64{3, 0, room, 2, 0}, data: []byte("..")}, perm},
	{wasiCall{function: "path_filestat_get", args: []uint64{3, 0, room, 5, all1}, data: []byte("large")}, fault},
	{wasiCall{function: "path_open", args: []uint64{3, all1, 0, 4097, 0, 0, 0, 0, 0}}, nametoolong},
	{wasiCall{function: "path_open", args: []uint64{3, 0, all1 - 4095, 4096, 0, 0, 0, 0, 0}}, fault},
	{wasiCall{function: "path_open", args: []uint64{3, 0, room, 0, 0, 0, 0, 0, 0}}, inval},
	{wasiCall{function: "path_open", args: []uint64{1, 0, room, 1, 0, 0, 0, 0, 0}, data: []byte("x")}, notdir},
	{wasiCall{function: "path_open", args: []uint64{all1, 0, room, 1, 0, 0, 0, 0, 0}, data: []byte("x")}, badf},
	{wasiCall{function: "path_open", args: []uint64{3, 0, room, 5, 0, 0, 0, 0, all1}, data: []byte("large")}, fault},
	{wasiCall{function: "path_open", args: []uint64{3, 0, room, 5, 0, 0, 0, 0, all1}, data: []byte("large"), times: 200}, fault},
	{wasiCall{function: "path_open", args: []uint64{3, 0, room, 8, 0, 0, 0, 0, 0}, data: []byte("../large")}, perm},
	{wasiCall{function: "path_open", args: []uint64{3, 0, room, 6, 0, 0, 0, 0, 0}, data: []byte("/large")}, perm},
	{wasiCall{function: "path_open", args: []uint64{3, 0, room, 4, 0, 0, 0, 0, 0}, data: []byte("\xff\x00\xfe.")}, perm},
	{wasiCall{function: "path_open", args: []uint64{3, 0, room, 4096, 0, 0, 0, 0, 0}, data: slices.Repeat([]byte("/"), 4096)}, perm},
	{wasiCall{function: "path_readlink", args: []uint64{3, 0, all1, 0, 1, 0}}, nametoolong},
	{wasiCall{function: "path_readlink", args: []uint64{3, room, 5, 0, all1, all1}, data: []byte("large")}, nosys},
	{wasiCall{function: "poll_oneoff", args: []uint64{room, 0, 0, 0}}, inval},
	{wasiCall{function: "poll_oneoff", args: []uint64{room, 0, 1025, 0}}, inval},
	{wasiCall{function: "poll_oneoff", args: []uint64{room, 0, 1 << 28, 0}}, inval}, // times 48 it is 3 x 2^32
	{wasiCall{function: "poll_oneoff", args: []uint64{all1 - 46, 0, 1, 0}}, fault},
	{wasiCall{function: "poll_oneoff", args: []uint64{room, all1 - 30, 1, 0}, data: waits(1)}, fault},
	{wasiCall{function: "poll_oneoff", args: []uint64{room, 0, 1, 4<<16 - 3}, data: waits(1)}, fault},
	{wasiCall{function: "poll_oneoff", args: []uint64{room, 0, 2, 0}, data: append(waits(1), words(0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0)...)}, inval},
	{wasiCall{function: "poll_oneoff", args: []uint64{room, room, 1024, room}, data: slices.Repeat(words(0, 0, 1, 0, 1<<31, 0, 0, 0, 0, 0, 0, 0), 1024)}, ok},
	{wasiCall{function: "random_get", args: []uint64{all1, 2}}, fault},
	{wasiCall{function: "random_get", args: []uint64{1, all1}}, fault},
	{wasiCall{function: "sched_yield"}, ok},
}

func TestGrantedFunctionsWithBadArguments(t *testing.T) {
	for engine, opts := range engines {
		eng, _, err := wasiModule(t, "calls", opts...)
		require.NoError(t, err)
		tried := map[string]bool{"proc_exit": true}
		for _, bad := range badArguments {
			if bad.times == 0 {
				bad.times = 1
			}
			what := fmt.Sprintf("%s: %s%x", engine, bad.function, bad.args)
			tried[bad.function] = true
			before := allocated()
			errno, done, err := bad.run(t, t.Context(), eng)
			require.NoError(t, err, what)
			assert.Equal(t, bad.errno, errno, what)
			assert.Equal(t, bad.times, done, what)
			assert.Less(t, allocated()-before, uint64(8<<20), what)
		}
		assert.Len(t, tried, len(granted))
		assert.Zero(t, eng.Stats().InstancesDiscarded, "an errno is an answer")
		isRight(t, eng)
	}
}

// allocated is all that was ever allocated on the heap.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// dearest are calls that do as much as one can be made to do.
var dearest = []wasiCall{
	{function: "args_get"},
	{function: "args_sizes_get"},
	{function: "clock_res_get"},
	{function: "clock_time_get"},
	{function: "environ_get"},
	{function: "environ_sizes_get"},
	{function: "fd_advise", args: []uint64{3}},
	{function: "fd_close", args: []uint64{all1}},
	{function: "fd_fdstat_get", args: []uint64{3, 0}},
	{function: "fd_fdstat_set_flags", args: []uint64{1}},
	{function: "fd_filestat_get", args: []uint64{3, 0}},
	{function: "fd_pread", args: []uint64{0, room, 1024}, data: slices.Repeat(words(0, 256<<10), 1024)},
	{function: "fd_prestat_dir_name", args: []uint64{3, 0, 1}},
	{function: "fd_prestat_get", args: []uint64{3, 0}},
	{function: "fd_read", args: []uint64{0, room, 1024}, data: slices.Repeat(words(0, 256<<10), 1024)},
	{function: "fd_readdir", args: []uint64{3, room, 128 << 10}},
	{function: "fd_seek", args: []uint64{1}},
	{function: "fd_tell", args: []uint64{1}},
	{function: "fd_write", args: []uint64{1, room, 1024, 0}, data: slices.Repeat(words(0, 256<<10), 1024)},
	{function: "path_filestat_get", args: []uint64{3, 0, room, 4095, 0}, data: slices.Repeat([]byte("d/"), 2048)},
	{function: "path_open", args: []uint64{3, 0, room, 4095}, data: slices.Repeat([]byte("d/"), 2048)},
	{function: "path_readlink", args: []uint64{3, room, 4096, 0, 1, 0}, data: slices.Repeat([]byte("a"), 4096)},
	{function: "poll_oneoff", args: []uint64{room, room + 1024*48, 1024, 2048}, data: make([]byte, 1024*48)},
	{function: "random_get", args: []uint64{room, 128 << 10}},
	{function: "sched_yield"},
}

// Fuel, time and the context end a loop around each function, whatever one call
// of it does.
func TestALoopAroundEachGrantedFunctionEnds(t *testing.T) {
	const budget = 3_000_000
	ends := map[string]struct {
		opts []gohost.Option
		ctx  func() context.Context
		is   []error
		text string
	}{
		"fuel": {[]gohost.Option{gohost.WithFuel(budget)}, context.Background, is(gohost.ErrLimit), "of 3000000 units"},
		"time": {nil, func() context.Context { return lateTimer{context.Background()} }, is(context.DeadlineExceeded), ""},
		"context": {nil, func() context.Context {
			return endsAfter(context.Background(), 1000)
		}, is(context.DeadlineExceeded), ""},
	}
	for engine, engineOpts := range engines {
		for end, e := range ends {
			t.Run(end+"/"+engine, func(t *testing.T) {
				eng, c, err := wasiModule(t, "calls", append(slices.Clone(engineOpts), e.opts...)...)
				require.NoError(t, err)
				tried := map[string]bool{"proc_exit": true} // which does not come back
				for i, call := range dearest {
					tried[call.function] = true
					before := *c
					_, _, err := call.run(t, e.ctx(), eng)
					assert.Equal(t, e.is, classesOf(err), "%s: %v", call.function, err)
					assert.ErrorContains(t, err, e.text)
					assert.EqualValues(t, i+1, eng.Stats().InstancesDiscarded, call.function)
					isRight(t, eng)
					if end != "fuel" {
						continue
					}
					// What was asked of the host is no more than what fuel pays for.
					assert.LessOrEqual(t, c.bytes-before.bytes, budget*16, call.function)
					assert.LessOrEqual(t, c.opens-before.opens, budget/4000, call.function)
					assert.LessOrEqual(t, c.entries-before.entries, budget/3000, call.function)
					assert.LessOrEqual(t, c.random-before.random, budget/2, call.function)
				}
				assert.Len(t, tried, len(granted))
			})
		}
	}
}

// lateTimer is a context whose deadline has passed before its timer has fired, as
// on a busy machine.
type lateTimer struct{ context.Context }

func (lateTimer) Deadline() (time.Time, bool) { return time.Now().Add(-time.Millisecond), true }

// A call with the fuel that it used succeeds, with a unit less it does not, and
// compiler and interpreter count the same.
func TestFuelOfGrantedFunctionsIsExact(t *testing.T) {
	calls := slices.Clone(dearest)
	for i, bad := range badArguments {
		if i%4 == 0 {
			calls = append(calls, bad.wasiCall)
		}
	}
	used := map[string][]uint64{}
	for engine, opts := range engines {
		var fuel uint64
		observer := gohost.WithObserver(func(_ context.Context, call gohost.CallInfo) { fuel = call.Fuel })
		for _, limited := range []bool{false, true} {
			if !limited {
				eng, _, err := wasiModule(t, "calls", append(slices.Clone(opts), observer, gohost.WithCallsPerInstance(1))...)
				require.NoError(t, err)
				for _, call := range calls {
					call.times = 3
					_, _, err := call.run(t, t.Context(), eng)
					require.NoError(t, err)
					used[engine] = append(used[engine], fuel)
				}
				continue
			}
			for i, call := range calls {
				if engine == "interpreter" && i%8 != 0 {
					continue // loading is dear, and both count the same
				}
				call.times = 3
				need := used[engine][i]
				what := fmt.Sprintf("%s: %s%x, %d units", engine, call.function, call.args, need)
				for less, want := range []error{nil, gohost.ErrLimit} {
					eng, _, err := wasiModule(t, "calls", append(slices.Clone(opts), observer, gohost.WithFuel(need-uint64(less)))...)
					require.NoError(t, err)
					_, _, err = call.run(t, t.Context(), eng)
					require.ErrorIs(t, err, want, what)
					if less == 0 {
						assert.Equal(t, need, fuel, what)
					} else {
						assert.Less(t, fuel, need, what)
					}
				}
			}
		}
	}
	assert.Equal(t, used["compiler"], used["interpreter"])
}

// What the attack of 33 million empty buffers, a path of 268 MB and reads into
// hundreds of megabytes comes to.
func TestHugeCountsAndLengths(t *testing.T) {
	eng, c, err := wasiModule(t, "calls", gohost.WithMemoryLimit(320), gohost.WithFuel(1_000_000), gohost.WithCallsPerInstance(1))
	require.NoError(t, err)
	const pages, n = 4200, 268_000_000
	for _, huge := range []struct {
		wasiCall
		errno uint32
	}{
		{wasiCall{function: "fd_write", args: []uint64{1, 0, n / 8, 0}}, inval},
		{wasiCall{function: "fd_read", args: []uint64{0, 0, n / 8, 0}}, inval},
		{wasiCall{function: "fd_pread", args: []uint64{0, 0, n / 8, 0, 0}}, inval},
		{wasiCall{function: "path_open", args: []uint64{3, 0, 0, n, 0, 0, 0, 0, 0}}, nametoolong},
		{wasiCall{function: "path_filestat_get", args: []uint64{3, 0, 0, n, 0}}, nametoolong},
		{wasiCall{function: "path_readlink", args: []uint64{3, 0, n, 0, 1, 0}}, nametoolong},
	} {
		huge.times, huge.grow = 100, pages
		errno, done, err := huge.run(t, t.Context(), eng)
		require.NoError(t, err, huge.function)
		assert.Equal(t, huge.errno, errno, huge.function)
		assert.EqualValues(t, 100, done)
	}
	// What cannot be refused is paid for before it is done: so much is not.
	for _, huge := range []wasiCall{
		{function: "random_get", args: []uint64{0, n}},
		{function: "fd_write", args: []uint64{1, room, 1, 0}, data: words(0, n)},
		{function: "fd_readdir", args: []uint64{3, 0, n, 0, 0}, times: 1000},
	} {
		huge.times, huge.grow = max(huge.times, 1), pages
		_, _, err := huge.run(t, t.Context(), eng)
		assert.Equal(t, is(gohost.ErrLimit), classesOf(err), "%s: %v", huge.function, err)
		isRight(t, eng)
	}
	assert.LessOrEqual(t, c.random, 1_000_000)
}

// Descriptors that are closed are free for others: what is opened as standard
// output is a file to read.
func TestStreamsThatAreClosedAndOpenedAgain(t *testing.T) {
	for engine, opts := range engines {
		eng, _, err := wasiModule(t, "calls", opts...)
		require.NoError(t, err)
		does := func(want uint32, function string, data []byte, args ...uint64) {
			t.Helper()
			errno, _, err := wasiCall{function: function, args: args, data: data, times: 1}.run(t, t.Context(), eng)
			require.NoError(t, err, engine)
			assert.Equal(t, want, errno, "%s: %s%x", engine, function, args)
		}
		one := words(0, 1)
		does(ok, "fd_write", one, 1, room, 1, 2048)
		does(ok, "fd_close", nil, 1)
		does(badf, "fd_close", nil, 1)
		does(badf, "fd_write", one, 1, room, 1, 2048)
		does(ok, "path_open", []byte("greeting.txt"), 3, 0, room, 12, 0, 0, 0, 0, 2048) // which is 1
		does(badf, "fd_write", one, 1, room, 1, 2048)
		does(ok, "fd_read", one, 1, room, 1, 2048)
		does(ok, "fd_close", nil, 3)
		does(badf, "path_open", []byte("greeting.txt"), 3, 0, room, 12, 0, 0, 0, 0, 2048)
		does(badf, "fd_prestat_get", nil, 3, 2048)
		does(ok, "fd_close", nil, 1)
		assert.Zero(t, eng.Stats().InstancesDiscarded, engine)
		isRight(t, eng)
	}
}

// onFiles are calls with a large file as 4 and a directory of a thousand as 5.
var onFiles = []wasiCall{
	{function: "fd_read", args: []uint64{4, room, 1024, 2048}, data: slices.Repeat(words(room+8192, 64<<10), 1024)},
	{function: "fd_pread", args: []uint64{4, room, 1024, 1000, 2048}, data: slices.Repeat(words(room+8192, 64<<10), 1024)},
	{function: "fd_seek", args: []uint64{4, 5, 0, 2048}},
	{function: "fd_tell", args: []uint64{4, 2048}},
	{function: "fd_filestat_get", args: []uint64{4, 2048}},
	{function: "fd_fdstat_get", args: []uint64{5, 2048}},
	{function: "fd_readdir", args: []uint64{5, room, 128 << 10, 0, 2048}},
	{function: "fd_readdir", args: []uint64{5, room, 24, 0, 2048}},
	{function: "path_filestat_get", args: []uint64{5, 0, room, 3, 2048}, data: []byte("999")},
	{function: "path_open", args: []uint64{5, 0, room, 3, 0, 0, 0, 0, 2048}, data: []byte("999")},
	{function: "path_open", args: []uint64{5, 0, room, 3, 0, 0, 0, 0, all1}, data: []byte("999")},
}

// openThem opens what onFiles work on.
func openThem(t *testing.T, eng *gohost.Engine) {
	t.Helper()
	for _, path := range []string{"large", "dir"} {
		open := wasiCall{function: "path_open", args: []uint64{3, 0, room, uint64(len(path)), 0, 0, 0, 0, 2048}, data: []byte(path), times: 1}
		errno, _, err := open.run(t, t.Context(), eng)
		require.NoError(t, err)
		require.Zero(t, errno)
	}
}

func TestWorkOnFilesIsPaidFor(t *testing.T) {
	const budget = 3_000_000
	used := map[string][]uint64{}
	for engine, opts := range engines {
		var fuel uint64
		exact := 0
		observer := gohost.WithObserver(func(_ context.Context, call gohost.CallInfo) { fuel = call.Fuel })
		eng, c, err := wasiModule(t, "calls", append(slices.Clone(opts), gohost.WithFuel(budget))...)
		require.NoError(t, err)
		for _, call := range onFiles {
			openThem(t, eng)
			before := *c
			_, _, err := call.run(t, t.Context(), eng)
			assert.Equal(t, is(gohost.ErrLimit), classesOf(err), "%s: %v", call.function, err)
			assert.LessOrEqual(t, c.bytes-before.bytes, budget*16, call.function)
			assert.LessOrEqual(t, c.opens-before.opens, budget/4000, call.function)
			assert.LessOrEqual(t, c.entries-before.entries, budget/3000, call.function)
			isRight(t, eng)

			// Once, to the unit.
			call.times = 1
			once := func(option gohost.Option) error {
				eng, _, err := wasiModule(t, "calls", append(slices.Clone(opts), observer, option)...)
				require.NoError(t, err)
				openThem(t, eng)
				_, _, err = call.run(t, t.Context(), eng)
				return err
			}
			require.NoError(t, once(gohost.WithFuel(10*budget)))
			need := fuel
			used[engine] = append(used[engine], need)
			if need < 20_000 {
				continue // a budget that is too small for it is too small for opening
			}
			exact++
			require.NoError(t, once(gohost.WithFuel(need)), call.function)
			assert.Equal(t, need, fuel, call.function)
			require.ErrorIs(t, once(gohost.WithFuel(need-1)), gohost.ErrLimit, call.function)
		}
		assert.GreaterOrEqual(t, exact, 3, "reading and listing")
	}
	assert.Equal(t, used["compiler"], used["interpreter"])
}

// Nothing of the host is called by a guest that the host does not call, so no
// function is entered twice; but realloc, post-return and the start function may
// call what is granted.
var whereTheyCall = []struct {
	module string
	is     []error // of a call with more than a point; nil: it answers
	load   []error // of loading
}{
	{"calls", nil, nil},
	{"post_return_closes_everything", nil, nil},
	{"post_return_exits", is(gohost.ErrTrap), nil},
	{"post_return_is_imported", nil, is(gohost.ErrContract)},
	{"post_return_opens_all_files", nil, nil},
	{"post_return_writes_for_ever", is(gohost.ErrLimit), nil},
	{"realloc_exits", is(gohost.ErrTrap), nil},
	{"realloc_is_imported", nil, is(gohost.ErrContract)},
	{"realloc_opens_all_files", nil, nil},
	{"realloc_writes_for_ever", is(gohost.ErrLimit), nil},
	{"realloc_writes_its_buffer", nil, nil},
	{"start_exits", nil, is(gohost.ErrTrap)},
	{"start_opens_all_files", nil, nil},
	{"start_writes_for_ever", nil, is(gohost.ErrLimit)},
}

func TestGrantedFunctionsInReallocPostReturnAndStart(t *testing.T) {
	var named []string
	for _, m := range whereTheyCall {
		named = append(named, m.module)
	}
	assert.ElementsMatch(t, corpus(t, "wasi"), named, "every module has a row")
	for _, m := range whereTheyCall {
		if m.module == "calls" {
			continue // see the other tests
		}
		for engine, opts := range engines {
			t.Run(m.module+"/"+engine, func(t *testing.T) {
				eng, c, err := wasiModule(t, m.module, append(slices.Clone(opts), gohost.WithFuel(3_000_000))...)
				assert.Equal(t, m.load, classesOf(err), "%v", err)
				if err != nil {
					return
				}
				isRight(t, eng)
				for range 3 {
					out, err := eng.ProcessBatch(t.Context(), twoPacked)
					assert.Equal(t, m.is, classesOf(err), "%v", err)
					if err == nil && m.module != "realloc_writes_its_buffer" {
						assert.Equal(t, twoPacked, out)
					}
					isRight(t, eng)
					assert.LessOrEqual(t, c.opens, 3*65, "64 and the root")
				}
				discarded := uint64(0)
				if m.is != nil {
					discarded = 3
				}
				assert.Equal(t, discarded, eng.Stats().InstancesDiscarded)
			})
		}
	}
}

// Exit codes are the guest's own.
func TestExitsOfEveryCode(t *testing.T) {
	for engine, opts := range engines {
		eng, _, err := wasiModule(t, "calls", opts...)
		require.NoError(t, err)
		for i, code := range []uint64{0, 1, 255, 1 << 31} {
			_, _, err := wasiCall{function: "proc_exit", args: []uint64{code}, times: 1}.run(t, t.Context(), eng)
			assert.Equal(t, is(gohost.ErrTrap), classesOf(err), "%s: %v", engine, err)
			assert.EqualValues(t, i+1, eng.Stats().InstancesDiscarded)
			isRight(t, eng)
		}
	}
}
