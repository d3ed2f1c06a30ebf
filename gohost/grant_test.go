package gohost_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// wasiEngine loads the module that uses all that can be granted.
func wasiEngine(t *testing.T, opts ...gohost.Option) *gohost.Engine {
	t.Helper()
	return load(t, "wasi", append(opts, gohost.WithMaxInstances(1))...)
}

// all grants everything, but with the given grants in the place of their kind.
func all(output gohost.OutputLimits, files fstest.MapFS, random gohost.Grant) gohost.Option {
	return gohost.WithGrants(gohost.GrantClock(), random, gohost.GrantOutput(output), gohost.GrantFiles(files))
}

var greeting = fstest.MapFS{"greeting.txt": {Data: []byte("good day, all")}}

// do has the module do what the letter says, and returns its errno and what it
// found.
func do(t *testing.T, eng *gohost.Engine, what string) (errno uint32, found uint64) {
	t.Helper()
	out, err := eng.ProcessBatch(ctx, padded(what))
	require.NoError(t, err, what)
	return binary.LittleEndian.Uint32(out), binary.LittleEndian.Uint64(out[8:])
}

// padded is text as a batch of a whole number of datapoints, at least two.
func padded(text string) []byte {
	return []byte(text + strings.Repeat(".", 16-len(text)%16))
}

func TestNothingIsGrantedUnlessAsked(t *testing.T) {
	for _, test := range []struct {
		grants  []gohost.Grant
		refused []string
	}{
		{nil, []string{"clock_time_get", "random_get", "fd_write", "fd_read", "path_open", "environ_sizes_get", "proc_exit"}},
		{[]gohost.Grant{gohost.GrantClock()}, []string{"random_get", "fd_write", "fd_read", "path_open"}},
		{[]gohost.Grant{gohost.GrantClock(), gohost.GrantRandom(nil)}, []string{"fd_write", "fd_read", "path_open"}},
		{[]gohost.Grant{gohost.GrantClock(), gohost.GrantRandom(nil), gohost.GrantOutput(gohost.OutputLimits{})}, []string{"path_open"}},
		{[]gohost.Grant{gohost.GrantClock(), gohost.GrantFiles(greeting)}, []string{"random_get"}},
	} {
		_, err := gohost.Load(ctx, module(t, "wasi"), gohost.WithGrants(test.grants...))
		require.ErrorIs(t, err, gohost.ErrContract)
		for _, name := range test.refused {
			assert.ErrorContains(t, err, fmt.Sprintf(`imports the function "wasi_snapshot_preview1" %q, which is not granted`, name))
		}
		assert.Equal(t, len(test.refused), strings.Count(err.Error(), "which is not granted"), err)
	}
}

func TestGrantedClockTellsTheTime(t *testing.T) {
	eng := wasiEngine(t, all(gohost.OutputLimits{}, greeting, gohost.GrantRandom(nil)))
	before := time.Now().UnixNano()
	errno, found := do(t, eng, "c")
	assert.Zero(t, errno)
	assert.GreaterOrEqual(t, int64(found), before)
	assert.LessOrEqual(t, int64(found), time.Now().UnixNano())
}

func TestGrantedRandomNumbers(t *testing.T) {
	eng := wasiEngine(t, all(gohost.OutputLimits{}, greeting, gohost.GrantRandom(bytes.NewReader([]byte("12345678ABCDEFGH")))))
	_, found := do(t, eng, "r")
	assert.Equal(t, binary.LittleEndian.Uint64([]byte("12345678")), found)
	_, found = do(t, eng, "r")
	assert.Equal(t, binary.LittleEndian.Uint64([]byte("ABCDEFGH")), found)
	errno, _ := do(t, eng, "r")
	assert.NotZero(t, errno, "the source is at its end")

	system := wasiEngine(t, all(gohost.OutputLimits{}, greeting, gohost.GrantRandom(nil)))
	_, one := do(t, system, "r")
	_, other := do(t, system, "r")
	assert.NotEqual(t, one, other)
}

func TestSeededRandomNumbersRepeat(t *testing.T) {
	draw := func(seed uint64) (numbers []uint64) {
		eng := wasiEngine(t, all(gohost.OutputLimits{}, greeting, gohost.GrantSeededRandom(seed)), gohost.WithCallsPerInstance(2))
		for range 4 {
			_, found := do(t, eng, "r")
			numbers = append(numbers, found)
		}
		return numbers
	}
	one := draw(1)
	assert.Equal(t, one, draw(1))
	assert.NotEqual(t, one, draw(2))
	assert.NotEqual(t, one[0], one[1])
	assert.Equal(t, one[:2], one[2:], "each instance begins anew")
}

func TestGrantedFilesCanBeRead(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "greeting.txt"), []byte("bonjour!"), 0o600))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	for name, grant := range map[string]gohost.Grant{
		"good day": gohost.GrantFiles(greeting),
		"bonjour!": gohost.GrantFiles(root.FS()),
	} {
		eng := wasiEngine(t, gohost.WithGrants(gohost.GrantClock(), gohost.GrantRandom(nil), grant))
		errno, found := do(t, eng, "f")
		assert.Zero(t, errno)
		assert.Equal(t, name, string(binary.LittleEndian.AppendUint64(nil, found)))
	}
	empty := wasiEngine(t, all(gohost.OutputLimits{}, fstest.MapFS{}, gohost.GrantRandom(nil)))
	errno, _ := do(t, empty, "f")
	assert.NotZero(t, errno, "no such file")
}

