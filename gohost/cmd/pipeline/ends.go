package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// errTooLong: an input does not fit into the bound.
var errTooLong = errors.New("the input is too long")

// readEnds returns the whole input, or, of an input that is longer than twice the ends, so many
// bytes of its beginning and as many of its end. What is returned has at most limit bytes.
func readEnds(r io.Reader, ends, limit int64) ([]byte, error) {
	if ends == 0 {
		data, err := io.ReadAll(io.LimitReader(r, limit+1))
		if err == nil && int64(len(data)) > limit {
			return nil, tooLong(limit)
		}
		return data, err
	}
	data, err := io.ReadAll(io.LimitReader(r, min(2*ends, limit+1)))
	if err == nil && int64(len(data)) > limit {
		return nil, tooLong(limit)
	}
	if err != nil || int64(len(data)) < 2*ends {
		return data, err
	}
	if file, ok := r.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			n, err := file.ReadAt(data[ends:], max(info.Size()-ends, ends))
			if int64(n) == ends && errors.Is(err, io.EOF) {
				err = nil
			}
			return data, err
		}
	}
	// The end is the last bytes of a ring.
	ring, at := data[ends:], 0
	piece := make([]byte, 64<<10)
	for {
		n, err := r.Read(piece)
		for part := piece[:n]; len(part) > 0; {
			copied := copy(ring[at:], part)
			at, part = (at+copied)%len(ring), part[copied:]
		}
		if errors.Is(err, io.EOF) {
			turned := append(append(make([]byte, 0, len(data)), data[:ends]...), ring[at:]...)
			return append(turned, ring[:at]...), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func tooLong(limit int64) error { return fmt.Errorf("%w: more than %d bytes", errTooLong, limit) }
