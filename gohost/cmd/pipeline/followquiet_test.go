package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/epoch"
)

// setClock is a clock that a test sets.
type setClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *setClock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *setClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// lockedBuffer is written to by one goroutine, and read by another.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// newFollowing returns a run of standard input, with a clock of the test's own.
func newFollowing(t *testing.T, c *runCommand) (*following, *setClock) {
	t.Helper()
	c.Follow, c.Format, c.Compression, c.Unit, c.Window, c.Output, c.Memory, c.MaxKeys = true, input.Auto, input.AnyCompression, epoch.Second, "1h", "csv", 1024, notGiven
	if c.File == "" {
		c.File = "-"
	}
	require.NoError(t, c.check())
	engine, err := c.openEngine(t.Context(), streams{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close(context.Background())) })
	clock := &setClock{now: time.Unix(1e9, 0)}
	return &following{runCommand: c, engine: engine, status: newFollowStatus(io.Discard, c), files: atomicfile.OS{}, now: clock.time}, clock
}

// taken waits until a run has taken n points.
func (f *following) taken(t *testing.T, n uint64) {
	t.Helper()
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.op != nil && f.op.Stats().Points == n
	}, time.Minute, time.Millisecond)
}

// The windows of an input that has become quiet close at the pace of the clock.
func TestFollowAQuietInput(t *testing.T) {
	f, clock := newFollowing(t, &runCommand{IdleTimeout: 5 * time.Minute, Disorder: time.Minute})
	in, points := io.Pipe()
	out, done := &lockedBuffer{}, make(chan error, 1)
	go func() { done <- f.run(t.Context(), streams{in: in, out: out, err: io.Discard}) }()
	_, err := io.WriteString(points, "time,value\n1,1\n3000,2\n")
	require.NoError(t, err)
	f.taken(t, 2)
	for _, step := range []struct {
		passes time.Duration
		lines  int // that are printed then, with the header
	}{
		{4 * time.Minute, 0},
		{time.Minute, 0},
		{6*time.Minute + 599*time.Second - 600*time.Second, 0}, // one second before the watermark is at the end
		{time.Second, 2},
		{-time.Hour, 2}, // the clock goes back
		{time.Hour, 2},
	} {
		clock.add(step.passes)
		require.NoError(t, f.tick())
		got := 0
		if text := out.String(); text != "" {
			got = len(lines(text))
		}
		require.Equal(t, step.lines, got, "%s", step.passes)
	}
	// A point that comes then is late, and the next one is awaited again.
	_, err = io.WriteString(points, "3500,7\n3700,8\n")
	require.NoError(t, err)
	f.taken(t, 4)
	require.NoError(t, f.tick())
	require.Equal(t, uint64(1), f.op.Stats().Late)
	clock.add(2 * time.Hour)
	require.NoError(t, f.tick())
	require.Len(t, lines(out.String()), 3)
	require.NoError(t, points.Close())
	require.NoError(t, <-done)
	require.Len(t, lines(out.String()), 3)
}

// closed cannot be written to.
type closedOutput struct{}

func (closedOutput) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// An error while no points come ends the run.
func TestFollowAQuietInputWithoutAReader(t *testing.T) {
	f, clock := newFollowing(t, &runCommand{IdleTimeout: time.Millisecond})
	in, points := io.Pipe()
	defer points.Close()
	done := make(chan error, 1)
	go func() { done <- f.run(t.Context(), streams{in: in, out: closedOutput{}, err: io.Discard}) }()
	_, err := io.WriteString(points, "time,value\n1,1\n")
	require.NoError(t, err)
	f.taken(t, 1)
	clock.add(2 * time.Hour)
	require.ErrorIs(t, <-done, syscall.EPIPE)
}

// fullDisk has no room for files.
type fullDisk struct{ atomicfile.OS }

func (fullDisk) Create(string) (atomicfile.File, error) { return nil, syscall.ENOSPC }

// A checkpoint that has no room ends the run, and leaves the one before it.
func TestFollowOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	path, state := filepath.Join(dir, "log.csv"), filepath.Join(dir, "state")
	appendTo(t, path, "time,value\n1,1\n")
	f, _ := newFollowing(t, &runCommand{inputFlags: inputFlags{File: path}, Checkpoint: state})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.run(ctx, streams{out: io.Discard, err: io.Discard}) }()
	f.taken(t, 1)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	before := readFile(t, state)

	appendTo(t, path, "3700,1\n")
	f, _ = newFollowing(t, &runCommand{inputFlags: inputFlags{File: path}, Checkpoint: state})
	f.files = fullDisk{}
	err := f.run(t.Context(), streams{out: io.Discard, err: io.Discard})
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, "checkpoint "+state)
	require.Equal(t, before, readFile(t, state))
	require.ElementsMatch(t, []string{"log.csv", "state"}, files(t, dir))
}

// Two runs do not share a checkpoint.
func TestACheckpointIsForOneRun(t *testing.T) {
	dir := t.TempDir()
	path, state := filepath.Join(dir, "log.csv"), filepath.Join(dir, "state")
	appendTo(t, path, "time,value\n1,1\n3700,3\n")
	f := follow(t, "--checkpoint", state, path)
	f.line(t)
	got := pipeline(t, "", "run", "--follow", "-w", "1h", "--checkpoint", state, path)
	require.Equal(t, 1, got.status)
	require.Regexp(t, `^pipeline: --checkpoint: another run uses this checkpoint: process \d+ on .* since .* \(.*/state\.lock\)\n$`, got.err)
	f.interrupt(t)
	require.ElementsMatch(t, []string{"log.csv", "state"}, files(t, dir))
}
