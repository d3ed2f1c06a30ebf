package gohost

import "context"

// EngineWasm is the embedded module, for tests that run it without this package.
func EngineWasm() []byte { return engineWasm }

// Compile compiles a module as Load does, without what Load refuses before.
func Compile(ctx context.Context, prepared []byte, opts ...Option) error {
	config, err := newConfig(opts)
	if err != nil {
		return err
	}
	e := &Engine{name: "a test", config: config, pool: newPool(1), metered: true}
	defer e.free()
	return e.compile(ctx, prepared, true)
}
