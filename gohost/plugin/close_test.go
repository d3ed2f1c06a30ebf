package plugin_test

import (
	"bytes"
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

func TestCloseWaitsForCalls(t *testing.T) {
	reg := newRegistry(t, untested)
	p := load(t, reg, "a", echo(t))
	inner, cancel := context.WithCancel(ctx)
	ended := make(chan error)
	go func() {
		_, err := p.Binding().ProcessBatch(inner, batch(doLoop))
		ended <- err
	}()
	begun(t, p, 1)
	closed := make(chan error)
	go func() { closed <- reg.Close(ctx) }()
	require.Eventually(t, func() bool { _, err := reg.Plugin("a"); return err != nil }, time.Minute, time.Millisecond)
	_, err := reg.Load(ctx, "a", plugin.Bytes(echo(t)))
	require.ErrorIs(t, err, gohost.ErrClosed)
	require.ErrorIs(t, reg.Unload(ctx, "a"), gohost.ErrClosed)
	select {
	case <-closed:
		t.Fatal("closed while a call runs")
	case <-time.After(20 * time.Millisecond):
	}
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.NoError(t, <-closed)
	_, err = p.Binding().ProcessBatch(ctx, batch(doEcho))
	require.ErrorIs(t, err, gohost.ErrClosed)
	assert.EqualValues(t, 1, p.Stats().Calls, "the counters can still be read")
	assert.Empty(t, p.Versions())
	require.NoError(t, reg.Close(ctx), "once more")
}

func TestCloseStopsCallsWhenItsContextEnds(t *testing.T) {
	reg := newRegistry(t, untested, plugin.WithDefaultLimits(plugin.Limits{DrainTimeout: time.Hour}))
	p := load(t, reg, "a", echo(t))
	ended := make(chan error)
	go func() {
		_, err := p.Binding().ProcessBatch(ctx, batch(doLoop))
		ended <- err
	}()
	begun(t, p, 1)
	limited, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, reg.Close(limited), context.DeadlineExceeded)
	require.ErrorIs(t, <-ended, plugin.ErrDrained)
	require.NoError(t, reg.Close(ctx))
}

func TestCloseGivesUpLoads(t *testing.T) {
	hangs := make(chan struct{}, 2)
	var tests atomic.Int32
	reg := newRegistry(t, plugin.WithSelfTest(time.Hour, func(ctx context.Context, _ gohost.Functions) error {
		tests.Add(1)
		hangs <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}))
	loaded := make(chan error)
	for range 2 { // the second one waits for the first
		go func() {
			_, err := reg.Load(ctx, "a", plugin.Bytes(echo(t)))
			loaded <- err
		}()
	}
	<-hangs
	require.NoError(t, reg.Close(ctx))
	require.ErrorIs(t, <-loaded, gohost.ErrClosed)
	require.ErrorIs(t, <-loaded, gohost.ErrClosed)
	assert.EqualValues(t, 1, tests.Load(), "the one that waited did not begin")
}

func TestUnload(t *testing.T) {
	var unloaded []string
	reg := newRegistry(t, plugin.WithHooks(plugin.Hooks{OnUnload: func(e plugin.UnloadEvent) { unloaded = append(unloaded, e.Version) }}))
	p := load(t, reg, "a", engine(t))
	load(t, reg, "a", edition(engine(t), "second"))
	require.NoError(t, reg.Unload(ctx, "a"))
	assert.Equal(t, []string{hashOf(edition(engine(t), "second"))}, unloaded)
	_, err := p.Binding().ComputeAggregate(ctx, nil)
	require.ErrorIs(t, err, plugin.ErrNotFound)
	require.ErrorIs(t, reg.Unload(ctx, "a"), plugin.ErrNotFound)
	assert.Empty(t, reg.List())
	assert.Zero(t, p.Version())

	load(t, reg, "a", engine(t))
	agg, err := p.Binding().ComputeAggregate(ctx, values(5))
	require.NoError(t, err, "the handle finds the plugin again")
	assert.Equal(t, 5.0, agg.Mean)
	assert.Equal(t, hashOf(engine(t)), p.Version().Hash)
}

// Loads of one name happen in the order in which they were called.
func TestLoadsOfOneNameAreInOrder(t *testing.T) {
	gate := make(chan struct{})
	reg := newRegistry(t, plugin.WithHistory(20), plugin.WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error {
		<-gate
		return nil
	}))
	var wg sync.WaitGroup
	const n = 6
	for i := range n {
		wg.Go(func() {
			_, err := reg.Load(ctx, "a", plugin.Bytes(echo(t)), plugin.WithLimits(plugin.Limits{CallsPerInstance: i + 1}))
			assert.NoError(t, err)
		})
		queued(t, i+1) // before the next
	}
	close(gate)
	wg.Wait()
	p, err := reg.Plugin("a")
	require.NoError(t, err)
	for i, v := range p.Versions() {
		assert.Equal(t, n-i, v.Limits.CallsPerInstance)
	}
}

// queued waits until n loads hold the lock of a plugin or wait for it, in the
// order in which they came.
func queued(t *testing.T, n int) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	require.Eventually(t, func() bool {
		found := 0
		for stack := range bytes.SplitSeq(stacks[:runtime.Stack(stacks, true)], []byte("\n\n")) {
			waits := bytes.Contains(stack, []byte("(*slot).acquire(")) && bytes.Contains(stack, []byte(" [select"))
			tests := bytes.Contains(stack, []byte("TestLoadsOfOneNameAreInOrder.func1(")) && bytes.Contains(stack, []byte(" [chan receive"))
			if waits || tests {
				found++
			}
		}
		return found == n
	}, time.Minute, time.Millisecond)
}

func TestCompilersAreBounded(t *testing.T) {
	reg := newRegistry(t, plugin.WithCompilers(1))
	limited, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d"} {
		wg.Go(func() {
			if _, err := reg.Load(limited, name, plugin.Bytes(engine(t))); err != nil {
				assert.ErrorIs(t, err, context.Canceled)
			}
		})
	}
	cancel()
	wg.Wait()
	for _, name := range []string{"a", "b", "c", "d"} {
		wg.Go(func() { load(t, reg, name, engine(t)) })
	}
	wg.Wait()
	assert.Len(t, reg.List(), 4)
}

func TestNothingIsLeftBehind(t *testing.T) {
	dir, err := cacheDir()
	require.NoError(t, err)
	once := func() {
		reg, err := plugin.NewRegistry(gohost.Binding(), untested, plugin.WithCacheDir(dir), plugin.WithDefaultLimits(plugin.Limits{DrainTimeout: 10 * time.Millisecond}))
		require.NoError(t, err)
		wasm := echo(t)
		p := load(t, reg, "a", wasm)
		for i := range 10 {
			var wg sync.WaitGroup
			wg.Go(func() {
				_, err := p.Binding().ProcessBatch(ctx, batch(doLoop))
				assert.ErrorIs(t, err, plugin.ErrDrained)
			})
			begun(t, p, 1)
			wasm = edition(wasm, string(rune('a'+i)))
			load(t, reg, "a", wasm)
			_, err := reg.Load(ctx, "a", plugin.Bytes(testModule(t, "start_traps")))
			require.ErrorIs(t, err, gohost.ErrTrap)
			wg.Wait()
		}
		require.Len(t, p.Versions(), 3)
		require.NoError(t, reg.Close(ctx))
	}
	once() // what is compiled once for the process
	check := nothingLeft(t)
	once()
	check()
}
