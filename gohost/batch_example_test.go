package gohost_test

import (
	"context"
	"encoding/binary"
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

	var batch []byte
	for _, p := range []gohost.Datapoint{{20, 2}, {10, math.NaN()}, {10, 1}, {20, 3}} {
		batch = binary.LittleEndian.AppendUint64(batch, p.Timestamp)
		batch = binary.LittleEndian.AppendUint64(batch, math.Float64bits(p.Value))
	}
	out, err := eng.ProcessBatch(ctx, batch)
	if err != nil {
		log.Fatal(err)
	}
	for ; len(out) > 0; out = out[gohost.PackedSize:] {
		fmt.Println(binary.LittleEndian.Uint64(out), math.Float64frombits(binary.LittleEndian.Uint64(out[8:])))
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
