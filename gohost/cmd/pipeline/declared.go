package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
	"example.org/compute-pipeline/gohost/sandbox"
)

// declaredContract returns the contract that a module itself declares, or nil if it declares
// nothing or interfaces of the engine's contract. What it declares may be anything: an error
// is no more than that it cannot be read.
func declaredContract(ctx context.Context, name string, wasm []byte) (*sandbox.Contract, error) {
	described, err := wit.DescribeModule(ctx, name, wasm, wit.Options{})
	if errors.Is(err, wit.ErrUndeclared) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	contract, err := bind.Contract(described)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	own := gohost.Binding().Contract
	for _, i := range contract.Exports {
		if slices.ContainsFunc(own.Exports, func(o sandbox.Interface) bool { return o.Name == i.Name }) {
			return nil, nil
		}
	}
	// A component lists what its language needs of the system too, which is for grants.
	contract.Imports = slices.DeleteFunc(contract.Imports, func(i sandbox.Interface) bool { return strings.HasPrefix(i.Name, "wasi:") })
	return contract, nil
}
