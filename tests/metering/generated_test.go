package metering

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/internal/tool"
)

const (
	defaultSeed    = 1
	defaultModules = 2000
	// batch is how many modules are on disk at a time.
	batch = 400
	// interpreted is how often a module is interpreted too: one of so many.
	interpreted = 4
	// fewSlices is how often a module may ask for fuel when slices are small.
	fewSlices = 100_000
)

// generated is a module of the generator's modules.json.
type generated struct {
	Number                            int `json:"-"`
	Kind                              string
	Base, Metered, Hardened, Prepared string
	Globals                           []string
}

func TestMeteringChangesNothingElse(t *testing.T) {
	seed, count := fromEnv(t, "SEED", defaultSeed), fromEnv(t, "MODULES", defaultModules)
	var total tally
	for first := 0; first < count; first += batch {
		total.add(compareBatch(t, seed, first, min(batch, count-first)))
		if t.Failed() {
			break
		}
	}
	t.Logf("%+v", total)
	assert.Equal(t, count, total.modules)
	// The modules do what they are for.
	assert.Greater(t, total.calls, 5*count)
	assert.Greater(t, total.traps, count/4)
	assert.Less(t, 2*total.traps, total.calls)
	assert.Greater(t, total.exhausted, count)
	assert.Less(t, 50*total.tooDeep, count, "recursions too deep for metering")
	assert.Less(t, 50*total.uncompiled, count, "modules that wazero does not compile")
}

func fromEnv(t *testing.T, name string, usual int) int {
	t.Helper()
	name = "COMPUTE_PIPELINE_METERING_" + name
	text, ok := os.LookupEnv(name)
	if !ok {
		return usual
	}
	value, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return value
}

// tally counts what was compared.
type tally struct {
	modules, uncompiled, interpreted int
	// calls of the base, instantiations included; traps of them.
	calls, traps int
	// comparisons of a call's observation with the base's.
	comparisons int
	// calls ended by a budget, or just not.
	exhausted int
	// tooDeep are sessions that ended with a recursion deeper than metering lets it be.
	tooDeep int
	fuel    int64
}

func (t *tally) add(o tally) {
	t.modules += o.modules
	t.uncompiled += o.uncompiled
	t.interpreted += o.interpreted
	t.calls += o.calls
	t.traps += o.traps
	t.comparisons += o.comparisons
	t.exhausted += o.exhausted
	t.tooDeep += o.tooDeep
	t.fuel += o.fuel
}

func compareBatch(t *testing.T, seed, first, count int) tally {
	t.Helper()
	dir := t.TempDir()
	tool.MeteringModules.Run(t, "generate", strconv.Itoa(seed), strconv.Itoa(first), strconv.Itoa(count), dir)
	var list struct{ Modules []generated }
	require.NoError(t, json.Unmarshal(readFile(t, filepath.Join(dir, "modules.json")), &list))
	require.Len(t, list.Modules, count)

	tallies := make([]tally, count)
	var workers sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		w := worker{dir: dir, compiler: newCompiler(t), interpreter: newInterpreter(t)}
		workers.Go(func() {
			for i := range next {
				m := list.Modules[i]
				m.Number = first + i
				var err error
				if tallies[i], err = w.compare(t.Context(), uint64(seed), m); err != nil {
					t.Errorf("%s: %v", m.Base, err)
				}
			}
		})
	}
	for i := range list.Modules {
		next <- i
	}
	close(next)
	workers.Wait()
	var total tally
	for _, o := range tallies {
		total.add(o)
	}
	if t.Failed() {
		keep(t, dir)
	} else {
		require.NoError(t, os.RemoveAll(dir))
	}
	return total
}

// keep saves the modules of a batch that failed where the environment says.
func keep(t *testing.T, dir string) {
	t.Helper()
	if to := os.Getenv("COMPUTE_PIPELINE_METERING_KEEP"); to != "" {
		require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	}
}

// worker compares modules, one at a time.
type worker struct {
	dir                   string
	compiler, interpreter *machine
}

// load compiles a module. Closing it is the runtime's work, which ends with the
// batch.
func (w worker) load(ctx context.Context, m *machine, file string, globals []string) (subject, error) {
	wasm, err := os.ReadFile(filepath.Join(w.dir, file))
	if err != nil {
		return subject{}, err
	}
	compiled, err := m.runtime.CompileModule(ctx, wasm)
	if err != nil {
		return subject{}, fmt.Errorf("%s: %w", file, err)
	}
	return subject{compiled: compiled, globals: globals, named: bytes.Contains(wasm, []byte("\x04name"))}, nil
}