// A link that leads out of the directory: os.Root does not follow it, os.DirFS
// does, which is why the documentation recommends the one and warns of the other.
func TestARootKeepsLinksInside(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret"), []byte("a secret"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "greeting.txt")))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	read := func(fsys fs.FS) (errno uint32, found string) {
		eng := wasiEngine(t, gohost.WithGrants(gohost.GrantClock(), gohost.GrantRandom(nil), gohost.GrantFiles(fsys)))
		errno, number := do(t, eng, "f")
		return errno, string(binary.LittleEndian.AppendUint64(nil, number))
	}
	errno, found := read(root.FS())
	assert.NotZero(t, errno)
	assert.NotEqual(t, "a secret", found)
	_, found = read(os.DirFS(dir))
	assert.Equal(t, "a secret", found)

	// Inside, links are what they point to.
	require.NoError(t, os.Remove(filepath.Join(dir, "greeting.txt")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "other"), []byte("bonjour!"), 0o600))
	require.NoError(t, os.Symlink("other", filepath.Join(dir, "greeting.txt")))
	errno, found = read(root.FS())
	assert.Zero(t, errno)
	assert.Equal(t, "bonjour!", found)
}

func TestOpenFilesAreBounded(t *testing.T) {
	eng := wasiEngine(t, all(gohost.OutputLimits{}, greeting, gohost.GrantRandom(nil)), gohost.WithCallsPerInstance(1))
	for range 3 { // each time in a new instance, which begins with none
		errno, opened := do(t, eng, "F")
		assert.NotZero(t, errno)
		assert.LessOrEqual(t, opened, uint64(64))
		assert.Greater(t, opened, uint64(60))
	}
}

func TestOutputGoesToTheLogger(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	eng := wasiEngine(t, gohost.WithLogger(logger), all(gohost.OutputLimits{LineBytes: 20, LinesPerSecond: 100}, greeting, gohost.GrantRandom(nil)))
	write := func(text string) { do(t, eng, text) }

	write("one\ntwo\n")
	assert.Contains(t, log.String(), "level=INFO")
	assert.Contains(t, log.String(), "stream=stdout line=one\n")
	assert.NotContains(t, log.String(), "...", "a line is kept until it ends")
	write("o, the end\n")
	assert.Contains(t, log.String(), `line="........o, the end"`)
	write("error \xff\n")
	assert.Contains(t, log.String(), "level=WARN")
	assert.Contains(t, log.String(), "stream=stderr line=\"error \uFFFD\"")
	write("o" + strings.Repeat("x", 100) + "\n")
	assert.Contains(t, log.String(), "cut=true")
	assert.NotContains(t, log.String(), strings.Repeat("x", 20))
}

func TestExitIsATrap(t *testing.T) {
	eng := wasiEngine(t, all(gohost.OutputLimits{}, greeting, gohost.GrantRandom(nil)))
	_, err := eng.ProcessBatch(ctx, padded("x"))
	require.ErrorIs(t, err, gohost.ErrTrap)
	assert.ErrorContains(t, err, "exit code 3")
	_, count := do(t, eng, "v")
	assert.Zero(t, uint32(count), "the environment is empty, and another instance works")
}

func TestAGrantThatTakesLongEndsWithItsCall(t *testing.T) {
	eng := wasiEngine(t, all(gohost.OutputLimits{}, greeting, gohost.GrantRandom(nil)))
	limited, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err := eng.ProcessBatch(limited, padded("R"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	do(t, eng, "r")
}

// Without metering, the functions of the host look at the context themselves.
func TestAGrantEndsWithoutMeteringToo(t *testing.T) {
	eng := wasiEngine(t, gohost.WithDebugInfo(), all(gohost.OutputLimits{}, greeting, gohost.GrantRandom(nil)))
	_, err := eng.ProcessBatch(&endsAfter{Context: ctx, looks: 1000}, padded("R"))
	require.ErrorIs(t, err, context.Canceled)
	_, found := do(t, eng, "f")
	assert.Equal(t, "good day", string(binary.LittleEndian.AppendUint64(nil, found)))
	_, err = eng.ProcessBatch(ctx, padded("x"))
	require.ErrorIs(t, err, gohost.ErrTrap)
}

func TestGrantsThatMakeNoSense(t *testing.T) {
	for name, grants := range map[string][]gohost.Grant{
		"zero":     {{}},
		"no files": {gohost.GrantFiles(nil)},
		"negative": {gohost.GrantOutput(gohost.OutputLimits{LineBytes: -1})},
		"twice":    {gohost.GrantRandom(nil), gohost.GrantSeededRandom(1)},
	} {
		_, err := gohost.Load(ctx, module(t, "wasi"), gohost.WithGrants(grants...))
		require.ErrorIs(t, err, gohost.ErrInvalidInput, name)
		assert.ErrorContains(t, err, "WithGrants", name)
	}
}
