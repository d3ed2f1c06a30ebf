package wasmfile

// A reader decodes the few things that an outline needs. After a failure it
// returns zeros, so that callers check once.
type reader struct {
	data   []byte
	at     int
	failed bool
}

func (r *reader) byte() byte {
	if r.failed || r.at >= len(r.data) {
		r.failed = true
		return 0
	}
	b := r.data[r.at]
	r.at++
	return b
}

func (r *reader) bytes(n uint32) []byte {
	if r.failed || uint64(n) > uint64(len(r.data)-r.at) {
		r.failed = true
		return nil
	}
	b := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return b
}

// u32 reads an unsigned LEB128 number of at most 32 bits.
func (r *reader) u32() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if v > 1<<32-1 {
				r.failed = true
				return 0
			}
			return uint32(v)
		}
	}
	r.failed = true
	return 0
}

var sorts = []string{"core", "function", "value", "type", "component", "instance"}

// sort reads what kind of thing an index is about.
func (r *reader) sort() string {
	s := r.byte()
	if int(s) >= len(sorts) {
		r.failed = true
		return ""
	}
	if s == 0 {
		if r.byte() == 0x11 {
			return "core module"
		}
	}
	return sorts[s]
}

// externDesc reads the type that an import or export is given.
func (r *reader) externDesc() string {
	sort := r.sort()
	if (sort == "value" || sort == "type") && r.byte() != 0 {
		// A value with a type of its own, or a fresh resource type: a value's
		// type is an index or a primitive, both one LEB128 number here.
		if sort == "value" {
			r.u32()
		}
		return sort
	}
	r.u32()
	return sort
}
