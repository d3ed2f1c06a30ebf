package sandbox

import (
	"context"

	"example.org/compute-pipeline/gohost/cabi"
)

// Binding is how a program calls modules of a contract through a type of its own, B. A
// generated package has one for its world, and a registry of plugins takes it.
type Binding[B any] struct {
	Contract *Contract
	// Imports returns the functions that a module may import, or the error that
	// something is missing. Nil means that there are none.
	Imports func() ([]cabi.HostFunction, error)
	// Bind returns a B that calls the contract's functions.
	Bind func(caller Caller) B
	// SelfTest is a test that a registry runs before it uses a module, unless its user
	// has another. Nil means that there is none.
	SelfTest func(ctx context.Context, b B) error
	// Embedded is a module that is part of the program, or nil.
	Embedded *Embedded
}

// Embedded is a module that is part of the program.
type Embedded struct {
	// Name is for errors and logs, and Hash is the SHA-256 of Wasm in hexadecimal.
	Name, Hash string
	Wasm       []byte
	// Untrusted is set for a module that was not hardened and metered when the program was
	// built: it is started by [Load], others by [LoadTrusted].
	Untrusted bool
}

// Load starts a module and binds it.
func (b Binding[B]) Load(ctx context.Context, wasm []byte, opts ...Option) (bound B, err error) {
	imports, err := b.HostFunctions()
	if err != nil {
		return bound, NewError(moduleName(wasm), "sandbox.Load", err)
	}
	m, err := Load(ctx, wasm, b.Contract, imports, opts...)
	if err != nil {
		return bound, err
	}
	return b.Bind(m), nil
}

// HostFunctions returns the functions that a module may import.
func (b Binding[B]) HostFunctions() ([]cabi.HostFunction, error) {
	if b.Imports == nil {
		return nil, nil
	}
	return b.Imports()
}

// Close closes the module that a bound type calls. It does nothing for a plugin, which its
// registry closes.
func Close(ctx context.Context, caller Caller) error {
	if m, ok := caller.(*Module); ok {
		return m.Close(ctx)
	}
	return nil
}

// CloseIdle closes all idle instances of the module that a bound type calls. It does
// nothing for a plugin.
func CloseIdle(caller Caller) {
	if m, ok := caller.(*Module); ok {
		m.CloseIdle()
	}
}

// StatsOf returns the counters of the module that a bound type calls. It returns none for
// a plugin, whose registry has its own.
func StatsOf(caller Caller) (stats Stats) {
	if m, ok := caller.(*Module); ok {
		stats = m.Stats()
	}
	return stats
}
