package wasi

import (
	"io"

	"example.org/compute-pipeline/gohost/internal/granted"
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
		case e.isDir():
			return isdir
		case e.stream && (e.output || offset != nil):
			return badf
		case e.stream: // standard input, which is empty
			return h.putUint32(result, 0)
		}
		n, no := h.fill(e, v, offset)
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

// fill fills a buffer up to the end of the file.
func (h *Host) fill(e *entry, v vector, offset *int64) (uint32, errno) {
	data, no := h.view(v.ptr, v.len)
	if no != success {
		return 0, no
	}
	file, err := h.Get(e.File)
	if err != nil {
		return 0, errnoOf(err)
	}
	n, err := h.Read(file, data, offset)
	return uint32(n), errnoOf(err)
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
	case e.isDir():
		return isdir
	}
	if e.stream {
		return nosys
	}
	file, err := h.Get(e.File)
	if err != nil {
		return errnoOf(err)
	}
	f, ok := file.(io.Seeker)
	switch {
	case !ok:
		return nosys
	case whence > io.SeekEnd:
		return inval
	}
	h.Charge(granted.SystemPrice)
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
