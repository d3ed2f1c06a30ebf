package gohost

import (
	"context"
	"fmt"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

// ValidateStream parses a JSON array of objects with `timestamp` (an integer from 0 to
// 2^64-1) and `value` (a number within the range of a double, rounded to the nearest
// one). It ignores other fields. It takes linear time, and guest memory for the text
// and the result. The embedded engine parses a text of 2 MiB or more in parts at the same
// time ([WithParallelism]).
//
// If the text is invalid, the error is a [*GuestError]: a [*ParseError] with line and column,
// or [ErrEmptyDataset]. Text that is not UTF-8, or longer than 2^28-1 bytes, is
// an [ErrInvalidInput].
func (e *Engine) ValidateStream(ctx context.Context, raw []byte) ([]Datapoint, error) {
	return e.AppendValidated(ctx, nil, raw)
}

// AppendValidated is like [Engine.ValidateStream] but appends the points to dst. After
// an error it returns dst unchanged.
func (e *Engine) AppendValidated(ctx context.Context, dst []Datapoint, raw []byte) ([]Datapoint, error) {
	if err := checkText(ctx, raw); err != nil {
		return dst, e.caller.Failed(fnValidateStream, err)
	}
	var points []Datapoint
	err := sandbox.Use(ctx, e.caller, fnValidateStream, func(ctx context.Context, in *sandbox.Instance) error {
		if len(raw) >= 2*textPart && in.Parallelism() > 1 && in.Module().IsTrusted() {
			if list, ok, err := validateParts(in, dst, raw, textPart); ok || err != nil {
				points = list
				return err
			}
		}
		list, err := metricsOf(in).validate(ctx, in, dst, raw)
		points = list
		return err
	})
	if err != nil {
		return dst, err
	}
	return points, nil
}

// validateWhole appends the points of a text, in one call of the guest's validate-stream of
// 0.1.0.
func validateWhole(ctx context.Context, in *sandbox.Instance, dst []Datapoint, raw []byte) ([]Datapoint, error) {
	c := in.Call(ctx, fnValidateStream)
	c.PushBytes(raw)
	c.Invoke()
	list := dst
	at, message, isErr := popResult(c, listSize, listAlign)
	if !isErr {
		checkLength(c, at, datapointSize, datapointAlign, func(n int) error { return checkValidated(n, len(raw)) })
		list = datapoints.Load(c, at, dst)
	}
	if err := c.Done(); err != nil {
		return nil, err
	}
	return list, guestError(fnValidateStream, message, isErr)
}

// checkValidated rejects n points if a text of size bytes cannot contain them.
//
// The shortest text of n points is n arrays of two digits, the n-1 commas
// between them and the two brackets around: [[0,0],[0,0]] has 5n + n-1 + 2 =
// 6n+1 bytes.
func checkValidated(n, size int) error {
	if n == 0 {
		return contractError("an empty list was returned, where the contract has an error")
	}
	if limit := (size - 1) / 6; n > limit {
		return contractError("%d points were returned for a text of %d bytes, which has at most %d", n, size, limit)
	}
	return nil
}

// textStep is how many bytes of text are validated between two checks of the context:
// less than 1 ms of work.
const textStep = 1 << 20

// checkText rejects text that is not a string of the component model.
func checkText(ctx context.Context, raw []byte) error {
	if err := checkBytes("the text", raw); err != nil {
		return err
	}
	if len(raw) <= textStep && utf8.Valid(raw) {
		return nil
	}
	for at := 0; ; {
		part := text.Beginning(raw[at:], textStep)
		if !utf8.Valid(part) {
			return notUTF8(raw, at)
		}
		if at += len(part); at == len(raw) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// notUTF8 returns the error for a text that is valid UTF-8 up to at, but not after
// it.
func notUTF8(raw []byte, at int) error {
	for {
		r, size := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && size <= 1 {
			return fmt.Errorf("%w: the text is not UTF-8 at byte %d: % x", ErrInvalidInput, at, raw[at:min(at+4, len(raw))])
		}
		at += size
	}
}
