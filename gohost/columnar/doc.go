// Package columnar reads and writes files of columns, Parquet and Arrow IPC, for gohost/input: it
// gives batches of the columns that are asked for, with their types.
//
// [OpenParquet] reads only the pages of these columns, several row groups at the same time.
// [NewArrow] reads Arrow's stream format and its file format from front to back, so also from a pipe.
// [NewParquetWriter] and [NewArrowWriter] write rows.
//
// It trusts nothing in a file. What a file says about sizes is checked before memory is made for it
// (see [Limits]), a page that contradicts its checksum is [ErrChecksum], and a panic of the library below,
// arrow-go, is an error.
package columnar
