// Package input reads datapoints from files and pipes, piece by piece.
//
// Four formats are read: a JSON array, newline-delimited JSON, CSV and packed
// batches, each plain or compressed with gzip or Zstandard. Whatever the
// format, a Reader hands out slices of a bounded number of points, so memory
// does not grow with the input.
//
// JSON text is not parsed here. It is cut at the borders of its elements, and
// each piece is validated by the engine (validate-stream), whose messages are
// then translated to positions in the whole input. CSV rows are rewritten as
// the JSON that the engine validates, so every text format passes the same
// gate. Packed batches are binary already and have nothing to validate.
package input
