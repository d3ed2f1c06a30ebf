package bind

import (
	"fmt"
	"slices"
	"strings"
)

// The generated functions that move values of a type, and when they are used:
//
//	load, store   between Go and memory
//	pop, push     between Go and flat values
//
// They are generated once for each type, and only where something uses them.
type helpers struct {
	names map[string]bool
	// funcs has the names of functions by operation and type.
	funcs map[string]string
	code  strings.Builder
	// lists and maps are described by variables.
	lists []*listVar
	byID  map[string]*listVar
}

// A listVar is the variable for lists or maps of a type. The functions for elements
// are "nil" for a direction that nothing uses.
type listVar struct {
	typ                *valueType
	name               string
	load, store        string
	hasLoad, hasStores bool
}

func newHelpers() *helpers {
	return &helpers{names: map[string]bool{}, funcs: map[string]string{}, byID: map[string]*listVar{}}
}

// name returns a name for a helper that no other has.
func (h *helpers) name(prefix, rest string) string {
	const longest = 60
	return unique(prefix+rest[:min(len(rest), longest)], h.names)
}

// helper returns the name of the function for an operation on a type. At the first use
// it writes the function: signature is what follows the name.
func (h *helpers) helper(operation string, t *valueType, signature string, body func(w *strings.Builder)) string {
	id := operation + " " + typeID(t)
	if name := h.funcs[id]; name != "" {
		return name
	}
	name := h.name(operation, helperName(t))
	h.funcs[id] = name
	var w strings.Builder
	body(&w)
	fmt.Fprintf(&h.code, "func %s%s {\n%s}\n\n", name, signature, w.String())
	return name
}

// offset returns the address of a part, as an expression.
func offset(at string, by uint64) string {
	if by == 0 {
		return at
	}
	return fmt.Sprintf("%s+%d", at, by)
}

// unsigned returns the unsigned type of a size, in WIT.
func unsigned(size uint64) string { return fmt.Sprintf("U%d", size*8) }

// mask returns an operation that keeps only the bits of flags.
func mask(t *valueType) string {
	n := len(t.fields)
	if uint64(n) == t.size*8 {
		return ""
	}
	return fmt.Sprintf(" & %#x", uint64(1)<<n-1)
}

// what names a type in an error.
func what(t *valueType) string {
	switch t.kind {
	case kindOption:
		return "an option"
	case kindResult:
		return "a result"
	case kindEnum:
		return "the enum " + t.name
	default:
		return "the variant " + t.name
	}
}

// discriminant returns the checked discriminant in memory, or the next flat value.
func discriminant(t *valueType, cases int, at string) string {
	value := "c.PopI32()"
	if at != "" {
		value = widened(discriminantSize(cases), at)
	}
	return fmt.Sprintf("c.Discriminant(%s, %d, %q)", value, cases, what(t))
}

func widened(size uint64, at string) string {
	load := fmt.Sprintf("c.Load%s(%s)", unsigned(size), at)
	if size == 4 {
		return load
	}
	return "uint32(" + load + ")"
}

// narrowed returns a u32 as an unsigned number of a size.
func narrowed(size uint64, value string) string {
	if size == 4 {
		return value
	}
	return fmt.Sprintf("uint%d(%s)", size*8, value)
}

// lowerEnum returns the function that checks a value of an enum.
func (h *helpers) lowerEnum(t *valueType) string {
	return h.helper("lower", t, fmt.Sprintf("(c *cabi.Call, v %s) uint32", t.goName), func(w *strings.Builder) {
		fmt.Fprintf(w, "if v > %s {\nc.Invalid(\"%%d is no case of %s\", uint32(v))\nreturn 0\n}\n", t.fields[len(t.fields)-1].goName, what(t))
		fmt.Fprintln(w, "return uint32(v)")
	})
}

// list returns the variable for a list or a map that is lifted or lowered.
func (h *helpers) list(t *valueType, lift bool) string {
	id := typeID(t)
	v := h.byID[id]
	if v == nil {
		prefix, rest := "listOf", ""
		if t.kind == kindMap {
			prefix, rest = "mapOf", helperName(t.key)
		}
		v = &listVar{typ: t, name: h.name(prefix, rest+helperName(t.elem)), load: "nil", store: "nil"}
		h.byID[id] = v
		h.lists = append(h.lists, v)
	}
	switch {
	case lift && !v.hasLoad:
		v.hasLoad = true
		if t.kind == kindMap {
			v.load = h.loadEntry(t)
		} else {
			v.load = h.loadFunc(t.elem)
		}
	case !lift && !v.hasStores:
		v.hasStores = true
		if t.kind == kindMap {
			v.store = h.storeEntry(t)
		} else {
			v.store = h.storeFunc(t.elem)
		}
	}
	return v.name
}

