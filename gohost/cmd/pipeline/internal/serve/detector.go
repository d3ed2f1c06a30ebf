package serve

import (
	"context"
	"fmt"
	"runtime"

	"example.org/compute-pipeline/examples/plugins/inference/anomaly"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/memory"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Limits of the detector: it works on a few thousand points at once.
const (
	detectorMemory = 8 // MiB an instance
	detectorFuel   = 1_000_000_000
)

// detectorInstances is the max number of instances of the detector: it only computes.
func detectorInstances() int { return runtime.GOMAXPROCS(0) }

// detectorBytes is the max memory of all of them.
func detectorBytes() int64 { return int64(detectorInstances()) * detectorMemory * memory.MiB }

func openDetector(ctx context.Context, config *Config) (*detector.Detector, error) {
	options := []sandbox.Option{
		sandbox.WithMaxInstances(detectorInstances()), sandbox.WithMemoryLimit(detectorMemory),
		sandbox.WithFuel(detectorFuel), sandbox.WithCallTimeout(config.RequestTimeout), sandbox.WithLogger(config.Logger),
	}
	if config.CacheDir != "" {
		options = append(options, sandbox.WithCacheDir(config.CacheDir))
	}
	d, err := anomaly.Load(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("the embedded detector: %w", err)
	}
	return d, nil
}
