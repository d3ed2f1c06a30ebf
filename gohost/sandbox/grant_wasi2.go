package sandbox

import (
	"slices"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/wasi2"
)

// capabilities are what functions of WASI 0.2 need, as texts for [ParseGrant].
var capabilities = map[wasi2.Capability]string{
	wasi2.Nothing: "any grant", wasi2.Clock: "clock", wasi2.Random: "random", wasi2.Output: "output", wasi2.Files: anyFiles,
}

// gives reports whether the grants give what a function of WASI 0.2 needs.
func (c config) gives(needed wasi2.Capability) bool {
	return slices.ContainsFunc(c.grants, func(g Grant) bool {
		return needed == wasi2.Nothing || slices.Contains(g.gives, needed)
	})
}

// grantable returns the interfaces of WASI 0.2 that can be granted: an interface that the
// contract has is the program's.
func grantable(contract *Contract) []wasi2.Interface {
	return slices.DeleteFunc(slices.Clone(wasi2.Interfaces()), func(i wasi2.Interface) bool {
		return slices.ContainsFunc(contract.Imports, func(own Interface) bool { return own.Name == i.Name })
	})
}

// split returns the part of an interface that is granted, if there is one, and what would
// give the rest.
func (c config) split(i wasi2.Interface) (granted wasi2.Interface, withheld []wasi2.Capability) {
	granted = wasi2.Interface{Name: i.Name}
	for _, f := range i.Functions {
		switch {
		case c.gives(f.Needs):
			granted.Functions = append(granted.Functions, f)
		case !slices.Contains(withheld, f.Needs):
			withheld = append(withheld, f.Needs)
		}
	}
	if len(granted.Functions) > 0 || len(i.Functions) == 0 && c.gives(wasi2.Nothing) {
		granted.Resources = i.Resources
	} else if len(i.Functions) == 0 {
		withheld = []wasi2.Capability{wasi2.Nothing}
	}
	return granted, withheld
}

// grants writes what is granted of WASI 0.2, and what is not.
func (w *textWriter) grants(c config, contract *Contract) {
	for _, i := range grantable(contract) {
		granted, withheld := c.split(i)
		if len(granted.Functions)+len(granted.Resources) > 0 {
			w.line("granted", i.Name, wasi2.Version)
			part := Interface{Resources: granted.Resources}
			for _, f := range granted.Functions {
				part.Functions = append(part.Functions, Function{Name: f.Name, Params: f.Params, Results: f.Results, Type: f.Type})
			}
			w.members(part)
		}
		if len(withheld) > 0 { // files give output too
			w.line("withheld", i.Name, capabilities[withheld[len(withheld)-1]])
		}
	}
}

// grantedFunctions returns the functions of WASI 0.2 that are granted.
func (c config) grantedFunctions(contract *Contract) (functions []cabi.HostFunction) {
	if len(c.grants) == 0 {
		return nil
	}
	for _, i := range grantable(contract) {
		granted, _ := c.split(i)
		functions = append(functions, granted.HostFunctions()...)
	}
	return functions
}
