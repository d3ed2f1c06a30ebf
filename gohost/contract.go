package gohost

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/abi"
	"example.org/compute-pipeline/gohost/internal/fuel"
)

// The interfaces of the contract (wit/) and the version this host knows. A
// guest may export any version that is compatible with it: the same 0.minor.
const (
	metricsInterface  = "org:analytics/metrics"
	pipelineInterface = "org:compute/pipeline"
	summaryInterface  = "org:compute-pipeline/summary"
	contractVersion   = "0.1"

	// initializeExport is run when an instance starts, where there is one.
	initializeExport = "_initialize"
)

// function is one function of the contract with its flattened signature.
type function struct {
	iface, name string
	params      []api.ValueType
}

// i32s is a list of n i32 types.
func i32s(n int) []api.ValueType {
	return slices.Repeat([]api.ValueType{api.ValueTypeI32}, n)
}

// Functions of the contract. A list or string flattens to two parameters, and
// every function returns one i32: a bool, or the address of its result.
var (
	fnComputeAggregate = function{metricsInterface, "compute-aggregate", i32s(2)}
	fnValidateStream   = function{metricsInterface, "validate-stream", i32s(2)}
	fnProcessBatch     = function{pipelineInterface, "process-batch", i32s(2)}
	fnValidateChecksum = function{pipelineInterface, "validate-checksum", i32s(3)}
	fnFold             = function{summaryInterface, "fold", i32s(4)}
	fnMerge            = function{summaryInterface, "merge", i32s(4)}
	fnFinish           = function{summaryInterface, "finish", i32s(2)}
)

// contract is what a module that meets it exports.
type contract struct {
	versions map[string]string // by interface
}

// has reports whether the module exports the interface.
func (c contract) has(iface string) bool { return c.versions[iface] != "" }

// export is the name under which the module exports f.
func (c contract) export(f function) string {
	return f.iface + "@" + c.versions[f.iface] + "#" + f.name
}

// checkContract finds what keeps a compiled module from being used. All of it
// is in one error, so that an author mends it in one go.
func checkContract(m wazero.CompiledModule, granted ...string) (contract, error) {
	check := checker{exports: m.ExportedFunctions(), contract: contract{versions: map[string]string{}}}
	for _, f := range m.ImportedFunctions() {
		module, name, _ := f.Import()
		if module == fuel.Module || module == wasiModule && slices.Contains(granted, name) {
			continue
		}
		check.report("it imports the function %q %q, which is not granted", module, name)
	}
	for _, m := range m.ImportedMemories() {
		module, name, _ := m.Import()
		check.report("it imports the memory %q %q, which is not granted", module, name)
	}
	if _, ok := m.ExportedMemories()[abi.MemoryExport]; !ok {
		check.report("it exports no memory called %q", abi.MemoryExport)
	}
	check.export(abi.ReallocExport, i32s(4), i32s(1))
	if f, ok := check.exports[initializeExport]; ok {
		check.signature(initializeExport, f, nil, nil)
	}
	check.iface(metricsInterface, true, fnComputeAggregate, fnValidateStream)
	check.iface(pipelineInterface, true, fnProcessBatch, fnValidateChecksum)
	check.iface(summaryInterface, false, fnFold, fnMerge, fnFinish)
	if len(check.problems) > 0 {
		return contract{}, fmt.Errorf("%w: %s", ErrContract, strings.Join(check.problems, "; "))
	}
	return check.contract, nil
}

type checker struct {
	exports  map[string]api.FunctionDefinition
	contract contract
	problems []string
}

func (c *checker) report(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// export checks that the function called name exists and has the given type.
func (c *checker) export(name string, params, results []api.ValueType) {
	f, ok := c.exports[name]
	if !ok {
		c.report("it does not export %q", name)
		return
	}
	c.signature(name, f, params, results)
}

func (c *checker) signature(name string, f api.FunctionDefinition, params, results []api.ValueType) {
	if !slices.Equal(f.ParamTypes(), params) || !slices.Equal(f.ResultTypes(), results) {
		c.report("its export %q has the type %s, not %s", name,
			signatureText(f.ParamTypes(), f.ResultTypes()), signatureText(params, results))
	}
}

// iface checks one interface: that a version is there which this host knows,
// and each of its functions.
func (c *checker) iface(name string, required bool, functions ...function) {
	version, others := c.findVersion(name)
	if version == "" {
		switch {
		case len(others) > 0:
			c.report("it exports %s@%s, and this host knows %s.x", name, strings.Join(others, " and @"), contractVersion)
		case required:
			c.report("it does not export the interface %s@%s.x", name, contractVersion)
		}
		return
	}
	c.contract.versions[name] = version
	for _, f := range functions {
		export := c.contract.export(f)
		c.export(export, f.params, i32s(1))
		post := abi.PostReturnPrefix + export
		if g, ok := c.exports[post]; ok {
			c.signature(post, g, i32s(1), nil)
		}
	}
}

// findVersion is the newest version of an interface among the exports that is
// compatible with this host, and those that are not.
func (c *checker) findVersion(iface string) (version string, others []string) {
	newest := -1
	for name := range c.exports {
		rest, ok := strings.CutPrefix(name, iface+"@")
		if !ok {
			continue
		}
		v, _, ok := strings.Cut(rest, "#")
		if !ok {
			continue
		}
		if patch, ok := patchOf(v); ok {
			if patch > newest {
				newest, version = patch, v
			}
		} else if !slices.Contains(others, v) {
			others = append(others, v)
		}
	}
	slices.Sort(others)
	return version, others
}

// patchOf is the patch number of a version that is compatible with this host.
func patchOf(version string) (int, bool) {
	text, ok := strings.CutPrefix(version, contractVersion+".")
	if !ok {
		return 0, false
	}
	patch, err := strconv.ParseUint(text, 10, 31)
	return int(patch), err == nil && strconv.FormatUint(patch, 10) == text
}

// signatureText writes a core function type as WebAssembly's text format does.
func signatureText(params, results []api.ValueType) string {
	list := func(kind string, types []api.ValueType) string {
		if len(types) == 0 {
			return ""
		}
		var b strings.Builder
		for _, t := range types {
			b.WriteString(" " + api.ValueTypeName(t))
		}
		return " (" + kind + b.String() + ")"
	}
	return "(func" + list("param", params) + list("result", results) + ")"
}
