// Package plugin keeps other people's implementations of the contract in a
// service: it loads them under names, checks them, bounds them, and swaps them
// while calls run.
//
//	reg, err := plugin.NewRegistry(plugin.WithCacheDir(dir), plugin.WithPublicKeys(key))
//	if err != nil { … }
//	defer reg.Close(ctx)
//	_, err = reg.Load(ctx, "sensors", plugin.File("sensors.wasm"), plugin.WithSignature(sig))
//	…
//	p, err := reg.Plugin("sensors")
//	agg, err := p.ComputeAggregate(ctx, points) // by the version that is active now
//
// # What a module goes through
//
// [Registry.Load] reads at most [Limits.MaxModuleBytes], compares the SHA-256
// pin and the ed25519 signature, has [gohost.Load] check, harden, meter and
// compile the module, runs vectors of the contract on it, and only then
// activates it. Any failure leaves the version that served before serving.
//
// # Versions
//
// Each call goes to the version that is active when it begins. A swap lets the
// calls of the old version run on for [Limits.DrainTimeout]; those that are left
// then fail with [ErrDrained]. The old version's instances are closed, and its
// compiled code is kept for [Registry.Rollback] as long as [WithHistory] says.
//
// # Isolation
//
// Every version of every plugin is an engine of its own, with a wazero runtime of
// its own: nothing is shared but the directory of compiled code. So closing one
// cannot touch another, and a fault of the runtime stays with the module that
// brought it about. It costs about 45 KiB a version, besides the compiled code.
//
// With [WithCompileProcess] modules are compiled in processes of their own, so
// that what a module does to the compiler stays outside of the service.
//
// A plugin that keeps failing is cut off by its circuit breaker, see
// [BreakerLimits].
package plugin
