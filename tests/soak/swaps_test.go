package soak

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/tests/soak/internal/work"
)

const swapped = "swapped"

// More callers would leave little of the processors for the swaps.
const callersWhileSwapped, instancesOfSwapped = 3, 2

// A plugin is swapped between four modules while it is called: by loading, and every
// tenth time by a rollback and by an activation.
func TestSwapsLoseNothing(t *testing.T) {
	mix := work.NewMix(2, *largest/10)
	all := releases(t)
	before := settled()
	instance := instanceBytes(t, mix)
	reg, err := plugin.NewRegistry(gohost.Binding(), plugin.WithCacheDir(t.TempDir()), plugin.WithDefaultLimits(plugin.Limits{
		MaxInstances: instancesOfSwapped, Breaker: plugin.BreakerLimits{Off: true},
	}))
	require.NoError(t, err)
	for i := range all { // so that all are compiled; the first is active then
		_, err := reg.Load(t.Context(), swapped, plugin.Bytes(all[len(all)-1-i].wasm))
		require.NoError(t, err)
	}
	p, err := reg.Plugin(swapped)
	require.NoError(t, err)
	warmUp(t, mix, p.Binding(), callersWhileSwapped)

	h := &history{releases: make([]*release, *swaps+1)}
	h.releases[0] = &all[0]
	h.begun.Store(1)
	h.ended.Store(1)
	// Two versions are kept besides the active one; one may be tested, one drain.
	const most = 5 * instancesOfSwapped
	bound := holds{instances: most, guests: most * instance, goroutines: before.goroutines + 2*callersWhileSwapped + 2*most}
	var done, asked atomic.Uint64
	stop := watch(t, "swaps", bound, func(h *holds) {
		h.calls = done.Load()
		for _, v := range p.Versions() {
			h.guests += v.Stats.Engine.MemoryBytes
			h.instances += int64(v.Stats.Engine.Instances)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	swapping := make(chan error, 1)
	var enough atomic.Bool
	go func() {
		err := h.swapAll(ctx, reg, all)
		enough.Store(true)
		swapping <- err
	}()
	err = crew(ctx, callersWhileSwapped, func(ctx context.Context, r *rand.Rand) error {
		if enough.Load() {
			return errEnough
		}
		if r.IntN(4) > 0 {
			job := mix.Pick(r)
			done.Add(uint64(job.Calls))
			return job.Run(ctx, p.Binding())
		}
		done.Add(1)
		asked.Add(1)
		from := h.ended.Load()
		answer, err := ask(ctx, p.Binding())
		if err == nil && !h.answers(from, answer) {
			err = fmt.Errorf("the answer %q is of a release that was not active, such as %q", answer, h.releases[from-1].answer)
		}
		return err
	})
	cancel()
	swapErr := <-swapping
	stop()
	require.NoError(t, err)
	require.NoError(t, swapErr)
	assert.Positive(t, asked.Load())
	assert.Zero(t, p.Stats().Failures())
	require.NoError(t, reg.Close(context.Background()))
	before.nothingLeft(t, 0)
	runtime.KeepAlive(mix) // they were there before
	runtime.KeepAlive(all)
}

// history is which release was active after each swap. Callers read it while it
// grows.
type history struct {
	releases []*release // by swap; 0 is the first load
	// begun and ended count the swaps, one ahead of the index of the last.
	begun, ended atomic.Int64
}

// answers reports whether an answer is one of a release that was active at some
// moment between a call's begin, when ended was from, and its end.
func (h *history) answers(from int64, answer string) bool {
	for _, r := range h.releases[from-1 : h.begun.Load()] {
		if r.answer == answer {
			return true
		}
	}
	return false
}

func (h *history) swapAll(ctx context.Context, reg *plugin.Registry[gohost.Functions], all []release) error {
	for i := 1; i < len(h.releases); i++ {
		active, previous := h.releases[i-1], h.releases[max(i-2, 0)]
		next := &all[i%len(all)]
		if next == active {
			next = &all[(i+1)%len(all)]
		}
		swap := func() (plugin.Version, error) { return reg.Load(ctx, swapped, plugin.Bytes(next.wasm)) }
		switch {
		case i%10 == 8 && previous != active:
			next = previous
			swap = func() (plugin.Version, error) { return reg.Rollback(ctx, swapped) }
		case i%10 == 9: // forward again, to what the rollback left
			next = previous
			swap = func() (plugin.Version, error) { return reg.Activate(ctx, swapped, hash(next)) }
		}
		h.releases[i] = next
		h.begun.Store(int64(i + 1))
		v, err := swap()
		if err != nil {
			return fmt.Errorf("swap %d, to %s: %w", i, next.name, err)
		}
		if v.Hash != hash(next) {
			return fmt.Errorf("swap %d: version %s is active, not %s", i, v.Hash, next.name)
		}
		h.ended.Store(int64(i + 1))
	}
	return nil
}

func hash(r *release) string {
	sum := sha256.Sum256(r.wasm)
	return hex.EncodeToString(sum[:])
}

// enginePlugin is the engine as a plugin, as the plugin host's own tests have it.
const enginePlugin = "gohost/plugin/testdata/engine.core.wasm"

// A release is one module to swap to, with the answer that tells it from
// others.
type release struct {
	name, answer string
	wasm         []byte
}

// telling is text that each release refuses in its own words: what a parser
// says about bad text is its own business, everything else the contract fixes.
const (
	telling      = `[{"\ud800\u0041":1}]`
	tellingWords = "lone leading surrogate in hex escape"
	otherWords   = "half of a surrogate pair, by itself." // as long: the module's layout stays
)

// releases are four modules: the engine, one that is equal but for its bytes,
// and the same two with other words.
func releases(t *testing.T) []release {
	t.Helper()
	engineModule, err := os.ReadFile(enginePlugin)
	require.NoError(t, err)
	require.Len(t, otherWords, len(tellingWords))
	require.Equal(t, 1, bytes.Count(engineModule, []byte(tellingWords)))
	const at = "Parse failed: %s at line 1 column 15"
	other := bytes.Replace(engineModule, []byte(tellingWords), []byte(otherWords), 1)
	return []release{
		{"the engine", fmt.Sprintf(at, tellingWords), engineModule},
		{"its equal", fmt.Sprintf(at, tellingWords), withSection(engineModule)},
		{"the other", fmt.Sprintf(at, otherWords), other},
		{"the other's equal", fmt.Sprintf(at, otherWords), withSection(other)},
	}
}

// withSection adds a custom section, which changes nothing but the bytes.
func withSection(wasm []byte) []byte {
	const name = "release"
	return append(bytes.Clone(wasm), append([]byte{0, 1 + byte(len(name)), byte(len(name))}, name...)...)
}

// ask returns what the plugin says about the telling text.
func ask(ctx context.Context, p interface {
	ValidateStream(context.Context, []byte) ([]gohost.Datapoint, error)
},
) (string, error) {
	_, err := p.ValidateStream(ctx, []byte(telling))
	var answer *gohost.GuestError
	if errors.As(err, &answer) {
		return answer.Message, nil
	}
	if err == nil {
		err = errors.New("the telling text was accepted")
	}
	return "", err
}

// A call that was answered by a release which was not active then must be
// found.
func TestTheWrongReleaseIsFound(t *testing.T) {
	a, b := &release{name: "a", answer: "a"}, &release{name: "b", answer: "b"}
	h := &history{releases: []*release{a, b, a, a, nil}}
	h.ended.Store(2) // b is active
	h.begun.Store(3) // and a may be at any moment
	from := h.ended.Load()
	assert.True(t, h.answers(from, "b"))
	assert.True(t, h.answers(from, "a"))
	h.ended.Store(4)
	h.begun.Store(4)
	assert.False(t, h.answers(h.ended.Load(), "b"))
	assert.True(t, h.answers(from, "b"), "it began when b was active")
	assert.False(t, h.answers(from, "c"))
}
