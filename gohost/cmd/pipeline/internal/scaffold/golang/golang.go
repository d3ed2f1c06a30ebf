// Package golang writes the source of a plugin in Go: the contract with the canonical ABI, and
// functions that are not written yet.
//
// Go's values do not lie in memory as the ABI has them: its addresses and lengths have 64 bits.
// So each type has functions that load and store it, and [world.Op] passes what they read and
// write.
package golang

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

// Sources returns the contract with the ABI, and the functions to write.
func Sources(of *world.World) (contract, plugin string, err error) {
	if err := of.Without("Go", false); err != nil {
		return "", "", err
	}
	w := &writer{
		world: of, names: world.Reserve(keywords + helpers), short: of.Short(),
		types: map[*world.Type]string{}, loads: map[*world.Type]string{}, stores: map[*world.Type]string{},
		methods: map[*world.Type]world.Names{}, tuples: map[int]string{},
	}
	for _, t := range of.Types {
		if t.IsUse() {
			w.types[t] = w.types[t.Elem]
		} else if t.Name != "" {
			w.types[t] = w.names.New(w.owned(t.OwnerName(), t.Name))
		}
	}
	for _, t := range of.Types {
		if t.Name != "" && !t.IsUse() {
			w.declare(t)
		}
	}
	for _, i := range of.Imports {
		w.imports(i)
	}
	for _, i := range of.Exports {
		w.exports(i)
	}
	contract = fmt.Sprintf(contractText, of.ID()) + w.decls.String() + w.glue.String() + w.access.String()
	plugin = fmt.Sprintf(pluginText, of.ID()) + w.plugin.String()
	return contract, plugin, nil
}

// writer writes a plugin of a world.
type writer struct {
	world         *world.World
	names         world.Names
	short         map[string]string
	types         map[*world.Type]string
	loads, stores map[*world.Type]string
	methods       map[*world.Type]world.Names
	tuples        map[int]string

	decls, glue, access, plugin strings.Builder
}

// keywords are those of Go, and names that a function may need.
const keywords = `break case chan const continue default defer else fallthrough for func go goto if import interface map
	package range return select struct switch type var any bool byte error int int8 int16 int32 int64 uint uint8 uint16
	uint32 uint64 uintptr float32 float64 rune string true false nil iota append cap clear close copy len make max min new
	panic print println recover unsafe `

// helpers are what the files declare at the top.
const helpers = `main lent lend release realloc address Result load store loadString storeString loadNumbers storeNumbers
	loadList storeList`

// locals are what functions of contract.go declare.
var locals = func() string {
	names := "args result p out "
	for n := range 17 {
		names += fmt.Sprintf("a%d ", n)
	}
	return names
}()

// owned returns an exported name for what belongs to an interface: its own, or with that of
// the interface if there is another of that name.
func (w *writer) owned(owner, name string) string {
	if own := bind.GoName(name); !w.names[own] {
		return own
	}
	return bind.GoName(w.short[owner] + "-" + name)
}

func lowerFirst(name string) string {
	// An initialism at the beginning is one word: HTTPGet is httpGet.
	n := 1
	for n < len(name) && isUpper(name[n]) && (n+1 == len(name) || isUpper(name[n+1])) {
		n++
	}
	return strings.ToLower(name[:n]) + name[n:]
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// params returns names for parameters.
func params(list []world.Field) []string {
	names := world.Reserve(keywords + locals + helpers)
	result := make([]string, len(list))
	for i, p := range list {
		result[i] = names.New(lowerFirst(bind.GoName(p.Name)))
	}
	return result
}

// signature returns the parameters and the result of a function.
func (w *writer) signature(list []world.Field, result *world.Type) string {
	parts := make([]string, len(list))
	for i, name := range params(list) {
		parts[i] = name + " " + w.typ(list[i].Type)
	}
	s := "(" + strings.Join(parts, ", ") + ")"
	if result != nil {
		s += " " + w.typ(result)
	}
	return s
}

// exports writes what the plugin exports of an interface.
func (w *writer) exports(i *world.Interface) {
	for _, f := range i.Functions {
		local := w.short[i.Name] + "-" + f.Item
		if w.world.IsBoth(i.Name) {
			local = "exported-" + local
		}
		name := w.names.New(lowerFirst(bind.GoName(strings.TrimPrefix(local, "-"))))
		w.export(i, f, name)
		fmt.Fprintf(&w.plugin, "\nfunc %s%s {\n\tpanic(%q)\n}\n", name, w.signature(f.Params, f.Result), f.Name+" is not written yet")
	}
}

// imports writes what the host has of an interface.
func (w *writer) imports(i *world.Interface) {
	for _, r := range i.Resources {
		w.methods[r] = world.Reserve("")
		drop := w.methods[r].New("Drop")
		name := w.names.New("importDrop" + w.types[r])
		fmt.Fprintf(&w.glue, "\n//go:wasmimport %s [resource-drop]%s\nfunc %s(handle uint32)\n", moduleOf(i), r.Name, name)
		fmt.Fprintf(&w.glue, "\n// %s gives the handle back. A handle that was given away must not be dropped.\nfunc (r %s) %s() { %s(r.handle) }\n", drop, w.types[r], drop, name)
	}
	for _, f := range i.Functions {
		name, receiver := "", ""
		fields := f.Params
		switch f.Kind {
		case "constructor":
			name = w.names.New("New" + w.types[f.Resource])
		case "static":
			name = w.names.New(w.types[f.Resource] + bind.GoName(f.Item))
		case "method":
			name = w.methods[f.Resource].New(bind.GoName(f.Item))
			receiver, fields = "(r "+w.types[f.Resource]+") ", fields[1:]
		default:
			name = w.names.New(lowerFirst(bind.GoName(strings.TrimPrefix(w.short[i.Name]+"-"+f.Item, "-"))))
		}
		w.imported(i, f, receiver+name, fields)
	}
}

// moduleOf returns the name of the module that an interface is imported from.
func moduleOf(i *world.Interface) string {
	if i.Name == "" {
		return "$root"
	}
	return i.ID()
}
