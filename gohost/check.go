package gohost

import "context"

// Check reports why [Load] would refuse a module or component with the same
// options, or nil, as far as that can be seen without starting it: more memory
// than is allowed and failures of the start function show only in Load. It runs
// nothing of the module. A [*ContractError] lists all that the module lacks.
func Check(ctx context.Context, wasm []byte, opts ...Option) error {
	config, err := newConfig(opts)
	if err == nil {
		_, err = config.prepared(ctx, wasm)
	}
	if err != nil {
		return newError(moduleName(wasm), "gohost.Check", err)
	}
	return nil
}
