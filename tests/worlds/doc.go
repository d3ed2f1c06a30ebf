// Package worlds compares generated bindings with Wasmtime on random worlds, in both
// directions: Wasmtime lowers values and Go lifts them, Go lowers values and Wasmtime
// lifts them, as arguments and as results of exports and of imports.
//
// In a third of the worlds, functions take and return resources of the host, owned and
// borrowed: their handles have the same numbers in both hosts, and as many are dropped.
//
// Half of the guests are linked of libraries into components of several core modules, which
// share a memory and a table: Wasmtime runs them as they are, and Go what the prepare module
// merges them into.
//
// Then the memory of the guests is changed at random: what Wasmtime lifts, Go lifts as well,
// and where Wasmtime traps, the call fails with sandbox.ErrABI.
//
// tests/worlds/generator chooses the worlds and the values, makes the guests, and runs
// Wasmtime. Package driver makes the calls through bindings of `pipeline bind`.
package worlds
