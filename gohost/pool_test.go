package gohost_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// occupy makes n calls run until the function it returns is called.
func occupy(t *testing.T, eng *gohost.Engine, n int) (free func()) {
	t.Helper()
	busy, cancel := context.WithCancel(ctx)
	before := eng.Stats().Calls
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			_, err := eng.ProcessBatch(busy, batch(2))
			assert.ErrorIs(t, err, context.Canceled)
		})
	}
	require.Eventually(t, func() bool {
		s := eng.Stats()
		return s.Calls == before+uint64(n) && s.IdleInstances == 0 && s.Instances == n
	}, time.Minute, time.Millisecond)
	return func() { cancel(); wg.Wait() }
}

func TestPoolIsBounded(t *testing.T) {
	eng := load(t, "echo", gohost.WithMaxInstances(3))
	free := occupy(t, eng, 3)
	waiting, cancel := context.WithCancel(ctx)
	refused := make(chan error)
	go func() { // ends with cancel
		_, err := eng.ProcessBatch(waiting, batch(0))
		refused <- err
	}()
	require.Eventually(t, func() bool { return eng.Stats().Waits == 1 }, time.Minute, time.Millisecond)
	cancel()
	err := <-refused
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "waiting for one of 3 instances")
	assert.Equal(t, 3, eng.Stats().Instances)
	assert.EqualValues(t, 1, eng.Stats().Waits)
	free()
	_, err = eng.ProcessBatch(ctx, batch(0))
	require.NoError(t, err)
}

func TestSequentialCallsShareOneInstance(t *testing.T) {
	eng := newEngine(t, gohost.WithMaxInstances(8))
	for range 100 {
		_, err := eng.ComputeAggregate(ctx, values(1))
		require.NoError(t, err)
	}
	s := eng.Stats()
	assert.EqualValues(t, 1, s.InstancesStarted)
	assert.Equal(t, 1, s.IdleInstances)
	assert.EqualValues(t, 100, s.Calls)
	assert.Equal(t, 8, s.MaxInstances)
}

// A call that waits must be woken by whoever gives the only instance back.
func TestNobodyWaitsForever(t *testing.T) {
	eng := newEngine(t, gohost.WithMaxInstances(1))
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 3000 {
				if _, err := eng.ValidateChecksum(limited, nil, 0); !assert.NoError(t, err) {
					return
				}
			}
		})
	}
	wg.Wait()
	s := eng.Stats()
	assert.EqualValues(t, 1, s.InstancesStarted)
	assert.Equal(t, 1, s.IdleInstances)
}

func TestEndedContextIsNotUsed(t *testing.T) {
	eng := newEngine(t)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := eng.ComputeAggregate(ended, values(1))
	require.ErrorIs(t, err, context.Canceled)
	_, err = gohost.New(ended)
	require.ErrorIs(t, err, context.Canceled)
	_, err = gohost.Load(ended, module(t, "echo"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestLargeInstanceIsNotKept(t *testing.T) {
	eng := newEngine(t)
	_, err := eng.ValidateChecksum(ctx, make([]byte, 80<<20), 0)
	require.NoError(t, err)
	assert.Zero(t, eng.Stats().IdleInstances)
	// It is closed in the background.
	require.Eventually(t, func() bool { return eng.Stats().Instances == 0 }, time.Minute, time.Millisecond)
	assert.Zero(t, eng.Stats().InstancesDiscarded)
}

func TestClose(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		eng, err := gohost.New(ctx)
		require.NoError(t, err)
		require.NoError(t, eng.Close(ctx))
		require.NoError(t, eng.Close(ctx), "twice is fine")
		_, err = eng.ComputeAggregate(ctx, values(1))
		require.ErrorIs(t, err, gohost.ErrClosed)
		_, err = eng.Fold(ctx, nil, values(1))
		require.ErrorIs(t, err, gohost.ErrClosed)
		assert.Zero(t, eng.Stats().Instances)
	})
	t.Run("waits for calls that run", func(t *testing.T) {
		eng, err := gohost.Load(ctx, module(t, "echo"), gohost.WithMaxInstances(2))
		require.NoError(t, err)
		free := occupy(t, eng, 2)
		waiter := make(chan error)
		go func() {
			_, err := eng.ProcessBatch(ctx, batch(0))
			waiter <- err
		}()
		require.Eventually(t, func() bool { return eng.Stats().Waits == 1 }, time.Minute, time.Millisecond)
		short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, eng.Close(short), context.DeadlineExceeded)
		require.ErrorIs(t, <-waiter, gohost.ErrClosed)
		assert.Equal(t, 2, eng.Stats().Instances, "running calls go on")
		free()
		require.NoError(t, eng.Close(ctx))
		assert.Zero(t, eng.Stats().Instances)
	})
}

