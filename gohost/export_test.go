package gohost

import (
	"context"

	"example.org/compute-pipeline/gohost/sandbox"
)

// EngineWasm is the embedded module, for tests that run it without this package.
func EngineWasm() []byte { return engineWasm }

// ValidateWhole is AppendValidated in one call of the guest.
func (e *Engine) ValidateWhole(ctx context.Context, dst []Datapoint, raw []byte) (list []Datapoint, err error) {
	err = sandbox.Use(ctx, e.caller, fnValidateStream, func(ctx context.Context, in *sandbox.Instance) error {
		list, err = validateWhole(ctx, in, dst, raw)
		return err
	})
	return list, err
}

// ValidateParts is AppendValidated in parts of at least size bytes. It returns false if the
// whole text must be validated.
func (e *Engine) ValidateParts(ctx context.Context, dst []Datapoint, raw []byte, size int) (list []Datapoint, ok bool, err error) {
	err = sandbox.Use(ctx, e.caller, fnValidateStream, func(_ context.Context, in *sandbox.Instance) error {
		list, ok, err = validateParts(in, dst, raw, size)
		return err
	})
	return list, ok, err
}

// PiecesOf returns into how many pieces of at least size bytes a text is cut.
func PiecesOf(raw []byte, size int) int {
	pieces, _ := cutText(raw, size)
	return len(pieces)
}
