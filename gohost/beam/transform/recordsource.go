package transform

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"example.org/compute-pipeline/gohost"
)

// A recordSource reads whole records of a file.
type recordSource struct {
	reader  io.Reader
	records records
	at      int64 // the offset of what is returned next
	buf     []byte
	used    int // bytes of buf that were returned
	ended   bool
}

// piece returns the next records: about target bytes, or one record that is longer. It is empty at
// the end of the file. It is valid until the next call.
func (s *recordSource) piece(target int) ([]byte, error) {
	s.buf = s.buf[:copy(s.buf, s.buf[s.used:])]
	s.used = 0
	for {
		end := s.records.end(s.buf)
		// A long record is the first one: what is before it has been returned.
		if len(s.buf) > maxRecord && s.records.first(s.buf) > maxRecord {
			return nil, fmt.Errorf("%w: byte offset %d: the %s is longer than %d MiB, the max", gohost.ErrInvalidInput, s.at, s.records.name(), maxRecord>>20)
		}
		if len(s.buf) >= target && end > 0 || s.ended {
			if s.ended {
				end = len(s.buf)
			}
			s.used = end
			s.at += int64(end)
			return s.buf[:end], nil
		}
		if err := s.fill(max(target, 2*len(s.buf))); err != nil {
			return nil, err
		}
	}
}

// fill reads more, up to size bytes in all.
func (s *recordSource) fill(size int) error {
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

// skipTo skips to the first record that begins at an offset or after it.
func (s *recordSource) skipTo(offset int64) error {
	if size := s.records.size; size > 0 {
		s.at = (offset + size - 1) / size * size
		return s.seek(s.at)
	}
	// It is what follows the first newline from the byte before the offset on.
	s.at = offset - 1
	if err := s.seek(s.at); err != nil {
		return err
	}
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

func (s *recordSource) seek(offset int64) error {
	if seeker, ok := s.reader.(io.Seeker); ok {
		_, err := seeker.Seek(offset, io.SeekStart)
		return err
	}
	_, err := io.CopyN(io.Discard, s.reader, offset)
	if errors.Is(err, io.EOF) {
		return nil // the end of the file; whether it has changed is found at the end
	}
	return err
}

// records say where records begin and end.
type records struct {
	size   int64 // of each; 0 means that they are lines
	quoted bool  // they may have newlines in quotes, and the file is read from its beginning
}

func (r records) name() string {
	if r.quoted {
		return "row that begins here"
	}
	return "line"
}

// end returns the offset after the last whole record, or 0.
func (r records) end(data []byte) int {
	switch {
	case r.size > 0:
		return len(data) / int(r.size) * int(r.size)
	case !r.quoted:
		return bytes.LastIndexByte(data, '\n') + 1
	}
	end := 0
	for at := 0; at < len(data); {
		n := r.first(data[at:])
		if n > len(data)-at {
			break
		}
		at += n
		end = at
	}
	return end
}

// first returns the length of the first record, or one byte more than there is if it does not end.
func (r records) first(data []byte) int {
	if r.size > 0 {
		return int(r.size)
	}
	inside := false
	for at := 0; ; {
		n := bytes.IndexByte(data[at:], '\n')
		if n < 0 {
			return len(data) + 1
		}
		if r.quoted && bytes.Count(data[at:at+n], []byte{'"'})%2 != 0 {
			inside = !inside
		}
		if at += n + 1; !inside {
			return at
		}
	}
}

// last returns the offset of the last record of data, which is not empty.
func (r records) last(data []byte) int {
	if r.size > 0 {
		return (len(data) - 1) / int(r.size) * int(r.size)
	}
	return bytes.LastIndexByte(data[:len(data)-1], '\n') + 1
}

// before returns the end of the records of data that begin before an offset.
func (r records) before(data []byte, offset int) int {
	if r.size > 0 {
		return min((offset+int(r.size)-1)/int(r.size)*int(r.size), len(data))
	}
	if newline := bytes.IndexByte(data[offset-1:], '\n'); newline >= 0 {
		return offset + newline
	}
	return len(data)
}
