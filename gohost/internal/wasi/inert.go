package wasi

import (
	"context"
	"runtime"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"
)

// noStrings implements args_get and environ_get, which return no strings.
func noStrings(h *Host, p []uint64) errno {
	if _, no := h.view(uint32(p[0]), 0); no != success {
		return no
	}
	_, no := h.view(uint32(p[1]), 0)
	return no
}

// noStringSizes implements args_sizes_get and environ_sizes_get.
func noStringSizes(h *Host, p []uint64) errno {
	if no := h.putUint32(uint32(p[0]), 0); no != success {
		return no
	}
	return h.putUint32(uint32(p[1]), 0)
}

func schedYield(*Host, []uint64) errno {
	runtime.Gosched()
	return success
}

// procExit ends the guest for good, as wazero's own does.
func procExit(ctx context.Context, module api.Module, stack []uint64) {
	enter(ctx, module)
	code := uint32(stack[0])
	if err := module.CloseWithExitCode(ctx, code); err != nil {
		panic(err)
	}
	panic(sys.NewExitError(code))
}
