package columnar_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/columnar"
)

// A page that contradicts its checksum is an error, whichever of its bytes is another.
func TestChecksumsOfPages(t *testing.T) {
	for _, name := range []string{"pyarrow-checksum-v1.parquet", "pyarrow-checksum-v2.parquet"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile("testdata/" + name)
			require.NoError(t, err)
			readCopy := func(data []byte) ([][]string, error) {
				b, err := columnar.OpenParquet(bytes.NewReader(data), int64(len(data)), 1, columnar.Limits{})
				if err != nil {
					return nil, err
				}
				defer b.Close()
				require.NoError(t, b.Select([]int{0, 1, 2}))
				return read(t.Context(), b)
			}
			_, err = readCopy(data)
			require.NoError(t, err)

			// Values of the row groups, and a dictionary.
			var bodies [][]byte
			for first := 0; first < rows; first += 16 {
				var values, times []byte
				for i := first; i < min(first+16, rows); i++ {
					values = binary.LittleEndian.AppendUint64(values, math.Float64bits(float64(i)-20+0.25))
					times = binary.LittleEndian.AppendUint64(times, uint64(1262304000+3600*i)*1000)
				}
				bodies = append(bodies, values, times)
			}
			bodies = append(bodies, []byte("\x01\x00\x00\x00a\x01\x00\x00\x00b\x01\x00\x00\x00c"))
			for _, body := range bodies {
				begin := bytes.Index(data, body)
				require.Positive(t, begin)
				for i := 0; i < len(body); i += 5 { // prime to 8
					damaged := slices.Clone(data)
					damaged[begin+i] ^= 0x20
					_, err := readCopy(damaged)
					require.ErrorIs(t, err, columnar.ErrChecksum, "byte %d", begin+i)
				}
			}

			damaged := slices.Clone(data)
			damaged[bytes.Index(data, bodies[0])+15] ^= 0x20
			_, err = readCopy(damaged)
			require.ErrorContains(t, err, `rows 1 to 16, column "value": the file is damaged: a page contradicts its checksum`)
		})
	}
}
