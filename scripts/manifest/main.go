// Manifest describes the modules that scripts/build-guest.sh has put into
// dist, checks what must be true of them, and holds the metered core module
// against the one that is committed and embedded. With -embed it commits the
// new one in its place. With -examples it does the same for the sizes of all modules of the
// examples, which `make example` builds. Run it from the root of the project.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

const (
	coreFile      = "dist/compute-pipeline.core.wasm"
	meteredFile   = "dist/compute-pipeline.metered.wasm"
	debugFile     = "dist/compute-pipeline.core.debug.wasm"
	componentFile = "dist/compute-pipeline.component.wasm"
	manifestFile  = "dist/manifest.json"
	worldFile     = "dist/compute-pipeline.wit"
	symbolsFile   = "dist/compute-pipeline.symbols.wasm"
	mappedFile    = "dist/compute-pipeline.core.mapped.wasm"
	prepareFile   = "dist/prepare.wasm"

	componentSymbolsFile = "dist/compute-pipeline.component.symbols.wasm"

	witFile = "dist/wit.wasm"

	embeddedFile         = "gohost/engine.wasm"
	embeddedPrepareFile  = "gohost/internal/prepare/prepare.wasm"
	embeddedWITFile      = "gohost/cmd/pipeline/internal/bind/wit/wit.wasm"
	embeddedManifestFile = "gohost/engine.manifest.json"

	world = "org:compute-pipeline/compute-pipeline@0.1.0"
	// sizeGoal is the most the core module should have, in bytes.
	sizeGoal = 110 << 10
)

