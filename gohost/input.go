package gohost

import (
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
)

// checkPoints rejects a list that is too long for one call.
func checkPoints(points []Datapoint) error {
	if limit := cabi.MaxByteLength / PackedSize; len(points) > limit {
		return fmt.Errorf("%w: %d points, more than the %d of one list", ErrInvalidInput, len(points), limit)
	}
	return nil
}

// checkBytes rejects data that is too long for one list or string.
func checkBytes(what string, data []byte) error {
	if len(data) > cabi.MaxByteLength {
		return fmt.Errorf("%w: %s has %d bytes, more than the %d of one list", ErrInvalidInput, what, len(data), cabi.MaxByteLength)
	}
	return nil
}
