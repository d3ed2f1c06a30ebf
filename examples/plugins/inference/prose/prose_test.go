package prose_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/inference/embedder"
	"example.org/compute-pipeline/gohost/inference/generator"
	"example.org/compute-pipeline/gohost/sandbox"
)

// module returns the module that is tested: the committed one, or what `make example` has built.
func module(t testing.TB, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join(cmp.Or(os.Getenv("COMPUTE_PIPELINE_GUESTS"), "."), name+".wasm"))
	require.NoError(t, err)
	return wasm
}

func load(t testing.TB, opts ...sandbox.Option) *generator.Generator {
	t.Helper()
	model, err := generator.Load(t.Context(), module(t, "prose"), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, model.Close(context.WithoutCancel(t.Context()))) })
	return model
}

func loadEmbedder(t testing.TB, opts ...sandbox.Option) *embedder.Embedder {
	t.Helper()
	model, err := embedder.Load(t.Context(), module(t, "embedder"), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, model.Close(context.WithoutCancel(t.Context()))) })
	return model
}

// vectors is what an implementation in Python computes.
type vectors struct {
	Generations []struct {
		Prompt       string
		PromptTokens uint32
		Temperature  float32
		TopK         uint32
		Seed         uint64 `json:",string"`
		MaxTokens    uint32
		Tokens       uint32
		Ended        bool
		Text         string
	}
	Embeddings []struct {
		Text   string
		Vector []string
	}
}

func readVectors(t testing.TB) (v vectors) {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &v))
	return v
}

func bits(vector []float32) (hex []string) {
	for _, x := range vector {
		hex = append(hex, fmt.Sprintf("%08x", math.Float32bits(x)))
	}
	return hex
}

// The texts are those of an independent implementation, on the compiler and the interpreter.
func TestTheTextsOfTheReference(t *testing.T) {
	for name, opts := range map[string][]sandbox.Option{"compiler": nil, "interpreter": {sandbox.WithInterpreter()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := load(t, opts...)
			for i, g := range readVectors(t).Generations[:7] {
				if len(opts) > 0 && i != 1 {
					continue // which the interpreter takes long for
				}
				generation, err := model.GenerationStart(t.Context(), g.Prompt, generator.Sampling{Temperature: g.Temperature, TopK: g.TopK, Seed: g.Seed})
				require.NoError(t, err)
				count, err := generation.PromptTokens(t.Context())
				require.NoError(t, err)
				assert.Equal(t, g.PromptTokens, count)
				chunk, err := generation.Next(t.Context(), g.MaxTokens)
				require.NoError(t, err)
				if g.Ended {
					rest, err := generation.Next(t.Context(), 1)
					require.NoError(t, err)
					assert.Equal(t, generator.Chunk{Ended: true}, rest)
				} else {
					g.Text = strings.TrimSuffix(g.Text, "\ufffd") // which may be half a character
				}
				assert.Equal(t, generator.Chunk{Text: g.Text, Tokens: g.Tokens, Ended: g.Ended}, chunk)
				require.NoError(t, generation.Close(t.Context()))
			}
		})
	}
}

// So are the vectors of texts, bit for bit.
func TestTheVectorsOfTheReference(t *testing.T) {
	for name, opts := range map[string][]sandbox.Option{"compiler": nil, "interpreter": {sandbox.WithInterpreter()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			model := loadEmbedder(t, opts...)
			for _, e := range readVectors(t).Embeddings[:5-2*len(opts)] {
				vector, err := model.Embed(t.Context(), e.Text)
				require.NoError(t, err)
				assert.Equal(t, e.Vector, bits(vector), "%.30q", e.Text)
			}
		})
	}
}

