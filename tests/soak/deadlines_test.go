package soak

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/tests/soak/internal/work"
)

//go:embed testdata/stuck.wasm
var stuckModule []byte

// oneIn is of how many calls one is stopped.
const oneIn = 100

// One call in a hundred never ends by itself: half of them have a deadline, half are
// cancelled.
func TestStoppedCallsLeaveNothing(t *testing.T) {
	before := settled()
	eng, err := gohost.Load(t.Context(), stuckModule, gohost.WithMaxInstances(callers))
	require.NoError(t, err)
	require.NoError(t, rightAnswer(t.Context(), eng, rand.New(rand.NewPCG(8, 8))))
	instance := eng.Stats().MemoryBytes // of the one there is; the module never grows
	warm := settled()
	var done, stopped atomic.Uint64
	// Each caller may have a timer that fires.
	bound := holds{instances: callers, guests: callers * instance, goroutines: before.goroutines + 3*callers}
	stop := watch(t, "deadlines", bound, func(h *holds) {
		stats := eng.Stats()
		h.calls, h.guests, h.instances = done.Load(), stats.MemoryBytes, int64(stats.Instances)
	})
	begin := time.Now()
	err = crew(t.Context(), callers, func(ctx context.Context, r *rand.Rand) error {
		if time.Since(begin) >= duration() && done.Load() >= 20_000 {
			return errEnough
		}
		done.Add(1)
		if r.IntN(oneIn) == 0 {
			stopped.Add(1)
			return stopCall(ctx, eng, r)
		}
		return rightAnswer(ctx, eng, r)
	})
	stop()
	require.NoError(t, err)
	stats := eng.Stats()
	t.Logf("%d calls were stopped", stopped.Load())
	// Where the context ended before the call got to its instance, there was nothing
	// to discard.
	assert.Positive(t, stats.InstancesDiscarded)
	assert.LessOrEqual(t, stats.InstancesDiscarded, stopped.Load())
	assert.Zero(t, stats.Traps+stats.Violations+stats.LimitHits)
	warm.nothingLeft(t, callers*instance)
	require.NoError(t, eng.Close(context.Background()))
	requireClosed(t, eng)
	before.nothingLeft(t, 0)
}

// stopCall makes a call that never ends by itself, and ends its context after 1 to 5 ms.
func stopCall(ctx context.Context, eng *gohost.Engine, r *rand.Rand) error {
	after := time.Millisecond + time.Duration(r.Int64N(int64(4*time.Millisecond)))
	want := context.DeadlineExceeded
	var cancel context.CancelFunc
	if r.IntN(2) == 0 {
		ctx, cancel = context.WithTimeout(ctx, after)
	} else {
		ctx, cancel = context.WithCancel(ctx)
		defer time.AfterFunc(after, cancel).Stop()
		want = context.Canceled
	}
	defer cancel()
	var err error
	switch r.IntN(3) {
	case 0: // an empty loop
		_, err = eng.ValidateChecksum(ctx, []byte("loops"), math.MaxUint32)
	case 1: // a loop of memory.fill, 64 KiB at a time
		_, err = eng.ProcessBatch(ctx, bytes.Repeat([]byte{0xff}, gohost.PackedSize))
	case 2: // recursion
		_, err = eng.ComputeAggregate(ctx, []gohost.Datapoint{{Timestamp: math.MaxUint64}})
	}
	if !errors.Is(err, want) {
		return fmt.Errorf("a call that never ends: %w, not %w", err, want)
	}
	return nil
}

// rightAnswer makes a call that ends, and checks what it returns.
func rightAnswer(ctx context.Context, eng *gohost.Engine, r *rand.Rand) error {
	n := r.IntN(500)
	switch r.IntN(4) {
	case 0:
		points := make([]gohost.Datapoint, n)
		want := gohost.Aggregate{Mean: float64(n)}
		for i := range points {
			points[i] = gohost.Datapoint{Timestamp: uint64(i), Value: r.NormFloat64()}
			want.Variance += points[i].Value
			want.Sum = points[i].Value
		}
		got, err := eng.ComputeAggregate(ctx, points)
		if err == nil && got != want {
			err = &work.WrongAnswer{Got: got, Want: want}
		}
		return err
	case 1:
		want := bytes.Repeat([]byte{byte(r.IntN(255))}, n*gohost.PackedSize)
		got, err := eng.ProcessBatch(ctx, want)
		if err == nil && !bytes.Equal(got, want) {
			err = &work.WrongAnswer{Got: got, Want: want}
		}
		return err
	case 2:
		want := r.IntN(2) == 0
		expected := uint32(n)
		if !want {
			expected++
		}
		got, err := eng.ValidateChecksum(ctx, make([]byte, n), expected)
		if err == nil && got != want {
			err = &work.WrongAnswer{Got: got, Want: want}
		}
		return err
	default:
		want := fmt.Sprintf("text %d", r.Int())
		_, err := eng.ValidateStream(ctx, []byte(want))
		var answer *gohost.GuestError
		if errors.As(err, &answer) && answer.Message == want {
			return nil
		}
		return errors.Join(&work.WrongAnswer{Got: err, Want: want}, err)
	}
}
