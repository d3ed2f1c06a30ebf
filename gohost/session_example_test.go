package gohost_test

import (
	"context"
	"fmt"
	"log"

	"example.org/compute-pipeline/gohost"
)

// Measurements come one by one; what they were so far can be asked at any time.
func ExampleEngine_OpenSession() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	s, err := eng.OpenSession(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	for ms := range uint64(10_000) {
		if err := s.Push(ctx, ms, float64(ms%100)); err != nil {
			log.Fatal(err)
		}
		if ms == 99 {
			early, err := s.Snapshot(ctx)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(early.Count, early.Mean, early.Last)
		}
	}
	stats, err := s.Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Count, stats.Mean, stats.Last)
	// Output:
	// 100 49.5 99
	// 10000 49.5 9999
}

// A source writes points to where the engine reads them.
func ExampleSession_Buffer() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)
	s, err := eng.OpenSession(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	read := func(points []gohost.Datapoint) (n int) { // such as from a device
		for i := range points[:100] {
			points[i] = gohost.Datapoint{Timestamp: uint64(i), Value: float64(i) / 4}
		}
		return 100
	}

	points, err := s.Buffer(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := s.Commit(read(points)); err != nil {
		log.Fatal(err)
	}
	stats, err := s.Snapshot(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats.Count, stats.Mean, stats.Max)
	// Output: 100 12.375 24.75
}
