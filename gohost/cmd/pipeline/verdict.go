package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/inspect"
	"example.org/compute-pipeline/gohost/internal/fuel"
)

// writeEmbedded is the verdict about the module that the program has embedded.
func writeEmbedded(w io.Writer) {
	fmt.Fprint(w, `
contract: OK, this is the engine that this program has embedded (pipeline run, and the plugin "engine" of serve)
  it is metered already, so it is no plugin: the host meters plugins itself
grade of answers: exact
`)
}

// isMetered reports whether a module asks the host for fuel.
func isMetered(d inspect.Description) bool {
	return slices.ContainsFunc(d.Imports, func(i inspect.Extern) bool { return i.Module == fuel.Module })
}

// writeMetered says why the host cannot load a metered module.
func writeMetered(w io.Writer) {
	fmt.Fprint(w, "\nit is metered already, and the host meters modules itself: give it the module before metering\n")
}

// errClaim ends the program with status 1. The reason is printed already.
var errClaim = errors.New("serve rejects the grade that this file claims")

// writeGrade says which grade a module claims, and what serve makes of it.
func writeGrade(w io.Writer, wasm []byte) error {
	g, claimed, err := grade.Claimed(wasm)
	switch {
	case err != nil:
		fmt.Fprintf(w, "grade of answers: invalid, serve rejects it\n  %v\n", err)
		return errClaim
	case !claimed:
		fmt.Fprintf(w, "grade of answers: %s, since it claims none; serve accepts that unless --require-grade is exact\n", g)
	case g == grade.Stable:
		fmt.Fprintf(w, "grade of answers: %s, as it claims; serve accepts that unless --require-grade is exact, and tests it\n", g)
	default:
		fmt.Fprintf(w, "grade of answers: %s, as it claims; serve accepts that, and tests it\n", g)
	}
	return nil
}
