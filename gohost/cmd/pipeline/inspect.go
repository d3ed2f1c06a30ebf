package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost/inspect"
)

type inspectCommand struct {
	File string `arg:"" name:"file" help:"WebAssembly file."`
	witFlags
	grantFlags
	Output string `short:"o" enum:"text,json" default:"text" help:"Format of the result: ${enum}."`
}

// Help implements kong.HelpProvider.
func (*inspectCommand) Help() string {
	return `Shows whether the file is a core module or a component, its WIT interfaces, imports, exports with their types, memory and sections, and the verdict of the Go host: that it can load the file, or all reasons why it cannot. It runs nothing in the file.

The verdict is for the grants of the command line, and for the world of --wit. Without --wit it is for the world that the module declares (a component does, and a core module with a section component-type), or else for the engine's contract. If other grants would make the host load the file, it says which. It also says which grade of answers the module claims, and what serve requires; whether the answers meet that grade, only running them tells (serve does).

For a file that the host can load, it says what compiling takes by an estimate, and the limits beyond which the host rejects it.

The exit status is 1 if the host cannot load the file, or if serve rejects its claim.

Examples:

  pipeline inspect plugin.wasm
  pipeline inspect plugin.wasm --grant clock,random=seed:7,output
  pipeline inspect plugin.wasm -o json
  pipeline inspect rules.wasm --wit wit --world rules`
}

// inspection is what inspect says of a file, as JSON.
type inspection struct {
	Format   int                 `json:"format"`
	File     string              `json:"file"`
	SHA256   string              `json:"sha256"`
	Contents inspect.Description `json:"contents"`
	Verdict  verdict             `json:"verdict"`
}

// Run prints the outline and the verdict.
func (c *inspectCommand) Run(ctx context.Context, std streams) error {
	grants, err := c.grants()
	if err != nil {
		return err
	}
	contract, err := c.contract(ctx)
	if err != nil {
		return err
	}
	wasm, err := readRegular(c.File)
	if err != nil {
		return err
	}
	d, err := inspect.Describe(ctx, wasm)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if c.WIT == "" {
		if contract, err = declaredContract(ctx, c.File, wasm); err != nil {
			fmt.Fprintf(std.err, "pipeline: note: the world that the module declares cannot be read, so it is judged by the engine's contract: %v\n", err)
		}
		if contract != nil && len(contract.Exports) == 0 {
			contract = nil // it declares nothing that a host could use
		}
	}
	i := inspection{
		Format: 1, File: c.File, SHA256: fmt.Sprintf("%x", sha256.Sum256(wasm)), Contents: d, Verdict: judge(ctx, wasm, d, contract, grants),
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var out bytes.Buffer
	if c.Output == "json" {
		if err := writeJSON(&out, i); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(&out, "%s: %s, %s\n", i.File, d.Kind, size(d.Size))
		fmt.Fprintf(&out, "SHA-256 %s\n", i.SHA256)
		writeDescription(&out, d)
		i.Verdict.write(&out, d)
	}
	if _, err := std.out.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if rejected := i.Verdict.failure(); rejected != nil {
		return fmt.Errorf("%s: %w", c.File, rejected)
	}
	return nil
}

// writeJSON writes a value as indented JSON.
func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

func writeDescription(w io.Writer, d inspect.Description) {
	var interfaces, imports, exports, sections []string
	for _, i := range d.Interfaces {
		name := i.Name
		if i.Version != "" {
			name += "@" + i.Version
		}
		name = plain(name)
		if i.Imported {
			name = "imported " + name
		}
		for n, function := range i.Functions {
			name += [2]string{": ", ", "}[min(n, 1)] + plain(function)
		}
		interfaces = append(interfaces, name)
	}
	for _, i := range d.Imports {
		name := fmt.Sprintf("%q", i.Name)
		if d.Kind == inspect.CoreModule {
			name = fmt.Sprintf("%q %q", i.Module, i.Name)
		}
		imports = append(imports, strings.TrimSpace(i.Kind+" "+name+" "+i.Type))
	}
	for _, e := range d.Exports {
		exports = append(exports, strings.TrimSpace(fmt.Sprintf("%s %q %s", e.Kind, e.Name, e.Type)))
	}
	for _, s := range d.Sections {
		name := s.Name
		if s.Custom != "" {
			name += fmt.Sprintf(" %q", s.Custom)
		}
		sections = append(sections, fmt.Sprintf("%-28s %s", name, size(s.Size)))
	}
	list(w, "WIT interfaces", interfaces)
	list(w, "imports", imports)
	list(w, "exports", exports)
	if d.Kind == inspect.CoreModule {
		list(w, "memories", memories(d.Memories))
		list(w, "WebAssembly features", d.Features)
	}
	if len(d.Producers) > 0 {
		var producers []string
		for _, p := range d.Producers {
			producers = append(producers, strings.TrimSpace(fmt.Sprintf("%s: %q %q", p.Field, p.Name, p.Version)))
		}
		list(w, "made by", producers)
	}
	list(w, "sections", sections)
}

// plain returns a name as it is, or quoted if it has unprintable characters.
func plain(name string) string {
	if quoted := strconv.Quote(name); quoted[1:len(quoted)-1] != name {
		return quoted
	}
	return name
}

func memories(list []inspect.Limits) []string {
	const kibPerPage = 64
	var lines []string
	for _, m := range list {
		text := fmt.Sprintf("%d KiB at the start", m.Minimum*kibPerPage)
		if m.Maximum != nil {
			lines = append(lines, text+fmt.Sprintf(", at most %d KiB", *m.Maximum*kibPerPage))
		} else {
			lines = append(lines, text+", no limit of its own")
		}
	}
	return lines
}

// list writes lines under a heading, or "none".
func list(w io.Writer, heading string, lines []string) {
	if len(lines) == 0 {
		fmt.Fprintf(w, "\n%s: none\n", heading)
		return
	}
	fmt.Fprintf(w, "\n%s\n", heading)
	for _, line := range lines {
		fmt.Fprintf(w, "  %s\n", line)
	}
}

// size formats a number of bytes with thousands separated.
func size(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + " bytes"
}
