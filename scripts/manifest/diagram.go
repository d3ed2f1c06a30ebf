package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

const (
	architectureFile = "ARCHITECTURE.md"
	diagramEnd       = "<!-- End of the diagram. -->\n"
)

// diagrams are those of ARCHITECTURE.md. Each stands between a comment with its name and
// diagramEnd.
var diagrams = []struct {
	name string
	draw func(m manifest, e []example) string
}{
	{"system", drawSystem}, {"plugins", drawPlugins}, {"edge", drawEdge}, {"composition", drawComposition},
}

func diagramBegin(name string) string {
	return "<!-- The diagram " + name + " is written by `make embed` and checked by a test. -->\n"
}

// size returns a number of bytes with two or three digits.
func size(bytes int) string {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%.0f KiB", float64(bytes)/(1<<10))
}

// drawSystem draws how the source becomes what runs.
func drawSystem(m manifest, _ []example) string {
	return `flowchart TB
  subgraph source [Source]
    wit["wit/: the contract, WIT<br/>` + m.World + `"]
    guest["guest/: the engine, Rust"]
  end
  build["make guest<br/>cargo build, assemble"]
  wit --> build
  guest --> build
  harden --> component["compute-pipeline.component.wasm<br/>component, ` + size(m.Component.Bytes) + `"]
  build --> built["core module"]
  built --> harden["guest/prepare: harden"]
  harden --> core["compute-pipeline.core.wasm<br/>core module, ` + size(m.Core.Bytes) + `, imports nothing"]
  core --> meter["guest/prepare: meter"]
  meter --> engine["gohost/engine.wasm<br/>metered, ` + size(m.Metered.Bytes) + `, imports refuel"]
  harden --> debug["compute-pipeline.core.debug.wasm<br/>with symbols, ` + size(m.Debug.Bytes) + `"]

  subgraph hosts [Host runtimes]
    wazero["wazero, through gohost<br/>compiler and interpreter"]
    wasmtime["Wasmtime"]
    jco["Node, through jco"]
    typescript["Node, Bun, Deno, browsers, workers<br/>through hosts/typescript"]
  end
  engine -- "canonical ABI in Go<br/>gohost/cabi" --> wazero
  component -- "WIT boundary" --> wasmtime
  component -- "WIT boundary" --> jco
  core -- "canonical ABI in TypeScript" --> typescript
  plugin["a plugin: core module or component"] -. "gohost.Load: contract check, hardening, metering" .-> wazero

  wazero --> grants["capability grants: none<br/>no clock, files, network, random numbers"]
  wasmtime --> grants
  jco --> grants
  typescript --> grants
`
}

// drawPlugins draws the plugins of examples/plugins from their source to an instance.
func drawPlugins(_ manifest, examples []example) string {
	plugins := slices.DeleteFunc(slices.Clone(examples), func(e example) bool { return e.File == rulesFile })
	var b strings.Builder
	b.WriteString("flowchart LR\n  subgraph source [\"Source, and what a build.sh makes of it\"]\n")
	for i, e := range plugins {
		fmt.Fprintf(&b, "    plugin%d[\"%s<br/>%s, %s\"]\n", i, e.Language, e.Kind, size(e.Bytes))
	}
	b.WriteString("  end\n")
	exports := strings.Join(plugins[0].Exports, "<br/>")
	b.WriteString(`  load["gohost.Load, or a registry: gohost/plugin<br/>contract, hardening, metering"]
  instance["an instance in wazero<br/>bounds of memory, time and fuel"]
`)
	for i := range plugins {
		fmt.Fprintf(&b, "  plugin%d --> load\n", i)
	}
	b.WriteString("  load --> instance\n")
	b.WriteString("  caller[\"Go program, pipeline serve\"] -- \"WIT boundary<br/>" + exports + "\" --> instance\n")
	for i, text := range grantTexts(plugins) {
		fmt.Fprintf(&b, "  instance --> grants%d[\"%s\"]\n", i, text)
	}
	return b.String()
}

