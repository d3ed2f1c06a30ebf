package golang

import (
	"fmt"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

// isNumber reports whether a type lies in Go's memory as it does in the ABI's.
func isNumber(t *world.Type) bool {
	switch t.Kind {
	case "string":
		return false
	case "enum", "flags", "own", "borrow":
		return true
	}
	return world.Primitive(t.Kind) != nil
}

// load returns the function that loads a type, and writes it if it is new.
func (w *writer) load(t *world.Type) string {
	t = t.Base()
	switch {
	case t.Kind == "string":
		return "loadString"
	case isNumber(t):
		return "load[" + w.typ(t) + "]"
	case w.loads[t] != "":
		return w.loads[t]
	}
	name := w.names.New(w.accessName("load", t))
	w.loads[t] = name
	body := w.loading(t)
	fmt.Fprintf(&w.access, "\nfunc %s(p unsafe.Pointer) %s {\n%s}\n", name, w.typ(t), body)
	return name
}

// store returns the function that stores a type, and writes it if it is new.
func (w *writer) store(t *world.Type) string {
	t = t.Base()
	switch {
	case t.Kind == "string":
		return "storeString"
	case isNumber(t):
		return "store[" + w.typ(t) + "]"
	case w.stores[t] != "":
		return w.stores[t]
	}
	name := w.names.New(w.accessName("store", t))
	w.stores[t] = name
	body := w.storing(t)
	fmt.Fprintf(&w.access, "\nfunc %s(p unsafe.Pointer, v %s) {\n%s}\n", name, w.typ(t), body)
	return name
}

func (w *writer) accessName(verb string, t *world.Type) string {
	if t.Name != "" {
		return verb + w.types[t]
	}
	for n, other := range w.world.Types {
		if other == t {
			return fmt.Sprintf("%s%d", verb, n)
		}
	}
	return verb + "Arguments"
}

func at(offset uint32) string {
	if offset == 0 {
		return "p"
	}
	return fmt.Sprintf("unsafe.Add(p, %d)", offset)
}

// pair returns an entry of a map as a tuple.
func pair(t *world.Type) *world.Type {
	p := &world.Type{Kind: "tuple", Fields: []world.Field{{Type: t.Key}, {Type: t.Elem}}}
	p.Align = max(t.Key.Align, t.Elem.Align)
	p.Size = (p.Offsets()[1] + t.Elem.Size + p.Align - 1) / p.Align * p.Align
	return p
}

func (w *writer) loading(t *world.Type) string {
	typ := w.typ(t)
	switch t.Kind {
	case "record", "tuple":
		s := "\treturn " + typ + "{\n"
		names := fieldNames(t)
		for i, offset := range t.Offsets() {
			s += fmt.Sprintf("\t\t%s: %s(%s),\n", names[i], w.load(t.Fields[i].Type), at(offset))
		}
		return s + "\t}\n"
	case "list":
		if isNumber(t.Elem.Base()) {
			return fmt.Sprintf("\treturn loadNumbers[%s](p)\n", w.typ(t.Elem))
		}
		return fmt.Sprintf("\treturn loadList(p, %d, %s)\n", t.Elem.Size, w.load(t.Elem))
	case "fixed-list":
		return fmt.Sprintf("\tvar v %s\n\tfor i := range v {\n\t\tv[i] = %s(unsafe.Add(p, i*%d))\n\t}\n\treturn v\n", typ, w.load(t.Elem), t.Elem.Size)
	case "map":
		entry := pair(t)
		return fmt.Sprintf(`	v := %s{}
	data, n := unsafe.Add(nil, load[uint32](p)), load[uint32](unsafe.Add(p, 4))
	for i := range n {
		p := unsafe.Add(data, i*%d)
		v[%s(p)] = %s(%s)
	}
	return v
`, typ, entry.Size, w.load(t.Key), w.load(t.Elem), at(entry.Offsets()[1]))
	case "option":
		return fmt.Sprintf("\tif load[uint8](p) == 0 {\n\t\treturn nil\n\t}\n\tv := %s(%s)\n\treturn &v\n", w.load(t.Elem), at(t.PayloadOffset()))
	case "result":
		value := func(field string, payload *world.Type) string {
			if payload == nil {
				return ""
			}
			return fmt.Sprintf("%s: %s(%s)", field, w.load(payload), at(t.PayloadOffset()))
		}
		err := value("Err", t.Err)
		if err != "" {
			err = ", " + err
		}
		return fmt.Sprintf("\tif load[uint8](p) != 0 {\n\t\treturn %s{IsErr: true%s}\n\t}\n\treturn %s{%s}\n", typ, err, typ, value("OK", t.OK))
	}
	// A variant.
	s := fmt.Sprintf("\tswitch load[uint%d](p) {\n", 8*t.TagSize())
	for n, f := range t.Fields {
		value := ""
		if f.Type != nil {
			value = fmt.Sprintf("Value: %s(%s)", w.load(f.Type), at(t.PayloadOffset()))
		}
		s += fmt.Sprintf("\tcase %d:\n\t\treturn %s{%s}\n", n, w.caseName(t, f), value)
	}
	return s + fmt.Sprintf("\t}\n\tpanic(\"no case of %s\")\n", t.Name)
}

func (w *writer) storing(t *world.Type) string {
	switch t.Kind {
	case "record", "tuple":
		s := ""
		names := fieldNames(t)
		for i, offset := range t.Offsets() {
			s += fmt.Sprintf("\t%s(%s, v.%s)\n", w.store(t.Fields[i].Type), at(offset), names[i])
		}
		return s
	case "list":
		if isNumber(t.Elem.Base()) {
			return "\tstoreNumbers(p, v)\n"
		}
		return fmt.Sprintf("\tstoreList(p, v, %d, %s)\n", t.Elem.Size, w.store(t.Elem))
	case "fixed-list":
		return fmt.Sprintf("\tfor i := range v {\n\t\t%s(unsafe.Add(p, i*%d), v[i])\n\t}\n", w.store(t.Elem), t.Elem.Size)
	case "map":
		entry := pair(t)
		return fmt.Sprintf(`	data := lend(uint32(len(v)) * %d)
	store(p, address(data))
	store(unsafe.Add(p, 4), uint32(len(v)))
	p = data
	for key, value := range v {
		%s(p, key)
		%s(%s, value)
		p = unsafe.Add(p, %d)
	}
`, entry.Size, w.store(t.Key), w.store(t.Elem), at(entry.Offsets()[1]), entry.Size)
	case "option":
		return fmt.Sprintf("\tstore(p, uint8(0))\n\tif v != nil {\n\t\tstore(p, uint8(1))\n\t\t%s(%s, *v)\n\t}\n", w.store(t.Elem), at(t.PayloadOffset()))
	case "result":
		value := func(field string, payload *world.Type) string {
			if payload == nil {
				return ""
			}
			return fmt.Sprintf("\t\t%s(%s, v.%s)\n", w.store(payload), at(t.PayloadOffset()), field)
		}
		return fmt.Sprintf("\tif v.IsErr {\n\t\tstore(p, uint8(1))\n%s\t} else {\n\t\tstore(p, uint8(0))\n%s\t}\n", value("Err", t.Err), value("OK", t.OK))
	}
	// A variant.
	s, used := "", "switch v.(type) {\n"
	for n, f := range t.Fields {
		s += fmt.Sprintf("\tcase %s:\n\t\tstore(p, uint%d(%d))\n", w.caseName(t, f), 8*t.TagSize(), n)
		if f.Type != nil {
			used = "switch v := v.(type) {\n"
			s += fmt.Sprintf("\t\t%s(%s, v.Value)\n", w.store(f.Type), at(t.PayloadOffset()))
		}
	}
	return "\t" + used + s + fmt.Sprintf("\tdefault:\n\t\tpanic(\"nil is no %s\")\n\t}\n", t.Name)
}
