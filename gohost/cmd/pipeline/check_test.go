package main

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/kit"
)

const (
	smallModule = "../../kit/testdata/small.wasm"
	smallWIT    = "testdata/small"
)

// checkSmall runs the command on a module of the world in testdata/small.
func checkSmall(t *testing.T, module string, args ...string) outcome {
	t.Helper()
	vectors := tempFile(t, "vectors.json", []byte(`{"format": 2, "world": "test:kit/small", "cases": [
		{"id": "bytes", "call": "f", "args": [[1, 2, 3, 4]], "want": {"value": [1, 2, 3, 4]}}]}`))
	args = append([]string{"check", "../../kit/testdata/" + module, "--wit", smallWIT, "--vectors", vectors, "--fuel", "20000000", "--memory", "16"}, args...)
	return pipeline(t, "", args...)
}

func TestTheExitStatusIsTheVerdict(t *testing.T) {
	good := checkSmall(t, "small.wasm")
	assert.Equal(t, 0, good.status, good.out)
	assert.Empty(t, good.err)
	assert.Contains(t, good.out, "\ntest:kit/small, seed ")
	assert.Contains(t, good.out, "\n  ok    vectors                    1 case\n")
	assert.Contains(t, good.out, "\nPASSED: ../../kit/testdata/small.wasm passed all 10 checks in ")
	bad := checkSmall(t, "counts.wasm")
	assert.Equal(t, 1, bad.status)
	assert.Empty(t, bad.err)
	assert.Contains(t, bad.out, "\nFAILED: ")
}

// A module is judged by the world that it declares, and the report says so.
func TestAModuleThatDeclaresItsWorld(t *testing.T) {
	const quota = "../../../examples/filter/quota.wasm"
	res := pipeline(t, "", "check", quota)
	assert.Equal(t, 0, res.status, res.out)
	assert.Empty(t, res.err)
	assert.Contains(t, res.out, "\nex:filter/plugin@1.0.0, as the module declares, seed ")
	res = pipeline(t, "", "check", quota, "-o", "json", "--wit", quota, "--world", "plugin")
	assert.Equal(t, 0, res.status, res.out)
	assert.NotContains(t, res.out, "declared", "somebody has chosen it")

	res = pipeline(t, "", "check", quota, "--grade", "stable")
	assert.Equal(t, 1, res.status)
	assert.Contains(t, res.out, "\norg:compute-pipeline/compute-pipeline@0.1.0, seed ")
	res = pipeline(t, "", "check", "../../../examples/plugins/plugin.rust.wasm")
	assert.Equal(t, 0, res.status, res.out)
	assert.Contains(t, res.out, "\norg:compute-pipeline/compute-pipeline@0.1.0, grade stable, seed ", "its world has another name")

	small, err := os.ReadFile(smallModule)
	require.NoError(t, err)
	lies := tempFile(t, "lies.wasm", append(small, "\x00\x11\x0ecomponent-typex\x1b"...))
	res = pipeline(t, "", "check", lies)
	assert.Equal(t, 1, res.status)
	assert.Contains(t, res.err, "pipeline: note: the world that the module declares cannot be read")
	assert.NotContains(t, res.err, "\x1b")
	assert.Contains(t, res.out, "\norg:compute-pipeline/compute-pipeline@0.1.0, seed ")
}

func TestReportsForPrograms(t *testing.T) {
	res := checkSmall(t, "hangs.wasm", "-o", "json", "--seed", "5")
	assert.Equal(t, 1, res.status)
	var report kit.Report
	require.NoError(t, json.Unmarshal([]byte(res.out), &report))
	assert.False(t, report.Passed)
	assert.Equal(t, uint64(5), report.Seed)
	res = checkSmall(t, "small.wasm", "-o", "junit")
	assert.Equal(t, 0, res.status)
	require.NoError(t, xml.Unmarshal([]byte(res.out), new(struct{})))
}

func TestCheckOfAModuleThatNeedsGrants(t *testing.T) {
	res := pipeline(t, "", "check", needsGrants)
	assert.Equal(t, 1, res.status)
	assert.Contains(t, res.out, "\"random_get\", which is not granted\n")
	res = pipeline(t, "", "check", needsGrants, "--grant", "clock,output,random=seed:7,files="+t.TempDir(), "--fuel", "1000000")
	assert.Equal(t, 1, res.status)
	assert.Contains(t, res.out, "\n  ok    the contract ")
}

// What a module prints does not reach the terminal as it is, nor between the progress.
func TestCheckQuotesWhatTheModulePrints(t *testing.T) {
	vectors := tempFile(t, "vectors.json", []byte(`{"format": 2, "cases": [
		{"id": "x", "call": "org:compute/pipeline#process-batch", "args": [{"hex": "651b5b324a0a"}], "want": {"same": true}}]}`))
	res := pipeline(t, "", "check", needsGrants, "--grant", "clock,output,random=seed:7,files="+t.TempDir(), "--fuel", "1000000", "--vectors", vectors)
	assert.Equal(t, 1, res.status)
	assert.Empty(t, res.err)
	assert.Contains(t, res.out, "\nthe first lines of output\n\n  \"e\\x1b[2J\"\n")
}

func TestBadUseOfCheck(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for want, args := range map[string][]string{
		"none: no such file or directory":             {none},
		"--grade must be one of":                      {smallModule, "--grade", "good"},
		": --grade: only the engine's contract has":   {smallModule, "--grade", "exact", "--wit", smallWIT},
		"--world and --features need --wit":           {smallModule, "--world", "small"},
		"has no world other; it has small":            {smallModule, "--wit", smallWIT, "--world", "other"},
		": --time -1s: must be positive":              {smallModule, "--time=-1s"},
		": --fuel 0: must be at least 1":              {smallModule, "--fuel=0"},
		": --memory 5000: must be from 1 to 4096 MiB": {smallModule, "--memory=5000"},
		"--grant: ":               {smallModule, "--grant", "everything"},
		"unknown member \"case\"": {smallModule, "--wit", smallWIT, "--vectors", tempFile(t, "v.json", []byte(`{"format": 2, "case": []}`))},
		"the vectors are for the world a:b/c, and the c": {smallModule, "--wit", smallWIT, "--vectors", tempFile(t, "w.json", []byte(`{"format": 2, "world": "a:b/c", "cases": []}`))},
	} {
		res := pipeline(t, "", append([]string{"check"}, args...)...)
		assert.Equal(t, 2, res.status, want)
		assert.Contains(t, res.err, want)
		assert.Empty(t, res.out)
	}
}
