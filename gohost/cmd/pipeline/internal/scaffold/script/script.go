// Package script writes the source of a plugin in JavaScript or TypeScript: the types of the
// contract as componentize-js passes them, and functions that are not written yet.
package script

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

// Types returns contract.d.ts: the types of a world in the namespace contract, and what the
// host has as modules.
func Types(of *world.World) (string, error) {
	w, err := newWriter(of)
	if err != nil {
		return "", err
	}
	var s strings.Builder
	fmt.Fprintf(&s, typesText, of.ID())
	for _, t := range of.Types {
		if t.Name != "" && !t.IsUse() {
			w.declare(&s, t)
		}
	}
	for _, i := range of.Exports {
		w.exported(&s, i)
	}
	s.WriteString("}\n")
	for _, i := range of.Imports {
		w.imported(&s, i)
	}
	return s.String(), nil
}

const typesText = `// The types of the world %s, as componentize-js passes them. Written by
// pipeline new plugin.
declare namespace contract {
  type Option<T> = { tag: "none" } | { tag: "some"; val: T };
  type Result<T, E> = { tag: "ok"; val: T } | { tag: "err"; val: E };
`

// Source returns plugin.ts, or plugin.js without the types.
func Source(of *world.World, typed bool) (string, error) {
	w, err := newWriter(of)
	if err != nil {
		return "", err
	}
	w.typed = typed
	var s strings.Builder
	fmt.Fprintf(&s, "// A plugin of the world %s.\n", of.ID())
	if !typed {
		s.WriteString("/// <reference path=\"contract.d.ts\" />\n")
	}
	for _, i := range of.Exports {
		if len(i.Functions) > 0 {
			w.source(&s, i)
		}
	}
	return s.String(), nil
}

// writer writes a plugin of a world.
type writer struct {
	world *world.World
	typed bool
	names world.Names // in the namespace
	short map[string]string
	types map[*world.Type]string
	// objects are the types of exported interfaces, and classes those of their resources.
	objects map[*world.Interface]string
	classes map[*world.Type]string
}

func newWriter(of *world.World) (*writer, error) {
	if err := of.Without("JavaScript", true, "map", "fixed-list"); err != nil {
		return nil, err
	}
	w := &writer{
		world: of, names: world.Reserve("Option Result World"), short: of.Short(),
		types: map[*world.Type]string{}, objects: map[*world.Interface]string{}, classes: map[*world.Type]string{},
	}
	for _, t := range of.Types {
		if t.IsUse() {
			w.types[t] = w.types[t.Elem]
		}
		if t.Name == "" || t.IsUse() {
			continue
		}
		name := world.Pascal(t.Name)
		if w.names[name] {
			name = world.Pascal(w.short[t.OwnerName()] + "-" + t.Name)
		}
		w.types[t] = w.names.New(name)
	}
	exported := map[string]string{}
	for _, i := range of.Exports {
		for _, r := range i.Resources {
			w.classes[r] = w.names.New(w.types[r] + "Class")
		}
		if i.Name == "" {
			w.objects[i] = "World"
			continue
		}
		local := w.local(i)
		if other, ok := exported[local]; ok {
			return nil, fmt.Errorf("%s and %s have the same name, so JavaScript cannot export both", other, i.ID())
		}
		exported[local] = i.ID()
		w.objects[i] = w.names.New(world.Pascal(i.Name[strings.LastIndex(i.Name, "/")+1:]))
	}
	return w, nil
}

// local returns the name under which an interface is exported.
func (w *writer) local(i *world.Interface) string {
	return world.Camel(i.Name[strings.LastIndex(i.Name, "/")+1:])
}

// reserved are words that are no names.
const reserved = `arguments await break case catch class const continue debugger default delete do else enum eval export extends
	false finally for function if implements import in instanceof interface let new null package private protected public
	return static super switch this throw true try typeof undefined var void while with yield`

// params returns the parameters of a function, with their types if they are to be there. The
// receiver of a method is none.
func (w *writer) params(f *world.Function, typed bool) string {
	fields := f.Params
	if f.Kind == "method" {
		fields = fields[1:]
	}
	names := world.Reserve(reserved)
	list := make([]string, len(fields))
	for i, p := range fields {
		list[i] = names.New(world.Camel(p.Name))
		if typed {
			list[i] += ": " + w.typ(p.Type)
		}
	}
	return strings.Join(list, ", ")
}

// result returns what a function returns: the err of a result is thrown.
func (w *writer) result(f *world.Function) string {
	switch {
	case f.Result == nil:
		return "void"
	case f.Result.Base().Kind == "result":
		if ok := f.Result.Base().OK; ok != nil {
			return w.typ(ok)
		}
		return "void"
	}
	return w.typ(f.Result)
}

// function writes the type of a function.
func (w *writer) function(s *strings.Builder, indent, prefix string, f *world.Function) {
	if f.Result != nil && f.Result.Base().Kind == "result" {
		thrown := "undefined"
		if err := f.Result.Base().Err; err != nil {
			thrown = w.typ(err)
		}
		fmt.Fprintf(s, "%s/** Throws the err of its result: %s. */\n", indent, thrown)
	}
	fmt.Fprintf(s, "%s%s%s(%s): %s;\n", indent, prefix, world.Camel(f.Item), w.params(f, true), w.result(f))
}

// exported writes the type of what a plugin exports as an interface.
func (w *writer) exported(s *strings.Builder, i *world.Interface) {
	for _, r := range i.Resources {
		fmt.Fprintf(s, "\n  interface %s {\n", w.classes[r])
		for _, f := range i.Functions {
			switch {
			case f.Resource == r && f.Kind == "constructor":
				fmt.Fprintf(s, "    new (%s): %s;\n", w.params(f, true), w.types[r])
			case f.Resource == r && f.Kind == "static":
				w.function(s, "    ", "", f)
			}
		}
		s.WriteString("  }\n")
	}
	fmt.Fprintf(s, "\n  /** What the plugin exports%s. */\n  interface %s {\n", map[bool]string{true: " as " + i.ID()}[i.Name != ""], w.objects[i])
	for _, r := range i.Resources {
		fmt.Fprintf(s, "    %s: %s;\n", world.Pascal(r.Name), w.classes[r])
	}
	for _, f := range i.Functions {
		if f.Resource == nil {
			w.function(s, "    ", "", f)
		}
	}
	s.WriteString("  }\n")
}

// imported writes the modules of what the host has: an interface is one, and so is each
// function of the world.
func (w *writer) imported(s *strings.Builder, i *world.Interface) {
	if i.Name == "" {
		for _, f := range i.Functions {
			fmt.Fprintf(s, "\ndeclare module %q {\n", f.Name)
			w.function(s, "  ", "export default function ", f)
			s.WriteString("}\n")
		}
		return
	}
	if len(i.Functions)+len(i.Resources) == 0 {
		return
	}
	fmt.Fprintf(s, "\ndeclare module %q {\n", i.ID())
	for _, r := range i.Resources {
		fmt.Fprintf(s, "  export class %s {\n", world.Pascal(r.Name))
		for _, f := range i.Functions {
			switch {
			case f.Resource != r:
			case f.Kind == "constructor":
				fmt.Fprintf(s, "    constructor(%s);\n", w.params(f, true))
			default:
				w.function(s, "    ", map[bool]string{true: "static "}[f.Kind == "static"], f)
			}
		}
		s.WriteString("  }\n")
	}
	for _, f := range i.Functions {
		if f.Resource == nil {
			w.function(s, "  ", "export function ", f)
		}
	}
	s.WriteString("}\n")
}
