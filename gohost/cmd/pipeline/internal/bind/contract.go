package bind

import (
	"fmt"
	"strings"
)

// writeContract returns the world as data, which a module is checked against.
func (g *generator) writeContract() string {
	var w strings.Builder
	fmt.Fprintf(&w, "// This package needs package cabi of this version.\nconst _ = cabi.Version1\n\n")
	fmt.Fprintf(&w, "// Contract returns the world as data: what a module exports, and what it may import.\n")
	fmt.Fprintf(&w, "func Contract() *sandbox.Contract {\nreturn &sandbox.Contract{\nWorld: %q,\nRuntime: 1,\n", g.world.id)
	writeInterfaces(&w, "Exports", g.world.exports, false)
	writeInterfaces(&w, "Imports", g.world.imports, true)
	fmt.Fprint(&w, "}\n}\n")
	return w.String()
}

func writeInterfaces(w *strings.Builder, name string, ifaces []*iface, imported bool) {
	if len(ifaces) == 0 {
		return
	}
	fmt.Fprintf(w, "%s: []sandbox.Interface{\n", name)
	for _, i := range ifaces {
		fmt.Fprint(w, "{\n")
		if i.name != "" {
			fmt.Fprintf(w, "Name: %q,\n", i.name)
		}
		if i.version != "" {
			fmt.Fprintf(w, "Version: %q,\n", i.version)
		}
		if len(i.functions) > 0 {
			fmt.Fprint(w, "Functions: []sandbox.Function{\n")
			for _, f := range i.functions {
				params, results := f.core(imported)
				fmt.Fprintf(w, "{Name: %q, Params: %q, Results: %q, Type: %q},\n", f.name, params, results, f.text)
			}
			fmt.Fprint(w, "},\n")
		}
		if len(i.resources) > 0 {
			fmt.Fprint(w, "Resources: []string{")
			for _, r := range i.resources {
				fmt.Fprintf(w, "%q, ", r.name)
			}
			fmt.Fprint(w, "},\n")
		}
		fmt.Fprint(w, "},\n")
	}
	fmt.Fprint(w, "},\n")
}
