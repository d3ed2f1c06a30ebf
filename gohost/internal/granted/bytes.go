package granted

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
)

// Randomize fills data with random bytes, in chunks.
func (h *Host) Randomize(data []byte) error {
	for len(data) > 0 {
		part := data[:min(len(data), Chunk)]
		h.Charge(uint64(len(part)) * randomPrice)
		if _, err := io.ReadFull(&stoppable{Reader: h.Random, h: h}, part); err != nil {
			return err
		}
		data = data[len(part):]
	}
	return nil
}

// Write writes output in pieces: lines, or chunks of long ones. A nil writer discards it.
func (h *Host) Write(to io.Writer, data []byte) error {
	for len(data) > 0 {
		piece := data[:min(len(data), Chunk)]
		if to == nil {
			h.ChargeBytes(0, len(piece))
		} else {
			if end := bytes.IndexByte(piece, '\n'); end >= 0 {
				piece = piece[:end+1]
			}
			h.ChargeBytes(linePrice, len(piece))
			if _, err := to.Write(piece); err != nil {
				return err
			}
		}
		data = data[len(piece):]
	}
	return nil
}

// WriteError writes to standard error, and keeps what may say why the guest ends.
func (h *Host) WriteError(data []byte) error {
	err := h.Write(h.Stderr, data)
	h.words.write(data)
	return err
}

// Read fills data up to the end of the file, in chunks: from the file's position or, if
// offset is not nil, from there. It reads each chunk whole, so that no guest sees how a file
// system splits its data. The end of the file is no error.
func (h *Host) Read(file fs.File, data []byte, offset *int64) (total int, err error) {
	for len(data) > 0 {
		part := data[:min(len(data), Chunk)]
		h.ChargeBytes(SystemPrice, len(part))
		var n int
		if offset == nil {
			n, err = io.ReadFull(&stoppable{Reader: file, h: h}, part)
		} else {
			n, err = h.readAt(file, part, *offset)
			*offset += int64(n)
		}
		total += n
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
		data = data[len(part):]
	}
	return total, nil
}

// readAt reads at an offset of a file that implements io.ReaderAt or io.Seeker.
func (h *Host) readAt(file fs.File, part []byte, offset int64) (n int, err error) {
	if f, ok := file.(io.ReaderAt); ok {
		return f.ReadAt(part, offset)
	}
	f, ok := file.(io.ReadSeeker)
	if !ok {
		return 0, fs.ErrClosed // EBADF, as for a stream
	}
	back, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	if _, err = f.Seek(offset, io.SeekStart); err == nil {
		n, err = io.ReadFull(&stoppable{Reader: f, h: h}, part)
	}
	if _, seekErr := f.Seek(back, io.SeekStart); seekErr != nil {
		return n, seekErr
	}
	return n, err
}

// stoppable checks whether the call is over before each read, and stops reading after
// too many empty reads.
type stoppable struct {
	io.Reader
	h     *Host
	empty int // reads in a row
}

const maxEmptyReads = 100

func (s *stoppable) Read(p []byte) (int, error) {
	s.h.Charge(0)
	n, err := s.Reader.Read(p)
	if n > 0 || err != nil {
		s.empty = 0
		return n, err
	}
	if s.empty++; s.empty > maxEmptyReads {
		return 0, io.ErrNoProgress
	}
	return 0, nil
}
