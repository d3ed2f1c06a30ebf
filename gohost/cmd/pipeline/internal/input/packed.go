package input

import (
	"context"
	"encoding/binary"
	"math"

	"example.org/compute-pipeline/gohost"
)

// PointSize is the size of a packed point: a u64 timestamp and an f64 value,
// both little-endian.
const PointSize = 16

// packedParser reads packed points.
type packedParser struct{}

type packedBorders struct{ wholeBorders }

func (packedBorders) last(text []byte, _ int) (int, bool) {
	return len(text) / PointSize * PointSize, false
}

func (packedParser) parse(_ context.Context, p *Piece) error {
	text := p.text()
	p.Points = AppendPacked(p.Points, text)
	if rest := len(text) % PointSize; rest != 0 {
		return badData(binaryPosition(p, len(p.Points)), "the input ends in the middle of a point; expected %d bytes, found %d", PointSize, rest)
	}
	return nil
}

func (packedParser) locate(p *Piece, i int) Position { return binaryPosition(p, i) }

func binaryPosition(p *Piece, i int) Position {
	return Position{Offset: p.pos.Offset + int64(i)*PointSize}
}

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
