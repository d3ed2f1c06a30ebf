package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"example.org/compute-pipeline/gohost/symbols"
)

// builtRoot is what the guest's build calls the root of the project in debug information.
const builtRoot = "/compute-pipeline/"

// writeSourceMap writes the core module with its source map, which has the guest's source in it.
func writeSourceMap() error {
	core, err := os.ReadFile(coreFile)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(symbolsFile)
	if err != nil {
		return err
	}
	known, err := symbols.Read(data)
	if err != nil {
		return err
	}
	codes, err := symbols.Codes(core)
	if err != nil {
		return err
	}
	path, err := known.Path(codes[0].ID)
	if err != nil {
		return err
	}
	var missing error
	sourceMap, err := symbols.SourceMap(context.Background(), symbols.Target{Code: codes[0], Path: path}, func(path string) *string {
		relative, own := strings.CutPrefix(path, builtRoot)
		if !own {
			return nil
		}
		data, err := os.ReadFile(relative)
		missing = errors.Join(missing, err)
		text := string(data)
		return &text
	})
	if err = errors.Join(err, missing); err != nil {
		return err
	}
	mapped, err := symbols.WithSourceMap(core, sourceMap)
	if err != nil {
		return err
	}
	return os.WriteFile(mappedFile, mapped, 0o644)
}
