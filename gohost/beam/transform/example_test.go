package transform_test

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/beam/transform"
)

func init() { register.Function1x0(printStatistics) }

func printStatistics(s gohost.Statistics) {
	fmt.Printf("%d points, mean %v, sum %v\n", s.Count, s.Mean, s.Sum)
}

// The sum is that of mathematics, rounded once: 2. Floats would add up to 0 or 1 in most orders.
func ExampleAggregate() {
	pipeline, s := beam.NewPipelineWithRoot()
	points := beam.CreateList(s, []gohost.Datapoint{
		{Timestamp: 1, Value: 1e100},
		{Timestamp: 2, Value: 1},
		{Timestamp: 3, Value: -1e100},
		{Timestamp: 4, Value: 1},
	})
	beam.ParDo0(s, printStatistics, transform.Aggregate(s, transform.Engine{}, points))
	if _, err := beam.Run(context.Background(), "prism", pipeline); err != nil {
		fmt.Println(err)
	}
	// Output: 4 points, mean 0.5, sum 2
}
