package worlds

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// bindings are the generated Go package of a world, read as text, so that this package
// need not know how the generator names things.
type bindings struct {
	fset *token.FileSet
	// world is the world's type, and methods those of its exported functions by number.
	world   string
	methods map[int]*ast.FuncDecl
	// interfaces are all interface types, by name.
	interfaces map[string]*ast.InterfaceType
	// fields are those of Imports, and functions the imported ones of the Go interface
	// with this name.
	fields    []*ast.Field
	functions map[string][]imported
	// cases are the types with a method of this name, in order.
	cases map[string][]string
}

// imported is an imported function: its method, and "interface#name" in WIT.
type imported struct{ method, name string }

func parseBindings(t *testing.T, dir string) *bindings {
	t.Helper()
	b := &bindings{
		fset: token.NewFileSet(), methods: map[int]*ast.FuncDecl{}, interfaces: map[string]*ast.InterfaceType{},
		functions: map[string][]imported{}, cases: map[string][]string{},
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*_gen.go"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var methods []*ast.FuncDecl
	for _, path := range paths {
		file, err := parser.ParseFile(b.fset, path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.GenDecl:
				b.types(decl)
			case *ast.FuncDecl:
				methods = append(methods, b.function(decl)...)
			}
		}
	}
	b.number(methods)
	return b
}

func (b *bindings) types(decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		spec, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		switch typ := spec.Type.(type) {
		case *ast.InterfaceType:
			b.interfaces[spec.Name.Name] = typ
		case *ast.StructType:
			if spec.Name.Name == "Imports" {
				b.fields = typ.Fields.List
			}
		}
	}
}

// function reads a function's declaration, and returns it if it is a method that makes
// calls: they have a context. A world may have a method Error besides those of errors.
func (b *bindings) function(decl *ast.FuncDecl) []*ast.FuncDecl {
	results := decl.Type.Results
	switch {
	case decl.Recv != nil:
		if receiver, ok := decl.Recv.List[0].Type.(*ast.Ident); ok {
			b.cases[decl.Name.Name] = append(b.cases[decl.Name.Name], receiver.Name)
		}
		if decl.Type.Params.NumFields() == 0 {
			return nil
		}
		return []*ast.FuncDecl{decl}
	case decl.Name.Name == "Load":
		b.world = results.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
	case results.NumFields() == 1 && b.text(results.List[0].Type) == "[]cabi.HostFunction" && len(decl.Type.Params.List) == 1:
		name := b.text(decl.Type.Params.List[0].Type)
		b.functions[name] = b.hostFunctions(decl.Body, decl.Type.Params.List[0].Names[0].Name)
	}
	return nil
}

// hostFunctions returns the functions in a list of literals that call methods of impl.
func (b *bindings) hostFunctions(body ast.Node, impl string) (found []imported) {
	for literal := range nodes[*ast.CompositeLit](body) {
		var path, name, method string
		for _, element := range literal.Elts {
			pair, ok := element.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			text, _ := strconv.Unquote(b.text(pair.Value))
			switch b.text(pair.Key) {
			case "Interface":
				path = text
			case "Name":
				name = text
			case "Call":
				for selector := range nodes[*ast.SelectorExpr](pair.Value) {
					if b.text(selector.X) == impl {
						method = selector.Sel.Name
					}
				}
			}
		}
		if method != "" && name != "" {
			found = append(found, imported{method: method, name: path + "#" + name})
		}
	}
	return found
}

// number finds the number of each method's function. A method that calls its form that
// appends has that one's number.
func (b *bindings) number(methods []*ast.FuncDecl) {
	numbers := map[string]int{}
	for _, method := range methods {
		for call := range nodes[*ast.CallExpr](method.Body) {
			if b.text(call.Fun) == "sandbox.Call" {
				if number, err := strconv.Atoi(b.text(call.Args[2])); err == nil {
					numbers[method.Name.Name] = number
					b.methods[number] = method
				}
			}
		}
	}
	for _, method := range methods {
		_, calls := numbers[method.Name.Name]
		if number, ok := numbers["Append"+method.Name.Name]; ok && !calls {
			b.methods[number] = method
		}
	}
}

func (b *bindings) text(node ast.Node) string {
	var text bytes.Buffer
	if err := printer.Fprint(&text, b.fset, node); err != nil {
		return err.Error()
	}
	return text.String()
}

