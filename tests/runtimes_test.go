package tests

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors"
)

// everywhereEnv is set to run the vectors on all runtimes: `make conformance`.
const everywhereEnv = "COMPUTE_PIPELINE_EVERYWHERE"

func everywhere() bool { return os.Getenv(everywhereEnv) != "" }

// aRuntime is a runtime on which the vectors run.
type aRuntime struct {
	name string
	// legal are the cases that may differ there.
	legal map[string]difference
	// run sets the results, and the version unless it is wazero's.
	run func(ctx context.Context, r *run) error
}

// runtimesInProcess are those of the Go library and of wazero without it.
func runtimesInProcess(v *vectors.File, core []byte) []aRuntime {
	refused := refusedLengths(v)
	return []aRuntime{
		{"Go library, compiler", refused, func(ctx context.Context, r *run) error { return r.library(ctx, v) }},
		{"Go library, interpreter", refused, func(ctx context.Context, r *run) error { return r.library(ctx, v, gohost.WithInterpreter()) }},
		{"generated bindings, compiler", nil, func(ctx context.Context, r *run) error { return r.bound(ctx, v, core) }},
		{"generated bindings, interpreter", nil, func(ctx context.Context, r *run) error { return r.bound(ctx, v, core, gohost.WithInterpreter()) }},
		{"core module, compiler", nil, func(ctx context.Context, r *run) error {
			return r.core(ctx, v, wazero.NewRuntimeConfigCompiler(), core)
		}},
		{"core module, interpreter", nil, func(ctx context.Context, r *run) error {
			return r.core(ctx, v, wazero.NewRuntimeConfigInterpreter(), core)
		}},
	}
}

// runners are the runtimes in processes of their own.
func runners(v *vectors.File, core []byte, differences map[string]difference) []aRuntime {
	typed := func(name string, legal map[string]difference, command func(ctx context.Context) *exec.Cmd) aRuntime {
		return typedRuntime(name, legal, v, command)
	}
	onCore := func(name string, command func(ctx context.Context) *exec.Cmd) aRuntime {
		return coreRuntime(name, v, core, command)
	}
	all := []aRuntime{
		typed("native code", nil, func(ctx context.Context) *exec.Cmd { return rustRunner(ctx, "native") }),
		typed("Wasmtime, component", nil, func(ctx context.Context) *exec.Cmd {
			return rustRunner(ctx, "wasmtime", "component", componentPath)
		}),
		onCore("Wasmtime, core module", func(ctx context.Context) *exec.Cmd {
			return rustRunner(ctx, "wasmtime", "core", corePath)
		}),
		onCore("wasmi, core module", func(ctx context.Context) *exec.Cmd { return rustRunner(ctx, "wasmi", corePath) }),
		typed("Node, component", differences, func(ctx context.Context) *exec.Cmd { return nodeRunner(ctx, componentPath) }),
	}
	if os.Getenv(wasmEdgeEnv) != "" {
		all = append(all, wasmEdge(v, core))
	}
	if !everywhere() {
		return all
	}
	refused := refusedLengths(v)
	const programs = "../hosts/typescript/node_modules/.bin/"
	for name, command := range map[string][]string{
		"Node": {"node"}, "Bun": {programs + "bun"}, "Deno": {programs + "deno", "run", "--allow-read", "--allow-env"},
	} {
		all = append(all, typed(name+", core module", refused, func(ctx context.Context) *exec.Cmd {
			return exec.CommandContext(ctx, command[0], append(command[1:], "typescript/stdio.js", corePath)...)
		}))
	}
	all = append(all, typed("workerd, core module", refused, func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, "node", "typescript/edge.js", corePath)
	}))
	for name, program := range map[string]string{"Chromium": "chromium", "Firefox": "firefox-esr"} {
		all = append(all, aRuntime{name + ", core module", refused, func(ctx context.Context, r *run) (err error) {
			r.version, r.results, err = runInBrowser(ctx, program, v, corePath)
			return err
		}})
	}
	slices.SortStableFunc(all[5:], func(a, b aRuntime) int { return strings.Compare(a.name, b.name) })
	return all
}

// typedRuntime is a runner that calls functions with values.
func typedRuntime(name string, legal map[string]difference, v *vectors.File, command func(ctx context.Context) *exec.Cmd) aRuntime {
	return aRuntime{name, legal, func(ctx context.Context, r *run) (err error) {
		r.version, r.results, err = runTyped(command(ctx), v)
		return err
	}}
}

