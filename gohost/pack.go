package gohost

import (
	"encoding/binary"
	"fmt"
	"math"
)

// AppendPacked appends points to dst in the form of [Engine.ProcessBatch]: 16 bytes each,
// little-endian, the timestamp (u64) and the value (f64).
func AppendPacked(dst []byte, points ...Datapoint) []byte {
	for _, p := range points {
		dst = binary.LittleEndian.AppendUint64(dst, p.Timestamp)
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(p.Value))
	}
	return dst
}

// AppendUnpacked appends packed points to dst. If the length of packed is not a multiple of
// [PackedSize], it returns dst unchanged and an [ErrInvalidInput].
func AppendUnpacked(dst []Datapoint, packed []byte) ([]Datapoint, error) {
	if len(packed)%PackedSize != 0 {
		return dst, fmt.Errorf("%w: %d bytes of packed points, which is not a multiple of %d", ErrInvalidInput, len(packed), PackedSize)
	}
	for ; len(packed) > 0; packed = packed[PackedSize:] {
		dst = append(dst, Datapoint{
			Timestamp: binary.LittleEndian.Uint64(packed),
			Value:     math.Float64frombits(binary.LittleEndian.Uint64(packed[8:])),
		})
	}
	return dst, nil
}
