package kit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/kit"
	"example.org/compute-pipeline/gohost/sandbox"
)

// The report has the beginning of what a module prints, as text that no terminal obeys.
func TestTheReportHasTheFirstLinesOfOutput(t *testing.T) {
	t.Cleanup(kit.WithoutOwnVectors())
	batch := fmt.Appendf(nil, "e\x1b[2J\u009b31m</system-out>\n%s\n%s", strings.Repeat("o", 300), strings.Repeat("more\n", 20))
	vectors := fmt.Appendf(nil, `{"format": 2, "cases": [
		{"id": "x", "call": "org:compute/pipeline#process-batch", "args": [{"hex": "%x"}], "want": {"same": true}}]}`, batch)
	options := func(more ...kit.Option) []kit.Option {
		return append([]kit.Option{kit.WithVectors(vectors), kit.WithFuel(1_000_000), kit.WithGrants(
			sandbox.GrantClock(), sandbox.GrantFiles(fstest.MapFS{}), sandbox.GrantSeededRandom(7), sandbox.GrantOutput(sandbox.OutputLimits{LinesPerSecond: 12}))}, more...)
	}
	wasm := read(t, "../testdata/wasi.wasm")
	var log bytes.Buffer
	report := judge(t, wasm, options(kit.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))...)
	require.Len(t, report.Output, 10, "%s", textOf(t, report))
	assert.Equal(t, "e\x1b[2J\u009b31m</system-out>", report.Output[0])
	assert.Equal(t, strings.Repeat("o", 200)+"… (cut: 300 bytes)", report.Output[1])
	assert.Equal(t, "more", report.Output[9])
	assert.GreaterOrEqual(t, strings.Count(log.String(), " line="), 12)
	assert.Equal(t, strings.Count(log.String(), "\n"), strings.Count(log.String(), " line="), "nothing else is logged")

	const first = "  \"e\\x1b[2J\\u009b31m</system-out>\"\n  \"ooo"
	text := textOf(t, report)
	assert.Contains(t, text, "\nthe first lines of output\n\n"+first)
	assert.NotContains(t, text, "\x1b")
	var junit strings.Builder
	require.NoError(t, report.WriteJUnit(&junit, "m"))
	assert.Contains(t, junit.String(), `<system-out>  &#34;e\x1b[2J\u009b31m&lt;/system-out&gt;&#34;`)
	data, err := json.Marshal(report)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"output":["e\u001b[2J`)

	report = judge(t, wasm, options()...)
	assert.Len(t, report.Output, 10, "also without a logger")
}
