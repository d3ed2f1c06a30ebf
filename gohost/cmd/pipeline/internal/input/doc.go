// Package input reads datapoints from files and pipes, piece by piece.
//
// Four formats are read: a JSON array, newline-delimited JSON, CSV and packed
// batches, each plain or compressed with gzip or Zstandard. Whatever the
// format, a Reader hands out slices of a bounded number of points, so memory
// does not grow with the input.
//
// JSON text is not parsed here. It is cut at the borders of its elements, and
// each piece is validated by the engine (validate-stream), whose messages are
// then translated to positions in the whole input. The cells of CSV are read here;
// a test compares the bits with the engine's. Packed batches are binary and have
// nothing to validate.
package input
