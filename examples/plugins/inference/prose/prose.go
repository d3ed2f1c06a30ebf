// Package prose is a plugin of the worlds org:inference/generator and org:inference/embedder: a small
// language model of comments about programs, which continues texts and turns them into vectors.
// docs/language.md says how well, and how fast.
package prose

import (
	"context"
	_ "embed"

	"example.org/compute-pipeline/gohost/inference/embedder"
	"example.org/compute-pipeline/gohost/inference/generator"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Two modules: one that offers a resource cannot be loaded where nobody asks for that.

//go:embed prose.wasm
var module []byte

//go:embed embedder.wasm
var embedderModule []byte

// Module returns the module of the world generator: 1.1 MB that imports nothing but functions for
// its own resource. The slice must not be changed.
func Module() []byte { return module }

// EmbedderModule returns the module of the world embedder, with the same weights. The slice must not
// be changed.
func EmbedderModule() []byte { return embedderModule }

// Load starts the module to continue texts. See [sandbox.Load] for the options.
func Load(ctx context.Context, opts ...sandbox.Option) (*generator.Generator, error) {
	return generator.Load(ctx, module, opts...)
}

// LoadEmbedder starts the other module, to turn texts into vectors of 64 numbers, of length 1.
func LoadEmbedder(ctx context.Context, opts ...sandbox.Option) (*embedder.Embedder, error) {
	return embedder.Load(ctx, embedderModule, opts...)
}
