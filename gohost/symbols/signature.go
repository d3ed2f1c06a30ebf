package symbols

import "strings"

// Sections with the types of functions.
const (
	typeSection     = 1
	functionSection = 3
)

const functionType = 0x60

var valueTypeNames = map[byte]string{
	0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x6f: "externref", 0x7b: "unknown", 0x70: "unknown", // v128 and funcref
}

// signatures returns the types in a type section as wazero writes them in traces. The result is
// nil if there are types that wazero does not have.
func signatures(payload []byte) (list []string) {
	r := reader{data: payload}
	for range r.number() {
		if r.byte() != functionType {
			return nil
		}
		params, known := r.types()
		results, alsoKnown := r.types()
		if !known || !alsoKnown {
			return nil
		}
		signature := "(" + strings.Join(params, ",") + ")"
		switch len(results) {
		case 0:
		case 1:
			signature += " " + results[0]
		default:
			signature += " (" + strings.Join(results, ",") + ")"
		}
		list = append(list, signature)
	}
	return list
}

// types reads the types of parameters or results, and reports whether it knows them.
func (r *reader) types() (names []string, known bool) {
	for _, b := range r.bytes() { // each known type has a byte
		name, ok := valueTypeNames[b]
		if !ok {
			return nil, false
		}
		names = append(names, name)
	}
	return names, !r.failed
}

// typesOfFunctions returns the numbers of the types in a function section.
func typesOfFunctions(payload []byte) (types []uint64) {
	r := reader{data: payload}
	for range r.number() {
		number := r.number()
		if r.failed {
			return nil
		}
		types = append(types, number)
	}
	return types
}

// Signature returns the types of a function's parameters and results as wazero writes them, or
// "" if they are not known.
func (c Code) Signature(function uint32) string {
	if function < c.imported || uint64(function-c.imported) >= uint64(len(c.types)) {
		return ""
	}
	number := c.types[function-c.imported]
	if number >= uint64(len(c.signatures)) {
		return ""
	}
	return c.signatures[number]
}
