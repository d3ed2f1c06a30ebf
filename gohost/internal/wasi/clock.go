package wasi

import "time"

// Clocks.
const (
	realtime  = 0
	monotonic = 1
)

func clockResGet(h *Host, p []uint64) errno {
	if h.Now == nil {
		return nosys
	}
	switch uint32(p[0]) {
	case realtime:
		return h.putUint64(uint32(p[1]), uint64(time.Microsecond))
	case monotonic:
		return h.putUint64(uint32(p[1]), 1)
	}
	return inval
}

func clockTimeGet(h *Host, p []uint64) errno {
	if h.Now == nil {
		return nosys
	}
	switch uint32(p[0]) {
	case realtime:
		return h.putUint64(uint32(p[2]), uint64(h.Now().UnixNano()))
	case monotonic:
		return h.putUint64(uint32(p[2]), h.Monotonic())
	}
	return inval
}
