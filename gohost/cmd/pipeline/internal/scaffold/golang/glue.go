package golang

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

var cores = map[byte]string{'i': "uint32", 'I': "uint64", 'f': "float32", 'F': "float64"}

// words returns the number of 64-bit words that hold so many bytes.
func words(size uint32) uint32 { return max(1, (size+7)/8) }

// export writes the function that the host calls.
func (w *writer) export(i *world.Interface, f *world.Function, name string) {
	symbol := f.Name
	if i.Name != "" {
		symbol = i.ID() + "#" + f.Name
	}
	g := &w.glue
	var list []string
	if f.ParamsInMemory {
		list = []string{"p unsafe.Pointer"}
	} else {
		for n := range f.CoreParams {
			list = append(list, fmt.Sprintf("a%d %s", n, cores[f.CoreParams[n]]))
		}
	}
	result := ""
	switch {
	case f.ResultInMemory:
		result = " unsafe.Pointer"
	case f.Result != nil:
		result = " " + cores[f.CoreResults[0]]
	}
	exported := strings.ToUpper(name[:1]) + name[1:]
	fmt.Fprintf(g, "\n//go:wasmexport %s\nfunc %s(%s)%s {\n", symbol, w.names.New("export"+exported), strings.Join(list, ", "), result)
	args := f.Arguments()
	var call []string
	if len(f.Params) > 0 && !f.ParamsInMemory {
		fmt.Fprintf(g, "\tvar args [%d]uint64\n\tp := unsafe.Pointer(&args)\n", words(args.Size))
		g.WriteString(storing("a", args.Ops(0, 0, f.CoreParams), "\t"))
	}
	for n, offset := range args.Offsets() {
		call = append(call, w.load(f.Params[n].Type)+"("+at(offset)+")")
	}
	calls := name + "(" + strings.Join(call, ", ") + ")"
	switch {
	case f.ResultInMemory:
		fmt.Fprintf(g, "\tresult := %s\n\tout := lend(%d)\n\t%s(out, result)\n\treturn out\n}\n", calls, f.Result.Size, w.store(f.Result))
		fmt.Fprintf(g, "\n//go:wasmexport cabi_post_%s\nfunc %s(unsafe.Pointer) { release() }\n", symbol, w.names.New("post"+exported))
	case f.Result != nil:
		if len(f.Params) == 0 {
			g.WriteString("\tvar args uint64\n\tp := unsafe.Pointer(&args)\n")
		}
		// The result takes the place of the arguments.
		fmt.Fprintf(g, "\t%s(p, %s)\n\trelease()\n\treturn %s\n}\n", w.store(f.Result), calls, value(f.Result.Ops(0, 0, f.CoreResults)[0]))
	default:
		fmt.Fprintf(g, "\t%s\n\trelease()\n}\n", calls)
	}
}

