package stream_test

import (
	"fmt"
	"testing"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// BenchmarkFold folds the same points as BenchmarkPush by hand, 1,024 at a time.
func BenchmarkFold(b *testing.B) {
	points := make([]gohost.Datapoint, 1024)
	var state []byte
	now := uint64(0)
	for done := 0; done < b.N; done += len(points) {
		for i := range points {
			points[i] = point("", now, float64(now)/8).Datapoint
			now++
		}
		var err error
		if state, err = engine.AppendFold(b.Context(), state[:0], state, points); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPush pushes points in batches of 1,024: of one key, or of as many as are named in turn.
func BenchmarkPush(b *testing.B) {
	for _, c := range []struct {
		windows stream.Windows
		keys    int
	}{{stream.Tumbling(100_000), 1}, {stream.Tumbling(100_000), 1000}, {stream.Sliding(100_000, 25_000), 1}, {stream.Session(1000), 1}} {
		b.Run(fmt.Sprintf("%s/%d", c.windows, c.keys), func(b *testing.B) {
			op, err := stream.New(engine, c.windows)
			if err != nil {
				b.Fatal(err)
			}
			defer op.Close()
			keys := make([]string, c.keys)
			for i := range keys {
				keys[i] = fmt.Sprintf("series-%d", i)
			}
			points := make([]stream.Point, 1024)
			now := uint64(0)
			b.ReportAllocs()
			b.ResetTimer()
			for done := 0; done < b.N; done += len(points) {
				for i := range points {
					points[i] = point(keys[int(now)%len(keys)], now, float64(now)/8)
					now++
				}
				if _, err := op.Push(b.Context(), points, func(result) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
