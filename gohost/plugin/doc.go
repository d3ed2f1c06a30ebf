// Package plugin implements a registry of named plugins: implementations of a contract,
// the engine's or any other, that a service loads, verifies, limits and swaps while calls
// run.
//
//	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithCacheDir(dir), plugin.WithPublicKeys(key))
//	if err != nil { … }
//	defer reg.Close(ctx)
//	_, err = reg.Load(ctx, "sensors", plugin.File("sensors.wasm"), plugin.WithSignature(sig))
//	…
//	p, err := reg.Plugin("sensors")
//	agg, err := p.Binding().ComputeAggregate(ctx, points) // runs on the active version
//
// # Loading
//
// [Registry.Load] reads at most [Limits.MaxModuleBytes], verifies the SHA-256 pin,
// the ed25519 signature and the manifest, calls [sandbox.Load] to check, harden, meter
// and compile the module, and runs a self-test: that of [WithSelfTest], or of the
// binding. Only then does it activate the version. After any failure the previous version keeps
// serving.
//
// # Versions
//
// A call runs on the version that is active when the call begins. After a swap, calls
// of the old version may run for [Limits.DrainTimeout]; calls that still run then fail
// with [ErrDrained]. The old version's instances are closed, and [WithHistory] sets
// how many versions keep their compiled code for [Registry.Rollback].
//
// A [Shadow] compares the answers of a version that is to be activated with those of the
// active one, under load.
//
// # Isolation
//
// Each version of each plugin has a wazero runtime of its own. They
// share only the cache directory. So closing one cannot affect another, and a fault
// of the runtime stays with the module that caused it. That costs about 45 KiB per
// version, besides the compiled code.
//
// With [WithCompileProcess] each module compiles in a separate process, so that a
// module that exhausts or crashes the compiler does not affect the service.
//
// A circuit breaker rejects the calls of a plugin that keeps failing; see
// [BreakerLimits].
package plugin
