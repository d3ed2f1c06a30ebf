package work

import (
	"encoding/json"
	"math/rand/v2"

	"example.org/compute-pipeline/gohost"
)

// Sample is a request of the HTTP API.
type Sample struct {
	Name        string
	Operation   string // the end of the path
	ContentType string
	Body        []byte
	// Check compares the body of an answer with what must be in it.
	Check func(answer []byte) error
}

const packedType = "application/vnd.compute-pipeline.packed"

// Samples are a few requests. The first is the one to measure by.
func Samples() []Sample {
	r := rand.New(rand.NewPCG(3, 0))
	aggregateOf := func(name string, n int, contentType string, body func([]gohost.Datapoint) []byte) Sample {
		list := points(r, n, shapes[0].value)
		return Sample{name, "aggregate", contentType, body(list), checkAggregate(exact(list))}
	}
	toNormalise := points(r, 1000, shapes[0].value)
	return []Sample{
		aggregateOf("aggregate of 100 points in JSON", 100, "application/json", asJSON),
		aggregateOf("aggregate of 1 point in JSON", 1, "application/json", asJSON),
		aggregateOf("aggregate of 10,000 points in JSON", 10_000, "application/json", asJSON),
		aggregateOf("aggregate of 10,000 packed points", 10_000, packedType, packed),
		{"validate 1,000 points in JSON", "validate", "application/json", asJSON(toNormalise), func(answer []byte) error {
			var got []struct {
				Timestamp uint64
				Value     float64
			}
			if err := json.Unmarshal(answer, &got); err != nil {
				return err
			}
			list := make([]gohost.Datapoint, len(got))
			for i, p := range got {
				list[i] = gohost.Datapoint(p)
			}
			return check(string(packed(list)) == string(packed(toNormalise)), list, toNormalise)
		}},
	}
}

func checkAggregate(want gohost.Statistics) func([]byte) error {
	return func(answer []byte) error {
		var got struct{ Mean, Variance, Sum float64 }
		if err := json.Unmarshal(answer, &got); err != nil {
			return err
		}
		return check(sameBits([]float64{got.Mean, got.Variance, got.Sum}, []float64{want.Mean, want.Variance, want.Sum}), got, want)
	}
}
