package sandbox

import (
	"context"

	"example.org/compute-pipeline/gohost/internal/prepare"
)

// Rewritten is the code that [Load] runs of a module, and where it comes from.
type Rewritten struct {
	// Module is the core module that runs: checked, hardened and metered.
	Module []byte
	// Maps say where its code comes from, for `pipeline symbolize`.
	Maps []byte
}

// Rewrite returns what [Load] runs of a module or component with the same contract and
// options. It fails as [Check] does.
func Rewrite(ctx context.Context, wasm []byte, contract *Contract, opts ...Option) (r Rewritten, err error) {
	config, err := newConfig(opts)
	if err != nil {
		return r, NewError(moduleName(wasm), "sandbox.Rewrite", err)
	}
	options, err := config.prepareOptions(contract)
	if err == nil {
		r.Module, r.Maps, err = prepare.Shared.Maps(ctx, wasm, options)
	}
	if err != nil {
		return Rewritten{}, NewError(moduleName(wasm), "sandbox.Rewrite", refused(err))
	}
	return r, nil
}
