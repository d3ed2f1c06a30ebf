package grade

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"example.org/compute-pipeline/gohost"
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
	contents := append([]byte{byte(len(Section))}, Section...)
	contents = append(contents, g...)
	return append(append(slices.Clip(wasm), 0, byte(len(contents))), contents...), nil
}

// The first eight bytes of modules and components.
var (
	coreHeader      = []byte("\x00asm\x01\x00\x00\x00")
	componentHeader = []byte("\x00asm\x0d\x00\x01\x00")
)

// Sections that are read.
const (
	customSection     = 0
	coreModuleSection = 1 // of a component
)

// claims is what was read of a module: the grade of the claims so far, or empty.
type claims struct{ grade Grade }

// read reads the claims of a core module or component.
func (c *claims) read(wasm []byte) error {
	isComponent := bytes.HasPrefix(wasm, componentHeader)
	if !isComponent && !bytes.HasPrefix(wasm, coreHeader) {
		return fmt.Errorf("%w: it starts with % x, which is neither a core module nor a component", gohost.ErrModule, wasm[:min(len(wasm), 8)])
	}
	for rest := wasm[len(coreHeader):]; len(rest) > 0; {
		contents, after, ok := sized(rest[1:])
		if !ok {
			return fmt.Errorf("%w: the section at byte %d does not end in it", gohost.ErrModule, len(wasm)-len(rest))
		}
		var err error
		switch id := rest[0]; {
		case id == customSection:
			if name, payload, ok := sized(contents); ok && string(name) == Section {
				err = c.add(payload)
			}
		case isComponent && id == coreModuleSection && bytes.HasPrefix(contents, coreHeader):
			err = c.read(contents)
		}
		if err != nil {
			return err
		}
		rest = after
	}
	return nil
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

// sized returns the bytes after a length in LEB128, and the rest.
func sized(data []byte) (contents, rest []byte, ok bool) {
	length, n := binary.Uvarint(data[:min(len(data), 5)])
	if n <= 0 || length > math.MaxUint32 || length > uint64(len(data)-n) {
		return nil, nil, false
	}
	return data[n : n+int(length)], data[n+int(length):], true
}
