package bind

import "strings"

// reservedNames are declared in every generated package.
var reservedNames = map[string]bool{"Load": true, "Check": true, "Contract": true, "Binding": true, "Imports": true}

// assignNames gives all types, functions and parameters their names in Go.
func (w *world) assignNames() {
	w.packageScope()
	w.worldScope()
	for _, r := range w.resources {
		w.resourceScope(r)
	}
	for _, i := range w.imports {
		i.scope()
	}
	for _, list := range [][]*iface{w.imports, w.exports} {
		for _, i := range list {
			for _, f := range i.functions {
				for n, name := range paramNames(f.params) {
					f.params[n].goName = name
				}
			}
		}
	}
}

func (w *world) packageScope() {
	s := &scope{}
	s.reserve(w.goName)
	for name := range reservedNames {
		s.reserve(name)
	}
	for _, t := range w.types {
		if t.name == "" {
			s.add(nil, func(prefix string, number int) []string { return t.setNames(numbered("Tuple", number)) })
			continue
		}
		s.add(t.owner.prefixes, func(prefix string, number int) []string {
			return t.setNames(numbered(prefix+pascal(t.name), number))
		})
	}
	for _, r := range w.resources {
		o := r.owner
		if r.exported && w.isImported(r.owner.id) {
			o = o.exported()
		}
		s.add(o.prefixes, func(prefix string, number int) []string {
			r.goName = numbered(prefix+pascal(r.name), number)
			return []string{r.goName}
		})
	}
	for _, i := range w.imports {
		if !i.hasGoInterface() {
			continue
		}
		// The interface's own name is its first prefix.
		prefixes := i.owner.prefixes[1:]
		if i.name == "" {
			prefixes = []string{"World", w.goName + "World"}
		}
		s.add(prefixes, func(prefix string, number int) []string {
			i.goName = numbered(prefix, number)
			return []string{i.goName}
		})
	}
	s.resolve()
}

func (w *world) isImported(id string) bool {
	for _, i := range w.imports {
		if i.owner.id == id {
			return true
		}
	}
	return false
}

// hasGoInterface reports whether an imported interface has functions that are not
// methods, which Go programs implement.
func (i *iface) hasGoInterface() bool {
	for _, f := range i.functions {
		if f.kind != kindMethod {
			return true
		}
	}
	return false
}

// setNames names a type and what its declaration declares besides it, and returns the
// names.
func (t *valueType) setNames(name string) []string {
	t.goName = name
	names := []string{name}
	used := map[string]bool{}
	for i := range t.fields {
		f := &t.fields[i]
		switch t.kind {
		case kindRecord:
			f.goName = unique(pascal(f.name), used)
		case kindVariant, kindEnum, kindFlags:
			f.goName = unique(name+pascal(f.name), used)
			names = append(names, f.goName)
		}
	}
	return names
}

// standardMethods are names of methods that go vet expects to have the standard library's
// signatures.
var standardMethods = []string{
	"GobDecode", "GobEncode", "MarshalJSON", "MarshalXML", "ReadByte", "ReadRune", "UnmarshalJSON", "UnmarshalXML",
	"UnreadByte", "UnreadRune", "WriteByte",
}

// worldScope names the methods of the world's type.
func (w *world) worldScope() {
	s := &scope{}
	s.reserve("Close", "CloseIdle", "Stats")
	s.reserve(standardMethods...)
	for _, i := range w.exports {
		for _, f := range i.functions {
			if f.kind != kindMethod {
				s.addFunction(f, i.owner.prefixes)
			}
		}
	}
	s.resolve()
}

// scope names the methods of the Go interface of an imported interface.
func (i *iface) scope() {
	s := &scope{}
	s.reserve(standardMethods...)
	for _, f := range i.functions {
		if f.kind != kindMethod {
			s.addFunction(f, i.owner.prefixes)
		}
	}
	s.resolve()
}

// resourceScope names the methods of a resource.
func (w *world) resourceScope(r *resource) {
	s := &scope{}
	s.reserve("Close")
	s.reserve(standardMethods...)
	for _, list := range [][]*iface{w.imports, w.exports} {
		for _, i := range list {
			for _, f := range i.functions {
				if f.kind == kindMethod && f.resource == r {
					s.addFunction(f, []string{"", r.goName})
				}
			}
		}
	}
	s.resolve()
}

func (s *scope) addFunction(f *function, prefixes []string) {
	s.add(prefixes, func(prefix string, number int) []string {
		name := prefix + pascal(f.item)
		switch f.kind {
		case kindConstructor:
			name = "New" + prefix + strings.TrimPrefix(f.resource.goName, prefix)
		case kindStatic:
			name = prefix + strings.TrimPrefix(f.resource.goName, prefix) + pascal(f.item)
		}
		f.goName = numbered(name, number)
		if f.appends {
			return []string{f.goName, "Append" + f.goName}
		}
		return []string{f.goName}
	})
}
