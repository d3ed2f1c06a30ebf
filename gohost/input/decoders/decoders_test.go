package decoders_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/input/decoders"
)

const text = "{\"timestamp\":1,\"value\":1}\n{\"timestamp\":2,\"value\":2}\n"

// compressed returns text in two members, frames or streams. testdata/two.xz has eight bytes of padding
// between them.
func compressed(t testing.TB) map[input.Compression][]byte {
	t.Helper()
	var gz, zst bytes.Buffer
	for _, part := range []string{text[:len(text)/2], text[len(text)/2:]} {
		g := gzip.NewWriter(&gz)
		_, err := io.WriteString(g, part)
		require.NoError(t, err)
		require.NoError(t, g.Close())
		z, err := zstd.NewWriter(&zst)
		require.NoError(t, err)
		_, err = io.WriteString(z, part)
		require.NoError(t, err)
		require.NoError(t, z.Close())
	}
	return map[input.Compression][]byte{
		input.Gzip: gz.Bytes(), input.Zstandard: zst.Bytes(), input.XZ: file(t, "two.xz"), input.Bzip2: file(t, "two.bz2"),
	}
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return data
}

func read(data []byte, kind input.Compression) (string, error) {
	d := input.NewDecompressor(iotest.HalfReader(bytes.NewReader(data)), kind, decoders.All())
	out, err := io.ReadAll(d)
	_ = d.Close()
	return string(out), err
}

func TestEachCompressionIsRead(t *testing.T) {
	for kind, data := range compressed(t) {
		for _, named := range []input.Compression{kind, input.AnyCompression} {
			got, err := read(data, named)
			require.NoError(t, err, kind)
			require.Equal(t, text, got, kind)
		}
	}
	for _, name := range []string{"sha256.xz", "bcj.xz"} {
		got, err := read(file(t, name), input.AnyCompression)
		require.NoError(t, err, name)
		require.Equal(t, text[:len(text)/2], got, name)
	}
}

// Of a file that is cut off, what is before the cut is read, and an error follows, unless the cut is
// between two members.
func TestACutIsAnError(t *testing.T) {
	for kind, data := range compressed(t) {
		for size := 1; size < len(data); size++ {
			got, err := read(data[:size], kind)
			require.True(t, strings.HasPrefix(text, got), "%s, %d bytes", kind, size)
			if err == nil {
				require.Equal(t, text[:len(text)/2], got, "%s, %d bytes", kind, size)
				continue
			}
			if kind == input.XZ && strings.Contains(err.Error(), "damaged") {
				require.Equal(t, text[:len(text)/2], got, "%d bytes: only padding may be cut like that", size)
				continue
			}
			require.ErrorContains(t, err, fmt.Sprintf("the %s data ends too early; is the file complete?", kind), "%d bytes", size)
		}
	}
}

// A damaged byte is an error, or is in what does not matter, such as a time in a header of gzip.
func TestDamageIsAnError(t *testing.T) {
	for kind, data := range compressed(t) {
		for at := range data {
			damaged := bytes.Clone(data)
			damaged[at] ^= 0x55
			got, err := read(damaged, kind)
			if err == nil {
				require.True(t, got == text || kind == input.Gzip || kind == input.Zstandard && len(got) == 0, "%s, byte %d: %q", kind, at, got)
				continue
			}
			var data *input.DataError
			require.ErrorAs(t, err, &data, "%s, byte %d", kind, at)
		}
	}
}

// Zero bytes after the last member are padding, as for the gzip program; before another one, or beside other bytes, they
// are not.
func TestGzipIsPaddedWithZeros(t *testing.T) {
	data := compressed(t)[input.Gzip]
	for _, zeros := range []int{1, 2, 9, 511, 512, 10240, 200_000} {
		padded := append(bytes.Clone(data), make([]byte, zeros)...)
		got, err := read(padded, input.AnyCompression)
		require.NoError(t, err, zeros)
		require.Equal(t, text, got, zeros)
		for _, after := range [][]byte{{1}, data, []byte("\x1f\x8b")} {
			got, err = read(append(bytes.Clone(padded), after...), input.AnyCompression)
			require.ErrorContains(t, err, "the gzip data is damaged", zeros)
			require.Equal(t, text, got, zeros)
		}
	}
	_, err := read(append(bytes.Clone(data), 'x'), input.Gzip)
	require.Error(t, err)
	var empty bytes.Buffer
	require.NoError(t, gzip.NewWriter(&empty).Close())
	got, err := read(append(append(empty.Bytes(), data...), empty.Bytes()...), input.Gzip)
	require.NoError(t, err)
	require.Equal(t, text, got)
}

// A file may ask for gigabytes before it has any data.
func TestTheDictionaryIsBounded(t *testing.T) {
	_, err := read(file(t, "dictionary.xz"), input.XZ)
	require.ErrorContains(t, err, "the xz data cannot be read: it needs more memory than the max: a dictionary of more than 128 MiB")
}

func FuzzDecode(f *testing.F) {
	for _, data := range compressed(f) {
		f.Add(data)
	}
	for _, name := range []string{"dictionary.xz", "sha256.xz", "bcj.xz"} {
		f.Add(file(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := input.NewDecompressor(bytes.NewReader(data), input.AnyCompression, decoders.All())
		_, _ = io.CopyN(io.Discard, d, 1<<22) // it must not panic
		require.NoError(t, d.Close())
	})
}
