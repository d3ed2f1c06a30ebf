package dynamic

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Call calls a function of the contract, by its number, with one value of its type for
// each parameter. The result is nil if the function has none. The err of a WIT result is
// a result too, no error.
func (f *Function) Call(ctx context.Context, caller sandbox.Caller, number int, args []any) (result any, err error) {
	if len(args) != len(f.Params) {
		return nil, fmt.Errorf("%w: %d arguments for %d parameters", sandbox.ErrInvalidInput, len(args), len(f.Params))
	}
	var lifted any
	err = sandbox.Call(ctx, caller, number, func(c *cabi.Call) error {
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

func (f *Function) lower(c *cabi.Call, args []any) {
	if !f.paramsInMemory() {
		for i, p := range f.Params {
			p.Type.push(c, args[i])
		}
		return
	}
	at := c.PushArea(f.params.size, f.params.align)
	for i, p := range f.Params {
		p.Type.store(c, at+f.params.offsets[i], args[i])
	}
}

func (f *Function) lift(c *cabi.Call) any {
	switch {
	case f.Result == nil:
		return nil
	case f.resultInMemory():
		return f.Result.load(c, c.PopArea(f.Result.size, f.Result.align))
	}
	return f.Result.pop(c)
}
