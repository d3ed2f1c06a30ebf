package sandbox

import (
	"context"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/wasi"
)

// instantiateImports adds to the module's runtime what it imports of the contract, under
// the names that it uses: it may know another version of an interface.
func (m *Module) instantiateImports(ctx context.Context, functions []cabi.HostFunction) error {
	wanted := map[string][]string{}
	for _, f := range m.compiled.ImportedFunctions() {
		module, name, _ := f.Import()
		if module != fuel.Module && (module != wasi.Module || len(m.config.grants) == 0) {
			wanted[module] = append(wanted[module], name)
		}
	}
	for module, names := range wanted {
		var found []cabi.HostFunction
		for _, name := range names {
			f := hostFunction(functions, module, name)
			if f == nil {
				return contractError("it imports the function %q %q, which the program does not implement", module, name)
			}
			found = append(found, *f)
		}
		if err := cabi.Instantiate(ctx, m.runtime, module, found); err != nil {
			return err
		}
	}
	m.imports = len(wanted) > 0
	return nil
}

// hostFunction returns the function that a module imports, or nil.
func hostFunction(functions []cabi.HostFunction, module, name string) *cabi.HostFunction {
	for i := range functions {
		f := &functions[i]
		if f.Name == name && (f.Module() == module || isVersionOf(f, module)) {
			return f
		}
	}
	return nil
}

// isVersionOf reports whether an import module is a compatible version of the
// function's interface.
func isVersionOf(f *cabi.HostFunction, module string) bool {
	if f.Version == "" {
		return false
	}
	unversioned := cabi.HostFunction{Interface: f.Interface, Exported: f.Exported}
	prefix := unversioned.Module() + "@"
	if len(module) < len(prefix) || module[:len(prefix)] != prefix {
		return false
	}
	known, ok := release(f.Version)
	version, ok2 := release(module[len(prefix):])
	return ok && ok2 && known.isCompatible(version)
}
