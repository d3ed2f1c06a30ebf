// Package cabi implements the canonical ABI of the component model, as far as the
// contract uses it: lists, strings, results, records of numbers and scalars,
// lowered into and lifted out of the linear memory of a core module.
//
// Except for the functions of package wasi, it is the only code that reads or
// writes the memory of a plugin, and it trusts nothing in it. The rules are those
// of the specification
// (https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md):
//
//   - a pointer is checked for alignment, then for bounds, even for length 0;
//   - a byte length is at most [MaxByteLength] and computed in 64 bits;
//   - a string is strict UTF-8, as far as it is read; a discriminant is 0 or 1;
//     a bool is false only for 0;
//   - realloc is called for size 0 too, and the pointer it returns is checked like
//     any other;
//   - results are copied before post-return runs, which it does once per call;
//   - memory is looked up again after each call into the guest, since growth
//     moves it.
//
// The size of a result is checked before it is copied. Large data is copied in
// steps of 1 MiB, and the host checks between them whether the call must end.
//
// A broken rule is a [Violation], a failed guest a [Trap]. After either the
// instance must be closed.
package cabi
