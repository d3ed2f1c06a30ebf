package points

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"

	"example.org/compute-pipeline/gohost"
)

// written is the number of bytes that are encoded before they are written.
const written = 64 << 10

// A Source holds points to write.
type Source interface {
	Len() int
	At(i int) gohost.Datapoint
}

// A List is a Source of datapoints.
type List []gohost.Datapoint

// Len implements Source.
func (l List) Len() int { return len(l) }

// At implements Source.
func (l List) At(i int) gohost.Datapoint { return l[i] }

// A Batch is a Source of packed points.
type Batch []byte

// Len implements Source.
func (b Batch) Len() int { return len(b) / gohost.PackedSize }

// At implements Source.
func (b Batch) At(i int) gohost.Datapoint {
	one := b[i*gohost.PackedSize : (i+1)*gohost.PackedSize]
	return gohost.Datapoint{
		Timestamp: binary.LittleEndian.Uint64(one),
		Value:     math.Float64frombits(binary.LittleEndian.Uint64(one[8:])),
	}
}

// Write writes points as a body of the given media type, in pieces.
func Write(w io.Writer, mediaType string, points Source) error {
	out := make([]byte, 0, min(written+100, 100*points.Len()+2))
	if mediaType == JSON {
		out = append(out, '[')
	}
	for i := range points.Len() {
		switch mediaType {
		case Packed:
			out = gohost.AppendPacked(out, []gohost.Datapoint{points.At(i)}...)
		case NDJSON:
			out = append(appendObject(out, points.At(i)), '\n')
		default:
			if i > 0 {
				out = append(out, ',')
			}
			out = appendObject(out, points.At(i))
		}
		if len(out) >= written {
			if _, err := w.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
	if mediaType == JSON {
		out = append(out, ']')
	}
	_, err := w.Write(out)
	return err
}

func appendObject(dst []byte, p gohost.Datapoint) []byte {
	dst = append(dst, `{"timestamp":`...)
	dst = strconv.AppendUint(dst, p.Timestamp, 10)
	dst = append(dst, `,"value":`...)
	return append(Float(p.Value).AppendJSON(dst), '}')
}
