package gohost_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func TestEachLimitIsNamed(t *testing.T) {
	do := func(what byte) func(*gohost.Engine) error {
		return func(eng *gohost.Engine) error {
			_, err := eng.ProcessBatch(ctx, batch(what))
			return err
		}
	}
	answers := func(eng *gohost.Engine) error {
		_, err := eng.ProcessBatch(ctx, make([]byte, 2<<20))
		return err
	}
	for _, test := range []struct {
		which  gohost.Limit
		max    uint64
		traps  bool
		option gohost.Option
		call   func(*gohost.Engine) error
	}{
		{gohost.LimitFuel, 1_000_000, false, gohost.WithFuel(1_000_000), do(2)},
		{gohost.LimitTime, uint64(time.Millisecond), false, gohost.WithCallTimeout(time.Millisecond), do(2)},
		{gohost.LimitMemory, 2 << 20, true, gohost.WithMemoryLimit(2), do(3)},
		{gohost.LimitStack, 0, true, gohost.WithMemoryLimit(2), do(4)},
		{gohost.LimitResult, 1 << 20, false, gohost.WithMaxResult(1), answers},
		{gohost.LimitHeap, 1 << 20, false, gohost.WithHeapLimit(1), answers},
	} {
		eng := load(t, "echo", test.option, gohost.WithMaxInstances(1))
		requireLimit(t, test.call(eng), test.which, test.max)
		stats := eng.Stats()
		assert.EqualValues(t, 1, stats.LimitHits, test.which)
		assert.Zero(t, stats.Traps+stats.Violations, test.which)
		if test.traps {
			assert.ErrorIs(t, test.call(eng), gohost.ErrTrap, test.which)
		} else {
			assert.NotErrorIs(t, test.call(eng), gohost.ErrTrap, test.which)
		}
	}

	for name, want := range map[string]struct {
		which gohost.Limit
		max   uint64
	}{
		"table_bomb": {gohost.LimitTableEntries, 131072},
		"big_memory": {gohost.LimitMemory, 24 << 20},
	} {
		_, err := gohost.Load(ctx, module(t, name), gohost.WithMemoryLimit(24))
		requireLimit(t, err, want.which, want.max)
	}
	_, err := gohost.Load(ctx, make([]byte, 33<<20))
	requireLimit(t, err, gohost.LimitModuleSize, 32<<20)
}

func requireLimit(t *testing.T, err error, which gohost.Limit, limit uint64) {
	t.Helper()
	require.ErrorIs(t, err, gohost.ErrLimit)
	var reached *gohost.LimitError
	require.ErrorAs(t, err, &reached)
	require.Equal(t, which, reached.Which)
	require.Equal(t, limit, reached.Max, which)
}

func TestAnErrorSaysWhereItIsAndOfWhichClass(t *testing.T) {
	echo := load(t, "echo", gohost.WithMaxInstances(1), gohost.WithMaxWaiters(0))
	closed := load(t, "echo")
	require.NoError(t, closed.Close(ctx))
	ended, cancel := context.WithCancel(ctx)
	cancel()
	aggregate := func(ctx context.Context, eng *gohost.Engine, header uint64) error {
		_, err := eng.ComputeAggregate(ctx, []gohost.Datapoint{{Timestamp: header}})
		return err
	}
	loaded := func(wasm []byte, opts ...gohost.Option) error {
		_, err := gohost.Load(ctx, wasm, opts...)
		return err
	}
	_, unfinished := echo.Finish(ctx, nil)
	_, unread := newEngine(t).ValidateStream(ctx, nil)
	_, unnew := gohost.New(ctx, gohost.WithFuel(0))
	_, half := echo.ProcessBatch(ctx, make([]byte, 15))
	_, trapped := echo.ProcessBatch(ctx, batch(1))
	free := occupy(t, echo, 1)
	busy := aggregate(ctx, echo, 0)
	free()
	for _, test := range []struct {
		err             error
		function, class any
	}{
		{unnew, "gohost.New", gohost.ErrInvalidInput},
		{loaded(nil), "gohost.Load", gohost.ErrModule},
		{loaded(module(t, "no_memory")), "gohost.Load", gohost.ErrContract},
		{loaded(module(t, "start_traps")), "gohost.Load", gohost.ErrTrap},
		{gohost.Check(ctx, nil), "gohost.Check", gohost.ErrModule},
		{gohost.Check(ctx, module(t, "no_memory")), "gohost.Check", gohost.ErrContract},
		{gohost.Check(ended, module(t, "echo")), "gohost.Check", context.Canceled},
		{aggregate(ctx, closed, 0), "compute-aggregate", gohost.ErrClosed},
		{aggregate(ended, echo, 0), "compute-aggregate", context.Canceled},
		{aggregate(ctx, echo, 2<<32|1024), "compute-aggregate", gohost.ErrContract},
		{aggregate(ctx, echo, 1<<28<<32), "compute-aggregate", gohost.ErrABI},
		{half, "process-batch", gohost.ErrInvalidInput},
		{trapped, "process-batch", gohost.ErrTrap},
		{unfinished, "finish", gohost.ErrNoSummary},
		{unread, "validate-stream", gohost.ErrGuest},
		{busy, "compute-aggregate", gohost.ErrBusy},
	} {
		var failure *gohost.Error
		require.ErrorAs(t, test.err, &failure)
		assert.Equal(t, test.function, failure.Function, "%v", test.err)
		assert.Equal(t, test.class, failure.Class, "%v", test.err)
		assert.ErrorIs(t, test.err, failure.Class)
		assert.Regexp(t, "^(the embedded engine|module [0-9a-f]{12})$", failure.Module)
		assert.EqualError(t, test.err, failure.Function+" of "+failure.Module+": "+failure.Err.Error())
	}
}
