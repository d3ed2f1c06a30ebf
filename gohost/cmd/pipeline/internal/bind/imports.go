package bind

import (
	"fmt"
	"strings"
)

// writeImports returns what a program implements: a Go interface for each imported
// interface and resource, and the functions that a guest calls.
func (g *generator) writeImports() string {
	var w strings.Builder
	g.writeImportsType(&w)
	for _, i := range g.world.imports {
		if i.goName != "" {
			g.goInterface(&w, i)
		}
		for _, r := range i.resources {
			g.importedResource(&w, i, r)
		}
	}
	for _, i := range g.world.imports {
		if len(i.functions) > 0 {
			g.hostFunctions(&w, i)
		}
	}
	return w.String()
}

// hasImports reports whether a program must implement anything.
func (g *generator) hasImports() bool {
	for _, i := range g.world.imports {
		if i.goName != "" {
			return true
		}
	}
	return false
}

// hasHostFunctions reports whether a guest may import anything.
func (g *generator) hasHostFunctions() bool {
	for _, i := range g.world.imports {
		if len(i.functions)+len(i.resources) > 0 {
			return true
		}
	}
	for _, i := range g.world.exports {
		if len(i.resources) > 0 {
			return true
		}
	}
	return false
}

// writeImportsType writes the struct with all implementations, and what makes host
// functions of them.
func (g *generator) writeImportsType(w *strings.Builder) {
	if g.hasImports() {
		fmt.Fprintf(w, "// Imports are what a guest may call. All must be set.\ntype Imports struct {\n")
		for _, i := range g.world.imports {
			if i.goName != "" {
				fmt.Fprintf(w, "%s %s\n", i.goName, i.goName)
			}
		}
		fmt.Fprint(w, "}\n\n")
	}
	if !g.hasHostFunctions() {
		return
	}
	var lists []string
	for _, i := range g.world.imports {
		if len(i.functions) > 0 {
			argument := ""
			if i.goName != "" {
				argument = "imports." + i.goName
			}
			lists = append(lists, fmt.Sprintf("%s(%s)", importVar(i), argument))
		}
	}
	for _, list := range [][]*iface{g.world.imports, g.world.exports} {
		for _, i := range list {
			for _, r := range i.resources {
				lists = append(lists, resourceVar(r)+".Functions()")
			}
		}
	}
	receiver := ""
	if g.hasImports() {
		receiver = "(imports Imports) "
	}
	fmt.Fprintf(w, "// hostFunctions returns the functions that a guest may import.\n")
	fmt.Fprintf(w, "func %shostFunctions() ([]cabi.HostFunction, error) {\n", receiver)
	for _, i := range g.world.imports {
		if i.goName != "" {
			fmt.Fprintf(w, "if imports.%s == nil {\nreturn nil, errors.New(%q)\n}\n", i.goName, g.pkg+": Imports."+i.goName+" is nil")
		}
	}
	fmt.Fprintf(w, "return slices.Concat(\n%s,\n), nil\n}\n\n", strings.Join(lists, ",\n"))
}

// hostFunctionsValue returns the function that returns the functions that a guest may
// import, as an expression.
func (g *generator) hostFunctionsValue() string {
	if g.hasImports() {
		return "imports.hostFunctions"
	}
	return "hostFunctions"
}

func importVar(i *iface) string {
	if i.goName != "" {
		return "import" + i.goName
	}
	return "import" + i.owner.prefixes[len(i.owner.prefixes)-1]
}

func (g *generator) goInterface(w *strings.Builder, i *iface) {
	sentence := fmt.Sprintf("%s is the imported interface %s.", i.goName, i.owner.id)
	if i.name == "" {
		sentence = fmt.Sprintf("%s has the functions that the world imports itself.", i.goName)
	}
	comment(w, i.goName, i.docs, sentence)
	fmt.Fprintf(w, "//\n// Calls of several instances may run at the same time. An error that is not the one of\n// a WIT result, and a panic, end the guest's call.\n")
	fmt.Fprintf(w, "type %s interface {\n", i.goName)
	for _, f := range i.functions {
		if f.kind != kindMethod {
			g.goMethod(w, f, 0)
		}
	}
	fmt.Fprint(w, "}\n\n")
}

func (g *generator) goMethod(w *strings.Builder, f *function, first int) {
	r := resultsOf(f)
	docs := strings.TrimSpace(f.docs)
	if text, ok := following(docs); ok {
		docs = f.goName + " " + text
	}
	if r.isResult {
		failure := "wit.Err(wit.Unit{})"
		switch {
		case r.isError():
			failure = "a " + goType(r.failure)
		case r.failure != nil:
			failure = fmt.Sprintf("wit.Err(%s)", goType(r.failure))
		}
		docs = strings.TrimSpace(docs + fmt.Sprintf("\n\nThe error of the result is %s.", failure))
	}
	plainComment(w, docs)
	fmt.Fprintf(w, "%s(ctx context.Context%s) %s\n", f.goName, goParams(f, first), r.signature())
}

