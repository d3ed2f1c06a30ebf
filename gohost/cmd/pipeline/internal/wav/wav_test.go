package wav_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/wav"
)

const rate = 16_000

// chunk returns a chunk of a file, which begins at an even byte.
func chunk(name string, size uint32, data []byte) []byte {
	out := append([]byte(name), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(out[4:], size)
	out = append(out, data...)
	if len(data)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

func format(kind, channels uint16, hertz uint32, bits uint16, more ...byte) []byte {
	data := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, kind), channels)
	data = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(data, hertz), hertz*uint32(channels)*uint32(bits)/8)
	data = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(data, channels*bits/8), bits)
	data = append(data, more...)
	return chunk("fmt ", uint32(len(data)), data)
}

func file(parts ...[]byte) []byte {
	return append([]byte("RIFF\xff\xff\xff\xffWAVE"), bytes.Join(parts, nil)...)
}

var usual = format(1, 1, rate, 16)

func all(r *wav.Reader, size int) (list []float64, err error) {
	samples := make([]float64, size)
	for {
		n, err := r.Read(samples)
		list = append(list, samples[:n]...)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
	}
}

func TestSamples(t *testing.T) {
	data := []byte{0, 0x80, 0xff, 0xff, 0, 0, 1, 0, 0xff, 0x7f}
	want := []float64{-1, -1.0 / 32768, 0, 1.0 / 32768, 32767.0 / 32768}
	extensible := format(0xfffe, 1, rate, 16, append([]byte{22, 0, 16, 0, 4, 0, 0, 0, 1, 0}, make([]byte, 14)...)...)
	for name, f := range map[string][]byte{
		"usual":                    file(usual, chunk("data", 10, data)),
		"with other chunks":        file(chunk("LIST", 5, []byte("title")), usual, chunk("fact", 4, []byte("1234")), chunk("data", 10, data), chunk("id3 ", 3, []byte("abc"))),
		"extensible":               file(extensible, chunk("data", 10, data)),
		"of unknown length":        file(usual, chunk("data", 0xffffffff, data)),
		"of unknown length, zero":  file(usual, chunk("data", 0, data)),
		"as espeak-ng writes them": file(usual, chunk("data", 0x7ffff000, data)),
		"with half a sample":       file(usual, chunk("data", 11, append(bytes.Clone(data), 7))),
	} {
		for _, size := range []int{1, 2, 5, 100} {
			r, err := wav.NewReader(iotest.OneByteReader(bytes.NewReader(f)), rate)
			require.NoError(t, err, name)
			got, err := all(r, size)
			require.NoError(t, err, name)
			assert.Equal(t, want, got, name)
			assert.EqualValues(t, len(want), r.Samples())
		}
	}
	got, err := all(wav.NewRaw(bytes.NewReader(append(bytes.Clone(data), 7))), 2)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	n, err := wav.NewRaw(bytes.NewReader(data)).Read(nil)
	assert.Zero(t, n)
	assert.NoError(t, err)
}

func TestRefusals(t *testing.T) {
	for want, f := range map[string][]byte{
		"it ends before its samples":                              file(usual),
		"it does not begin as WAV files do":                       []byte("this is no sound"),
		"it is of the form RF64; expected RIFF":                   append([]byte("RF64\xff\xff\xff\xffWAVE"), usual...),
		"its samples come before their format":                    file(chunk("data", 2, []byte{1, 2})),
		"its format has 4294967295 bytes; expected 16 to 1024":    file(chunk("fmt ", 0xffffffff, nil)),
		"its format has 2 bytes; expected 16 to 1024":             file(chunk("fmt ", 2, []byte{1, 0})),
		"its samples have the format 3; expected 1":               file(format(3, 1, rate, 32)),
		"it has 44100 Hz, 2 channels and 16 bits; expected 16000": file(format(1, 2, 44_100, 16)),
		"ffmpeg -i FILE -ac 1 -ar 16000":                          file(format(1, 1, rate, 24)),
	} {
		_, err := wav.NewReader(bytes.NewReader(f), rate)
		require.ErrorIs(t, err, wav.ErrSound)
		assert.ErrorContains(t, err, want)
	}
	for n := range 44 {
		_, err := wav.NewReader(bytes.NewReader(file(usual, chunk("data", 2, []byte{1, 2}))[:n]), rate)
		require.ErrorIs(t, err, wav.ErrSound)
	}
	r, err := wav.NewReader(bytes.NewReader(file(usual, chunk("data", 10, []byte{1, 2, 3, 4}))), rate)
	require.NoError(t, err)
	_, err = all(r, 100)
	require.ErrorIs(t, err, wav.ErrSound)
	assert.ErrorContains(t, err, "it ends after 2 samples; its header says 5")
	r, err = wav.NewReader(io.MultiReader(bytes.NewReader(file(usual, chunk("data", 10, nil))), iotest.ErrReader(io.ErrClosedPipe)), rate)
	require.NoError(t, err)
	_, err = all(r, 100)
	assert.ErrorIs(t, err, io.ErrClosedPipe)
}

// sized gives a file the size that it has.
func sized(file []byte) []byte {
	binary.LittleEndian.PutUint32(file[4:], uint32(len(file)-8))
	return file
}

func TestWhatFollowsSamples(t *testing.T) {
	data := []byte{1, 2, 3, 4}
	for _, first := range [][]byte{data, data[:3], {}} {
		f := file(usual, chunk("data", uint32(len(first)), first), chunk("LIST", 3, data[:3]), chunk("data", 4, data))
		r, err := wav.NewReader(bytes.NewReader(sized(f)), rate)
		require.NoError(t, err)
		got, err := all(r, 100)
		require.ErrorIs(t, err, wav.ErrSound)
		assert.ErrorContains(t, err, "more samples follow in a second chunk")
		assert.Len(t, got, len(first)/2)
	}
	r, err := wav.NewReader(bytes.NewReader(sized(file(usual, chunk("data", 0, nil), chunk("LIST", 400, make([]byte, 400))))), rate)
	require.NoError(t, err)
	got, err := all(r, 100)
	require.NoError(t, err)
	assert.Empty(t, got, "a tag is no sound")
	// A program that does not know the length wrote that of the header.
	unknown := sized(file(usual, chunk("data", 0, nil)))
	r, err = wav.NewReader(bytes.NewReader(append(unknown, data...)), rate)
	require.NoError(t, err)
	got, err = all(r, 100)
	require.NoError(t, err)
	assert.Len(t, got, 2)
}

func FuzzReader(f *testing.F) {
	f.Add(file(usual, chunk("data", 4, []byte{1, 2, 3, 4})))
	f.Add(file(chunk("LIST", 0xffffffff, nil), usual))
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = wav.Is(data)
		r, err := wav.NewReader(bytes.NewReader(data), rate)
		if err != nil {
			return
		}
		list, _ := all(r, 3)
		assert.LessOrEqual(t, len(list), len(data)/2)
	})
}
