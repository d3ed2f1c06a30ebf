package reference

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"example.org/compute-pipeline/gohost"
)

// ProcessBatch returns what process-batch must return: the packed points with finite
// values in the order of their timestamps, the last given one for each. An error means
// that it must trap.
func ProcessBatch(in []byte) ([]byte, error) {
	if len(in)%gohost.PackedSize != 0 {
		return nil, fmt.Errorf("%d bytes are not a multiple of %d", len(in), gohost.PackedSize)
	}
	var records [][]byte
	for record := range slices.Chunk(in, gohost.PackedSize) {
		value := math.Float64frombits(binary.LittleEndian.Uint64(record[8:]))
		if !math.IsNaN(value) && !math.IsInf(value, 0) {
			records = append(records, record)
		}
	}
	slices.SortStableFunc(records, func(a, b []byte) int { return cmp.Compare(timestamp(a), timestamp(b)) })
	out := []byte{}
	for i, record := range records {
		if i+1 == len(records) || timestamp(records[i+1]) != timestamp(record) {
			out = append(out, record...)
		}
	}
	return out, nil
}

func timestamp(record []byte) uint64 { return binary.LittleEndian.Uint64(record) }

// CRC32 returns the CRC-32 that validate-checksum compares with, bit by bit: the
// polynomial 0x04C11DB7 reflected, the initial value and the final exclusive or all ones.
func CRC32(data []byte) uint32 {
	const polynomial = 0xedb8_8320
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			odd := crc & 1
			crc >>= 1
			if odd == 1 {
				crc ^= polynomial
			}
		}
	}
	return ^crc
}