// driver writes the file that makes the calls of package driver through the bindings. What
// it declares has an underscore, which no generated name has.
func (b *bindings) driver(t *testing.T, dir, pkg string) {
	t.Helper()
	var w bytes.Buffer
	fmt.Fprintf(&w, "package %s\n\nimport (\n\t\"context\"\n\t\"reflect\"\n\n", pkg)
	for _, path := range []string{"gohost/sandbox", "gohost/wit", "tests/worlds/driver"} {
		fmt.Fprintf(&w, "\t%q\n", "example.org/compute-pipeline/"+path)
	}
	fmt.Fprint(&w, ")\n\n// Binding_ is for package driver.\nvar Binding_ = driver.Binding{Variants: driver.Variants{\n")
	for _, name := range slices.Sorted(maps.Keys(b.interfaces)) {
		// A variant's only method, besides that of an error, is the one that its cases share.
		methods := slices.DeleteFunc(slices.Clone(b.interfaces[name].Methods.List), func(m *ast.Field) bool { return len(m.Names) == 0 })
		if len(methods) != 1 || ast.IsExported(methods[0].Names[0].Name) {
			continue
		}
		fmt.Fprintf(&w, "reflect.TypeFor[%s](): {\n", name)
		for _, name := range b.cases[methods[0].Names[0].Name] {
			fmt.Fprintf(&w, "reflect.TypeFor[%s](),\n", name)
		}
		fmt.Fprint(&w, "},\n")
	}
	fmt.Fprint(&w, "}, Open: open_}\n\nvar (\n_ wit.Unit\n_ reflect.Type\n)\n\n")
	fmt.Fprint(&w, "func open_(ctx context.Context, calls *driver.Calls, wasm []byte, opts ...sandbox.Option) (*driver.World, error) {\n")
	fmt.Fprint(&w, "w, err := Load(ctx, wasm, ")
	if len(b.fields) > 0 {
		fmt.Fprint(&w, "Imports{\n")
		for _, field := range b.fields {
			fmt.Fprintf(&w, "%s: imported_%s{calls},\n", field.Names[0].Name, b.text(field.Type))
		}
		fmt.Fprint(&w, "}, ")
	}
	fmt.Fprint(&w, "opts...)\nif err != nil { return nil, err }\nreturn driver.NewWorld(Contract(), []driver.Function{\n")
	for number, called := range slices.Sorted(maps.Keys(b.methods)) {
		require.Equal(t, number, called, dir)
		method := b.methods[number]
		fmt.Fprintf(&w, "{Call: w.%s, Failed: driver.Failed[%s]},\n", method.Name.Name, b.last(method.Type))
	}
	fmt.Fprint(&w, "}, w.Close), nil\n}\n\n")
	for _, field := range b.fields {
		b.implement(t, &w, b.text(field.Type))
	}
	source, err := format.Source(w.Bytes())
	require.NoError(t, err, "%s", w.String())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "driver.go"), source, 0o644))
}

// implement writes an implementation of an imported interface, whose methods give
// everything to package driver.
func (b *bindings) implement(t *testing.T, w *bytes.Buffer, name string) {
	t.Helper()
	fmt.Fprintf(w, "type imported_%s struct{ calls *driver.Calls }\n\n", name)
	for _, method := range b.interfaces[name].Methods.List {
		typ := method.Type.(*ast.FuncType)
		index := slices.IndexFunc(b.functions[name], func(f imported) bool { return f.method == method.Names[0].Name })
		require.GreaterOrEqual(t, index, 0, method.Names[0].Name)
		var params, args strings.Builder
		for i, param := range typ.Params.List[1:] {
			fmt.Fprintf(&params, ", a%d %s", i, b.text(param.Type))
			fmt.Fprintf(&args, ", &a%d", i)
		}
		result, pointer := "", "nil"
		if typ.Results.NumFields() == 2 {
			result, pointer = "result "+b.text(typ.Results.List[0].Type)+", ", "&result"
		}
		fmt.Fprintf(w, "func (i imported_%s) %s(_ context.Context%s) (%serr error) {\n", name, method.Names[0].Name, params.String(), result)
		fmt.Fprintf(w, "err = i.calls.Imported(%q, driver.Fail[%s], %s%s)\nreturn\n}\n\n",
			b.functions[name][index].name, b.last(typ), pointer, args.String())
	}
}

// last returns the type of the last parameter, which is that of the WIT result's error if
// there is one.
func (b *bindings) last(typ *ast.FuncType) string {
	if params := typ.Params.List; len(params) > 1 {
		return b.text(params[len(params)-1].Type)
	}
	return "wit.Unit"
}

// nodes are the nodes of a type in a tree.
func nodes[N ast.Node](root ast.Node) iter.Seq[N] {
	return func(yield func(N) bool) {
		for node := range ast.Preorder(root) {
			if node, ok := node.(N); ok && !yield(node) {
				return
			}
		}
	}
}
