package main

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
)

type bindCommand struct {
	WIT string `arg:"" name:"wit" help:"Directory of .wit files, a .wit file, a component, or WIT in binary form (.wasm), or a core module that declares its world."`

	World    string   `placeholder:"NAME" help:"World to bind, or namespace:package/world. May be left out if there is one only. The world of a component, which has no name in it, gets this one."`
	Features []string `placeholder:"NAME" help:"Features whose @unstable items are bound too."`
	Out      string   `required:"" placeholder:"DIR" help:"Directory of the Go package."`
	Package  string   `placeholder:"NAME" help:"Name of the Go package (default: the name of its directory)."`
}

// Help implements kong.HelpProvider.
func (*bindCommand) Help() string {
	return `Generates a Go package that runs WebAssembly modules of a WIT world: a method for each function that the world exports, a Go interface for each interface that it imports, and Go types for its types. It needs neither Rust nor a network.

A directory is one package; its subdirectory deps has the packages that it depends on, each as a directory, a .wit file or WIT in binary form.

All files are written, or none. A file that was not generated is never overwritten, and none is removed. The same WIT gives the same bytes. The package has a line for go generate, which repeats the command.

Streams, futures, async functions and error-contexts cannot be bound; the message names file and line.

Example:

  pipeline bind wit --world plugin --out filter`
}

// Run generates the package.
func (c *bindCommand) Run(ctx context.Context, std streams) error {
	out, err := filepath.Abs(c.Out)
	if err != nil {
		return err
	}
	name := c.Package
	if name == "" {
		name = filepath.Base(out)
	}
	if !token.IsIdentifier(name) || name == "_" || name == "main" {
		return badUse("%q cannot be the name of a Go package: give one with --package", name)
	}
	command, err := c.command(out)
	if err != nil {
		return err
	}
	world, err := wit.Describe(ctx, c.WIT, wit.Options{World: c.World, Features: c.Features})
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return usageError{plainPathError(err)}
	}
	if err != nil {
		return err
	}
	files, err := bind.Generate(world, bind.Options{Package: name, Command: command})
	if err != nil {
		return fmt.Errorf("%s: %w", c.WIT, err)
	}
	if err := bind.Write(out, files); err != nil {
		return plainPathError(err)
	}
	if _, err := fmt.Fprintf(std.out, "%s: package %s, %d files\n", c.Out, name, len(files)); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// command is the command line for go generate, which runs in the package's directory.
func (c *bindCommand) command(out string) (string, error) {
	source, err := filepath.Abs(c.WIT)
	if err != nil {
		return "", err
	}
	if relative, err := filepath.Rel(out, source); err == nil {
		source = relative
	}
	words := []string{"pipeline", "bind", filepath.ToSlash(source)}
	if c.World != "" {
		words = append(words, "--world", c.World)
	}
	if len(c.Features) > 0 {
		words = append(words, "--features", strings.Join(c.Features, ","))
	}
	words = append(words, "--out", ".")
	if c.Package != "" {
		words = append(words, "--package", c.Package)
	}
	for i, word := range words {
		if strings.ContainsAny(word, "\n\r") {
			return "", errors.New("a line end in the name of a file or world")
		}
		if strings.ContainsAny(word, "\" \t$\\") {
			// go generate replaces $NAME, and $DOLLAR by a dollar.
			words[i] = strings.ReplaceAll(strconv.Quote(word), "$", "${DOLLAR}")
		}
	}
	return strings.Join(words, " "), nil
}
