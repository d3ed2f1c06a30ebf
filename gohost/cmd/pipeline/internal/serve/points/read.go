package points

import (
	"context"
	"errors"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/body"
	"example.org/compute-pipeline/gohost/input"
)

// shortest is the length of the shortest point in text, with its separator: "[1,2],".
const shortest = 6

// MaxCount returns the max number of points in a body of the given media type.
func MaxCount(mediaType string, b *body.Body) int64 {
	if mediaType == Packed {
		return b.Len() / gohost.PackedSize
	}
	return min(b.Count('[', '{'), (b.Len()+1)/shortest)
}

// ReadingBytes returns the memory that reading a body takes besides the body and its
// points: buffers, the points of a piece, and for NDJSON the position of each line.
func ReadingBytes(mediaType string, length int64) int64 {
	times := map[string]int64{JSON: 8, NDJSON: 16, Packed: 4}[mediaType]
	return times * int64(pieceSize(length))
}

// Read calls add with the points of a body of the given media type, in pieces and in
// order, until add returns an error. It parses text with validate. A piece is valid until
// add returns.
//
// An error in the data is an *input.DataError with its position, or input.ErrEmpty for
// text without points. An empty body of packed points is an empty list.
func Read(ctx context.Context, validate input.Validate, mediaType string, b *body.Body, add func([]gohost.Datapoint) error) error {
	options := input.Options{Validate: validate, Strict: true, PieceSize: pieceSize(b.Len())}
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
		err = input.EachPoints(ctx, reader, add)
	}
	if mediaType == Packed && errors.Is(err, input.ErrEmpty) {
		return nil
	}
	return err
}

// pieceSize returns a size of pieces that is not larger than a short body needs.
func pieceSize(length int64) int {
	const least = 2 << 10
	return max(int(min(length+1, input.DefaultPieceSize)), least)
}
