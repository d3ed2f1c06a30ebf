package sandbox

import (
	"context"

	"example.org/compute-pipeline/gohost/internal/prepare"
)

// prepared returns the core module that wazero compiles for a module or component:
// checked, bounded, without instructions that wazero miscompiles, and metered.
func (c config) prepared(ctx context.Context, wasm []byte, contract *Contract) ([]byte, error) {
	text, err := c.expected(contract)
	if err != nil {
		return nil, err
	}
	if err := c.compilePrepare(ctx); err != nil {
		return nil, err
	}
	out, err := prepare.Shared.Prepare(ctx, wasm, prepare.Options{Contract: text, Meter: !c.debugInfo})
	return out, refused(err)
}

// compilePrepare compiles the prepare module, unless it is compiled already, with the
// module's cache directory.
func (c config) compilePrepare(ctx context.Context) error {
	if c.cacheDir == "" || c.interpreter {
		return nil // the first run does
	}
	return prepare.Shared.Compile(ctx, c.cacheDir)
}
