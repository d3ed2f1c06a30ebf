package scaffold

import (
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/c"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/golang"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/rust"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/script"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold/world"
)

// skeletons write the files of a plugin with functions that are not written yet, except for
// the contract.
var skeletons = map[string]func(*world.World) ([]File, error){
	"c": cSkeleton, "go": goSkeleton, "js": jsSkeleton, "rust": rustSkeleton, "typescript": typescriptSkeleton,
}

// SkeletonLanguages returns the languages of [Skeleton].
func SkeletonLanguages() []string { return slices.Sorted(maps.Keys(skeletons)) }

// Skeleton returns a plugin of a contract of somebody's own, with functions that are not
// written yet. The description is that of package wit, and the files are the contract.
func Skeleton(language string, description []byte, contract []File) ([]File, error) {
	write := skeletons[language]
	if write == nil {
		return nil, fmt.Errorf("there is no skeleton in %s, only in %s", language, strings.Join(SkeletonLanguages(), ", "))
	}
	w, err := world.Read(description)
	if err != nil {
		return nil, err
	}
	files, err := write(w)
	if err != nil {
		return nil, err
	}
	for _, f := range contract {
		files = append(files, File{Path: "wit/" + f.Path, Data: f.Data})
	}
	return files, nil
}

// files returns files with the texts, and those of the example in a language that are the same
// for each contract.
func files(language string, texts map[string]string, same ...string) ([]File, error) {
	var files []File
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		files = append(files, File{Path: name, Data: []byte(texts[name])})
	}
	example, err := Plugin(language)
	if err != nil {
		return nil, err
	}
	for _, f := range example {
		if slices.ContainsFunc(same, func(name string) bool { return f.Path == name || strings.HasPrefix(f.Path, name+"/") }) {
			files = append(files, f)
		}
	}
	return files, nil
}

func rustSkeleton(w *world.World) ([]File, error) {
	source, err := rust.Source(w)
	if err != nil {
		return nil, err
	}
	list, err := files("rust", map[string]string{
		"src/lib.rs": source,
		"README.md":  fmt.Sprintf(rustReadme, w.ID()),
	}, "Cargo.toml", "build.sh", "compute-pipeline-guest")
	for i, f := range list {
		if f.Path == "Cargo.toml" {
			list[i].Data = withoutCrates(f.Data, "crc32fast", "serde", "serde_json")
		}
	}
	return list, err
}

const rustReadme = `# A plugin in Rust

It is to implement the world ` + "`%[1]s`" + `, which is in [wit](wit). The functions in
[src/lib.rs](src/lib.rs) are not written yet: a call panics, and the host reports a trap.

    ./build.sh                                         # writes plugin.wasm
    pipeline check plugin.wasm --wit wit --world %[1]s

It needs Rust 1.95 and its target for WebAssembly, ` + "`rustup target add\nwasm32-unknown-unknown`" + `. wit-bindgen generates a trait for each interface and each resource
from WIT. ` + "`report_panics!`" + ` makes the message of a panic reach the host.
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

func cSkeleton(w *world.World) ([]File, error) {
	header, glue, plugin, err := c.Sources(w)
	if err != nil {
		return nil, err
	}
	return files("c", map[string]string{
		"contract.h": header, "contract.c": glue, "plugin.c": plugin,
		"README.md": fmt.Sprintf(cReadme, w.ID()),
	}, "memory.c", "build.sh")
}

const cReadme = `# A plugin in C

It is to implement the world ` + "`%[1]s`" + `, which is in [wit](wit), without a C library. The
functions in [plugin.c](plugin.c) are not written yet: a call is a trap.

    ./build.sh                                         # writes plugin.wasm
    pipeline check plugin.wasm --wit wit --world %[1]s

