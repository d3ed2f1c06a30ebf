// Package c writes the source of a plugin in C, without a C library: the contract as a header,
// the canonical ABI, and functions that are not written yet.
//
// In C values lie in memory as the ABI has them, so they are passed by [world.Op] alone.
package c

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

// Sources returns the contract as a header, its implementation, and the functions to write.
func Sources(of *world.World) (header, glue, plugin string, err error) {
	if err := of.Without("C", false); err != nil {
		return "", "", "", err
	}
	w := newWriter(of)
	for _, t := range of.Types {
		w.declare(t)
	}
	w.imports()
	w.exports()
	id := of.ID()
	header = fmt.Sprintf(headerText, id, w.typedefs.String()+w.declarations.String())
	glue = fmt.Sprintf(glueText, id, w.asserts.String()+w.glue.String())
	plugin = fmt.Sprintf("// A plugin of the world %s.\n#include \"contract.h\"\n%s", id, w.plugin.String())
	return header, glue, plugin, nil
}

// writer writes a plugin of a world.
type writer struct {
	world     *world.World
	names     world.Names
	short     map[string]string
	typeNames map[*world.Type]string

	typedefs, declarations, asserts, glue, plugin strings.Builder
}

// keywords are those of C. What the files declare within functions ends with an underscore,
// as no name of WIT does.
const keywords = `auto break case char const continue default do double else enum extern float for goto if inline int long
	register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true false
	asm`

func newWriter(of *world.World) *writer {
	return &writer{world: of, names: world.Reserve(keywords + " main string string_of allocate release"), short: of.Short(), typeNames: map[*world.Type]string{}}
}

// name returns a name for what belongs to an interface.
func (w *writer) name(owner string, parts ...string) string {
	if short := w.short[owner]; short != "" && !strings.HasPrefix(parts[0]+"-", short+"-") {
		parts = append([]string{short}, parts...)
	}
	return w.names.New(world.Snake(strings.Join(parts, "-")))
}

// function returns a name for a function.
func (w *writer) function(i *world.Interface, f *world.Function, prefix ...string) string {
	parts := prefix
	if short := w.short[i.Name]; short != "" {
		parts = append(parts, short)
	}
	switch f.Kind {
	case "constructor":
		parts = append(parts, f.Resource.Name, "new")
	case "method", "static":
		parts = append(parts, f.Resource.Name, f.Item)
	default:
		parts = append(parts, f.Item)
	}
	return w.names.New(world.Snake(strings.Join(parts, "-")))
}

// params returns names for parameters.
func params(f *world.Function) []string {
	names := world.Reserve(keywords)
	list := make([]string, len(f.Params))
	for i, p := range f.Params {
		list[i] = names.New(world.Snake(p.Name))
	}
	return list
}

// signature returns the declaration of a function.
func (w *writer) signature(name string, f *world.Function) string {
	list := make([]string, len(f.Params))
	for i, p := range params(f) {
		list[i] = w.typ(f.Params[i].Type) + " " + p
	}
	if len(list) == 0 {
		list = []string{"void"}
	}
	return w.typ(f.Result) + " " + name + "(" + strings.Join(list, ", ") + ")"
}

// exports writes what the plugin exports.
func (w *writer) exports() {
	w.declarations.WriteString("\n// The functions of the plugin, in plugin.c.\n")
	for _, i := range w.world.Exports {
		for _, f := range i.Functions {
			var prefix []string
			if w.world.IsBoth(i.Name) {
				prefix = []string{"exports"}
			}
			name := w.function(i, f, prefix...)
			signature := w.signature(name, f)
			w.declarations.WriteString(signature + ";\n")
			w.export(i, f, name)
			fmt.Fprintf(&w.plugin, "\n%s {\n", signature)
			for _, p := range params(f) {
				fmt.Fprintf(&w.plugin, "  (void)%s;\n", p)
			}
			w.plugin.WriteString("  __builtin_trap(); // it is not written yet\n}\n")
		}
	}
}

// imports writes what the plugin imports.
func (w *writer) imports() {
	first := true
	for _, i := range w.world.Imports {
		for _, r := range i.Resources {
			if first {
				w.declarations.WriteString(importsText)
				first = false
			}
			name := w.name(i.Name, r.Name, "drop")
			fmt.Fprintf(&w.declarations, "void %s(%s self);\n", name, w.typ(r))
			fmt.Fprintf(&w.glue, "\nIMPORT(%q, \"[resource-drop]%s\")\nextern void import_%s(uint32_t self);\nvoid %s(%s self) { import_%s(self); }\n",
				moduleOf(i), r.Name, name, name, w.typ(r), name)
		}
		for _, f := range i.Functions {
			if first {
				w.declarations.WriteString(importsText)
				first = false
			}
			name := w.function(i, f)
			w.declarations.WriteString(w.signature(name, f) + ";\n")
			w.imported(i, f, name)
		}
	}
}

const importsText = "\n// What the host has. A handle that is not given away is dropped.\n"

// moduleOf returns the name of the module that an interface is imported from.
func moduleOf(i *world.Interface) string {
	if i.Name == "" {
		return "$root"
	}
	return i.ID()
}
