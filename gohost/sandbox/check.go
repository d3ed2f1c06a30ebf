package sandbox

import "context"

// Check returns the error with which [Load] would reject a module or component with the
// same contract and options, or nil. It does not start the module, so only Load finds
// that it needs more memory than allowed, or that its start function fails. A
// [*ContractError] lists all problems.
func Check(ctx context.Context, wasm []byte, contract *Contract, opts ...Option) error {
	config, err := newConfig(opts)
	if err == nil {
		_, err = config.prepared(ctx, wasm, contract)
	}
	if err != nil {
		return NewError(moduleName(wasm), "sandbox.Check", err)
	}
	return nil
}
