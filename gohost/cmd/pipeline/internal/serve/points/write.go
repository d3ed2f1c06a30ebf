package points

import (
	"io"
	"strconv"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/input"
)

// written is how much is encoded before it is handed on.
const written = 64 << 10

// Write writes points as a body of the given media type, piece by piece.
func Write(w io.Writer, mediaType string, points []gohost.Datapoint) error {
	out := make([]byte, 0, min(written+100, 100*len(points)+2))
	if mediaType == JSON {
		out = append(out, '[')
	}
	for i := range points {
		switch mediaType {
		case Packed:
			out = input.Pack(out, points[i:i+1])
		case NDJSON:
			out = append(appendObject(out, points[i]), '\n')
		default:
			if i > 0 {
				out = append(out, ',')
			}
			out = appendObject(out, points[i])
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
