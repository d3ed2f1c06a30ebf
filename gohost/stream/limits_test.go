package stream_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// requireLimit requires that a limit refuses the n-th point, and takes all before it.
func requireLimit(t *testing.T, op *operator, points []stream.Point, which gohost.Limit, n int) {
	t.Helper()
	taken, err := op.Push(t.Context(), points, (&sink{}).emit)
	require.ErrorIs(t, err, gohost.ErrLimit)
	var limit *gohost.LimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, which, limit.Which)
	require.Equal(t, n, taken)
	require.Equal(t, uint64(n), op.Stats().Points)
}

func TestLimitsRefuseTheNextPoint(t *testing.T) {
	op := newOperator(t, stream.Tumbling(10), stream.WithMaxKeys(2))
	requireLimit(t, op, []stream.Point{point("a", 1, 1), point("b", 1, 1), point("a", 2, 1), point("c", 3, 1)}, stream.LimitKeys, 3)
	// Room is where windows have closed.
	s := &sink{}
	require.NoError(t, op.Advance(t.Context(), "", 10, s.emit))
	require.Len(t, s.lines(), 2)
	require.Empty(t, push(t, op, s, point("c", 11, 1)))

	op = newOperator(t, stream.Sliding(30, 10), stream.WithMaxWindows(5))
	requireLimit(t, op, []stream.Point{point("a", 50, 1), point("b", 50, 1)}, stream.LimitWindows, 1)
	require.Equal(t, 3, op.Stats().Windows, "the point is in none of its windows")
	require.Equal(t, 1, op.Stats().Keys)

	op = newOperator(t, stream.Tumbling(10))
	requireLimit(t, op, []stream.Point{point(strings.Repeat("k", stream.MaxKeySize), 1, 1), point(strings.Repeat("k", 1<<20), 1, 1)}, stream.LimitKeySize, 1)

	op = newOperator(t, stream.Tumbling(10), stream.WithMaxMemory(10_000))
	var points []stream.Point
	for i := range 100 {
		points = append(points, point(fmt.Sprint(i), 1, 1))
	}
	taken, err := op.Push(t.Context(), points, s.emit)
	require.ErrorIs(t, err, gohost.ErrLimit)
	require.Positive(t, taken)
	require.LessOrEqual(t, op.Stats().Memory, int64(10_000))
	s.lines()
	require.Len(t, finish(t, op, s), taken)
}

// Where memory is short, points are folded early, and states are in the file.
func TestIdleWindowsAreSpilled(t *testing.T) {
	const keys, rounds = 1000, 20
	run := func(opts ...stream.Option) (lines []string, most stream.Stats) {
		op, s := newOperator(t, stream.Tumbling(1000), opts...), &sink{}
		for round := range uint64(rounds) {
			for key := range keys {
				push(t, op, s, point(fmt.Sprint(key), round, float64(key)+0.1))
			}
			if now := op.Stats(); now.Spilled >= most.Spilled {
				most = now
			}
		}
		return finish(t, op, s), most
	}
	want, _ := run()
	require.Len(t, want, keys)
	const enough = 400 * keys
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	got, most := run(stream.WithMaxMemory(enough), stream.WithSpill(""))
	require.Equal(t, want, got)
	require.Positive(t, most.Spilled)
	require.LessOrEqual(t, most.Memory, int64(enough))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	got, most = run(stream.WithMaxMemory(2 * enough))
	require.Equal(t, want, got)
	require.Zero(t, most.Spilled)
}

// A disk that is full refuses the next point, and loses none. It takes it once there is room.
func TestAFullDiskUnderTheSpill(t *testing.T) {
	readOnly, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer readOnly.Close()
	op, s := newOperator(t, stream.Tumbling(1000), stream.WithMaxMemory(30_000), stream.WithSpill(t.TempDir())), &sink{}
	var points []stream.Point
	for i := range 3000 {
		points = append(points, point(fmt.Sprint(i%70), uint64(i/70), float64(i)))
	}
	failures := 0
	for taken := 0; taken < len(points); {
		disk := op.SwapSpill(readOnly)
		n, err := op.Push(t.Context(), points[taken:min(taken+500, len(points))], s.emit)
		taken += n
		require.Equal(t, uint64(taken), op.Stats().Points)
		if err != nil {
			require.ErrorContains(t, err, "spill file")
			failures++
		}
		op.SwapSpill(disk)
		if taken < len(points) {
			push(t, op, s, points[taken])
			taken++
		}
	}
	require.Positive(t, failures)
	want := newOperator(t, stream.Tumbling(1000))
	push(t, want, s, points...)
	require.Equal(t, finish(t, want, s), finish(t, op, s))
}

