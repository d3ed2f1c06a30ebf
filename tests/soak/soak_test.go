// Package soak puts the engine, the plugin host and the service under load and checks
// every answer. A scenario fails when an answer is wrong or a call is lost, when
// instances, goroutines or the memory of the guests exceed a bound at any moment, or
// when memory or goroutines are left after the calls or after Close.
//
// The package has tests only. `make test` runs each scenario for some seconds, `make
// soak` and `make bench-serve` for minutes; the longer the run, the smaller the leak
// a call that is found.
package soak

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	minutes = flag.Float64("minutes", 0, "how long the engine, stopped calls and the service are tested, at least")
	calls   = flag.Uint64("calls", 100_000, "how many calls of the engine are made, at least")
	swaps   = flag.Int("swaps", 10, "how often the plugin is swapped")
	largest = flag.Int("points", 10_000, "the longest list")
	out     = flag.String("out", "", "directory for samples and latencies, as CSV")
)

func duration() time.Duration { return time.Duration(*minutes * float64(time.Minute)) }

// TestMain goes to the project's directory, where paths begin.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// save writes a table into the directory that was asked for.
func save(t *testing.T, name string, rows [][]string) {
	t.Helper()
	if *out == "" {
		return
	}
	require.NoError(t, os.MkdirAll(*out, 0o755))
	file, err := os.Create(filepath.Join(*out, name+".csv"))
	require.NoError(t, err)
	require.NoError(t, csv.NewWriter(file).WriteAll(rows))
	require.NoError(t, file.Close())
}

// errEnough ends a crew without an error.
var errEnough = errors.New("enough")

// crew runs step again and again in that many goroutines, each with its own random
// numbers, until one returns an error. Then crew cancels the context of the others and
// returns the error. After errEnough, which is not an error, the others finish their
// step. Errors of steps whose context has ended are ignored.
func crew(ctx context.Context, callers int, step func(ctx context.Context, r *rand.Rand) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var enough atomic.Bool
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for ctx.Err() == nil && !enough.Load() {
				switch err := step(ctx, r); {
				case errors.Is(err, errEnough):
					enough.Store(true)
				case err != nil && ctx.Err() == nil:
					cancel(err) // the first one counts
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

func TestTheFirstErrorEndsTheCrew(t *testing.T) {
	broken := errors.New("broken")
	var steps atomic.Int64
	err := crew(t.Context(), 4, func(context.Context, *rand.Rand) error {
		if steps.Add(1) == 100 {
			return broken
		}
		return nil
	})
	require.ErrorIs(t, err, broken)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, crew(ctx, 4, func(context.Context, *rand.Rand) error { return nil }), context.Canceled)
}

func TestEnoughInterruptsNobody(t *testing.T) {
	var steps atomic.Int64
	finish := make(chan struct{})
	finished := false
	require.NoError(t, crew(t.Context(), 2, func(ctx context.Context, _ *rand.Rand) error {
		switch steps.Add(1) {
		case 1:
			<-finish // until another one has had enough
			assert.NoError(t, ctx.Err())
			finished = true
		case 2:
			close(finish)
		}
		return errEnough
	}))
	assert.True(t, finished)
}
