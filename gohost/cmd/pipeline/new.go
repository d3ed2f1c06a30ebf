package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold"
)

type newCommand struct {
	Plugin newPluginCommand `cmd:"" help:"Write the source of a plugin, with all that it needs to be built and checked."`
}

type newPluginCommand struct {
	Dir string `arg:"" name:"dir" help:"Directory of the plugin. It must be empty, or not exist."`

	Lang string `required:"" enum:"c,go,rust" placeholder:"c|go|rust" help:"Language: ${enum}."`
}

// Help implements kong.HelpProvider.
func (*newPluginCommand) Help() string {
	return `Writes a plugin of the engine's contract, in the grade stable: source to change, a script that builds it, the contract, and a README. It needs no network; building may.

All files are written, or none.

Example:

  pipeline new plugin --lang rust sensors
  cd sensors && ./build.sh && pipeline check plugin.wasm`
}

// Run writes the plugin.
func (c *newPluginCommand) Run(_ context.Context, std streams) error {
	files, err := scaffold.Plugin(c.Lang)
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
