package main

import (
	"context"
	"fmt"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
	"example.org/compute-pipeline/gohost/sandbox"
)

// witFlags are the flags for a contract that is not the engine's. Commands that judge or
// compile a module of any contract embed them.
type witFlags struct {
	WIT      string   `group:"Another contract" name:"wit" placeholder:"PATH" help:"Directory of .wit files, a .wit file or a component, as for bind: the module implements a world of it."`
	World    string   `group:"Another contract" placeholder:"NAME" help:"World that the module implements. May be left out if there is one only."`
	Features []string `group:"Another contract" placeholder:"NAME" help:"Features whose @unstable items are there."`
}

// contract returns the contract of the command line, or nil for the engine's.
func (f *witFlags) contract(ctx context.Context) (*sandbox.Contract, error) {
	if f.WIT == "" {
		if f.World != "" || len(f.Features) > 0 {
			return nil, badUse("--world and --features need --wit")
		}
		return nil, nil
	}
	described, err := wit.Describe(ctx, f.WIT, wit.Options{World: f.World, Features: f.Features})
	if err != nil {
		return nil, usageError{plainPathError(err)}
	}
	contract, err := bind.Contract(described)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", f.WIT, err)}
	}
	return contract, nil
}
