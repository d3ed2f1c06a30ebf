// Package miscompiled holds wazero to what WebAssembly says.
//
// wazero v1.12.0 compiles some instructions wrongly, on amd64 (its issue 2534
// and others) or on arm64 (its issue 2508 and others), so modules are hardened
// before its compiler sees them: the instructions it gets wrong are rewritten
// (guest/prepare/src/harden.rs says which, and why). The tests here show that
// this is still needed and that it is enough, on reduced programs and on a
// thousand generated ones, where wazero's compiler, its interpreter and Wasmtime
// must give the same bits; and that what is written in their place means the
// same. `make test-arm64` runs them on arm64, emulated.
//
// The tests start programs of this workspace with cargo. To use built ones, set
// COMPUTE_PIPELINE_PREPARE, COMPUTE_PIPELINE_MODULE_GENERATOR and
// COMPUTE_PIPELINE_RUNNER (the Wasmtime runner) to their paths.
package miscompiled
