package stream_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/stream"
)

// clock is a clock that a test sets.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

func pushFrom(t *testing.T, op *operator, s *sink, source string, points ...stream.Point) []string {
	t.Helper()
	_, err := op.PushFrom(t.Context(), source, points, s.emit)
	require.NoError(t, err)
	return s.lines()
}

func TestTheSlowestSourceDecides(t *testing.T) {
	op, s := newOperator(t, stream.Tumbling(10), stream.WithSources("a", "b")), &sink{}
	require.Empty(t, pushFrom(t, op, s, "a", at(5, 30)...), "b has had no points")
	require.Equal(t, []string{"k 0-9 n=2 sum=2"}, pushFrom(t, op, s, "b", at(6, 12)...))
	require.Equal(t, uint64(12), op.Stats().Watermark)
	require.Equal(t, []string{"k 10-19 n=1 sum=1"}, pushFrom(t, op, s, "b", at(29)...))
	require.Empty(t, pushFrom(t, op, s, "c", at(25)...), "a source that is new is the slowest")
	require.Equal(t, uint64(29), op.Stats().Watermark, "the watermark does not go back")
	require.NoError(t, op.EndSource(t.Context(), "c", s.emit))
	require.NoError(t, op.EndSource(t.Context(), "b", s.emit))
	require.Equal(t, []string{"k 20-29 n=2 sum=2"}, s.lines())
	require.NoError(t, op.EndSource(t.Context(), "b", s.emit))
	require.NoError(t, op.EndSource(t.Context(), "a", s.emit))
	require.Empty(t, s.lines())
	require.Equal(t, uint64(30), op.Stats().Watermark)
}

func TestAnIdleSourceIsNotWaitedFor(t *testing.T) {
	c := &clock{now: time.Unix(0, 0)}
	op, s := newOperator(t, stream.Tumbling(10), stream.WithSources("a", "b"), stream.WithIdle(time.Minute, c.time)), &sink{}
	require.Empty(t, pushFrom(t, op, s, "a", at(5, 30)...))
	c.now = c.now.Add(time.Minute)
	require.NoError(t, op.Tick(t.Context(), s.emit))
	require.Empty(t, s.lines())
	require.Empty(t, pushFrom(t, op, s, "a", at(30)...))
	c.now = c.now.Add(time.Second)
	require.NoError(t, op.Tick(t.Context(), s.emit))
	require.Equal(t, []string{"k 0-9 n=1 sum=1"}, s.lines())
	require.Empty(t, pushFrom(t, op, s, "b", at(15, 31)...), "late, and active again")
	require.Equal(t, uint64(1), op.Stats().Late-0)
	require.Empty(t, pushFrom(t, op, s, "a", at(60)...))
	require.Equal(t, uint64(31), op.Stats().Watermark)
	// All are idle: the fastest decides. A clock that goes back makes nothing idle.
	c.now = c.now.Add(-time.Hour)
	require.NoError(t, op.Tick(t.Context(), s.emit))
	require.Equal(t, uint64(31), op.Stats().Watermark)
	c.now = c.now.Add(2 * time.Hour)
	require.NoError(t, op.Tick(t.Context(), s.emit))
	require.Equal(t, []string{"k 30-39 n=3 sum=3"}, s.lines())
	require.Equal(t, uint64(60), op.Stats().Watermark)
}

func TestExplicitWatermarks(t *testing.T) {
	op, s := newOperator(t, stream.Tumbling(10), stream.WithExplicitWatermarks()), &sink{}
	require.Empty(t, push(t, op, s, at(100, 5)...))
	require.NoError(t, op.Advance(t.Context(), "", 10, s.emit))
	require.Equal(t, []string{"k 0-9 n=1 sum=1"}, s.lines())
	require.NoError(t, op.Advance(t.Context(), "", 9, s.emit))
	require.Equal(t, uint64(10), op.Stats().Watermark)
	require.Empty(t, push(t, op, s, at(9)...))
	require.Equal(t, uint64(1), op.Stats().Late)
}
