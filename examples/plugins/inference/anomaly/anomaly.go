// Package anomaly is a plugin of the world org:inference/detector: a small network that finds
// anomalies in a series of measurements. docs/detect.md says what it assumes of a series, and
// how well it works.
package anomaly

import (
	"context"
	_ "embed"

	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/sandbox"
)

//go:embed anomaly.wasm
var module []byte

// Module returns the module: 55 KiB that import nothing. The slice must not be changed.
func Module() []byte { return module }

// Load starts the module. See [sandbox.Load] for the options.
func Load(ctx context.Context, opts ...sandbox.Option) (*detector.Detector, error) {
	return detector.Load(ctx, module, opts...)
}
