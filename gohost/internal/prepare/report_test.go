package prepare

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheReportHasTheEstimate(t *testing.T) {
	sandbox, contract, wasm := newSandbox(t), readContract(t), readModule(t, "component.wasm")
	p, err := sandbox.Prepare(t.Context(), wasm, Options{Contract: contract, Meter: true})
	require.NoError(t, err)
	core := coreModule(t, wasm)
	r := p.Report
	require.Equal(t, len(core), r.CoreSize)
	require.NotNil(t, r.Estimate)
	require.NotNil(t, r.Limits)
	for name, c := range map[string]struct{ estimate, limit uint64 }{
		"time":   {uint64(r.Estimate.Time), uint64(r.Limits.Time)},
		"memory": {r.Estimate.Memory, r.Limits.Memory},
		"kept":   {r.Estimate.Kept, r.Limits.Kept},
	} {
		assert.Positive(t, c.estimate, name)
		assert.Less(t, c.estimate, c.limit, name)
	}
	assert.Greater(t, r.Limits.Time, 3*time.Second)
	assert.EqualValues(t, 1<<30, r.Limits.Memory)

	p, err = sandbox.Prepare(t.Context(), wasm, Options{Contract: contract})
	require.NoError(t, err)
	require.Equal(t, Report{CoreSize: len(core)}, p.Report, "a module without metering has no limits")
}

// nested is a module whose function, with a name, is too much for the compiler.
func nested(name string) []byte {
	body := append([]byte{0}, bytes.Repeat([]byte{0x02, 0x40, 0x0b}, 30_000)...) // block end
	module := append([]byte("\x00asm\x01\x00\x00\x00"), "\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00"...)
	module = appendSized(append(module, 10), appendSized([]byte{1}, append(body, 0x0b)))
	names := appendSized([]byte{1}, appendSized([]byte{1, 0}, []byte(name)))
	return appendSized(append(module, 0), append([]byte("\x04name"), names...))
}

func TestARefusalNamesTheFunction(t *testing.T) {
	sandbox := newSandbox(t)
	for name, shown := range map[string]string{
		"":                                  "function 0 ()",
		"_PyUnicode_InitStaticStrings":      "function 0 (_PyUnicode_InitStaticStrings)",
		"_ZN3foo3bar17h05af221e174051e9E":   "function 0 (foo::bar)",
		"_RNvNtCsgXGp5Oqx2Ny_4core3fmt3pad": "function 0 (core::fmt::pad)",
		"\x1b[31mred\t1\n":                  `function 0 (\u{1b}[31mred\t1\n)`,
	} {
		_, err := sandbox.Prepare(t.Context(), nested(name), Options{Meter: true})
		requireLimit(t, err, "compile time", 5_000_000_000)
		assert.Contains(t, err.Error(), "too long to compile: "+shown+" alone is estimated at ", "%q", name)
		assert.NotContains(t, err.Error(), "\n")
	}
}
