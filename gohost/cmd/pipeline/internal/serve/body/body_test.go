package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, errors.Join(err, w.Close()))
	return b.Bytes()
}

func zstandard(t *testing.T, data []byte, window int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(window))
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, errors.Join(err, w.Close()))
	return b.Bytes()
}

func TestBodiesArriveWhole(t *testing.T) {
	for _, length := range []int{0, 1, firstChunk - 1, firstChunk, 3 * firstChunk, chunkSize - 1, chunkSize, chunkSize + 1, 5*chunkSize + 7} {
		data := bytes.Repeat([]byte("0123456789"), length/10+1)[:length]
		for _, c := range []struct {
			encoding string
			sent     []byte
			said     int64
		}{
			{"", data, int64(length)},
			{"identity", data, -1},
			{"gzip", zipped(t, data), -1},
			{"X-GZIP", zipped(t, data), int64(len(zipped(t, data)))},
			{"zstd", zstandard(t, data, 1<<20), -1},
		} {
			var counted int64
			o := Options{Encoding: c.encoding, Length: c.said, Limit: int64(length), Arrived: func(n int64) error {
				counted = max(counted, n)
				return nil
			}}
			whole, err := Read(iotest.HalfReader(bytes.NewReader(c.sent)), o)
			require.NoError(t, err, "%s %d", c.encoding, length)
			assert.EqualValues(t, length, whole.Len())
			assert.GreaterOrEqual(t, counted, whole.Len(), "what is kept is counted")
			if c.encoding == "" {
				assert.LessOrEqual(t, counted, whole.Len()+1, "what is said is no less than what is counted")
			}
			assert.EqualValues(t, bytes.Count(data, []byte("3"))+bytes.Count(data, []byte("4")), whole.Count('3', '4'))
			assert.Equal(t, data, append([]byte{}, whole.Bytes()...))
			assert.Zero(t, whole.Len())

			again, err := Read(bytes.NewReader(c.sent), o)
			require.NoError(t, err)
			read, err := io.ReadAll(again)
			require.NoError(t, err)
			assert.Equal(t, data, read)
			assert.Zero(t, again.Len())
			o.Limit--
			_, err = Read(bytes.NewReader(c.sent), o)
			assert.ErrorAs(t, err, new(*http.MaxBytesError), "%s %d", c.encoding, length)
		}
	}
}

// What a small body grows to is bounded by the limit, not by what it says.
func TestBombsEndAtTheLimit(t *testing.T) {
	const limit = 1 << 20
	zeros := make([]byte, 64<<20)
	for encoding, sent := range map[string][]byte{"gzip": zipped(t, zeros), "zstd": zstandard(t, zeros, 8<<20)} {
		var counted int64
		_, err := Read(bytes.NewReader(sent), Options{Encoding: encoding, Length: int64(len(sent)), Limit: limit, Arrived: func(n int64) error {
			counted = max(counted, n)
			return nil
		}})
		assert.ErrorAs(t, err, new(*http.MaxBytesError), encoding)
		assert.LessOrEqual(t, counted, int64(limit+2*chunkSize+2*maxWindow+zstdMemory), encoding)
	}
	big := zstandard(t, zeros, 16<<20)
	_, err := Read(bytes.NewReader(big), Options{Encoding: "zstd", Limit: limit, Arrived: func(int64) error { return nil }})
	assert.ErrorAs(t, err, new(*DataError), "a window that HTTP does not have")
}

func TestWhatHasNoRoomIsNotRead(t *testing.T) {
	full := errors.New("full")
	for _, encoding := range []string{"", "gzip", "zstd"} {
		src := &endless{}
		_, err := Read(src, Options{Encoding: encoding, Length: -1, Limit: 1 << 30, Arrived: func(n int64) error {
			if n > chunkSize {
				return full
			}
			return nil
		}})
		if encoding == "" {
			assert.ErrorIs(t, err, full)
			assert.LessOrEqual(t, src.read, int64(2*chunkSize))
		} else {
			assert.ErrorAs(t, err, new(*DataError), "it is no %s", encoding)
		}
	}
	sent := zstandard(t, make([]byte, 10<<20), 8<<20)
	_, err := Read(bytes.NewReader(sent), Options{Encoding: "zstd", Limit: 1 << 30, Arrived: func(n int64) error {
		if n > maxWindow {
			return full
		}
		return nil
	}})
	assert.ErrorIs(t, err, full, "before the window is made")
}

type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read += int64(len(p))
	return len(p), nil
}

func TestWhatIsWrongWithABody(t *testing.T) {
	data := bytes.Repeat([]byte("x"), 100_000)
	gz, zs := zipped(t, data), zstandard(t, data, 1<<20)
	failing := func(err error) io.Reader { return io.MultiReader(strings.NewReader("[[1,"), iotest.ErrReader(err)) }
	for name, c := range map[string]struct {
		src      io.Reader
		encoding string
		as       any
		is       error
	}{
		"unknown":        {strings.NewReader(""), "br", new(*EncodingError), nil},
		"several":        {bytes.NewReader(gz), "gzip, gzip", new(*EncodingError), nil},
		"no gzip":        {strings.NewReader("hello, world"), "gzip", new(*DataError), nil},
		"empty gzip":     {strings.NewReader(""), "gzip", new(*DataError), nil},
		"half a gzip":    {bytes.NewReader(gz[:len(gz)/2]), "gzip", new(*DataError), nil},
		"no zstd":        {strings.NewReader("hello, world"), "zstd", new(*DataError), nil},
		"empty zstd":     {strings.NewReader(""), "zstd", new(*DataError), nil},
		"half a zstd":    {bytes.NewReader(zs[:len(zs)/2]), "zstd", new(*DataError), nil},
		"broken chunks":  {failing(errors.New("malformed chunked encoding")), "", new(*DataError), nil},
		"gone":           {failing(io.ErrUnexpectedEOF), "", nil, ErrGone},
		"reset":          {failing(fmt.Errorf("read: %w", syscall.ECONNRESET)), "", nil, ErrGone},
		"gone in a gzip": {io.MultiReader(bytes.NewReader(gz[:50]), iotest.ErrReader(io.ErrUnexpectedEOF)), "gzip", nil, ErrGone},
		"too slow":       {failing(os.ErrDeadlineExceeded), "", nil, os.ErrDeadlineExceeded},
		"too slow, zstd": {io.MultiReader(bytes.NewReader(zs[:20]), iotest.ErrReader(os.ErrDeadlineExceeded)), "zstd", nil, os.ErrDeadlineExceeded},
	} {
		_, err := Read(c.src, Options{Encoding: c.encoding, Length: -1, Limit: 1 << 20, Arrived: func(int64) error { return nil }})
		if c.as != nil {
			assert.ErrorAs(t, err, c.as, name)
		} else {
			assert.ErrorIs(t, err, c.is, name)
		}
		assert.Equal(t, c.is == ErrGone, errors.Is(err, ErrGone), name)
	}
}
