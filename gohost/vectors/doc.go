// Package vectors reads conformance vectors: calls of a contract's functions, and what
// each call must return. The contract may be any; values are JSON by their WIT types.
// docs/vectors.md defines the notation.
//
// A file holds cases. A case is a list of steps, each a call whose arguments may be
// results of earlier steps, and what the last step must return. Long values are written
// with macros ("$repeat", "$records", ...); [Case.Steps] and [Case.Want] return plain
// values:
//
//	file, err := vectors.Parse(text)
//	for _, c := range file.Cases {
//		result, err := c.Run(call) // call invokes one function
//		if wrong := c.Want().Mismatch(result); wrong != "" {
//			...
//		}
//	}
//
// # Values
//
// A value is what encoding/json makes of its JSON with UseNumber: nil, bool, string,
// [json.Number], []any or map[string]any. An argument may also be a [Ref] while it is in
// a [Step]. Values share parts of other values: do not change them.
//
// # Hostile files
//
// [Parse] expands every case once and returns an error if a case, the sets or the
// whole file would become too large, so that reading a file takes bounded time and
// memory, whatever is in it. What a case costs when it is run is for the caller to
// limit.
package vectors
