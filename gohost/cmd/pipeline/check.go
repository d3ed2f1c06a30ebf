package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/kit"
	"example.org/compute-pipeline/gohost/sandbox"
)

type checkCommand struct {
	File string `arg:"" name:"file" help:"WebAssembly module or component."`

	Grade string  `enum:",exact,stable" default:"" placeholder:"exact|stable" help:"Require this grade. The default is what the module claims, and stable if it claims nothing."`
	Seed  *uint64 `placeholder:"NUMBER" help:"Choose other fresh cases. The default depends on the bytes of the module."`

	witFlags
	Vectors []string `group:"Another contract" placeholder:"FILE" help:"Files of vectors, in the notation of docs/vectors.md."`

	grantFlags

	Time   time.Duration `group:"Limits" default:"10m" help:"Time for all checks together: ${default}."`
	Fuel   uint64        `group:"Limits" default:"5000000000" help:"Fuel of each call: ${default}, some seconds."`
	Memory int           `group:"Limits" default:"256" placeholder:"MIB" help:"Memory of an instance: ${default} MiB."`

	Output string `short:"o" enum:"text,json,junit" default:"text" help:"Format of the report: ${enum}."`
}

// Help implements kong.HelpProvider.
func (*checkCommand) Help() string {
	return `Judges a module: whether a host can load it; whether its answers are right, for all vectors of the contract and for fresh random cases whose answers this program computes; whether it gives the same answers again, in another instance and in the interpreter; and whether it keeps the rules of the canonical ABI and gives back its memory. The report also says what calls cost.

The exit status is the verdict: 0 if the module passed, 1 if it failed, 2 if the command line is wrong.

A module cannot make it hang: each call has its fuel and a minute, after three calls that used that up the rest is left out, and all checks together have --time. The module fails then. Memory is bounded too. Of what the module prints with --grant output, the report has the first lines, quoted.

With --wit the module is judged by the vectors of --vectors, and without any by how it behaves with random arguments. What the world imports returns random values. A component, or a core module with a section component-type, declares its world: without --wit it is judged by that, unless it is the engine's contract or --grade is given.

The same module and options give the same report, apart from times.

Examples:

  pipeline check plugin.wasm
  pipeline check plugin.wasm --grade exact -o junit
  pipeline check filter.wasm --wit wit --world plugin --vectors filter.json`
}

// maxModule is the max size of a file that is read, in bytes: more than any module may have.
const maxModule = 256 << 20

// Run prints the report.
func (c *checkCommand) Run(ctx context.Context, std streams) error {
	options, err := c.options(ctx)
	if err != nil {
		return err
	}
	wasm, err := readRegular(c.File)
	if err != nil {
		return err
	}
	var declared *sandbox.Contract
	if c.WIT == "" && c.Grade == "" {
		if declared, err = declaredContract(ctx, c.File, wasm); err != nil {
			fmt.Fprintf(std.err, "pipeline: note: the world that the module declares cannot be read, so it is judged by the engine's contract: %v\n", err)
		}
	}
	if declared != nil {
		options = append(options, kit.WithContract(declared))
	}
	clear := func() {}
	if isTerminal(std.err) {
		options = append(options, kit.WithProgress(func(title string) { fmt.Fprintf(std.err, "\r\x1b[K%s: %s …", c.File, title) }))
		clear = func() { fmt.Fprint(std.err, "\r\x1b[K") }
	}
	report, err := kit.Check(ctx, wasm, options...)
	clear()
	if errors.Is(err, gohost.ErrInvalidInput) {
		return usageError{err}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	report.Declared = declared != nil
	if err := c.write(std.out, report); err != nil {
		return err
	}
	if !report.Passed {
		return errReported
	}
	return nil
}

func (c *checkCommand) write(w io.Writer, report *kit.Report) error {
	switch c.Output {
	case "junit":
		return report.WriteJUnit(w, c.File)
	case "json":
		return writeJSON(w, report)
	}
	return report.WriteText(w, kit.TextOptions{Name: c.File, Color: isTerminal(w) && os.Getenv("NO_COLOR") == ""})
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func (c *checkCommand) options(ctx context.Context) ([]kit.Option, error) {
	grants, err := c.grants()
	if err != nil {
		return nil, err
	}
	options := []kit.Option{
		kit.WithGrants(grants...), kit.WithTime(c.Time), kit.WithFuel(c.Fuel), kit.WithMemoryLimit(c.Memory),
	}
	if c.Grade != "" {
		options = append(options, kit.WithGrade(grade.Grade(c.Grade)))
	}
	if c.Seed != nil {
		options = append(options, kit.WithSeed(*c.Seed))
	}
	for _, path := range c.Vectors {
		text, err := readRegular(path)
		if err != nil {
			return nil, err
		}
		options = append(options, kit.WithVectors(text))
	}
	contract, err := c.contract(ctx)
	if err == nil && contract != nil {
		options = append(options, kit.WithContract(contract))
	}
	return options, err
}

// readRegular reads a regular file of at most maxModule bytes.
func readRegular(path string) ([]byte, error) {
	data, err := regular.Read(path, maxModule)
	if err != nil {
		return nil, usageError{plainPathError(err)}
	}
	return data, nil
}
