// Package grade has the two grades of answers to the engine's contract, reads which one a
// module claims, and judges answers. docs/contract.md in the repository defines the grades.
//
// Other contracts have no grades. The word "grade" in the manifest of a plugin
// (plugin.WithGrades) is something else: any word, such as the name of a release channel.
package grade

import (
	"fmt"

	"example.org/compute-pipeline/gohost"
)

// A Grade says how near to the exact results a module's answers are.
type Grade string

const (
	// Exact: mean, variance and sum are the exact real results, rounded once. Every
	// implementation returns the same bits.
	Exact Grade = "exact"
	// Stable: mean, variance and sum are within the error bounds of the usual two-pass
	// algorithm, and a few corner cases are free. It is the grade of a module that
	// claims none.
	Stable Grade = "stable"
)

// Parse returns the grade with this name.
func Parse(name string) (Grade, error) {
	switch g := Grade(name); g {
	case Exact, Stable:
		return g, nil
	}
	return "", fmt.Errorf("%w: %.40q is not a grade, which is %q or %q", gohost.ErrInvalidInput, name, Exact, Stable)
}

// Meets reports whether a module of grade g is good enough where required is required: an
// exact module always, a stable one where stable is.
func (g Grade) Meets(required Grade) bool { return g == required || g == Exact }
