package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/inspect"
)

// A core module of another size than each of the component's was made of them.
func TestWhatIsCompiledOfAComponent(t *testing.T) {
	modules := []inspect.Description{{Size: 1000}, {Size: 20}}
	for want, d := range map[string]inspect.Description{
		"":                           {Kind: inspect.CoreModule, Size: 1000},
		"core module: 1,000 bytes\n": {Kind: inspect.Component, Modules: modules},
		"core module: 1,000 bytes, merged from 3\n": {Kind: inspect.Component, Modules: make([]inspect.Description, 3)},
	} {
		var out strings.Builder
		writeCompiling(&out, d, gohost.CompileEstimate{CoreSize: 1000})
		require.Equal(t, want+"compiling: estimated at 1 ms and 0 MiB (limits: 1 ms and 0 MiB)\n", out.String())
	}
}
