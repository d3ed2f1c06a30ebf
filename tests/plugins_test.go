package tests

import (
	"context"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/inspect"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/vectors/conformance"
)

// aPlugin is a plugin of examples/plugins.
type aPlugin struct {
	language string
	// path is the module's file, from the directory of this package.
	path string
	// wasm is the module, and description what is in it.
	wasm        []byte
	description inspect.Description
	// grade is the one that it claims, and that its answers are judged by.
	grade grade.Grade
	// cases are the vectors of the functions that it exports.
	cases *vectors.File
	// runs are its runs on the runtimes.
	runs []*run
}

// pluginFiles are the modules of the languages. The first two are committed, that in Go is built
// with what builds this test, and the others only by `make conformance`.
func pluginFiles(everywhere bool) []aPlugin {
	const built = "../dist/plugins/"
	plugins := []aPlugin{
		{language: "Rust", path: "../examples/plugins/plugin.rust.wasm"},
		{language: "C", path: "../examples/plugins/plugin.c.wasm"},
		{language: "Go", path: built + "go.wasm"},
	}
	if everywhere {
		plugins = append(plugins,
			aPlugin{language: "AssemblyScript", path: built + "assemblyscript.wasm"},
			aPlugin{language: "TypeScript", path: built + "js.wasm"},
			aPlugin{language: "Python", path: built + "python.wasm"},
		)
	}
	return plugins
}

// readPlugins reads the plugins, after it has built that in Go.
func readPlugins(t *testing.T, v *vectors.File, everywhere bool) []aPlugin {
	t.Helper()
	build := exec.Command("../examples/plugins/go/build.sh", "../dist/plugins/go.wasm")
	build.Env = append(os.Environ(), "GOFLAGS=") // whatever the test was built with
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	plugins := pluginFiles(everywhere)
	for i := range plugins {
		p := &plugins[i]
		p.wasm, err = os.ReadFile(p.path)
		require.NoError(t, err, "make conformance builds it")
		p.description, err = inspect.Describe(t.Context(), p.wasm)
		require.NoError(t, err, p.language)
		p.grade, _, err = grade.Claimed(p.wasm)
		require.NoError(t, err, p.language)
		p.cases = casesOf(v, p.description)
		require.Greater(t, len(p.cases.Cases), 400, p.language)
	}
	return plugins
}

// casesOf returns the cases that only call functions of a module.
func casesOf(v *vectors.File, module inspect.Description) *vectors.File {
	calls := func(s vectors.Step) bool {
		name, _, _ := strings.Cut(s.Call, "#")
		return slices.ContainsFunc(module.Interfaces, func(i inspect.Interface) bool { return !i.Imported && i.Name == name })
	}
	cases := &vectors.File{World: v.World, Functions: v.Functions}
	for _, c := range v.Cases {
		if !slices.ContainsFunc(c.Steps(), func(s vectors.Step) bool { return !calls(s) }) {
			cases.Cases = append(cases.Cases, c)
		}
	}
	return cases
}

// runtimes are those that give the plugin all that it imports: everywhere also interpreters,
// which are too slow for the interpreter of a language. wazero is not used without the Go
// library, since it miscompiles modules as compilers write them (docs/upstream.md).
func (p *aPlugin) runtimes(everywhere bool) []aRuntime {
	refused := refusedLengths(p.cases)
	imports := len(p.description.Imports) > 0
	options := []gohost.Option{gohost.WithFuel(1 << 50), gohost.WithMaxInstances(1)}
	if imports {
		options = append(options, gohost.WithGrants(gohost.GrantClock(), gohost.GrantSeededRandom(7), gohost.GrantOutput(gohost.OutputLimits{})))
	}
	library := func(more ...gohost.Option) func(ctx context.Context, r *run) error {
		return func(ctx context.Context, r *run) error { return r.plugin(ctx, p, append(options, more...)...) }
	}
	compiled := aRuntime{"Go library, compiler", refused, library()}
	if p.description.Kind != inspect.CoreModule {
		return []aRuntime{compiled, typedRuntime("Wasmtime, component", nil, p.cases, func(ctx context.Context) *exec.Cmd {
			return rustRunner(ctx, "wasmtime", "component", p.path)
		})}
	}
	all := []aRuntime{compiled}
	if everywhere {
		all = append(all, aRuntime{"Go library, interpreter", refused, library(gohost.WithInterpreter())})
	}
	if !imports {
		all = append(all, coreRuntime("Wasmtime, core module", p.cases, p.wasm, func(ctx context.Context) *exec.Cmd {
			return rustRunner(ctx, "wasmtime", "core", p.path)
		}))
	}
	if !imports && everywhere {
		all = append(all, coreRuntime("wasmi, core module", p.cases, p.wasm, func(ctx context.Context) *exec.Cmd {
			return rustRunner(ctx, "wasmi", p.path)
		}))
	}
	return all
}

