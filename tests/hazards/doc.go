// Package hazards holds wazero to what WebAssembly says about floats.
//
// wazero v1.12.0 computes some of them wrongly on amd64 (its issue 2534), so
// modules are hardened before its compiler sees them: the instructions it gets
// wrong are rewritten (guest/toolbox). The tests here show that this is still
// needed and that it is enough, on reduced programs and on a thousand generated
// ones, where wazero's compiler, its interpreter and Wasmtime must give the same
// bits.
//
// The tests start programs of this workspace with cargo. To use built ones, set
// COMPUTE_PIPELINE_TOOLBOX, COMPUTE_PIPELINE_MODULE_GENERATOR and
// COMPUTE_PIPELINE_RUNNER (the Wasmtime runner) to their paths.
package hazards
