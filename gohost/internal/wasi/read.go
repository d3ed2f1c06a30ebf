package wasi

import (
	"errors"
	"io"
	"io/fs"
)

func fdRead(h *Host, p []uint64) errno {
	e, no := h.files.get(p[0])
	if no != success {
		return no
	}
	return h.read(e, uint32(p[1]), uint32(p[2]), uint32(p[3]), nil)
}

// fdPread reads at an offset, and leaves the file's position unchanged.
func fdPread(h *Host, p []uint64) errno {
	e, no := h.files.get(p[0])
	if no != success {
		return no
	}
	offset := int64(p[3])
	return h.read(e, uint32(p[1]), uint32(p[2]), uint32(p[4]), &offset)
}

// read fills the buffers of a list up to the end of the file, from the file's
// position or, if offset is not nil, from there.
func (h *Host) read(e *entry, list, count, result uint32, offset *int64) errno {
	buffers, no := h.buffers(list, count)
	if no != success {
		return no
	}
	var total uint32
	for _, v := range buffers {
		switch {
		case e.isDir:
			return isdir
		case e.stream && (e.output || offset != nil):
			return badf
		case e.stream: // standard input, which is empty
			return h.putUint32(result, 0)
		}
		n, no := h.fill(e.file, v, offset)
		if no != success {
			return no
		}
		total += n
		if n < v.len {
			break
		}
	}
	return h.putUint32(result, total)
}

// fill fills a buffer up to the end of the file, in chunks. It reads each chunk
// whole, so that no guest sees how a file system splits its data.
func (h *Host) fill(file fs.File, v vector, offset *int64) (total uint32, no errno) {
	rest, no := h.view(v.ptr, v.len)
	for len(rest) > 0 && no == success {
		part := rest[:min(len(rest), chunk)]
		h.chargeBytes(systemPrice, len(part))
		var n int
		var err error
		if offset == nil {
			n, err = io.ReadFull(&stoppable{Reader: file, h: h}, part)
		} else {
			n, err = h.readAt(file, part, *offset)
			*offset += int64(n)
		}
		total += uint32(n)
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				return total, success
			}
			return total, errnoOf(err) // success for io.EOF
		}
		rest = rest[len(part):]
	}
	return total, no
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
	s.h.charge(0)
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

func fdSeek(h *Host, p []uint64) errno {
	return h.seek(p[0], int64(p[1]), uint32(p[2]), uint32(p[3]))
}

func fdTell(h *Host, p []uint64) errno {
	return h.seek(p[0], 0, io.SeekCurrent, uint32(p[1]))
}

func (h *Host) seek(fd uint64, offset int64, whence, result uint32) errno {
	e, no := h.files.get(fd)
	switch {
	case no != success:
		return no
	case e.isDir:
		return isdir
	}
	f, ok := e.file.(io.Seeker)
	switch {
	case !ok:
		return nosys
	case whence > io.SeekEnd:
		return inval
	}
	h.charge(systemPrice)
	at, err := f.Seek(offset, int(whence))
	if no := errnoOf(err); no != success {
		return no
	}
	return h.putUint64(result, uint64(at))
}

func fdAdvise(h *Host, p []uint64) errno {
	if _, no := h.files.get(p[0]); no != success {
		return no
	}
	if advice := byte(p[3]); advice > 5 {
		return inval
	}
	return success // advice has no effect
}
