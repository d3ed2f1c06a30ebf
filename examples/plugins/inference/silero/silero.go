// Package silero is a plugin of the world org:inference/detector: it finds speech in sound, with
// the weights of Silero VAD 6.2.3 (MIT, see NOTICE). A point is a sample of 16 kHz, with a value
// from -1 to 1; each 512 samples have a finding, whose score is the probability of speech.
package silero

import (
	"context"
	_ "embed"

	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/sandbox"
)

//go:embed silero.wasm
var module []byte

// Module returns the module: 936 KiB that import nothing. The slice must not be changed.
func Module() []byte { return module }

// Load starts the module. See [sandbox.Load] for the options.
func Load(ctx context.Context, opts ...sandbox.Option) (*detector.Detector, error) {
	return detector.Load(ctx, module, opts...)
}
