// Package world reads what package wit describes of a world, for those who write source for
// it.
package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A World is a world of WIT.
type World struct {
	Package, Version, Name string
	// Types come after those that they refer to.
	Types            []*Type
	Imports, Exports []*Interface
}

// A Type is a type of WIT.
type Type struct {
	// Kind is that of the description, or the name of a primitive type.
	Kind string
	// Name is "" for a type without one.
	Name string
	// Owner is the interface with its version, or "" for the world.
	Owner string
	// Exported reports whether a resource is the plugin's own.
	Exported bool

	Size, Align uint32
	// Flat has a letter for each core value: i, I, f or F for i32, i64, f32 or f64. It is "?"
	// if there are more than 16.
	Flat string

	// Fields are a record's fields, a tuple's elements, cases, or flags.
	Fields []Field
	// Elem is the element of a list, a fixed list or an option, a map's value, the resource of
	// a handle, or what an alias means. Key is a map's.
	Elem, Key *Type
	OK, Err   *Type
	Length    uint32
}

// A Field has a nil Type if it is a flag, or a case without a payload.
type Field struct {
	Name string
	Type *Type
}

// An Interface has functions. Name is "" for the functions of the world itself.
type Interface struct {
	Name, Version string
	Types         []*Type // with a name
	Resources     []*Type
	Functions     []*Function
}

// A Function is a function of an interface.
type Function struct {
	// Name is the name in the component model, as in [method]bucket.get, and Item is the
	// name in WIT, as in get.
	Name, Item string
	// Kind is function, method, static or constructor. The first parameter of a method is
	// itself.
	Kind     string
	Resource *Type // nil for a function
	Params   []Field
	Result   *Type

	CoreParams, CoreResults        string
	ParamsInMemory, ResultInMemory bool
}

// ID returns the world's name with its package and version.
func (w *World) ID() string { return id(w.Package+"/"+w.Name, w.Version) }

// ID returns the interface's name with its version.
func (i *Interface) ID() string { return id(i.Name, i.Version) }

func id(name, version string) string {
	if version == "" {
		return name
	}
	return name + "@" + version
}

// Base returns what a type means.
func (t *Type) Base() *Type {
	for t.Kind == "alias" {
		t = t.Elem
	}
	return t
}

// IsUse reports whether a type is one of another interface that is used under its own name.
func (t *Type) IsUse() bool { return t.Kind == "alias" && t.Elem.Name == t.Name }

var primitives = map[string]*Type{}

func init() {
	for name, p := range map[string]struct {
		size uint32
		flat string
	}{
		"bool": {1, "i"}, "u8": {1, "i"}, "s8": {1, "i"}, "u16": {2, "i"}, "s16": {2, "i"}, "u32": {4, "i"}, "s32": {4, "i"},
		"char": {4, "i"}, "f32": {4, "f"}, "u64": {8, "I"}, "s64": {8, "I"}, "f64": {8, "F"}, "string": {8, "ii"},
	} {
		align := p.size
		if name == "string" {
			align = 4
		}
		primitives[name] = &Type{Kind: name, Size: p.size, Align: align, Flat: p.flat}
	}
}

// Primitive returns the type of that name, or nil.
func Primitive(name string) *Type { return primitives[name] }

// Read reads the description of a world that has functions to be written.
func Read(description []byte) (*World, error) {
	var in input
	if err := json.Unmarshal(description, &in); err != nil {
		return nil, fmt.Errorf("the description of the world: %w", err)
	}
	w, err := in.world()
	if err != nil {
		return nil, fmt.Errorf("the description of the world: %w", err)
	}
	return w, w.check()
}

// check returns an error for what no skeleton can be made of.
func (w *World) check() error {
	versions := map[string]string{}
	functions := 0
	for _, i := range append(append([]*Interface(nil), w.Imports...), w.Exports...) {
		pkg, _, _ := strings.Cut(i.Name, "/")
		if version, seen := versions[pkg]; seen && version != i.Version && pkg != "" {
			return fmt.Errorf("the world has two versions of %s, which a skeleton cannot have", pkg)
		}
		versions[pkg] = i.Version
	}
	for _, i := range w.Exports {
		functions += len(i.Functions)
	}
	if functions == 0 {
		return errors.New("the world exports no functions, so there is nothing to write")
	}
	return nil
}

// Without returns an error that names what a language's skeleton cannot have, if the world
// has it: resources, when it exports them, or types of the kinds.
func (w *World) Without(language string, resources bool, kinds ...string) error {
	for _, i := range w.Exports {
		if !resources && len(i.Resources) > 0 {
			return fmt.Errorf("%s exports the resource %s, which a skeleton in %s cannot have", i.ID(), i.Resources[0].Name, language)
		}
	}
	return w.WithoutTypes(func(t *Type) string {
		if !slices.Contains(kinds, t.Kind) {
			return ""
		}
		return fmt.Sprintf("a %s, which a skeleton in %s cannot have", strings.ReplaceAll(t.Kind, "-", " "), language)
	})
}

// WithoutTypes returns an error that names the function, if refuse returns a reason for a type
// of one, or for a type within it.
func (w *World) WithoutTypes(refuse func(*Type) string) error {
	for _, i := range append(append([]*Interface(nil), w.Imports...), w.Exports...) {
		for _, f := range i.Functions {
			types := []*Type{f.Result}
			for _, p := range f.Params {
				types = append(types, p.Type)
			}
			for _, t := range types {
				if reason := t.find(refuse); reason != "" {
					return fmt.Errorf("the function %s: %s", f.Name, reason)
				}
			}
		}
	}
	return nil
}

// find returns the first reason that is not empty for the type or one within it.
func (t *Type) find(reason func(*Type) string) string {
	if t == nil {
		return ""
	}
	if found := reason(t); found != "" {
		return found
	}
	parts := []*Type{t.Key, t.OK, t.Err}
	if t.Kind != "own" && t.Kind != "borrow" {
		parts = append(parts, t.Elem)
	}
	for _, f := range t.Fields {
		parts = append(parts, f.Type)
	}
	for _, part := range parts {
		if found := part.find(reason); found != "" {
			return found
		}
	}
	return ""
}

// Has reports whether the type is of one of the kinds, or has one within it.
func (t *Type) Has(kinds ...string) bool {
	return t.find(func(t *Type) string {
		if slices.Contains(kinds, t.Kind) {
			return t.Kind
		}
		return ""
	}) != ""
}
