package bind

import (
	"fmt"
	"slices"
	"strings"
)

// writeExports returns the type of the world, with a method for each exported function,
// and the resources that the guest implements.
func (g *generator) writeExports() string {
	var w strings.Builder
	name := receiver(g.world.functions())
	g.writeWorldType(&w, name)
	for _, f := range g.world.functions() {
		g.export(&w, f, name, g.world.goName)
	}
	for _, i := range g.world.exports {
		for _, r := range i.resources {
			g.exportedResource(&w, i, r)
		}
	}
	return w.String()
}

func (g *generator) exportedResource(w *strings.Builder, i *iface, r *resource) {
	comment(w, r.goName, r.docs, fmt.Sprintf("%s is the resource %s%s.", r.goName, r.name, r.owner.of()))
	fmt.Fprintf(w, "//\n// It is of the guest, whose instance serves nobody else until Close.\n")
	fmt.Fprintf(w, "type %s struct{ handle *cabi.Handle }\n\n", r.goName)
	g.resourceVar(w, i, r, "Exported: true")
	methods := i.methods(r)
	name := receiver(methods)
	for _, f := range methods {
		g.export(w, f, name, r.goName)
	}
	fmt.Fprintf(w, "// Close drops the resource. Closing it again does nothing.\n")
	fmt.Fprintf(w, "func (%s *%s) Close(ctx context.Context) error { return sandbox.Drop(ctx, %s.get()) }\n\n", name, r.goName, name)
	fmt.Fprintf(w, "func (%s *%s) get() *cabi.Handle {\nif %s == nil {\nreturn nil\n}\nreturn %s.handle\n}\n\n", name, r.goName, name, name)
}

// functions returns the functions that are methods of the world's type.
func (w *world) functions() []*function {
	var functions []*function
	for _, i := range w.exports {
		functions = append(functions, slices.DeleteFunc(slices.Clone(i.functions), func(f *function) bool { return f.kind == kindMethod })...)
	}
	return functions
}

// methods returns the methods of a resource.
func (i *iface) methods(r *resource) []*function {
	return slices.DeleteFunc(slices.Clone(i.functions), func(f *function) bool { return f.kind != kindMethod || f.resource != r })
}

func (g *generator) resourceVar(w *strings.Builder, i *iface, r *resource, more string) {
	fmt.Fprintf(w, "var %s = &cabi.ResourceType{\n%sName: %q,\n%s,\n}\n\n", resourceVar(r), i.literal(), r.name, more)
}

// results are what a function returns, in Go.
type results struct {
	value *valueType // nil if only an error
	// failure is the err of a WIT result, and isResult is set if there is a result.
	failure  *valueType
	isResult bool
}

func resultsOf(f *function) results {
	if f.result == nil {
		return results{}
	}
	if t := f.result.base(); t.kind == kindResult {
		return results{value: t.ok, failure: t.err, isResult: true}
	}
	return results{value: f.result}
}

// markErrors marks the types that are errors in Go.
func (w *world) markErrors() {
	for _, list := range [][]*iface{w.imports, w.exports} {
		for _, i := range list {
			for _, f := range i.functions {
				if t := resultsOf(f).failure; t != nil {
					t = t.base()
					t.isError = t.kind == kindVariant || t.kind == kindEnum
				}
			}
		}
	}
}

// isError reports whether the err of the result is an error in Go.
func (r results) isError() bool { return r.failure != nil && r.failure.base().isError }

// errorType returns the type of the error for the err of the result.
func (r results) errorType() string {
	if r.isError() {
		return goType(r.failure)
	}
	return fmt.Sprintf("*wit.Error[%s]", goType(r.failure))
}

func (r results) signature() string {
	if r.value == nil {
		return "error"
	}
	return fmt.Sprintf("(%s, error)", goType(r.value))
}

func goParams(f *function, first int) string {
	var b strings.Builder
	for _, p := range f.params[first:] {
		fmt.Fprintf(&b, ", %s %s", p.goName, goType(p.typ))
	}
	return b.String()
}

// export writes the method for an exported function, and the form that appends.
func (g *generator) export(w *strings.Builder, f *function, name, typ string) {
	self := 0
	if f.kind == kindMethod {
		self = 1
	}
	r := resultsOf(f)
	sentence := fmt.Sprintf("%s calls %s%s.", f.goName, f.item, f.iface.owner.of())
	comment(w, f.goName, f.docs, sentence)
	if r.isResult {
		fmt.Fprintf(w, "//\n// The error of the result is a %s, for errors.As.\n", r.errorType())
	}
	params := goParams(f, self)
	fmt.Fprintf(w, "func (%s *%s) %s(ctx context.Context%s) %s {\n", name, typ, f.goName, params, r.signature())
	if f.appends {
		fmt.Fprintf(w, "return %s.Append%s(ctx, nil%s)\n}\n\n", name, f.goName, arguments(f, self))
		fmt.Fprintf(w, "// Append%s is like %s but appends the result to dst.\n// After an error it returns dst unchanged.\n", f.goName, f.goName)
		fmt.Fprintf(w, "func (%s *%s) Append%s(ctx context.Context, dst %s%s) %s {\n", name, typ, f.goName, goType(r.value), params, r.signature())
	}
	g.exportBody(w, f, r, name)
	fmt.Fprint(w, "}\n\n")
}

