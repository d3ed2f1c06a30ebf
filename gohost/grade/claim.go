package grade

import (
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/sections"
	"example.org/compute-pipeline/gohost/internal/text"
)

// Section is the name of the custom section with a module's claim. Its contents are the
// name of the grade, and nothing else.
const Section = "compute-pipeline:grade"

// Claimed returns the grade that a core module or component claims, and whether it claims
// one: without a claim it is [Stable]. The claim is a custom section ([Section]) of the
// file, or of a core module directly inside a component.
//
// It reads the names of sections and nothing else, in time that grows with their number. It
// fails with gohost.ErrModule for bytes that are not a sequence of sections, and with
// gohost.ErrContract for an unknown grade and for claims that differ.
func Claimed(wasm []byte) (Grade, bool, error) {
	var c claims
	if err := c.read(wasm); err != nil {
		return Stable, false, err
	}
	if c.grade == "" {
		return Stable, false, nil
	}
	return c.grade, true, nil
}

// Claim returns the module with a section that claims g. It returns wasm itself if it
// claims g already, and fails with gohost.ErrContract if it claims another grade.
func Claim(wasm []byte, g Grade) ([]byte, error) {
	if _, err := Parse(string(g)); err != nil {
		return nil, err
	}
	claimed, ok, err := Claimed(wasm)
	switch {
	case err != nil:
		return nil, err
	case ok && claimed != g:
		return nil, fmt.Errorf("%w: the module claims the grade %q already, and can claim one only", gohost.ErrContract, claimed)
	case ok:
		return wasm, nil
	}
	return sections.AppendCustom(wasm, Section, []byte(g)), nil
}

// claims is what was read of a module: the grade of the claims so far, or empty.
type claims struct{ grade Grade }

// read reads the claims of a core module or component.
func (c *claims) read(wasm []byte) error {
	isComponent := sections.IsComponent(wasm)
	err := sections.Each(wasm, func(id byte, contents []byte) error {
		switch {
		case id == sections.Custom:
			if name, payload, ok := sections.Named(contents); ok && string(name) == Section {
				return c.add(payload)
			}
		case isComponent && id == sections.CoreModule && sections.IsCore(contents):
			return c.read(contents)
		}
		return nil
	})
	if errors.Is(err, sections.ErrForm) && !errors.Is(err, gohost.ErrModule) {
		return fmt.Errorf("%w: %w", gohost.ErrModule, err)
	}
	return err
}

// add adds the claim of a section.
func (c *claims) add(contents []byte) error {
	g, err := Parse(string(text.Beginning(contents, 40)))
	if err != nil {
		return fmt.Errorf("%w: the section %q has %q, expected %q or %q", gohost.ErrContract, Section, text.Beginning(contents, 40), Exact, Stable)
	}
	if c.grade != "" && c.grade != g {
		return fmt.Errorf("%w: the sections %q claim both %q and %q", gohost.ErrContract, Section, c.grade, g)
	}
	c.grade = g
	return nil
}
