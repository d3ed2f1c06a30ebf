package input

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost"
)

// packedParser reads packed points.
type packedParser struct{}

type packedBorders struct{ wholeBorders }

func (packedBorders) last(text []byte, _ int) (int, bool) {
	return len(text) / gohost.PackedSize * gohost.PackedSize, false
}

func (packedParser) parse(_ context.Context, p *Piece) error {
	text := p.text()
	rest := len(text) % gohost.PackedSize
	p.Points, _ = gohost.AppendUnpacked(p.Points, text[:len(text)-rest])
	if rest != 0 {
		return badData(binaryPosition(p, len(p.Points)), "%s", halfPoint(rest))
	}
	return nil
}

// halfPoint is what is wrong with a point of n bytes.
func halfPoint(n int) string {
	return fmt.Sprintf("the input ends in the middle of a point; expected %d bytes, found %d", gohost.PackedSize, n)
}

func (packedParser) locate(p *Piece, i int) Position { return binaryPosition(p, i) }

func binaryPosition(p *Piece, i int) Position {
	return Position{Offset: p.pos.Offset + int64(i)*gohost.PackedSize}
}
