package sandbox

import (
	"context"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/wasi"
)

// instantiateImports adds to the module's runtime what it imports of the contract, under
// the names that it uses: it may know another version of an interface.
func (m *Module) instantiateImports(ctx context.Context, functions []cabi.HostFunction) error {
	host := newHostModules(slices.Concat(functions, m.config.grantedFunctions(m.contract)))
	type imported struct {
		host   map[string]*cabi.HostFunction
		wanted map[string]bool
		found  []cabi.HostFunction
	}
	modules := map[string]*imported{}
	for _, f := range m.code.Module.ImportedFunctions() {
		module, name, _ := f.Import()
		if module == fuel.Module || (module == wasi.Module && len(m.config.grants) > 0) {
			continue
		}
		i := modules[module]
		if i == nil {
			i = &imported{host: host.find(module, &m.exports), wanted: map[string]bool{}}
			modules[module] = i
		}
		if i.wanted[name] {
			continue // a module may import a function many times
		}
		i.wanted[name] = true
		f := i.host[name]
		if f == nil {
			return contractError("it imports the function %q %q, which the program does not implement", module, name)
		}
		i.found = append(i.found, *f)
	}
	for module, i := range modules {
		if err := cabi.Instantiate(ctx, m.code.Runtime, module, i.found); err != nil {
			return err
		}
	}
	m.imports = len(modules) > 0
	return nil
}

// hostModules are the functions that a program implements.
type hostModules struct {
	// functions are by the name of the import module, and by their own.
	functions map[string]map[string]*cabi.HostFunction
	// versions are those of import modules, by the name without the version.
	versions map[string][]string
}

func newHostModules(functions []cabi.HostFunction) hostModules {
	h := hostModules{functions: map[string]map[string]*cabi.HostFunction{}, versions: map[string][]string{}}
	for i := range functions {
		f := &functions[i]
		module := f.Module()
		if h.functions[module] == nil {
			h.functions[module] = map[string]*cabi.HostFunction{}
			name, _, _ := strings.Cut(module, "@")
			h.versions[name] = append(h.versions[name], f.Version)
		}
		h.functions[module][f.Name] = f
	}
	return h
}

// find returns the functions of the import module that takes the place of the one that a
// guest imports. All functions are of one version, since a resource of one version is
// foreign to another.
func (h *hostModules) find(module string, e *exports) map[string]*cabi.HostFunction {
	name, version, ok := strings.Cut(module, "@")
	if !ok {
		return h.functions[module]
	}
	// Functions for the guest's own resources are of the version that the host calls.
	if iface, exported := strings.CutPrefix(name, cabi.ExportPrefix); exported {
		if host, ok := e.hostVersion(iface, version); ok {
			return h.functions[name+"@"+host]
		}
	}
	host, ok := bestVersion(h.versions[name], version)
	if !ok {
		return nil
	}
	return h.functions[name+"@"+host]
}
