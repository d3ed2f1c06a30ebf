// Package conformance has the conformance vectors of the engine's contract, and runs
// vectors on its functions in Go.
//
//	file, err := conformance.Vectors()
//	for _, c := range file.Cases {
//		result, err := conformance.Run(ctx, engine, c)
//		if wrong := c.Want().Mismatch(result); wrong != "" {
//			...
//		}
//	}
package conformance

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"

	"example.org/compute-pipeline/gohost/vectors"
)

// The files of tests/vectors as one; `make vectors` writes it.
//
//go:embed vectors.json.gz
var compressed []byte

// JSON returns the vectors of the contract, about 2,700 cases, as one file in the notation
// of docs/vectors.md, with macros.
func JSON() ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// Vectors returns the vectors of the contract. It parses them at each call; what it
// returns takes 27 MiB.
func Vectors() (*vectors.File, error) {
	text, err := JSON()
	if err != nil {
		return nil, err
	}
	return vectors.Parse(text)
}
