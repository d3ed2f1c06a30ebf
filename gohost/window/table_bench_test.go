package window

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// packedKeys are keys of a length, one after the other.
type packedKeys struct {
	text []byte
	size int
}

func (k *packedKeys) Key(i int) []byte { return k.text[i*k.size : (i+1)*k.size] }
func (k *packedKeys) Column(int) int   { return 0 }

// A point of a random key costs some hundred nanoseconds, since nothing of its window is in the cache.
func BenchmarkTable(b *testing.B) {
	engine, err := gohost.New(b.Context())
	require.NoError(b, err)
	defer engine.Close(b.Context())
	grid, err := All.Grid(Clock{})
	require.NoError(b, err)
	for _, keys := range []int{1, 1000, 1_000_000} {
		b.Run(fmt.Sprintf("%d keys", keys), func(b *testing.B) {
			table := NewTable(engine, grid, TableOptions{Memory: 1 << 30})
			defer table.Close()
			random := rand.New(rand.NewPCG(1, 2))
			points := make([]gohost.Datapoint, 10_000)
			labels := &packedKeys{size: 8}
			for i := range points {
				points[i] = gohost.Datapoint{Timestamp: uint64(i), Value: float64(random.IntN(20000)-5000) / 100}
			}
			for b.Loop() {
				b.StopTimer()
				labels.text = labels.text[:0]
				for range points {
					labels.text = fmt.Appendf(labels.text, "k%07d", random.IntN(keys))
				}
				b.StartTimer()
				if err := table.Add(b.Context(), points, labels); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(points)), "ns/point")
		})
	}
}
