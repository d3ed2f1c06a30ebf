package input

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Bytes are packed points only if they look like those: text with control characters, and arrays of other numbers, would
// give points as well.
func TestWhatIsTakenForPackedPoints(t *testing.T) {
	pairs := func(size int, value func(i int) uint64) (raw []byte) {
		for i := range 200 {
			raw = append(raw, binary.LittleEndian.AppendUint64(nil, value(i))[:size]...)
		}
		return raw
	}
	for name, raw := range map[string][]byte{
		"a separator of Hive":         []byte("time\x01value\n1700000000\x01500\n1\x01200\n"),
		"at the place of a high byte": []byte("station\x01time\x01value\nberlin_\x011700000000\x01500\n"),
		"colours":                     []byte("time,value,n\x1bote\n1700000000,2,xx\n"),
		"zero bytes for separators":   []byte("time\x00value\n1700000000\x00500\n1\x00200\n"),
		"records of 32 bits": pairs(4, func(i int) uint64 {
			if i%2 == 0 {
				return uint64(1700000000 + i)
			}
			return uint64(math.Float32bits(float32(i)))
		}),
		"an array of doubles": pairs(8, func(i int) uint64 { return math.Float64bits(1.5 + float64(i)) }),
	} {
		_, err := NewReader(bytes.NewReader(raw), Options{})
		require.ErrorContains(t, err, "Options.Format packed", name)
	}
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond, time.Nanosecond} {
		for _, year := range []int{1971, 2026, 2042} {
			for _, value := range []float64{0, 1, -21.3, 1.0 / 3, 1e300} {
				at := uint64(time.Date(year, 7, 3, 1, 2, 3, 456789123, time.UTC).UnixNano() / int64(unit))
				reader, err := NewReader(bytes.NewReader(binaryPoint(at, value)), Options{})
				require.NoError(t, err, "%s %d %g", unit, year, value)
				require.Equal(t, Packed, reader.Format)
			}
		}
	}
}

func binaryPoint(at uint64, value float64) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, at), math.Float64bits(value))
}
