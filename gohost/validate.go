package gohost

import (
	"context"
	"fmt"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/internal/abi"
)

// ValidateStream reads a JSON array of objects with `timestamp` (an integer
// from 0 to 2^64-1) and `value` (a number within the range of a double, which
// is rounded to the nearest one); other fields are ignored. It takes linear
// time, and memory of the guest for the text and the result.
//
// What the guest refuses is a [*GuestError]: `Parse failed: …` with line and
// column, or `Empty dataset`. Text that is not UTF-8, or longer than 2^28-1
// bytes, is [ErrInvalidInput].
func (e *Engine) ValidateStream(ctx context.Context, raw []byte) ([]Datapoint, error) {
	return e.AppendValidated(ctx, nil, raw)
}

// AppendValidated appends to dst what [Engine.ValidateStream] returns, and
// returns dst as it was with an error.
func (e *Engine) AppendValidated(ctx context.Context, dst []Datapoint, raw []byte) ([]Datapoint, error) {
	if err := checkText(raw); err != nil {
		return dst, e.failed(fnValidateStream, err)
	}
	start := len(dst)
	err := e.call(ctx, fnValidateStream, func(ctx context.Context, in *instance) error {
		c := in.Call(ctx, in.validateStream)
		c.LowerBytes(raw)
		c.Invoke()
		points, message, isErr := abi.LiftResultDatapoints(c, dst)
		if err := c.Done(); err != nil {
			return err
		}
		if err := guestError(message, isErr); err != nil {
			return err
		}
		if len(points) == start {
			return fmt.Errorf("%w: an empty list was returned, where the contract has an error", ErrContract)
		}
		dst = points
		return nil
	})
	return dst, err
}

// checkText refuses what is not a string of the component model.
func checkText(raw []byte) error {
	if err := checkBytes("the text", raw); err != nil {
		return err
	}
	if utf8.Valid(raw) {
		return nil
	}
	at := 0
	for {
		r, size := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && size <= 1 {
			return fmt.Errorf("%w: the text is not UTF-8 at byte %d: % x", ErrInvalidInput, at, raw[at:min(at+4, len(raw))])
		}
		at += size
	}
}
