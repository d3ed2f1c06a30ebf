package hostile

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// base is a module that does nothing wrong.
func base(t testing.TB) []byte {
	t.Helper()
	return read(t, "load/does_nothing_wrong")
}

// exercise reports whether bytes that may be anything could be loaded ([verdict]).
func exercise(t *testing.T, wasm []byte, what string, names ...string) (loaded bool) {
	t.Helper()
	return verdict(t, wasm, what, names...) == nil
}

// verdict loads bytes that may be anything with each of the named engines, and calls
// all functions of what could be loaded. It returns Load's error. Errors must have a
// class that modules can bring about.
//
// What Check refuses, Load refuses before it comes to an engine, so it is loaded with
// the first one only.
func verdict(t *testing.T, wasm []byte, what string, names ...string) (refusal error) {
	t.Helper()
	known := func(err error) {
		if err == nil {
			return
		}
		of := classesOf(err)
		assert.NotEmpty(t, of, "%s: %v", what, err)
		isTyped(t, err)
		assert.NotContains(t, of, gohost.ErrInvalidInput, what)
		assert.NotContains(t, of, gohost.ErrClosed, what)
	}
	within(t, forever, func(ctx context.Context) {
		starts, refused := checkBeforeStart(ctx, wasm)
		known(refused)
		if refused != nil {
			names = names[:1]
		}
		for i, name := range names {
			opts := append(slices.Clone(engines[name]), gohost.WithMaxInstances(1), gohost.WithMemoryLimit(4))
			// Start functions may loop, once bytes have changed.
			eng, err := gohost.Load(starts(), wasm, opts...)
			known(err)
			if refused != nil {
				assert.EqualError(t, err, strings.Replace(refused.Error(), "gohost.Check", "gohost.Load", 1), what)
			}
			if i > 0 {
				assert.Equal(t, classesOf(refusal), classesOf(err), "%s: both engines", what)
			}
			if refusal = err; err != nil {
				continue
			}
			for _, f := range functionsOf(eng) {
				_, err := f.honest(endsAfter(ctx, fuelSlices), eng)
				known(err)
				_, err = f.hostile(endsAfter(ctx, fuelSlices), eng)
				known(err)
			}
			assert.NoError(t, eng.Close(context.Background()))
		}
	})
	return refusal
}

func TestCutAtEveryByte(t *testing.T) {
	leavesNothing(t, func() {
		whole := base(t)
		var ends []int // where the module is whole, but for sections that may be missing
		for _, p := range parts(t, whole) {
			if p.id == dataSection || p.id == customSection {
				ends = append(ends, p.start)
			}
		}
		require.NotEmpty(t, ends)
		for cut := range whole {
			what := fmt.Sprintf("cut at %d", cut)
			assert.Equal(t, slices.Contains(ends, cut), exercise(t, whole[:cut], what, inTurn(cut)...), what)
		}
	})
}

func TestBytesBehindTheModule(t *testing.T) {
	whole := base(t)
	for b := range 256 {
		assert.False(t, exercise(t, append(bytes.Clone(whole), byte(b)), fmt.Sprintf("with %#x", b), interpreter))
	}
	assert.False(t, exercise(t, append(bytes.Clone(whole), whole...), "twice", compiler))
	assert.True(t, exercise(t, append(bytes.Clone(whole), custom("note")...), "an empty custom section", compiler))
}

// Every bit of a module, and every byte as the ends of its range.
func TestEveryByteChanged(t *testing.T) {
	leavesNothing(t, func() {
		whole := base(t)
		var loaded, refused atomic.Int64
		next := make(chan int)
		var workers sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			workers.Go(func() {
				for at := range next {
					for i, to := range changes(whole[at]) {
						changed := bytes.Clone(whole)
						changed[at] = to
						if exercise(t, changed, fmt.Sprintf("byte %d is %#x", at, to), inTurn(i + 1)[0]) {
							loaded.Add(1)
						} else {
							refused.Add(1)
						}
					}
				}
			})
		}
		for at := range whole {
			next <- at
		}
		close(next)
		workers.Wait()
		assert.Greater(t, loaded.Load(), int64(100))
		assert.Greater(t, refused.Load(), int64(1000))
	})
}

// changes are other values for a byte.
func changes(b byte) (to []byte) {
	for bit := range 8 {
		to = append(to, b^1<<bit)
	}
	for _, v := range []byte{0, 0x7f, 0x80, 0xff} {
		if v != b && !slices.Contains(to, v) {
			to = append(to, v)
		}
	}
	return to
}
