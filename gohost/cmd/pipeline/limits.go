package main

import (
	"errors"
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/sandbox"
)

// raising are the flags that raise limits of a call.
var raising = map[sandbox.Limit]string{
	sandbox.LimitFuel:   "--fuel",
	sandbox.LimitTime:   "--call-timeout",
	sandbox.LimitMemory: "--memory",
}

// advised adds to an error of a limit which flag raises it.
func advised(err error) error {
	var limit *sandbox.LimitError
	if errors.As(err, &limit) && raising[limit.Which] != "" {
		return fmt.Errorf("%w; raise %s", err, raising[limit.Which])
	}
	return err
}

// loadError explains why a module cannot be loaded. If that is an option, the command line is
// wrong, and the module does not matter.
func loadError(module string, err error) error {
	if !errors.Is(err, sandbox.ErrInvalidInput) {
		return fmt.Errorf("%s: %w", module, advised(err))
	}
	if failure := (*sandbox.Error)(nil); errors.As(err, &failure) {
		err = failure.Err
	}
	return badUse("%s", strings.TrimPrefix(err.Error(), sandbox.ErrInvalidInput.Error()+": "))
}
