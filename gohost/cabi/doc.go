// Package cabi implements the canonical ABI of the component model for generated
// bindings: it lowers values into the linear memory of a core module, lifts them out
// of it, calls the module's functions, and serves its calls of imports and resources.
// Generated code knows the types and the offsets; all access to guest memory and all
// checks are here.
//
// Except for the functions of package wasi, it is the only code that reads or
// writes the memory of a plugin, and it trusts nothing in it. The rules are those
// of the specification
// (https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md):
//
//   - a pointer is checked for alignment, then for bounds, even for length 0;
//   - a byte length is at most [MaxByteLength] and computed in 64 bits;
//   - a string is strict UTF-8; a discriminant is less than the number of cases, and
//     a char is a scalar value; a bool is false only for 0; a NaN is the canonical one;
//   - realloc is called for size 0 too, and the pointer it returns is checked like
//     any other;
//   - results are copied before post-return runs, which it does once per call;
//   - realloc and post-return call no import;
//   - memory is looked up again after each call into the guest, since growth
//     moves it;
//   - a handle has an index in the instance's table, must be of its type, and is not
//     dropped while it is lent. Borrowed handles end with the call.
//
// The Go memory of lifted values is counted before it is allocated
// ([Instance.Reserve]), since the lists of a guest may share memory. Large data is
// copied in steps of 1 MiB or 4,096 elements, and the host checks between them whether
// the call must end.
//
// A broken rule is a [Violation], a failed guest a [Trap]. After either the
// instance must be closed.
package cabi

// Version1 is a constant that generated code refers to: a package that was generated
// for a later version does not compile with this one.
const Version1 = 1
