package stream_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/stream"
)

func sequence(points []stream.Point, end error) iter.Seq2[stream.Point, error] {
	return func(yield func(stream.Point, error) bool) {
		for _, p := range points {
			if !yield(p, nil) {
				return
			}
		}
		if end != nil {
			yield(stream.Point{}, end)
		}
	}
}

func TestResultsOfASequence(t *testing.T) {
	op, s := newOperator(t, stream.Tumbling(10)), &sink{}
	for r, err := range op.Results(t.Context(), sequence(at(1, 2, 11, 25), nil)) {
		require.NoError(t, err)
		require.NoError(t, s.emit(r))
	}
	require.Equal(t, []string{"k 0-9 n=2 sum=2", "k 10-19 n=1 sum=1", "k 20-29 n=1 sum=1"}, s.lines())
}

func TestAnErrorOfTheSequenceIsTheLast(t *testing.T) {
	op, s := newOperator(t, stream.Tumbling(10)), &sink{}
	broken := errors.New("broken")
	var failed error
	for r, err := range op.Results(t.Context(), sequence(at(1, 11), broken)) {
		require.NoError(t, failed)
		if failed = err; err == nil {
			require.NoError(t, s.emit(r))
		}
	}
	require.Equal(t, broken, failed)
	require.Equal(t, []string{"k 0-9 n=1 sum=1"}, s.lines())
	require.Equal(t, []string{"k 10-19 n=1 sum=1"}, finish(t, op, s), "the operator goes on")
}

// A reader that stops has had its last result, and the others come later.
func TestAReaderThatStops(t *testing.T) {
	op, s := newOperator(t, stream.Tumbling(10), stream.WithDisorder(100)), &sink{}
	for r, err := range op.Results(t.Context(), sequence(at(1, 11, 21, 200), nil)) {
		require.NoError(t, err)
		require.NoError(t, s.emit(r))
		break
	}
	require.Equal(t, []string{"k 0-9 n=1 sum=1"}, s.lines())
	require.Equal(t, []string{"k 10-19 n=1 sum=1", "k 20-29 n=1 sum=1"}, push(t, op, s))
}

func TestChannels(t *testing.T) {
	op, s := newOperator(t, stream.Tumbling(10)), &sink{}
	batches, results, done := make(chan []stream.Point), make(chan result), make(chan error, 1)
	go func() { done <- op.Run(t.Context(), batches, results) }()
	batches <- at(1, 2)
	batches <- at(11)
	require.NoError(t, s.emit(<-results))
	close(batches)
	for r := range results {
		require.NoError(t, s.emit(r))
	}
	require.NoError(t, <-done)
	require.Equal(t, []string{"k 0-9 n=2 sum=2", "k 10-19 n=1 sum=1"}, s.lines())
}

// A run ends with its context, whether it waits for points or for who reads the results.
func TestARunEndsWithItsContext(t *testing.T) {
	for _, points := range [][]stream.Point{nil, at(1, 11)} {
		ctx, cancel := context.WithCancel(t.Context())
		op := newOperator(t, stream.Tumbling(10))
		batches, results, done := make(chan []stream.Point, 1), make(chan result), make(chan error, 1)
		batches <- points
		go func() { done <- op.Run(ctx, batches, results) }()
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		_, more := <-results
		require.False(t, more)
		if points != nil && op.Stats().Points > 0 {
			s := &sink{}
			require.Equal(t, []string{"k 0-9 n=1 sum=1"}, push(t, op, s), "what was not sent is not lost")
		}
	}
}

func TestARunFindsIdleSources(t *testing.T) {
	op := newOperator(t, stream.Tumbling(10), stream.WithSources("never"), stream.WithIdle(time.Millisecond, nil))
	batches, results, done := make(chan []stream.Point), make(chan result, 1), make(chan error, 1)
	go func() { done <- op.Run(t.Context(), batches, results) }()
	batches <- at(1, 11)
	require.Equal(t, uint64(1), (<-results).Value.Count, "without another batch")
	close(batches)
	<-results
	require.NoError(t, <-done)
}
