package gohost_test

import (
	"context"
	"fmt"
	"log"

	"example.org/compute-pipeline/gohost"
)

func Example() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	agg, err := eng.ComputeAggregate(ctx, []gohost.Datapoint{
		{Timestamp: 1262304000, Value: 39.4},
		{Timestamp: 1262307600, Value: 39.2},
		{Timestamp: 1262311200, Value: 39.0},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agg.Mean, agg.Variance, agg.Sum)
	// Output: 39.2 0.026666666666666478 117.6
}

// Every result is the exact real number, rounded once: here 1e16 + 1 - 1e16 is
// 1, where adding doubles one by one gives 0.
func ExampleEngine_ComputeAggregate() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	agg, err := eng.ComputeAggregate(ctx, []gohost.Datapoint{{Value: 1e16}, {Value: 1}, {Value: -1e16}})
	if err != nil {
		log.Fatal(err)
	}
	large, one := 1e16, 1.0
	fmt.Println(agg.Sum, large+one-large)
	// Output: 1 0
}
