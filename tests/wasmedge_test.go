package tests

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"example.org/compute-pipeline/gohost/vectors"
)

// wasmEdgeEnv has the directory in which WasmEdge is installed. No registry of packages has it,
// so it runs only where that is set.
const wasmEdgeEnv = "WASMEDGE"

// wasmEdge builds the runner for WasmEdge, and is the runtime.
func wasmEdge(v *vectors.File, wasm []byte) aRuntime {
	prefix := os.Getenv(wasmEdgeEnv)
	return aRuntime{"WasmEdge, core module", nil, func(ctx context.Context, r *run) error {
		dir, err := os.MkdirTemp("", "compute-pipeline-wasmedge-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		runner, lib := filepath.Join(dir, "runner"), filepath.Join(prefix, "lib")
		cc := exec.CommandContext(ctx, "cc", "-std=c17", "-O2", "-Wall", "-Wextra", "-Werror", "-I", filepath.Join(prefix, "include"),
			"-o", runner, "wasmedge/runner.c", "-L", lib, "-lwasmedge", "-Wl,-rpath,"+lib)
		if out, err := cc.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		r.version, r.results, err = runCore(ctx, exec.CommandContext(ctx, runner, corePath), v, wasm)
		return err
	}}
}
