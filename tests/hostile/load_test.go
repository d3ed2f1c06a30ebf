package hostile

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// refusal is what comes of loading a module in load.
type refusal struct {
	module string
	// is has all classes of the error, and text is a part of it. Without a
	// class the module is legal, and right.
	is   []error
	text string
	// atStart: it shows only when the first instance starts, which Check does
	// not do.
	atStart bool
}

// endless reports whether the start ends only when its context does.
func (r refusal) endless() bool {
	return len(r.is) == 1 && r.is[0] == context.DeadlineExceeded
}

func TestEveryModuleThatIsLoadedHasARow(t *testing.T) {
	var named []string
	for _, r := range refusals {
		named = append(named, r.module)
	}
	assert.ElementsMatch(t, corpus(t, "load"), named)
}

func TestModulesThatAreRefused(t *testing.T) {
	for _, r := range refusals {
		t.Run(r.module, func(t *testing.T) {
			wasm := read(t, "load/"+r.module)
			for name, opts := range engines {
				t.Run(name, func(t *testing.T) { leavesNothing(t, func() { r.run(t, wasm, opts) }) })
			}
		})
	}
}

func (r refusal) run(t *testing.T, wasm []byte, opts []gohost.Option) {
	opts = append(opts[:len(opts):len(opts)], gohost.WithMaxInstances(1), gohost.WithMemoryLimit(48))
	within(t, forever, func(ctx context.Context) {
		starts, err := checkBeforeStart(ctx, wasm)
		if r.is == nil || r.atStart {
			assert.NoError(t, err)
		} else {
			assert.Equal(t, r.is, classesOf(err), "%v", err)
			isTyped(t, err)
			assert.ErrorContains(t, err, r.text)
		}
		for range 2 {
			stopped := ctx
			if r.endless() {
				stopped = starts()
			}
			eng, err := gohost.Load(stopped, wasm, opts...)
			if r.is == nil {
				require.NoError(t, err)
				isRight(t, eng)
				require.NoError(t, eng.Close(ctx))
				continue
			}
			require.Nil(t, eng)
			assert.Equal(t, r.is, classesOf(err), "%v", err)
			isTyped(t, err)
			assert.ErrorContains(t, err, "gohost.Load of module ")
			assert.ErrorContains(t, err, r.text)
		}
	})
}
