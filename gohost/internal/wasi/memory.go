package wasi

import "encoding/binary"

var le = binary.LittleEndian

// vector is a buffer in the guest's memory.
type vector struct{ ptr, len uint32 }

// view returns the n bytes of the guest's memory at ptr, or fault if they are out of
// bounds.
func (h *Host) view(ptr, n uint32) ([]byte, errno) {
	if h.memory != nil {
		if bytes, ok := h.memory.Read(ptr, n); ok {
			return bytes, success
		}
	}
	return nil, fault
}

// putUint32 and putUint64 write a result.
func (h *Host) putUint32(ptr, v uint32) errno {
	to, no := h.view(ptr, 4)
	if no == success {
		le.PutUint32(to, v)
	}
	return no
}

func (h *Host) putUint64(ptr uint32, v uint64) errno {
	to, no := h.view(ptr, 8)
	if no == success {
		le.PutUint64(to, v)
	}
	return no
}

// buffers returns the buffers in a list that a function was given, without empty
// ones. It checks all of them before any is used. The result is a copy, since data
// that is read into a buffer may overwrite the list.
func (h *Host) buffers(ptr, count uint32) ([]vector, errno) {
	if count > maxVectors {
		return nil, inval
	}
	h.Charge(uint64(count) * vectorPrice)
	list, no := h.view(ptr, count*8)
	if no != success {
		return nil, no
	}
	h.vectors = h.vectors[:0]
	var total uint64
	for ; len(list) > 0; list = list[8:] {
		v := vector{le.Uint32(list), le.Uint32(list[4:])}
		if v.len == 0 {
			continue // wherever it is
		}
		if _, no := h.view(v.ptr, v.len); no != success {
			return nil, no
		}
		total += uint64(v.len)
		h.vectors = append(h.vectors, v)
	}
	if total > 1<<32-1 { // the result could not express it
		return nil, inval
	}
	return h.vectors, success
}
