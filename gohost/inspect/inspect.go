// Package inspect lists the contents of a WebAssembly module or component: interfaces,
// imports, exports, memories, features and sections.
package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/prepare"
)

// Describe lists the contents of a module or component, whether or not it implements
// the contract; gohost.Check reports that. It runs nothing in it and trusts nothing in
// it: it parses it in a sandbox, in linear time, until the context ends.
//
// It fails with gohost.ErrModule for bytes that are neither, and with a
// [*gohost.LimitError] for more than 32 MiB.
func Describe(ctx context.Context, wasm []byte) (Description, error) {
	var d Description
	text, err := prepare.Shared.Describe(ctx, wasm)
	if err != nil {
		return d, fmt.Errorf("inspect.Describe: %w", classified(err))
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("inspect.Describe: the prepare module gave no description: %w", err)
	}
	return d, nil
}

// classified classifies an error of the prepare module. Describing does not check the contract.
func classified(err error) error {
	var refused *prepare.RefusedError
	switch {
	case !errors.As(err, &refused):
		return err
	case refused.Class == prepare.Limit:
		return &gohost.LimitError{Which: gohost.Limit(refused.Limit), Max: refused.Max, Err: err}
	}
	return fmt.Errorf("%w: %w", gohost.ErrModule, err)
}
