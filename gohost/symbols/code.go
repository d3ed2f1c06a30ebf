package symbols

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
	"strings"

	"example.org/compute-pipeline/gohost/internal/sections"
)

// Code is the code section of a core module, and what helps to read it.
type Code struct {
	ID CodeID
	// Start is the offset in the file of the section's payload, from which debug information
	// counts.
	Start uint64

	size     uint64
	imported uint32   // the number of imported functions
	bodies   []uint64 // the offset in the payload of each body, after its size
	names    map[string]uint32
	// The types of the module, and the number of that of each function.
	signatures []string
	types      []uint64
	debug      map[string][]byte
	maps       [][]byte
}

// Sections of a core module.
const (
	importSection = 2
	codeSection   = 10
)

var errForm = errors.New("not a valid module")

// Codes returns the code of a core module, or of each core module in a component that has
// code.
func Codes(wasm []byte) (codes []Code, err error) {
	if sections.IsCore(wasm) {
		code, err := readCode(wasm)
		if err != nil || code.size == 0 {
			return nil, err
		}
		return []Code{code}, nil
	}
	err = sections.Each(wasm, func(id byte, contents []byte) error {
		if id != sections.CoreModule {
			return nil
		}
		code, err := readCode(contents)
		if err != nil || code.size == 0 {
			return err
		}
		code.Start += offsetIn(wasm, contents)
		codes = append(codes, code)
		return nil
	})
	return codes, err
}

// offsetIn returns where a part of a slice begins in it.
func offsetIn(whole, part []byte) uint64 { return uint64(cap(whole) - cap(part)) }

func readCode(wasm []byte) (code Code, err error) {
	code.debug = map[string][]byte{}
	err = sections.Each(wasm, func(id byte, contents []byte) (err error) {
		switch id {
		case typeSection:
			code.signatures = signatures(contents)
		case functionSection:
			code.types = typesOfFunctions(contents)
		case importSection:
			code.imported, err = importedFunctions(contents)
		case codeSection:
			code.ID, code.Start, code.size = sha256.Sum256(contents), offsetIn(wasm, contents), uint64(len(contents))
			code.bodies, err = bodies(contents)
		case sections.Custom:
			name, payload, ok := sections.Named(contents)
			switch {
			case !ok:
				return fmt.Errorf("%w: a custom section has no name", errForm)
			case strings.HasPrefix(string(name), ".debug_"):
				code.debug[string(name)] = payload
			case string(name) == mapSection:
				code.maps = append(code.maps, payload)
			case string(name) == "name":
				code.names = functionNames(payload)
			}
		}
		return err
	})
	return code, err
}

// bodies returns where the bodies of functions begin.
func bodies(payload []byte) (starts []uint64, err error) {
	r := reader{data: payload}
	for range r.number() {
		size := r.number()
		if r.failed || size > uint64(len(r.data)) {
			return nil, fmt.Errorf("%w: the code section ends in function body %d", errForm, len(starts))
		}
		starts = append(starts, uint64(len(payload)-len(r.data)))
		r.data = r.data[size:]
	}
	return starts, nil
}

// importedFunctions counts the functions in an import section.
func importedFunctions(payload []byte) (count uint32, err error) {
	r := reader{data: payload}
	for range r.number() {
		r.bytes()
		r.bytes()
		switch kind := r.byte(); kind {
		case 0:
			r.number()
			count++
		case 1: // a table: the type of its elements, its limits
			r.byte()
			r.limits()
		case 2:
			r.limits()
		case 3: // a global: its type, and whether it changes
			r.byte()
			r.byte()
		default:
			r.failed = true
		}
		if r.failed {
			break
		}
	}
	if r.failed {
		return 0, fmt.Errorf("%w: the imports cannot be read", errForm)
	}
	return count, nil
}

// functionNames returns the functions in a name section by their names. A name of several
// functions is of none.
func functionNames(payload []byte) map[string]uint32 {
	const functions = 1
	names := map[string]uint32{}
	for r := (reader{data: payload}); len(r.data) > 0 && !r.failed; {
		id := r.byte()
		part := reader{data: r.bytes()}
		if id != functions {
			continue
		}
		for range part.number() {
			function, name := uint32(part.number()), readableName(string(part.bytes()))
			if part.failed {
				break
			}
			if _, ok := names[name]; ok {
				function = noFunction
			}
			names[name] = function
		}
	}
	return names
}

const noFunction = ^uint32(0)

// Function returns the index of the function whose body has an offset in the payload.
func (c Code) Function(offset uint64) (uint32, bool) {
	if offset >= c.size {
		return 0, false
	}
	after := sort.Search(len(c.bodies), func(i int) bool { return c.bodies[i] > offset })
	return c.imported + uint32(after) - 1, after > 0
}

// functions returns the number of functions, with those that are imported.
func (c Code) functions() uint32 { return c.imported + uint32(len(c.bodies)) }

// Body returns the offset in the payload at which the body of a function begins.
func (c Code) Body(function uint32) (uint64, bool) {
	if function < c.imported || uint64(function-c.imported) >= uint64(len(c.bodies)) {
		return 0, false
	}
	return c.bodies[function-c.imported], true
}

// Named returns the index of the only function with a name.
func (c Code) Named(name string) (uint32, bool) {
	function, ok := c.names[name]
	return function, ok && function != noFunction
}

// InFile returns where an offset in the file is in the payload, if it is in it.
func (c Code) InFile(offset uint64) (uint64, bool) {
	return offset - c.Start, offset >= c.Start && offset-c.Start < c.size
}

// reader reads numbers and bytes of the binary format. It reads zeros once it has failed.
type reader struct {
	data   []byte
	failed bool
}

func (r *reader) number() uint64 {
	value, n := binary.Uvarint(r.data[:min(len(r.data), binary.MaxVarintLen64)])
	if n <= 0 {
		r.failed, r.data = true, nil
		return 0
	}
	r.data = r.data[n:]
	return value
}

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		r.failed = true
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) bytes() []byte {
	size := r.number()
	if size > uint64(len(r.data)) {
		r.failed, r.data = true, nil
		return nil
	}
	bytes := r.data[:size]
	r.data = r.data[size:]
	return bytes
}

// limits skips the limits of a table or memory.
func (r *reader) limits() {
	flags := r.byte()
	r.number()
	if flags&1 != 0 {
		r.number()
	}
}