// A function of late points that fails stops at its point.
func TestALatePointThatNobodyTakesIsNotLost(t *testing.T) {
	full := errors.New("full")
	fails := true
	var late []stream.Late
	op, s := newOperator(t, stream.Tumbling(10), stream.WithLate(func(l stream.Late) error {
		if fails {
			return full
		}
		late = append(late, l)
		return nil
	})), &sink{}
	points := at(5, 20, 6, 21)
	n, err := op.Push(t.Context(), points, s.emit)
	require.ErrorIs(t, err, full)
	require.Equal(t, 2, n)
	require.Zero(t, op.Stats().Late)
	fails = false
	push(t, op, s, points[n:]...)
	require.Len(t, late, 1)
	require.Equal(t, uint64(1), op.Stats().Late)
}

// Keys may be parts of a buffer that the caller uses again.
func TestKeysAreCopied(t *testing.T) {
	op, s := newOperator(t, stream.Tumbling(10)), &sink{}
	push(t, op, s, point("", 1, 1), point("\xff", 1, 1))
	require.Equal(t, []string{" 0-9 n=1 sum=1", "\xff 0-9 n=1 sum=1"}, finish(t, op, s))
}

func TestAClosedOperator(t *testing.T) {
	op, s := newOperator(t, stream.Tumbling(10)), &sink{}
	require.NoError(t, op.Close())
	require.NoError(t, op.Close())
	_, err := op.Push(t.Context(), at(1), s.emit)
	require.ErrorIs(t, err, stream.ErrFinished)
	require.ErrorIs(t, op.Finish(t.Context(), s.emit), stream.ErrFinished)
	_, err = op.Snapshot(t.Context())
	require.ErrorIs(t, err, stream.ErrFinished)
}

// heavy is an engine for which each point counts as many.
type heavy struct {
	*gohost.Engine
	weight []byte
}

func (h heavy) AppendFold(ctx context.Context, dst, state []byte, points []gohost.Datapoint) ([]byte, error) {
	sum := slices.Clone(state)
	for range points {
		var err error
		if sum, err = h.AppendMerge(ctx, nil, sum, h.weight); err != nil {
			return dst, err
		}
	}
	return append(dst, sum...), nil
}

// Counts are exact beyond 2^53. One beyond 2^64 is an error of the engine, which loses nothing.
func TestCountsAreExactUpToTheirEnd(t *testing.T) {
	weight, err := engine.Fold(t.Context(), nil, []gohost.Datapoint{{Timestamp: 1, Value: 1}})
	require.NoError(t, err)
	odd := weight
	for range 62 {
		weight, err = engine.Merge(t.Context(), weight, weight)
		require.NoError(t, err)
	}
	weight, err = engine.Merge(t.Context(), weight, odd)
	require.NoError(t, err)
	op, err := stream.New(heavy{engine, weight}, stream.Tumbling(10), stream.WithBatch(1))
	require.NoError(t, err)
	s := &sink{}
	n, err := op.Push(t.Context(), at(1, 2, 3, 4, 5), s.emit)
	require.ErrorIs(t, err, gohost.ErrGuest)
	require.Equal(t, 4, n, "four times 2^62+1 is more than 2^64")
	require.Empty(t, s.results)

	op, err = stream.New(heavy{engine, weight}, stream.Tumbling(10))
	require.NoError(t, err)
	_, err = op.Push(t.Context(), at(1, 2, 3), s.emit)
	require.NoError(t, err)
	require.NoError(t, op.Finish(t.Context(), s.emit))
	require.Equal(t, uint64(3*(1<<62+1)), s.results[0].Value.Count)
}
