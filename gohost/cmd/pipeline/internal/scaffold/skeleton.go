package scaffold

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// A world is what guest/wit says about a world, as far as a skeleton needs it.
type world struct {
	Package, Version, World string

	Types            []witType
	Imports, Exports []witInterface
}

type witType struct {
	Kind string
	// Name and Owner are those of a type with a name; the owner is an interface, or "" for
	// the world.
	Name, Owner *string

	Types    []any
	Type     any
	Length   uint32
	OK, Err  any
	Resource any
}

type witInterface struct {
	// Interface is "" for the functions of the world itself.
	Interface, Version string

	Resources []int
	Functions []witFunction
}

type witFunction struct {
	Name   string
	Params []struct {
		Name string
		Type any
	}
	Result any
}

// Skeleton returns a plugin in Rust of a contract of somebody's own, with functions that are
// not written yet. The description is that of package wit, and the files are the contract.
func Skeleton(description []byte, contract []File) ([]File, error) {
	var w world
	if err := json.Unmarshal(description, &w); err != nil {
		return nil, fmt.Errorf("the description of the world: %w", err)
	}
	source, err := rust(&w)
	if err != nil {
		return nil, err
	}
	example, err := Plugin("rust")
	if err != nil {
		return nil, err
	}
	files := []File{
		{Path: "src/lib.rs", Data: []byte(source)},
		{Path: "README.md", Data: fmt.Appendf(nil, skeletonReadme, w.id())},
	}
	for _, f := range example {
		switch {
		case f.Path == "Cargo.toml":
			f.Data = withoutCrates(f.Data, "crc32fast", "serde", "serde_json")
			files = append(files, f)
		case f.Path == "build.sh", strings.HasPrefix(f.Path, "compute-pipeline-guest/"):
			files = append(files, f)
		}
	}
	for _, f := range contract {
		files = append(files, File{Path: "wit/" + f.Path, Data: f.Data})
	}
	return files, nil
}

const skeletonReadme = `# A plugin in Rust

It is to implement the world ` + "`%[1]s`" + `, which is in [wit](wit). The functions in
[src/lib.rs](src/lib.rs) are not written yet: a call panics, and the host reports a trap.

    ./build.sh                                         # writes plugin.wasm
    pipeline check plugin.wasm --wit wit --world %[1]s

It needs Rust 1.95 and its target for WebAssembly, ` + "`rustup target add\nwasm32-unknown-unknown`" + `. wit-bindgen generates a trait for each interface from WIT.
` + "`report_panics!`" + ` makes the message of a panic reach the host.
`

// withoutCrates removes dependencies from a Cargo.toml.
func withoutCrates(manifest []byte, crates ...string) []byte {
	var kept strings.Builder
lines:
	for line := range strings.Lines(string(manifest)) {
		for _, crate := range crates {
			if strings.HasPrefix(line, crate+" = ") {
				continue lines
			}
		}
		kept.WriteString(line)
	}
	return []byte(kept.String())
}

// id returns the world's name with its package and version.
func (w *world) id() string {
	id := w.Package + "/" + w.World
	if w.Version != "" {
		id += "@" + w.Version
	}
	return id
}

// rust returns the source of a plugin.
func rust(w *world) (string, error) {
	if err := w.check(); err != nil {
		return "", err
	}
	var s strings.Builder
	fmt.Fprintf(&s, `//! A plugin of the world %s.

#![allow(unused_variables)] // until the functions are written

wit_bindgen::generate!({ path: "wit", world: %q, generate_all });

compute_pipeline_guest::report_panics!();

struct Plugin;
`, w.id(), w.id())
	for _, i := range w.Exports {
		if len(i.Functions) == 0 {
			continue
		}
		trait := "Guest"
		if i.Interface != "" {
			trait = "exports::" + module(i.Interface) + "::Guest"
		}
		fmt.Fprintf(&s, "\nimpl %s for Plugin {\n", trait)
		for n, f := range i.Functions {
			if n > 0 {
				s.WriteString("\n")
			}
			signature, err := w.signature(f)
			if err != nil {
				return "", fmt.Errorf("the function %s: %w", f.Name, err)
			}
			fmt.Fprintf(&s, "    %s {\n        todo!(%q)\n    }\n", signature, f.Name)
		}
		s.WriteString("}\n")
	}
	s.WriteString("\n// Not natively: a native linker takes no colon in a name.\n#[cfg(target_arch = \"wasm32\")]\nexport!(Plugin);\n")
	return s.String(), nil
}

// check returns an error for what no skeleton can be made of.
func (w *world) check() error {
	versions := map[string]string{}
	functions := 0
	for _, i := range append(append([]witInterface(nil), w.Imports...), w.Exports...) {
		pkg, _, _ := strings.Cut(i.Interface, "/")
		if version, seen := versions[pkg]; seen && version != i.Version && pkg != "" {
			return fmt.Errorf("the world has two versions of %s, which a skeleton cannot have", pkg)
		}
		versions[pkg] = i.Version
	}
	for _, i := range w.Exports {
		functions += len(i.Functions)
		if len(i.Resources) > 0 {
			return fmt.Errorf("%s exports resources, which a skeleton cannot have", i.Interface)
		}
	}
	if functions == 0 {
		return errors.New("the world exports no functions, so there is nothing to write")
	}
	return nil
}

// signature returns a function's signature, in lines of 100 characters if that is possible.
func (w *world) signature(f witFunction) (string, error) {
	var params []string
	for _, p := range f.Params {
		t, err := w.rustType(p.Type)
		if err != nil {
			return "", err
		}
		params = append(params, snake(p.Name)+": "+t)
	}
	result := ""
	if f.Result != nil {
		t, err := w.rustType(f.Result)
		if err != nil {
			return "", err
		}
		result = " -> " + t
	}
	line := "fn " + snake(f.Name) + "(" + strings.Join(params, ", ") + ")" + result
	if len(line) <= 94 || len(params) == 0 {
		return line, nil
	}
	return "fn " + snake(f.Name) + "(\n        " + strings.Join(params, ",\n        ") + ",\n    )" + result, nil
}
