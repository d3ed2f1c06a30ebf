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
	fmt.Fprintf(w, "type %s struct {\ncaller sandbox.Caller\nmodule *sandbox.Module\n}\n\n", name)

	imports, argument, functions := "", "", "nil"
	if g.hasImports() {
		imports, argument = ", imports Imports", "imports"
	}
	fmt.Fprintf(w, "// Load checks and starts a module that implements the world: a core module, or a\n// component with one in it. See [sandbox.Load].\n")
	fmt.Fprintf(w, "func Load(ctx context.Context, wasm []byte%s, opts ...sandbox.Option) (*%s, error) {\n", imports, name)
	if g.hasHostFunctions() {
		functions = "functions"
		fmt.Fprintf(w, "functions, err := hostFunctions(%s)\nif err != nil {\nreturn nil, err\n}\n", argument)
	}
	fmt.Fprintf(w, "module, err := sandbox.Load(ctx, wasm, Contract(), %s, opts...)\nif err != nil {\nreturn nil, err\n}\n", functions)
	fmt.Fprintf(w, "return &%s{caller: module, module: module}, nil\n}\n\n", name)

	fmt.Fprintf(w, "// Check reports whether Load would accept a module, without starting it.\n")
	fmt.Fprintf(w, "func Check(ctx context.Context, wasm []byte, opts ...sandbox.Option) error {\nreturn sandbox.Check(ctx, wasm, Contract(), opts...)\n}\n\n")

	fmt.Fprintf(w, "// Close closes the module after its running calls. See [sandbox.Module.Close].\n")
	fmt.Fprintf(w, "func (%[1]s *%[2]s) Close(ctx context.Context) error { return %[1]s.module.Close(ctx) }\n\n", receiver, name)
	fmt.Fprintf(w, "// CloseIdle closes all idle instances to free their memory.\n")
	fmt.Fprintf(w, "func (%[1]s *%[2]s) CloseIdle() { %[1]s.module.CloseIdle() }\n\n", receiver, name)
	fmt.Fprintf(w, "// Stats returns the counters of the module.\n")
	fmt.Fprintf(w, "func (%[1]s *%[2]s) Stats() sandbox.Stats { return %[1]s.module.Stats() }\n\n", receiver, name)
}