// plugin runs the cases of a plugin in the Go library.
func (r *run) plugin(ctx context.Context, p *aPlugin, opts ...gohost.Option) error {
	eng, err := gohost.Load(ctx, p.wasm, opts...)
	if err != nil {
		return err
	}
	if r.results, err = runOnGuest(ctx, p.cases, eng); err != nil {
		return err
	}
	return eng.Close(ctx)
}

// judge judges the runs of the plugin by its grade. All must return the same.
func (p *aPlugin) judge() {
	for _, r := range p.runs {
		for _, answer := range r.results {
			oneNaN(answer.Value)
		}
		judge(p.cases, r)
		for _, c := range p.cases.Cases {
			if r.failed[c.ID] == "" {
				continue
			}
			if reason, ok := p.allows(c, r.results[c.ID]); ok {
				delete(r.failed, c.ID)
				if reason != "" {
					r.allowed[c.ID] = reason
				}
			}
		}
	}
	judgeAgainst(p.cases, p.runs)
}

// allows reports whether the grade of the plugin allows an answer that is not that of the
// vectors, and why it differs. The text of a trap is the module's own.
func (p *aPlugin) allows(c *vectors.Case, got result) (reason string, ok bool) {
	steps := c.Steps()
	if c.Want().Kind == vectors.Traps && got.Trap != nil {
		return "", true
	}
	if len(steps) != 1 || got.Trap != nil || got.Refused != nil {
		return "", false
	}
	switch {
	case isOf(c, "compute-aggregate"):
		points, err := conformance.Points(steps[0].Args[0])
		numbers, isList := got.Value.([]any)
		if err != nil || !isList || len(numbers) != 3 {
			return "", false
		}
		agg := gohost.Aggregate{Mean: double(numbers[0]), Variance: double(numbers[1]), Sum: double(numbers[2])}
		return "other bits, within the error bounds of the grade or in a corner that it leaves free",
			p.grade.CheckAggregate(points, agg) == nil
	case isOf(c, "validate-stream"):
		raw, err := conformance.Text(steps[0].Args[0])
		members, isResult := got.Value.(map[string]any)
		if err != nil || !isResult {
			return "", false
		}
		reason := "a text that the grade leaves free"
		var points []gohost.Datapoint
		if message, failed := members["err"].(string); failed {
			err = &gohost.GuestError{Message: message}
			if wanted, _ := c.Want().Value.(map[string]any); wanted["err"] != nil {
				reason = "another text of the error after its beginning"
			}
		} else if points, err = conformance.Points(members["ok"]); err != nil {
			return "", false
		}
		return reason, p.grade.CheckStream(raw, points, err) == nil
	}
	return "", false
}

// oneNaN replaces each NaN in a list of doubles by the one of vectors: which one a plugin
// returns depends on the processor, and the canonical ABI leaves it to the host what to make
// of it.
func oneNaN(value any) {
	list, _ := value.([]any)
	for i, v := range list {
		if digits, ok := v.(string); ok && len(digits) == 16 && math.IsNaN(double(v)) {
			list[i] = "7ff8000000000000"
		}
	}
}

// double returns the value of an f64 in JSON, which is its bits.
func double(v any) float64 {
	digits, _ := v.(string)
	bits, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return math.Inf(1)
	}
	return math.Float64frombits(bits)
}