// grantTexts says which modules need which grants.
func grantTexts(modules []example) (texts []string) {
	var sets []string
	languages := make(map[string][]string)
	for _, e := range modules {
		set := strings.Join(e.Grants, ", ")
		if languages[set] == nil {
			sets = append(sets, set)
		}
		languages[set] = append(languages[set], e.Language)
	}
	for _, set := range sets {
		name := set
		if name == "" {
			name = "none"
		}
		texts = append(texts, "capability grants: "+name+"<br/>"+strings.Join(languages[set], ", "))
	}
	return texts
}

// drawEdge draws the engine in a worker.
func drawEdge(m manifest, _ []example) string {
	return `flowchart TB
  client["HTTP client"] -- "JSON, NDJSON or packed points" --> worker
  subgraph isolate ["An isolate of workerd"]
    worker["examples/edge, TypeScript<br/>routes, limits, streaming bodies"]
    package["hosts/typescript<br/>canonical ABI in TypeScript"]
    core["the engine, Rust<br/>compute-pipeline.core.wasm<br/>core module, ` + size(m.Core.Bytes) + `"]
    worker -- "objects or typed arrays" --> package
    package -- "WIT boundary<br/>` + m.World + `" --> core
  end
  core --> grants["capability grants: none<br/>the network stays with the worker"]
`
}

// drawComposition draws the two ways in which a component gets its import from the engine.
func drawComposition(m manifest, examples []example) string {
	rules := examples[slices.IndexFunc(examples, func(e example) bool { return e.File == rulesFile })]
	imported, exported := strings.Join(rules.Imports, "<br/>"), strings.Join(rules.Exports, "<br/>")
	return `flowchart TB
  python["rules.py, Python"] -- "componentize-py" --> rules["rules.wasm<br/>` + rules.Kind + `, ` + size(rules.Bytes) + `"]
  rules --> inGo
  rules --> composed
  subgraph process ["A Go process"]
    inGo["the rule, an instance in wazero"]
    host["package rules, by pipeline bind"]
    engine["gohost/engine.wasm, Rust<br/>metered, ` + size(m.Metered.Bytes) + `"]
    inGo -- "WIT boundary<br/>` + imported + `" --> host
    host --> engine
  end
  subgraph composition ["One component, in Wasmtime"]
    composed["the rule"]
    component["compute-pipeline.component.wasm, Rust<br/>component, ` + size(m.Component.Bytes) + `"]
    composed -- "WIT boundary<br/>` + imported + `" --> component
  end
  goCaller["Go program"] -- "WIT boundary<br/>` + exported + `" --> inGo
  caller["host of components"] -- "WIT boundary<br/>` + exported + `" --> composed
  inGo --> grants["` + grantTexts([]example{rules})[0] + `"]
  composed --> grants
`
}

// replaceDiagrams puts new diagrams in the place of the old ones.
func replaceDiagrams(text string, m manifest, e []example) (string, error) {
	for _, d := range diagrams {
		before, rest, ok := strings.Cut(text, diagramBegin(d.name))
		_, after, ok2 := strings.Cut(rest, diagramEnd)
		if !ok || !ok2 {
			return "", fmt.Errorf("%s: the comments around the diagram %s are missing", architectureFile, d.name)
		}
		text = before + diagramBegin(d.name) + "```mermaid\n" + d.draw(m, e) + "```\n" + diagramEnd + after
	}
	return text, nil
}

// writeDiagrams updates the file.
func writeDiagrams(m manifest, e []example) error {
	text, err := os.ReadFile(architectureFile)
	if err != nil {
		return err
	}
	updated, err := replaceDiagrams(string(text), m, e)
	if err != nil {
		return err
	}
	return os.WriteFile(architectureFile, []byte(updated), 0o644)
}
