package gohost

import (
	"context"

	"example.org/compute-pipeline/gohost/internal/toolbox"
	"example.org/compute-pipeline/gohost/internal/wasi"
)

// prepared makes of a module or component the core module that wazero compiles:
// checked, bounded, without what wazero's compiler would compute wrongly, and
// metered, as the embedded engine was when it was built.
func (c config) prepared(ctx context.Context, wasm []byte) ([]byte, error) {
	if err := c.compileToolbox(ctx); err != nil {
		return nil, err
	}
	options := toolbox.Options{Meter: !c.debugInfo}
	for _, name := range c.grantedImports() {
		options.Grants = append(options.Grants, toolbox.Import{Module: wasi.Module, Name: name})
	}
	out, err := toolbox.Shared.Prepare(ctx, wasm, options)
	return out, refused(err)
}

// compileToolbox compiles the toolbox, if nobody has done so, by way of the
// engine's cache directory.
func (c config) compileToolbox(ctx context.Context) error {
	if c.cacheDir == "" || c.interpreter {
		return nil // the first run does
	}
	return toolbox.Shared.Compile(ctx, c.cacheDir)
}
