package sandbox

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"example.org/compute-pipeline/gohost/internal/wasi"
)

// Text returns the contract in the form that guest/prepare reads: a line for each part,
// its fields separated by tabs. It fails with [ErrInvalidInput] if a name has control
// characters.
func (c *Contract) Text() ([]byte, error) {
	w := textWriter{}
	w.line("world", c.World)
	for _, i := range c.Exports {
		kind := "required"
		switch {
		case i.OneOf:
			kind = "one-of"
		case i.Optional:
			kind = "optional"
		}
		w.line("export", i.Name, i.Version, kind)
		w.members(i)
	}
	for _, i := range c.Imports {
		w.line("import", i.Name, i.Version)
		w.members(i)
	}
	return w.text.Bytes(), w.err
}

// expected returns the contract with what is granted, as text.
func (c config) expected(contract *Contract) ([]byte, error) {
	text, err := contract.Text()
	w := textWriter{err: err}
	for _, name := range c.grantedImports() {
		w.line("grant", wasi.Module, name)
	}
	w.grants(c, contract)
	return append(text, w.text.Bytes()...), w.err
}

type textWriter struct {
	text bytes.Buffer
	err  error
}

func (w *textWriter) members(i Interface) {
	for _, f := range i.Functions {
		w.line("function", f.Name, f.Params, f.Results, f.Type)
	}
	for _, r := range i.Resources {
		w.line("resource", r)
	}
}

func (w *textWriter) line(fields ...string) {
	for _, field := range fields {
		if w.err == nil && strings.ContainsFunc(field, unicode.IsControl) {
			w.err = fmt.Errorf("%w: the contract has the name %q", ErrInvalidInput, field)
		}
	}
	w.text.WriteString(strings.Join(fields, "\t"))
	w.text.WriteByte('\n')
}
