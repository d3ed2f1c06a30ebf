package stream_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// A key without points for longer than the expiry ends, and begins anew with its next point.
func TestKeysExpire(t *testing.T) {
	op, s := newOperator(t, stream.Global(), stream.WithExpiry(100)), &sink{}
	require.Empty(t, push(t, op, s, point("a", 10, 1), point("b", 20, 1), point("a", 5, 1), point("b", 110, 1), point("b", 110, 1)))
	require.Equal(t, 2, op.Stats().Keys)
	n, err := op.Push(t.Context(), []stream.Point{point("b", 121, 1), point("a", 30, 5), point("b", 230, 1)}, s.emit)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Len(t, s.results, 2)
	require.Zero(t, s.results[0].Life)
	require.Equal(t, uint64(2), s.results[0].Value.Count)
	require.Equal(t, uint64(121), s.results[1].Life, "the point at 30 came when the watermark was there")
	require.Equal(t, []string{"a 0-18446744073709551615 n=2 sum=2", "a 0-18446744073709551615 n=1 sum=5"}, s.lines())
	stats := op.Stats()
	require.Equal(t, uint64(2), stats.Expired)
	require.Equal(t, 1, stats.Keys)
	require.Equal(t, []string{"b 0-18446744073709551615 n=5 sum=5"}, finish(t, op, s))
	require.Zero(t, op.Stats().Memory)
}

// Keys that expire together come in the order of their last points, and their windows by start.
func TestKeysThatExpireTogetherAreOrdered(t *testing.T) {
	op, s := newOperator(t, stream.Sliding(1000, 500), stream.WithExpiry(50)), &sink{}
	require.Empty(t, push(t, op, s, point("c", 601, 1), point("b", 602, 1), point("a", 602, 1)))
	require.Equal(t, []string{
		"c 0-999 n=1 sum=1", "c 500-1499 n=1 sum=1",
		"a 0-999 n=1 sum=1", "a 500-1499 n=1 sum=1",
		"b 0-999 n=1 sum=1", "b 500-1499 n=1 sum=1",
	}, push(t, op, s, point("d", 653, 1)))
}

// A limit of keys has room again once keys have expired.
func TestExpiryMakesRoomForKeys(t *testing.T) {
	op, s := newOperator(t, stream.Global(), stream.WithExpiry(10), stream.WithMaxKeys(20)), &sink{}
	for i := range uint64(10_000) {
		push(t, op, s, point(fmt.Sprint(i), i, 1))
	}
	require.Equal(t, uint64(10_000-11), op.Stats().Expired)
	_, err := stream.New(engine, stream.Session(10), stream.WithExpiry(10))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	_, err = stream.New(engine, stream.Global(), stream.WithExpiry(0))
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
}
