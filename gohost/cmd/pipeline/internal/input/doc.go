// Package input reads datapoints from files and pipes, in pieces.
//
// It reads four formats: a JSON array, newline-delimited JSON, CSV and packed batches,
// each plain or compressed with gzip or Zstandard. A Reader returns slices with a bounded
// number of points, so memory does not grow with the input.
//
// This package does not parse JSON. It splits the text between elements; the engine
// (validate-stream) parses each piece, and the positions in its messages are translated to
// positions in the whole input. This package parses the cells of CSV; a test compares the
// bits with the engine's. Packed batches are binary and need no validation.
package input
