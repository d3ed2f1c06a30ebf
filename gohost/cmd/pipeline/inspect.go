package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/wasmfile"
)

type inspectCommand struct {
	File string `arg:"" name:"file" help:"WebAssembly file."`
}

// Help implements kong.HelpProvider.
func (*inspectCommand) Help() string {
	return `Shows whether the file is a core module or a component, its WIT interfaces, imports, exports with their types, memory and sections, and the verdict of the Go host: whether it can load the file, or all that keeps it from doing so. Nothing of the file is run.

The exit status is 1 when the host cannot load it.

Example:

  pipeline inspect plugin.wasm`
}

// errVerdict ends the program with status 1; the verdict has been printed.
var errVerdict = errors.New("the Go host cannot load this file")

// Run prints the outline and the verdict.
func (c *inspectCommand) Run(ctx context.Context, std streams) error {
	wasm, err := os.ReadFile(c.File)
	if err != nil {
		return usageError{plainPathError(err)}
	}
	outline, err := wasmfile.Parse(wasm)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s: %s, %s\n", c.File, outline.Kind, size(len(wasm)))
	fmt.Fprintf(&out, "SHA-256 %x\n", sha256.Sum256(wasm))
	if outline.Kind == wasmfile.Component {
		list(&out, "imports", outline.Imports)
		list(&out, "exports", outline.Exports)
	} else if err := describeModule(ctx, &out, wasm); err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	sections := make([]string, len(outline.Sections))
	for i, s := range outline.Sections {
		sections[i] = fmt.Sprintf("%-28s %s", s.Name, size(s.Size))
	}
	list(&out, "sections", sections)
	verdict := gohost.Check(ctx, wasm)
	writeVerdict(&out, outline.Kind, verdict)
	if _, err := std.out.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if verdict != nil {
		return fmt.Errorf("%s: %w", c.File, errVerdict)
	}
	return nil
}

func writeVerdict(w io.Writer, kind wasmfile.Kind, verdict error) {
	switch {
	case verdict == nil:
		fmt.Fprintln(w, "\ncontract: OK, the Go host can load it (pipeline run --module)")
	case kind == wasmfile.Component:
		fmt.Fprintln(w, "\ncontract: the Go host takes core modules, and this is a component.")
		fmt.Fprintln(w, "  Run it with Wasmtime, or with Node or a browser after `jco transpile`;")
		fmt.Fprintln(w, "  for the Go host use the core module that the same build makes.")
	default:
		fmt.Fprintln(w, "\ncontract: not met, the Go host cannot load it")
		reasons := strings.TrimPrefix(verdict.Error(), gohost.ErrContract.Error()+": ")
		for _, reason := range strings.Split(reasons, "; ") {
			fmt.Fprintf(w, "  %s\n", reason)
		}
	}
}

// list writes lines under a heading, or that there are none.
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

// size writes a number of bytes with its thousands apart.
func size(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + " bytes"
}
