package input

import (
	"context"
	"errors"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// check validates a JSON array and appends its points to dst. It returns a complaint about
// the data, or any other failure as an error.
func check(ctx context.Context, validate Validate, dst []gohost.Datapoint, array []byte) ([]gohost.Datapoint, *complaint, error) {
	points, err := validate(ctx, dst, array)
	if err == nil {
		return points, nil, nil
	}
	if about, ok := complaintOf(err, array); ok {
		return dst, &about, nil
	}
	if errors.Is(err, gohost.ErrInvalidInput) {
		if at := invalidUTF8(array); at >= 0 {
			// A fault before the invalid byte is reported first, so that the
			// error does not depend on the split.
			_, err := validate(ctx, dst, array[:at])
			if about, ok := complaintOf(err, array); ok && !strings.HasPrefix(about.message, "EOF ") && about.at < at {
				return dst, &about, nil
			}
			return dst, &complaint{message: "expected UTF-8 text, found an invalid byte", at: at}, nil
		}
	}
	return dst, nil, err
}

// checkBefore appends the points of an array's elements before the one that is at fault. The
// commas that may be before it are at the offsets that the function returns: the last below
// an offset, or 0.
func checkBefore(ctx context.Context, validate Validate, dst []gohost.Datapoint, array []byte, at int, lastBelow func(int) int) ([]gohost.Datapoint, error) {
	// The engine may complain at the byte after an element, but not beyond.
	for range 2 {
		if at = lastBelow(at); at <= 0 {
			break
		}
		comma := array[at]
		array[at] = ']'
		points, about, err := check(ctx, validate, dst, array[:at+1])
		array[at] = comma
		if err != nil || about == nil {
			return points, err
		}
	}
	return dst, nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
