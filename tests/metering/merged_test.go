package metering

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/tests/internal/tool"
)

// defaultComponents is how many components are compared.
const defaultComponents = 1000

// A component of several core modules does what the module does that it was made from: its
// functions, segments, tables, memory and globals are in six core modules, which call each
// other directly and through tables, and start in an order.
func TestMergedModulesDoTheSame(t *testing.T) {
	seed, count := fromEnv(t, "SEED", defaultSeed), fromEnv(t, "COMPONENTS", defaultComponents)
	dir := t.TempDir()
	tool.MeteringModules.Run(t, "components", strconv.Itoa(seed), "0", strconv.Itoa(count), dir)
	var list struct {
		Components []component
		Refused    int
	}
	require.NoError(t, json.Unmarshal(readFile(t, filepath.Join(dir, "components.json")), &list))
	require.Len(t, list.Components, count-list.Refused)
	assert.Less(t, 20*list.Refused, count, "modules that cannot start")

	w := worker{dir: dir, compiler: newCompiler(t), interpreter: newInterpreter(t)}
	var total tally
	for _, c := range list.Components {
		one, err := w.compareMerged(t.Context(), uint64(seed), c)
		total.add(one)
		if err != nil {
			keep(t, dir)
			require.NoError(t, err, "component %d", c.Number)
		}
	}
	t.Logf("%+v", total)
	assert.Greater(t, total.calls, 3*count)
	assert.Greater(t, total.traps, count/4)
	assert.Less(t, 50*total.uncompiled, count, "modules that wazero does not compile")
}

// component is what the generator's components.json says of a component.
type component struct {
	Number         int
	Module, Merged string
}

// compareMerged makes the same calls of a module and of the merged one, in both engines.
func (w worker) compareMerged(ctx context.Context, seed uint64, c component) (count tally, err error) {
	count.modules = 1
	for _, m := range []*machine{w.compiler, w.interpreter} {
		module, err := w.load(ctx, m, c.Module, nil)
		if err != nil {
			// A limit of wazero's, which generated modules may exceed.
			count.uncompiled = 1
			return count, nil //nolint:nilerr // counted
		}
		merged, err := w.load(ctx, m, c.Merged, nil)
		if err != nil {
			return count, err
		}
		// Traces of calls differ: there are trampolines.
		module.named, merged.named = false, false
		random := rand.New(rand.NewPCG(seed, uint64(c.Number)))
		for number, calls := range sessions(random, functions(module.compiled)) {
			expected, err := m.run(ctx, module, calls, slicesOf(plenty))
			if err != nil {
				return count, err
			}
			got, err := m.run(ctx, merged, calls, slicesOf(plenty))
			if err != nil {
				return count, err
			}
			if first := got.observations[0]; first.err != "" && expected.observations[0].err != "" {
				// Neither starts. Where that is because of a segment, wazero says which one, unless
				// the merged module does the work in its start function.
				count.traps++
				continue
			}
			if err := sameBelow(calls, expected, got); err != nil {
				return count, fmt.Errorf("session %d: %w", number, err)
			}
			count.calls += len(got.observations)
			for _, o := range got.observations {
				if o.err != "" {
					count.traps++
				}
			}
		}
		if err := module.compiled.Close(ctx); err != nil {
			return count, err
		}
		if err := merged.compiled.Close(ctx); err != nil {
			return count, err
		}
	}
	return count, nil
}