// coreRuntime is a runner that calls the exports of a core module.
func coreRuntime(name string, v *vectors.File, wasm []byte, command func(ctx context.Context) *exec.Cmd) aRuntime {
	return aRuntime{name, nil, func(ctx context.Context, r *run) (err error) {
		r.version, r.results, err = runCore(ctx, command(ctx), v, wasm)
		return err
	}}
}

// runEverywhere runs the vectors on all runtimes at the same time, and beside them those of the
// plugins one after the other, since each takes memory to compile. A runtime that cannot be
// started fails the test.
func runEverywhere(t *testing.T, v *vectors.File, plugins []aPlugin) []*run {
	wazeroVersion, err := goModVersion("github.com/tetratelabs/wazero")
	require.NoError(t, err)
	differences, err := readDifferences()
	require.NoError(t, err)
	core, err := os.ReadFile(corePath)
	require.NoError(t, err)
	runtimes := append(runtimesInProcess(v, core), runners(v, core, differences)...)
	newRun := func(runtime aRuntime) *run {
		return &run{name: runtime.name, version: "wazero " + wazeroVersion, legal: runtime.legal}
	}
	var runs []*run
	for _, runtime := range runtimes {
		runs = append(runs, newRun(runtime))
	}
	errs := make([]error, len(runs))
	var all sync.WaitGroup
	for i := range runs {
		all.Go(func() { errs[i] = runs[i].on(t, runtimes[i], "") })
	}
	for i := range plugins {
		p := &plugins[i]
		for _, runtime := range p.runtimes(everywhere()) {
			r := newRun(runtime)
			p.runs = append(p.runs, r)
			assert.NoError(t, r.on(t, runtime, "plugin in "+p.language+", "))
		}
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	require.False(t, t.Failed())
	return runs
}

// on runs all cases on a runtime. The error has its name.
func (r *run) on(t *testing.T, runtime aRuntime, what string) error {
	began := time.Now()
	err := runtime.run(t.Context(), r)
	r.took = time.Since(began)
	t.Logf("%s%s: %.1f s", what, r.name, r.took.Seconds())
	if err != nil {
		return fmt.Errorf("%s%s: %w", what, r.name, err)
	}
	return nil
}

// refusedLengths are the cases that trap in the guest, and that the packages for Go and
// TypeScript do not call it for.
func refusedLengths(v *vectors.File) map[string]difference {
	refused := make(map[string]difference)
	for _, c := range v.Cases {
		if isOf(c, "process-batch") && c.Want().Kind == vectors.Traps {
			refused[c.ID] = difference{
				Case:   c.ID,
				Reason: "the host refuses a length that is not a multiple of 16 before the call; the trap itself is seen in the runs of the bare core module",
				Want:   want{Refused: true},
			}
		}
	}
	return refused
}

func (r *run) library(ctx context.Context, v *vectors.File, opts ...gohost.Option) error {
	eng, err := gohost.New(ctx, append(opts, gohost.WithMaxInstances(1))...)
	if err != nil {
		return err
	}
	if r.results, err = runOnGuest(ctx, v, eng); err != nil {
		return err
	}
	return eng.Close(ctx)
}

func (r *run) bound(ctx context.Context, v *vectors.File, wasm []byte, opts ...gohost.Option) error {
	g, err := newBoundGuest(ctx, wasm, opts...)
	if err != nil {
		return err
	}
	if r.results, err = runOnGuest(ctx, v, g); err != nil {
		return err
	}
	return g.engine.Close(ctx)
}

func (r *run) core(ctx context.Context, v *vectors.File, config wazero.RuntimeConfig, wasm []byte) error {
	exports, err := exportsOf(ctx, wasm)
	if err != nil {
		return err
	}
	module, err := newWazeroModule(ctx, config, wasm)
	if err != nil {
		return err
	}
	if r.results, err = runOnGuest(ctx, v, &coreGuest{module: module, exports: exports}); err != nil {
		return err
	}
	return module.close(ctx)
}

// readDifferences reads the cases in which Node may differ.
func readDifferences() (map[string]difference, error) {
	var file struct {
		About       string
		Differences []struct {
			Case, Reason string
			Want         vectors.Want
		}
	}
	if err := readJSON("node/differences.json", &file); err != nil {
		return nil, err
	}
	differences := make(map[string]difference)
	for _, d := range file.Differences {
		if d.Case == "" || d.Reason == "" {
			return nil, fmt.Errorf("node/differences.json: a difference without case or reason: %+v", d)
		}
		differences[d.Case] = difference{Case: d.Case, Reason: d.Reason, Want: want{Want: d.Want}}
	}
	return differences, nil
}