type artefact struct {
	File   string `json:"file"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

type manifest struct {
	World string `json:"world"`
	// Rustc is the version of the compiler, which the bytes depend on.
	Rustc string   `json:"rustc"`
	Core  artefact `json:"core"`
	// Metered is the core module that the Go package embeds.
	Metered   artefact `json:"metered"`
	Debug     artefact `json:"debug"`
	Component artefact `json:"component"`
	// Symbols are for the core module and the metered one, ComponentSymbols for the component.
	Symbols          artefact `json:"symbols"`
	ComponentSymbols artefact `json:"component_symbols"`
	// Mapped is the core module with a source map, for the debuggers of browsers and Node.
	Mapped artefact `json:"mapped"`
	// Prepare is guest/prepare as a module, which hardens what gohost.Load gets.
	Prepare artefact `json:"prepare"`
	// Parser is guest/wit as a module, which the command generates Go bindings with.
	Parser artefact `json:"parser"`
	// Exports of the core module, sorted.
	Exports []string `json:"exports"`
	// WIT is the component's world as it is read back, by scripts/assemble.
	WIT string `json:"wit"`
}

// embeddedFiles are the modules that are committed.
var embeddedFiles = []struct {
	name, from string
	of         func(manifest) artefact
}{
	{embeddedFile, meteredFile, func(m manifest) artefact { return m.Metered }},
	{embeddedPrepareFile, prepareFile, func(m manifest) artefact { return m.Prepare }},
	{embeddedWITFile, witFile, func(m manifest) artefact { return m.Parser }},
}

func main() {
	embed := flag.Bool("embed", false, "put the new metered module in the place of the embedded one")
	examples := flag.Bool("examples", false, "the modules of the examples, instead")
	built := flag.String("built", "", "the core module as the linker wrote it")
	builtComponent := flag.String("built-component", "", "the core module of the component as the linker wrote it")
	flag.Parse()
	work := func(embed bool) error { return run(*built, *builtComponent, embed) }
	if *examples {
		work = runExamples
	}
	if err := work(*embed); err != nil {
		fmt.Fprintln(os.Stderr, "manifest:", err)
		os.Exit(1)
	}
}

func run(built, builtComponent string, embed bool) error {
	if err := writeSymbols(built); err != nil {
		return fmt.Errorf("%s: %w", symbolsFile, err)
	}
	if err := writeComponentSymbols(builtComponent); err != nil {
		return fmt.Errorf("%s: %w", componentSymbolsFile, err)
	}
	if err := writeSourceMap(); err != nil {
		return fmt.Errorf("%s: %w", mappedFile, err)
	}
	m, err := describe()
	if err != nil {
		return err
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false) // the WIT has angle brackets
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		return err
	}
	text := buffer.Bytes()
	if err := os.WriteFile(manifestFile, text, 0o644); err != nil {
		return err
	}
	fmt.Printf("core module %d bytes, metered %d bytes, component %d bytes\n", m.Core.Bytes, m.Metered.Bytes, m.Component.Bytes)
	if m.Core.Bytes > sizeGoal {
		fmt.Printf("warning: the core module is over its goal of %d bytes\n", sizeGoal)
	}
	if embed {
		for _, file := range embeddedFiles {
			if err := copyFile(file.name, file.from); err != nil {
				return err
			}
		}
		if err := os.WriteFile(embeddedManifestFile, text, 0o644); err != nil {
			return err
		}
		return embedExamples(m)
	}
	return compareEmbedded(m)
}

// runExamples compares the modules of the examples, all of which were built, with the manifest.
func runExamples(embed bool) error {
	if embed {
		m, err := readEmbedded()
		if err != nil {
			return err
		}
		return embedExamples(m)
	}
	known, err := readExamples()
	if err != nil {
		return err
	}
	return compareExamples(known, true)
}

// embedExamples writes what depends on the modules of the examples.
func embedExamples(m manifest) error {
	examples, err := writeExamples()
	if err != nil {
		return err
	}
	return writeDiagrams(m, examples)
}

func describe() (m manifest, err error) {
	m.World = world
	if m.Rustc = os.Getenv("RUSTC_VERSION"); m.Rustc == "" {
		return m, errors.New("RUSTC_VERSION is not set; scripts/build-guest.sh does that")
	}
	files := map[string]*artefact{
		coreFile: &m.Core, meteredFile: &m.Metered, debugFile: &m.Debug, componentFile: &m.Component,
		symbolsFile: &m.Symbols, componentSymbolsFile: &m.ComponentSymbols, mappedFile: &m.Mapped, prepareFile: &m.Prepare, witFile: &m.Parser,
	}
	modules := map[string][]byte{}
	for file, a := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return m, err
		}
		sum := sha256.Sum256(data)
		*a = artefact{File: strings.TrimPrefix(file, "dist/"), Bytes: len(data), SHA256: hex.EncodeToString(sum[:])}
		modules[file] = data
	}
	if m.Exports, err = exports(coreFile, modules[coreFile]); err != nil {
		return m, err
	}
	metered, err := exports(meteredFile, modules[meteredFile], fuelModule+"."+refuelFunction)
	if err != nil {
		return m, err
	}
	if !slices.Equal(m.Exports, metered) {
		return m, fmt.Errorf("%s exports the functions %q, and %s %q", meteredFile, metered, coreFile, m.Exports)
	}
	wit, err := os.ReadFile(worldFile)
	m.WIT = string(wit)
	return m, err
}

// fuelModule and refuelFunction are what a metered module imports.
const (
	fuelModule     = "compute-pipeline:fuel"
	refuelFunction = "refuel"
)

// exports lists the functions that a module exports, and fails if it imports
// anything but what is allowed.
func exports(file string, wasm []byte, allowed ...string) ([]string, error) {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	compiled, err := r.CompileModule(ctx, wasm)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var imports []string
	for _, f := range compiled.ImportedFunctions() {
		module, name, _ := f.Import()
		imports = append(imports, module+"."+name)
	}
	for _, m := range compiled.ImportedMemories() {
		module, name, _ := m.Import()
		imports = append(imports, module+"."+name)
	}
	if !slices.Equal(imports, allowed) {
		return nil, fmt.Errorf("%s imports %q, and must import %q", file, imports, allowed)
	}
	// Tables and globals can be imported too; then it does not start.
	give := func(_ context.Context, stack []uint64) { stack[0] = 1 << 20 }
	_, err = r.NewHostModuleBuilder(fuelModule).NewFunctionBuilder().
		WithGoFunction(api.GoFunc(give), nil, []api.ValueType{api.ValueTypeI64}).
		Export(refuelFunction).Instantiate(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := r.InstantiateModule(ctx, compiled, wazero.NewModuleConfig()); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var names []string
	for name := range compiled.ExportedFunctions() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

// readEmbedded reads the manifest of the embedded modules.
func readEmbedded() (m manifest, err error) {
	text, err := os.ReadFile(embeddedManifestFile)
	if err != nil {
		return m, fmt.Errorf("%w (run `make embed`)", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", embeddedManifestFile, err)
	}
	return m, nil
}

// compareEmbedded fails when the committed module is stale: other bytes from
// the same toolchain. Another toolchain makes other bytes of the same source;
// that it behaves the same is for the conformance test, which runs both.
func compareEmbedded(m manifest) error {
	committed, err := readEmbedded()
	if err != nil {
		return err
	}
	for _, file := range embeddedFiles {
		data, err := os.ReadFile(file.name)
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != file.of(committed).SHA256 {
			return fmt.Errorf("%s is not the module that %s describes: run `make embed`", file.name, embeddedManifestFile)
		}
	}
	if !slices.Equal(m.Exports, committed.Exports) {
		return fmt.Errorf("%s is stale: it has other exports than the source: run `make embed`", embeddedFile)
	}
	if committed.Rustc != m.Rustc {
		fmt.Printf("the embedded modules were built with %s, these with %s: bytes are not compared, the conformance test compares behaviour\n",
			committed.Rustc, m.Rustc)
		return nil
	}
	for _, file := range embeddedFiles {
		if was, is := file.of(committed).SHA256, file.of(m).SHA256; was != is {
			return fmt.Errorf("%s is stale (sha256 %s, built just now %s): run `make embed` and commit it", file.name, was, is)
		}
	}
	fmt.Println("the embedded modules are the ones that this source makes")
	return nil
}
