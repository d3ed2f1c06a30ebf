package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"example.org/compute-pipeline/gohost/vectors"
)

// Files and programs, from the directory of this package.
const (
	componentPath = "../dist/compute-pipeline.component.wasm"
	corePath      = "../dist/compute-pipeline.core.wasm"
	vectorsDir    = "vectors"
	// runnerEnv names the Wasmtime runner that was built already.
	runnerEnv = "COMPUTE_PIPELINE_RUNNER"
)

// wasmtimeCommand is the Wasmtime runner; without one, cargo builds it.
func wasmtimeCommand(ctx context.Context, component, vectors string) *exec.Cmd {
	args := []string{"conformance", component, vectors}
	if runner := os.Getenv(runnerEnv); runner != "" {
		return exec.CommandContext(ctx, runner, args...)
	}
	cargo := []string{"run", "-p", "compute-pipeline-wasmtime-runner", "--profile", "tools", "--quiet", "--"}
	return exec.CommandContext(ctx, "cargo", append(cargo, args...)...)
}

// nodeCommand is the Node runner; `npm ci` must have been run for it.
func nodeCommand(ctx context.Context, component, vectors string) *exec.Cmd {
	return exec.CommandContext(ctx, "node", "node/conformance.js", component, vectors)
}

// expand writes the vectors for the runners, which know no macros.
func expand(v *vectors.File, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(v.WriteExpanded(file), file.Close())
}

// runProcess runs a runner in a process of its own and reads its JSON lines.
func runProcess(cmd *exec.Cmd) (version string, results map[string]result, err error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, stderr.String())
	}
	var head struct {
		Runtime string `json:"runtime"`
		Version string `json:"version"`
	}
	decoder := json.NewDecoder(&stdout)
	if err := decoder.Decode(&head); err != nil {
		return "", nil, fmt.Errorf("%s: the first line: %w", cmd.Args[0], err)
	}
	results = make(map[string]result)
	for decoder.More() {
		var line struct {
			Case   string         `json:"case"`
			Result vectors.Result `json:"result"`
		}
		if err := decoder.Decode(&line); err != nil {
			return "", nil, fmt.Errorf("%s: line %d: %w", cmd.Args[0], len(results)+2, err)
		}
		if _, twice := results[line.Case]; twice {
			return "", nil, fmt.Errorf("%s: answered %s twice", cmd.Args[0], line.Case)
		}
		results[line.Case] = result{Result: line.Result}
	}
	return head.Runtime + " " + head.Version, results, nil
}