// loadFunc returns a function that loads an element of a list.
func (h *helpers) loadFunc(t *valueType) string {
	b := t.base()
	if isCompound(b) {
		return h.liftHelper(b, true)
	}
	if b.kind == kindPrimitive {
		return "(*cabi.Call).Load" + capitalizedFirst(b.primitive)
	}
	return h.helper("load", b, "(c *cabi.Call, at uint32) "+goType(b), func(w *strings.Builder) {
		fmt.Fprintf(w, "return %s\n", h.liftExpression(b, "at", "nil"))
	})
}

// storeFunc returns a function that stores an element of a list.
func (h *helpers) storeFunc(t *valueType) string {
	b := t.base()
	if isCompound(b) {
		return h.lowerHelper(b, true)
	}
	if b.kind == kindPrimitive {
		return "(*cabi.Call).Store" + capitalizedFirst(b.primitive)
	}
	return h.helper("store", b, fmt.Sprintf("(c *cabi.Call, at uint32, v %s)", goType(b)), func(w *strings.Builder) {
		fmt.Fprintln(w, h.lower(b, "at", 0, "v"))
	})
}

func entryLayout(t *valueType) layout { return sequence([]*valueType{t.key, t.elem}) }

func (h *helpers) loadEntry(t *valueType) string {
	signature := fmt.Sprintf("(c *cabi.Call, at uint32) (k %s, v %s)", goType(t.key), goType(t.elem))
	return h.helper("loadEntry", t, signature, func(w *strings.Builder) {
		l := entryLayout(t)
		fmt.Fprintf(w, "%s\n%s\nreturn k, v\n", h.lift(t.key, "at", l.fields[0], "k"), h.lift(t.elem, "at", l.fields[1], "v"))
	})
}

func (h *helpers) storeEntry(t *valueType) string {
	signature := fmt.Sprintf("(c *cabi.Call, at uint32, k %s, v %s)", goType(t.key), goType(t.elem))
	return h.helper("storeEntry", t, signature, func(w *strings.Builder) {
		l := entryLayout(t)
		fmt.Fprintf(w, "%s\n%s\n", h.lower(t.key, "at", l.fields[0], "k"), h.lower(t.elem, "at", l.fields[1], "v"))
	})
}

// write returns the variables and functions.
func (h *helpers) write() string {
	var w strings.Builder
	if len(h.lists) > 0 {
		fmt.Fprintf(&w, "// Lists and maps, with the size and alignment of their elements.\nvar (\n")
		for _, v := range h.lists {
			w.WriteString(v.declaration())
		}
		fmt.Fprint(&w, ")\n\n")
	}
	plain := slices.DeleteFunc(slices.Clone(h.lists), func(v *listVar) bool { return !v.isPlain() || v.typ.elem.base().kind == kindPrimitive })
	if len(plain) > 0 {
		fmt.Fprintf(&w, "// Lists of these are copied whole, since their size in Go is that in a guest's memory:\n// otherwise this does not compile.\nconst (\n")
		for _, v := range plain {
			fmt.Fprintf(&w, "_ uintptr = -(unsafe.Sizeof(%s{}) ^ %d)\n", goType(v.typ.elem), v.typ.elem.size)
		}
		fmt.Fprint(&w, ")\n\n")
	}
	w.WriteString(h.code.String())
	return w.String()
}

func (v *listVar) isPlain() bool {
	return v.typ.kind == kindList && isPlain(v.typ.elem)
}

func (v *listVar) declaration() string {
	giving := ""
	if v.hasStores && givesValues(v.typ) {
		giving = ".Giving()"
	}
	if v.typ.kind == kindMap {
		compare := fmt.Sprintf("cmp.Compare[%s]", goType(v.typ.key))
		if isPrimitive(v.typ.key, "bool") {
			compare = "cabi.CompareBool"
		}
		l := entryLayout(v.typ)
		return fmt.Sprintf("%s = cabi.NewMap[%s, %s](%d, %d, %s, %s, %s)%s\n", v.name, goType(v.typ.key), goType(v.typ.elem), l.size, l.align, compare, v.load, v.store, giving)
	}
	e := v.typ.elem
	function := "New"
	if v.isPlain() {
		function += "Plain"
	}
	if isCompound(e) {
		function += "Record"
	}
	function += "List"
	return fmt.Sprintf("%s = cabi.%s[%s](%d, %d, %s, %s)%s\n", v.name, function, goType(e), e.size, e.align, v.load, v.store, giving)
}
