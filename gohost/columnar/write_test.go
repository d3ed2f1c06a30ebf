package columnar_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/columnar"
	"example.org/compute-pipeline/gohost/input"
)

var fields = []columnar.Field{
	{Name: "start", Kind: input.Instants, Unit: input.Microsecond},
	{Name: "key", Kind: input.Texts},
	{Name: "count", Kind: input.Integers, Unsigned: true},
	{Name: "mean", Kind: input.Floats, Optional: true},
	{Name: "offset", Kind: input.Integers},
}

// What is written is read again, bit by bit, in both formats and over several groups of rows.
func TestWrittenIsRead(t *testing.T) {
	const many = 130_000
	for _, arrow := range []bool{false, true} {
		var out bytes.Buffer
		create := columnar.NewParquetWriter
		if arrow {
			create = columnar.NewArrowWriter
		}
		w, err := create(&out, fields, map[string]string{"window": "1h"})
		require.NoError(t, err)
		mean := func(i int) float64 { return math.Float64frombits(uint64(i) * 0x9e3779b97f4a7c15 >> 2) }
		for i := range many {
			require.NoError(t, w.Row(func(r *columnar.Row) {
				r.Instant(-int64(i) * 3600e6)
				r.Text(fmt.Sprint("station ", i%10))
				r.Integer(-1) // the largest integer without a sign
				if i%5 == 0 {
					r.Missing()
				} else {
					r.Float(mean(i))
				}
				r.Integer(-int64(i))
			}))
		}
		require.NoError(t, w.Close())
		var b input.Batches
		if arrow {
			b, err = columnar.NewArrow(&out, columnar.Limits{})
		} else {
			require.Less(t, out.Len(), 4*many*8) // keys take little
			b, err = columnar.OpenParquet(bytes.NewReader(out.Bytes()), int64(out.Len()), 2, columnar.Limits{})
		}
		require.NoError(t, err)
		require.Equal(t, []string{"start", "key", "count", "mean", "offset"}, b.Names())
		require.NoError(t, b.Select([]int{0, 1, 2, 3, 4}))
		var batch input.Batch
		row := 0
		for {
			err := b.Next(t.Context(), &batch)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			c, at := batch.Columns, 0
			for i := range batch.Rows {
				if c[0].Integers[i] != -int64(row)*3600e6 || c[4].Integers[i] != -int64(row) || string(c[1].TextAt(i)) != fmt.Sprint("station ", row%10) {
					t.Fatalf("row %d", row)
				}
				if missing := c[3].Missing[i]; missing != (row%5 == 0) || !missing && math.Float64bits(c[3].Floats[at]) != math.Float64bits(mean(row)) {
					t.Fatalf("row %d: another mean", row)
				} else if !missing {
					at++
				}
				row++
			}
			require.Equal(t, input.Decimals, c[2].Kind)
			require.Equal(t, "18446744073709551615", string(c[2].Text[:c[2].Ends[0]]))
		}
		require.Equal(t, many, row)
		require.NoError(t, b.Close())
	}
}

// A failed write is an error of the row, or of Close.
func TestWriteErrors(t *testing.T) {
	w, err := columnar.NewParquetWriter(io.Discard, fields, nil)
	require.NoError(t, err)
	require.ErrorContains(t, w.Row(func(r *columnar.Row) { r.Text("x") }), "start")
	require.Error(t, w.Close())
	w, err = columnar.NewParquetWriter(io.Discard, fields[:1], nil)
	require.NoError(t, err)
	require.ErrorContains(t, w.Row(func(r *columnar.Row) { r.Missing() }), "no value")
	w, err = columnar.NewParquetWriter(io.Discard, fields[:1], nil)
	require.NoError(t, err)
	require.ErrorContains(t, w.Row(func(*columnar.Row) {}), "0 values")
	_, err = columnar.NewParquetWriter(io.Discard, append(fields[:1:1], fields[0]), nil)
	require.ErrorContains(t, err, "two columns")
	for _, create := range []func(io.Writer, []columnar.Field, map[string]string) (*columnar.Writer, error){columnar.NewParquetWriter, columnar.NewArrowWriter} {
		w, err := create(&full{}, fields[:1], nil)
		if err == nil {
			require.NoError(t, w.Row(func(r *columnar.Row) { r.Instant(1) }))
			err = w.Close()
		}
		require.ErrorIs(t, err, errFull)
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
