package transform

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"example.org/compute-pipeline/gohost"
)

// A lineSource reads whole lines of a file.
type lineSource struct {
	reader io.Reader
	at     int64 // the offset of what is returned next
	buf    []byte
	used   int // bytes of buf that were returned
	ended  bool
}

// piece returns the next lines: about target bytes, or one line that is longer. It is empty at
// the end of the file. It is valid until the next call.
func (s *lineSource) piece(target int) ([]byte, error) {
	s.buf = s.buf[:copy(s.buf, s.buf[s.used:])]
	s.used = 0
	for {
		// A long line is the first one: what is before it has been returned.
		if first := bytes.IndexByte(s.buf, '\n'); first > maxLine || first < 0 && len(s.buf) > maxLine {
			return nil, fmt.Errorf("%w: byte offset %d: the line is longer than %d MiB, the max", gohost.ErrInvalidInput, s.at, maxLine>>20)
		}
		last := bytes.LastIndexByte(s.buf, '\n')
		if len(s.buf) >= target && last >= 0 || s.ended {
			if last < 0 || s.ended {
				last = len(s.buf) - 1
			}
			s.used = last + 1
			s.at += int64(s.used)
			return s.buf[:s.used], nil
		}
		if err := s.fill(max(target, 2*len(s.buf))); err != nil {
			return nil, err
		}
	}
}

// fill reads more, up to size bytes in all.
func (s *lineSource) fill(size int) error {
	if cap(s.buf) < size {
		s.buf = append(make([]byte, 0, size), s.buf...)
	}
	n, err := io.ReadFull(s.reader, s.buf[len(s.buf):size])
	s.buf = s.buf[:len(s.buf)+n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.ended = true
		return nil
	}
	return err
}

// skipTo skips to what follows the first newline from an offset on.
func (s *lineSource) skipTo(offset int64) error {
	if err := s.seek(offset); err != nil {
		return err
	}
	s.at = offset
	for {
		if err := s.fill(pieceSize); err != nil {
			return err
		}
		if newline := bytes.IndexByte(s.buf, '\n'); newline >= 0 {
			s.used = newline + 1
			s.at += int64(s.used)
			return nil
		}
		s.at += int64(len(s.buf))
		s.buf = s.buf[:0]
		if s.ended {
			return nil
		}
	}
}

func (s *lineSource) seek(offset int64) error {
	if seeker, ok := s.reader.(io.Seeker); ok {
		_, err := seeker.Seek(offset, io.SeekStart)
		return err
	}
	_, err := io.CopyN(io.Discard, s.reader, offset)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the file is shorter than the %d bytes it had when the pipeline began: %w", offset, io.ErrUnexpectedEOF)
	}
	return err
}

// lastLine returns the offset of the last line of data, which is not empty.
func lastLine(data []byte) int {
	return bytes.LastIndexByte(data[:len(data)-1], '\n') + 1
}

// endOfLine returns the offset after the first newline from an offset on, or the end.
func endOfLine(data []byte, from int) int {
	if newline := bytes.IndexByte(data[from:], '\n'); newline >= 0 {
		return from + newline + 1
	}
	return len(data)
}