It needs clang and its linker for WebAssembly, in Debian the packages ` + "`clang` and `lld`" + `.
[contract.h](contract.h) has the types of the contract and the functions that the host has;
[contract.c](contract.c) passes them by the canonical ABI. ` + "`pipeline new plugin`" + ` writes both
again for another version of the contract. All memory of a call is given back at its end; what
is to outlive it belongs in static variables.
`

func goSkeleton(w *world.World) ([]File, error) {
	contract, plugin, err := golang.Sources(w)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{"contract.go": contract, "plugin.go": plugin, "README.md": fmt.Sprintf(goReadme, w.ID())}
	for name, text := range texts {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		formatted, err := format.Source([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		texts[name] = string(formatted)
	}
	return files("go", texts, "memory.go", "go.mod", "build.sh")
}

const goReadme = `# A plugin in Go

It is to implement the world ` + "`%[1]s`" + `, which is in [wit](wit). The functions in
[plugin.go](plugin.go) are not written yet: a call panics, and the host reports a trap with the
message.

    ./build.sh                                         # writes plugin.wasm
    pipeline check plugin.wasm --wit wit --world %[1]s \
      --grant clock,random=seed:7,output

It needs Go 1.24 or later. [contract.go](contract.go) has the types of the contract and the
functions that the host has, and passes them by the canonical ABI; [memory.go](memory.go) keeps
alive what the host points to. ` + "`pipeline new plugin`" + ` writes both again for another version of
the contract. A variant is an interface, and its cases are types; an option is a pointer.

Go's runtime imports the clock, random numbers and standard error, so hosts must grant them; a
module has 3 MB, and an instance 3 MiB.
`

func jsSkeleton(w *world.World) ([]File, error) { return scriptSkeleton(w, "js", "JavaScript") }

func typescriptSkeleton(w *world.World) ([]File, error) {
	return scriptSkeleton(w, "typescript", "TypeScript")
}

func scriptSkeleton(w *world.World, language, name string) ([]File, error) {
	types, err := script.Types(w)
	if err != nil {
		return nil, err
	}
	typed := language == "typescript"
	source, err := script.Source(w, typed)
	if err != nil {
		return nil, err
	}
	file := "plugin.js"
	if typed {
		file = "plugin.ts"
	}
	return files(language, map[string]string{
		file: source, "contract.d.ts": types, "build.js": fmt.Sprintf(buildText, w.Name),
		"README.md": fmt.Sprintf(scriptReadme, w.ID(), name, file),
	}, "build.sh", "package.json", "package-lock.json", "tsconfig.json")
}

const buildText = `// Makes a component of a module, after npm install: build.js MODULE FILE. Without WASI it is
// one core module, which is what the Go host runs; the features would import WASI 0.2.
import { writeFile } from "node:fs/promises";
import { componentize } from "@bytecodealliance/componentize-js";

const [module, out] = process.argv.slice(2);
const { component } = await componentize({
  sourcePath: module,
  witPath: "wit",
  worldName: %q,
  disableFeatures: ["stdio", "random", "clocks", "http", "fetch-event"],
});
await writeFile(out, component);
`

const scriptReadme = `# A plugin in %[2]s

It is to implement the world ` + "`%[1]s`" + `, which is in [wit](wit). The functions in
[%[3]s](%[3]s) are not written yet: a call throws, and the host reports a trap.

    ./build.sh                                         # writes plugin.wasm
    pipeline check plugin.wasm --wit wit --world %[1]s \
      --fuel 1000000000000

It needs Node 20 and npm. [contract.d.ts](contract.d.ts) has the types of the contract, and what
the host has as modules to import; ` + "`pipeline new plugin`" + ` writes it again for another version.
[build.js](build.js) makes a component with componentize-js, without the features that would
import WASI: the module imports only what the world does.

What you throw in a function of a WIT ` + "`result`" + ` is its err. An Error that is thrown, and
anything else in other functions, ends the call with a trap, and its message is lost. The module
is an interpreter: 12 MB, some 20 s of processor time to load (give the host a directory for
compiled modules), and 9 MiB an instance.
`
