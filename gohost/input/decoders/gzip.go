package decoders

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// A gzipReader reads members of gzip. Zero bytes after the last one do not matter, as for the gzip program: tapes and
// tools that write blocks pad with them.
type gzipReader struct {
	*gzip.Reader
	src   *bufio.Reader
	ended bool // the member
}

func openGzip(r io.Reader) (io.ReadCloser, error) {
	src := bufio.NewReader(r)
	member, err := gzip.NewReader(src)
	if err != nil {
		return nil, err
	}
	member.Multistream(false)
	return &gzipReader{Reader: member, src: src}, nil
}

func (r *gzipReader) Read(p []byte) (int, error) {
	for {
		if r.ended {
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		n, err := r.Reader.Read(p)
		if r.ended = errors.Is(err, io.EOF); r.ended {
			err = nil
		}
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// next begins the next member. It returns io.EOF if only zero bytes follow.
func (r *gzipReader) next() error {
	first, err := r.src.ReadByte()
	for padded := false; ; padded = true {
		switch {
		case err != nil:
			return err
		case first != 0 && padded:
			return gzip.ErrHeader
		case first != 0:
			if err = r.src.UnreadByte(); err == nil {
				err = r.Reader.Reset(r.src)
			}
			r.ended = false
			r.Reader.Multistream(false)
			return err
		}
		first, err = r.src.ReadByte()
	}
}
