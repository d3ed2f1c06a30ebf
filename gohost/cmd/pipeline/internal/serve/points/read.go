package points

import (
	"context"
	"errors"
	"io"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/input"
)

// Read returns the points of a body of the given media type, in its order.
// Text is parsed by validate. length is the body's where it is known, else -1;
// it only decides how much room is made at the start.
//
// An error in the data is an *input.DataError with its position, or
// input.ErrEmpty for text without points. No bytes are no packed points, which
// is a list like any other.
func Read(ctx context.Context, validate input.Validate, mediaType string, body io.Reader, length int64) ([]gohost.Datapoint, error) {
	options := input.Options{Validate: validate, PieceSize: pieceSize(length)}
	switch mediaType {
	case JSON:
		options.Format = input.JSON
	case NDJSON:
		options.Format = input.NDJSON
	default:
		options.Format = input.Packed
	}
	reader, err := input.NewReader(body, options)
	var all []gohost.Datapoint
	if err == nil {
		err = input.Each(ctx, reader, func(piece []gohost.Datapoint) error {
			all = append(all, piece...)
			return nil
		})
	}
	if mediaType == Packed && errors.Is(err, input.ErrEmpty) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// pieceSize makes the buffer of a short body no larger than it needs.
func pieceSize(length int64) int {
	const least = 2 << 10
	if length < 0 || length >= input.DefaultPieceSize {
		return input.DefaultPieceSize
	}
	return max(int(length)+1, least)
}
