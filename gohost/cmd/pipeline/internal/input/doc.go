// Package input reads datapoints from files and pipes, in pieces.
//
// It reads four formats: a JSON array, newline-delimited JSON, CSV and packed batches,
// each plain or compressed with gzip or Zstandard. One goroutine cuts the input into pieces
// at borders between records, several parse them and work on their points, and one takes the
// results in the order of the input ([Each]). Pieces have a bounded size, and there are
// few at a time, so memory does not grow with the input.
//
// This package does not parse JSON. The engine (validate-stream) parses each piece, and the
// positions in its messages are translated to positions in the whole input. This package
// parses the cells of CSV; a test compares the bits with the engine's. Packed batches are
// binary and need no validation.
package input
