package symbols

import (
	"debug/dwarf"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode"

	"example.org/compute-pipeline/gohost/internal/rustname"
)

// An index finds the functions and lines at an offset. It is made in one pass over the debug
// information; names and lines are read where they are asked for.
type index struct {
	data      *dwarf.Data
	debug     map[string][]byte
	units     []*unit
	functions []span         // ascending by their beginning
	named     []dwarf.Offset // the entries of functions, ascending
	left      int            // of the work that reading may take
	// The lengths of the longest strings, and of those in tables of lines.
	longestString, longestPath int
	ranges                     int // the number of ranges of all scopes
	rows                       int // the number of rows and files of all lines that were read
	paths                      int // the bytes of the paths of these files
}

// A span is a range of code of a function.
type span struct {
	low, high uint64
	*scope
}

// A scope is a function, or one that was inlined in it.
type scope struct {
	unit     *unit
	name     dwarf.Offset // of the entry that has the name
	ranges   [][2]uint64
	children []*scope
	// Where it was inlined, by the numbers of the debug information.
	file, line, column int64
}

// Bounds of what is read, far above what compilers write for a module of any size that is
// accepted, so that forged debug information cannot take unlimited time or memory.
const (
	maxAbbrevs = 4 << 20 // bytes of the forms of entries, which are read at once
	// workPerByte is for each byte of entries: fields, 16 bytes of a string, ranges. minWork
	// is added.
	workPerByte = 4
	minWork     = 1 << 20

	maxRanges = 1 << 22
	maxRows   = 1 << 24
	maxString = 64 << 10
	maxName   = 4 << 10
	maxHops   = 8 // from a function to the entry with its name
)

var errTooMuch = errors.New("more than any compiler writes")

func newIndex(debug map[string][]byte) (*index, error) {
	longest, longestPath := longestString(debug[".debug_str"]), longestString(debug[".debug_line_str"])
	if max(longest, longestPath) > maxString {
		return nil, fmt.Errorf("%w: a string has more than %d bytes", errTooMuch, maxString)
	}
	if len(debug[".debug_abbrev"]) > maxAbbrevs {
		return nil, fmt.Errorf("%w: the forms of entries have more than %d MiB", errTooMuch, maxAbbrevs>>20)
	}
	if err := checkUnits(debug[".debug_info"]); err != nil {
		return nil, err
	}
	data, err := dwarf.New(debug[".debug_abbrev"], nil, nil, debug[".debug_info"], debug[".debug_line"],
		nil, debug[".debug_ranges"], debug[".debug_str"])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDWARF, err)
	}
	// Those of version 5.
	for _, name := range []string{".debug_addr", ".debug_line_str", ".debug_str_offsets", ".debug_rnglists"} {
		if section, ok := debug[name]; ok {
			if err := data.AddSection(name, section); err != nil {
				return nil, fmt.Errorf("%w: %w", errDWARF, err)
			}
		}
	}
	x := &index{
		data: data, debug: debug, longestString: longest, longestPath: longestPath,
		left: minWork + workPerByte*len(debug[".debug_info"]),
	}
	if err := x.read(len(debug[".debug_info"])); err != nil {
		return nil, err
	}
	slices.Sort(x.named) // forged entries may be in any order
	sort.SliceStable(x.functions, func(i, j int) bool { return x.functions[i].low < x.functions[j].low })
	return x, nil
}

// errDWARF: the debug information cannot be read.
var errDWARF = errors.New("it cannot be read")

func longestString(section []byte) (longest int) {
	for rest := string(section); rest != ""; {
		text, after, _ := strings.Cut(rest, "\x00")
		longest, rest = max(longest, len(text)), after
	}
	return longest
}

// read fills the index. Each entry takes a byte, but a forged one can lead package dwarf back
// to those before it.
func (x *index) read(entries int) error {
	// The scopes that the entry is in; nil for those that are no functions.
	var around []*scope
	r := x.data.Reader()
	for range entries + 1 {
		entry, err := r.Next()
		if err != nil {
			return fmt.Errorf("%w: %w", errDWARF, err)
		}
		if entry == nil {
			return nil
		}
		if err := x.spend(fieldsOf(entry)); err != nil {
			return err
		}
		if entry.Tag == 0 {
			around = around[:len(around)-min(1, len(around))]
			continue
		}
		within := enclosing(around)
		var found *scope
		switch entry.Tag {
		case dwarf.TagCompileUnit:
			x.units, around = append(x.units, &unit{entry: entry}), around[:0]
		case dwarf.TagSubprogram:
			found, err = x.function(entry)
		case dwarf.TagInlinedSubroutine:
			found, err = x.inlined(entry, within)
		case dwarf.TagLexDwarfBlock:
			found = within
		}
		if err != nil {
			return err
		}
		if entry.Children {
			around = append(around, found)
		}
	}
	return fmt.Errorf("%w: over %d entries", errTooMuch, entries)
}

func enclosing(around []*scope) *scope {
	if len(around) == 0 {
		return nil
	}
	return around[len(around)-1]
}

