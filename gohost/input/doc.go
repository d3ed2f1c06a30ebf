// Package input reads datapoints from any io.Reader, in pieces: a JSON array, newline-delimited
// JSON, CSV or packed points. It is what `pipeline run` and `pipeline serve` read with.
//
// [Points] is a loop over the points of an input. [Each] works on several pieces at the same time:
// one goroutine cuts the input at borders between records, several parse pieces and work on their
// points, and one takes the results in the order of the input. Pieces have a bounded size, and
// there are few at a time, so memory does not grow with the input. Faults are a [DataError] with
// their position. A [Decompressor] is a source for compressed inputs.
//
// This package does not parse JSON. The engine (gohost.Engine.AppendValidated) parses each piece,
// and the positions in its messages are translated to positions in the whole input. This package
// parses the cells of CSV; a test compares the bits with the engine's. Packed points are binary
// and need no validation.
package input
