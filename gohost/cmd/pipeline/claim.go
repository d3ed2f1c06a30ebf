package main

import (
	"context"
	"fmt"
	"os"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/grade"
)

type claimCommand struct {
	Grade string `arg:"" name:"grade" enum:"exact,stable" help:"Grade of the module's answers: exact or stable."`
	File  string `arg:"" name:"file" help:"WebAssembly file, a core module or a component, which is changed."`
}

// Help implements kong.HelpProvider.
func (*claimCommand) Help() string {
	return `Appends a section to the file that says which grade of answers the module claims, for languages whose tools cannot. Without a claim a module is stable. docs/contract.md says what each grade owes; the self-test of serve holds a plugin to what it claims.

The file is replaced in one step, and stays as it was after an error. A signature must be made after this.

Example:

  pipeline claim exact plugin.wasm`
}

// Run appends the claim.
func (c *claimCommand) Run(_ context.Context, std streams) error {
	info, err := os.Stat(c.File)
	if err != nil {
		return usageError{plainPathError(err)}
	}
	wasm, err := readRegular(c.File)
	if err != nil {
		return err
	}
	claiming, err := grade.Claim(wasm, grade.Grade(c.Grade))
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if len(claiming) == len(wasm) {
		fmt.Fprintf(std.out, "%s claims the grade %s already\n", c.File, c.Grade)
		return nil
	}
	if err := atomicfile.Write(c.File, claiming); err != nil {
		return err
	}
	if err := os.Chmod(c.File, info.Mode().Perm()); err != nil {
		return plainPathError(err)
	}
	fmt.Fprintf(std.out, "%s claims the grade %s now\n", c.File, c.Grade)
	return nil
}
