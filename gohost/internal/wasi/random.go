package wasi

func randomGet(h *Host, p []uint64) errno {
	if h.Random == nil {
		return nosys
	}
	data, no := h.view(uint32(p[0]), uint32(p[1]))
	if no != success {
		return no
	}
	if h.Randomize(data) != nil {
		return io_
	}
	return success
}
