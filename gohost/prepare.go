package gohost

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/harden"
)

// sharedToolbox serves all that have no cache directory. It is compiled with the
// first module and kept, about 3 MB: the next ones take a millisecond.
var sharedToolbox = harden.New(nil)

// hardened rewrites what wazero's compiler would compute wrongly: the embedded
// engine went through the same when it was built.
func hardened(ctx context.Context, cache wazero.CompilationCache, wasm []byte) ([]byte, error) {
	if err := refuseComponent(wasm); err != nil {
		return nil, err
	}
	out, err := rewrite(ctx, cache, wasm)
	if err == nil {
		out, err = harden.BoundTables(out)
	}
	if refused := (*harden.RefusedError)(nil); errors.As(err, &refused) {
		return nil, fmt.Errorf("%w: not a module that can be run: %w", ErrContract, err)
	}
	if errors.Is(err, harden.ErrTooLarge) {
		return nil, fmt.Errorf("%w: %w", ErrLimit, err)
	}
	return out, err
}

// rewrite hardens a module by a toolbox from the cache, where there is one that
// can be used, and otherwise by the shared one.
func rewrite(ctx context.Context, cache wazero.CompilationCache, wasm []byte) ([]byte, error) {
	if cache != nil {
		toolbox := harden.New(cache)
		out, err := toolbox.Harden(ctx, wasm)
		if err = errors.Join(err, toolbox.Close(context.WithoutCancel(ctx))); err == nil {
			return out, nil
		}
	}
	return sharedToolbox.Harden(ctx, wasm)
}

// componentHeader is the preamble of a component binary: version 13, layer 1.
var componentHeader = []byte{0, 'a', 's', 'm', 0x0d, 0, 1, 0}

func refuseComponent(wasm []byte) error {
	if bytes.HasPrefix(wasm, componentHeader) {
		return fmt.Errorf("%w: this is a component; the host runs the core module inside of it", ErrContract)
	}
	return nil
}
