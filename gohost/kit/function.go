package kit

import (
	"strings"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/dynamic"
	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

// function is an exported function of the contract.
type function struct {
	number int
	// name is the function's own, and id is preceded by its interface.
	name, id string
	// long is set if the names in its type are too long for a report.
	long bool
	// typ is nil if the function cannot be called, and why says so.
	typ *dynamic.Function
	why string

	// called and returned are how many calls there were, and how many of them returned, an
	// err of a WIT result too. failed is the error of the first that did not.
	called, returned int
	failed           error
	// peak is the max memory of an instance that served no other function, and cost what the
	// calls of the report cost.
	peak int64
	cost Cost
}

// Max sizes of names in a report: a contract may be the module's own.
const (
	maxName = 60
	maxID   = 1 << 10
	// maxTypeText is the max size of a type whose values are in a report for programs.
	maxTypeText = 16 << 10
)

// functionsOf returns the exported functions of a contract, in order.
func functionsOf(contract *sandbox.Contract, types map[string]*cabi.ResourceType) (functions []*function) {
	known := map[string]bool{}
	for _, i := range contract.Exports {
		for _, f := range i.Functions {
			fn := &function{number: len(functions), name: f.Name, id: f.Name, long: len(f.Type) > maxTypeText}
			if known[i.Name] && i.Version != "" { // vectors mean the first version
				fn.name += "@" + i.Version
			}
			if i.Name != "" {
				fn.id = i.Name + "#" + fn.name
			}
			var err error
			if fn.typ, err = parseType(f, types); err != nil {
				fn.why = err.Error()
			}
			functions = append(functions, fn)
		}
		known[i.Name] = true
	}
	return functions
}

// function returns the function that vectors call by a name, with its interface or without.
func (c *checker) function(name string) (found *function) {
	for _, f := range c.functions {
		if f.id == name {
			return f
		}
		if f.name == name {
			if found != nil {
				return nil // in two interfaces
			}
			found = f
		}
	}
	return found
}

// shown returns the name for people.
func (f *function) shown() string { return text.Cut(f.name, maxName) }

// mayFail reports whether the function returns a WIT result.
func (f *function) mayFail() bool {
	return f.typ != nil && f.typ.Result != nil && f.typ.Result.Kind == dynamic.Result
}

// text returns a call of the function for people.
func (f *function) text(args []any) string {
	var b strings.Builder
	b.WriteString(f.shown() + "(")
	for i, p := range f.typ.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text.Cut(p.Name, maxName) + ": " + p.Type.Text(args[i], maxValue/len(f.typ.Params)))
	}
	b.WriteString(")")
	return b.String()
}

// notation returns arguments in the notation of vectors, unless they are large or have
// resources.
func (f *function) notation(args []any) []any {
	const most = 4096
	if f.long {
		return nil
	}
	size := 0
	out := make([]any, len(args))
	for i, p := range f.typ.Params {
		if size += p.Type.Size(args[i]); size > most || p.Type.HasHandles() {
			return nil
		}
		out[i] = p.Type.ToJSON(args[i])
	}
	return out
}

// size returns about how many bytes the arguments take in a guest's memory.
func (f *function) size(args []any) (bytes int) {
	for i, p := range f.typ.Params {
		bytes += p.Type.Size(args[i])
	}
	return bytes
}
