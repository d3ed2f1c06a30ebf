package wasi

import "io"

func randomGet(h *Host, p []uint64) errno {
	if h.config.Random == nil {
		return nosys
	}
	buf, no := h.view(uint32(p[0]), uint32(p[1]))
	for len(buf) > 0 && no == success {
		part := buf[:min(len(buf), chunk)]
		h.charge(uint64(len(part)) * randomPrice)
		if _, err := io.ReadFull(&stoppable{Reader: h.config.Random, h: h}, part); err != nil {
			return io_
		}
		buf = buf[len(part):]
	}
	return no
}
