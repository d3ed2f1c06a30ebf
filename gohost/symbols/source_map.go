package symbols

import (
	"encoding/json"
	"strings"
)

// A SourceFile is how a source map shows a file of the debug information.
type SourceFile struct {
	Name    string  // a path or URL, relative to the map
	Content *string // nil if it is not embedded
}

// sourceMap is the format that browsers and Node read, version 3.
type sourceMap struct {
	Version  int       `json:"version"`
	Sources  []string  `json:"sources"`
	Contents []*string `json:"sourcesContent"`
	Names    []string  `json:"names"`
	Mappings string    `json:"mappings"`
}

// SourceMap returns the source map of a file with the target's code: one line, whose columns
// are offsets in the file. Inlined code has the place in the function that was inlined. The
// caller says how a file is shown.
func SourceMap(target Target, file func(path string) SourceFile) ([]byte, error) {
	m := sourceMap{Version: 3, Sources: []string{}, Contents: []*string{}, Names: []string{}}
	numbers := map[string]int{}
	var text strings.Builder
	var written [4]int // column in the module, number of the source, line, column; the last two from 0
	mapped := false
	// Each offset is asked for, so a rewriter's maps need not be inverted.
	for offset := range target.Code.size {
		var f Frame
		if frames := target.Path.Frames(offset); len(frames) > 0 && frames[0].Line > 0 {
			f = frames[0]
		}
		if f.File == "" {
			if mapped { // what follows has no source
				separate(&text)
				column := int(target.Code.Start + offset)
				appendVLQ(&text, column-written[0])
				written[0], mapped = column, false
			}
			continue
		}
		number, ok := numbers[f.File]
		if !ok {
			number = len(numbers)
			numbers[f.File] = number
			shown := file(f.File)
			m.Sources, m.Contents = append(m.Sources, shown.Name), append(m.Contents, shown.Content)
		}
		next := [4]int{int(target.Code.Start + offset), number, f.Line - 1, max(f.Column, 1) - 1}
		if mapped && [3]int(next[1:]) == [3]int(written[1:]) {
			continue
		}
		separate(&text)
		for i := range next {
			appendVLQ(&text, next[i]-written[i])
		}
		written, mapped = next, true
	}
	m.Mappings = text.String()
	return json.Marshal(m)
}

func separate(text *strings.Builder) {
	if text.Len() > 0 {
		text.WriteByte(',')
	}
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
