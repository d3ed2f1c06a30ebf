// Package gohost runs the compute-pipeline engine, or another implementation
// of its contract, in a WebAssembly sandbox inside a Go program: no CGo, no
// other process (unless you ask for one), no Rust on the machine.
//
//	eng, err := gohost.New(ctx)
//	if err != nil { … }
//	defer eng.Close(ctx)
//	agg, err := eng.ComputeAggregate(ctx, points) // agg.Mean, agg.Variance, agg.Sum
//
// [New] starts the engine embedded in this package, [Load] somebody else's
// module. Either gives an [Engine], which is safe for concurrent use. Results
// are defined by mathematics (the exact real number, rounded once), so they
// are the same bits on every machine and runtime, in any order and any cut of
// the points.
//
// # Limits
//
// Every guest is metered: the end of a call's context stops it, wherever it is,
// and [WithFuel], [WithCallTimeout], [WithMemoryLimit], [WithMaxInstances] and
// [WithMaxWaiters] bound what it may take. A module gets nothing of the world
// outside but what [WithGrants] gives it. [WithCompileProcess] bounds what the
// compiler may take for it. Package plugin keeps such modules under names in a
// service, and swaps them while calls run.
//
// # Errors
//
// Every error is an [*Error], which names the function, the module and the class:
// one of the Err variables, for errors.Is. With errors.As a [*LimitError] tells which
// limit was reached, a [*ContractError] lists what a module lacks, a [*TrapError] has
// the guest's stack, and a [*GuestError] is the guest's own answer. The end of a
// context is the context's own error. After any of them but ErrClosed the engine goes
// on working.
package gohost
