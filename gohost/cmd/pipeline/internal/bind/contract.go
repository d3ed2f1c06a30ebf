package bind

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Contract returns the world, which is described as JSON, as the data that a generated
// package has of it.
func Contract(world []byte) (*sandbox.Contract, error) {
	w, err := parse(world)
	if err != nil {
		return nil, err
	}
	return contractOf(w), nil
}

func contractOf(w *world) *sandbox.Contract {
	return &sandbox.Contract{
		World: w.id, Runtime: cabi.Version1,
		Exports: interfacesOf(w.exports, false), Imports: interfacesOf(w.imports, true),
	}
}

func interfacesOf(ifaces []*iface, imported bool) (out []sandbox.Interface) {
	for _, i := range ifaces {
		data := sandbox.Interface{Name: i.name, Version: i.version}
		for _, f := range i.functions {
			params, results := f.core(imported)
			data.Functions = append(data.Functions, sandbox.Function{
				Name: f.name, Params: params, Results: results, Type: f.text, Handles: f.handles(),
			})
		}
		for _, r := range i.resources {
			data.Resources = append(data.Resources, r.name)
		}
		out = append(out, data)
	}
	return out
}

// handles returns the resources of the function's handles, in the order of its text.
func (f *function) handles() (out []string) {
	var add func(t *valueType)
	add = func(t *valueType) {
		if t == nil {
			return
		}
		if t.kind == kindOwn || t.kind == kindBorrow {
			name := t.resource.owner.id + "#" + t.resource.name
			if t.resource.exported {
				name = cabi.ExportPrefix + name
			}
			out = append(out, name)
			return
		}
		for _, field := range t.fields {
			add(field.typ)
		}
		for _, part := range []*valueType{t.key, t.elem, t.ok, t.err} {
			add(part)
		}
	}
	for _, p := range f.params {
		add(p.typ)
	}
	add(f.result)
	return out
}

// writeContract returns the world as data, which a module is checked against.
func (g *generator) writeContract() string {
	var w strings.Builder
	c := contractOf(g.world)
	fmt.Fprintf(&w, "// This package needs package cabi of this version.\nconst _ = cabi.Version%d\n\n", c.Runtime)
	fmt.Fprintf(&w, "// Contract returns the world as data: what a module exports, and what it may import.\n")
	fmt.Fprintf(&w, "func Contract() *sandbox.Contract {\nreturn &sandbox.Contract{\nWorld: %q,\nRuntime: %d,\n", c.World, c.Runtime)
	writeInterfaces(&w, "Exports", c.Exports)
	writeInterfaces(&w, "Imports", c.Imports)
	fmt.Fprint(&w, "}\n}\n")
	return w.String()
}

func writeInterfaces(w *strings.Builder, name string, ifaces []sandbox.Interface) {
	if len(ifaces) == 0 {
		return
	}
	fmt.Fprintf(w, "%s: []sandbox.Interface{\n", name)
	for _, i := range ifaces {
		fmt.Fprint(w, "{\n")
		if i.Name != "" {
			fmt.Fprintf(w, "Name: %q,\n", i.Name)
		}
		if i.Version != "" {
			fmt.Fprintf(w, "Version: %q,\n", i.Version)
		}
		if len(i.Functions) > 0 {
			fmt.Fprint(w, "Functions: []sandbox.Function{\n")
			for _, f := range i.Functions {
				fmt.Fprintf(w, "{Name: %q, Params: %q, Results: %q, Type: %q", f.Name, f.Params, f.Results, f.Type)
				if len(f.Handles) > 0 {
					fmt.Fprintf(w, ", Handles: %#v", f.Handles)
				}
				fmt.Fprint(w, "},\n")
			}
			fmt.Fprint(w, "},\n")
		}
		if len(i.Resources) > 0 {
			fmt.Fprint(w, "Resources: []string{")
			for _, r := range i.Resources {
				fmt.Fprintf(w, "%q, ", r)
			}
			fmt.Fprint(w, "},\n")
		}
		fmt.Fprint(w, "},\n")
	}
	fmt.Fprint(w, "},\n")
}
