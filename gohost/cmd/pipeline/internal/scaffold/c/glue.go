package c

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

var cores = map[byte]string{'i': "uint32_t", 'I': "uint64_t", 'f': "float", 'F': "double"}

func core(letters string) string {
	if letters == "" {
		return "void"
	}
	return cores[letters[0]]
}

// arguments returns the struct of a function's parameters.
func (w *writer) arguments(f *world.Function) string {
	return "struct {" + w.fields(f.Params, "") + " }"
}

// export writes the function that the host calls.
func (w *writer) export(i *world.Interface, f *world.Function, name string) {
	symbol := f.Name
	if i.Name != "" {
		symbol = i.ID() + "#" + f.Name
	}
	g := &w.glue
	var list []string
	switch {
	case f.ParamsInMemory:
		list = []string{"const void *memory"}
	case len(f.Params) > 0:
		for n := range f.CoreParams {
			list = append(list, fmt.Sprintf("%s a%d_", core(f.CoreParams[n:]), n))
		}
	default:
		list = []string{"void"}
	}
	result := core(f.CoreResults)
	if f.ResultInMemory {
		result = "void *"
	}
	fmt.Fprintf(g, "\nEXPORT(%q)\n%s export_%s(%s) {\n", symbol, result, name, strings.Join(list, ", "))
	call := make([]string, len(f.Params))
	if len(f.Params) > 0 {
		fmt.Fprintf(g, "  %s args_;\n", w.arguments(f))
		if f.ParamsInMemory {
			g.WriteString("  __builtin_memcpy(&args_, memory, sizeof args_);\n")
		} else {
			g.WriteString(storing("args_", "a", f.Arguments().Ops(0, 0, f.CoreParams), "  "))
		}
		names := world.Reserve(keywords)
		for n, p := range f.Params {
			call[n] = "args_." + names.New(world.Snake(p.Name))
		}
	}
	calls := name + "(" + strings.Join(call, ", ") + ");\n"
	switch {
	case f.ResultInMemory:
		fmt.Fprintf(g, "  static %s result_;\n  result_ = %s  return &result_;\n}\n", w.typ(f.Result), calls)
		fmt.Fprintf(g, "EXPORT(\"cabi_post_%s\")\nvoid post_%s(void *result) { (void)result; release(); }\n", symbol, name)
		return
	case f.Result != nil:
		fmt.Fprintf(g, "  %s result_ = %s  %s r0_;\n", w.typ(f.Result), calls, core(f.CoreResults))
		g.WriteString(loading("result_", "r", f.Result.Ops(0, 0, f.CoreResults), "  "))
		g.WriteString("  release();\n  return r0_;\n}\n")
	default:
		fmt.Fprintf(g, "  %s  release();\n}\n", calls)
	}
}

// imported writes a function of the host.
func (w *writer) imported(i *world.Interface, f *world.Function, name string) {
	g := &w.glue
	var list, values []string
	for n := range f.CoreParams {
		list = append(list, core(f.CoreParams[n:]))
		values = append(values, fmt.Sprintf("a%d_", n))
	}
	flat := f.CoreParams
	if f.ResultInMemory {
		last := len(list) - 1
		list[last], values[last], flat = "void *", "&result_", flat[:last]
	}
	if f.ParamsInMemory {
		list[0], values[0] = "const void *", "&args_"
	}
	if len(list) == 0 {
		list = []string{"void"}
	}
	fmt.Fprintf(g, "\nIMPORT(%q, %q)\nextern %s import_%s(%s);\n", moduleOf(i), f.Name, core(f.CoreResults), name, strings.Join(list, ", "))
	fmt.Fprintf(g, "%s {\n", w.signature(name, f))
	if len(f.Params) > 0 {
		fmt.Fprintf(g, "  %s args_ = {%s};\n", w.arguments(f), strings.Join(params(f), ", "))
		if !f.ParamsInMemory {
			for n := range flat {
				fmt.Fprintf(g, "  %s a%d_ = 0;\n", core(flat[n:]), n)
			}
			g.WriteString(loading("args_", "a", f.Arguments().Ops(0, 0, flat), "  "))
		}
	}
	call := "import_" + name + "(" + strings.Join(values, ", ") + ");\n"
	switch {
	case f.ResultInMemory:
		fmt.Fprintf(g, "  %s result_;\n  %s  return result_;\n}\n", w.typ(f.Result), call)
	case f.Result != nil:
		fmt.Fprintf(g, "  %s r0_ = %s  %s result_;\n", core(f.CoreResults), call, w.typ(f.Result))
		g.WriteString(storing("result_", "r", f.Result.Ops(0, 0, f.CoreResults), "  ") + "  return result_;\n}\n")
	default:
		fmt.Fprintf(g, "  %s}\n", call)
	}
}

// storing returns what stores flat values in a variable.
func storing(variable, flat string, ops []world.Op, indent string) string {
	var s strings.Builder
	for _, op := range ops {
		value := fmt.Sprintf("%s%d_", flat, op.Slot)
		if op.Cases != nil {
			choice(&s, value, op.Cases, indent, func(ops []world.Op) string { return storing(variable, flat, ops, indent+"    ") })
			continue
		}
		if op.Core == 'f' || op.Core == 'F' {
			value = fmt.Sprintf("bits%d(%s)", op.Width, value)
		}
		fmt.Fprintf(&s, "%sput%d(&%s, %d, %s);\n", indent, op.Width, variable, op.Offset, value)
	}
	return s.String()
}

// loading returns what loads flat values from a variable.
func loading(variable, flat string, ops []world.Op, indent string) string {
	var s strings.Builder
	for _, op := range ops {
		if op.Cases != nil {
			tag := fmt.Sprintf("get%d(&%s, %d)", op.Width, variable, op.Offset)
			choice(&s, tag, op.Cases, indent, func(ops []world.Op) string { return loading(variable, flat, ops, indent+"    ") })
			continue
		}
		value := fmt.Sprintf("get%d(&%s, %d)", op.Width, variable, op.Offset)
		switch {
		case op.Core == 'f' || op.Core == 'F':
			value = fmt.Sprintf("float%d(%s)", op.Width, value)
		case op.Signed && op.Width < 4:
			value = fmt.Sprintf("(uint32_t)(int%d_t)%s", 8*op.Width, value)
		}
		fmt.Fprintf(&s, "%s%s%d_ = %s;\n", indent, flat, op.Slot, value)
	}
	return s.String()
}

// choice writes a switch of the cases that move anything.
func choice(s *strings.Builder, value string, cases [][]world.Op, indent string, body func([]world.Op) string) {
	fmt.Fprintf(s, "%sswitch (%s) {\n", indent, value)
	for n, ops := range cases {
		if len(ops) > 0 {
			fmt.Fprintf(s, "%s  case %d:\n%s%s    break;\n", indent, n, body(ops), indent)
		}
	}
	fmt.Fprintf(s, "%s}\n", indent)
}
