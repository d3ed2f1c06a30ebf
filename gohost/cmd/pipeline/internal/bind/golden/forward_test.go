package golden_test

import (
	"encoding/binary"

	"example.org/compute-pipeline/gohost/sandbox"
)

// forward returns a module for a contract whose only exported interface is also its
// only imported one: each export passes its flat parameters on to the import of the same
// name, with room for the result, and returns what that returns. It frees all memory
// in post-return.
func forward(contract *sandbox.Contract) []byte {
	iface := contract.Exports[0]
	name := iface.Name + "@" + iface.Version
	var m forwardModule
	for _, in := range contract.Imports[0].Functions {
		m.imports = append(m.imports, vector(name, in.Name, 0, m.typ(in.Params, in.Results)))
	}
	reallocIndex := len(iface.Functions)
	m.add("cabi_realloc", m.typ("iiii", "i"), 0, reallocCode)
	for i, f := range iface.Functions {
		var code []byte
		locals := 0
		for p := range f.Params {
			code = append(code, 0x20, byte(p)) // local.get
		}
		if contract.Imports[0].Functions[i].Results == f.Results {
			code = append(code, call(i)...)
		} else {
			area := byte(len(f.Params))
			locals = 1
			code = append(code, 0x41, 0, 0x41, 0, 0x41, 8, 0x41, 0x80, 0x08) // 1024 bytes, aligned to 8
			code = append(code, call(reallocIndex)...)
			code = append(code, 0x22, area) // local.tee
			code = append(code, call(i)...)
			code = append(code, 0x20, area)
		}
		m.add(name+"#"+f.Name, m.typ(f.Params, f.Results), locals, code)
		m.add("cabi_post_"+name+"#"+f.Name, m.typ(f.Results, ""), 0, []byte{0x41, 8, 0x24, 0}) // next = 8
	}
	return m.bytes()
}

// reallocCode is next = align(next); old = next; next += size; grows memory to next;
// returns old.
var reallocCode = []byte{
	0x23, 0, 0x20, 2, 0x6a, 0x41, 1, 0x6b, 0x41, 0, 0x20, 2, 0x6b, 0x71, 0x22, 0, // (next + align - 1) & -align
	0x20, 3, 0x6a, 0x24, 0, // next = that + size
	0x03, 0x40, // loop
	0x23, 0, 0x3f, 0, 0x41, 16, 0x74, 0x4b, // next > memory.size << 16
	0x04, 0x40, // if
	0x41, 16, 0x40, 0, 0x41, 0x7f, 0x46, 0x04, 0x40, 0x00, 0x0b, // memory.grow(16) == -1: unreachable
	0x0c, 1, 0x0b, 0x0b, // br loop
	0x20, 0,
}

type forwardModule struct {
	types, imports, functions, exports, code [][]byte
	indices                                  map[string]int
}

func (m *forwardModule) typ(params, results string) int {
	key := params + " " + results
	if index, ok := m.indices[key]; ok {
		return index
	}
	if m.indices == nil {
		m.indices = map[string]int{}
	}
	values := map[rune]byte{'i': 0x7f, 'I': 0x7e, 'f': 0x7d, 'F': 0x7c}
	t := []byte{0x60}
	for _, letters := range []string{params, results} {
		t = append(t, byte(len(letters)))
		for _, l := range letters {
			t = append(t, values[l])
		}
	}
	m.indices[key] = len(m.types)
	m.types = append(m.types, t)
	return m.indices[key]
}

// add adds an exported function with i32 locals besides its parameters.
func (m *forwardModule) add(export string, typ, locals int, code []byte) {
	index := len(m.imports) + len(m.functions)
	m.functions = append(m.functions, vector(typ))
	m.exports = append(m.exports, vector(export, 0, index))
	body := []byte{0}
	if locals > 0 {
		body = []byte{1, byte(locals), 0x7f}
	}
	body = append(append(body, code...), 0x0b)
	m.code = append(m.code, append(vector(len(body)), body...))
}

func (m *forwardModule) bytes() []byte {
	memory := [][]byte{{0, 1}}
	global := [][]byte{{0x7f, 1, 0x41, 8, 0x0b}} // next
	m.exports = append(m.exports, vector("memory", 2, 0))
	out := []byte("\x00asm\x01\x00\x00\x00")
	for _, section := range []struct {
		id    byte
		items [][]byte
	}{{1, m.types}, {2, m.imports}, {3, m.functions}, {5, memory}, {6, global}, {7, m.exports}, {10, m.code}} {
		content := vector(len(section.items))
		for _, item := range section.items {
			content = append(content, item...)
		}
		out = append(out, section.id)
		out = append(out, vector(len(content))...)
		out = append(out, content...)
	}
	return out
}

func call(function int) []byte { return append([]byte{0x10}, vector(function)...) }

// vector returns numbers in LEB128, and strings after their length.
func vector(items ...any) []byte {
	var b []byte
	for _, item := range items {
		switch item := item.(type) {
		case int:
			b = binary.AppendUvarint(b, uint64(item))
		case string:
			b = binary.AppendUvarint(b, uint64(len(item)))
			b = append(b, item...)
		}
	}
	return b
}
