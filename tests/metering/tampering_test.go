package metering

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A module that is invalid because it names what does not exist would, once
// metering has added a global and functions, name those. They are refused.
func TestModulesCannotReachTheirFuel(t *testing.T) {
	global := section(globalSection, vector([]byte{0x7e, 1, opI64Const, 0, opEnd}))
	one := section(functionSection, vector([]byte{0}))
	code := func(code ...byte) []byte { return section(codeSection, vector(body(noLocals, code))) }
	importOf := func(module string) []byte {
		return section(importSection, vector(slices.Concat(named(module), named("refuel"), []byte{0, 0})))
	}
	for name, tampering := range map[string]struct {
		wasm    []byte
		refused string
	}{
		"sets the first global there is not": {
			module(voidType, one, code(opI64Const, 1, opSet, 0)), "unknown global",
		},
		"sets the second global there is not": {
			module(voidType, one, global, code(opI64Const, 1, opSet, 1)), "unknown global",
		},
		"calls the first function there is not":  {module(voidType, one, code(opCall, 1)), "unknown function"},
		"calls the second function there is not": {module(voidType, one, code(opCall, 2)), "unknown function"},
		"calls by a type there is not": {
			module(voidType, one, section(tableSection, vector([]byte{0x70, 0, 1})), code(opI32Const, 0, opIndirect, 1, 0)),
			"unknown type",
		},
		"exports a global there is not": {
			module(voidType, one, section(exportSection, vector(exported("fuel", 3, 0))), code()), "unknown global",
		},
		"exports a function there is not": {
			module(voidType, one, section(exportSection, vector(exported("slow", 0, 1))), code()), "unknown function",
		},
		"starts with a function there is not": {
			module(voidType, one, section(startSection, []byte{1}), code()), "unknown function",
		},
		"puts a function there is not into a table": {
			module(voidType, one, section(tableSection, vector([]byte{0x70, 0, 1})),
				section(elementSection, vector([]byte{0, opI32Const, 0, opEnd, 1, 1})), code()),
			"unknown function",
		},
		"imports refuel": {module(voidType, importOf(reserved)), "reserved"},
		"imports from a module with a name that begins like it": {module(voidType, importOf(reserved+"-2")), "reserved"},
		"exports the name of the global": {
			module(voidType, global, section(exportSection, vector(exported(reserved, 3, 0)))), "reserved",
		},
		"exports a name that begins like it": {
			module(voidType, one, section(exportSection, vector(exported(reserved+".slow", 0, 0))), code()), "reserved",
		},
		"is metered already": {metered(t, program(noLocals)), "reserved"},
	} {
		t.Run(name, func(t *testing.T) {
			out, refusal := tryToMeter(t, tampering.wasm)
			require.Empty(t, out)
			assert.Contains(t, refusal, tampering.refused)
		})
	}
}

// What is only similar to a reserved name is not.
func TestOtherNamesAreTheModulesOwn(t *testing.T) {
	for _, name := range []string{"", "compute-pipeline", "compute-pipeline:fue", "Compute-Pipeline:fuel", " " + reserved} {
		wasm := module(voidType,
			section(importSection, vector(slices.Concat(named(name), named(reserved), []byte{0, 0}))),
			section(exportSection, vector(exported(name, 0, 0))))
		_, refusal := tryToMeter(t, wasm)
		assert.Empty(t, refusal, name)
	}
}
