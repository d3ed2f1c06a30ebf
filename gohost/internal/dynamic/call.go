package dynamic

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Call calls a function of the contract, by its number, with one value of its type for
// each parameter. The result is nil if the function has none. The err of a WIT result is
// a result too, no error. A handle that is not nil is one of the arguments' or of others of
// the instance that the call must run on.
func (f *Function) Call(ctx context.Context, caller sandbox.Caller, handle *cabi.Handle, number int, args []any) (result any, err error) {
	if len(args) != len(f.Params) {
		return nil, fmt.Errorf("%w: %d arguments for %d parameters", sandbox.ErrInvalidInput, len(args), len(f.Params))
	}
	var lifted any
	err = sandbox.CallWith(ctx, caller, handle, number, func(c *cabi.Call) error {
		f.lower(c, args)
		c.Invoke()
		lifted = f.lift(c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return lifted, nil
}

// Serve serves a call of an import of this type: it lifts the arguments, calls implement,
// and lowers the result. An error of implement ends the guest's call.
func (f *Function) Serve(c *cabi.Call, implement func(args []any) (any, error)) {
	args := f.liftParams(c)
	if !c.Lifted() {
		return
	}
	result, err := implement(args)
	switch {
	case err != nil:
		c.HostError(err)
	case f.Result == nil:
	case f.resultInMemory():
		f.Result.Store(c, c.PopArea(f.Result.size, f.Result.align), result)
	default:
		f.Result.Push(c, result)
	}
}

func (f *Function) liftParams(c *cabi.Call) []any {
	args := make([]any, len(f.Params))
	if !f.paramsInMemory() {
		for i, p := range f.Params {
			args[i] = p.Type.Pop(c)
		}
		return args
	}
	at := c.PopArea(f.params.size, f.params.align)
	for i, p := range f.Params {
		args[i] = p.Type.Load(c, at+f.params.offsets[i])
	}
	return args
}

func (f *Function) lower(c *cabi.Call, args []any) {
	if !f.paramsInMemory() {
		for i, p := range f.Params {
			p.Type.Push(c, args[i])
		}
		return
	}
	at := c.PushArea(f.params.size, f.params.align)
	for i, p := range f.Params {
		p.Type.Store(c, at+f.params.offsets[i], args[i])
	}
}

func (f *Function) lift(c *cabi.Call) any {
	switch {
	case f.Result == nil:
		return nil
	case f.resultInMemory():
		return f.Result.Load(c, c.PopArea(f.Result.size, f.Result.align))
	}
	return f.Result.Pop(c)
}
