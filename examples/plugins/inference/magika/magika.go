// Package magika is a plugin of the world org:inference/classifier: the model of Magika, which says
// what kind of file an input is. docs/inference.md says how well, and how fast.
package magika

import (
	"context"
	_ "embed"

	"example.org/compute-pipeline/gohost/inference/classifier"
	"example.org/compute-pipeline/gohost/sandbox"
)

//go:embed magika.wasm
var module []byte

// Module returns the module: 1 MB that imports nothing. The slice must not be changed.
func Module() []byte { return module }

// Load starts the module. See [sandbox.Load] for the options. A call takes 220 million units of
// fuel, whatever the input, and an instance 2.5 MiB of memory and the longest input.
func Load(ctx context.Context, opts ...sandbox.Option) (*classifier.Classifier, error) {
	return classifier.Load(ctx, module, opts...)
}
