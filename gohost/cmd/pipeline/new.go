package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold"
)

type newCommand struct {
	Plugin newPluginCommand `cmd:"" help:"Write the source of a plugin, with all that it needs to be built and checked."`
}

type newPluginCommand struct {
	Dir string `arg:"" name:"dir" help:"Directory of the plugin. It must be empty, or not exist."`

	Lang string `required:"" enum:"assemblyscript,c,go,js,python,rust,typescript" placeholder:"assemblyscript|c|go|js|python|rust|typescript" help:"Language: ${enum}."`

	WIT   string `group:"Another contract" name:"wit" placeholder:"PATH" help:"Directory of .wit files or a .wit file, as for bind: the plugin implements a world of it, and its functions are not written yet. Not in AssemblyScript or Python."`
	World string `group:"Another contract" placeholder:"NAME" help:"World that the plugin implements. May be left out if there is one only."`
}

// Help implements kong.HelpProvider.
func (*newPluginCommand) Help() string {
	return `Writes a plugin of the engine's contract, in the grade stable: source to change, a script that builds it, the contract, and a README. It needs no network; building may.

With --wit it is a plugin of that contract, with a function for each that the world exports.

All files are written, or none.

Examples:

  pipeline new plugin --lang rust sensors
  pipeline new plugin --lang rust --wit wit --world plugin discount`
}

// Run writes the plugin.
func (c *newPluginCommand) Run(ctx context.Context, std streams) error {
	files, err := c.files(ctx)
	if err != nil {
		return err
	}
	if err := scaffold.Write(c.Dir, files); errors.Is(err, scaffold.ErrNotEmpty) {
		return usageError{err}
	} else if err != nil {
		return plainPathError(err)
	}
	fmt.Fprintf(std.out, "%s: a plugin in %s, %d files; see %s\n", c.Dir, c.Lang, len(files), filepath.Join(c.Dir, "README.md"))
	return nil
}

func (c *newPluginCommand) files(ctx context.Context) ([]scaffold.File, error) {
	if c.WIT == "" {
		if c.World != "" {
			return nil, badUse("--world needs --wit")
		}
		return scaffold.Plugin(c.Lang)
	}
	if languages := scaffold.SkeletonLanguages(); !slices.Contains(languages, c.Lang) {
		return nil, badUse("there is no plugin of another contract in %s; --lang is one of %s with --wit", c.Lang, strings.Join(languages, ", "))
	}
	sources, err := wit.Sources(c.WIT)
	if err != nil {
		return nil, usageError{plainPathError(err)}
	}
	if bytes.HasPrefix(sources[0].Contents, []byte("\x00asm")) {
		return nil, badUse("%s is not text: give its .wit files, which the plugin is built with", c.WIT)
	}
	described, err := wit.Describe(ctx, c.WIT, wit.Options{World: c.World})
	if err != nil {
		return nil, err
	}
	contract := make([]scaffold.File, len(sources))
	for i, s := range sources {
		contract[i] = scaffold.File{Path: s.Path, Data: s.Contents}
	}
	files, err := scaffold.Skeleton(c.Lang, described, contract)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.WIT, err)
	}
	return files, nil
}
