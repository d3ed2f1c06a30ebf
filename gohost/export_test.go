package gohost

import (
	"context"

	"example.org/compute-pipeline/gohost/sandbox"
)

// EngineWasm is the embedded module, for tests that run it without this package.
func EngineWasm() []byte { return engineWasm }

// NewByContract is New for an engine that is called by its contract alone.
func NewByContract(ctx context.Context, opts ...Option) (*Engine, error) {
	alone := *contract
	alone.Direct = make([]string, len(direct)) // no module exports these
	m, err := sandbox.LoadTrusted(ctx, embedded, engineWasm, &alone, nil, opts...)
	return engineOf(m, err)
}

// RoomPoints is how many points the engine's room has.
const RoomPoints = roomPoints

// AddToSums adds so many of the points in the room to sums that no call has begun, or begins
// with them.
func (e *Engine) AddToSums(ctx context.Context, n uint32, first bool) error {
	return sandbox.Use(ctx, e.caller, fnComputeAggregate, func(ctx context.Context, in *sandbox.Instance) error {
		c := in.Call(ctx, directAdd)
		c.PushI32(n)
		c.PushBool(first)
		c.Invoke()
		return c.Done()
	})
}

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

// PushToRoom pushes so many points of the room, which may not have them, in a session of the
// embedded engine.
func (s *Session) PushToRoom(ctx context.Context, n int) error {
	return s.do(func() error { return s.sums.add(ctx, s.buffer, 0, n) })
}
