package compiler

import (
	"runtime"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// Features is WebAssembly 2.0: what the tools emit by default, and no proposals
// beyond it.
const Features = api.CoreFeaturesV2

// Config is how a module is compiled on both sides: what one writes, the other
// finds.
func Config() wazero.RuntimeConfig {
	return wazero.NewRuntimeConfig().WithCoreFeatures(Features).WithDebugInfoEnabled(false)
}

// workers is how many threads compile one module.
func workers() int { return min(runtime.GOMAXPROCS(0), 4) }
