// Package decoders has a decoder of each compression that package input knows. It is a module of
// its own, so that only programs that decompress have its dependencies.
package decoders

import (
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"

	"example.org/compute-pipeline/gohost/input"
)

// maxWindow is the max window of Zstandard that the zstd program accepts by default, and twice the
// dictionary of xz -9. It bounds the memory of a decoder.
const maxWindow = 128 << 20

// All returns the decoders of all compressions. Each reads every member, frame or stream of an
// input, and needs at most 128 MiB for what it must remember; an input that needs more is an error.
func All() input.Decoders {
	return input.Decoders{
		input.Gzip:      openGzip,
		input.Zstandard: openZstandard,
		input.XZ:        openXZ,
		input.Bzip2:     func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil },
	}
}

func openZstandard(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return zstandardReader{d.IOReadCloser()}, nil
}

type zstandardReader struct{ io.ReadCloser }

func (r zstandardReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) {
		err = fmt.Errorf("%w: a window of more than %d MiB", input.ErrDecoderMemory, maxWindow>>20)
	}
	return n, err
}

func openXZ(r io.Reader) (io.ReadCloser, error) {
	d, err := xz.NewReader(r, maxWindow)
	if err != nil {
		return nil, explainXZ(err)
	}
	return io.NopCloser(xzReader{d}), nil
}

type xzReader struct{ *xz.Reader }

func (r xzReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	return n, explainXZ(err)
}

func explainXZ(err error) error {
	switch {
	case errors.Is(err, xz.ErrBuf): // the input ended, or never will say more
		return io.ErrUnexpectedEOF
	case errors.Is(err, xz.ErrMemlimit):
		return fmt.Errorf("%w: a dictionary of more than %d MiB", input.ErrDecoderMemory, maxWindow>>20)
	}
	return err
}
