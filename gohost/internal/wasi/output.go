package wasi

// fdWrite writes to standard output and error; files cannot be written.
func fdWrite(h *Host, p []uint64) errno {
	e, no := h.files.get(p[0])
	if no != success {
		return no
	}
	buffers, no := h.buffers(uint32(p[1]), uint32(p[2]))
	if no != success {
		return no
	}
	if !e.output && uint32(p[2]) > 0 {
		if e.preopen && !e.stream {
			return isdir
		}
		return badf
	}
	var written uint32
	for _, v := range buffers {
		if no := h.write(e, v); no != success {
			return no
		}
		written += v.len
	}
	return h.putUint32(uint32(p[3]), written)
}

// write writes a buffer.
func (h *Host) write(e *entry, v vector) errno {
	data, no := h.view(v.ptr, v.len)
	if no != success {
		return no
	}
	if e.isError {
		return errnoOf(h.WriteError(data))
	}
	return errnoOf(h.Write(e.writer, data))
}
