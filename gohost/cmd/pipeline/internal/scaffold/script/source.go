package script

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

// source writes what a plugin exports of an interface.
func (w *writer) source(s *strings.Builder, i *world.Interface) {
	if i.Name == "" {
		for _, f := range i.Functions {
			w.export(s, world.Camel(f.Item), "World[\""+world.Camel(f.Item)+"\"]", fmt.Sprintf("(%s) => {\n  %s\n};\n", w.params(f, false), missing(f)))
		}
		return
	}
	for _, r := range i.Resources {
		w.class(s, i, r)
	}
	var body strings.Builder
	body.WriteString("{\n")
	for _, r := range i.Resources {
		fmt.Fprintf(&body, "  %s,\n", world.Pascal(r.Name))
	}
	first := len(i.Resources) == 0
	for _, f := range i.Functions {
		if f.Resource != nil {
			continue
		}
		if !first {
			body.WriteString("\n")
		}
		first = false
		fmt.Fprintf(&body, "  %s(%s) {\n    %s\n  },\n", world.Camel(f.Item), w.params(f, false), missing(f))
	}
	body.WriteString("};\n")
	w.export(s, w.local(i), w.objects[i], body.String())
}

// export writes a constant that is exported, with its type.
func (w *writer) export(s *strings.Builder, name, typ, value string) {
	s.WriteString("\n")
	if !w.typed {
		fmt.Fprintf(s, "/** @type {contract.%s} */\n", typ)
		typ = ""
	} else {
		typ = ": contract." + typ
	}
	local := world.Reserve(reserved).New(name)
	if local == name {
		fmt.Fprintf(s, "export const %s%s = %s", local, typ, value)
	} else {
		fmt.Fprintf(s, "const %s%s = %sexport { %s as %s };\n", local, typ, value, local, name)
	}
}

// class writes a resource.
func (w *writer) class(s *strings.Builder, i *world.Interface, r *world.Type) {
	name := world.Pascal(r.Name)
	implements := ""
	if w.typed {
		implements = " implements contract." + w.types[r]
	} else {
		fmt.Fprintf(s, "\n/** @implements {contract.%s} */", w.types[r])
	}
	fmt.Fprintf(s, "\nclass %s%s {", name, implements)
	first := true
	for _, f := range i.Functions {
		if f.Resource != r {
			continue
		}
		if !first {
			s.WriteString("\n")
		}
		result := ""
		if w.typed && f.Kind != "constructor" {
			result = ": " + w.result(f)
		}
		item := world.Camel(f.Item)
		switch f.Kind {
		case "constructor":
			item = "constructor"
		case "static":
			item = "static " + item
		}
		fmt.Fprintf(s, "\n  %s(%s)%s {\n    %s\n  }", item, w.params(f, w.typed), result, missing(f))
		first = false
	}
	s.WriteString("\n}\n")
}

// missing is the body of a function.
func missing(f *world.Function) string {
	return fmt.Sprintf("throw new Error(%q);", f.Name+" is not written yet")
}
