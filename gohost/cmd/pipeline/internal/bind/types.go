package bind

import (
	"fmt"
	"strings"
)

// writeTypes returns the declarations of the world's types.
func (g *generator) writeTypes() string {
	var w strings.Builder
	for _, t := range g.world.types {
		g.declare(&w, t)
	}
	return w.String()
}

func (g *generator) declare(w *strings.Builder, t *valueType) {
	comment(w, t.goName, t.docs, t.sentence())
	switch {
	case t.kind == kindRecord:
		fmt.Fprintf(w, "type %s struct {\n", t.goName)
		for _, f := range t.fields {
			plainComment(w, f.docs)
			fmt.Fprintf(w, "%s %s\n", f.goName, goType(f.typ))
		}
		fmt.Fprint(w, "}\n\n")
	case t.hasStruct():
		fmt.Fprintf(w, "type %s struct {\n", t.goName)
		for _, f := range t.fields {
			fmt.Fprintf(w, "%s %s\n", f.goName, goType(f.typ))
		}
		fmt.Fprint(w, "}\n\n")
	case t.kind == kindVariant:
		declareVariant(w, t)
	case t.kind == kindEnum:
		declareEnum(w, t)
	case t.kind == kindFlags:
		declareFlags(w, t)
	default:
		fmt.Fprintf(w, "type %s = %s\n\n", t.goName, goDefinition(t))
	}
}

// sentence says what a type without docs is.
func (t *valueType) sentence() string {
	if t.name == "" {
		return fmt.Sprintf("%s is a tuple of %d values.", t.goName, len(t.fields))
	}
	what := "type"
	for name, kind := range kindNames {
		if kind == t.kind && isDeclared(t) {
			what = name
		}
	}
	return fmt.Sprintf("%s is the %s %s%s.", t.goName, what, t.name, t.owner.of())
}

// of says what something belongs to.
func (o *owner) of() string {
	if o.id == "" {
		return " of the world"
	}
	return " of " + o.id
}

// declareVariant declares an interface that only the cases implement, and a struct for
// each case.
func declareVariant(w *strings.Builder, t *valueType) {
	fmt.Fprintf(w, "//\n// It is one of")
	for i, f := range t.fields {
		separator := ","
		switch {
		case i == 0:
			separator = ""
		case i == len(t.fields)-1:
			separator = " or"
		}
		fmt.Fprintf(w, "%s [%s]", separator, f.goName)
		if len(t.fields) > 8 && i == 5 {
			fmt.Fprintf(w, " and %d others", len(t.fields)-i-1)
			break
		}
	}
	marker := "is" + t.goName
	if t.isError {
		fmt.Fprintf(w, ".\ntype %s interface {\nerror\n%s()\n}\n\n", t.goName, marker)
	} else {
		fmt.Fprintf(w, ".\ntype %s interface{ %s() }\n\n", t.goName, marker)
	}
	for _, f := range t.fields {
		comment(w, f.goName, f.docs, fmt.Sprintf("%s is the case %s of [%s].", f.goName, f.name, t.goName))
		if f.typ == nil {
			fmt.Fprintf(w, "type %s struct{}\n\n", f.goName)
		} else {
			fmt.Fprintf(w, "type %s struct{ Value %s }\n\n", f.goName, goType(f.typ))
		}
	}
	for _, f := range t.fields {
		fmt.Fprintf(w, "func (%s) %s() {}\n", f.goName, marker)
	}
	fmt.Fprintln(w)
	if t.isError {
		declareErrors(w, t)
	}
}

// declareErrors makes errors of a variant's cases.
func declareErrors(w *strings.Builder, t *valueType) {
	for _, f := range t.fields {
		name := t.name + ": " + f.name
		if f.typ == nil {
			fmt.Fprintf(w, "// Error returns the name of the case.\nfunc (%s) Error() string { return %q }\n\n", f.goName, name)
			continue
		}
		fmt.Fprintf(w, "// Error returns the name of the case, with the value if that has a text.\n")
		fmt.Fprintf(w, "func (e %s) Error() string { return wit.CaseText(%q, e.Value) }\n\n", f.goName, name)
	}
}

func declareEnum(w *strings.Builder, t *valueType) {
	fmt.Fprintf(w, "type %s uint%d\n\n", t.goName, t.size*8)
	fmt.Fprintf(w, "// The values of [%s].\nconst (\n", t.goName)
	for i, f := range t.fields {
		plainComment(w, f.docs)
		if i == 0 {
			fmt.Fprintf(w, "%s %s = iota\n", f.goName, t.goName)
		} else {
			fmt.Fprintln(w, f.goName)
		}
	}
	fmt.Fprint(w, ")\n\n")
	fmt.Fprintf(w, "// String returns the name in WIT.\nfunc (v %s) String() string {\nswitch v {\n", t.goName)
	for _, f := range t.fields {
		fmt.Fprintf(w, "case %s:\nreturn %q\n", f.goName, f.name)
	}
	fmt.Fprintf(w, "}\nreturn \"%s(\" + strconv.FormatUint(uint64(v), 10) + \")\"\n}\n\n", t.name)
	if t.isError {
		fmt.Fprintf(w, "// Error returns the name in WIT.\nfunc (v %s) Error() string { return v.String() }\n\n", t.goName)
	}
}

func declareFlags(w *strings.Builder, t *valueType) {
	fmt.Fprintf(w, "type %s uint%d\n\n", t.goName, t.size*8)
	fmt.Fprintf(w, "// The flags of [%s].\nconst (\n", t.goName)
	for i, f := range t.fields {
		plainComment(w, f.docs)
		if i == 0 {
			fmt.Fprintf(w, "%s %s = 1 << iota\n", f.goName, t.goName)
		} else {
			fmt.Fprintln(w, f.goName)
		}
	}
	fmt.Fprint(w, ")\n\n")
	fmt.Fprintf(w, "// String returns the names of the flags in WIT, as in a|b.\nfunc (v %s) String() string {\nvar names []string\n", t.goName)
	fmt.Fprintf(w, "for i, name := range [...]string{")
	for _, f := range t.fields {
		fmt.Fprintf(w, "%q, ", f.name)
	}
	fmt.Fprintf(w, "} {\nif v&(1<<i) != 0 {\nnames = append(names, name)\n}\n}\nreturn strings.Join(names, \"|\")\n}\n\n")
}