func arguments(f *function, first int) string {
	var b strings.Builder
	for _, p := range f.params[first:] {
		b.WriteString(", " + p.goName)
	}
	return b.String()
}

func (g *generator) exportBody(w *strings.Builder, f *function, r results, receiver string) {
	variable, failed := "", ""
	if r.value != nil {
		variable = fmt.Sprintf("var result %s\n", goType(r.value))
		failed = fmt.Sprintf("if err != nil {\nreturn %s, err\n}\nreturn result, nil\n", zero(r.value))
	}
	if f.appends {
		variable, failed = "result := dst\n", "if err != nil {\nreturn dst, err\n}\nreturn result, nil\n"
	}
	w.WriteString(variable)
	if r.value == nil {
		fmt.Fprint(w, "return ")
	} else {
		fmt.Fprint(w, "err := ")
	}
	on := "sandbox.Call(ctx, " + receiver + ".caller"
	if handles := g.findAll(f, receiver); handles != "" {
		on = "sandbox.CallOn(ctx, " + handles
		if f.kind != kindMethod {
			on = "sandbox.CallWith(ctx, " + receiver + ".caller, " + handles
		}
	}
	fmt.Fprintf(w, "%s, %d, func(c *cabi.Call) error {\n", on, f.index)
	g.lowerParams(w, f, receiver)
	fmt.Fprintln(w, "c.Invoke()")
	g.liftResult(w, f, r)
	fmt.Fprintf(w, "return nil\n})\n%s", failed)
}

// findAll returns an expression for the handle whose instance a call must use, or "".
func (g *generator) findAll(f *function, receiver string) string {
	if f.kind == kindMethod {
		return receiver + ".get()"
	}
	var finds []string
	for _, p := range f.params {
		if hasGuestHandle(p.typ) {
			finds = append(finds, g.helpers.find(p.typ, p.goName))
		}
	}
	switch len(finds) {
	case 0:
		return ""
	case 1:
		return finds[0]
	default:
		return "cmp.Or(" + strings.Join(finds, ", ") + ")"
	}
}

// lowerParams writes what lowers the arguments of an exported function. A method's first
// is its receiver.
func (g *generator) lowerParams(w *strings.Builder, f *function, receiver string) {
	at := ""
	if f.paramsInMemory() {
		at = "at"
		fmt.Fprintf(w, "at := c.PushArea(%d, %d)\n", f.paramsLayout.size, f.paramsLayout.align)
	}
	for i, p := range f.params {
		value := p.goName
		if f.kind == kindMethod && i == 0 {
			value = receiver
		}
		fmt.Fprintln(w, g.helpers.lower(p.typ, at, f.paramsLayout.fields[i], value))
	}
}

// liftResult writes what lifts the result of an exported function.
func (g *generator) liftResult(w *strings.Builder, f *function, r results) {
	if f.result == nil {
		return
	}
	at := ""
	if f.resultInMemory() {
		at = "at"
		assign := ":="
		if f.paramsInMemory() {
			assign = "="
		}
		fmt.Fprintf(w, "at %s c.PopArea(%d, %d)\n", assign, f.result.size, f.result.align)
	}
	part := f.result
	by := uint64(0)
	if r.isResult {
		t := f.result.base()
		by = t.layout.fields[0]
		fmt.Fprintf(w, "if %s == 1 {\n", discriminant(t, 2, at))
		switch {
		case r.failure == nil:
			fmt.Fprint(w, "return wit.Err(wit.Unit{})\n}\n")
		case isCompound(r.failure):
			fmt.Fprintf(w, "%s\nreturn wit.Err(failure)\n}\n", g.helpers.liftNew(r.failure, at, by, "failure"))
		case at == "":
			fmt.Fprintf(w, "return wit.Err(%s)\n}\n", g.helpers.liftExpression(r.failure, "", "nil"))
		default:
			fmt.Fprintf(w, "return wit.Err(%s)\n}\n", g.helpers.liftExpression(r.failure, offset(at, by), "nil"))
		}
		part = r.value
	}
	switch {
	case part == nil:
	case f.appends:
		fmt.Fprintf(w, "result = %s\n", g.helpers.liftExpression(part, offset(at, by), "dst"))
	default:
		fmt.Fprintln(w, g.helpers.lift(part, at, by, "result"))
	}
}

// canAppend reports whether a function returns a list of bytes, strings or numbers, so
// that callers can provide room for it.
func canAppend(f *function) bool {
	t := resultsOf(f).value
	if t == nil {
		return false
	}
	t = t.base()
	return t.kind == kindList && (isPrimitive(t.elem, "string") || isPlain(t.elem))
}
