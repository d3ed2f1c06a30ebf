// Package gohost runs the compute-pipeline engine, or another implementation
// of its contract, in a WebAssembly sandbox inside a Go program. It needs no CGo,
// no Rust toolchain and no other process (unless you configure one).
//
//	eng, err := gohost.New(ctx)
//	if err != nil { … }
//	defer eng.Close(ctx)
//	agg, err := eng.ComputeAggregate(ctx, points) // agg.Mean, agg.Variance, agg.Sum
//
// [New] starts the engine embedded in this package, [Load] another module. Both
// return an [Engine], which is safe for concurrent use. Results are defined by
// mathematics (the exact real number, rounded once), so they have the same bits on
// every machine and runtime, for any order of the points and any split of them.
// A long list runs on several idle instances at the same time ([WithParallelism]).
// ARCHITECTURE.md has a glossary.
//
// # Limits
//
// Every guest is metered: it stops when its call's context ends, even in an endless
// loop. [WithFuel], [WithCallTimeout], [WithMemoryLimit], [WithMaxInstances] and
// [WithMaxWaiters] limit what it may use. A module has no access to the world outside
// unless [WithGrants] grants it. [WithCompileProcess] limits what compiling it may
// use. Package plugin is a registry of named plugins, which it can swap while calls
// run.
//
// # Errors
//
// Every error is an [*Error] with the function, the module and the class: one of the
// Err variables, for errors.Is. With errors.As, a [*LimitError] names the limit that
// was reached, a [*ContractError] lists what is wrong with a module, a [*TrapError] has
// the guest's stack, and a [*GuestError] is an error that the guest returned. The end
// of a context is the context's own error. After any error except ErrClosed the engine
// keeps working.
package gohost
