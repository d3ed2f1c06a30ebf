package symbols

import (
	"context"
	"debug/dwarf"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"example.org/compute-pipeline/gohost/internal/sections"
)

// sourceMapSection is the name of the custom section with the URL of a module's source map.
const sourceMapSection = "sourceMappingURL"

// WithSourceMap returns a module that has a source map in it, as a URL: a module that was not
// compiled from a URL, as in Node, has no place from which a map could be found. It is an error
// if the module has one: debuggers read the first.
func WithSourceMap(wasm, sourceMap []byte) ([]byte, error) {
	err := sections.Each(wasm, func(id byte, contents []byte) error {
		if name, _, _ := sections.Named(contents); id == sections.Custom && string(name) == sourceMapSection {
			return errors.New("it already has a source map")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	url := "data:application/json;base64," + base64.StdEncoding.EncodeToString(sourceMap)
	return sections.AppendCustom(wasm, sourceMapSection, binary.AppendUvarint(nil, uint64(len(url))), []byte(url)), nil
}

// fileURL returns the URL of a path in debug information. That of an absolute path does not
// depend on the server of the module, which a debugger would ask for the file otherwise.
func fileURL(file string) string {
	file = strings.ReplaceAll(file, `\`, "/")
	if len(file) > 2 && file[1:3] == ":/" { // of Windows
		file = "/" + file
	}
	if path.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: file}).String()
	}
	return (&url.URL{Path: file}).String()
}

// sourceMap is the format that browsers and Node read, version 3.
type sourceMap struct {
	Version  int       `json:"version"`
	Sources  []string  `json:"sources"`
	Contents []*string `json:"sourcesContent"`
	Names    []string  `json:"names"`
	Mappings string    `json:"mappings"`
}

const (
	// maxMappings bounds the bytes of the mappings, and those of the URLs of files.
	maxMappings = 1 << 28
	// untilDone is how many offsets are read before the context is asked again.
	untilDone = 1 << 14
)

// SourceMap returns the source map of a file with the target's code: one line, whose columns
// are offsets in the file. Inlined code has the place in the function that was inlined. Files
// have the paths of the debug information, as URLs. The caller gives their text, or nil, and is
// asked once for each path.
func SourceMap(ctx context.Context, target Target, text func(path string) *string) ([]byte, error) {
	return writeSourceMap(ctx, target, text, maxMappings)
}

func writeSourceMap(ctx context.Context, target Target, text func(path string) *string, limit int) ([]byte, error) {
	w := mapWriter{content: text, numbers: map[string]int{}, files: map[*dwarf.LineFile]int{}}
	w.Version, w.Sources, w.Contents, w.Names = 3, []string{}, []*string{}, []string{}
	var last row
	var within *scope
	// Each offset is asked for, so a rewriter's maps need not be inverted.
	for offset := range target.Code.size {
		if offset%untilDone == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		next, function := target.Path.row(offset)
		next.address = 0 // in the code that the symbols describe
		// Compilers write line 0 for instructions that belong to no line. A debugger that goes
		// from line to line would stop there.
		inLine := next.file == nil && function != nil && function == within
		within = function
		if inLine || next == last {
			continue
		}
		last = next
		w.add(int(target.Code.Start+offset), next)
		if w.text.Len()+w.urls > limit {
			return nil, fmt.Errorf("%w: the mappings and paths have more than %d bytes", errTooMuch, limit)
		}
	}
	w.Mappings = w.text.String()
	return json.Marshal(w.sourceMap)
}

// row returns the line of the source at an offset in the code section's payload, and the
// function. They are empty if none is known.
func (p *Path) row(offset uint64) (row, *scope) {
	offset, ok := p.origin(offset)
	if !ok {
		return row{}, nil
	}
	function := p.symbols.dwarf.functionAt(offset)
	if function == nil {
		return row{}, nil
	}
	r := p.symbols.dwarf.lines(function.unit).row(offset)
	if r.file == nil || r.line <= 0 {
		return row{}, function
	}
	return r, function
}

// A mapWriter writes the places of code as mappings, each relative to the one before.
type mapWriter struct {
	sourceMap
	content func(path string) *string
	text    strings.Builder
	numbers map[string]int          // of sources, by their path
	files   map[*dwarf.LineFile]int // and by the files of units, many of which have the same path
	urls    int                     // bytes of URLs
	written [4]int                  // column in the module, number of the source, line, column; the last two from 0
	mapped  bool                    // the last place had a source
}

// add adds a place, which the code from a column of the file on has.
func (w *mapWriter) add(column int, r row) {
	next := [4]int{column, w.written[1], w.written[2], w.written[3]}
	values := 1 // what follows has no source
	if r.file != nil {
		next, values = [4]int{column, w.source(r.file), int(r.line) - 1, max(int(r.column), 1) - 1}, len(next)
	}
	if mapped := r.file != nil; mapped == w.mapped && [3]int(next[1:]) == [3]int(w.written[1:]) {
		return
	}
	if w.text.Len() > 0 {
		w.text.WriteByte(',')
	}
	for i := range values {
		appendVLQ(&w.text, next[i]-w.written[i])
	}
	w.written, w.mapped = next, r.file != nil
}

// source returns the number of a file.
func (w *mapWriter) source(file *dwarf.LineFile) int {
	if number, ok := w.files[file]; ok {
		return number
	}
	path := printable(file.Name)
	number, ok := w.numbers[path]
	if !ok {
		number = len(w.numbers)
		w.numbers[path] = number
		url := fileURL(path)
		w.Sources, w.Contents = append(w.Sources, url), append(w.Contents, w.content(path))
		w.urls += len(url)
	}
	w.files[file] = number
	return number
}

// appendVLQ writes a number as source maps do: five bits in a character, the lowest first, and
// the sign in the lowest bit of all.
func appendVLQ(text *strings.Builder, n int) {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	bits := n << 1
	if n < 0 {
		bits = -n<<1 | 1
	}
	for ; bits > 31; bits >>= 5 {
		text.WriteByte(digits[bits&31|32])
	}
	text.WriteByte(digits[bits])
}
