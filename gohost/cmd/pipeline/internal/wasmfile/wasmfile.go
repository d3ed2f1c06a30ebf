// Package wasmfile reads the outline of a WebAssembly binary: what kind it is,
// its sections and, of a component, the names it imports and exports.
//
// It decodes no more than that. Types and signatures of a core module come
// from the runtime that will run it.
package wasmfile

import (
	"bytes"
	"errors"
	"fmt"
)

// A Kind is the layer of a binary.
type Kind string

// The kinds.
const (
	CoreModule Kind = "core module"
	Component  Kind = "component"
)

// A Section is one section of a binary.
type Section struct {
	Name string // as the specification calls it; a custom one has its own name in quotes
	Size int    // of the contents, in bytes
}

// A File is the outline of a binary.
type File struct {
	Kind     Kind
	Sections []Section
	// Imports and Exports are the top-level names of a component, with their
	// sorts, such as `instance "org:analytics/metrics@0.1.0"`.
	Imports, Exports []string
}

// ErrNotWasm is the error of a file that is not WebAssembly at all.
var ErrNotWasm = errors.New(`not a WebAssembly binary: expected it to begin with "\0asm"`)

// The version and layer fields behind the magic number: core specification 1
// and 2, and the component model's pre-release binary version 13.
var (
	magic            = []byte("\x00asm")
	coreVersion      = []byte{1, 0, 0, 0}
	componentVersion = []byte{0x0d, 0, 1, 0}
)

var coreSections = []string{"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count", "tag"}

var componentSections = []string{"custom", "core module", "core instance", "core type", "component", "instance", "alias", "type", "canonical function", "start", "import", "export", "value"}

const (
	componentImport = 10
	componentExport = 11
)

// Parse reads the outline of a binary.
func Parse(wasm []byte) (*File, error) {
	if !bytes.HasPrefix(wasm, magic) {
		return nil, ErrNotWasm
	}
	rest := wasm[len(magic):]
	f := &File{}
	names := coreSections
	switch {
	case bytes.HasPrefix(rest, coreVersion):
		f.Kind = CoreModule
	case bytes.HasPrefix(rest, componentVersion):
		f.Kind, names = Component, componentSections
	default:
		return nil, fmt.Errorf("unknown version % x at byte offset 4: expected a core module (% x) or a component (% x)",
			rest[:min(4, len(rest))], coreVersion, componentVersion)
	}
	r := &reader{data: wasm, at: len(magic) + 4}
	for r.at < len(wasm) {
		start := r.at
		id := int(r.byte())
		body := r.bytes(r.u32())
		if r.failed {
			return nil, fmt.Errorf("the section at byte offset %d goes beyond the end of the file", start)
		}
		s := Section{Name: fmt.Sprintf("unknown (%d)", id), Size: len(body)}
		if id < len(names) {
			s.Name = names[id]
		}
		var problem error
		switch {
		case id == 0:
			name := &reader{data: body}
			s.Name = fmt.Sprintf("custom %q", name.bytes(name.u32()))
			if name.failed {
				problem = errors.New("its name goes beyond its end")
			}
		case f.Kind == Component && id == componentImport:
			problem = f.readExterns(body, &f.Imports, false)
		case f.Kind == Component && id == componentExport:
			problem = f.readExterns(body, &f.Exports, true)
		}
		if problem != nil {
			return nil, fmt.Errorf("the section at byte offset %d: %w", start, problem)
		}
		f.Sections = append(f.Sections, s)
	}
	return f, nil
}

// readExterns reads the names of an import or export section (component
// model, Binary.md, "Import and Export Definitions").
func (f *File) readExterns(body []byte, names *[]string, exports bool) error {
	r := &reader{data: body}
	for n := r.u32(); n > 0 && !r.failed; n-- {
		kind := r.byte() // 0: a name; 1: a name with its version's suffix apart
		name := string(r.bytes(r.u32()))
		if kind == 1 {
			name += string(r.bytes(r.u32()))
		}
		var sort string
		if exports {
			sort = r.sort()
			r.u32() // the index
			if r.byte() == 1 {
				r.externDesc()
			}
		} else {
			sort = r.externDesc()
		}
		if !r.failed {
			*names = append(*names, fmt.Sprintf("%s %q", sort, name))
		}
	}
	if r.failed {
		return errors.New("its list of names is not of a form that is known")
	}
	return nil
}
