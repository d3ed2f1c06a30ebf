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
			data.Functions = append(data.Functions, sandbox.Function{Name: f.name, Params: params, Results: results, Type: f.text})
		}
		for _, r := range i.resources {
			data.Resources = append(data.Resources, r.name)
		}
		out = append(out, data)
	}
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
				fmt.Fprintf(w, "{Name: %q, Params: %q, Results: %q, Type: %q},\n", f.Name, f.Params, f.Results, f.Type)
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
