// Package input reads datapoints from any io.Reader, in pieces: JSON, newline-delimited JSON, CSV, the line protocol of
// InfluxDB or packed points. It is what `pipeline run` and `pipeline serve` read with.
//
// [Points] is a loop over the points of an input. [Each] works on several pieces at the same time:
// one goroutine cuts the input at borders between records, several parse pieces and work on their
// points, and one takes the results in the order of the input. Pieces have a bounded size, and
// there are few at a time, so memory does not grow with the input. Faults are a [DataError] with
// their position. A [Decompressor] is a source for compressed inputs. [NewBatchReader] reads rows whose columns have
// types, as Parquet has them. Package window makes statistics of what is read.
//
// [Options] say which columns or fields are the time, the values and the key, how times and numbers are written, and what
// becomes of missing values and bad records. The zero Options read what has common names, with times in seconds.
//
// Records of JSON that have a timestamp and a value are parsed by the engine ([gohost.Engine.AppendValidated]), and the
// positions in its messages are translated to positions in the whole input. This package parses other records and the
// cells of CSV; tests compare the bits with the engine's. Packed points are binary and need no validation.
package input
