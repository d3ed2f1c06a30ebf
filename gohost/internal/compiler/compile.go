package compiler

import (
	"io"
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

// Instances is how instances start: without a name there may be any number of them, and no
// export is a start function. wazero would seed a source of random numbers for each instance,
// which takes a quarter of its start; only wazero's own WASI reads it, which nothing here has.
var Instances = wazero.NewModuleConfig().WithName("").WithStartFunctions().WithRandSource(noRandom{})

// noRandom is a source without random numbers.
type noRandom struct{}

func (noRandom) Read([]byte) (int, error) { return 0, io.EOF }

// workers is how many threads compile one module.
func workers() int { return min(runtime.GOMAXPROCS(0), 4) }
