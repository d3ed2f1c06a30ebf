package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"example.org/compute-pipeline/gohost/inspect"
	"example.org/compute-pipeline/gohost/sandbox"
)

// examplesFile describes the modules of the examples, for the diagrams. Some are committed; of
// the others, which `make example` builds, it is what was built last.
const examplesFile = "examples/manifest.json"

// example is a module of an example.
type example struct {
	File string `json:"file"`
	// Language is that of its source.
	Language string `json:"language"`
	// Kind is "core module" or "component".
	Kind  string `json:"kind"`
	Bytes int    `json:"bytes"`
	// Exports and Imports are WIT interfaces.
	Exports []string `json:"exports"`
	Imports []string `json:"imports"`
	// Grants are those that it needs.
	Grants []string `json:"grants"`
}

// examples are the files, those of the plugins first.
var examples = []struct {
	file, language string
	committed      bool
}{
	{"examples/plugins/plugin.rust.wasm", "Rust", true},
	{"examples/plugins/plugin.c.wasm", "C", true},
	{"dist/plugins/assemblyscript.wasm", "AssemblyScript", false},
	{"dist/plugins/go.wasm", "Go", false},
	{"dist/plugins/js.wasm", "TypeScript", false},
	{"dist/plugins/python.wasm", "Python", false},
	{rulesFile, "Python", false},
}

// rulesFile is the composed example.
const rulesFile = "dist/guests/rules.wasm"

// describeExample describes a file.
func describeExample(file, language string) (e example, err error) {
	wasm, err := os.ReadFile(file)
	if err != nil {
		return e, err
	}
	module, err := inspect.Describe(context.Background(), wasm)
	if err != nil {
		return e, fmt.Errorf("%s: %w", file, err)
	}
	e = example{
		File: file, Language: language, Kind: module.Kind, Bytes: len(wasm),
		Exports: []string{}, Imports: []string{}, Grants: []string{},
	}
	for _, i := range module.Interfaces {
		name := i.Name + "@" + i.Version
		if i.Imported {
			e.Imports = append(e.Imports, name)
		} else {
			e.Exports = append(e.Exports, name)
		}
	}
	var functions []sandbox.ImportedFunction
	for _, i := range module.Imports {
		if sandbox.IsGrantable(i.Module) {
			functions = append(functions, sandbox.ImportedFunction{Module: i.Module, Name: i.Name})
		}
	}
	grants, ok := sandbox.GrantsFor(functions)
	if !ok {
		return e, fmt.Errorf("%s imports what no grant has", file)
	}
	e.Grants = append(e.Grants, grants...)
	return e, nil
}

// readExamples reads the manifest of the examples.
func readExamples() (known []example, err error) {
	text, err := os.ReadFile(examplesFile)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, fmt.Errorf("%s: %w", examplesFile, err)
	}
	return known, nil
}

// writeExamples describes the modules that are there, and keeps the description of the others.
func writeExamples() ([]example, error) {
	known, err := readExamples()
	if err != nil {
		return nil, err
	}
	var all []example
	for _, of := range examples {
		e, err := describeExample(of.file, of.language)
		if os.IsNotExist(err) && !of.committed {
			i := slices.IndexFunc(known, func(e example) bool { return e.File == of.file })
			if i < 0 {
				return nil, fmt.Errorf("%s: %w (run `make example`)", examplesFile, err)
			}
			e, err = known[i], nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, err
	}
	return all, os.WriteFile(examplesFile, append(text, '\n'), 0o644)
}

// compareExamples fails if a module is not what the manifest says: all of the committed ones,
// and with built also the others. The tools of those put a little more or less into a module
// each time, and another Go makes another one.
func compareExamples(known []example, built bool) error {
	if len(known) != len(examples) {
		return fmt.Errorf("%s has %d modules, expected %d", examplesFile, len(known), len(examples))
	}
	for i, of := range examples {
		if !of.committed && !built {
			continue
		}
		e, err := describeExample(of.file, of.language)
		if err != nil {
			return err
		}
		if !of.committed && isAbout(e.Bytes, known[i].Bytes) {
			e.Bytes = known[i].Bytes
		}
		if fmt.Sprint(e) != fmt.Sprint(known[i]) {
			return fmt.Errorf("%s is %v, and %s says %v: run `make example UPDATE=1`", of.file, e, examplesFile, known[i])
		}
	}
	return nil
}

// isAbout reports whether a size is within 5 % of another.
func isAbout(a, b int) bool { return 20*max(a-b, b-a) <= b }
