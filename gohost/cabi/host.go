package cabi

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

const (
	// RootModule is the import module of functions that a world imports itself.
	RootModule = "$root"
	// ExportPrefix precedes the name of an exported interface in the import module
	// of the functions for its resources.
	ExportPrefix = "[export]"
	// maxDepth is the max number of calls of imports within each other. They nest
	// only where dropping a resource calls its destructor.
	maxDepth = 32
)

// HostFunction is a function that the host implements for the guest: an import of the
// world, or one of a resource's own functions ([ResourceType.Functions]).
type HostFunction struct {
	// Interface is the name of its interface without the version, such as
	// "wasi:logging/logging", or "" for a function of the world itself.
	Interface string
	// Version is the interface's version, or "".
	Version string
	// Exported is set for the functions of an exported interface's resources.
	Exported bool
	// Name is the function's canonical name, such as "log" or "[method]bucket.get".
	Name string
	// Params and Results are the types of the flat parameters and results, a letter
	// each: i for i32, I for i64, f for f32, F for f64.
	Params, Results string
	// Call lifts the arguments, calls the implementation if [Call.Lifted] reports
	// true, and lowers the result. It may panic.
	Call func(*Call)
}

// Module returns the name of the import module.
func (f *HostFunction) Module() string {
	name := f.Interface
	switch {
	case name == "":
		name = RootModule
	case f.Version != "":
		name += "@" + f.Version
	}
	if f.Exported {
		return ExportPrefix + name
	}
	return name
}

func (f *HostFunction) name() string { return f.Module() + "#" + f.Name }

// Instantiate adds an import module with the functions to a runtime, once for all its
// instances, which must have set [Instance.Imports]. The module's name need not be
// that of the functions: a guest may import another version.
func Instantiate(ctx context.Context, r wazero.Runtime, module string, functions []HostFunction) error {
	builder := r.NewHostModuleBuilder(module)
	for i := range functions {
		f := &functions[i]
		params, err := valueTypes(f.Params)
		if err != nil {
			return fmt.Errorf("import %s: %w", f.name(), err)
		}
		results, err := valueTypes(f.Results)
		if err != nil {
			return fmt.Errorf("import %s: %w", f.name(), err)
		}
		builder = builder.NewFunctionBuilder().WithGoModuleFunction(importFunc{f}, params, results).Export(f.Name)
	}
	if _, err := builder.Instantiate(ctx); err != nil {
		return fmt.Errorf("import module %s: %w", module, err)
	}
	return nil
}

func valueTypes(letters string) ([]api.ValueType, error) {
	types := make([]api.ValueType, len(letters))
	for i, letter := range letters {
		switch letter {
		case 'i':
			types[i] = api.ValueTypeI32
		case 'I':
			types[i] = api.ValueTypeI64
		case 'f':
			types[i] = api.ValueTypeF32
		case 'F':
			types[i] = api.ValueTypeF64
		default:
			return nil, fmt.Errorf("%q in %q is no type of a flat value", letter, letters)
		}
	}
	return types, nil
}
