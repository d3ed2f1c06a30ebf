package sandbox

import (
	"context"

	"example.org/compute-pipeline/gohost/internal/prepare"
	"example.org/compute-pipeline/gohost/internal/wasi"
)

// prepared returns the core module that wazero compiles for a module or component:
// checked, bounded, without instructions that wazero miscompiles, and metered.
func (c config) prepared(ctx context.Context, wasm []byte) ([]byte, error) {
	if err := c.compilePrepare(ctx); err != nil {
		return nil, err
	}
	options := prepare.Options{Meter: !c.debugInfo}
	for _, name := range c.grantedImports() {
		options.Grants = append(options.Grants, prepare.Import{Module: wasi.Module, Name: name})
	}
	out, err := prepare.Shared.Prepare(ctx, wasm, options)
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
