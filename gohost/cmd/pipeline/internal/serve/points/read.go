package points

import (
	"context"
	"errors"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/input"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/body"
)

// shortest is the length of the shortest point of text, with what parts it from
// the next: "[1,2],".
const shortest = 6

// MaxCount returns how many points a body of the given media type can have at
// the most.
func MaxCount(mediaType string, b *body.Body) int64 {
	if mediaType == Packed {
		return b.Len() / input.PointSize
	}
	return min(b.Count('[', '{'), (b.Len()+1)/shortest)
}

// ReadingBytes returns how many bytes of memory the reading of a body takes
// besides the body and its points: buffers, the points of a piece, and for NDJSON
// where each line was.
func ReadingBytes(mediaType string, length int64) int64 {
	times := map[string]int64{JSON: 8, NDJSON: 16, Packed: 4}[mediaType]
	return times * int64(pieceSize(length))
}

// Read calls add with the points of a body of the given media type, piece by
// piece, in its order, until it returns an error. Text is parsed by validate. A
// piece holds until add returns.
//
// An error in the data is an *input.DataError with its position, or
// input.ErrEmpty for text without points. No bytes are no packed points, which
// is a list like any other.
func Read(ctx context.Context, validate input.Validate, mediaType string, b *body.Body, add func([]gohost.Datapoint) error) error {
	options := input.Options{Validate: validate, PieceSize: pieceSize(b.Len())}
	switch mediaType {
	case JSON:
		options.Format = input.JSON
	case NDJSON:
		options.Format = input.NDJSON
	default:
		options.Format = input.Packed
	}
	reader, err := input.NewReader(b, options)
	if err == nil {
		err = input.Each(ctx, reader, add)
	}
	if mediaType == Packed && errors.Is(err, input.ErrEmpty) {
		return nil
	}
	return err
}

// pieceSize makes the buffer of a short body no larger than it needs.
func pieceSize(length int64) int {
	const least = 2 << 10
	return max(int(min(length+1, input.DefaultPieceSize)), least)
}
