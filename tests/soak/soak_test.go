package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/soak/internal/gauge"
)

// TestMain goes to the project's directory, where the program is run.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// soak requires that a scenario finds nothing, and that it can be saved.
func soak(t *testing.T, o *outcome, err error) {
	t.Helper()
	require.NoError(t, err)
	require.NoError(t, o.err())
	t.Log(o.text.String())
	dir := t.TempDir()
	require.NoError(t, o.save(dir, ""))
	if len(o.samples) == 0 {
		return
	}
	csv, err := os.ReadFile(filepath.Join(dir, o.name+".csv"))
	require.NoError(t, err)
	assert.Equal(t, len(o.samples)+1, bytes.Count(csv, []byte("\n")))
}

func TestEngineStaysFlatAndRight(t *testing.T) {
	o, err := engineSoak{calls: 300_000, interval: 100 * time.Millisecond, largest: 10_000}.run(t.Context())
	soak(t, o, err)
}

// A leak of two kilobytes a call, which even a short run must find.
func TestALeakIsFound(t *testing.T) {
	before := settled()
	kept := make([][]byte, 0, 10_000)
	for range cap(kept) {
		kept = append(kept, make([]byte, 2<<10))
	}
	o := &outcome{name: "leak"}
	o.compareWithStart(before)
	require.ErrorContains(t, o.err(), "bytes of Go heap are left, more than 4194304")
	assert.Len(t, kept, cap(kept))
}

func TestABoundIsHeld(t *testing.T) {
	o := &outcome{name: "bounds", samples: []gauge.Sample{{Instances: 4, Guests: 400, Goroutines: 9}, {Instances: 5}}}
	o.hold(bounds(state{goroutines: 1}, 5, 80, 8))
	require.NoError(t, o.err())
	o.hold(bounds(state{goroutines: 1}, 4, 99, 7))
	for _, series := range []string{"instances", "memory of the guests", "goroutines"} {
		require.ErrorContains(t, o.err(), series)
	}
}

func TestTheFirstErrorEndsTheCrew(t *testing.T) {
	broken := errors.New("broken")
	var steps atomic.Int64
	err := crew(t.Context(), 4, func(ctx context.Context, _ *rand.Rand) error {
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
			<-finish // until the other one has had enough
			assert.NoError(t, ctx.Err())
			finished = true
		case 2:
			close(finish)
		}
		return errEnough
	}))
	assert.True(t, finished)
}

func TestSwapsLoseNothing(t *testing.T) {
	o, err := swapSoak{swaps: 30, interval: 100 * time.Millisecond, largest: 1000}.run(t.Context())
	soak(t, o, err)
}

func TestStoppedCallsLeaveNothing(t *testing.T) {
	o, err := deadlineSoak{calls: 30_000, interval: 50 * time.Millisecond, alones: 20}.run(t.Context())
	soak(t, o, err)
}

func TestServiceUnderLoad(t *testing.T) {
	o, err := serveBench{row: time.Second / 2, connections: []int{8}, callTimeout: 3 * time.Second}.run(t.Context())
	soak(t, o, err)
}

// A call that was answered by a release which was not active then must be
// found.
func TestTheWrongReleaseIsFound(t *testing.T) {
	a, b := &release{name: "a", answer: "a"}, &release{name: "b", answer: "b"}
	h := &history{releases: []*release{a, b, a, a, nil}}
	h.ended.Store(2) // b is active
	h.begun.Store(3) // and a may be at any moment
	from := h.ended.Load()
	assert.True(t, h.answers(from, "b"))
	assert.True(t, h.answers(from, "a"))
	h.ended.Store(4)
	h.begun.Store(4)
	assert.False(t, h.answers(h.ended.Load(), "b"))
	assert.True(t, h.answers(from, "b"), "it began when b was active")
	assert.False(t, h.answers(from, "c"))
}