func TestConcurrentCallsAndClose(t *testing.T) {
	eng, err := gohost.New(ctx, gohost.WithMaxInstances(4))
	require.NoError(t, err)
	_, points := seattle(t)
	want, err := eng.ComputeAggregate(ctx, points)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				agg, err := eng.ComputeAggregate(ctx, points)
				if err != nil {
					assert.ErrorIs(t, err, gohost.ErrClosed)
					return
				}
				assert.Equal(t, want, agg)
			}
		})
	}
	require.Eventually(t, func() bool { return eng.Stats().Calls > 100 }, time.Minute, time.Millisecond)
	require.NoError(t, eng.Close(ctx))
	wg.Wait()
	s := eng.Stats()
	assert.LessOrEqual(t, s.InstancesStarted, uint64(4))
	assert.Zero(t, s.Instances)
}

func TestOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := gohost.New(ctx, gohost.WithoutCache(), gohost.WithCacheDir(t.TempDir()))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	require.ErrorContains(t, err, "WithoutCache and WithCacheDir exclude each other")
	for want, opt := range map[string]gohost.Option{
		"WithMaxInstances(0)":    gohost.WithMaxInstances(0),
		"WithMaxInstances(-1)":   gohost.WithMaxInstances(-1),
		"be from 1 to 65536":     gohost.WithMaxInstances(math.MaxInt),
		"WithMemoryLimit(0)":     gohost.WithMemoryLimit(0),
		"WithMemoryLimit(4097)":  gohost.WithMemoryLimit(4097),
		"WithCacheDir: ":         gohost.WithCacheDir(""),
		"not a directory":        gohost.WithCacheDir(file),
		"WithLogger":             gohost.WithLogger(nil),
		"an Option is nil":       nil,
		"WithCacheDir(\"" + file: gohost.WithCacheDir(filepath.Join(file, "below")),
		"from 1 to 4096 MiB":     gohost.WithMemoryLimit(1 << 40),
	} {
		_, err := gohost.New(ctx, opt)
		require.ErrorIs(t, err, gohost.ErrInvalidInput, want)
		assert.ErrorContains(t, err, want)
	}
}

func TestCacheDirectoryIsUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	for range 2 {
		eng := newEngine(t, gohost.WithCacheDir(dir))
		agg, err := eng.ComputeAggregate(ctx, values(1, 3))
		require.NoError(t, err)
		assert.Equal(t, gohost.Aggregate{Mean: 2, Variance: 1, Sum: 4}, agg)
	}
	files := 0
	require.NoError(t, filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
		}
		return err
	}))
	assert.Equal(t, 2, files, "the code and its entry")
}

func TestADamagedCacheIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	start := map[string]func(opts ...gohost.Option) (*gohost.Engine, error){
		"New": func(opts ...gohost.Option) (*gohost.Engine, error) { return gohost.New(ctx, opts...) },
		"Load": func(opts ...gohost.Option) (*gohost.Engine, error) {
			return gohost.Load(ctx, module(t, "echo"), opts...)
		},
	}
	for _, open := range start { // fill the cache
		eng, err := open(gohost.WithCacheDir(dir))
		require.NoError(t, err)
		require.NoError(t, eng.Close(ctx))
	}
	whole := map[string][]byte{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		whole[path], err = os.ReadFile(path)
		return errors.Join(err, os.Truncate(path, 3))
	}))
	// The prepare module is there, too, when this test is the first of the process to use it.
	require.GreaterOrEqual(t, len(whole), 5, "the engine and the module, and the module as it was rewritten")
	for name, open := range start {
		var log bytes.Buffer
		eng, err := open(gohost.WithCacheDir(dir), gohost.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		require.NoError(t, err, name)
		ok, err := eng.ValidateChecksum(ctx, nil, 0)
		require.NoError(t, err, name)
		assert.Equal(t, name == "New", ok, "echo answers what is expected, 0")
		assert.Empty(t, log.String(), name)
		require.NoError(t, eng.Close(ctx))
	}
	mended := 0
	for path, content := range whole {
		now, err := os.ReadFile(path)
		require.NoError(t, err)
		if bytes.Equal(now, content) {
			mended++
		}
	}
	assert.GreaterOrEqual(t, mended, 5)
}

// overdue is a context whose deadline has passed before its timer has fired.
type overdue struct{ context.Context }

func (overdue) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

func TestDeadlineThatPassesWhileAnInstanceStarts(t *testing.T) {
	eng := load(t, "echo", gohost.WithMaxInstances(1))
	eng.CloseIdle()
	_, err := eng.ValidateChecksum(overdue{ctx}, nil, 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	s := eng.Stats()
	assert.EqualValues(t, 2, s.InstancesStarted)
	assert.Zero(t, s.InstancesDiscarded)
	assert.Equal(t, 1, s.IdleInstances, "it waits for another call")
	_, err = eng.ValidateChecksum(ctx, nil, 1)
	require.NoError(t, err)
	assert.EqualValues(t, 2, eng.Stats().InstancesStarted)
}