// imported writes a function of the host, under a name with a receiver.
func (w *writer) imported(i *world.Interface, f *world.Function, name string, fields []world.Field) {
	g := &w.glue
	var list, values []string
	for n := range f.CoreParams {
		list = append(list, fmt.Sprintf("a%d %s", n, cores[f.CoreParams[n]]))
		values = append(values, fmt.Sprintf("a%d", n))
	}
	flat := f.CoreParams
	if f.ResultInMemory {
		last := len(list) - 1
		list[last], values[last], flat = "result unsafe.Pointer", "unsafe.Pointer(&result)", flat[:last]
	}
	if f.ParamsInMemory {
		list[0], values[0] = "args unsafe.Pointer", "p"
	}
	result := ""
	if f.CoreResults != "" {
		result = " " + cores[f.CoreResults[0]]
	}
	imported := w.names.New("import" + bind.GoName(w.short[i.Name]+"-"+plain.Replace(f.Name)))
	fmt.Fprintf(g, "\n//go:wasmimport %s %s\nfunc %s(%s)%s\n", moduleOf(i), f.Name, imported, strings.Join(list, ", "), result)
	fmt.Fprintf(g, "\nfunc %s%s {\n", name, w.signature(fields, f.Result))
	if len(f.Params) > 0 {
		args := f.Arguments()
		fmt.Fprintf(g, "\tvar args [%d]uint64\n\tp := unsafe.Pointer(&args)\n", words(args.Size))
		names := params(fields)
		if f.Kind == "method" {
			names = append([]string{"r"}, names...)
		}
		for n, offset := range args.Offsets() {
			fmt.Fprintf(g, "\t%s(%s, %s)\n", w.store(f.Params[n].Type), at(offset), names[n])
		}
		if !f.ParamsInMemory {
			for n := range flat {
				fmt.Fprintf(g, "\tvar a%d %s\n", n, cores[flat[n]])
			}
			g.WriteString(loading(args.Ops(0, 0, flat), "\t"))
		}
	}
	call := imported + "(" + strings.Join(values, ", ") + ")"
	switch {
	case f.ResultInMemory:
		fmt.Fprintf(g, "\tvar result [%d]uint64\n\t%s\n\treturn %s(unsafe.Pointer(&result))\n}\n", words(f.Result.Size), call, w.load(f.Result))
	case f.Result != nil:
		// The result takes the place of the arguments.
		if len(f.Params) == 0 {
			g.WriteString("\tvar args [1]uint64\n\tp := unsafe.Pointer(&args)\n")
		}
		fmt.Fprintf(g, "\tresult := %s\n%s\treturn %s(p)\n}\n", call, storing("result", f.Result.Ops(0, 0, f.CoreResults), "\t"), w.load(f.Result))
	default:
		fmt.Fprintf(g, "\t%s\n}\n", call)
	}
}

// plain makes a word of the name of a function in the component model.
var plain = strings.NewReplacer("[", "", "]", "-", ".", "-")

// storing returns what stores flat values at p: a0, a1 and so on, or one with a name.
func storing(flat string, ops []world.Op, indent string) string {
	var s strings.Builder
	for _, op := range ops {
		from := flat
		if flat == "a" {
			from = fmt.Sprintf("a%d", op.Slot)
		}
		if op.Cases != nil {
			choice(&s, from, op.Cases, indent, func(ops []world.Op) string { return storing(flat, ops, indent+"\t") })
			continue
		}
		if op.Core == 'i' || op.Core == 'I' {
			from = fmt.Sprintf("uint%d(%s)", 8*op.Width, from)
		}
		fmt.Fprintf(&s, "%sstore(%s, %s)\n", indent, at(op.Offset), from)
	}
	return s.String()
}

// loading returns what loads flat values at p.
func loading(ops []world.Op, indent string) string {
	var s strings.Builder
	for _, op := range ops {
		if op.Cases != nil {
			tag := fmt.Sprintf("load[uint%d](%s)", 8*op.Width, at(op.Offset))
			choice(&s, tag, op.Cases, indent, func(ops []world.Op) string { return loading(ops, indent+"\t") })
			continue
		}
		fmt.Fprintf(&s, "%sa%d = %s\n", indent, op.Slot, value(op))
	}
	return s.String()
}

// value returns a flat value that lies at p.
func value(op world.Op) string {
	switch {
	case op.Core == 'f' || op.Core == 'F':
		return fmt.Sprintf("load[%s](%s)", cores[op.Core], at(op.Offset))
	case op.Signed && op.Width < 4:
		return fmt.Sprintf("%s(uint32(load[int%d](%s)))", cores[op.Core], 8*op.Width, at(op.Offset))
	}
	return fmt.Sprintf("%s(load[uint%d](%s))", cores[op.Core], 8*op.Width, at(op.Offset))
}

// choice writes a switch of the cases that move anything.
func choice(s *strings.Builder, tag string, cases [][]world.Op, indent string, body func([]world.Op) string) {
	fmt.Fprintf(s, "%sswitch %s {\n", indent, tag)
	for n, ops := range cases {
		if len(ops) > 0 {
			fmt.Fprintf(s, "%scase %d:\n%s", indent, n, body(ops))
		}
	}
	fmt.Fprintf(s, "%s}\n", indent)
}