// A text is the same token by token, in calls of any length, and beside others.
func TestCallsAtTheSameTime(t *testing.T) {
	model := load(t, sandbox.WithMaxInstances(2))
	var work sync.WaitGroup
	for i, g := range readVectors(t).Generations[:7] {
		work.Go(func() {
			var text strings.Builder
			var last generator.Chunk
			sampling := generator.Sampling{Temperature: g.Temperature, TopK: g.TopK, Seed: g.Seed}
			for chunk, err := range model.Generate(t.Context(), g.Prompt, sampling, uint64(g.MaxTokens)) {
				if !assert.NoError(t, err, "%d", i) {
					return
				}
				text.WriteString(chunk.Text)
				last = chunk
			}
			assert.Equal(t, g.Ended, last.Ended)
			assert.Equal(t, strings.TrimSuffix(g.Text, "\ufffd"), strings.TrimSuffix(text.String(), "\ufffd"))
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
	assert.Equal(t, generator.ModelCard{Name: "prose", Version: "1.0.0", Licence: "BSD-3-Clause", Weights: hex.EncodeToString(sum[:])}, card)
	same, err := loadEmbedder(t).Info(t.Context())
	require.NoError(t, err)
	assert.Equal(t, card, generator.ModelCard(same))
}

func TestWhatIsRefused(t *testing.T) {
	model := load(t)
	for _, temperature := range []float64{-1, 101, math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := model.GenerationStart(t.Context(), "", generator.Sampling{Temperature: float32(temperature)})
		var invalid generator.ErrorInvalidInput
		require.ErrorAs(t, err, &invalid)
		assert.Contains(t, invalid.Value, "the temperature is")
	}
	_, err := model.GenerationStart(t.Context(), strings.Repeat("a", 1<<20+1), generator.Sampling{})
	var large generator.ErrorTooLarge
	require.ErrorAs(t, err, &large)
	assert.Equal(t, "the prompt has 1048577 bytes, and the max is 1048576", large.Value)

	_, err = loadEmbedder(t).Embed(t.Context(), strings.Repeat("z ", 4097))
	var long embedder.ErrorTooLarge
	require.ErrorAs(t, err, &long)
	assert.Contains(t, long.Value, "tokens, and the max is 4096")
}

// The longest prompt costs no more than one of 1,021 tokens and its encoding. A call takes 256 tokens
// at most. The fuel and the memory of both have a bound.
func TestTheBoundsOfACall(t *testing.T) {
	model := load(t, sandbox.WithFuel(5_000_000_000), sandbox.WithMemoryLimit(16))
	for _, prompt := range []string{
		strings.Repeat("xq", 1<<19), strings.Repeat("\x00\U0010ffff", 1<<20/5), strings.Repeat("9", 1<<20),
		strings.Repeat("returns the", 1<<20/11), strings.Repeat("interpretation", 1<<20/14), // many tokens of tokens
	} {
		generation, err := model.GenerationStart(t.Context(), prompt, generator.Sampling{Temperature: 2})
		require.NoError(t, err)
		chunk, err := generation.Next(t.Context(), math.MaxUint32)
		require.NoError(t, err)
		assert.True(t, chunk.Tokens == 256 || chunk.Ended && chunk.Tokens > 0, "%d tokens", chunk.Tokens)
		require.NoError(t, generation.Close(t.Context()))
	}
	generation, err := model.GenerationStart(t.Context(), "", generator.Sampling{TopK: math.MaxUint32})
	require.NoError(t, err)
	chunk, err := generation.Next(t.Context(), 0)
	require.NoError(t, err)
	assert.Equal(t, generator.Chunk{}, chunk)
	require.NoError(t, generation.Close(t.Context()))

	_, err = load(t, sandbox.WithFuel(1_000_000)).GenerationStart(t.Context(), strings.Repeat("a text ", 100), generator.Sampling{})
	var failed *sandbox.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, sandbox.ErrLimit, failed.Class, "%v", err)
}

// So have those of a vector. A text that is too long is the caller's fault, whatever its length, and takes
// little fuel.
func TestTheBoundsOfAVector(t *testing.T) {
	model := loadEmbedder(t, sandbox.WithFuel(100_000_000))
	for _, text := range []string{strings.Repeat("the ", 15*4096/4), strings.Repeat("a", 8<<20), strings.Repeat("interpretation", 15*4096/14)} {
		_, err := model.Embed(t.Context(), text)
		var long embedder.ErrorTooLarge
		require.ErrorAs(t, err, &long)
		assert.Contains(t, long.Value, "4096")
	}
	model = loadEmbedder(t, sandbox.WithFuel(15_000_000_000), sandbox.WithMemoryLimit(16))
	vector, err := model.Embed(t.Context(), strings.Repeat("zq", 2048)) // 4,096 tokens
	require.NoError(t, err)
	assert.Len(t, vector, 64)
}

// Each open text has an instance, and a pool has a bound. Texts that are open already go on.
func TestMoreOpenTextsThanInstances(t *testing.T) {
	model := load(t, sandbox.WithMaxInstances(2))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var open []*generator.Generation
	for range 2 {
		generation, err := model.GenerationStart(ctx, "Package", generator.Sampling{})
		require.NoError(t, err)
		open = append(open, generation)
	}
	var waiting sync.WaitGroup
	for range 1000 {
		waiting.Go(func() {
			_, err := model.GenerationStart(ctx, "Package", generator.Sampling{})
			assert.ErrorIs(t, err, context.Canceled)
		})
	}
	chunk, err := open[0].Next(t.Context(), 5)
	require.NoError(t, err)
	assert.EqualValues(t, 5, chunk.Tokens)
	cancel()
	waiting.Wait()
	for _, generation := range open {
		require.NoError(t, generation.Close(t.Context()))
	}
	_, err = open[0].Next(t.Context(), 1)
	assert.ErrorIs(t, err, sandbox.ErrInvalidInput)
}

// The context ends a text between two tokens, and the instance is free again.
func TestTheContextEndsAText(t *testing.T) {
	model := load(t, sandbox.WithMaxInstances(1))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var errs []error
	tokens := 0
	for _, err := range model.Generate(ctx, "Package", generator.Sampling{Temperature: 1}, math.MaxUint64) {
		if tokens++; tokens == 3 {
			cancel()
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	require.Len(t, errs, 1)
	assert.ErrorIs(t, errs[0], context.Canceled)
	assert.Equal(t, 4, tokens)
	for range model.Generate(t.Context(), "Package", generator.Sampling{}, math.MaxUint64) {
		break // the loop may end it too
	}
	for chunk, err := range model.Generate(t.Context(), "Package", generator.Sampling{}, 1) {
		require.NoError(t, err)
		assert.EqualValues(t, 1, chunk.Tokens)
	}
}

// A token takes the same fuel on any instance.
func TestTheFuelOfAToken(t *testing.T) {
	var used []uint64
	for range 2 {
		model := load(t, sandbox.WithFuel(1_000_000_000))
		for _, err := range model.Generate(t.Context(), "Package", generator.Sampling{}, 4) {
			require.NoError(t, err)
		}
		used = append(used, model.Stats().FuelUsed)
	}
	assert.Equal(t, used[0], used[1])
	assert.Less(t, used[0], uint64(100_000_000))
}

// Texts of one subject are nearer than those of others.
func TestVectorsThatMeanSomething(t *testing.T) {
	model := loadEmbedder(t)
	near := func(a, b string) (product float64) {
		left, err := model.Embed(t.Context(), a)
		require.NoError(t, err)
		right, err := model.Embed(t.Context(), b)
		require.NoError(t, err)
		for i, x := range left {
			product += float64(x) * float64(right[i])
		}
		return product
	}
	const zip = "Reader implements reading of gzip compressed files."
	assert.InDelta(t, 1, near(zip, zip), 1e-6)
	assert.Greater(t, near(zip, "A Writer compresses data and writes it in the zlib format."), near(zip, "CreateCertificate creates a new X.509 certificate, signed by a parent."))
}

func BenchmarkPrompt(b *testing.B) {
	model := load(b)
	prompt := strings.Repeat("Read reads up to len(p) bytes into p. ", 20)
	for b.Loop() {
		generation, err := model.GenerationStart(b.Context(), prompt, generator.Sampling{})
		if err != nil {
			b.Fatal(err)
		}
		tokens, err := generation.PromptTokens(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(tokens), "tokens/op")
		generation.Close(b.Context())
	}
}

func BenchmarkLoad(b *testing.B) {
	wasm := bytes.Clone(module(b, "prose"))
	for _, c := range []struct {
		name string
		opts []sandbox.Option
	}{{"cold", []sandbox.Option{sandbox.WithoutCache()}}, {"cached", []sandbox.Option{sandbox.WithCacheDir(b.TempDir())}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				model, err := generator.Load(b.Context(), wasm, c.opts...)
				if err != nil {
					b.Fatal(err)
				}
				model.Close(b.Context())
			}
		})
	}
}
