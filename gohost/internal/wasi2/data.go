package wasi2

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// Version is the version of WASI that the host has. A guest may import any that is
// compatible with it.
const Version = "0.2.12"

// importsText has a line for each part of the interfaces in wit, in the form in which
// package sandbox gives a contract to guest/prepare.
//
//go:embed imports.txt
var importsText string

// Interface is an interface of WASI.
type Interface struct {
	// Name is without the version.
	Name      string
	Functions []Function
	Resources []string
}

// Function is a function of an interface.
type Function struct {
	// Name is the canonical name. Params and Results are the types of the core function,
	// and Type the type in the component model, as in a contract.
	Name, Params, Results, Type string
	// Needs is what a guest must have been granted for it.
	Needs Capability
}

// Capability is what a grant gives.
type Capability string

// The capabilities. What gives nothing comes with any grant.
const (
	Nothing Capability = "nothing"
	Clock   Capability = "clock"
	Random  Capability = "random"
	Output  Capability = "output"
	Files   Capability = "files"
)

// Interfaces returns the interfaces that can be granted. The caller must not change them.
var Interfaces = sync.OnceValue(func() (list []Interface) {
	for line := range strings.Lines(importsText) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch fields[0] {
		case "import":
			list = append(list, Interface{Name: fields[1]})
		case "function":
			i := &list[len(list)-1]
			i.Functions = append(i.Functions, Function{
				Name: fields[1], Params: fields[2], Results: fields[3], Type: fields[4], Needs: needs(i.Name, fields[1]),
			})
		case "resource":
			i := &list[len(list)-1]
			i.Resources = append(i.Resources, fields[1])
		}
	}
	return list
})

// needs returns what a function needs. Streams, their errors and waiting for them give
// nothing by themselves, nor does a network that refuses everything.
func needs(iface, function string) Capability {
	name := strings.TrimPrefix(iface, "wasi:")
	switch pkg, _, _ := strings.Cut(name, "/"); {
	case pkg == "clocks":
		return Clock
	case pkg == "random":
		return Random
	case name == "cli/stdin" || name == "cli/stdout" || name == "cli/stderr":
		return Output
	case pkg == "filesystem" && forOutput[function]:
		return Output
	case pkg == "filesystem":
		return Files
	}
	return Nothing
}

// forOutput are the functions of files that libraries import for their standard streams, as
// those of WASI preview 1 that come with output. Without files nobody has a descriptor.
var forOutput = map[string]bool{
	"get-directories": true, "filesystem-error-code": true,
	"[method]descriptor.read-via-stream": true, "[method]descriptor.write-via-stream": true, "[method]descriptor.append-via-stream": true,
	"[method]descriptor.get-flags": true, "[method]descriptor.get-type": true, "[method]descriptor.stat": true,
}

// Needs returns what a guest must have been granted for a function of an import module, or
// false if there is no such function.
func Needs(module, function string) (needed Capability, found bool) {
	name, _, _ := strings.Cut(module, "@")
	for _, i := range Interfaces() {
		if i.Name != name {
			continue
		}
		for _, f := range i.Functions {
			if f.Name == function {
				return f.Needs, true
			}
		}
		resource, ok := strings.CutPrefix(function, "[resource-drop]")
		switch {
		case !ok || !slices.Contains(i.Resources, resource):
			return Nothing, false
		case len(i.Functions) > 0:
			return i.Functions[0].Needs, true // one of them is granted with the resource
		}
		return Nothing, true
	}
	return Nothing, false
}
