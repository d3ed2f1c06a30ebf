package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/inspect"
	"example.org/compute-pipeline/gohost/sandbox"
)

type inspectCommand struct {
	File string `arg:"" name:"file" help:"WebAssembly file."`
	grantFlags
}

// Help implements kong.HelpProvider.
func (*inspectCommand) Help() string {
	return `Shows whether the file is a core module or a component, its WIT interfaces, imports, exports with their types, memory and sections, and the verdict of the Go host: that it can load the file, or all reasons why it cannot. It runs nothing in the file.

The verdict is for the grants of the command line. If other grants would make the host load the file, it says which. It also says which grade of answers the module claims, and what serve requires; whether the answers meet that grade, only running them tells (serve does).

The exit status is 1 if the host cannot load the file, or if serve rejects its claim.

Examples:

  pipeline inspect plugin.wasm
  pipeline inspect plugin.wasm --grant clock,random=seed:7,output`
}

// errVerdict ends the program with status 1. The verdict is printed already.
var errVerdict = errors.New("the Go host cannot load this file")

// Run prints the outline and the verdict.
func (c *inspectCommand) Run(ctx context.Context, std streams) error {
	grants, err := c.grants()
	if err != nil {
		return err
	}
	wasm, err := os.ReadFile(c.File)
	if err != nil {
		return usageError{plainPathError(err)}
	}
	d, err := inspect.Describe(ctx, wasm)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s: %s, %s\n", c.File, d.Kind, size(d.Size))
	fmt.Fprintf(&out, "SHA-256 %x\n", sha256.Sum256(wasm))
	writeDescription(&out, d)
	rejected := c.verdict(ctx, &out, wasm, d, grants)
	if _, err := std.out.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if rejected != nil {
		return fmt.Errorf("%s: %w", c.File, rejected)
	}
	return nil
}

// verdict writes whether the host can load the file, and returns an error if it cannot.
func (c *inspectCommand) verdict(ctx context.Context, w io.Writer, wasm []byte, d inspect.Description, grants []gohost.Grant) error {
	if fmt.Sprintf("%x", sha256.Sum256(wasm)) == gohost.EngineHash() {
		writeEmbedded(w)
		return nil
	}
	verdict := gohost.Check(ctx, wasm, gohost.WithGrants(grants...))
	writeVerdict(w, verdict)
	if verdict == nil {
		return writeGrade(w, wasm)
	}
	writeNeededGrants(ctx, w, wasm, d, verdict)
	if isMetered(d) {
		writeMetered(w)
	}
	return errVerdict
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

func writeVerdict(w io.Writer, verdict error) {
	if verdict == nil {
		fmt.Fprintln(w, "\ncontract: OK, the Go host can load it (pipeline run --module)")
		return
	}
	fmt.Fprintln(w, "\ncontract: not met, the Go host cannot load it")
	reasons := []string{verdict.Error()}
	if failure := (*gohost.Error)(nil); errors.As(verdict, &failure) {
		reasons = []string{failure.Err.Error()} // the file and the operation are printed above
	}
	if contract := (*gohost.ContractError)(nil); errors.As(verdict, &contract) {
		reasons = contract.Problems
	}
	for _, reason := range reasons {
		fmt.Fprintf(w, "  %s\n", reason)
	}
}

// writeNeededGrants says which grants cover the imports of a file that the host cannot load
// as it is.
func writeNeededGrants(ctx context.Context, w io.Writer, wasm []byte, d inspect.Description, verdict error) {
	var functions []string
	for _, part := range append(d.Modules, d) {
		for _, i := range part.Imports {
			if i.Module == sandbox.GrantsModule {
				functions = append(functions, i.Name)
			}
		}
	}
	texts, ok := sandbox.GrantsFor(functions)
	if !ok {
		return
	}
	var grants []gohost.Grant
	for _, text := range texts {
		grant, err := gohost.ParseGrant(strings.ReplaceAll(text, sandbox.AnyDirectory, ".")) // nothing runs
		if err != nil {
			return
		}
		grants = append(grants, grant)
	}
	granted := gohost.Check(ctx, wasm, gohost.WithGrants(grants...))
	flag := "--grant " + strings.Join(texts, ",")
	switch {
	case granted == nil:
		fmt.Fprintf(w, "\nwith %s the Go host can load it\n", flag)
	case problems(granted) < problems(verdict):
		fmt.Fprintf(w, "\nits imports of WASI need %s; the rest of the reasons remains\n", flag)
	}
}

// problems returns the number of reasons in a verdict.
func problems(verdict error) int {
	if contract := (*gohost.ContractError)(nil); errors.As(verdict, &contract) {
		return len(contract.Problems)
	}
	return 1
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
