// Package sandbox runs WebAssembly modules that nobody need trust, for any contract that
// is written in WIT. Generated bindings (pipeline bind) call it; package gohost, the
// binding of the compute-pipeline engine, is its first client.
//
// A [Contract] is data: the functions that a module must export and those that it may
// import, with their core signatures and their types. [Load] checks a module against it
// in a sandbox, rewrites what wazero miscompiles, meters it, and returns a [Module]: a
// bounded pool of instances. [Call] calls one of its functions; package cabi moves the
// values.
//
// # Limits
//
// Every guest is metered: it stops when its call's context ends, even in an endless
// loop. [WithFuel], [WithCallTimeout], [WithMemoryLimit], [WithMaxInstances],
// [WithMaxWaiters], [WithMaxResult] and [WithHeapLimit] limit what it may use. A module
// has no access to the world outside unless the contract's imports or [WithGrants] give
// it. [WithCompileProcess] limits what compiling it may use.
//
// # Errors
//
// Every error is an [*Error] with the function, the module and the class: one of the
// Err variables, for errors.Is. With errors.As, a [*LimitError] names the limit that
// was reached, a [*ContractError] lists what is wrong with a module, a [*TrapError] has
// the guest's stack, and a [*GuestError] is an error that the guest returned. The end
// of a context is the context's own error. After any error except ErrClosed the module
// keeps working.
package sandbox
