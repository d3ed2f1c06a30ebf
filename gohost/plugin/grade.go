package plugin

import (
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
)

// WithRequireGrade rejects modules that claim a lower grade of answers, with [ErrGrade].
// The default is grade.Stable, which accepts all. The embedded engine is exact. Only the
// engine's contract has grades.
//
// A module's claim is a section of its file; see package grade. The self-test holds each
// module to what it claims, unless [WithSelfTest] replaces it.
func WithRequireGrade(required grade.Grade) Option {
	return func(c *config) error {
		if _, err := grade.Parse(string(required)); err != nil {
			return fmt.Errorf("WithRequireGrade: %w", err)
		}
		c.requireGrade = required
		return nil
	}
}

// claimed returns the grade that a module claims, if the contract has grades and the grade
// is good enough.
func (r *core) claimed(wasm []byte) (grade.Grade, error) {
	if !r.contract.graded {
		return "", nil
	}
	g, claimed, err := grade.Claimed(wasm)
	if err != nil && !errors.Is(err, gohost.ErrModule) { // gohost.Load says more about bytes that are no module
		return "", err
	}
	if g.Meets(r.config.requireGrade) {
		return g, nil
	}
	what := fmt.Sprintf("it claims %q", g)
	if !claimed {
		what = fmt.Sprintf("it claims none, which means %q", g)
	}
	return "", fmt.Errorf("%w: %s; required is %q", ErrGrade, what, r.config.requireGrade)
}

// embeddedGrade returns the grade of the embedded module: the engine is exact.
func (c *contract) embeddedGrade() grade.Grade {
	if !c.graded {
		return ""
	}
	return grade.Exact
}
