package input

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOtherFormatsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR": "byte offset 0: this is a PNG image (if it is not, name the format with --format)",
		"PK\x03\x04\x14\x00":                  "this is a zip archive or an Excel file; unpack it, or export CSV",
		"\xfd7zXZ\x00\x00":                    "this is xz data; decompress it with xz -dc",
		"\x1f\x8b\x08\x00\x00\x00\x00\x00":    "this is gzip data; decompress it with gzip -dc",
		"\x28\xb5\x2f\xfd\x04\x00":            "this is Zstandard data; decompress it with zstd -dc",
		"BZh91AY&SY\x01":                      "this is bzip2 data; decompress it with bzip2 -dc",
		"PAR1\x15\x04":                        "this is a Parquet file; pipeline run reads it from a file that is not compressed; or export CSV or JSON lines",
		"ARROW1\x00\x00":                      "this is an Arrow file; pipeline run reads it with --format arrow; or export",
		"\xff\xff\xff\xff\x20\x01\x00\x00\x10\x00\x00\x00\x00\x00\x0a\x00": "this is an Arrow stream; pipeline run reads it with --format arrow; or export",
		"SQLite format 3\x00": "this is an SQLite database; query it (pipeline run --from sqlite:FILE --query SQL), or export CSV",
	} {
		_, err := NewReader(strings.NewReader(text), Options{Names: Names{Format: "--format"}})
		var data *DataError
		require.ErrorAs(t, err, &data)
		require.ErrorContains(t, err, want)
		_, err = NewReader(strings.NewReader(text+strings.Repeat("\x00", 32)), Options{Format: Packed})
		require.NoError(t, err, "the format was named")
	}
}

// A file that a loss of power left empty of data is not points in 1970.
func TestZeroBytesAreNotGuessed(t *testing.T) {
	for _, size := range []int{1, 16, 4096, 10_000} {
		_, err := NewReader(strings.NewReader(strings.Repeat("\x00", size)), Options{Names: Names{Format: "--format"}})
		require.ErrorContains(t, err, "nothing but zero bytes; if they are packed points, name that with --format packed")
	}
	_, err := NewReader(strings.NewReader(strings.Repeat("\x00", 32)), Options{Format: Packed})
	require.NoError(t, err)
	_, err = NewReader(strings.NewReader(strings.Repeat("\x00", 31)+"\x01"), Options{})
	require.NoError(t, err)
}

func TestAnArrayIsNoLines(t *testing.T) {
	for _, text := range []string{`[{"timestamp":1,"value":2}]`, "\n [\n[1,2]]", byteOrderMark + "[ {"} {
		_, err := NewReader(strings.NewReader(text), Options{Format: NDJSON, Names: Names{Format: "--format"}})
		require.ErrorContains(t, err, "this is a JSON array; use --format json")
	}
}
