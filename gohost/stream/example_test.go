package stream_test

import (
	"context"
	"fmt"
	"log"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// Windows of ten seconds close as the points pass them by more than the disorder that is expected.
func ExampleOperator_Push() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	op, err := stream.New(eng, stream.Tumbling(10), stream.WithDisorder(2),
		stream.WithLate(func(l stream.Late) error {
			fmt.Printf("late: %s at %d\n", l.Key, l.Timestamp)
			return nil
		}))
	if err != nil {
		log.Fatal(err)
	}
	defer op.Close()

	print := func(r stream.Result[gohost.Statistics]) error {
		fmt.Printf("%s from %d to %d: %d points, mean %g\n", r.Key, r.Span.Start, r.Span.Last, r.Value.Count, r.Value.Mean)
		return nil
	}
	for _, t := range []uint64{1, 4, 11, 9, 12, 8, 25} {
		p := stream.Point{Key: "sensor", Datapoint: gohost.Datapoint{Timestamp: t, Value: float64(t)}}
		if _, err := op.Push(ctx, []stream.Point{p}, print); err != nil {
			log.Fatal(err)
		}
	}
	if err := op.Finish(ctx, print); err != nil {
		log.Fatal(err)
	}
	// Output:
	// sensor from 0 to 9: 3 points, mean 4.666666666666667
	// late: sensor at 8
	// sensor from 10 to 19: 2 points, mean 11.5
	// sensor from 20 to 29: 1 points, mean 25
}

// A program that was killed goes on from its last snapshot, and the point in the source that it
// belongs to.
func ExampleRestore() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	label := stream.WithLabel("temperatures")
	op, err := stream.New(eng, stream.Session(5), label)
	if err != nil {
		log.Fatal(err)
	}
	print := func(r stream.Result[gohost.Statistics]) error {
		fmt.Println(r.Span.Start, r.Span.Last, r.Value.Sum)
		return nil
	}
	points := []stream.Point{{Datapoint: gohost.Datapoint{Timestamp: 1, Value: 0.1}}, {Datapoint: gohost.Datapoint{Timestamp: 3, Value: 1e300}}}
	taken, err := op.Push(ctx, points, print)
	if err != nil {
		log.Fatal(err)
	}
	saved, err := op.Snapshot(ctx) // write it together with taken
	if err != nil {
		log.Fatal(err)
	}

	op, err = stream.Restore(ctx, eng, stream.Session(5), saved, label)
	if err != nil {
		log.Fatal(err)
	}
	points = append(points, stream.Point{Datapoint: gohost.Datapoint{Timestamp: 4, Value: -1e300}})
	if _, err := op.Push(ctx, points[taken:], print); err != nil {
		log.Fatal(err)
	}
	if err := op.Finish(ctx, print); err != nil {
		log.Fatal(err)
	}
	// Output: 1 8 0.1
}
