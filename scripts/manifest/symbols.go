package main

import (
	"errors"
	"fmt"
	"os"

	"example.org/compute-pipeline/gohost/symbols"
)

// What `compute-pipeline-prepare maps` has written.
const (
	rewrittenFile = "dist/compute-pipeline.rewritten.wasm"
	mapsFile      = "dist/compute-pipeline.maps"
)

// writeSymbols writes the module as the linker wrote it, which has debug information, with
// the maps from its code to that of the core module and of the metered one. The component
// has the core module's code.
func writeSymbols(built string) error {
	module, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	ids := map[string]symbols.CodeID{}
	for _, file := range []string{built, componentFile, coreFile, meteredFile, rewrittenFile} {
		if ids[file], err = codeID(file); err != nil {
			return err
		}
	}
	if ids[meteredFile] != ids[rewrittenFile] {
		return errors.New("the maps are of other code than the metered module's")
	}
	if ids[componentFile] != ids[coreFile] {
		return errors.New("the component has other code than the core module")
	}
	maps, err := os.ReadFile(mapsFile)
	if err != nil {
		return err
	}
	hardening, metering, err := symbols.CutMap(maps)
	if err != nil {
		return err
	}
	module = symbols.AppendMap(module, ids[coreFile], ids[built], hardening)
	module = symbols.AppendMap(module, ids[meteredFile], ids[coreFile], metering)
	return os.WriteFile(symbolsFile, module, 0o644)
}

// codeID returns the ID of the code in a module, or of the only code in a component.
func codeID(file string) (id symbols.CodeID, err error) {
	wasm, err := os.ReadFile(file)
	if err != nil {
		return id, err
	}
	codes, err := symbols.Codes(wasm)
	if err != nil {
		return id, fmt.Errorf("%s: %w", file, err)
	}
	if len(codes) == 0 {
		return id, fmt.Errorf("%s has no code", file)
	}
	return codes[0].ID, nil
}
