package sandbox

import (
	"strings"

	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/cabi"
)

// Contract is a WIT world as the host sees it: what a module must export, and what it
// may import. It is data, which generated code has; nothing changes it.
type Contract struct {
	// World is the world's name, such as "ex:filter/plugin@1.0.0".
	World string
	// Runtime is the version of package cabi that the generated code is for.
	Runtime int
	// Exports are the interfaces that a module must export. Their functions are
	// numbered in order, from 0, through all interfaces.
	Exports []Interface
	// Imports are the interfaces that a module may import.
	Imports []Interface
	// Direct are the names of core functions beside the contract, by which a program calls
	// the module that is part of it ([LoadTrusted]). They are numbered after the functions of
	// Exports. No other module is ever called by them.
	Direct []string
	// Instead has, by their numbers, functions that the program can do without if a module
	// exports the function beside it: one of another version of the interface, of which a
	// module has one or the other. A call of the function begins in such a module too.
	Instead map[int]int
}

// Interface is an interface of a contract.
type Interface struct {
	// Name is the interface's name without a version, such as "ex:kv/store". It is
	// empty for the functions of the world itself.
	Name string
	// Version is the version that the host knows, such as "1.2.0", or empty. A
	// module may have any version that is compatible with it: the same major
	// version, or the same minor version if the major version is 0.
	Version string
	// Optional marks an exported interface that a module may lack.
	Optional bool
	// OneOf marks an exported interface of which the contract has several versions that are
	// marked so: a module needs one of them only.
	OneOf     bool
	Functions []Function
	// Resources are the names of the resources that the interface defines.
	Resources []string
}

// Function is a function of an interface.
type Function struct {
	// Name is the canonical name, such as "apply" or "[method]bucket.get".
	Name string
	// Params and Results are the types of the core function, a letter each: i for
	// i32, I for i64, f for f32, F for f64.
	Params, Results string
	// Type is the function's type in the component model, as text.
	Type string
	// Handles are the resources of own<resource> and borrow<resource> in Type, in order:
	// each the interface with its version, #, and the resource's name, after
	// [cabi.ExportPrefix] if the guest implements it. Only package kit needs them.
	Handles []string
}

// FunctionNames returns the names of the exported functions, in order.
func (c *Contract) FunctionNames() (names []string) {
	for _, i := range c.Exports {
		for _, f := range i.Functions {
			names = append(names, f.Name)
		}
	}
	return names
}

// exported is one function of a contract's exports in a module.
type exported struct {
	iface *Interface
	name  string
	// export is the name under which the module exports it, or empty if its
	// interface is optional and not there.
	export string
}

// exports are the functions of a contract in a module that was checked.
type exports struct {
	functions []exported // in order
	// prefixes are what precedes the names of an interface's functions.
	prefixes map[interfaceID]string
}

// interfaceID is the name of an interface, and the version that the host knows. A
// contract may have several versions of one interface.
type interfaceID struct{ name, version string }

// resolve finds the functions of the contract among the exports of a module.
func (c *Contract) resolve(names map[string]api.FunctionDefinition, trusted bool) exports {
	e := exports{prefixes: map[interfaceID]string{}}
	for i := range c.Exports {
		iface := &c.Exports[i]
		prefix, ok := iface.prefix(names)
		e.prefixes[interfaceID{iface.Name, iface.Version}] = prefix
		for _, f := range iface.Functions {
			function := exported{iface: iface, name: f.Name}
			if ok {
				function.export = prefix + f.Name
			}
			e.functions = append(e.functions, function)
		}
	}
	for _, name := range c.Direct {
		function := exported{iface: &Interface{}, name: name}
		if _, ok := names[name]; ok && trusted {
			function.export = name
		}
		e.functions = append(e.functions, function)
	}
	return e
}

// destructor returns the name under which a module exports the destructor of a resource,
// if it does.
func (e *exports) destructor(t *cabi.ResourceType) string {
	return e.prefixes[interfaceID{t.Interface, t.Version}] + "[dtor]" + t.Name
}

// hostVersion returns the version that the host knows of an exported interface, by the
// version that the module has.
func (e *exports) hostVersion(iface, version string) (host string, ok bool) {
	for id, prefix := range e.prefixes {
		if id.name == iface && prefix == iface+"@"+version+"#" {
			return id.version, true
		}
	}
	return "", false
}

// prefix returns what precedes a function's name in the names of the exports, with the
// same version of the interface or else the newest compatible one, or false if there is
// none.
func (i *Interface) prefix(exports map[string]api.FunctionDefinition) (string, bool) {
	if i.Name == "" {
		return "", true
	}
	if i.Version == "" {
		prefix := i.Name + "#"
		return prefix, !i.Optional && !i.OneOf || anyHasPrefix(exports, prefix)
	}
	version, ok := bestVersion(exportedVersions(exports, i.Name), i.Version)
	return i.Name + "@" + version + "#", ok
}

// IsExportedBy reports whether a module that exports interfaces, each named with its version,
// exports the function with this number, by the rule for versions.
func (c *Contract) IsExportedBy(function int, interfaces []string) bool {
	for _, i := range c.Exports {
		if function -= len(i.Functions); function >= 0 {
			continue
		}
		var versions []string
		for _, name := range interfaces {
			if name, version, _ := strings.Cut(name, "@"); name == i.Name {
				versions = append(versions, version)
			}
		}
		_, ok := bestVersion(versions, i.Version)
		return ok
	}
	return false
}

// wanted returns the interface's name and the versions that the host knows, for errors.
func (i *Interface) wanted() string {
	if i.Version == "" {
		return i.Name
	}
	return i.Name + "@" + versions(i.Version)
}
