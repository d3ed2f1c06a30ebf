package hostile

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// misbehaviour is what comes of one call of a module in call.
type misbehaviour struct {
	module   string
	function function
	// is has all classes of the error, and text is a part of it. Without a
	// class the call is legal, and answers with what is in answer.
	is     []error
	text   string
	answer any
}

// endless reports whether the call ends only when its context does.
func (m misbehaviour) endless() bool {
	return len(m.is) == 1 && m.is[0] == context.DeadlineExceeded
}

// needs has the options of modules that need some to do what they do.
var needs = map[string][]gohost.Option{
	"exits_like_a_cancellation": {gohost.WithGrants(gohost.GrantClock())},
	"exits_like_a_deadline":     {gohost.WithGrants(gohost.GrantClock())},
	"exits_with_success":        {gohost.WithGrants(gohost.GrantClock())},
	"message_of_a_whole_list":   {gohost.WithMemoryLimit(320)},
	"points_for_a_short_text":   {gohost.WithMemoryLimit(320)},
}

// options are those of an engine for the module.
func (m misbehaviour) options(opts []gohost.Option) []gohost.Option {
	opts = append(slices.Clone(opts), gohost.WithMaxInstances(1), gohost.WithMemoryLimit(48))
	return append(opts, needs[m.module]...)
}

func (m misbehaviour) stopped(ctx context.Context) context.Context {
	if m.endless() {
		return endsAfter(ctx, fuelSlices)
	}
	return ctx
}

func TestEveryModuleThatIsCalledHasARow(t *testing.T) {
	var named []string
	for _, m := range misbehaviours {
		named = append(named, m.module)
	}
	assert.ElementsMatch(t, corpus(t, "call"), named)
}

func TestModulesThatMisbehaveWhenTheyAreCalled(t *testing.T) {
	for _, m := range misbehaviours {
		t.Run(m.module, func(t *testing.T) {
			wasm := read(t, "call/"+m.module)
			for name, opts := range engines {
				t.Run(name, func(t *testing.T) { leavesNothing(t, func() { m.run(t, wasm, opts) }) })
			}
		})
	}
}

func (m misbehaviour) run(t *testing.T, wasm []byte, opts []gohost.Option) {
	ctx := context.Background()
	opts = m.options(opts)
	require.NoError(t, gohost.Check(ctx, wasm, opts...))
	eng, err := gohost.Load(ctx, wasm, opts...)
	require.NoError(t, err)
	defer func() {
		assert.NoError(t, eng.Close(ctx))
		assert.Zero(t, eng.Stats().Instances)
		assert.Zero(t, eng.Stats().MemoryBytes)
	}()
	isRight(t, eng)
	for range 2 {
		before := eng.Stats()
		within(t, forever, func(ctx context.Context) {
			got, err := m.function.hostile(m.stopped(ctx), eng)
			if m.is == nil {
				require.NoError(t, err)
				assert.Equal(t, m.answer, got)
				return
			}
			assert.Equal(t, m.is, classesOf(err), "%v", err)
			isTyped(t, err)
			assert.ErrorContains(t, err, m.text)
			assert.ErrorContains(t, err, m.function.name+" of module ")
		})
		after := eng.Stats()
		if m.is == nil {
			assert.Equal(t, before.InstancesDiscarded, after.InstancesDiscarded, "a legal answer keeps the instance")
		} else {
			assert.Equal(t, before.InstancesDiscarded+1, after.InstancesDiscarded, "the instance is discarded")
			// The memory of a large one is taken back behind the call's back.
			require.Eventually(t, func() bool { return eng.Stats().Instances == 0 }, time.Minute, time.Millisecond)
		}
		isRight(t, eng)
		assert.Equal(t, 1, eng.Stats().Instances)
	}
	// The other functions may be hit too, by realloc at least: then each loses its
	// instance, and nothing else.
	for _, f := range functionsOf(eng) {
		discarded := eng.Stats().InstancesDiscarded
		within(t, forever, func(ctx context.Context) {
			if _, err := f.hostile(endsAfter(ctx, fuelSlices), eng); err != nil {
				assert.NotEmpty(t, classesOf(err), "%s: %v", f.name, err)
				isTyped(t, err)
				discarded++
			}
		})
		assert.Equal(t, discarded, eng.Stats().InstancesDiscarded, f.name)
	}
	isRight(t, eng)
}
