package sandbox

import (
	"context"
	"time"

	"example.org/compute-pipeline/gohost/internal/prepare"
)

// prepared returns the core module that wazero compiles for a module or component:
// checked, bounded, without instructions that wazero miscompiles, and metered.
func (c config) prepared(ctx context.Context, wasm []byte, contract *Contract) (p prepare.Prepared, err error) {
	options, err := c.prepareOptions(contract)
	if err != nil {
		return p, err
	}
	return c.prepare(ctx, wasm, options)
}

func (c config) prepareOptions(contract *Contract) (prepare.Options, error) {
	text, err := c.expected(contract)
	return prepare.Options{Contract: text, Meter: !c.debugInfo}, err
}

func (c config) prepare(ctx context.Context, wasm []byte, options prepare.Options) (p prepare.Prepared, err error) {
	// Compiled with the module's cache directory, unless it is compiled already.
	if err := prepare.Shared.Compile(ctx, c.toolboxCache()); err != nil {
		return p, err
	}
	p, err = prepare.Shared.Prepare(ctx, wasm, options)
	return p, refused(err)
}

// prepared is the same with the cache directory, if there is one, and reports whether it was
// there.
func (m *Module) prepared(ctx context.Context, wasm []byte) (p prepare.Prepared, cached bool, err error) {
	options, err := m.config.prepareOptions(m.contract)
	if err != nil {
		return p, false, err
	}
	cache := prepare.Cache{Dir: m.config.cacheDir}
	if m.config.usesCache() {
		if p, cached = cache.Get(wasm, options); cached {
			return p, true, nil
		}
	}
	begin := time.Now()
	p, err = m.config.prepare(ctx, wasm, options)
	m.config.logger.DebugContext(ctx, "checked and rewritten", "module", m.name, "duration", time.Since(begin))
	if err == nil && m.config.usesCache() {
		if err := cache.Put(wasm, options, p); err != nil {
			m.warnOfCache(ctx, err)
		}
	}
	return p, false, err
}

func (c config) usesCache() bool { return c.cacheDir != "" && !c.interpreter }
