package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/matrix/job"
	"example.org/compute-pipeline/gohost"
)

const (
	data   = "../../data/seattle-temps-2010.json"
	plugin = "../../../gohost/plugin/testdata/engine.core.wasm"
)

func answerOf(t *testing.T, args ...string) (answer job.Answer) {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &out, append(args, data)))
	require.NoError(t, json.Unmarshal(out.Bytes(), &answer))
	return answer
}

// program is this command, to be run as a process.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "untrusted")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

func TestPluginAndProcess(t *testing.T) {
	inPlugin := answerOf(t, "-plugin", plugin)
	assert.Equal(t, 8759, inPlugin.Points)
	assert.Equal(t, 455713.5, inPlugin.Sum)
	assert.Positive(t, inPlugin.Memory)

	raw, err := os.ReadFile(data)
	require.NoError(t, err)
	var points []gohost.Datapoint
	require.NoError(t, json.Unmarshal(raw, &points))
	assert.Equal(t, job.Of(len(points), job.Plain(points)), answerOf(t, "-process", program(t)))
}

func TestTimesOfBoth(t *testing.T) {
	for _, args := range [][]string{{"-plugin", plugin}, {"-process", program(t)}} {
		answer := answerOf(t, append(args, "-rounds", "2")...)
		for _, step := range []string{"all", "100", "fresh"} {
			assert.Positive(t, answer.Nanoseconds[step], step)
		}
	}
}

// A module that never returns is stopped, by time or fuel. So is a process, which is then gone.
func TestEndlessLoops(t *testing.T) {
	points := []gohost.Datapoint{{Timestamp: 1, Value: 2}, {Timestamp: 3, Value: 4}} // with one it returns
	eng, err := loadPlugin(t.Context(), "../../../tests/hostile/call/aggregate_loops.wasm", "")
	require.NoError(t, err)
	defer func() { assert.NoError(t, eng.Close(t.Context())) }()
	for range 2 {
		_, err = eng.ComputeAggregate(t.Context(), points)
		assert.ErrorIs(t, err, gohost.ErrLimit)
		_, err = eng.ComputeAggregate(t.Context(), points[:1])
		assert.NoError(t, err)
	}

	p, err := startProcess(writeProgram(t, "exec sleep 1000"))
	require.NoError(t, err)
	_, err = p.ComputeAggregate(t.Context(), points)
	assert.ErrorContains(t, err, "was killed after")
	_, err = p.ComputeAggregate(t.Context(), points)
	assert.Error(t, err)
	assert.ErrorContains(t, p.Close(t.Context()), "killed")
}

// writeProgram writes a shell script, and returns its path.
func writeProgram(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700))
	return path
}

// What a process has started ends with it: it would keep the pipes open, and the call waiting.
func TestTheLimitIsThatOfChildrenToo(t *testing.T) {
	path := writeProgram(t, `sleep 1000 <&0 3>"$0.alive" & exec sleep 1000`)
	require.NoError(t, syscall.Mkfifo(path+".alive", 0o600))
	p, err := startProcess(path)
	require.NoError(t, err)
	alive, err := os.Open(path + ".alive") // which waits for the child
	require.NoError(t, err)
	defer func() { assert.NoError(t, alive.Close()) }()

	_, err = p.ComputeAggregate(t.Context(), make([]gohost.Datapoint, 100_000)) // more than a pipe takes
	assert.ErrorContains(t, err, "was killed after")
	rest, err := io.ReadAll(alive) // which ends with the child
	require.NoError(t, err)
	assert.Empty(t, rest)
	assert.ErrorContains(t, p.Close(t.Context()), "killed")
}

func TestCloseOfAProcessThatDoesNotEnd(t *testing.T) {
	p, err := startProcess(writeProgram(t, "exec sleep 1000"))
	require.NoError(t, err)
	assert.ErrorContains(t, p.Close(t.Context()), "killed")
}

func TestAProcessRefusesRequests(t *testing.T) {
	var out bytes.Buffer
	assert.NoError(t, serveRequests(bytes.NewReader(nil), &out))
	assert.Error(t, serveRequests(bytes.NewReader([]byte{1, 2, 3}), &out), "half a count")
	assert.Error(t, serveRequests(bytes.NewReader([]byte{1, 0, 0, 0, 0, 0, 0, 0, 9}), &out), "half a point")
	assert.ErrorContains(t, serveRequests(bytes.NewReader([]byte{1, 0, 0, 1, 0, 0, 0, 0}), &out), "the limit")
	assert.Empty(t, out.Bytes())
}

func TestWrongArguments(t *testing.T) {
	assert.ErrorContains(t, run(t.Context(), nil, nil, []string{data}), "neither")
	assert.ErrorContains(t, run(t.Context(), nil, nil, []string{"-plugin", plugin, "-rounds", "0", data}), "0 rounds")
	assert.ErrorContains(t, run(t.Context(), nil, nil, []string{"-plugin", data, data}), "invalid module")
	assert.ErrorContains(t, run(t.Context(), nil, nil, []string{"-process", "/no such program", data}), "no such program")
	assert.ErrorContains(t, run(t.Context(), nil, nil, []string{"-plugin", plugin, "no such file"}), "no such file")
}