// compare runs a module and its metered forms. It runs in a goroutine, so it
// must not end the test.
func (w worker) compare(ctx context.Context, seed uint64, m generated) (count tally, err error) {
	count.modules = 1
	base, err := w.load(ctx, w.compiler, m.Hardened, m.Globals)
	if err != nil {
		// A limit of wazero's, which generated modules may exceed.
		count.uncompiled = 1
		return count, nil //nolint:nilerr // counted
	}
	prepared, err := w.load(ctx, w.compiler, m.Prepared, m.Globals)
	if err != nil {
		return count, err
	}
	defer base.compiled.Close(ctx)
	defer prepared.compiled.Close(ctx)
	prepared.named = base.named // what is added has names, also where nothing else has
	random := rand.New(rand.NewPCG(seed, uint64(m.Number)))
	var compared []func() error
	for number, calls := range sessions(random, functions(base.compiled)) {
		name := func(what string) string { return fmt.Sprintf("session %d, %s", number, what) }
		expected, err := w.compiler.run(ctx, base, calls, slicesOf(plenty))
		if err != nil {
			return count, err
		}
		count.calls += len(expected.observations)
		for _, o := range expected.observations {
			if o.err != "" {
				count.traps++
			}
		}
		full, err := w.compiler.run(ctx, prepared, calls, slicesOf(plenty))
		if err != nil {
			return count, err
		}
		if err := sameBelow(calls, expected, full); err != nil {
			return count, fmt.Errorf("%s: %w", name("one slice"), err)
		}
		count.comparisons += len(full.observations)
		if full.tooDeep() {
			count.tooDeep++
		}
		var most int64
		for _, used := range full.fuel {
			count.fuel += used
			most = max(most, used)
		}
		for _, slice := range []int64{50, 1 + most/fewSlices} {
			sliced, err := w.compiler.run(ctx, prepared, calls, slicesOf(max(slice, most/fewSlices)))
			if err != nil {
				return count, err
			}
			if err := same(calls, full, sliced); err != nil {
				return count, fmt.Errorf("%s: %w", name(fmt.Sprintf("slices of %d", slice)), err)
			}
			if err := sameFuel(calls, full, sliced); err != nil {
				return count, fmt.Errorf("%s: %w", name(fmt.Sprintf("slices of %d", slice)), err)
			}
			count.comparisons += len(full.observations)
		}
		tried, err := w.exhaust(ctx, random, prepared, calls, full)
		if err != nil {
			return count, fmt.Errorf("%s: %w", name("budget"), err)
		}
		count.exhausted += tried
		compared = append(compared, func() error { return w.interpret(ctx, m, base.named, calls, expected, full) })
	}
	if m.Number/2%interpreted == 0 {
		count.interpreted = 1
		for _, again := range compared {
			if err := again(); err != nil {
				return count, err
			}
		}
	}
	return count, nil
}

// same compares what was observed of two sessions.
func same(calls []call, expected, got history) error {
	for i := range max(len(expected.observations), len(got.observations)) {
		if i >= len(expected.observations) || i >= len(got.observations) {
			return fmt.Errorf("%d calls, expected %d", len(got.observations), len(expected.observations))
		}
		if !got.observations[i].equal(expected.observations[i]) {
			return fmt.Errorf("call %d, %s:\n got      %+v\n expected %+v",
				i, describe(calls, i), got.observations[i], expected.observations[i])
		}
	}
	return nil
}

// sameBelow compares a session with that of the module without metering, up to a
// call that recursed more deeply than metering lets it.
func sameBelow(calls []call, expected, metered history) error {
	if metered.tooDeep() {
		below := len(metered.observations) - 1
		expected, metered = expected.upTo(below), metered.upTo(below)
	}
	return same(calls, expected, metered)
}

// sameFuel compares what two sessions used.
func sameFuel(calls []call, expected, got history) error {
	for i := range expected.fuel {
		if expected.fuel[i] != got.fuel[i] {
			return fmt.Errorf("call %d, %s: used %d units, expected %d",
				i, describe(calls, i), got.fuel[i], expected.fuel[i])
		}
	}
	return nil
}

func describe(calls []call, i int) string {
	if i == 0 {
		return "instantiation"
	}
	return fmt.Sprintf("%s%v", calls[i-1].function, calls[i-1].args)
}

// exhaust gives one call exactly the fuel it uses, then less.
func (w worker) exhaust(
	ctx context.Context, random *rand.Rand, s subject, calls []call, full history,
) (tried int, err error) {
	var paying []int
	for i, used := range full.fuel {
		if used > 0 && i > 0 {
			paying = append(paying, i)
		}
	}
	if len(paying) == 0 {
		return 0, nil
	}
	limited := paying[random.IntN(len(paying))]
	used := full.fuel[limited]
	g := grant{slice: random.Int64N(used) + 1, limited: limited, budget: used}
	enough, err := w.compiler.run(ctx, s, calls, g)
	if err != nil {
		return 0, err
	}
	if err := same(calls, full, enough); err != nil {
		return 0, fmt.Errorf("a budget of the %d units used is not enough: %w", used, err)
	}
	for _, less := range []int64{used - 1, random.Int64N(used)} {
		g.budget = less
		short, err := w.compiler.run(ctx, s, calls, g)
		if err != nil {
			return 0, err
		}
		if len(short.observations) != limited+1 || short.observations[limited].err != errBudget.Error() {
			return 0, fmt.Errorf("call %d, %s: used %d units, but a budget of %d did not end it: %+v",
				limited, describe(calls, limited), used, less, short.observations)
		}
		if slices.Compare(short.fuel[:limited], full.fuel[:limited]) != 0 {
			return 0, fmt.Errorf("fuel before call %d differs: %v, expected %v", limited, short.fuel, full.fuel)
		}
	}
	return 3, nil
}

// interpret compares the interpreter on the module as it was generated and on
// its metered forms with the compiler.
func (w worker) interpret(
	ctx context.Context, m generated, named bool, calls []call, expected, full history,
) error {
	for _, file := range []string{m.Base, m.Metered, m.Prepared} {
		s, err := w.load(ctx, w.interpreter, file, m.Globals)
		if err != nil {
			return err
		}
		defer s.compiled.Close(ctx)
		s.named = named
		got, err := w.interpreter.run(ctx, s, calls, slicesOf(max(50, slices.Max(full.fuel)/fewSlices)))
		if err != nil {
			return err
		}
		switch file {
		case m.Base:
			err = same(calls, expected, got)
		case m.Metered:
			err = sameBelow(calls, expected, got)
		case m.Prepared:
			err = errors.Join(same(calls, full, got), sameFuel(calls, full, got))
		}
		if err != nil {
			return fmt.Errorf("%s, interpreted: %w", file, err)
		}
	}
	return nil
}
