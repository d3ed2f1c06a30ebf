package input

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

var gunzip = Decoders{Gzip: func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }}

func TestCompressedInputs(t *testing.T) {
	text := strings.Repeat("some text,", 10_000)
	var packed bytes.Buffer
	for _, half := range []string{text[:100], text[100:]} { // two members are one input
		w := gzip.NewWriter(&packed)
		_, err := io.WriteString(w, half)
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	read := func(data []byte, kind Compression, decoders Decoders) (string, error) {
		d := NewDecompressor(iotest.HalfReader(bytes.NewReader(data)), kind, decoders)
		out, err := io.ReadAll(d)
		require.NoError(t, d.Close())
		return string(out), err
	}
	for _, kind := range []Compression{"", AnyCompression, Gzip} {
		got, err := read(packed.Bytes(), kind, gunzip)
		require.NoError(t, err)
		require.Equal(t, text, got)
	}
	got, err := read(packed.Bytes(), NoCompression, gunzip)
	require.NoError(t, err)
	require.Equal(t, packed.String(), got)
	got, err = read([]byte(text), AnyCompression, gunzip)
	require.NoError(t, err)
	require.Equal(t, text, got)

	var data *DataError
	whole := 0
	for n := 4; n < packed.Len(); n++ {
		if _, err = read(packed.Bytes()[:n], AnyCompression, gunzip); err == nil {
			whole++ // between the members
			continue
		}
		require.ErrorAs(t, err, &data, n)
		require.ErrorContains(t, err, "the gzip data ends too early; is the file complete?")
		require.Contains(t, err.Error(), "byte offset")
	}
	require.Equal(t, 1, whole)
	damaged := bytes.Clone(packed.Bytes())
	damaged[packed.Len()/2] ^= 0x55
	_, err = read(damaged, Gzip, gunzip)
	require.ErrorAs(t, err, &data)

	_, err = read([]byte{0x28, 0xb5, 0x2f, 0xfd, 0}, AnyCompression, gunzip)
	require.ErrorContains(t, err, "the input is compressed with zstd, which this program does not decompress")
	fire := errors.New("fire")
	_, err = io.ReadAll(NewDecompressor(io.MultiReader(bytes.NewReader(packed.Bytes()[:50]), iotest.ErrReader(fire)), Gzip, gunzip))
	require.ErrorIs(t, err, fire, "an error of the source is not damage")
}
