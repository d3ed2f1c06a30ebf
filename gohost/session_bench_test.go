package gohost_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// Points into a session, beside plain Go's two passes over as many in a list.
func BenchmarkSession(b *testing.B) {
	const n = 2048
	s := openSession(b, newEngine(b, gohost.WithMaxInstances(2)))
	points := temperatures(n)
	plain := func() { sink = plainGo(points) }
	b.Run("push/2048", func(b *testing.B) {
		b.ReportAllocs()
		compare(b, plain, func() {
			for _, p := range points {
				check(b, s.Push(ctx, p.Timestamp, p.Value))
			}
		})
	})
	b.Run("fold/2048", func(b *testing.B) {
		b.ReportAllocs()
		compare(b, plain, func() {
			_, err := s.Fold(ctx, points)
			check(b, err)
		})
	})
	// A source that makes its points: in the sandbox, or in a list of Go's.
	source := func(to []gohost.Datapoint, i int) {
		for j := range to {
			to[j] = gohost.Datapoint{Timestamp: uint64(i + j), Value: float64((i+j)%1000) / 10}
		}
	}
	b.Run("buffer/2048", func(b *testing.B) {
		b.ReportAllocs()
		compare(b, func() { source(points, 0); plain() }, func() {
			for i := 0; i < n; {
				buffer, err := s.Buffer(ctx)
				check(b, err)
				buffer = buffer[:min(len(buffer), n-i)]
				source(buffer, i)
				check(b, s.Commit(len(buffer)))
				i += len(buffer)
			}
		})
	})
}

// A point and a snapshot, beside plain Go's two passes over 1,000 points.
func BenchmarkSessionSnapshot(b *testing.B) {
	s := openSession(b, newEngine(b, gohost.WithMaxInstances(2)))
	points := temperatures(1000)
	_, err := s.Fold(ctx, points)
	require.NoError(b, err)
	b.ReportAllocs()
	compare(b, func() { sink = plainGo(points) }, func() {
		check(b, s.Push(ctx, 1, 2))
		_, err := s.Snapshot(ctx)
		check(b, err)
	})
}

func BenchmarkOpenSession(b *testing.B) {
	eng := newEngine(b)
	for b.Loop() {
		s, err := eng.OpenSession(ctx)
		check(b, err)
		check(b, s.Close())
	}
}