func (g *generator) importedResource(w *strings.Builder, i *iface, r *resource) {
	comment(w, r.goName, r.docs, fmt.Sprintf("%s is the resource %s%s.", r.goName, r.name, r.owner.of()))
	fmt.Fprintf(w, "type %s interface {\n", r.goName)
	for _, f := range i.methods(r) {
		g.goMethod(w, f, 1)
	}
	fmt.Fprintf(w, "// Close is called when the guest drops the resource, or its instance ends.\nClose(ctx context.Context) error\n}\n\n")
	g.resourceVar(w, i, r, fmt.Sprintf("Drop: func(ctx context.Context, value any) error { return value.(%s).Close(ctx) }", r.goName))
}

// hostFunctions writes the functions of an imported interface as a guest calls them.
func (g *generator) hostFunctions(w *strings.Builder, i *iface) {
	param := ""
	if i.goName != "" {
		param = "impl " + i.goName
	}
	fmt.Fprintf(w, "func %s(%s) []cabi.HostFunction {\nreturn []cabi.HostFunction{\n", importVar(i), param)
	for _, f := range i.functions {
		params, results := f.core(true)
		fmt.Fprintf(w, "{\n%sName: %q, Params: %q, Results: %q,\nCall: func(c *cabi.Call) {\n", i.literal(), f.name, params, results)
		g.serve(w, f)
		fmt.Fprint(w, "},\n},\n")
	}
	fmt.Fprint(w, "}\n}\n\n")
}

// literal returns the fields Interface and Version of a composite literal.
func (i *iface) literal() string {
	fields := ""
	if i.name != "" {
		fields += fmt.Sprintf("Interface: %q, ", i.name)
	}
	if i.version != "" {
		fields += fmt.Sprintf("Version: %q, ", i.version)
	}
	return fields
}

// serve writes the body of a function that a guest calls.
func (g *generator) serve(w *strings.Builder, f *function) {
	at := ""
	if f.paramsInMemory() {
		at = "at"
		fmt.Fprintf(w, "at := c.PopArea(%d, %d)\n", f.paramsLayout.size, f.paramsLayout.align)
	}
	receiver, first := "impl", 0
	for i, p := range f.params {
		name := p.goName
		if f.kind == kindMethod && i == 0 {
			name, receiver, first = "self", "self", 1
		}
		fmt.Fprintln(w, g.helpers.liftNew(p.typ, at, f.paramsLayout.fields[i], name))
	}
	fmt.Fprint(w, "if !c.Lifted() {\nreturn\n}\n")
	r := resultsOf(f)
	call := fmt.Sprintf("%s.%s(c.Context()%s)", receiver, f.goName, arguments(f, first))
	switch {
	case r.value == nil && !r.isResult:
		fmt.Fprintf(w, "if err := %s; err != nil {\nc.HostError(err)\n}\n", call)
		return
	case r.value == nil:
		fmt.Fprintf(w, "err := %s\n", call)
	default:
		fmt.Fprintf(w, "result, err := %s\n", call)
	}
	if r.isResult {
		fmt.Fprintf(w, "var failure %s\nif err != nil && !errors.As(err, &failure) {\nc.HostError(err)\nreturn\n}\n", r.errorType())
	} else {
		fmt.Fprint(w, "if err != nil {\nc.HostError(err)\nreturn\n}\n")
	}
	to := ""
	if f.resultInMemory() {
		to = "at"
		assign := ":="
		if at != "" {
			assign = "="
		}
		fmt.Fprintf(w, "at %s c.PopArea(%d, %d)\n", assign, f.result.size, f.result.align)
	}
	g.lowerResult(w, f, r, to)
}

func (g *generator) lowerResult(w *strings.Builder, f *function, r results, at string) {
	if !r.isResult {
		fmt.Fprintln(w, g.helpers.lower(f.result, at, 0, "result"))
		return
	}
	payload := f.result.base().layout.fields[0]
	fmt.Fprintln(w, lowerDiscriminant(2, at, "", "err != nil"))
	failure, value := "", ""
	switch {
	case r.isError():
		failure = g.helpers.lower(r.failure, at, payload, "failure")
	case r.failure != nil:
		failure = g.helpers.lower(r.failure, at, payload, "failure.Value")
	}
	if r.value != nil {
		value = g.helpers.lower(r.value, at, payload, "result")
	}
	fmt.Fprint(w, either("err != nil", failure, "err == nil", value))
}
