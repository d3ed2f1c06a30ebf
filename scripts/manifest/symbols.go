package main

import (
	"errors"
	"fmt"
	"os"

	"example.org/compute-pipeline/gohost/symbols"
)

// What `compute-pipeline-prepare maps` has written: of the metered module, and of what the host
// makes of the core module when it is loaded as a plugin, which bounds its call stack.
const (
	rewrittenFile  = "dist/compute-pipeline.rewritten.wasm"
	mapsFile       = "dist/compute-pipeline.maps"
	pluginFile     = "dist/compute-pipeline.plugin.wasm"
	pluginMapsFile = "dist/compute-pipeline.plugin.maps"

	componentPluginFile = "dist/compute-pipeline.component.plugin.wasm"
	componentMapsFile   = "dist/compute-pipeline.component.maps"
)

// writeSymbols writes the module as the linker wrote it, which has debug information, with
// the maps from its code to that of the core module, and from there to that of the metered one
// and of the plugin.
func writeSymbols(built string) error {
	module, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	ids := map[string]symbols.CodeID{}
	for _, file := range []string{built, coreFile, meteredFile, rewrittenFile, pluginFile} {
		if ids[file], err = codeID(file); err != nil {
			return err
		}
	}
	if ids[meteredFile] != ids[rewrittenFile] {
		return errors.New("the maps are of other code than the metered module's")
	}
	hardening, metering, err := readMaps(mapsFile)
	if err != nil {
		return err
	}
	_, plugin, err := readMaps(pluginMapsFile)
	if err != nil {
		return err
	}
	module = symbols.AppendMap(module, ids[coreFile], ids[built], hardening)
	module = symbols.AppendMap(module, ids[meteredFile], ids[coreFile], metering)
	module = symbols.AppendMap(module, ids[pluginFile], ids[coreFile], plugin)
	return os.WriteFile(symbolsFile, module, 0o644)
}

// writeComponentSymbols does the same for the component, whose code is another build.
func writeComponentSymbols(built string) error {
	module, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	ids := map[string]symbols.CodeID{}
	for _, file := range []string{built, componentFile, componentPluginFile} {
		if ids[file], err = codeID(file); err != nil {
			return err
		}
	}
	hardening, plugin, err := readMaps(componentMapsFile)
	if err != nil {
		return err
	}
	module = symbols.AppendMap(module, ids[componentFile], ids[built], hardening)
	module = symbols.AppendMap(module, ids[componentPluginFile], ids[componentFile], plugin)
	return os.WriteFile(componentSymbolsFile, module, 0o644)
}

// readMaps reads two maps of code: to the hardened code, and from there to the metered code.
func readMaps(file string) (hardening, metering []byte, err error) {
	maps, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	return symbols.CutMap(maps)
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
