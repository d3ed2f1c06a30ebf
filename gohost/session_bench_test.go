package gohost_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// Points into a session, beside plain Go's two passes over the same list.
func BenchmarkSession(b *testing.B) {
	eng := newEngine(b)
	s, err := eng.OpenSession(ctx)
	require.NoError(b, err)
	defer s.Close()
	for _, n := range []int{1472, 2048, 100_000} {
		points := temperatures(n)
		plain := func() { sink = plainGo(points) }
		b.Run(fmt.Sprint("push/", n), func(b *testing.B) {
			b.ReportAllocs()
			compare(b, plain, func() {
				for _, p := range points {
					check(b, s.Push(ctx, p.Timestamp, p.Value))
				}
			})
		})
		b.Run(fmt.Sprint("fold/", n), func(b *testing.B) {
			b.ReportAllocs()
			compare(b, plain, func() {
				_, err := s.Fold(ctx, points)
				check(b, err)
			})
		})
		b.Run(fmt.Sprint("buffer/", n), func(b *testing.B) {
			b.ReportAllocs()
			compare(b, plain, func() {
				for rest := points; len(rest) > 0; {
					buffer, err := s.Buffer(ctx)
					check(b, err)
					written := copy(buffer, rest)
					check(b, s.Commit(written))
					rest = rest[written:]
				}
			})
		})
	}
}

// A snapshot after so many points, beside the same points without it.
func BenchmarkSessionSnapshot(b *testing.B) {
	eng := newEngine(b)
	s, err := eng.OpenSession(ctx)
	require.NoError(b, err)
	defer s.Close()
	_, err = s.Fold(ctx, temperatures(100_000))
	require.NoError(b, err)
	for _, n := range []int{0, 1, 100, 1000} {
		points := temperatures(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			fold := func() {
				_, err := s.Fold(ctx, points)
				check(b, err)
			}
			var stats gohost.Statistics
			compare(b, fold, func() {
				fold()
				var err error
				stats, err = s.Snapshot(ctx)
				check(b, err)
			})
			_ = stats
		})
	}
}

func BenchmarkOpenSession(b *testing.B) {
	eng := newEngine(b)
	for b.Loop() {
		s, err := eng.OpenSession(ctx)
		check(b, err)
		check(b, s.Close())
	}
}
