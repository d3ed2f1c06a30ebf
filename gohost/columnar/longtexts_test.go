package columnar_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/columnar"
	"example.org/compute-pipeline/gohost/input"
)

// Rows with keys of 60,000 bytes are read in small batches, in order, with little memory: one key for
// all rows, which a dictionary has once, and one for each.
func TestLongTexts(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	for name, c := range map[string]struct {
		rows int
		key  func(i int) string
	}{
		"one":  {1000, func(int) string { return long }},
		"each": {200, func(i int) string { return fmt.Sprint(i, long) }},
		// The batches before are larger.
		"late": {20_000, func(i int) string {
			if i < 19_900 {
				return "a"
			}
			return long
		}},
	} {
		for _, arrow := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", arrow), func(t *testing.T) {
				var out bytes.Buffer
				create := columnar.NewParquetWriter
				if arrow {
					create = columnar.NewArrowWriter
				}
				w, err := create(&out, fields[1:3], nil)
				require.NoError(t, err)
				for i := range c.rows {
					require.NoError(t, w.Row(func(r *columnar.Row) { r.Text(c.key(i)); r.Integer(int64(i)) }))
				}
				require.NoError(t, w.Close())
				used := allocated(func() {
					var b input.Batches
					if arrow {
						b, err = columnar.NewArrow(&out, columnar.Limits{})
					} else {
						b, err = columnar.OpenParquet(bytes.NewReader(out.Bytes()), int64(out.Len()), 2, columnar.Limits{})
					}
					require.NoError(t, err)
					defer b.Close()
					require.NoError(t, b.Select([]int{0, 1}))
					row := 0
					var batch input.Batch
					for ; ; row += batch.Rows {
						err := b.Next(t.Context(), &batch)
						if errors.Is(err, io.EOF) {
							break
						}
						require.NoError(t, err)
						require.Equal(t, row+1, int(batch.First))
						if name == "one" && !arrow {
							require.Len(t, batch.Columns[0].Text, len(long), "the rows share it")
						}
						for i := range batch.Rows {
							key, number := batch.Columns[0].Slice(i, 1), batch.Columns[1].Slice(i, 1)
							if string(key.TextAt(0)) != c.key(row+i) || string(number.TextAt(0)) != fmt.Sprint(row+i) {
								t.Fatalf("row %d", row+i)
							}
						}
					}
					require.Equal(t, c.rows, row)
				})
				require.Less(t, used>>20, uint64(400))
			})
		}
	}
}
