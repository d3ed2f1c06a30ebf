package magika_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/inference/classifier"
	"example.org/compute-pipeline/gohost/sandbox"
)

// module returns the module that is tested: the committed one, or what `make example` has built.
func module(t testing.TB) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join(cmp.Or(os.Getenv("COMPUTE_PIPELINE_GUESTS"), "."), "magika.wasm"))
	require.NoError(t, err)
	return wasm
}

func load(t testing.TB, opts ...sandbox.Option) *classifier.Classifier {
	t.Helper()
	model, err := classifier.Load(t.Context(), module(t), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, model.Close(t.Context())) })
	return model
}

// vector is an input of the tests and the five likeliest labels, with the bits of their scores.
type vector struct {
	Kind           string
	Size           int
	Labels, Scores []string
	input          []byte
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var all []vector
	require.NoError(t, json.Unmarshal(text, &all))
	inputs, err := os.ReadFile("testdata/inputs.bin")
	require.NoError(t, err)
	for i := range all {
		all[i].input, inputs = inputs[:all[i].Size], inputs[all[i].Size:]
	}
	require.Empty(t, inputs)
	return all
}

// assertLabels compares labels with those of a vector, bit for bit.
func assertLabels(t *testing.T, v vector, labels []classifier.Label) {
	t.Helper()
	var names, scores []string
	for _, label := range labels {
		names = append(names, label.Name)
		scores = append(scores, fmt.Sprintf("%08x", math.Float32bits(label.Score)))
	}
	assert.Equal(t, v.Labels, names, v.Kind)
	assert.Equal(t, v.Scores, scores, v.Kind)
}

func TestTheVectors(t *testing.T) {
	model := load(t)
	for _, v := range vectors(t) {
		labels, err := model.Classify(t.Context(), v.input, 5)
		require.NoError(t, err, v.Kind)
		assertLabels(t, v, labels)
	}
}

func TestCallsAtTheSameTime(t *testing.T) {
	model := load(t, sandbox.WithMaxInstances(2))
	var work sync.WaitGroup
	for _, v := range vectors(t)[:16] {
		work.Go(func() {
			labels, err := model.Classify(t.Context(), v.input, 5)
			if assert.NoError(t, err) {
				assertLabels(t, v, labels)
			}
		})
	}
	work.Wait()
}

func TestTheModelCard(t *testing.T) {
	card, err := load(t).Info(t.Context())
	require.NoError(t, err)
	weights, err := os.ReadFile("weights.bin")
	require.NoError(t, err)
	sum := sha256.Sum256(weights)
	assert.Equal(t, "magika", card.Name)
	assert.Equal(t, "standard_v3_3", card.Version)
	assert.Equal(t, "Apache-2.0", card.Licence)
	assert.Equal(t, hex.EncodeToString(sum[:]), card.Weights)
	assert.Len(t, card.Labels, 214)
}

func TestAnyInputHasAnAnswer(t *testing.T) {
	model := load(t)
	inputs := map[string][]byte{
		"empty": {}, "one byte": {0}, "a space": {' '}, "all spaces": bytes.Repeat([]byte(" \n"), 5000),
		"all zero": make([]byte, 10_000), "all ones": bytes.Repeat([]byte{0xff}, 10_000),
		"just a block": bytes.Repeat([]byte("a"), 4096), "a block and a byte": bytes.Repeat([]byte("a"), 4097),
	}
	for name, input := range inputs {
		labels, err := model.Classify(t.Context(), input, math.MaxUint32)
		require.NoError(t, err, name)
		require.Len(t, labels, 214, name)
		sum, last := 0.0, labels[0]
		for _, label := range labels {
			assert.True(t, label.Score < last.Score || label.Score == last.Score && label.Index >= last.Index, name)
			sum, last = sum+float64(label.Score), label
		}
		assert.InDelta(t, 1, sum, 1e-5, name)
	}
	labels, err := model.Classify(t.Context(), []byte("{}"), 0)
	require.NoError(t, err)
	assert.Empty(t, labels)
}

// Only the first and the last 4,096 bytes are looked at.
func TestTheEndsOfALongInput(t *testing.T) {
	model := load(t)
	long := make([]byte, 1<<20)
	for i := range long {
		long[i] = byte(i*i>>7 ^ i)
	}
	whole, err := model.Classify(t.Context(), long, 5)
	require.NoError(t, err)
	ends, err := model.Classify(t.Context(), append(long[:4096:4096], long[len(long)-4096:]...), 5)
	require.NoError(t, err)
	assert.Equal(t, whole, ends)
}

// What does not fit into the instance's memory is an error of its limit, and the next call works.
func TestAnInputBeyondTheMemory(t *testing.T) {
	model := load(t, sandbox.WithMemoryLimit(16))
	_, err := model.Classify(t.Context(), make([]byte, 100<<20), 1)
	var failed *sandbox.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, sandbox.ErrLimit, failed.Class, "%v", err)
	_, err = model.Classify(t.Context(), []byte("{}"), 1)
	assert.NoError(t, err)
}

// A call takes the same fuel on any instance, and ends when it has no more.
func TestTheFuelOfACall(t *testing.T) {
	model := load(t, sandbox.WithFuel(1_000_000_000))
	var used []uint64
	for range 3 {
		before := model.Stats().FuelUsed
		_, err := model.Classify(t.Context(), []byte("package main\n\nfunc main() {}\n"), 1)
		require.NoError(t, err)
		used = append(used, model.Stats().FuelUsed-before)
	}
	assert.Equal(t, used[1], used[2])
	assert.Less(t, used[0], uint64(300_000_000))

	_, err := load(t, sandbox.WithFuel(1_000_000)).Classify(t.Context(), []byte("{}"), 1)
	var failed *sandbox.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, sandbox.ErrLimit, failed.Class, "%v", err)
}

func BenchmarkClassify(b *testing.B) {
	model := load(b)
	input := vectors(b)[0].input
	for b.Loop() {
		if _, err := model.Classify(b.Context(), input, 5); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkClassifyParallel(b *testing.B) {
	model := load(b)
	input := vectors(b)[0].input
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := model.Classify(b.Context(), input, 5); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	wasm := module(b)
	for _, c := range []struct {
		name string
		opts []sandbox.Option
	}{{"cold", []sandbox.Option{sandbox.WithoutCache()}}, {"cached", []sandbox.Option{sandbox.WithCacheDir(b.TempDir())}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				model, err := classifier.Load(b.Context(), wasm, c.opts...)
				if err != nil {
					b.Fatal(err)
				}
				model.Close(b.Context())
			}
		})
	}
}