// function adds a function. The result is nil if it has no code.
func (x *index) function(entry *dwarf.Entry) (*scope, error) {
	x.named = append(x.named, entry.Offset)
	found, err := x.scope(entry)
	if err != nil || found == nil {
		return nil, err
	}
	found.name = entry.Offset
	for _, r := range found.ranges {
		x.functions = append(x.functions, span{low: r[0], high: r[1], scope: found})
	}
	return found, nil
}

// inlined adds a function to those that are inlined in another.
func (x *index) inlined(entry *dwarf.Entry, within *scope) (*scope, error) {
	if within == nil {
		return nil, nil // in a function without code
	}
	found, err := x.scope(entry)
	if err != nil || found == nil {
		return within, err
	}
	found.name = origin(entry)
	found.file, _ = entry.Val(dwarf.AttrCallFile).(int64)
	found.line, _ = entry.Val(dwarf.AttrCallLine).(int64)
	found.column, _ = entry.Val(dwarf.AttrCallColumn).(int64)
	within.children = append(within.children, found)
	return found, nil
}

// scope returns what has the code of an entry, or nil if it has none.
func (x *index) scope(entry *dwarf.Entry) (*scope, error) {
	if len(x.units) == 0 {
		return nil, nil
	}
	if err := x.spend(x.rangesOf(entry)); err != nil {
		return nil, err
	}
	ranges, err := x.data.Ranges(entry)
	if err != nil {
		return nil, fmt.Errorf("%w: the ranges of the entry at %#x: %w", errDWARF, entry.Offset, err)
	}
	if x.ranges += len(ranges); x.ranges > maxRanges {
		return nil, fmt.Errorf("%w: over %d ranges", errTooMuch, maxRanges)
	}
	found := &scope{unit: x.units[len(x.units)-1]}
	for _, r := range ranges {
		if !isRemoved(r[0]) && r[0] < r[1] {
			found.ranges = append(found.ranges, r)
		}
	}
	if len(found.ranges) == 0 {
		return nil, nil
	}
	return found, nil
}

// isRemoved reports whether an address is a linker's mark for code that it left out. No code
// is at 0, where the number of functions is.
func isRemoved(address uint64) bool { return address == 0 || address >= 1<<32-2 }

func text(entry *dwarf.Entry, attribute dwarf.Attr) string {
	value, _ := entry.Val(attribute).(string)
	return value[:min(len(value), maxName)]
}

// origin returns where more of a function is said.
func origin(entry *dwarf.Entry) dwarf.Offset {
	for _, attribute := range []dwarf.Attr{dwarf.AttrAbstractOrigin, dwarf.AttrSpecification} {
		if offset, ok := entry.Val(attribute).(dwarf.Offset); ok {
			return offset
		}
	}
	return 0
}

// functionName returns the readable name that an entry gives a function.
func (x *index) functionName(offset dwarf.Offset) string {
	plain := ""
	for range maxHops {
		if _, ok := slices.BinarySearch(x.named, offset); !ok {
			break
		}
		r := x.data.Reader()
		r.Seek(offset)
		entry, err := r.Next()
		if err != nil || entry == nil {
			break
		}
		if linkage := text(entry, dwarf.AttrLinkageName); linkage != "" {
			return readableName(linkage)
		}
		if plain == "" {
			plain = text(entry, dwarf.AttrName)
		}
		offset = origin(entry)
	}
	return readableName(plain)
}

// readableName returns a function's name without mangling.
func readableName(name string) string { return printable(rustname.Demangle(name)) }

// printable returns text without what a terminal would take for a command.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// functionAt returns the function with the code at an offset, or nil if there is none.
func (x *index) functionAt(offset uint64) *scope {
	at := sort.Search(len(x.functions), func(i int) bool { return x.functions[i].low > offset }) - 1
	if at < 0 || offset >= x.functions[at].high {
		return nil
	}
	return x.functions[at].scope
}

// frames returns the functions at an offset, the innermost first.
func (x *index) frames(offset uint64) []Frame {
	function := x.functionAt(offset)
	if function == nil {
		return nil
	}
	chain := []*scope{function}
	for len(chain) < maxFrames {
		next := chain[len(chain)-1].childAt(offset)
		if next == nil {
			break
		}
		chain = append(chain, next)
	}
	file, line, column := x.lines(chain[0].unit).at(offset)
	frames := make([]Frame, 0, len(chain))
	for i := len(chain) - 1; i >= 0; i-- {
		s := chain[i]
		frames = append(frames, Frame{Function: x.functionName(s.name), File: file, Line: line, Column: column, Inlined: i > 0})
		file, line, column = s.unit.table.file(s.file), int(s.line), int(s.column)
	}
	return frames
}

func (s *scope) childAt(offset uint64) *scope {
	for _, child := range s.children {
		for _, r := range child.ranges {
			if r[0] <= offset && offset < r[1] {
				return child
			}
		}
	}
	return nil
}
