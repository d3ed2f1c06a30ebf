package wasi

import "bytes"

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

// write writes a buffer in pieces: lines, or chunks of long ones.
func (h *Host) write(e *entry, v vector) errno {
	rest, no := h.view(v.ptr, v.len)
	for len(rest) > 0 && no == success {
		piece := rest[:min(len(rest), chunk)]
		if e.writer == nil {
			h.chargeBytes(0, len(piece))
		} else {
			if end := bytes.IndexByte(piece, '\n'); end >= 0 {
				piece = piece[:end+1]
			}
			h.chargeBytes(linePrice, len(piece))
			if _, err := e.writer.Write(piece); err != nil {
				return errnoOf(err)
			}
		}
		rest = rest[len(piece):]
	}
	return no
}
