package gohost_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"example.org/compute-pipeline/gohost"
)

// A stream is folded as it comes; the state stays small.
func ExampleEngine_Fold() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	var state []byte // nothing yet
	for hour := range uint64(24) {
		points := []gohost.Datapoint{{Timestamp: 3600 * hour, Value: float64(hour)}}
		if state, err = eng.Fold(ctx, state, points); err != nil {
			log.Fatal(err)
		}
	}
	day, err := eng.Finish(ctx, state)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(day.Count, day.Mean, day.Min, day.Max, day.Last)
	// Output: 24 11.5 0 23 82800
}

// Pieces that were folded apart, in whatever order, merge into the very bytes
// that one fold of everything gives.
func ExampleEngine_Merge() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	fold := func(values ...float64) []byte {
		var points []gohost.Datapoint
		for _, v := range values {
			points = append(points, gohost.Datapoint{Value: v})
		}
		state, err := eng.Fold(ctx, nil, points)
		if err != nil {
			log.Fatal(err)
		}
		return state
	}

	merged, err := eng.Merge(ctx, fold(0.3, 1e300), fold(0.1, 0.2))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bytes.Equal(merged, fold(0.1, 0.2, 0.3, 1e300)))
	// Output: true
}
