package kit_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// Sections of a core module.
const (
	functionSection = 3
	globalSection   = 6
	exportSection   = 7
	codeSection     = 10
)

// rewriter changes a core module that imports nothing.
type rewriter struct {
	t        testing.TB
	header   []byte
	sections [][2][]byte // id and contents
}

func newRewriter(t testing.TB, wasm []byte) *rewriter {
	r := &rewriter{t: t, header: wasm[:8]}
	for rest := wasm[8:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest[1:])
		require.Positive(t, n)
		r.sections = append(r.sections, [2][]byte{rest[:1], rest[1+n:][:size]})
		rest = rest[1+n+int(size):]
	}
	return r
}

// bytes returns the module.
func (r *rewriter) bytes() []byte {
	out := bytes.Clone(r.header)
	for _, s := range r.sections {
		out = append(out, s[0]...)
		out = binary.AppendUvarint(out, uint64(len(s[1])))
		out = append(out, s[1]...)
	}
	return out
}

func (r *rewriter) section(id byte) *[]byte {
	for i := range r.sections {
		if r.sections[i][0][0] == id {
			return &r.sections[i][1]
		}
	}
	r.t.Fatalf("no section %d", id)
	return nil
}

// add adds an entry to a section that is a list, and returns its index.
func (r *rewriter) add(id byte, entry []byte) uint64 {
	section := r.section(id)
	count, n := binary.Uvarint(*section)
	*section = append(append(binary.AppendUvarint(nil, count+1), (*section)[n:]...), entry...)
	return count
}

// global adds a mutable i32.
func (r *rewriter) global() []byte {
	return binary.AppendUvarint(nil, r.add(globalSection, []byte{0x7f, 1, 0x41, 0, 0x0b}))
}

// function returns the index that is exported under a name.
func (r *rewriter) function(name string) (index uint64, at int, size int) {
	section := *r.section(exportSection)
	entry := append(binary.AppendUvarint(nil, uint64(len(name))), name...)
	at = bytes.Index(section, append(entry, 0))
	require.GreaterOrEqual(r.t, at, 0, name)
	at += len(entry) + 1
	index, size = binary.Uvarint(section[at:])
	return index, at, size
}

// wrap puts a function with the same type before the exported one. Its body is what code
// returns, given the instruction that calls the original.
func (r *rewriter) wrap(name string, code func(original []byte) []byte) {
	index, at, size := r.function(name)
	added := r.wrapped(name, code(call(index)))
	section := r.section(exportSection)
	*section = bytes.Join([][]byte{(*section)[:at], binary.AppendUvarint(nil, added), (*section)[at+size:]}, nil)
}

// wrapped adds a function with the type of the exported one, and returns its index.
func (r *rewriter) wrapped(name string, code []byte) uint64 {
	index, _, _ := r.function(name)
	types := *r.section(functionSection)
	_, n := binary.Uvarint(types)
	types = types[n:]
	for range index {
		_, n := binary.Uvarint(types)
		types = types[n:]
	}
	typeIndex, _ := binary.Uvarint(types)
	added := r.add(functionSection, binary.AppendUvarint(nil, typeIndex))
	body := append(append([]byte{0}, code...), 0x0b) // no locals
	r.add(codeSection, append(binary.AppendUvarint(nil, uint64(len(body))), body...))
	return added
}

// export exports a function under another name.
func (r *rewriter) export(name string, index uint64) {
	entry := append(binary.AppendUvarint(nil, uint64(len(name))), name...)
	r.add(exportSection, binary.AppendUvarint(append(entry, 0), index))
}

func call(index uint64) []byte { return binary.AppendUvarint([]byte{0x10}, index) }

// custom appends a custom section.
func (r *rewriter) custom(name string, contents []byte) {
	data := append(binary.AppendUvarint(nil, uint64(len(name))), name...)
	r.sections = append(r.sections, [2][]byte{{0}, append(data, contents...)})
}

// Instructions.
var (
	get0, get1, get2 = []byte{0x20, 0}, []byte{0x20, 1}, []byte{0x20, 2}
	one              = []byte{0x41, 1}
	add              = []byte{0x6a}
)

// i32 is a constant.
func i32(v int32) []byte {
	out := []byte{0x41}
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}

// get reads a local.
func get(local byte) []byte { return []byte{0x20, local} }

func globalGet(g []byte) []byte { return append([]byte{0x23}, g...) }
func globalSet(g []byte) []byte { return append([]byte{0x24}, g...) }

func code(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
