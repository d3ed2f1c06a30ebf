package transform

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"example.org/compute-pipeline/gohost"
)

// BenchmarkBundle is what a worker does with the records of a file before anything is moved: read,
// validate, aggregate by the hour, and encode the states. docs/beam.md models the cost of a
// terabyte with it.
func BenchmarkBundle(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name, key string
		format    Format
	}{{"one series", "", JSONLines}, {"100 series", "id", JSONLines}, {"CSV", "", CSV}, {"CSV, 100 series", "id", CSV}, {"packed", "", Packed}} {
		b.Run(c.name, func(b *testing.B) {
			var content strings.Builder
			points := 0
			if c.format == CSV {
				content.WriteString("timestamp,id,value\n")
			}
			for ; content.Len() < 16<<20; points++ {
				switch {
				case c.format == CSV:
					fmt.Fprintf(&content, "%d,s%d,%.2f\n", 1262304000+points/10, r.IntN(100), r.NormFloat64()*100)
				case c.format == Packed:
					content.Write(gohost.AppendPacked(nil, gohost.Datapoint{Timestamp: uint64(1262304000 + points/10), Value: r.NormFloat64() * 100}))
				case c.key == "":
					fmt.Fprintf(&content, "{\"timestamp\": %d, \"value\": %.2f}\n", 1262304000+points/10, r.NormFloat64()*100)
				default:
					fmt.Fprintf(&content, "{\"timestamp\": %d, \"id\": \"s%d\", \"value\": %.2f}\n", 1262304000+points/10, r.IntN(100), r.NormFloat64()*100)
				}
			}
			file := fileOf(b, "lines", []byte(content.String()))
			validate := &ValidateFn{Format: c.format, Window: "1h", KeyField: c.key}
			must(validate.Setup(b.Context()))
			defer validate.Teardown(b.Context())
			aggregate := setUp(b, Engine{})
			read := &ReadFn{Format: c.format}
			b.SetBytes(int64(content.Len()))
			states, size := 0, 0
			for b.Loop() {
				cache := map[Group]*Accumulator{}
				tracker := read.CreateTracker(read.CreateInitialRestriction(file))
				must(read.ProcessElement(b.Context(), tracker, file, func(text Text) {
					must(validate.ProcessElement(b.Context(), text, func(g Group, packed []byte) {
						a := cache[g]
						if a == nil {
							a = aggregate.CreateAccumulator()
						}
						a, err := aggregate.AddInput(a, packed)
						must(err)
						cache[g] = a
					}, func(f Fault) { must(f) }))
				}))
				states, size = len(cache), 0
				for _, a := range cache {
					encoded, err := encodeAccumulator(a)
					must(err)
					size += len(encoded)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(points), "ns/point")
			b.ReportMetric(float64(size)/float64(states), "B/state")
		})
	}
}
