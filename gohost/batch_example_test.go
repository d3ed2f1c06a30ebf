package gohost_test

import (
	"context"
	"fmt"
	"hash/crc32"
	"log"
	"math"

	"example.org/compute-pipeline/gohost"
)

// Packed datapoints are 16 bytes each, little-endian.
func ExampleEngine_ProcessBatch() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	batch := gohost.AppendPacked(nil, []gohost.Datapoint{{20, 2}, {10, math.NaN()}, {10, 1}, {20, 3}}...)
	out, err := eng.ProcessBatch(ctx, batch)
	if err != nil {
		log.Fatal(err)
	}
	points, err := gohost.AppendUnpacked(nil, out)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range points {
		fmt.Println(p.Timestamp, p.Value)
	}
	// Output:
	// 10 1
	// 20 3
}

func ExampleEngine_ValidateChecksum() {
	ctx := context.Background()
	eng, err := gohost.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close(ctx)

	data := []byte("123456789")
	fmt.Println(eng.ValidateChecksum(ctx, data, crc32.ChecksumIEEE(data)))
	fmt.Println(eng.ValidateChecksum(ctx, data, 0))
	// Output:
	// true <nil>
	// false <nil>
}
