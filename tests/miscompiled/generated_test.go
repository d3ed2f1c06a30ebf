package miscompiled

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/internal/tool"
)

// How many modules there are, of which seed, and how many of them are compared:
// one of so many. To compare others, set COMPUTE_PIPELINE_MISCOMPILED_SEED, _MODULES
// and _STEP.
const (
	defaultSeed    = 1
	defaultModules = 1024
	defaultStep    = 1
)

// generated is a module of the generator's calls.json.
type generated struct {
	File, Hardened string
	Rewritten      int
	Calls          []struct {
		Function string
		Args     []string
	}
}

// answers holds the results of each call of a module, as bit patterns.
type answers [][]string

func TestGeneratedModulesGiveTheSameBitsEverywhere(t *testing.T) {
	seed, modules := fromEnv(t, "SEED", defaultSeed), fromEnv(t, "MODULES", defaultModules)
	step := fromEnv(t, "STEP", defaultStep)
	dir := t.TempDir()
	tool.Modules.Run(t, strconv.Itoa(seed), strconv.Itoa(modules), dir)
	list := readCalls(t, dir)
	require.Len(t, list, modules)
	expected := parseAnswers(t, list, tool.Wasmtime.Run(t, "modules", dir))
	list = everyNth(list, step)

	outcomes := make([]outcome, len(list))
	var workers sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		compiler, interpreter := newCompiler(t), newInterpreter(t)
		workers.Go(func() {
			for i := range next {
				outcomes[i] = compare(t, list[i], dir, compiler, interpreter, expected[list[i].File])
			}
		})
	}
	for i := range list {
		next <- i
	}
	close(next)
	workers.Wait()

	var total outcome
	calls, rewritten := 0, 0
	for i, o := range outcomes {
		calls += len(list[i].Calls)
		rewritten += list[i].Rewritten
		total.add(o)
	}
	t.Logf("%d modules, %d calls, %d instructions rewritten", len(list), calls, rewritten)
	t.Logf("modules that differ: interpreter and Wasmtime %d, compiler with hardening %d, without %d",
		total.interpreter, total.hardened, total.original)
	assert.Zero(t, total.interpreter, "modules where interpreter and Wasmtime differ")
	assert.Zero(t, total.hardened, "modules where the compiler, on the hardened module, and Wasmtime differ")
	if affected {
		assert.NotZero(t, total.original, fixed+" (or the generator no longer finds what is wrong)")
	} else {
		assert.Zero(t, total.original, "modules where the compiler and Wasmtime differ")
	}
}

func fromEnv(t *testing.T, name string, usual int) int {
	t.Helper()
	name = "COMPUTE_PIPELINE_MISCOMPILED_" + name
	text, ok := os.LookupEnv(name)
	if !ok {
		return usual
	}
	value, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	require.Positive(t, value, name)
	return value
}

// everyNth returns the first of the list and every nth after it.
func everyNth(list []generated, n int) (chosen []generated) {
	for i := 0; i < len(list); i += n {
		chosen = append(chosen, list[i])
	}
	return chosen
}

// outcome counts modules, here one or none, that differ from what Wasmtime
// makes of them.
type outcome struct {
	interpreter, hardened, original int
}

func (o *outcome) add(other outcome) {
	o.interpreter += other.interpreter
	o.hardened += other.hardened
	o.original += other.original
}

// compare runs a module three ways. It runs in a goroutine, so it must not end
// the test: errors count as differences and are reported.
func compare(t *testing.T, m generated, dir string, compiler, interpreter engine, expected answers) (o outcome) {
	differs := func(e engine, file string, report bool) int {
		got, err := e.answer(t, m, filepath.Join(dir, file))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			return 1
		}
		for i := range expected {
			if !assert.ObjectsAreEqual(expected[i], got[i]) {
				if report {
					call := m.Calls[i]
					t.Errorf("%s: call %d, %s%q: got %q, Wasmtime says %q",
						file, i, call.Function, call.Args, got[i], expected[i])
				}
				return 1
			}
		}
		return 0
	}
	o.interpreter = differs(interpreter, m.File, true)
	o.hardened = differs(compiler, m.Hardened, true)
	o.original = differs(compiler, m.File, !affected)
	return o
}

// answer makes the module's calls, in order, on one instance.
func (e engine) answer(t *testing.T, m generated, path string) (answers, error) {
	ctx := t.Context()
	wasm, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	instance, err := e.runtime.Instantiate(ctx, wasm)
	if err != nil {
		return nil, err
	}
	got := make(answers, len(m.Calls))
	for i, call := range m.Calls {
		args := make([]uint64, len(call.Args))
		for j, arg := range call.Args {
			if args[j], err = strconv.ParseUint(arg, 0, 64); err != nil {
				return nil, err
			}
		}
		results, err := instance.ExportedFunction(call.Function).Call(ctx, args...)
		if err != nil {
			return nil, fmt.Errorf("call %d, %s%q: %w", i, call.Function, call.Args, err)
		}
		for _, result := range results {
			got[i] = append(got[i], fmt.Sprintf("%#x", result))
		}
	}
	return got, instance.Close(ctx)
}

func readCalls(t *testing.T, dir string) []generated {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "calls.json"))
	require.NoError(t, err)
	var calls struct{ Modules []generated }
	require.NoError(t, json.Unmarshal(text, &calls))
	return calls.Modules
}

// parseAnswers reads the Wasmtime runner's lines: one for each call, in order.
// The modules are made so that none traps.
func parseAnswers(t *testing.T, list []generated, output []byte) map[string]answers {
	t.Helper()
	byModule := make(map[string]answers, len(list))
	lines := bufio.NewScanner(bytes.NewReader(output))
	for lines.Scan() {
		var line struct {
			Module  string
			Call    int
			Results []string
			Trap    *string
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line), lines.Text())
		require.Nil(t, line.Trap, lines.Text())
		require.Len(t, byModule[line.Module], line.Call, "calls in order: %s", lines.Text())
		byModule[line.Module] = append(byModule[line.Module], line.Results)
	}
	require.NoError(t, lines.Err())
	require.Len(t, byModule, len(list))
	for _, m := range list {
		require.Len(t, byModule[m.File], len(m.Calls), m.File)
	}
	return byModule
}
