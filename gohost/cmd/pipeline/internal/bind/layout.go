package bind

// maxFlatParams and maxFlatResults are the numbers of flat values beyond which
// parameters and results are passed in memory.
const (
	maxFlatParams  = 16
	maxFlatResults = 1
)

// A layout is how the canonical ABI passes values of a type.
type layout struct {
	size, align uint64
	// flat is a letter for each flat value: i, I, f or F for i32, i64, f32 or f64. It
	// ends after one more than maxFlatParams: then values are passed in memory, and
	// how many more there are does not matter.
	flat string
	// fields are the offsets of a record's fields and of a tuple's elements; the only
	// one of a variant, an option or a result is that of the payload.
	fields []uint64
}

func (l *layout) addFlat(letters string) {
	l.flat += letters
	if len(l.flat) > maxFlatParams+1 {
		l.flat = l.flat[:maxFlatParams+1]
	}
}

// primitives are the types that WIT defines.
var primitives = map[string]struct {
	goType string
	size   uint64
	flat   string
}{
	"bool": {"bool", 1, "i"}, "char": {"rune", 4, "i"}, "string": {"string", 8, "ii"},
	"u8": {"uint8", 1, "i"}, "u16": {"uint16", 2, "i"}, "u32": {"uint32", 4, "i"}, "u64": {"uint64", 8, "I"},
	"s8": {"int8", 1, "i"}, "s16": {"int16", 2, "i"}, "s32": {"int32", 4, "i"}, "s64": {"int64", 8, "I"},
	"f32": {"float32", 4, "f"}, "f64": {"float64", 8, "F"},
}

func alignTo(n, align uint64) uint64 { return (n + align - 1) / align * align }

// layoutOf computes the layout of a type whose parts have theirs.
func layoutOf(t *valueType) layout {
	switch t.kind {
	case kindPrimitive:
		p := primitives[t.primitive]
		return layout{size: p.size, align: min(p.size, 8, alignOfPrimitive(t.primitive)), flat: p.flat}
	case kindRecord, kindTuple:
		return sequence(fieldTypes(t.fields))
	case kindList, kindMap:
		return layout{size: 8, align: 4, flat: "ii"}
	case kindArray:
		l := layout{size: t.elem.size * uint64(t.length), align: t.elem.align}
		for range min(t.length, maxFlatParams+1) {
			l.addFlat(t.elem.flat)
		}
		return l
	case kindOption:
		return union(2, []*valueType{t.elem})
	case kindResult:
		return union(2, []*valueType{t.ok, t.err})
	case kindVariant:
		return union(len(t.fields), fieldTypes(t.fields))
	case kindEnum:
		size := discriminantSize(len(t.fields))
		return layout{size: size, align: size, flat: "i"}
	case kindFlags:
		size := flagsSize(len(t.fields))
		return layout{size: size, align: size, flat: "i"}
	case kindOwn, kindBorrow:
		return layout{size: 4, align: 4, flat: "i"}
	case kindAlias:
		return t.elem.layout
	default:
		return layout{}
	}
}

func alignOfPrimitive(name string) uint64 {
	if name == "string" {
		return 4
	}
	return 8
}

// sequence returns the layout of types one after the other.
func sequence(types []*valueType) layout {
	l := layout{align: 1}
	for _, t := range types {
		l.size = alignTo(l.size, t.align)
		l.fields = append(l.fields, l.size)
		l.size += t.size
		l.align = max(l.align, t.align)
		l.addFlat(t.flat)
	}
	l.size = alignTo(l.size, l.align)
	return l
}

// union returns the layout of one of several payloads, with a discriminant before it.
// A nil type is no payload.
func union(cases int, payloads []*valueType) layout {
	discriminant := discriminantSize(cases)
	var payload, size uint64 = 1, 0
	var flat []byte
	for _, t := range payloads {
		if t == nil {
			continue
		}
		payload, size = max(payload, t.align), max(size, t.size)
		for i := range len(t.flat) {
			if i == len(flat) {
				flat = append(flat, t.flat[i])
			} else {
				flat[i] = join(flat[i], t.flat[i])
			}
		}
	}
	at := alignTo(discriminant, payload)
	align := max(discriminant, payload)
	l := layout{size: alignTo(at+size, align), align: align, fields: []uint64{at}}
	l.addFlat("i" + string(flat))
	return l
}

// join returns the flat type that can hold values of two others.
func join(a, b byte) byte {
	switch {
	case a == b:
		return a
	case a == 'i' && b == 'f', a == 'f' && b == 'i':
		return 'i'
	default:
		return 'I'
	}
}

func discriminantSize(cases int) uint64 {
	switch {
	case cases <= 1<<8:
		return 1
	case cases <= 1<<16:
		return 2
	default:
		return 4
	}
}

func flagsSize(flags int) uint64 {
	switch {
	case flags <= 8:
		return 1
	case flags <= 16:
		return 2
	default:
		return 4
	}
}

func fieldTypes(fields []field) []*valueType {
	types := make([]*valueType, len(fields))
	for i, f := range fields {
		types[i] = f.typ
	}
	return types
}

// isPlain reports whether a type has only integers and floats, and no bytes between
// them. It has the same layout in Go then, so lists of it are copied whole.
func isPlain(t *valueType) bool {
	used, ok := plainBytes(t)
	return ok && used == t.size
}

// plainBytes returns how many bytes the numbers in a type take, and false if it has
// anything else.
func plainBytes(t *valueType) (used uint64, ok bool) {
	switch t.kind {
	case kindAlias:
		return plainBytes(t.elem)
	case kindPrimitive:
		return t.size, t.primitive != "bool" && t.primitive != "char" && t.primitive != "string"
	case kindRecord, kindTuple:
		for _, f := range t.fields {
			n, ok := plainBytes(f.typ)
			if !ok {
				return 0, false
			}
			used += n
		}
		return used, true
	case kindArray:
		n, ok := plainBytes(t.elem)
		return n * uint64(t.length), ok
	default:
		return 0, false
	}
}
