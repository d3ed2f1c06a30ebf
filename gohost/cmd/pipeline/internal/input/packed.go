package input

import (
	"context"
	"encoding/binary"
	"io"
	"math"

	"example.org/compute-pipeline/gohost"
)

// PointSize is the size of a packed point: a u64 timestamp and an f64 value,
// both little-endian.
const PointSize = 16

// A packedReader reads packed points.
type packedReader struct {
	buf    *buffer
	target int
	points []gohost.Datapoint
	used   int
}

func (r *packedReader) Next(context.Context) ([]gohost.Datapoint, error) {
	r.buf.discard(r.used)
	r.used = 0
	held, err := r.buf.peek(max(r.target/PointSize, 1) * PointSize)
	if err != nil {
		return nil, err
	}
	if rest := len(held) % PointSize; rest != 0 && len(held) < PointSize {
		return nil, badData(binaryPosition(r.buf.offset), "the input ends in the middle of a point; expected %d bytes, found %d", PointSize, rest)
	}
	if len(held) == 0 {
		return nil, io.EOF
	}
	r.used = len(held) / PointSize * PointSize
	r.points = AppendPacked(r.points[:0], held[:r.used])
	return r.points, nil
}

func (r *packedReader) Locate(i int) Position {
	return binaryPosition(r.buf.offset + int64(i)*PointSize)
}

func binaryPosition(offset int64) Position { return Position{Offset: offset} }

// AppendPacked appends the points of a packed batch, whole points only, to dst.
func AppendPacked(dst []gohost.Datapoint, batch []byte) []gohost.Datapoint {
	for ; len(batch) >= PointSize; batch = batch[PointSize:] {
		dst = append(dst, gohost.Datapoint{
			Timestamp: binary.LittleEndian.Uint64(batch),
			Value:     math.Float64frombits(binary.LittleEndian.Uint64(batch[8:])),
		})
	}
	return dst
}

// Pack appends points to dst in packed form.
func Pack(dst []byte, points []gohost.Datapoint) []byte {
	for _, p := range points {
		dst = binary.LittleEndian.AppendUint64(dst, p.Timestamp)
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(p.Value))
	}
	return dst
}
