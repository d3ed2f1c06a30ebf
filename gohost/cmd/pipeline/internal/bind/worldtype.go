package bind

import (
	"fmt"
	"strings"
)

// writeWorldType writes the world's type, and the functions that make one.
func (g *generator) writeWorldType(w *strings.Builder, receiver string) {
	name := g.world.goName
	comment(w, name, g.world.docs, fmt.Sprintf("%s calls a module that implements the world %s.", name, g.world.id))
	fmt.Fprintf(w, "//\n// It is safe for concurrent use. Every error is a *[sandbox.Error].\n")
	fmt.Fprintf(w, "type %s struct{ caller sandbox.Caller }\n\n", name)

	parameter, argument := "", ""
	if g.hasImports() {
		parameter, argument = "imports Imports", "imports"
	}
	fmt.Fprintf(w, "// Load checks and starts a module that implements the world: a core module, or a\n// component with one in it. See [sandbox.Load].\n")
	fmt.Fprintf(w, "func Load(ctx context.Context, wasm []byte%s, opts ...sandbox.Option) (*%s, error) {\n", after(", ", parameter), name)
	fmt.Fprintf(w, "return Binding(%s).Load(ctx, wasm, opts...)\n}\n\n", argument)

	fmt.Fprintf(w, "// Check reports whether Load would accept a module, without starting it.\n")
	fmt.Fprintf(w, "func Check(ctx context.Context, wasm []byte, opts ...sandbox.Option) error {\nreturn sandbox.Check(ctx, wasm, Contract(), opts...)\n}\n\n")

	fmt.Fprintf(w, "// Binding returns what a registry of plugins needs to load modules of the world.\n")
	fmt.Fprintf(w, "func Binding(%s) sandbox.Binding[*%s] {\nreturn sandbox.Binding[*%s]{\nContract: Contract(),\n", parameter, name, name)
	if g.hasHostFunctions() {
		fmt.Fprintf(w, "Imports: %s,\n", g.hostFunctionsValue())
	}
	fmt.Fprintf(w, "Bind: func(caller sandbox.Caller) *%s { return &%s{caller} },\n}\n}\n\n", name, name)

	fmt.Fprintf(w, "// Close closes the module after its running calls. See [sandbox.Module.Close].\n")
	fmt.Fprintf(w, "func (%[1]s *%[2]s) Close(ctx context.Context) error { return sandbox.Close(ctx, %[1]s.caller) }\n\n", receiver, name)
	fmt.Fprintf(w, "// CloseIdle closes all idle instances to free their memory.\n")
	fmt.Fprintf(w, "func (%[1]s *%[2]s) CloseIdle() { sandbox.CloseIdle(%[1]s.caller) }\n\n", receiver, name)
	fmt.Fprintf(w, "// Stats returns the counters of the module.\n")
	fmt.Fprintf(w, "func (%[1]s *%[2]s) Stats() sandbox.Stats { return sandbox.StatsOf(%[1]s.caller) }\n\n", receiver, name)
}

// after returns s after a separator, or nothing if s is empty.
func after(separator, s string) string {
	if s == "" {
		return ""
	}
	return separator + s
}
