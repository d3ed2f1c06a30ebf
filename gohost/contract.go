package gohost

import (
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// The interfaces of the contract (wit/) and the version this host knows. A
// guest may export any version that is compatible with it: the same 0.minor.
// The prepare module checks whether a module implements the contract
// (guest/prepare/src/contract.rs) before wazero sees it; this file has what calls
// need.
const (
	metricsInterface  = "org:analytics/metrics"
	pipelineInterface = "org:compute/pipeline"
	summaryInterface  = "org:compute-pipeline/summary"
	contractVersion   = "0.1"

	// initializeExport runs when an instance starts, if the module exports it.
	initializeExport = "_initialize"
)

// function is one function of the contract.
type function struct{ iface, name string }

// Functions of the contract.
var (
	fnComputeAggregate = function{metricsInterface, "compute-aggregate"}
	fnValidateStream   = function{metricsInterface, "validate-stream"}
	fnProcessBatch     = function{pipelineInterface, "process-batch"}
	fnValidateChecksum = function{pipelineInterface, "validate-checksum"}
	fnFold             = function{summaryInterface, "fold"}
	fnMerge            = function{summaryInterface, "merge"}
	fnFinish           = function{summaryInterface, "finish"}
)

// contract is the versions of the interfaces that a module exports.
type contract struct {
	versions map[string]string // by interface
}

// contractOf returns the contract of a module's exports.
func contractOf(m wazero.CompiledModule) contract {
	exports := m.ExportedFunctions()
	c := contract{versions: map[string]string{}}
	for _, iface := range []string{metricsInterface, pipelineInterface, summaryInterface} {
		c.versions[iface] = newestVersion(exports, iface)
	}
	return c
}

// has reports whether the module exports the interface.
func (c contract) has(iface string) bool { return c.versions[iface] != "" }

// export returns the name under which the module exports f.
func (c contract) export(f function) string {
	return f.iface + "@" + c.versions[f.iface] + "#" + f.name
}

// newestVersion returns the newest version of an interface among the exports that is
// compatible with this host, or "".
func newestVersion(exports map[string]api.FunctionDefinition, iface string) (version string) {
	newest := -1
	for name := range exports {
		rest, _ := strings.CutPrefix(name, iface+"@")
		v, _, _ := strings.Cut(rest, "#")
		if patch, ok := patchOf(v); ok && patch > newest {
			newest, version = patch, v
		}
	}
	return version
}

// patchOf returns the patch number of a version that is compatible with this host.
func patchOf(version string) (int, bool) {
	text, ok := strings.CutPrefix(version, contractVersion+".")
	if !ok {
		return 0, false
	}
	patch, err := strconv.ParseUint(text, 10, 31)
	return int(patch), err == nil && strconv.FormatUint(patch, 10) == text
}
