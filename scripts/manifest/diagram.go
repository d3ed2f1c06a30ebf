package main

import (
	"fmt"
	"os"
	"strings"
)

const (
	architectureFile = "ARCHITECTURE.md"
	diagramBegin     = "<!-- The diagram is written by `make embed` and checked by a test. -->\n"
	diagramEnd       = "<!-- End of the diagram. -->\n"
)

// diagram draws how the source becomes what runs, with the sizes of the
// embedded module's manifest.
func diagram(m manifest) string {
	kib := func(bytes int) string { return fmt.Sprintf("%.0f KiB", float64(bytes)/1024) }
	return "```mermaid\n" + `flowchart TB
  subgraph source [Source]
    wit["wit/: the contract, WIT<br/>` + m.World + `"]
    guest["guest/: the engine, Rust"]
  end
  build["make guest<br/>cargo build, assemble"]
  wit --> build
  guest --> build
  harden --> component["compute-pipeline.component.wasm<br/>component, ` + kib(m.Component.Bytes) + `"]
  build --> built["core module"]
  built --> harden["guest/prepare: harden"]
  harden --> core["compute-pipeline.core.wasm<br/>core module, ` + kib(m.Core.Bytes) + `, imports nothing"]
  core --> meter["guest/prepare: meter"]
  meter --> engine["gohost/engine.wasm<br/>metered, ` + kib(m.Metered.Bytes) + `, imports refuel"]
  harden --> debug["compute-pipeline.core.debug.wasm<br/>with symbols, ` + kib(m.Debug.Bytes) + `"]

  subgraph hosts [Host runtimes]
    wazero["wazero, through gohost<br/>compiler and interpreter"]
    wasmtime["Wasmtime"]
    node["Node, through jco"]
  end
  engine -- "canonical ABI in Go<br/>gohost/cabi" --> wazero
  component -- "WIT boundary" --> wasmtime
  component -- "WIT boundary" --> node
  plugin["a plugin: core module or component"] -. "gohost.Load: contract check, hardening, metering" .-> wazero

  wazero --> grants["capability grants: none<br/>no clock, files, network, random numbers"]
  wasmtime --> grants
  node --> grants
` + "```\n"
}

// replaceDiagram puts a new diagram in the place of the old one.
func replaceDiagram(text string, m manifest) (string, error) {
	before, rest, ok := strings.Cut(text, diagramBegin)
	_, after, ok2 := strings.Cut(rest, diagramEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("%s: the comments around the diagram are missing", architectureFile)
	}
	return before + diagramBegin + diagram(m) + diagramEnd + after, nil
}

// writeDiagram updates the file.
func writeDiagram(m manifest) error {
	text, err := os.ReadFile(architectureFile)
	if err != nil {
		return err
	}
	updated, err := replaceDiagram(string(text), m)
	if err != nil {
		return err
	}
	return os.WriteFile(architectureFile, []byte(updated), 0o644)
}
