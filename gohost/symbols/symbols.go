// Package symbols converts places in WebAssembly code into functions and lines of its source,
// by the debug information (DWARF) of the build that the code comes from.
//
// The code that runs is often not the code that the compiler wrote: it was hardened and
// metered, or taken out of a component. Code is identified by the SHA-256 of its code section,
// so custom sections may be added and removed, and [CodeMap] says where rewritten code comes
// from. Symbols of another build are an error and never a wrong line. A module and a trace
// are compared by what the trace has: offsets, indices and names of functions.
package symbols

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// ErrNone: the file has no debug information.
var ErrNone = errors.New("no debug information")

// ErrMismatch: the debug information is of other code.
var ErrMismatch = errors.New("the symbols are of another build")

// CodeID identifies a code section: the SHA-256 of its payload.
type CodeID [sha256.Size]byte

// ShortLen is the number of characters of a [CodeID.Short].
const ShortLen = 12

// Short is the beginning of an ID, as stack traces have it.
func (id CodeID) Short() string { return hex.EncodeToString(id[:ShortLen/2]) }

// Symbols are a build's debug information, and maps of code that was made of it.
type Symbols struct {
	code  Code
	maps  []linked
	dwarf *index
}

// linked is a map with the code sections that it connects.
type linked struct {
	to, from CodeID
	CodeMap
}

// Read reads the symbols in a core module, or in a component with one core module that has
// debug information. The error is an [ErrNone] if there is none.
func Read(wasm []byte) (*Symbols, error) {
	codes, err := Codes(wasm)
	if err != nil {
		return nil, err
	}
	for _, code := range codes {
		if len(code.debug[".debug_info"]) == 0 {
			continue
		}
		s := &Symbols{code: code}
		if s.maps, err = readMaps(code.maps); err != nil {
			return nil, err
		}
		if s.dwarf, err = newIndex(code.debug); err != nil {
			return nil, fmt.Errorf("debug information: %w", err)
		}
		return s, nil
	}
	return nil, ErrNone
}

// A Path leads from code that runs to the code that symbols describe.
type Path struct {
	symbols *Symbols
	maps    []CodeMap // the first is that of the code that runs
}

// Path returns the way to the code from which the code with the ID was made, after the maps
// that the caller knows of. The error is an [ErrMismatch] if it was not made from it.
func (s *Symbols) Path(id CodeID, maps ...CodeMap) (*Path, error) {
	p := &Path{symbols: s, maps: maps}
	for range len(s.maps) + 1 { // a cycle of maps ends here
		if id == s.code.ID {
			return p, nil
		}
		next := s.mapOf(func(l linked) bool { return l.to == id })
		if next == nil {
			break
		}
		p.maps, id = append(p.maps[:len(p.maps):len(p.maps)], next.CodeMap), next.from
	}
	return nil, fmt.Errorf("%w: they know nothing of the code %s", ErrMismatch, id.Short())
}

// PathOf is the same for the beginning of an ID.
func (s *Symbols) PathOf(short string) (*Path, error) {
	if s.code.ID.Short() == short {
		return s.Path(s.code.ID)
	}
	if found := s.mapOf(func(l linked) bool { return l.to.Short() == short }); found != nil {
		return s.Path(found.to)
	}
	return nil, fmt.Errorf("%w: they know nothing of the code %s", ErrMismatch, short)
}

func (s *Symbols) mapOf(fits func(linked) bool) *linked {
	for i := range s.maps {
		if fits(s.maps[i]) {
			return &s.maps[i]
		}
	}
	return nil
}

// A Frame is a function in the source, and a place in it.
type Frame struct {
	Function string // "" if it is not known
	File     string // "" if it is not known
	Line     int    // 0 if it is not known
	Column   int    // 0 if it is not known
	Inlined  bool   // into the function of the frame after it
}

func (f Frame) String() string {
	text := f.name()
	if f.File != "" {
		text += " at " + f.Place()
	}
	if f.Inlined {
		text += " (inlined)"
	}
	return text
}

func (f Frame) name() string {
	if f.Function == "" {
		return "?"
	}
	return f.Function
}

// Place is the file, with line and column if they are known.
func (f Frame) Place() string {
	switch {
	case f.Line == 0:
		return f.File
	case f.Column == 0:
		return fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
}

// maxFrames bounds the functions that were inlined into each other at one place.
const maxFrames = 256

// Frames returns the functions at an offset in the code section's payload, the innermost
// first: those that were inlined, then the function itself. The result is empty if a
// rewriter added the code at the offset, or it has no debug information.
func (p *Path) Frames(offset uint64) []Frame {
	offset, ok := p.origin(offset)
	if !ok {
		return nil
	}
	return p.symbols.dwarf.frames(offset)
}

// origin returns where the code at an offset is in the code that the symbols describe.
func (p *Path) origin(offset uint64) (from uint64, ok bool) {
	for _, m := range p.maps {
		if offset, ok = m.From(offset); !ok {
			return 0, false
		}
	}
	return offset, true
}
