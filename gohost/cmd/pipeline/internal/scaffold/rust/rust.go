// Package rust writes the source of a plugin in Rust, with functions that are not written yet,
// as wit-bindgen wants them.
package rust

import (
	"fmt"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

// writer writes a plugin of a world.
type writer struct {
	world *world.World
	out   strings.Builder
	// structs are the names of the plugin's resources.
	structs map[*world.Type]string
}

// Source returns the source of a plugin.
func Source(of *world.World) (string, error) {
	err := of.WithoutTypes(func(t *world.Type) string {
		if t.Kind == "fixed-list" && t.Elem.Has("string", "list", "map", "own") {
			return "a fixed list of what is no number, which wit-bindgen 0.60 cannot pass"
		}
		return ""
	})
	if err != nil {
		return "", err
	}
	w := &writer{world: of, structs: map[*world.Type]string{}}
	used := map[string]bool{"Plugin": true, "Guest": true}
	for _, t := range of.Types {
		if t.Name != "" && t.Owner == "" {
			used[upperCamel(t.Name)] = true
		}
	}
	fmt.Fprintf(&w.out, `//! A plugin of the world %s.

#![allow(unused_variables)] // until the functions are written

wit_bindgen::generate!({ path: "wit", world: %q, generate_all });

`, of.ID(), of.ID())
	if hasMaps(of) {
		w.out.WriteString("use wit_bindgen::rt::WitMap; // which the generated code of the world's own functions needs\n\n")
	}
	w.out.WriteString("compute_pipeline_guest::report_panics!();\n\nstruct Plugin;\n")
	for _, i := range of.Exports {
		if len(i.Functions) == 0 {
			continue
		}
		for _, r := range i.Resources {
			name := upperCamel(r.Name)
			for used[name] {
				name += "_"
			}
			used[name], w.structs[r] = true, name
		}
		w.iface(i)
	}
	w.out.WriteString("\n// Not natively: a native linker takes no colon in a name.\n#[cfg(target_arch = \"wasm32\")]\nexport!(Plugin);\n")
	return w.out.String(), nil
}

// hasMaps reports whether functions of the world itself have maps.
func hasMaps(of *world.World) bool {
	for _, i := range append(append([]*world.Interface(nil), of.Imports...), of.Exports...) {
		if i.Name != "" {
			continue
		}
		for _, f := range i.Functions {
			if f.Arguments().Has("map") || f.Result != nil && f.Result.Has("map") {
				return true
			}
		}
	}
	return false
}

// iface writes the trait of an interface, and those of its resources.
func (w *writer) iface(i *world.Interface) {
	path := ""
	if i.Name != "" {
		path = "exports::" + module(i.Name) + "::"
	}
	fmt.Fprintf(&w.out, "\nimpl %sGuest for Plugin {\n", path)
	for _, r := range i.Resources {
		fmt.Fprintf(&w.out, "    type %s = %s;\n", upperCamel(r.Name), w.structs[r])
	}
	w.functions(i, nil, len(i.Resources) > 0)
	w.out.WriteString("}\n")
	for _, r := range i.Resources {
		fmt.Fprintf(&w.out, "\n/// The resource `%s`: what it has is up to you.\npub struct %s;\n", r.Name, w.structs[r])
		fmt.Fprintf(&w.out, "\nimpl %sGuest%s for %s {", path, upperCamel(r.Name), w.structs[r])
		if slices.ContainsFunc(i.Functions, func(f *world.Function) bool { return f.Resource == r }) {
			w.out.WriteString("\n")
		}
		w.functions(i, r, false)
		w.out.WriteString("}\n")
	}
}

// functions writes an interface's functions of a resource, or those of none.
func (w *writer) functions(i *world.Interface, of *world.Type, after bool) {
	for _, f := range i.Functions {
		if f.Resource != of {
			continue
		}
		if after {
			w.out.WriteString("\n")
		}
		after = true
		fmt.Fprintf(&w.out, "    %s {\n        todo!(%q)\n    }\n", w.signature(f), f.Name)
	}
}

// signature returns a function's signature, in lines of 100 characters if that is possible.
func (w *writer) signature(f *world.Function) string {
	var params []string
	name, own := snake(f.Item), f.Params
	switch f.Kind {
	case "method":
		params, own = []string{"&self"}, own[1:]
	case "constructor":
		name = "new"
	}
	for _, p := range own {
		params = append(params, snake(p.Name)+": "+w.typ(p.Type))
	}
	result := ""
	switch {
	case f.Kind == "constructor" && f.Result.Kind == "result":
		result = " -> Result<Self, " + w.typ(f.Result.Err) + ">"
	case f.Kind == "constructor":
		result = " -> Self"
	case f.Result != nil:
		result = " -> " + w.typ(f.Result)
	}
	line := "fn " + name + "(" + strings.Join(params, ", ") + ")" + result
	if len(line) <= 94 || len(params) == 0 {
		return line
	}
	return "fn " + name + "(\n        " + strings.Join(params, ",\n        ") + ",\n    )" + result
}
