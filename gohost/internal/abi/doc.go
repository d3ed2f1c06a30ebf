// Package abi is the canonical ABI of the component model, as far as the
// contract uses it: lists, strings, results, records of numbers and scalars,
// lowered into and lifted out of the linear memory of a core module.
//
// It is the only code that reads or writes guest memory, and it trusts nothing
// in there. The rules are those of the specification
// (https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md):
//
//   - a pointer is checked for alignment, then for bounds, even for length 0;
//   - a byte length is at most [MaxByteLength] and computed in 64 bits;
//   - a string is strict UTF-8, as far as it is read; a discriminant is 0 or 1,
//     a bool is false only for 0;
//   - realloc is called for size 0 too, and what it answers is checked like
//     any other pointer;
//   - results are used before post-return runs, which it does once a call;
//   - memory is looked up again after each call into the guest, since growth
//     moves it.
//
// What a guest answers is bounded before it is copied, and what takes long is
// copied by steps of 1 MiB, between which the host looks whether the call must
// end.
//
// A broken rule is a [Violation], a failed guest a [Trap]; either means that
// the instance must be closed.
package abi
